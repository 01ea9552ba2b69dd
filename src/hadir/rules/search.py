"""Where the laws are searched for a break: places (a set, a duty, its days), and draws that lie near every boundary.

Deterministic and pure: a seed gives a draw, and the same draw again. Most instants lie a moment beside an edge of the
day, of its table, or of what is credited, since that is where laws break.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from itertools import combinations
from typing import TypeVar

from hadir.rules.ceremony import Ceremony
from hadir.rules.clocks import MS_PER_MINUTE, Period
from hadir.rules.duty import DutyDay, DutyKind, owed, shift_day
from hadir.rules.evidence import Direction, Evidence, Grade, Source, WeighedTap
from hadir.rules.excuse import ExcusePeriod, ExcuseRule, Reach
from hadir.rules.half import DarkSource
from hadir.rules.judge import judge_day
from hadir.rules.plan import parts_of_one
from hadir.rules.policy import Policy, PolicyGapError, PolicySet
from hadir.rules.reasons import ReasonCode, because
from hadir.rules.split import joined_verdict
from hadir.rules.verdict import Verdict

T = TypeVar("T")
ZONE = "Asia/Makassar"
DAYS = (
    (date(2026, 9, 15), False),
    (date(2026, 9, 18), False),
    (date(2026, 3, 3), True),
    (date(2026, 9, 19), False),
    (date(2019, 10, 1), False),
    (date(2022, 11, 1), False),
    (date(2024, 2, 6), False),
)
"""A Tuesday, a Friday, a Tuesday of Ramadan, a Saturday (for weeks of six days); and Tuesdays of years before."""
_MASK = 2**64 - 1


class Draw:
    """A stream of choices that a seed decides, another one for each `place` (splitmix64)."""

    def __init__(self, seed: int, place: str = "") -> None:
        self._state = seed & _MASK
        for byte in place.encode():
            self._state = (self._state * 0x100000001B3 ^ byte) & _MASK

    def below(self, number: int) -> int:
        """A whole number from 0 to `number` - 1."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) % number

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[self.below(len(choices))]

    def chance(self, percent: int) -> bool:
        """True so many times of a hundred."""
        return self.below(100) < percent


@dataclass(frozen=True)
class LawPlace:
    """A duty of a set, with some days of it; and of the parts of a split shift, the other parts of each."""

    set_name: str
    duty: str
    days: tuple[tuple[Policy, DutyDay], ...]
    beside: tuple[tuple[DutyDay, ...], ...] = ()


def places_of(sets: Mapping[str, PolicySet]) -> Iterator[LawPlace]:
    """Every duty and every shift of every set that people are judged by."""
    for name, source in sorted(sets.items()):
        if "no_arrival" not in source.values:
            continue  # only a foundation
        found: dict[str, list[tuple[Policy, DutyDay]]] = {}
        split: dict[str, list[tuple[Policy, DutyDay, DutyDay]]] = {}
        for on, in_ramadan in DAYS:
            try:
                policy = source.on(on)
            except PolicyGapError:
                continue
            for duty, day in _owed(policy, on, in_ramadan=in_ramadan):
                found.setdefault(duty, []).append((policy, day))
            for first, second in _split_shifts(policy, on):
                parts = split.setdefault(f"{first.duty}, {second.duty}", [])
                parts += [(policy, first, second), (policy, second, first)]
        for duty, days in found.items():
            yield LawPlace(name, duty, tuple(days))
        for duty, parts in split.items():
            yield LawPlace(name, duty, tuple(one[:2] for one in parts), tuple(one[2:] for one in parts))


def _owed(policy: Policy, on: date, *, in_ramadan: bool) -> Iterator[tuple[str, DutyDay]]:
    for duty in policy.duties:
        day = owed(policy.duty(duty, ZONE), on, in_ramadan=in_ramadan)
        if day is not None:
            yield duty, day
    for shift, row in policy.shifts.items():
        yield shift, shift_day(row, on, ZONE)


def _split_shifts(policy: Policy, on: date) -> Iterator[tuple[DutyDay, ...]]:
    """Two shifts of one date that do not meet."""
    shifts = sorted((shift_day(row, on, ZONE) for row in policy.shifts.values()), key=lambda one: one.start_ms)
    for first, second in combinations(shifts, 2):
        if first.end_ms < second.start_ms:
            yield parts_of_one((first, second))


