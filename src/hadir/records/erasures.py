"""What the office has decided to erase: one signed list of all erasures there ever were (docs/record-format.md section
11.1).
"""

from dataclasses import dataclass

from hadir.records.note import NoteError, Signer, read_decimal, sign_note

ERASURES_NOTE = "erasures.note"
_FIRST_LINE = "hadir-erasures/v1"


@dataclass(frozen=True, slots=True)
class ListedErasure:
    """Details of records that were made or received before `before_ms` are erased, and never kept again."""

    number: int
    before_ms: int


@dataclass(frozen=True, slots=True)
class ErasureList:
    """All erasures of a site, in the order of their numbers."""

    erasures: tuple[ListedErasure, ...]

    @property
    def body(self) -> str:
        """What is signed."""
        lines = (f"{one.number} {one.before_ms}\n" for one in self.erasures)
        return f"{_FIRST_LINE}\n{''.join(lines)}"

    def sign(self, office: Signer) -> str:
        """The list as the office publishes it."""
        return sign_note(self.body, office)

    @classmethod
    def parse(cls, body: str) -> "ErasureList":
        """NoteError unless `body` is a list of erasures."""
        first, *lines = body.split("\n")
        if first != _FIRST_LINE or not lines or lines[-1]:
            raise NoteError("not a list of erasures")
        try:
            parts = [line.split(" ") for line in lines[:-1]]
            found = tuple(ListedErasure(read_decimal(number), read_decimal(before)) for number, before in parts)
        except ValueError as error:
            raise NoteError("the list of erasures is misspelt") from error
        if [one.number for one in found] != sorted({one.number for one in found}):
            raise NoteError("erasures are not listed in their order")
        return cls(found)
