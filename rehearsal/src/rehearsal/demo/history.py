"""A regency's past, through the real records: punches signed by phones' keys, appended to the gate's journal by the
real ledger at the times at which they would have come, and judged by the real follower.

    the gate's side, a process of its own        the office's side, this process
    ------------------------------------        ---------------------------------------------------------
    sign everybody's taps                        register everybody with a confirmed key; issue the roster
    append them in the order of arrival,         make the month's law, rosters and excuses by acts
    with the gate's signs of life between        bring the files of the fingerprint machines
                                                 once the journal is whole, read it, and judge in two processes

The same seed and moment give the same bytes in the gate's journal, and the same people, days and verdicts. The ids and
salts of the office's own acts are drawn anew each time, as in every office.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import chain, groupby
from pathlib import Path
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hadir import __version__
from hadir.config import Settings
from hadir.ledger import Entry
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.programs.commands import prepare
from hadir.records.days import local
from hadir.records.kinds import Kind
from hadir.records.server_records import ClockRecord, GatePulse, GateStart
from hadir.records.strict import encode
from hadir.records.times import TimeToken, issue_time
from hadir.site import Site, open_site
from rehearsal.demo.regency import PlannedTerminal
from rehearsal.morning.plan import MINUTE_MS, ZONE
from rehearsal.phones import Phone, private_key

WINDOW_MS = 15_000
ENTRIES_PER_COMMIT = 5_000
_NONCE = "AAAAAAAAAAAAAAAAAAAAAA"
_ABSENT, _LATE, _NO_DEPARTURE, _EARLY, _SLOW = 0.005, 0.05, 0.03, 0.02, 0.05
_FRIDAY = 4
_FOUR_WEEKS = timedelta(weeks=4)
_NO_SLIPS: Mapping[date, str] = {}
Days = Mapping[date, tuple[int, int]]
"""When work begins and ends on each date on which somebody is expected, in minutes after midnight."""


class SignedPunch(NamedTuple):
    """A signed punch and when the gate took it in, in the order in which they are appended."""

    received_ms: int
    id: bytes
    record: bytes


@dataclass(frozen=True, slots=True)
class Past:
    """What the signing processes need: plain values only."""

    seed: int
    days: Mapping[int, Days]
    silent: frozenset[int]
    tokens: dict[int, str]
    now_ms: int
    outage: tuple[int, int] = (0, 0)
    """From when until when the gate was dead, in UTC milliseconds."""
    slips: frozenset[tuple[int, date, str]] = field(default_factory=frozenset)
    """(person, date, "late" or "forgot"), whatever the dice say."""


def prepare_in_haste(settings: Settings) -> None:
    """Set Django up in a program that makes a past and ends: rows of tables are no rings."""
    gc.disable()
    prepare(settings)


def make_gate_past(data: Path, past: Past, numbers: Sequence[int]) -> None:
    """Sign everybody's taps and append them: a process of its own does it while the office's tables are made."""
    gc.disable()
    append_history(open_site(data), sorted(sign_all(past, numbers)), now_ms=past.now_ms, outage=past.outage)


def month_until(today: date) -> tuple[date, ...]:
    """Every date of the month that ends today, weekends and all: four weeks, and this calendar month from its first."""
    begins = min(today - _FOUR_WEEKS + timedelta(days=1), today.replace(day=1))
    return tuple(begins + timedelta(days=number) for number in range((today - begins).days + 1))


def last_working_day(until: date) -> date:
    """The last Monday to Friday up to and with `until`."""
    return until - timedelta(days=max(0, until.weekday() - _FRIDAY))


def tokens(site: Site, days: Iterable[date]) -> dict[int, str]:
    """One signed time for each half hour of those days: who opened the app then holds it."""
    gate = site.gate_signer()
    moments = [moment(day, time()) + slot * 30 * MINUTE_MS for day in days for slot in range(48)]
    return {
        at_ms: issue_time(TimeToken(v=1, nonce=_NONCE, at_ms=at_ms, clock="simulated", error_ms=0), gate)
        for at_ms in moments
    }


@cache
def moment(day: date, at: time) -> int:
    return int(datetime.combine(day, at, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


def sign_all(past: Past, numbers: Iterable[int]) -> Iterator[SignedPunch]:
    return chain.from_iterable(_sign_person(past, number) for number in numbers)


def _sign_person(past: Past, number: int) -> Iterator[SignedPunch]:
    draw = _draw(past, number)
    phone = Phone(number, private=private_key(f"rehearsal {past.seed}", number))
    for direction, tapped_ms in _taps(past, draw, number):
        wait_ms = _delay_ms(draw, silent=number in past.silent)
        received_ms = _after_outage(past, draw, tapped_ms + wait_ms)
        if received_ms < past.now_ms:
            yield _sign(past, phone, direction, tapped_ms, received_ms)


def _after_outage(past: Past, draw: Random, at_ms: int) -> int:
    """What came while the gate was dead comes in the quarter of an hour after it."""
    begins, ends = past.outage
    return ends + round(draw.uniform(0.05, 15) * MINUTE_MS) if begins - MINUTE_MS <= at_ms < ends else at_ms


def _taps(past: Past, draw: Random, number: int) -> Iterator[tuple[str, int]]:
    return taps_of(past.days[number], draw, {day: what for person, day, what in past.slips if person == number})


def taps_of(days: Days, draw: Random, slips: Mapping[date, str] = _NO_SLIPS) -> Iterator[tuple[str, int]]:
    """(direction, when) of a person who is expected on these days; `slips` say who is late or forgets."""
    for day, span in sorted(days.items()):
        yield from _day(draw, day, span, slips.get(day, ""))


def machine_files(past: Past, machines: Sequence[PlannedTerminal]) -> dict[str, bytes]:
    """Serial number -> what the machine would write to a USB stick by now: `PIN, time on its clock, verify, key, …`."""
    return {machine.serial: _machine_file(past, machine) for machine in machines}


def _machine_file(past: Past, machine: PlannedTerminal) -> bytes:
    brought_ms = past.now_ms - machine.silent_days * 24 * 60 * MINUTE_MS
    presses = sorted(
        (at_ms, pin, direction)
        for person, pin in machine.pins.items()
        for direction, at_ms in _taps(past, _draw(past, person), person)
        if at_ms < brought_ms
    )
    return "".join(_machine_line(machine, *press) for press in presses).encode()


def _draw(past: Past, person: int) -> Random:
    return Random(f"{past.seed} past {person}")  # noqa: S311 - invented days that must repeat themselves


def _machine_line(machine: PlannedTerminal, at_ms: int, pin: str, direction: str) -> str:
    shown = local(at_ms - 60_000 * machine.skew_minutes, ZONE)
    key = int(direction == "out") if machine.by_keys else 0
    return f"{pin:>9}\t{shown:%Y-%m-%d %H:%M:%S}\t1\t{key}\t1\t0\r\n"


def _day(draw: Random, day: date, span: tuple[int, int], slip: str) -> Iterator[tuple[str, int]]:
    """When a person came and left, if at all."""
    midnight = moment(day, time())
    starts, ends = (midnight + minutes * MINUTE_MS for minutes in span)
    if draw.random() < _ABSENT and not slip:
        return
    late = draw.random() < _LATE or slip == "late"
    minutes = 1 + draw.expovariate(1 / 15) if late else -40 + 39 * draw.betavariate(4, 2)
    yield "in", starts + round(min(minutes, 120) * MINUTE_MS)
    if draw.random() < _NO_DEPARTURE or slip == "forgot":
        return
    early = draw.random() < _EARLY
    yield "out", ends + round((-draw.uniform(1, 50) if early else draw.expovariate(1 / 12)) * MINUTE_MS)


def _delay_ms(draw: Random, *, silent: bool) -> int:
    """How long a tap waited for a way to the gate: seconds, or until somebody was in reach of a signal."""
    slow = draw.random() < (0.6 if silent else _SLOW)
    return round(draw.uniform(5, 120) * MINUTE_MS) if slow else round(draw.uniform(400, 3_000))


def _sign(past: Past, phone: Phone, direction: str, tapped_ms: int, received_ms: int) -> SignedPunch:
    signed_ms = (tapped_ms - MINUTE_MS) // (30 * MINUTE_MS) * 30 * MINUTE_MS
    origin_ms = signed_ms - 2_000
    readings = {"wall_ms": signed_ms, "mono_ms": 2_000, "origin_ms": origin_ms}
    payload = phone.payload(
        direction,
        wall_ms=tapped_ms,
        mono_ms=tapped_ms - origin_ms,
        origin_ms=origin_ms,
        signed_time={"token": past.tokens[signed_ms], **readings},
        app="rehearsal",
    )
    record = phone.sign_next(payload)
    return SignedPunch(received_ms, bytes.fromhex(payload["id"].replace("-", "")), record.encode())


def append_history(site: Site, sent: Sequence[SignedPunch], *, now_ms: int, outage: tuple[int, int] = (0, 0)) -> None:
    """Write what the gate would hold by now. A past owes nobody a receipt: many of its batches are one commit."""
    with closing(SqliteJournal(site.journal_folder(site.gate), site.gate_signer())) as journal:
        timed = _timed(sent, now_ms, outage)
        for begin in range(0, len(timed), ENTRIES_PER_COMMIT):
            journal.append_timed(timed[begin : begin + ENTRIES_PER_COMMIT])


def _timed(sent: Sequence[SignedPunch], now_ms: int, outage: tuple[int, int]) -> list[tuple[Entry, int]]:
    """Each entry with its time: what came in one `WINDOW_MS` has the same, as a gate's batch; a pulse a minute at most.

    After an outage the gate starts anew.
    """
    first_ms = (sent[0].received_ms if sent else now_ms) - MINUTE_MS
    pulse, down = _Pulse(first_ms), outage[1] > first_ms
    timed = [(entry, first_ms) for entry in _start(0)]
    for window, group in groupby(sent, key=lambda one: one.received_ms // WINDOW_MS):
        received_ms = (window + 1) * WINDOW_MS - 1
        if down and received_ms >= outage[1]:
            timed += [(entry, outage[0]) for entry in pulse.after(outage[0] + MINUTE_MS, 0)]
            timed += [(entry, outage[1]) for entry in _start(len(timed))]
            down = False
        entries = [Entry(Kind.PUNCH, one.record, one.id) for one in group]
        entries += pulse.after(received_ms, len(entries))
        timed += [(entry, min(received_ms, now_ms)) for entry in entries]
    return timed + [(entry, now_ms) for entry in pulse.after(now_ms + MINUTE_MS, 0)]


class _Pulse:
    """The gate's sign of life, when a minute has passed since the last one."""

    def __init__(self, at_ms: int) -> None:
        self._last_ms, self._answered = at_ms, 0

    def after(self, at_ms: int, answered: int) -> list[Entry]:
        self._answered += answered
        if at_ms - self._last_ms < MINUTE_MS:
            return []
        entry = Entry(Kind.GATE_PULSE, encode(GatePulse(v=1, answered=self._answered, refused=0)))
        self._last_ms, self._answered = at_ms, 0
        return [entry]


def _start(previous_size: int) -> list[Entry]:
    start = GateStart(v=1, program="gate", app=__version__, previous_size=previous_size)
    state = ClockRecord(v=1, clock="simulated", error_ms=0, step_ms=0)
    return [Entry(Kind.GATE_START, encode(start)), Entry(Kind.CLOCK_STATE, encode(state))]
