"""Bodies that servers write (docs/record-format.md section 2): canonical JSON of these shapes, in this order."""

import re
from typing import Literal

import msgspec

from hadir.records.encoding import b64url, un_b64url
from hadir.records.jws import jwk_of, thumbprint
from hadir.records.kinds import Kind

#: Why one journal ends and another begins.
TurnReason = Literal["year", "restore", "key"]


class ServerObject(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A server's record, or a part of one."""


class ServerRecord(ServerObject, frozen=True):
    """A body of version 1, which its first member says."""

    v: Literal[1]


class TerminalLine(ServerRecord, frozen=True):
    """A line as a fingerprint terminal pushed it (kind 6)."""

    terminal: str
    line: str
    network: str
    trust: Literal["registered", "unknown"]


class FileLine(ServerRecord, frozen=True):
    """A line of an imported file (kind 7)."""

    file: str
    line_number: int
    line: str
    terminal: str
    imported_by: int


class ManualEntry(ServerObject, frozen=True):
    """One presence on a manual list."""

    person: int
    direction: Literal["in", "out"]
    at_ms: int


class ManualList(ServerRecord, frozen=True):
    """Who was present on paper (kind 8); `sheet` is the digest of the signed sheet's photo."""

    unit: int
    attester: int
    sheet: str
    entries: list[ManualEntry]


class GateStart(ServerRecord, frozen=True):
    """A gate opened its journal (kind 16)."""

    program: str
    app: str
    previous_size: int


class GateStop(ServerRecord, frozen=True):
    """A gate ended in order (kind 17). A crash writes none; the missing pulses tell."""

    reason: str


class GatePulse(ServerRecord, frozen=True):
    """Each minute (kind 18): records answered and refused since the last one."""

    answered: int
    refused: int


class RosterLoaded(ServerRecord, frozen=True):
    """The gate began to use a roster, or found that its roster has become stale (kind 19)."""

    version: int
    sha256: str
    issued_ms: int
    stale: bool


class ClockRecord(ServerRecord, frozen=True):
    """The gate's clock changed its state or jumped (kind 20)."""

    clock: str
    error_ms: int
    step_ms: int


class Flag(ServerRecord, frozen=True):
    """What the gate noticed about the record before it (kind 21). Flags are for people; they block nothing."""

    about: str
    at: int
    flags: list[str]


class Finding(ServerObject, frozen=True):
    """What a location said, kept after the location is gone."""

    place: str
    distance_m: int
    inside: bool


class DetailFinding(ServerRecord, frozen=True):
    """Written before a location is erased (kind 22)."""

    digest: str
    finding: Finding


class DetailErased(ServerRecord, frozen=True):
    """A detail is gone (kind 23)."""

    digest: str
    reason: str


class ErasureDone(ServerRecord, frozen=True):
    """The gate has carried out an erasure that two people decided (kind 26): how many details it took."""

    number: int
    before_ms: int
    erased: int


class JournalOpened(ServerRecord, frozen=True):
    """The first leaf of a journal that goes on from another (kind 24); `checkpoint` is the other's last signed head."""

    reason: TurnReason
    previous: str
    checkpoint: str


class JournalSealed(ServerRecord, frozen=True):
    """The last leaf of a journal (kind 25); `next` is the origin that goes on. A restored copy is never sealed."""

    reason: TurnReason
    next: str


class OfficeRecord(ServerRecord, frozen=True):
    """What a person, `by`, did in the office: each act has an id."""

    id: str
    by: int


class Decision(OfficeRecord, frozen=True):
    """A person's act in the office (kind 32). Free text is a salted digest."""

    at_ms: int
    act: str
    object: str
    before: str | None
    after: str | None
    reason: str | None
    basis: str | None


class StaffFact(OfficeRecord, frozen=True):
    """A dated fact of the register (kind 33): values are numbers and codes, never names."""

    person: int
    fact: str
    value: str
    from_: str | None
    until: str | None
    recorded_ms: int


class OfficeRow(ServerObject, frozen=True):
    """A row of the office's tables: its key, and columns that are plain or salted digests; no values: it is gone."""

    table: str
    key: str
    values: dict[str, int | str | bool | None] | None


class OfficeRows(OfficeRecord, frozen=True):
    """Rows as an act left them (kind 34); `act` is the id of that act's own record."""

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


# --- what an act of the office says of a device (section 2.1) ---------------------------------------------------------

DeviceState = Literal["active", "revoked", "refused"]
#: `device.key` tells of a device on which the office had decided before its acts told of keys.
DEVICE_ACTS = frozenset({"device.enrol", "device.refuse", "device.revoke", "device.key"})
_SAID = re.compile(
    r"(?P<state>active|revoked|refused) person/(?P<person>[1-9]\d{0,9}) slip/(?P<slip>-|\d{1,19})"
    r" from (?P<from_ms>-?\d{1,16}) until (?P<until_ms>-|-?\d{1,16}) key (?P<key>[A-Za-z0-9_-]{86})",
    re.ASCII,
)


class DeviceSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A device after an act: it signs for `person` during `[from_ms, until_ms)`, with the key x || y."""

    state: DeviceState
    person: int
    slip: int | None
    from_ms: int
    until_ms: int | None
    key: bytes

    @property
    def text(self) -> str:
        """As it stands in the act's `after`."""
        return (
            f"{self.state} person/{self.person} slip/{_or_none(self.slip)}"
            f" from {self.from_ms} until {_or_none(self.until_ms)} key {b64url(self.key)}"
        )

    @property
    def kid(self) -> str:
        """The key's RFC 7638 thumbprint."""
        return thumbprint(jwk_of(self.key))


def read_device_act(act: Decision) -> DeviceSaid | None:
    """The device of which this act tells; None for any other act, one of before keys were told, or a key that is not
    the one that its object names.
    """
    if act.act not in DEVICE_ACTS or act.after is None:
        return None
    found = _SAID.fullmatch(act.after)
    if found is None:
        return None
    try:
        key = un_b64url(found["key"])
    except ValueError:
        return None
    said = DeviceSaid(
        state=found["state"],  # type: ignore[arg-type]  # one of the three that the pattern allows
        person=int(found["person"]),
        slip=None if found["slip"] == "-" else int(found["slip"]),
        from_ms=int(found["from_ms"]),
        until_ms=None if found["until_ms"] == "-" else int(found["until_ms"]),
        key=key,
    )
    return said if len(key) == 64 and act.object == f"device/{said.kid}" else None


def _or_none(number: int | None) -> str:
    return "-" if number is None else str(number)
