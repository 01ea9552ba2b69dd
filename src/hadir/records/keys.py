"""The dated key list that every verifier reads (docs/record-format.md section 10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from hadir.records.days import local
from hadir.records.note import NoteError, Signer, VerifierKey, open_note, sign_note
from hadir.records.times import key_id

Use = Literal["gate", "office"]
_USES: dict[str, Use] = {"gate": "gate", "office": "office"}
REHEARSAL = "rehearsal/"
_FIRST_LINE = "hadir-keys/v1"
_ISO = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class DatedKey:
    """A key and when it may sign, [from_ms, until_ms)."""

    use: Use
    key: VerifierKey
    from_ms: int
    until_ms: int | None

    def valid_at(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms and (self.until_ms is None or at_ms < self.until_ms)

    @property
    def line(self) -> str:
        until = "-" if self.until_ms is None else _iso(self.until_ms)
        return f"{self.use} {_iso(self.from_ms)} {until} {self.key.text}\n"


@dataclass(frozen=True)
class KeyList:
    """All keys of a site. A rehearsal's list never holds a production key, nor the other way round."""

    site: str
    keys: tuple[DatedKey, ...]

    @property
    def rehearsal(self) -> bool:
        return self.site.startswith(REHEARSAL)

    @property
    def body(self) -> str:
        return f"{_FIRST_LINE}\nsite {self.site}\n{''.join(key.line for key in self.keys)}"

    def sign(self, root: Signer) -> str:
        return sign_note(self.body, root)

    def named(self, name: str, uses: Iterable[Use]) -> DatedKey | None:
        """The key of this name for one of `uses`."""
        return next((key for key in self.keys if key.key.name == name and key.use in uses), None)

    def verifiers(self, use: Use) -> dict[str, VerifierKey]:
        """name -> key."""
        return {key.key.name: key.key for key in self.keys if key.use == use}

    def time_keys(self) -> dict[str, VerifierKey]:
        """key id -> key, for signed times."""
        return {key_id(key.key): key.key for key in self.keys if key.use == "gate"}


def open_key_list(note: str, root: VerifierKey) -> KeyList:
    """The list in a note that this root key signed. NoteError unless it is exactly a key list in its one spelling."""
    body, _ = open_note(note, {root.name: root})
    lines = body.splitlines()
    if len(lines) < 2 or lines[0] != _FIRST_LINE or not lines[1].startswith("site "):
        raise NoteError("not a key list")
    parsed = KeyList(site=lines[1].removeprefix("site "), keys=tuple(_read_line(line) for line in lines[2:]))
    if parsed.body != body:
        raise NoteError("the key list is misspelt")
    if any(key.key.name.startswith(REHEARSAL) != parsed.rehearsal for key in parsed.keys):
        raise NoteError("a key list mixes rehearsal and production keys")
    if root.name != f"{parsed.site}/root":
        raise NoteError("the key list belongs to another site")
    return parsed


def _read_line(line: str) -> DatedKey:
    try:
        use, begin, end, text = line.split(" ")
        from_ms, until_ms = _ms(begin), None if end == "-" else _ms(end)
    except ValueError as error:
        raise NoteError("a line of the key list is misspelt") from error
    if use not in _USES:
        raise NoteError(f"the key list names an unknown use: {use}")
    return DatedKey(use=_USES[use], key=VerifierKey.parse(text), from_ms=from_ms, until_ms=until_ms)


def _iso(at_ms: int) -> str:
    return local(at_ms // 1000 * 1000, "UTC").strftime(_ISO)


def _ms(text: str) -> int:
    return int(datetime.strptime(text, _ISO).replace(tzinfo=UTC).timestamp()) * 1000
