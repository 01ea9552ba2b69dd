"""Checks Hadir's receipts without Hadir: written from docs/record-format.md alone (sections 3, 9 and 10).

    python3 verify_receipts.py --keys keys.note --root root.vkey RECEIPT_OR_FOLDER ...

Needs Python 3.9 or newer and the library `cryptography`, and nothing else: no network, no server, no database.
`keys.note` is the published key list; `root.vkey` the site's root key, one line, as an inspectorate keeps it.
Without --root the root.vkey beside the key list is trusted, and that is said; without either nothing is believed.
A file that does not hold is named with the reason.
Two receipts that cannot both be true of one journal (a fork) are found as well. The status is 0 only when all hold.
"""

import argparse
import base64
import hashlib
import struct
import sys
from datetime import datetime, timezone
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FILE_BYTES_MAX = 16_384
KEYS_BYTES_MAX = 1_048_576
KINDS = {1: "punch", 2: "delivery", 3: "user verification", 4: "countersignature", 5: "kiosk punch"}


class Bad(Exception):
    """Why something does not hold, in one line."""


def need(holds, why):
    if not holds:
        raise Bad(why)


def unbase64(text, what):
    """Base64 with padding, in its one spelling."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise Bad(f"{what} is not base64") from None
    need(base64.b64encode(data).decode() == text, f"{what} is misspelt")
    return data


def number(text, what):
    """A whole number in its one spelling, below 2^63."""
    need(text.isascii() and text.isdigit() and len(text) <= 19, f"{what} is not a plain number")
    need(str(int(text)) == text and int(text) < 1 << 63, f"{what} is misspelt")
    return int(text)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# Section 10: keys, and signed notes (https://c2sp.org/signed-note).


def read_key(text):
    """(name, hash, public key) of `<name>+<8 hex digits>+<b64 of 0x01 || 32 bytes>`."""
    parts = text.split("+", 2)
    need(len(parts) == 3, "a verifier key has another form")
    name, told, key = parts[0], parts[1], unbase64(parts[2], "a verifier key")
    need(len(key) == 33 and key[0] == 1, "a verifier key is not Ed25519")
    digest = sha256(name.encode(), b"\n", key)[:4]
    need(digest.hex() == told, f"the key {name} has another hash than it says")
    return name, digest, Ed25519PublicKey.from_public_bytes(key[1:])


def open_note(note, key):
    """The text of a note that `key` signed, and nobody else."""
    name, digest, public = key
    body, gap, line = note.rpartition("\n\n")
    need(gap and line.count("\n") == 1 and line.endswith("\n"), "not a note with one signature line")
    parts = line[:-1].split(" ")
    need(len(parts) == 3 and parts[0] == "\u2014", "the signature line has another form")
    need(parts[1] == name, f"signed by {parts[1]}, not by {name}")
    signature = unbase64(parts[2], "the signature")
    need(len(signature) == 68 and signature[:4] == digest, f"the signature is not of this key of {name}")
    try:
        public.verify(signature[4:], (body + "\n").encode())
    except InvalidSignature:
        raise Bad(f"the signature of {name} does not hold") from None
    return body + "\n"


def read_keys(note, root):
    """(site, name -> (use, from_ms, until_ms or None, key)) of a list that the key `root` signed."""
    body = open_note(note, root)
    lines = body.split("\n")
    need(lines[0] == "hadir-keys/v1" and lines[1].startswith("site ") and not lines[-1], "not a key list")
    site = lines[1][5:]
    need(root[0] == f"{site}/root", "the key list belongs to another site")
    keys = {}
    for line in lines[2:-1]:
        fields = line.split(" ")
        need(len(fields) == 4 and fields[0] in ("gate", "office"), "a line of the key list is misspelt")
        key = read_key(fields[3])
        need(key[0] not in keys, f"the key list names {key[0]} twice")
        need(key[0].startswith("rehearsal/") == site.startswith("rehearsal/"), "rehearsal and production keys mixed")
        keys[key[0]] = (fields[0], time_ms(fields[1]), None if fields[2] == "-" else time_ms(fields[2]), key)
    return site, keys


def time_ms(text):
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()) * 1000
    except ValueError:
        raise Bad("a time of the key list is misspelt") from None


# Sections 3 and 9: the receipt.


def read_header(header):
    """(kind, origin, index, received_at_ms, body length) of a leaf's header."""
    need(len(header) >= 3 and len(header) == 23 + header[2] and header[0] == 1, "the leaf header has another form")
    index, received_at_ms, length = struct.unpack(">QQI", header[-20:])
    need(header[3:-20].isascii(), "the journal's name is not ASCII")
    return header[1], header[3:-20].decode("ascii"), index, received_at_ms, length


