"""`hadir audit` and `hadir verify receipt`: what anybody can check, under a root key that they trust."""

import argparse
import sys
from pathlib import Path
from typing import Any

from hadir.cli.command import Commands, add_command, add_group, tell
from hadir.ledger.audit import Asked, AuditResult, audit_journal, open_heads
from hadir.records.keys import KeyList, open_key_list
from hadir.records.note import Checkpoint, NoteError, VerifierKey
from hadir.records.receipt import ReceiptError, verify_receipt_file
from hadir.site import SiteError, open_site, write_durably

ROOT_FILE = "root.vkey"
_MARK_LINE = "hadir-audit-mark/v1"


def add_audit(commands: Commands) -> None:
    root = {
        "type": Path,
        "metavar": "FILE",
        "help": f"the root's public key that you trust; without it, {ROOT_FILE} beside the key list is taken, and said",
    }
    kinds = add_group(commands, "verify", "check a proof, offline")
    text = "a receipt file, with nothing but a key list and the root's public key"
    add_command(kinds, "receipt", _verify_receipt, text, data=None, options={
        "file": {"type": Path},
        "--keys": {"type": Path, "required": True, "help": "the site's key list (keys.note)"},
        "--root": root,
    })  # fmt: skip
    text = "re-hash a whole journal, hold it against its signed head, and look at signatures"
    as_json = 'print {"entries","ok","first_bad","signatures",…}'
    add_command(commands, "audit", _audit, text, data=None, as_json=as_json, options={
        "ledger": {"type": Path, "help": "a journal's folder or file"},
        "--keys": {"type": Path, "help": "key list; by default that of the data folder around the journal"},
        "--root": root,
        "--against": {"type": Path, "help": "checkpoints that were held outside: signed notes, one after another"},
        "--no-signatures": {"action": "store_true", "help": "leave the devices' signatures out, and say so"},
        "--mark": {
            "type": Path,
            "metavar": "FILE",
            "help": "look at signatures only after the head in FILE, which the last good audit left; a good audit"
            " writes it",
        },
    })  # fmt: skip


def _verify_receipt(arguments: argparse.Namespace) -> int:
    """0 and one line when the receipt holds; 1 and one line of reason when it does not."""
    try:
        keys = trusted_keys(arguments.keys, arguments.root)
        proven = verify_receipt_file(arguments.file.read_bytes(), keys)
    except (ReceiptError, NoteError, OSError, UnicodeDecodeError) as error:
        sys.stdout.write(f"not valid: {error}\n")
        return 1
    leaf = proven.leaf
    rehearsal = " REHEARSAL, not for pay" if keys.rehearsal else ""
    sys.stdout.write(f"valid: position {leaf.index} of {leaf.origin}, received {leaf.received_at_ms} ms{rehearsal}\n")
    return 0


def trusted_keys(keys: Path, root: Path | None) -> KeyList:
    """The key list in `keys`, signed by the root key in `root`, or else by the one beside the list, which is said.

    NoteError when there is no root key to trust, or it did not sign the list.
    """
    chosen = keys.absolute().parent / ROOT_FILE if root is None else root
    if root is None and not chosen.exists():
        raise NoteError(f"no root key to trust: give it with --root FILE (there is no {ROOT_FILE} beside {keys})")
    trusted = VerifierKey.parse(_read_text(chosen).strip())
    if root is None:
        sys.stderr.write(f"hadir: trusting the root key in {chosen}: {trusted.text}\n")
    try:
        return open_key_list(_read_text(keys), trusted)
    except NoteError as error:
        raise NoteError(f"the key list {keys} is not one that the root key of {chosen} signed: {error}") from error


def _read_text(file: Path) -> str:
    """NoteError for a binary file, where a key or a signed note was to be."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NoteError(f"{file} is neither a key nor a signed note: it is not text") from error


def _audit(arguments: argparse.Namespace) -> int:
    keys = trusted_keys(_key_list_of(arguments.keys, arguments.ledger), arguments.root)
    held = None if arguments.against is None else open_heads(_read_text(arguments.against), keys)
    after = _read_mark(arguments.mark)
    origin = _origin_of_folder(arguments.ledger.absolute(), keys)
    asked = Asked(signatures=not arguments.no_signatures, after=after, origin=origin)
    result = audit_journal(arguments.ledger, keys, held, asked)
    tell(arguments, _told(result), [_in_words(result, heads=held is not None)])
    if result.ok and result.head is not None and arguments.mark is not None and asked.signatures:
        write_durably(arguments.mark, f"{_MARK_LINE}\n{result.head.body}", mode=0o644)
    return 0 if result.ok else 1


def _key_list_of(given: Path | None, ledger: Path) -> Path:
    if given is not None:
        return given
    near = (folder / "keys" / "keys.note" for folder in ledger.absolute().parents)
    found = next((file for file in near if file.exists()), None)
    if found is None:
        raise NoteError(f"no key list to audit {ledger} with: give it with --keys FILE and --root FILE")
    return found


def _origin_of_folder(ledger: Path, keys: KeyList) -> str | None:
    """The name that the journal must have by the place where it lies; None outside of a data folder of this site."""
    folder = ledger if ledger.is_dir() else ledger.parent
    if folder.parent.name != "journals":
        return None
    try:
        site = open_site(folder.parent.parent)
    except SiteError:
        return None
    return site.origin_in(folder.name) if site.name == keys.site else None


def _told(result: AuditResult) -> dict[str, Any]:
    sums = result.signatures
    signatures: dict[str, Any] = {"checked": 0, "bad": 0, "no_key": 0, "skipped": True}
    if sums is not None:
        signatures = {"checked": sums.checked, "bad": sums.bad, "no_key": sums.no_key}
    return {
        "entries": result.entries,
        "ok": result.ok,
        "first_bad": result.first_bad,
        "reason": result.reason,
        "signatures": signatures,
        "after_mark": result.marked,
        "details": {"held": result.details.held, "wrong": result.details.wrong},
        "clock_back": [{"index": one.index, "ms": one.ms, "explained": one.explained} for one in result.clock.listed],
        "clock_back_count": result.clock.count,
    }


def _in_words(result: AuditResult, *, heads: bool) -> str:
    verdict = "ok" if result.ok else f"NOT ok from position {result.first_bad}"
    parts = [f"{result.entries} entries"]
    if heads:
        parts.append(f"{result.held} heads from outside agree")
    sums = result.signatures
    if sums is None:
        parts.append("signatures of devices NOT looked at")
    else:
        since = f" after the marked {result.marked}" if result.marked else ""
        parts.append(f"{sums.checked} signatures checked{since} ({sums.bad} bad, {sums.no_key} without a key)")
    if result.clock.count:
        parts.append(f"receive times run backwards at {result.clock.count} places")
    return f"{', '.join(parts)}, {verdict}: {result.reason}"


def _read_mark(file: Path | None) -> Checkpoint | None:
    """The head that the last good audit left; None where there was none. NoteError for a file that is no mark."""
    if file is None or not file.exists():
        return None
    first, _, body = _read_text(file).partition("\n")
    if first != _MARK_LINE:
        raise NoteError(f"{file} is no mark of an audit")
    return Checkpoint.parse(body)
