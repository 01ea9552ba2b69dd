"""A crowd of civil servants for the rules: their units, laws, duties, and the taps of their days, from a seed.

Nobody's day is another's: arrivals and goings are spread to the millisecond, some people are habitually late, some
forget a tap, press twice or the wrong button, some are on leave, on duty travel or in a unit with an outage. Most taps
are prompt phones; the others were sent late, come from machines or from files.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from random import Random

from msgspec import Struct

from hadir.config import shipped
from hadir.office.ground.laws import calendar, law_on
from hadir.rules import (
    AssignmentPeriod,
    ClockState,
    DeliveryFacts,
    Direction,
    DutyDay,
    EvidenceContext,
    ExcusePeriod,
    Period,
    Plan,
    Policy,
    SignedTime,
    Source,
    TapFacts,
    Verdict,
    judge_day,
    owed_on,
    weigh_tap,
)

UNIT_PEOPLE = 50
MONTH = (2026, 9)
"""The month that the crowd lives in; it has 22 working days."""
_POLICIES = shipped("policies")
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_OUTAGE_MS = (-25 * _MINUTE_MS, 35 * _MINUTE_MS)
"""As in the regency that began it: 07:05 to 08:05."""

_LAWS = ("permentan-68-2012", "mataram", "sragen", "batola", "mimika", "kotim-2025", "kemenag", "badan-gizi-4-2025",
         "anri-18-2016", "kemenkeu-pmk-221-2021")  # fmt: skip
_ZONES = (*("Asia/Jakarta",) * 6, *("Asia/Makassar",) * 3, "Asia/Jayapura")
_DUTIES = (*("office-5-day",) * 6, *("office-6-day",) * 3, "roster")
_SHIFTS = ("pagi", "sore", "malam")
_IN, _OUT, _UNSAID = Direction.IN, Direction.OUT, Direction.UNSAID


@dataclass(frozen=True)
class CrowdUnit:
    """A unit: its number, its law, its place, and how its people's hours are set."""

    number: int
    people: int
    law: str
    zone: str
    duty: str


@dataclass(frozen=True)
class UnitDay:
    """What a unit owed on a date, by shift where it works by roster; and what the system itself did to it."""

    context: EvidenceContext
    policy: Policy
    days: tuple[DutyDay, ...]
    excuses: tuple[ExcusePeriod, ...]
    now_ms: int

    def excuses_of(self, person: "PersonFacts") -> tuple[ExcusePeriod, ...]:
        return self.excuses if person.excuse is None else (*self.excuses, person.excuse)

    def judge(self, person: "PersonFacts") -> Verdict:
        """One person's day by itself: weighed, judged, every sentence made."""
        taps = [weigh_tap(facts, self.context) for facts in person.taps]
        return judge_day(
            duty_day=self.days[person.turn],
            taps=taps,
            policy=self.policy,
            excuses=self.excuses_of(person),
            now_ms=self.now_ms,
        )


class PersonFacts(Struct, frozen=True):
    """One person's facts of one date: the duty by its place in `UnitDay.days`, the taps, an excuse of their own."""

    turn: int
    taps: list[TapFacts]
    excuse: ExcusePeriod | None = None


@dataclass
class RulesCrowd:
    """Units from number `first` on, the same for the same numbers in any process."""

    first: int
    count: int
    people: int = UNIT_PEOPLE
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.first)  # noqa: S311 - a rehearsal, repeatable on purpose

    def units(self) -> Iterator[CrowdUnit]:
        for number in range(self.first, self.first + self.count):
            pick = Random(f"unit {number}")  # noqa: S311 - invented days that must repeat themselves
            yield CrowdUnit(number, self.people, pick.choice(_LAWS), pick.choice(_ZONES), pick.choice(_DUTIES))

    def days_of(self, unit: CrowdUnit, on: UnitDay) -> list[PersonFacts]:
        return [self._one(unit, on, person) for person in range(unit.people)]

    def _one(self, unit: CrowdUnit, on: UnitDay, person: int) -> PersonFacts:
        random = self.random.random
        turn = (unit.number + person) % len(on.days)
        day = on.days[turn]
        drawn = random()
        if drawn < 0.05:
            return PersonFacts(turn, [], self._leave(day, drawn))
        if drawn < 0.06:
            return PersonFacts(turn, [])
        late = person % 20 == 0 and random() < 0.5
        came_ms = (
            day.start_ms + _LATE[int(random() * _SPREAD)] if late else day.start_ms - _EARLY[int(random() * _SPREAD)]
        )
        went_ms = day.end_ms + _GOING[int(random() * _SPREAD)]
        taps = [self._tap(_IN, came_ms + int(random() * _MINUTE_MS), on.excuses)] if drawn > 0.08 else []
        if drawn < 0.97:
            taps.append(self._tap(_OUT, went_ms + int(random() * _MINUTE_MS), on.excuses))
        if random() < 0.04:
            taps.append(self._tap(_OUT if random() < 0.1 else _IN, came_ms + int(random() * _HOUR_MS), ()))
        half = Period(day.start_ms, day.start_ms + 4 * _HOUR_MS)
        return PersonFacts(turn, taps, _excuse(f"DL-{day.date}", "DL", half, 1) if drawn > 0.99 else None)

    def _tap(self, way: Direction, at_ms: int, outages: tuple[ExcusePeriod, ...]) -> TapFacts:
        """A tap as it was recorded: by a phone on the line, by one without, by a machine, from a file."""
        random = self.random.random
        kind = random()
        ref = f"{at_ms:x}"
        if outages and at_ms in outages[0].period:
            kind = 0.85
        if kind < 0.82:
            sent_ms = at_ms + 300 + int(random() * 1_500)
            return _phone(ref, way, at_ms, sent_ms, ago_ms=int(random() * 30 * _MINUTE_MS))
        if kind < 0.92:
            sent_ms = at_ms + int(random() * 90 * _MINUTE_MS)
            return _phone(ref, way, at_ms, sent_ms, ago_ms=int(random() * 12 * _HOUR_MS), delivered=kind < 0.88)
        machine = Source.TERMINAL if kind < 0.99 else Source.FILE
        return TapFacts(
            ref=ref,
            direction=_UNSAID if kind > 0.97 else way,
            source=machine,
            wall_ms=at_ms,
            received_at_ms=at_ms + 60_000,
            terminal_skew_ms=int(random() * 40_000) - 20_000,
        )

    def _leave(self, day: DutyDay, drawn: float) -> ExcusePeriod:
        code = "DL" if drawn < 0.02 else "CT" if drawn < 0.04 else "CS"
        return _excuse(f"{code}-{day.date}", code, day.hours, 1 + int(self.random.random() * 5))