@dataclass(frozen=True)
class Scene:
    """One day of a place that a draw fills: what is credited, how often flexible time was used before, ceremonies,
    sources that are silent. `beside` are the other parts of a split shift, `others` the taps made in them.
    """

    policy: Policy
    day: DutyDay
    draw: Draw
    excuses: tuple[ExcusePeriod, ...] = ()
    flex_times: int = 0
    ceremonies: tuple[Ceremony, ...] = ()
    dark: tuple[DarkSource, ...] = ()
    beside: tuple[DutyDay, ...] = ()
    others: tuple[WeighedTap, ...] = ()

    @classmethod
    def of(cls, place: LawPlace, draw: Draw) -> Scene:
        number = draw.below(len(place.days))
        policy, day = place.days[number]
        beside = place.beside[number] if place.beside else ()
        if draw.chance(5):
            day = replace(day, unsure=because(ReasonCode.DUTY_NO_CALENDAR, "-", year=day.date.year))
        empty = cls(policy, day, draw, flex_times=draw.pick((0, 0, 0, 4, 5, 6)), beside=beside)
        excuses = [empty.excuse(number) for number in range(draw.pick((0, 0, 1, 1, 2, 3)))]
        if draw.chance(30):
            excuses.append(empty.outage_of_the_morning())
        return replace(
            empty,
            excuses=tuple(excuses),
            ceremonies=(empty.ceremony(),) if draw.chance(15) else (),
            dark=(empty.silence(),) if draw.chance(10) else (),
            others=tuple(one for part in beside for one in empty.came_to(part)),
        )

    def alone(self) -> Scene:
        """Of a split shift this part, as it stands beside the others."""
        return replace(self, beside=(), others=()) if self.beside else self

    def judge(self, *taps: WeighedTap, excuses: Sequence[ExcusePeriod] | None = None) -> Verdict:
        """The verdict once the day is over."""
        said = partial(
            judge_day,
            policy=self.policy,
            excuses=self.excuses if excuses is None else excuses,
            now_ms=max(one.day.until_ms for one in (self.day, *self.beside)) + 1,
            flex_times=self.flex_times,
            dark=self.dark,
        )
        first = said(duty_day=self.day, taps=taps, ceremonies=self.ceremonies)
        if not self.beside:
            return first
        parts = [first, *(said(duty_day=part, taps=self.others) for part in self.beside)]
        return joined_verdict(parts, (self.day, *self.beside), self.policy)

    # What a draw makes.

    def instant(self) -> int:
        """Mostly a moment beside an edge of the day or its table, sometimes anywhere in it."""
        day, draw = self.day, self.draw
        if draw.chance(25):
            return day.counts.from_ms + draw.below(day.counts.until_ms - day.counts.from_ms)
        edges = [day.start_ms, day.start_ms, day.end_ms, day.end_ms, day.arrive.until_ms, day.depart.from_ms]
        edges += [edge for one in self.excuses for edge in (one.explains.from_ms, one.explains.until_ms)]
        side, way = draw.pick(((self.policy.arrival, 1), (self.policy.departure, -1)))
        minutes = draw.pick([0, 0, *(row.from_minutes for row in side.classes)])
        if day.flex is not None and draw.chance(40):
            minutes += draw.pick((day.flex.late_minutes, -day.flex.early_minutes))
        beside = draw.pick((0, 0, -1, 1, 999, 59_999, -59_999, 30_000, draw.below(1_800_000) - 900_000))
        return draw.pick(edges) + way * minutes * MS_PER_MINUTE + beside

    def counting(self) -> int:
        """An instant at which a tap counts."""
        return self.counted(self.instant())

    def counted(self, at_ms: int) -> int:
        """The instant nearest to it at which a tap counts."""
        return max(self.day.counts.from_ms, min(self.day.counts.until_ms - 1, at_ms))

    def within(self, window: Period) -> int:
        """An instant of that window."""
        return max(window.from_ms, min(window.until_ms - 1, self.instant()))

    def outage_of_the_morning(self) -> ExcusePeriod:
        """An outage that lasts beyond the start of work."""
        draw, start_ms = self.draw, self.day.start_ms
        from_ms = start_ms + (draw.below(180) - 90) * MS_PER_MINUTE + draw.pick((0, 0, 1, 30_000))
        until_ms = max(start_ms, from_ms) + (1 + draw.below(120)) * MS_PER_MINUTE
        return ExcusePeriod(
            ref="morning", period=Period(from_ms, until_ms), tail_minutes=draw.pick((0, 15)), article="-"
        )

    def ceremony(self) -> Ceremony:
        """A ceremony near the start of work or its end."""
        from_ms = self.draw.pick((self.day.start_ms, self.day.end_ms)) + (self.draw.below(90) - 60) * MS_PER_MINUTE
        code = self.draw.pick(sorted(self.policy.ceremonies))
        return Ceremony(name="Apel", code=code, period=Period(from_ms, from_ms + 30 * MS_PER_MINUTE))

    def silence(self) -> DarkSource:
        """A source that was silent around one half of the day, or for some time of it."""
        from_ms = self.instant()
        some = Period(from_ms, from_ms + (1 + self.draw.below(600)) * MS_PER_MINUTE)
        return DarkSource("Mesin-1", self.draw.pick((self.day.arrive, self.day.depart, some)))

    def came_to(self, part: DutyDay) -> tuple[WeighedTap, ...]:
        """What was tapped in another part of a split shift: nothing, or a coming and a going that may be late."""
        late_ms, early_ms = (self.draw.pick((0, 0, 20, 100)) * MS_PER_MINUTE for _ in range(2))
        taps = (tap("came", Direction.IN, part.start_ms + late_ms), tap("went", Direction.OUT, part.end_ms - early_ms))
        return taps[: self.draw.pick((0, 2, 2, 1))]

    def excuse(self, number: int, *, free: bool = False, outage: bool | None = None) -> ExcusePeriod:
        """An excuse of any kind; `free`: one that costs nothing."""
        draw, day = self.draw, self.day
        codes = _codes(self.policy.excuses, free=free)
        if draw.chance(35):
            codes = [code for code in codes if self.policy.excuses[code].reach is Reach.HALF] or codes
        is_outage = draw.chance(40) if outage is None else outage
        from_ms = self.instant()
        span_ms = draw.pick((1, 30, 60, 90, 240, 510, 1_200)) * MS_PER_MINUTE + draw.pick((0, 0, 1, 30_000))
        if draw.chance(12):
            from_ms, span_ms = day.start_ms, day.end_ms - day.start_ms
        return ExcusePeriod(
            ref=f"excuse-{number}",
            period=Period(from_ms, from_ms + span_ms),
            tail_minutes=draw.pick((0, 0, 15)) if is_outage or not codes else 0,
            article="-",
            code=None if is_outage or not codes else draw.pick(codes),
            day_number=draw.pick((1, 2, 4, 15, 91)),
            lifts_proven=is_outage and draw.chance(30),
        )


