"""A regency's past, through the real records: punches signed by phones' keys, appended to the gate's journal by the
real ledger at the times at which they would have come, and judged by the real follower.

1. Register everybody, each with a confirmed key; issue the roster.
2. Draw each person's days from the seed and sign their taps, in parallel processes.
3. Append in the order of arrival, `WINDOW_MS` at a time, with the gate's signs of life between.
4. Write what the fingerprint machines recorded, and bring the files in as a person does.
5. Follow once: acts into the office's journal, verdicts from the taps.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hadir import __version__
from hadir.config import Settings
from hadir.drill.morning_plan import MINUTE_MS, ZONE
from hadir.drill.phones import Phone, private_key
from hadir.ledger import Entry
from hadir.ledger.sqlite import SqliteJournal
from hadir.office import commands
from hadir.records.kinds import Kind
from hadir.records.server_records import ClockState, GatePulse, GateStart
from hadir.records.strict import encode
from hadir.records.times import SignedTime, issue_time
from hadir.site import Site

if TYPE_CHECKING:
    from hadir.office.demo_regency import PlannedTerminal

DAYS_OF_ALL = 3
"""Working days of history for everybody; the cast's school has `DAYS_OF_SCHOOL`."""
DAYS_OF_SCHOOL = 22
WINDOW_MS = 5_000
_WORKERS = 2
_PEOPLE_AT_ONCE = 200
_NONCE = "AAAAAAAAAAAAAAAAAAAAAA"
_ABSENT, _LATE, _NO_DEPARTURE, _EARLY, _SLOW = 0.02, 0.04, 0.03, 0.02, 0.05
_FRIDAY = 4

Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Sent:
    """A signed punch and when the gate took it in."""

    received_ms: int
    record: bytes
    id: bytes


@dataclass(frozen=True, slots=True)
class _Past:
    """What the signing processes need: plain values only."""

    seed: int
    days: tuple[date, ...]
    school_days: tuple[date, ...]
    school: frozenset[int]
    silent: frozenset[int]
    at_machines: frozenset[int]
    tokens: dict[int, str]
    now_ms: int


def make_regency(  # noqa: PLR0913 - what a regency's past is made of
    site: Site,
    settings: Settings,
    *,
    people: int,
    seed: int,
    tell: Tell,
    days: tuple[int, int] = (DAYS_OF_ALL, DAYS_OF_SCHOOL),
) -> None:
    """Fill the empty rehearsal folder of `site`. SiteError for a production folder or one in use.

    `days`: working days of history for everybody, and for the cast's school.
    """
    now_ms = site.clock().now_ms()
    tell(f"registering {people:,} people")
    numbers = commands.regency_people(settings, people=people, seed=seed)
    keys = {number: Phone(number, private=private_key(seed, number)).key for number in numbers}
    commands.create_regency(settings, people=people, seed=seed, keys=keys, now_ms=now_ms)
    commands.publish_roster(settings, now_ms=now_ms)
    machines = commands.regency_machines(settings, people=people, seed=seed)
    past = _past(site, settings, machines, seed=seed, now_ms=now_ms, days=days)
    tell(f"signing {len(past.days)} days of everybody and {len(past.school_days)} of the cast's school")
    sent = _sign_all(past, [number for number in numbers if number not in past.at_machines])
    tell(f"appending {len(sent):,} taps to the gate's journal")
    append_history(site, sent, now_ms=now_ms)
    files = machine_files(past, machines)
    tell(f"bringing the files of {len(files)} fingerprint machines")
    commands.bring_machines(settings, machines, files, now_ms=now_ms)
    tell("judging them")
    commands.follow(settings, once=True)


def working_days(until: date, count: int) -> tuple[date, ...]:
    """The last `count` Mondays to Fridays up to and with `until`, oldest first."""
    back = (until - timedelta(days=ago) for ago in range(2 * count + 7))
    return tuple(sorted([day for day in back if day.weekday() <= _FRIDAY][:count]))


def _past(  # noqa: PLR0913 - what a past is drawn from
    site: Site,
    settings: Settings,
    machines: Sequence[PlannedTerminal],
    *,
    seed: int,
    now_ms: int,
    days: tuple[int, int],
) -> _Past:
    today = datetime.fromtimestamp(now_ms / 1000, tz=ZoneInfo(ZONE)).date()
    school_days = working_days(today, days[1])
    return _Past(
        seed=seed,
        days=working_days(today, days[0]),
        school_days=school_days,
        school=commands.school_people(),
        silent=commands.silent_people(settings),
        at_machines=frozenset(person for machine in machines for person in machine.pins),
        tokens=_tokens(site, school_days),
        now_ms=now_ms,
    )


def _tokens(site: Site, days: Iterable[date]) -> dict[int, str]:
    """One signed time for each half hour of those days: who opened the app then holds it."""
    gate = site.gate_signer()
    moments = [_at(day, time()) + slot * 30 * MINUTE_MS for day in days for slot in range(10, 40)]
    return {
        at_ms: issue_time(SignedTime(v=1, nonce=_NONCE, at_ms=at_ms, clock="simulated", error_ms=0), gate)
        for at_ms in moments
    }


