"""A regency's past, through the real records: punches signed by phones' keys, appended to the gate's journal by the
real ledger at the times at which they would have come, and judged by the real follower.

    the gate's side, a process of its own        the office's side, this process
    ------------------------------------        ---------------------------------------------------------
    sign everybody's taps, in two processes      register everybody with a confirmed key; issue the roster
    append them in the order of arrival,         make the month's law, rosters and excuses by acts
    with the gate's signs of life between        bring the files of the fingerprint machines
                                                 read while the journal grows; once it is whole, judge in two

The same seed and moment give the same bytes in the gate's journal, and the same people, days and verdicts. The ids and
salts of the office's own acts are drawn anew each time, as in every office.
"""

from __future__ import annotations

import gc
import multiprocessing
import time as clocks
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from itertools import groupby
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from hadir import __version__
from hadir.config import Settings
from hadir.ledger import Entry
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.programs.commands import follow
from hadir.records.days import local, local_date
from hadir.records.kinds import Kind
from hadir.records.server_records import ClockState, GatePulse, GateStart
from hadir.records.strict import encode
from hadir.records.times import SignedTime, issue_time
from hadir.site import Site, open_site
from rehearsal.demo import commands
from rehearsal.morning.plan import MINUTE_MS, ZONE
from rehearsal.phones import Phone, private_key

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess
    from multiprocessing.synchronize import Event
    from pathlib import Path

    from rehearsal.demo.regency import PlannedTerminal

WINDOW_MS = 15_000
ENTRIES_PER_COMMIT = 5_000
_WORKERS = 2
_PEOPLE_AT_ONCE = 100
_NONCE = "AAAAAAAAAAAAAAAAAAAAAA"
_ABSENT, _LATE, _NO_DEPARTURE, _EARLY, _SLOW = 0.005, 0.05, 0.03, 0.02, 0.05
_FRIDAY = 4
_FOUR_WEEKS = timedelta(weeks=4)
_NO_SLIPS: Mapping[date, str] = {}
_OUTAGE = (time(7, 5), time(8, 5))
"""On the morning on which the gate was dead."""

Tell = Callable[[str], object]
Days = Mapping[date, tuple[int, int]]
"""When work begins and ends on each date on which somebody is expected, in minutes after midnight."""


class Sent(NamedTuple):
    """A signed punch and when the gate took it in. A tuple: two hundred thousand go from process to process."""

    received_ms: int
    record: bytes
    id: bytes


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

    def of(self, numbers: Sequence[int]) -> Past:
        """Only what concerns these people."""
        return replace(self, days={number: self.days[number] for number in numbers}, silent=self.silent & {*numbers})


def make_regency(  # noqa: PLR0913 - what a regency's past is made of
    site: Site, settings: Settings, *, people: int, seed: int, tell: Tell, whole_month: bool = True
) -> None:
    """Fill the empty rehearsal folder of `site`. SiteError for a production folder or one in use.

    Without a month it is the last working day alone: everybody works office hours, and nothing else happens.
    """
    now_ms = site.clock().now_ms()
    gc.disable()  # rows of tables are no rings, and this program ends soon
    said = _Steps(tell)
    numbers = commands.regency_people(settings, people=people, seed=seed)
    machines = commands.regency_machines(settings, people=people, seed=seed)
    today = _date(now_ms)
    dates = month_until(today) if whole_month else (last_working_day(today),)
    past = _past(site, settings, dates, people=people, seed=seed, now_ms=now_ms)
    at_machines = frozenset(person for machine in machines for person in machine.pins)
    said(f"registering {people:,} people, while {len(dates)} days of their phones are signed")
    with_phone = [number for number in numbers if number not in at_machines]
    with _gate_side(site, past, with_phone) as (gate, is_empty):
        commands.make_room(settings)
        is_empty.set()
        keys = {number: Phone(number, private=private_key(seed, number)).key for number in with_phone}
        commands.create_regency(settings, people=people, seed=seed, keys=keys, now_ms=now_ms)
        commands.publish_roster(settings, now_ms=now_ms)
        if whole_month:
            said("making the month's law, rosters and excuses")
            commands.tell_story(settings, people=people, dates=dates, seed=seed)
        files = machine_files(past, machines)
        said(f"bringing the files of {len(files)} fingerprint machines")
        commands.bring_machines(settings, machines, files, now_ms=now_ms)
        said("reading the journals while the gate's grows")
        judging = partial(said, "judging every day of everybody")
        commands.follow_past(settings, is_growing=gate.is_alive, when_read=judging)
    follow(settings, once=True)
    said.done()


