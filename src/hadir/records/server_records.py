"""Bodies that servers write (docs/record-format.md section 2): canonical JSON of these shapes, in this order."""

from typing import Literal

import msgspec

from hadir.records.kinds import Kind

#: Why one journal ends and another begins.
TurnReason = Literal["year", "restore", "key"]


class ServerRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A server's record."""


class TerminalLine(ServerRecord, frozen=True):
    """A line as a fingerprint terminal pushed it (kind 6)."""

    v: Literal[1]
    terminal: str
    line: str
    network: str
    trust: Literal["registered", "unknown"]


class FileLine(ServerRecord, frozen=True):
    """A line of an imported file (kind 7)."""

    v: Literal[1]
    file: str
    line_number: int
    line: str
    terminal: str
    imported_by: int


class ManualEntry(ServerRecord, frozen=True):
    """One presence on a manual list."""

    person: int
    direction: Literal["in", "out"]
    at_ms: int


class ManualList(ServerRecord, frozen=True):
    """Who was present on paper (kind 8); `sheet` is the digest of the signed sheet's photo."""

    v: Literal[1]
    unit: int
    attester: int
    sheet: str
    entries: list[ManualEntry]


class GateStart(ServerRecord, frozen=True):
    """A gate opened its journal (kind 16)."""

    v: Literal[1]
    program: str
    app: str
    previous_size: int


class GateStop(ServerRecord, frozen=True):
    """A gate ended in order (kind 17). A crash writes none; the missing pulses tell."""

    v: Literal[1]
    reason: str


class GatePulse(ServerRecord, frozen=True):
    """Each minute (kind 18): records answered and refused since the last one."""

    v: Literal[1]
    answered: int
    refused: int


class RosterLoaded(ServerRecord, frozen=True):
    """The gate began to use a roster, or found that its roster has become stale (kind 19)."""

    v: Literal[1]
    version: int
    sha256: str
    issued_ms: int
    stale: bool


class ClockRecord(ServerRecord, frozen=True):
    """The gate's clock changed its state or jumped (kind 20)."""

    v: Literal[1]
    clock: str
    error_ms: int
    step_ms: int


class Flag(ServerRecord, frozen=True):
    """What the gate noticed about the record before it (kind 21). Flags are for people; they block nothing."""

    v: Literal[1]
    about: str
    at: int
    flags: list[str]


class Finding(ServerRecord, frozen=True):
    """What a location said, kept after the location is gone."""

    place: str
    distance_m: int
    inside: bool


class DetailFinding(ServerRecord, frozen=True):
    """Written before a location is erased (kind 22)."""

    v: Literal[1]
    digest: str
    finding: Finding


class DetailErased(ServerRecord, frozen=True):
    """A detail is gone (kind 23)."""

    v: Literal[1]
    digest: str
    reason: str


class ErasureDone(ServerRecord, frozen=True):
    """The gate has carried out an erasure that two people decided (kind 26): how many details it took."""

    v: Literal[1]
    number: int
    before_ms: int
    erased: int


class JournalOpened(ServerRecord, frozen=True):
    """The first leaf of a journal that goes on from another (kind 24); `checkpoint` is the other's last signed head."""

    v: Literal[1]
    reason: TurnReason
    previous: str
    checkpoint: str


class JournalSealed(ServerRecord, frozen=True):
    """The last leaf of a journal (kind 25); `next` is the origin that goes on. A restored copy is never sealed."""

    v: Literal[1]
    reason: TurnReason
    next: str


class Decision(ServerRecord, frozen=True):
    """A person's act in the office (kind 32). Free text is a salted digest."""

    v: Literal[1]
    id: str
    by: int
    at_ms: int
    act: str
    object: str
    before: str | None
    after: str | None
    reason: str | None
    basis: str | None


class StaffFact(ServerRecord, frozen=True):
    """A dated fact of the register (kind 33): values are numbers and codes, never names."""

    v: Literal[1]
    id: str
    by: int
    person: int
    fact: str
    value: str
    from_: str | None
    until: str | None
    recorded_ms: int


class OfficeRow(ServerRecord, frozen=True):
    """A row of the office's tables: its key, and columns that are plain or salted digests; no values: it is gone."""

    table: str
    key: str
    values: dict[str, int | str | bool | None] | None


class OfficeRows(ServerRecord, frozen=True):
    """Rows as an act left them (kind 34); `act` is the id of that act's own record."""

    v: Literal[1]
    id: str
    by: int
    at_ms: int
    act: str
    rows: list[OfficeRow]


#: kind -> the shape of its body.
SERVER_SHAPES: dict[Kind, type[ServerRecord]] = {
    Kind.TERMINAL_LINE: TerminalLine,
    Kind.FILE_LINE: FileLine,
    Kind.MANUAL_LIST: ManualList,
    Kind.GATE_START: GateStart,
    Kind.GATE_STOP: GateStop,
    Kind.GATE_PULSE: GatePulse,
    Kind.ROSTER_LOADED: RosterLoaded,
    Kind.CLOCK_STATE: ClockRecord,
    Kind.FLAG: Flag,
    Kind.DETAIL_FINDING: DetailFinding,
    Kind.DETAIL_ERASED: DetailErased,
    Kind.ERASURE_DONE: ErasureDone,
    Kind.JOURNAL_OPENED: JournalOpened,
    Kind.JOURNAL_SEALED: JournalSealed,
    Kind.DECISION: Decision,
    Kind.STAFF_FACT: StaffFact,
    Kind.OFFICE_ROWS: OfficeRows,
}