def _at(day: date, at: time) -> int:
    return int(datetime.combine(day, at, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


def _sign_all(past: _Past, numbers: Sequence[int]) -> list[Sent]:
    parts = [(past, numbers[begin : begin + _PEOPLE_AT_ONCE]) for begin in range(0, len(numbers), _PEOPLE_AT_ONCE)]
    with multiprocessing.get_context("spawn").Pool(_WORKERS) as pool:
        return sorted((one for part in pool.starmap(sign_people, parts) for one in part), key=_by_time)


def _by_time(sent: Sent) -> tuple[int, bytes]:
    return sent.received_ms, sent.id


def sign_people(past: _Past, numbers: Sequence[int]) -> list[Sent]:
    """Everything that these people tapped."""
    return [sent for number in numbers for sent in _sign_person(past, number)]


def _sign_person(past: _Past, number: int) -> Iterator[Sent]:
    draw = Random(f"{past.seed} past {number}")  # noqa: S311 - invented days that must repeat themselves
    phone = Phone(number, private=private_key(past.seed, number))
    for day in _days_of(past, number):
        for direction, tapped_ms in _day(draw, day):
            wait_ms = _delay_ms(draw, silent=number in past.silent)
            if tapped_ms + wait_ms < past.now_ms:
                yield _sign(past, phone, direction, tapped_ms, tapped_ms + wait_ms)


def _days_of(past: _Past, number: int) -> tuple[date, ...]:
    return past.school_days if number in past.school else past.days


def machine_files(past: _Past, machines: Sequence[PlannedTerminal]) -> dict[str, bytes]:
    """Serial number -> what the machine would write to a USB stick by now: `PIN, time on its clock, verify, key, …`."""
    return {machine.serial: _machine_file(past, machine) for machine in machines}


def _machine_file(past: _Past, machine: PlannedTerminal) -> bytes:
    brought_ms = past.now_ms - machine.silent_days * 24 * 60 * MINUTE_MS
    presses = sorted(
        (at_ms, pin, direction)
        for person, pin in machine.pins.items()
        for at_ms, direction in _presses(past, person)
        if at_ms < brought_ms
    )
    return "".join(_machine_line(machine, *press) for press in presses).encode()


def _presses(past: _Past, person: int) -> Iterator[tuple[int, str]]:
    draw = Random(f"{past.seed} past {person}")  # noqa: S311 - invented days that must repeat themselves
    for day in _days_of(past, person):
        for direction, at_ms in _day(draw, day):
            yield at_ms, direction


def _machine_line(machine: PlannedTerminal, at_ms: int, pin: str, direction: str) -> str:
    shown = datetime.fromtimestamp(at_ms / 1000 - 60 * machine.skew_minutes, tz=ZoneInfo(ZONE))
    key = int(direction == "out") if machine.by_keys else 0
    return f"{pin:>9}\t{shown:%Y-%m-%d %H:%M:%S}\t1\t{key}\t1\t0\r\n"


def _day(draw: Random, day: date) -> Iterator[tuple[str, int]]:
    """When somebody came and left, if he did."""
    ends = _at(day, time(16, 30) if day.weekday() == _FRIDAY else time(16))
    starts = _at(day, time(7, 30))
    if draw.random() < _ABSENT:
        return
    late = draw.random() < _LATE
    minutes = 1 + draw.expovariate(1 / 15) if late else -40 + 39 * draw.betavariate(4, 2)
    yield "in", starts + round(min(minutes, 120) * MINUTE_MS)
    if draw.random() < _NO_DEPARTURE:
        return
    early = draw.random() < _EARLY
    yield "out", ends + round((-draw.uniform(1, 50) if early else draw.expovariate(1 / 12)) * MINUTE_MS)


def _delay_ms(draw: Random, *, silent: bool) -> int:
    """How long a tap waited for a way to the gate: seconds, or until somebody was in reach of a signal."""
    slow = draw.random() < (0.6 if silent else _SLOW)
    return round(draw.uniform(5, 120) * MINUTE_MS) if slow else round(draw.uniform(400, 3_000))


def _sign(past: _Past, phone: Phone, direction: str, tapped_ms: int, received_ms: int) -> Sent:
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


def append_history(site: Site, sent: Sequence[Sent], *, now_ms: int) -> None:
    """One append for each `WINDOW_MS` in which something came, as the gate's batches are; a pulse a minute at most."""
    first_ms = (sent[0].received_ms if sent else now_ms) - MINUTE_MS
    with closing(SqliteJournal(site.journal_folder(site.gate), site.gate_signer())) as journal:
        start = GateStart(v=1, program="gate", app=__version__, previous_size=0)
        state = ClockState(v=1, clock="simulated", error_ms=0, step_ms=0)
        journal.append([Entry(Kind.GATE_START, encode(start)), Entry(Kind.CLOCK_STATE, encode(state))], now_ms=first_ms)
        pulsed_ms, answered = first_ms, 0
        for window, group in groupby(sent, key=lambda one: one.received_ms // WINDOW_MS):
            received_ms = (window + 1) * WINDOW_MS - 1
            entries = [Entry(Kind.PUNCH, one.record, one.id) for one in group]
            answered += len(entries)
            if received_ms - pulsed_ms >= MINUTE_MS:
                entries.append(_pulse(answered))
                pulsed_ms, answered = received_ms, 0
            journal.append(entries, now_ms=min(received_ms, now_ms))
        journal.append([_pulse(answered)], now_ms=now_ms)


def _pulse(answered: int) -> Entry:
    return Entry(Kind.GATE_PULSE, encode(GatePulse(v=1, answered=answered, refused=0)))
