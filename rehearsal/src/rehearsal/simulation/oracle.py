"""The verdict oracle of the simulation: what the rules say of the records that arrived, against what they say of the
truth, which only the simulation knows: every tap received at its own moment by a right clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hadir.ledger.sqlite import JournalReader
from hadir.records.jws import parse_jws
from hadir.records.keys import KeyList
from hadir.records.kinds import PUNCH_KINDS, Kind
from hadir.records.leaf import Leaf
from hadir.records.phone_records import Punch, read_phone_record
from hadir.records.server_records import ClockState as ClockRecord
from hadir.records.strict import decode
from hadir.records.times import open_time
from hadir.rules.evidence import ClockState, Direction, SignedTime, Source, TapFacts, weigh_tap
from hadir.rules.judge import judge_day
from hadir.rules.verdict import PartVerdict, Review, Verdict
from rehearsal.bench.rules_crowd import unit_day
from rehearsal.simulation.phone import SimPhone

DAY = date(2026, 11, 24)
_LAW, _ZONE, _DUTY = "permentan-68-2012", "Asia/Makassar", "office-5-day"
_SOON_MS = 500
_SOUND_ERROR_MS = 1_000
_READ = 100_000


@dataclass(frozen=True)
class Receipted:
    """Where a record stands, when its gate took it, and how wrong that gate then knew its clock to be."""

    origin: str
    index: int
    at_ms: int
    error_ms: int


def read_journal(folder: Path) -> tuple[str, dict[str, Receipted]]:
    """(origin, record -> its place) of a journal. ValueError when a record stands twice."""
    reader = JournalReader(folder)
    found: dict[str, Receipted] = {}
    error_ms = 0
    for leaf in reader.read(0, _READ):
        if leaf.kind is Kind.CLOCK_STATE:
            error_ms = _known_error_ms(leaf)
        if leaf.kind is Kind.PUNCH:
            record = leaf.body.decode()
            if record in found:
                raise ValueError(f"{reader.origin} holds a record twice")
            found[record] = Receipted(reader.origin, leaf.index, leaf.received_at_ms, error_ms)
    reader.close()
    return reader.origin, found


def _known_error_ms(leaf: Leaf) -> int:
    said = decode(leaf.body, ClockRecord)
    return 0 if said.clock == "ok" else said.error_ms


def verdict_faults(
    phones: Sequence[SimPhone], journals: Sequence[Mapping[str, Receipted]], keys: KeyList
) -> Iterator[str]:
    """People whose verdict is not the oracle's, of those whose phone's clock was right. Milder is right only where
    somebody is asked to look, or a gate knew that its clock was in doubt.
    """
    for phone in phones:
        if phone.moved:
            continue
        truth = _judged([_truly(record, at_ms) for record, at_ms in phone.taps.items()])
        found = _judged([_as_recorded(record, journals, keys) for record in phone.taps])
        for said, true in ((found.arrival, truth.arrival), (found.departure, truth.departure)):
            fault = _difference(said, true)
            if fault:
                yield f"person {phone.phone.person}: {fault}"


def _difference(said: PartVerdict | None, true: PartVerdict | None) -> str:
    assert said is not None
    assert true is not None
    if (said.status, said.class_code) == (true.status, true.class_code):
        return ""
    in_doubt = said.evidence is not None and said.evidence.error_ms > _SOUND_ERROR_MS
    if (in_doubt or said.review is not Review.NONE) and said.percent <= true.percent:
        return ""
    return f"{said.side.value} is {said.status.value} {said.class_code}, in truth {true.status.value} {true.class_code}"


def _judged(taps: Sequence[TapFacts]) -> Verdict:
    on = unit_day(_LAW, _ZONE, _DUTY, DAY, outage=False)
    weighed = [weigh_tap(facts, on.context) for facts in taps]
    return judge_day(duty_day=on.days[0], taps=weighed, policy=on.policy, excuses=(), now_ms=on.now_ms)


def _payload(record: str) -> Punch:
    payload = read_phone_record(parse_jws(record), PUNCH_KINDS).payload
    assert isinstance(payload, Punch)
    return payload


def _truly(record: str, at_ms: int) -> TapFacts:
    return TapFacts(
        ref=record,
        direction=Direction(_payload(record).direction),
        source=Source.PHONE,
        wall_ms=at_ms,
        received_at_ms=at_ms + _SOON_MS,
    )


def _as_recorded(record: str, journals: Sequence[Mapping[str, Receipted]], keys: KeyList) -> TapFacts:
    """As the follower reads it: the earliest receipt, and the signed time inside."""
    payload = _payload(record)
    place = min((one[record] for one in journals if record in one), key=lambda one: (one.at_ms, one.origin))
    return TapFacts(
        ref=record,
        direction=Direction(payload.direction),
        source=Source.PHONE,
        wall_ms=payload.wall_ms,
        mono_ms=payload.mono_ms,
        origin_ms=payload.origin_ms,
        anchor=_anchor(payload, keys),
        received_at_ms=place.at_ms,
        gate_error_ms=place.error_ms,
    )


def _anchor(payload: Punch, keys: KeyList) -> SignedTime | None:
    held = payload.signed_time
    if held is None:
        return None
    time = open_time(held.token, keys.time_keys())
    return SignedTime(
        at_ms=time.at_ms,
        error_ms=time.error_ms,
        clock_state=ClockState.OK if time.clock == "ok" else ClockState.UNSURE,
        wall_ms=held.wall_ms,
        mono_ms=held.mono_ms,
        origin_ms=held.origin_ms,
    )
