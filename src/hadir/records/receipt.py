"""The receipt: a gate's signed promise, checkable offline (docs/record-format.md section 9; C2SP tlog-proof)."""

from binascii import b2a_base64
from dataclasses import dataclass

from hadir.records.encoding import b64, sha256, un_b64
from hadir.records.keys import KeyList
from hadir.records.leaf import Leaf, parse_leaf_header
from hadir.records.merkle import root_from_inclusion
from hadir.records.note import Checkpoint, NoteError, open_note, read_decimal

_PROOF_LINE = "c2sp.org/tlog-proof@v1"
_FILE_LINE = "hadir-receipt/v1"
_MAX_FILE_BYTES = 16_384


class ReceiptError(ValueError):
    """Why a receipt does not hold, in one line."""


@dataclass(frozen=True)
class Receipt:
    """What a verified receipt proves: the gate committed to this leaf in this journal at `leaf.received_at_ms`."""

    leaf: Leaf
    checkpoint: Checkpoint
    record_hash: bytes


def receipt_of_lines(leaf: Leaf, path_lines: str, checkpoint_note: str) -> str:
    """The tlog-proof for `leaf`; `checkpoint_note` is the signed checkpoint to whose tree the path leads, each line of
    which is a hash.
    """
    return f"{_PROOF_LINE}\nextra {b64(leaf.header)}\nindex {leaf.index}\n{path_lines}\n{checkpoint_note}"


def path_line(node: bytes) -> str:
    """A hash of an audit path, as a receipt has it."""
    return b2a_base64(node).decode("ascii")


def receipt_file(record: str, receipt: str) -> str:
    """The file that stands alone: the record and its proof."""
    return f"{_FILE_LINE}\n{record}\n\n{receipt}"


def verify_receipt_file(data: bytes, keys: KeyList) -> Receipt:
    """Check a receipt file. ReceiptError, in one line, for anything that is not exactly a receipt that holds."""
    if len(data) > _MAX_FILE_BYTES:
        raise ReceiptError("the file is longer than any receipt")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReceiptError("the file is not UTF-8 text") from error
    parts = text.split("\n", 3)
    if len(parts) != 4 or parts[0] != _FILE_LINE or parts[2]:
        raise ReceiptError("the file is not a Hadir receipt (it begins otherwise)")
    return verify_receipt(parts[1], parts[3], keys)


def verify_receipt(record: str, receipt: str, keys: KeyList) -> Receipt:
    """Check that `receipt` proves `record` under `keys`. ReceiptError when any part fails."""
    try:
        return _verify(record, receipt, keys)
    except ValueError as error:
        raise ReceiptError(str(error)) from error


def _verify(record: str, receipt: str, keys: KeyList) -> Receipt:
    proof, _, note = receipt.partition("\n\n")
    leaf, path = _read_proof(proof, record)
    checkpoint = _read_checkpoint(note, leaf, keys)
    if root_from_inclusion(leaf.index, checkpoint.size, leaf.hash, path) != checkpoint.root:
        raise ReceiptError("the record is not the one that the journal committed to")
    if receipt_of_lines(leaf, "".join(map(path_line, path)), note) != receipt:
        raise ReceiptError("the receipt is misspelt")
    return Receipt(leaf=leaf, checkpoint=checkpoint, record_hash=sha256(record.rpartition(".")[0].encode()))


def _read_proof(proof: str, record: str) -> tuple[Leaf, list[bytes]]:
    lines = proof.split("\n")
    if (
        len(lines) < 3
        or lines[0] != _PROOF_LINE
        or not lines[1].startswith("extra ")
        or not lines[2].startswith("index ")
    ):
        raise ReceiptError("the proof has another form")
    (kind, origin, index, received_at_ms, body_len), rest = parse_leaf_header(un_b64(lines[1].removeprefix("extra ")))
    body = record.encode("utf-8")
    if rest or body_len != len(body) or index != read_decimal(lines[2].removeprefix("index ")):
        raise ReceiptError("the leaf header does not fit the record")
    leaf = Leaf(kind=kind, origin=origin, index=index, received_at_ms=received_at_ms, body=body)
    path = [un_b64(line) for line in lines[3:]]
    if any(len(node) != 32 for node in path):
        raise ReceiptError("a hash of the proof has another length")
    return leaf, path


def _read_checkpoint(note: str, leaf: Leaf, keys: KeyList) -> Checkpoint:
    dated = keys.named(leaf.origin, ("gate", "office"))
    if dated is None:
        raise ReceiptError(f"the journal {leaf.origin} is not in the key list of {keys.site}")
    if not dated.valid_at(leaf.received_at_ms):
        raise ReceiptError(f"the key of {leaf.origin} was not valid when the receipt was given")
    try:
        body, _ = open_note(note, {dated.key.name: dated.key})
    except NoteError as error:
        raise ReceiptError(f"checkpoint: {error}") from error
    checkpoint = Checkpoint.parse(body)
    if checkpoint.origin != leaf.origin:
        raise ReceiptError("the checkpoint is another journal's")
    return checkpoint
