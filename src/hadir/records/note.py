"""Signed notes and verifier keys: text that other people's tools can check.

Sources: C2SP signed-note (https://c2sp.org/signed-note), tlog-checkpoint (https://c2sp.org/tlog-checkpoint). Ed25519,
RFC 8032.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hadir.records.encoding import b64, sha256, un_b64

_ED25519 = b"\x01"
_MAX_NOTE_BYTES = 65_536


class NoteError(ValueError):
    """A note, key or checkpoint that does not hold; the message says which part."""


@dataclass(frozen=True)
class VerifierKey:
    """A named Ed25519 public key. `text` is C2SP's `name+hash+key`."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not self.name or not self.name.isascii() or any(letter in self.name for letter in "+ \t\r\n"):
            raise NoteError(f"{self.name!r} cannot be the name of a key")

    @cached_property
    def hash(self) -> bytes:
        """Four bytes that point to this key in a signature line."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public)[:4]

    @property
    def text(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{b64(_ED25519 + self.public)}"

    def verify(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """NoteError unless `text` is exactly the spelling of an Ed25519 key."""
        try:
            name, _, key = text.split("+", 2)
            data = un_b64(key)
        except ValueError as error:
            raise NoteError("not a verifier key") from error
        if len(data) != 33 or data[:1] != _ED25519:
            raise NoteError("not an Ed25519 verifier key")
        parsed = cls(name=name, public=data[1:])
        if parsed.text != text:
            raise NoteError("the verifier key's hash is not its own")
        return parsed


@dataclass(frozen=True)
class Signer:
    """A named Ed25519 private key."""

    name: str
    private: Ed25519PrivateKey

    @cached_property
    def verifier(self) -> VerifierKey:
        return VerifierKey(name=self.name, public=self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self.private.sign(message)

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> "Signer":
        """`seed` is the 32 secret bytes of RFC 8032 section 5.1.5."""
        return cls(name=name, private=Ed25519PrivateKey.from_private_bytes(seed))


def sign_note(body: str, signer: Signer) -> str:
    """`body` (ends with a newline) and its one signature line."""
    signature = signer.verifier.hash + signer.sign(body.encode())
    return f"{body}\n— {signer.name} {b64(signature)}\n"


def open_note(note: str, keys: Mapping[str, VerifierKey]) -> tuple[str, VerifierKey]:
    """(body, key) of a note with exactly one signature line, by a key of `keys` (name -> key). NoteError otherwise."""
    if len(note) > _MAX_NOTE_BYTES:
        raise NoteError("the note is too long")
    body, line = _split(note)
    name, signature = _read_signature_line(line)
    key = keys.get(name)
    if key is None:
        raise NoteError(f"signed by {name}, which is not in the key list")
    if signature[:4] != key.hash or not key.verify(signature[4:], body.encode()):
        raise NoteError(f"the signature of {name} does not hold")
    return body, key


def _split(note: str) -> tuple[str, str]:
    head, gap, line = note.rpartition("\n\n")
    if not gap or not line.endswith("\n") or line.count("\n") != 1 or not head:
        raise NoteError("not a note with one signature line")
    return head + "\n", line[:-1]


def _read_signature_line(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise NoteError("the signature line has another form")
    try:
        signature = un_b64(parts[2])
    except ValueError as error:
        raise NoteError("the signature is not base64") from error
    if len(signature) != 68:
        raise NoteError("the signature has another length")
    return parts[1], signature


@dataclass(frozen=True)
class Checkpoint:
    """What a journal commits to: its name, how many leaves, and their root hash (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64(self.root)}\n"

    @classmethod
    def parse(cls, body: str) -> "Checkpoint":
        """NoteError unless `body` is exactly three lines in their one spelling."""
        lines = body.split("\n")
        if len(lines) != 4 or lines[3]:
            raise NoteError("a checkpoint has three lines")
        try:
            parsed = cls(origin=lines[0], size=read_decimal(lines[1]), root=un_b64(lines[2]))
        except ValueError as error:
            raise NoteError("the checkpoint's size or root is misspelt") from error
        if not parsed.origin or len(parsed.root) != 32:
            raise NoteError("the checkpoint's origin or root is missing")
        return parsed


def read_decimal(text: str) -> int:
    """A number below 2^63 in its one ASCII spelling; NoteError otherwise."""
    if not text.isascii() or not text.isdigit() or len(text) > 19 or (text[0] == "0" and text != "0"):
        raise NoteError("not a plain decimal number")
    return int(text)
