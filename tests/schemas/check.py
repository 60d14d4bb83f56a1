"""Holds the payment files in a folder to the ISO 20022 schemas of the package `sepaxml`, and reads each with a plain XML reader.

    python3 check.py target/schemas        needs: pip install sepaxml lxml

Each sample.xml has a sample.expected beside it: how many payments, and their sum in cents. The reader here recomputes both from the
payments themselves, compares them with every NbOfTxs and CtrlSum in the file, and looks for an end-to-end id that stands twice, for
letters that a bank may not know, and for an address.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as plain

import sepaxml
from lxml import etree

SCHEMAS = pathlib.Path(sepaxml.__file__).parent / "schemas"
LETTERS = re.compile(r"[A-Za-z0-9/?:().,'+ -]*")
PAYMENTS = {"pain.001": "CdtTrfTxInf", "pain.008": "DrctDbtTxInf"}


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def found(element, name):
    return [below for below in element.iter() if local(below) == name]


def cents(text):
    whole, _, part = text.partition(".")
    assert len(part) == 2, f"the amount {text} has not two decimals"
    return int(whole) * 100 + int(part)


def check_sums(block, payments):
    """What a group header or a payment block says of the payments in it."""
    said = {local(child): child.text for child in block}
    total = sum(cents(found(payment, "InstdAmt")[0].text) for payment in payments)
    assert int(said["NbOfTxs"]) == len(payments), f"{local(block)} says {said['NbOfTxs']} payments and has {len(payments)}"
    assert cents(said["CtrlSum"]) == total, f"{local(block)} says {said['CtrlSum']} and adds up to {total} cents"
    return total


def check(path):
    text = path.read_bytes()
    kind = re.match(r"pain\.\d{3}\.\d{3}\.\d{2}", path.name).group()
    schema = etree.XMLSchema(etree.parse(str(SCHEMAS / f"{kind}.xsd")))
    schema.assertValid(etree.fromstring(text))
    document = plain.fromstring(text)
    assert document.tag == f"{{urn:iso:std:iso:20022:tech:xsd:{kind}}}Document", document.tag
    name = PAYMENTS[kind[:8]]
    payments = found(document, name)
    total = check_sums(found(document, "GrpHdr")[0], payments)
    for block in found(document, "PmtInf"):
        check_sums(block, found(block, name))
    count, expected = map(int, path.with_suffix(".expected").read_text().split())
    assert (len(payments), total) == (count, expected), f"{len(payments)} payments of {total} cents, {count} of {expected} expected"
    ids = [found(payment, "EndToEndId")[0].text for payment in payments]
    assert len(set(ids)) == len(ids), "an end-to-end id stands twice"
    assert not found(document, "PstlAdr"), "there is an address"
    for element in document.iter():
        words = (element.text or "").strip("\n ") if len(element) else (element.text or "")
        assert LETTERS.fullmatch(words), f"{local(element)} holds {words!r}"
        assert local(element) != "Nm" or 0 < len(words) <= 70, f"a name of {len(words)} characters"
        assert local(element) != "Ustrd" or 0 < len(words) <= 140, f"a text of {len(words)} characters"


def main():
    folder = pathlib.Path(sys.argv[1])
    samples = sorted(folder.glob("*.xml"))
    kinds = {sample.name[:15] for sample in samples}
    assert len(kinds) == 4, f"samples of every version are in {folder}: {sorted(kinds)}"
    wrong = 0
    for sample in samples:
        try:
            check(sample)
        except (AssertionError, etree.LxmlError, plain.ParseError, KeyError, IndexError) as error:
            wrong += 1
            print(f"{sample.name}: {error}", file=sys.stderr)
    print(f"{len(samples) - wrong} of {len(samples)} payment files are valid and add up")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