_SPREAD = 4096
# Minutes around the hour, as quantiles, so that a draw is one look-up: most come within the half hour before, the late
# ones within minutes of it and a few much later; people go soon after the end, some before it.
_QUANTILES = [(at + 0.5) / _SPREAD for at in range(_SPREAD)]
_EARLY = [int((1 + 14 * -math.log(1 - q * 0.97)) * _MINUTE_MS) for q in _QUANTILES]
_LATE = [int(25 * -math.log(1 - q * 0.98) * _MINUTE_MS) for q in _QUANTILES]
_GOING = [
    int((9 * -math.log(1 - q * 0.98) - (40 * (0.03 - q) / 0.03 if q < 0.03 else 0)) * _MINUTE_MS) for q in _QUANTILES
]


def _phone(  # noqa: PLR0913 - a phone's clocks, each by name
    ref: str, way: Direction, at_ms: int, sent_ms: int, *, ago_ms: int, delivered: bool = False
) -> TapFacts:
    anchor = SignedTime(
        at_ms=at_ms - ago_ms,
        error_ms=50,
        clock_state=ClockState.OK,
        wall_ms=at_ms - ago_ms,
        mono_ms=1_000,
        origin_ms=1,
    )
    back = None
    if delivered:
        back = DeliveryFacts(mono_ms=1_000 + sent_ms - at_ms + ago_ms, origin_ms=1, at_ms=sent_ms, error_ms=50)
    return TapFacts(
        ref=ref,
        direction=way,
        source=Source.PHONE,
        wall_ms=at_ms,
        mono_ms=1_000 + ago_ms,
        origin_ms=1,
        anchor=anchor,
        received_at_ms=sent_ms,
        gate_error_ms=50,
        delivery=back,
    )


def _excuse(ref: str, code: str, period: Period, day_number: int) -> ExcusePeriod:
    return ExcusePeriod(ref=ref, period=period, tail_minutes=0, article="-", code=code, day_number=day_number)


# --- what the units owe ----------------------------------------------------------------------------------------------


def dates(count: int) -> list[date]:
    """That many dates of the month on which a five-day week works."""
    first = date(*MONTH, 1)
    days = (first + timedelta(days=at) for at in range(31))
    return [on for on in days if on.weekday() < 5 and calendar(_POLICIES).free(on) is None][:count]


@cache
def unit_day(law: str, zone: str, duty: str, on: date, *, outage: bool) -> UnitDay:
    """What such a unit owed on that date; the same object for all of them."""
    policy = law_on(_POLICIES, law, on)
    turns = _SHIFTS if duty == "roster" else ("",)
    owed = [owed_on(_plan(zone, duty, shift, on), policy, on).days for shift in turns]
    days = tuple(found[0] for found in owed)
    outages: tuple[Period, ...] = ()
    if outage:
        outages = (Period(days[0].start_ms + _OUTAGE_MS[0], days[0].start_ms + _OUTAGE_MS[1]),)
    excuses = tuple(
        ExcusePeriod(ref="outage", period=period, tail_minutes=15, article="Permenko 10/2025") for period in outages
    )
    latest_ms = max(day.counts.until_ms for day in days)
    context = EvidenceContext(policy=policy.evidence, zone=zone, outages=outages)
    return UnitDay(context, policy, days, excuses, now_ms=latest_ms + 24 * _HOUR_MS)


def _plan(zone: str, duty: str, shift: str, on: date) -> Plan:
    assignment = AssignmentPeriod(
        ref="a", unit="u", duty=duty, zone=zone, from_date=date(2026, 1, 1), by_roster=bool(shift)
    )
    return Plan(assignments=(assignment,), calendar=calendar(_POLICIES), roster={on: (shift,)} if shift else {})