class _Steps:
    """Says what is done now, and at the end how long each step took."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._taken: list[tuple[str, float]] = []

    def __call__(self, step: str) -> None:
        self._tell(step)
        self._taken.append((step, clocks.perf_counter()))

    def done(self) -> None:
        ends = [began for _, began in self._taken[1:]] + [clocks.perf_counter()]
        for (step, began), ended in zip(self._taken, ends, strict=True):
            self._tell(f"{ended - began:6.1f} s  {step}")
        self._tell(f"{ends[-1] - self._taken[0][1]:6.1f} s  in all")


@contextmanager
def _gate_side(site: Site, past: Past, numbers: Sequence[int]) -> Iterator[tuple[BaseProcess, Event]]:
    """A process of its own that signs everybody's taps; it appends them when it is told that the folder is empty.

    Whoever gives up takes it along.
    """
    context = multiprocessing.get_context("spawn")
    is_empty = context.Event()
    gate = context.Process(target=_make_gate_past, args=(site.data, past, numbers, is_empty))
    gate.start()
    with ExitStack() as stack:
        stack.callback(gate.terminate)
        yield gate, is_empty
        gate.join()
        if gate.exitcode:
            raise RuntimeError("the gate's past could not be made")


def _make_gate_past(data: Path, past: Past, numbers: Sequence[int], is_empty: Event) -> None:
    gc.disable()
    signed = _sign_all(past, numbers)
    is_empty.wait()
    append_history(open_site(data), signed, now_ms=past.now_ms, outage=past.outage)


def month_until(today: date) -> tuple[date, ...]:
    """Every date of the month that ends today, weekends and all: four weeks, and this calendar month from its first."""
    begins = min(today - _FOUR_WEEKS + timedelta(days=1), today.replace(day=1))
    return tuple(begins + timedelta(days=number) for number in range((today - begins).days + 1))


def last_working_day(until: date) -> date:
    """The last Monday to Friday up to and with `until`."""
    return until - timedelta(days=max(0, until.weekday() - _FRIDAY))


def _past(  # noqa: PLR0913 - what a past is drawn from
    site: Site, settings: Settings, dates: tuple[date, ...], *, people: int, seed: int, now_ms: int
) -> Past:
    story = commands.regency_story(settings, people=people, dates=dates, seed=seed)
    plain = len(dates) == 1
    office = {dates[0]: (450, 960)}
    days = dict.fromkeys(story.days, office) if plain else story.days
    dead = None if plain else story.outage
    return Past(
        seed=seed,
        days=days,
        silent=story.silent,
        tokens=_tokens(site, (*dates, dates[-1] + timedelta(days=1))),
        now_ms=now_ms,
        outage=(_at(dead, _OUTAGE[0]), _at(dead, _OUTAGE[1])) if dead else (0, 0),
        slips=frozenset() if plain else story.slips,
    )


def _date(at_ms: int) -> date:
    return local_date(at_ms, ZONE)


def _tokens(site: Site, days: Iterable[date]) -> dict[int, str]:
    """One signed time for each half hour of those days: who opened the app then holds it."""
    gate = site.gate_signer()
    moments = [_at(day, time()) + slot * 30 * MINUTE_MS for day in days for slot in range(48)]
    return {
        at_ms: issue_time(SignedTime(v=1, nonce=_NONCE, at_ms=at_ms, clock="simulated", error_ms=0), gate)
        for at_ms in moments
    }


@cache
def _at(day: date, at: time) -> int:
    return int(datetime.combine(day, at, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


def _sign_all(past: Past, numbers: Sequence[int]) -> list[Sent]:
    parts = [numbers[begin : begin + _PEOPLE_AT_ONCE] for begin in range(0, len(numbers), _PEOPLE_AT_ONCE)]
    with multiprocessing.get_context("spawn").Pool(_WORKERS, initializer=gc.disable) as pool:
        signed = pool.imap(sign_part, ((past.of(part), part) for part in parts))
        return sorted((one for part in signed for one in part), key=_by_time)


def _by_time(sent: Sent) -> tuple[int, bytes]:
    return sent.received_ms, sent.id


def sign_part(part: tuple[Past, Sequence[int]]) -> list[Sent]:
    """Everything that these people tapped."""
    past, numbers = part
    return [sent for number in numbers for sent in _sign_person(past, number)]


def _sign_person(past: Past, number: int) -> Iterator[Sent]:
    draw = Random(f"{past.seed} past {number}")  # noqa: S311 - invented days that must repeat themselves
    phone = Phone(number, private=private_key(past.seed, number))
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
    mine = {day: what for person, day, what in past.slips if person == number}
    return taps_of(past.days[number], draw, mine)


def taps_of(days: Days, draw: Random, slips: Mapping[date, str] = _NO_SLIPS) -> Iterator[tuple[str, int]]:
    """(direction, when) of somebody who is expected on these days; `slips` make him late, or forget."""
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
        for at_ms, direction in _presses(past, person)
        if at_ms < brought_ms
    )
    return "".join(_machine_line(machine, *press) for press in presses).encode()


def _presses(past: Past, person: int) -> Iterator[tuple[int, str]]:
    draw = Random(f"{past.seed} past {person}")  # noqa: S311 - invented days that must repeat themselves
    for direction, at_ms in _taps(past, draw, person):
        yield at_ms, direction


def _machine_line(machine: PlannedTerminal, at_ms: int, pin: str, direction: str) -> str:
    shown = local(at_ms - 60_000 * machine.skew_minutes, ZONE)
    key = int(direction == "out") if machine.by_keys else 0
    return f"{pin:>9}\t{shown:%Y-%m-%d %H:%M:%S}\t1\t{key}\t1\t0\r\n"


def _day(draw: Random, day: date, span: tuple[int, int], slip: str) -> Iterator[tuple[str, int]]:
    """When somebody came and left, if he did."""
    midnight = _at(day, time())
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


def _sign(past: Past, phone: Phone, direction: str, tapped_ms: int, received_ms: int) -> Sent:
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
    return Sent(received_ms, record.encode(), bytes.fromhex(payload["id"].replace("-", "")))


def append_history(site: Site, sent: Sequence[Sent], *, now_ms: int, outage: tuple[int, int] = (0, 0)) -> None:
    """Write what the gate would hold by now. A past owes nobody a receipt: many of its batches are one commit."""
    with closing(SqliteJournal(site.journal_folder(site.gate), site.gate_signer())) as journal:
        timed = _timed(sent, now_ms, outage)
        for begin in range(0, len(timed), ENTRIES_PER_COMMIT):
            journal.append_timed(timed[begin : begin + ENTRIES_PER_COMMIT])


def _timed(sent: Sequence[Sent], now_ms: int, outage: tuple[int, int]) -> list[tuple[Entry, int]]:
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
    state = ClockState(v=1, clock="simulated", error_ms=0, step_ms=0)
    return [Entry(Kind.GATE_START, encode(start)), Entry(Kind.CLOCK_STATE, encode(state))]