def root_of(index, size, leaf, path):
    """The root that `path` leads to (RFC 9162 section 2.1.3.2)."""
    at, last, value = index, size - 1, leaf
    for node in path:
        need(last > 0, "the proof is too long")
        if at % 2 == 1 or at == last:
            value = sha256(b"\x01", node, value)
            while at % 2 == 0 and at > 0:
                at, last = at >> 1, last >> 1
        else:
            value = sha256(b"\x01", value, node)
        at, last = at >> 1, last >> 1
    need(last == 0, "the proof is too short")
    return value


def verify(data, keys):
    """What one receipt file proves: {kind, origin, index, received_at_ms, size, root, leaf}; Bad otherwise."""
    need(len(data) <= FILE_BYTES_MAX, "longer than any receipt")
    try:
        parts = data.decode("utf-8").split("\n", 3)
    except UnicodeDecodeError:
        raise Bad("not UTF-8 text") from None
    need(len(parts) == 4 and parts[0] == "hadir-receipt/v1" and parts[2] == "", "not a Hadir receipt")
    record = parts[1].encode()
    proof, gap, note = parts[3].partition("\n\n")
    lines = proof.split("\n")
    need(gap and len(lines) >= 3 and lines[0] == "c2sp.org/tlog-proof@v1", "not a proof")
    need(lines[1].startswith("extra ") and lines[2].startswith("index "), "the proof has another form")
    header = unbase64(lines[1][6:], "the leaf header")
    kind, origin, index, received_at_ms, length = read_header(header)
    need(kind in KINDS, f"a leaf of kind {kind} is nobody's receipt")
    need(length == len(record) and number(lines[2][6:], "the index") == index, "the leaf header does not fit")
    path = [unbase64(line, "a hash of the proof") for line in lines[3:]]
    need(all(len(node) == 32 for node in path), "a hash of the proof has another length")

    need(origin in keys, f"the journal {origin} is not in the key list")
    _, from_ms, until_ms, key = keys[origin]
    valid = from_ms <= received_at_ms and (until_ms is None or received_at_ms < until_ms)
    need(valid, f"the key of {origin} was not valid when the receipt was given")
    head = open_note(note, key).split("\n")
    need(len(head) == 4 and head[0] == origin and head[3] == "", "the checkpoint has another form or journal")
    size, root = number(head[1], "the tree size"), unbase64(head[2], "the root")
    need(len(root) == 32 and index < size, "the checkpoint does not hold this position")
    leaf = sha256(b"\x00", header, record)
    need(root_of(index, size, leaf, path) == root, "the record is not the one that the journal committed to")
    return {
        "kind": KINDS[kind],
        "origin": origin,
        "index": index,
        "received_at_ms": received_at_ms,
        "size": size,
        "root": root,
        "leaf": leaf,
    }


def check_all(files, keys, say):
    """How many hold; `say(file, what it proves or None, reason)` for each."""
    good, said = 0, {}
    for file in files:
        try:
            proven = verify(file.read_bytes(), keys)
            for name, value in (("index", proven["leaf"]), ("size", proven["root"])):
                place = (name, proven["origin"], proven[name])
                other, told = said.setdefault(place, (file, value))
                need(told == value, f"contradicts {other}: the journal has been forked")
        except (Bad, OSError) as why:
            say(file, None, str(why))
            continue
        good += 1
        say(file, proven, "")
    return good


def main():
    parser = argparse.ArgumentParser(description="Check Hadir's receipts, offline, with nothing but public keys.")
    parser.add_argument("receipts", nargs="+", type=Path, help="receipt files, or folders of them")
    parser.add_argument("--keys", type=Path, required=True, help="the site's key list, keys.note")
    parser.add_argument("--root", type=Path, help="the site's root key that you trust: it signs the key list")
    parser.add_argument("--list", action="store_true", help="name the receipts that hold as well")
    arguments = parser.parse_args()
    try:
        file = arguments.root or arguments.keys.absolute().parent / "root.vkey"
        need(file.exists(), f"no root key to trust: give --root FILE (there is none in {file})")
        root = read_key(file.read_text("ascii").strip())
        if arguments.root is None:
            print(f"trusting the root key in {file}", file=sys.stderr)
        need(arguments.keys.stat().st_size <= KEYS_BYTES_MAX, "longer than any key list")
        site, keys = read_keys(arguments.keys.read_text("utf-8"), root)
    except (Bad, OSError, ValueError) as why:
        sys.exit(f"keys: {why}")

    def say(file, proven, why):
        if proven is None:
            print(f"NOT VALID {file}: {why}")
        elif arguments.list:
            at = datetime.fromtimestamp(proven["received_at_ms"] / 1000, timezone.utc).isoformat(
                timespec="milliseconds"
            )
            print(f"valid {file}: {proven['kind']} at position {proven['index']} of {proven['origin']}, received {at}")

    files = []
    for path in arguments.receipts:
        files += sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    good = check_all(files, keys, say)
    print(f"{site}: {good} of {len(files)} receipts hold")
    if site.startswith("rehearsal/"):
        print("REHEARSAL: these receipts count for nothing.")
    sys.exit(0 if files and good == len(files) else 1)


if __name__ == "__main__":
    main()
