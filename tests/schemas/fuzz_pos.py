"""Fuzzes the whole POS API of a running demo, as a till, as the shop itself and as nobody: no request is answered with a 500.

    python fuzz_pos.py PROGRAM FOLDER      PROGRAM is the built `liard`, FOLDER an empty one
"""

import base64
import json
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SEED = "20261122"
MOST_EXAMPLES = "40"


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
    """The demo's process, its address and the seeds in the links that it prints."""
    command = [program, "demo", "--data", folder, "--listen", "127.0.0.1:0", "--residents", "12", "--shops", "3", "--days", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    said = ""
    for line in process.stdout:
        said += line
        if "Stop with Ctrl-C" in line:
            break
    threading.Thread(target=process.stdout.read, daemon=True).start()
    till = re.search(r"(http://[^/]+)/till/#demo=([0-9a-f]{64})", said)
    if not till:
        sys.exit(f"the demo did not start:\n{said}")
    return process, till[1], till[2]


def main(program, folder):
    tool = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    process, url, till = started(program, folder)
    try:
        headers = {"as a till": ["-H", f"Authorization: Bearer {signed_in(url, till)}"], "as nobody": []}
        for who, header in headers.items():
            print(f"{who}, seed {SEED}", flush=True)
            subprocess.run(
                [tool, "run", f"{url}/pos/v1/openapi.json", "--checks", "not_a_server_error", "--mode", "all", "--phases", "examples,coverage,fuzzing",
                 "--max-examples", MOST_EXAMPLES, "--seed", SEED, "--exclude-path", "/pos/v1/events", "--request-timeout", "60", "--no-color", *header],
                check=True,
            )
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main(*sys.argv[1:3])
