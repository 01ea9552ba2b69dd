"""The roster's format: who may record with which key (docs/record-format.md section 11)."""

from dataclasses import dataclass

import msgspec

from hadir.records.encoding import b64, un_b64
from hadir.records.note import NoteError, Signer, read_decimal, sign_note

CURRENT_NOTE = "current.note"
_FIRST_LINE = "hadir-roster/v1"

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE device (
    kid BLOB PRIMARY KEY, key BLOB NOT NULL, person INTEGER NOT NULL, from_ms INTEGER NOT NULL, until_ms INTEGER
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True)
class RosterNote:
    """Which roster is current: its version, when the office issued it, and the hash of the file."""

    version: int
    issued_ms: int
    sha256: bytes

    @property
    def file_name(self) -> str:
        return f"roster-{self.version}.sqlite"

    def sign(self, office: Signer) -> str:
        return sign_note(f"{_FIRST_LINE}\n{self.version}\n{self.issued_ms}\n{b64(self.sha256)}\n", office)

    @classmethod
    def parse(cls, body: str) -> "RosterNote":
        """NoteError unless `body` is a roster note's."""
        lines = body.split("\n")
        if len(lines) != 5 or lines[0] != _FIRST_LINE or lines[4]:
            raise NoteError("not a roster note")
        try:
            return cls(version=read_decimal(lines[1]), issued_ms=read_decimal(lines[2]), sha256=un_b64(lines[3]))
        except ValueError as error:
            raise NoteError("the roster note is misspelt") from error


class RosterKey(msgspec.Struct, frozen=True):
    """A device's key: x || y, whose it is, and when it may sign, [from_ms, until_ms)."""

    key: bytes
    person: int
    from_ms: int
    until_ms: int | None
