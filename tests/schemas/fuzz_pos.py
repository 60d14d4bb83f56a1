"""Fuzzes the whole POS API of a running demo, as the shop itself, as a till and as nobody: no request is answered with a 500.

    python fuzz_pos.py PROGRAM FOLDER      PROGRAM is the built `liard`, FOLDER an empty one
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SEED = "20261122"
# The live events never end, and each account has a bounded number of listeners.
HOW = ["--checks", "not_a_server_error", "--mode", "all", "--max-examples", "30"]
HOW += ["--exclude-path", "/pos/v1/events", "--request-timeout", "60", "--no-color", "--warnings", "off"]


def asked(url, body=None, kind="application/json"):
    request = urllib.request.Request(url, data=body, headers={"content-type": kind}, method="GET" if body is None else "POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def signed_in(url, seed):
    """A session's token: the challenge, signed as FORMATS.md says."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    ledger = bytes.fromhex(asked(f"{url}/v1/ledger")["ledger"])
    text = asked(f"{url}/v1/sign-in/challenge", b"")["challenge"]
    challenge = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    header = bytes.fromhex("a20127045820") + public
    payload = cbor2.dumps({1: challenge}, canonical=True)
    bound = cbor2.dumps(["liard", 1, "sign-in", ledger])
    signature = key.sign(cbor2.dumps(["Signature1", header, bound, payload]))
    return asked(f"{url}/v1/sign-in", cbor2.dumps([header, {}, payload, signature]), "application/cose")["token"]


def started(program, folder):
    """The demo's process, and its address and keys."""
    links = Path(folder) / "links.json"
    town = ["--residents", "12", "--shops", "3", "--days", "2"]
    command = [program, "demo", "--data", f"{folder}/data", "--listen", "127.0.0.1:0", *town, "--json-links", str(links)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            return process, json.loads(links.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.1)
    sys.exit("the demo did not start")


def main(program, folder):
    tool = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    process, links = started(program, folder)
    url = links["url"].rstrip("/")
    try:
        for who in ["shop", "till", "nobody"]:
            print(f"as {who}, seed {SEED}", flush=True)
            # Whoever is nobody is refused at the door, whatever is made up.
            phases = "coverage" if who == "nobody" else "coverage,fuzzing"
            header = [] if who == "nobody" else ["-H", f"Authorization: Bearer {signed_in(url, links[f'{who}_seed'])}"]
            subprocess.run(
                [tool, "run", f"{url}/pos/v1/openapi.json", *HOW, "--phases", phases, "--seed", SEED, *header],
                env={**os.environ, "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("fuzz_bytes.py"))},
                check=True,
            )
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main(*sys.argv[1:3])