def _codes(rules: Mapping[str, ExcuseRule], *, free: bool) -> list[str]:
    """The policy's codes; `free`: those of which no day ever costs anything."""
    return sorted(code for code, rule in rules.items() if not free or not any(band.percent for band in rule.bands))


def tap(ref: str, way: Direction, at_ms: int, evidence: Evidence | None = None) -> WeighedTap:
    """A tap whose time is certain, or has that evidence."""
    return WeighedTap(ref=ref, direction=way, source=Source.PHONE, evidence=evidence or certain(at_ms))


def certain(at_ms: int) -> Evidence:
    """Received at once. Nothing proves that it was not made earlier, and nobody doubts it."""
    return Evidence(
        lo_ms=at_ms, hi_ms=at_ms, claimed_ms=at_ms, judged_ms=at_ms, error_ms=0, grade=Grade.A, counts_as=Grade.A
    )


def spread(at_ms: int, *, before_ms: int, after_ms: int, grade: Grade, proven: bool = False) -> Evidence:
    """A time that lies somewhere around the claim."""
    return Evidence(
        lo_ms=at_ms - before_ms,
        hi_ms=at_ms + after_ms,
        claimed_ms=at_ms,
        judged_ms=at_ms,
        error_ms=0,
        grade=grade,
        counts_as=grade,
        proven_ms=at_ms - before_ms if proven else None,
    )


def is_shift(day: DutyDay) -> bool:
    """Whether it is a roster's."""
    return day.kind is DutyKind.SHIFT


def next_day(on: date) -> date:
    """The date after it."""
    return on + timedelta(days=1)
