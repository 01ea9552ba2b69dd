"""Vouchers: an office's promise on a slip, good while the server is down (docs/record-format.md section 6)."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from hadir.records.days import day_number, local_date
from hadir.records.encoding import CROCKFORD, base32, un_base32
from hadir.records.note import Signer, VerifierKey

_FIELDS = struct.Struct(">BIIH")
_DOMAIN = b"hadir-voucher/v1\n"
_LINE_DIGITS = 20
_CHECK_PRIME = 31


@dataclass(frozen=True)
class Voucher:
    """A record with this voucher in its header counts as `person`'s until the office has looked; `last_day` counts days
    since 1970-01-01 UTC.
    """

    person: int
    slip: int
    last_day: int

    def expired(self, at_ms: int) -> bool:
        return day_number(local_date(at_ms, "UTC")) > self.last_day

    @property
    def _fields(self) -> bytes:
        return _FIELDS.pack(1, self.person, self.slip, self.last_day)

    def issue(self, office: Signer) -> str:
        """The voucher's 120 characters, signed by the office's key."""
        return base32(self._fields + office.sign(_DOMAIN + self._fields))


def open_voucher(text: str, offices: Iterable[VerifierKey]) -> Voucher:
    """The voucher in 120 characters. ValueError when misspelt, of another version, or signed by none of `offices`."""
    data = un_base32(text)
    if len(data) != _FIELDS.size + 64:
        raise ValueError("a voucher has 120 characters")
    version, person, slip, last_day = _FIELDS.unpack(data[: _FIELDS.size])
    if version != 1 or person == 0:
        raise ValueError("a voucher of another version")
    message, signature = _DOMAIN + data[: _FIELDS.size], data[_FIELDS.size :]
    if not any(key.verify(signature, message) for key in offices):
        raise ValueError("no office of this site signed the voucher")
    return Voucher(person=person, slip=slip, last_day=last_day)


def typed_lines(text: str) -> list[str]:
    """The typed code: six lines of four groups of five, each with its check character."""
    lines = [text[begin : begin + _LINE_DIGITS] for begin in range(0, len(text), _LINE_DIGITS)]
    return [
        " ".join([*(line[at : at + 5] for at in range(0, _LINE_DIGITS, 5)), check_character(line)]) for line in lines
    ]


def check_character(line: str) -> str:
    """Finds a mistyped or swapped character in a line of 20 digits."""
    return CROCKFORD[sum(place * CROCKFORD.index(digit) for place, digit in enumerate(line, start=1)) % _CHECK_PRIME]
