"""What excuses a day, and only the part that it can explain.

Three ways to reach a half of the day:

* An **outage** explains what could not be recorded. From 07:05 until 08:05 with a tail of 15 minutes it explains what
  happened from 07:05 until 08:20. A tap made in it counts as if made at its beginning (arrival) or its end (departure).
  A tap that is missing counts likewise: an arrival only if the outage outlasts the start of work (whoever came during
  an earlier one could still record afterwards), a departure always (whoever has gone home cannot). Whoever was already
  15 minutes late when it began stays 15 minutes late.
* Leave and permission cover their **period**: the minutes in it are not missing. Whoever comes five minutes after it is
  five minutes late.
* Duty travel and dispensation lift the whole **half** that they touch: duty travel for a part of the day never makes
  anybody late or early.

An excuse over all of the hours excuses the day, and costs what the policy says for the day of its count (sick leave
from the third day on, say). Nothing here ever makes a day worse: the judge takes an explanation only where it is
milder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hadir.rules.clocks import MS_PER_MINUTE, Period
from hadir.rules.duty import DutyDay

OUTAGE = "outage"
"""The one kind of fact that no policy prices: what Hadir itself could not record."""


class Reach(StrEnum):
    """How much of a day an excuse for a part of it lifts."""

    PERIOD = "period"
    """The minutes within its period."""
    HALF = "half"
    """The whole half of the day, arrival or departure, that it touches."""


@dataclass(frozen=True, slots=True)
class Band:
    """From this day of a count on (1 is the first), a day costs `percent`, until the next band begins."""

    from_day: int
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcuseRule:
    """What a policy says of one code: what kind of fact it is (in a word, for people), how far it reaches, what a
    whole day of it costs; `name`, in Indonesian and English, where the policy brings a code that Hadir has no name for.
    """

    code: str
    kind: str
    reach: Reach
    bands: tuple[Band, ...]
    article: str
    name: tuple[str, str] | None = None

    def percent(self, day_number: int) -> Decimal:
        """What the `day_number`th day costs, by the last band that it reaches."""
        reached = [band.percent for band in self.bands if band.from_day <= day_number]
        return reached[-1] if reached else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcusePeriod:
    """An approved excuse for one person on one day.

    `period` is what was measured or attested; `tail_minutes` how long afterwards people still could not record (queues,
    phones that had given up). `ref` names its record, `article` its legal basis, `code` the policy's row (None for an
    outage). `day_number`: the ordinal of this day in its count, from 1; the caller counts, by spell or year.
    """

    ref: str
    period: Period
    tail_minutes: int
    article: str
    code: str | None = None
    day_number: int = 1

    @property
    def explains(self) -> Period:
        """The period with its tail."""
        return Period(self.period.from_ms, self.period.until_ms + self.tail_minutes * MS_PER_MINUTE)


@dataclass(frozen=True, slots=True)
class Explained:
    """Excuses that touch each other, as one: where they begin and end, which they are; `code` as in `ExcusePeriod`."""

    period: Period
    refs: tuple[str, ...]
    article: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Lift:
    """A half as if it had been recorded at `as_if_ms`, because of these spans, in the order they were applied."""

    as_if_ms: int
    spans: tuple[Explained, ...]


@dataclass(frozen=True, slots=True)
class Excuses:
    """The excuses of one day, by how they reach."""

    outages: tuple[Explained, ...] = ()
    periods: tuple[Explained, ...] = ()
    halves: tuple[Explained, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is an excuse at all."""
        return bool(self.outages or self.periods or self.halves)

    def arrival(self, at_ms: int | None, duty_day: DutyDay) -> Iterator[Lift]:
        """Every way in which an arrival at that time, or none (None), can be lifted."""
        start_ms = duty_day.start_ms
        missing = Period(start_ms, start_ms + 1 if at_ms is None else max(at_ms, start_ms + 1))
        yield from (Lift(start_ms, (span,)) for span in self.halves if _meets(span, missing))
        found = [Lift(span.period.from_ms, (span,)) for span in self.outages if _explains(span, at_ms, duty_day)]
        yield from found
        for lift in self._from_here(at_ms, found, duty_day, latest_ms=duty_day.end_ms):
            short = Period(start_ms, max(start_ms, lift.as_if_ms))
            used = [span for span in self.periods if _meets(span, short)]
            if used:
                yield Lift(start_ms + _uncovered_ms(short, used), (*lift.spans, *used))

    def departure(self, at_ms: int | None, duty_day: DutyDay) -> Iterator[Lift]:
        """Every way in which a departure at that time, or none (None), can be lifted."""
        end_ms = duty_day.end_ms
        missing = Period(end_ms - 1 if at_ms is None else min(at_ms, end_ms - 1), end_ms)
        yield from (Lift(end_ms, (span,)) for span in self.halves if _meets(span, missing))
        found = [Lift(span.period.until_ms, (span,)) for span in self.outages if _explains(span, at_ms, duty_day)]
        yield from found
        for lift in self._from_here(at_ms, found, duty_day, latest_ms=duty_day.start_ms):
            short = Period(min(end_ms, lift.as_if_ms), end_ms)
            used = [span for span in self.periods if _meets(span, short)]
            if used:
                yield Lift(end_ms - _uncovered_ms(short, used), (*lift.spans, *used))

    def _from_here(
        self, at_ms: int | None, found: Sequence[Lift], duty_day: DutyDay, *, latest_ms: int
    ) -> Iterator[Lift]:
        """Where covered minutes are counted from: the tap, an outage's end of it, or, without a tap, the whole day.

        Whoever recorded nothing is explained by a period only if nothing of the day lies outside it.
        """
        yield from found
        if at_ms is not None:
            yield Lift(at_ms, ())
        elif _uncovered_ms(duty_day.hours, (*self.periods, *self.halves, *self.outages)) == 0:
            yield Lift(latest_ms, ())


def joined(excuses: Sequence[ExcusePeriod]) -> tuple[Explained, ...]:
    """The excuses in order of time, those that overlap or meet joined, each named once. Codes are never joined."""
    spans: dict[str | None, list[Explained]] = {}
    for excuse in sorted(set(excuses), key=_standing):
        same = spans.setdefault(excuse.code, [])
        if same and same[-1].period.touches(excuse.explains):
            same[-1] = _and(same[-1], excuse)
        else:
            same.append(Explained(excuse.explains, (excuse.ref,), excuse.article, excuse.code))
    return tuple(sorted((span for same in spans.values() for span in same), key=lambda span: span.period))


def _standing(excuse: ExcusePeriod) -> tuple[Period, str, str, str]:
    return (excuse.explains, excuse.ref, excuse.article, excuse.code or "")


def _and(span: Explained, excuse: ExcusePeriod) -> Explained:
    until_ms = max(span.period.until_ms, excuse.explains.until_ms)
    refs = tuple(dict.fromkeys((*span.refs, excuse.ref)))
    return Explained(Period(span.period.from_ms, until_ms), refs, span.article, span.code)


def _explains(span: Explained, at_ms: int | None, duty_day: DutyDay) -> bool:
    return at_ms in span.period if at_ms is not None else _is_in_day(span, duty_day)


def _is_in_day(span: Explained, duty_day: DutyDay) -> bool:
    return span.period.until_ms > duty_day.start_ms and span.period.from_ms < duty_day.counts.until_ms


def _meets(span: Explained, period: Period) -> bool:
    return span.period.from_ms < period.until_ms and period.from_ms < span.period.until_ms


def _uncovered_ms(period: Period, spans: Iterable[Explained]) -> int:
    """How much of the period no span covers."""
    open_ms, at_ms = 0, period.from_ms
    for span in sorted(spans, key=lambda one: one.period):
        open_ms += max(0, min(span.period.from_ms, period.until_ms) - at_ms)
        at_ms = max(at_ms, min(span.period.until_ms, period.until_ms))
    return open_ms + max(0, period.until_ms - at_ms)


def by_reach(excuses: Sequence[ExcusePeriod], rules: Mapping[str, ExcuseRule]) -> Excuses:
    """The excuses of a day sorted by how the policy lets them reach. A code it does not know covers its period."""
    outages, periods, halves = [], [], []
    for span in joined(excuses):
        if span.code is None:
            outages.append(span)
        elif span.code in rules and rules[span.code].reach is Reach.HALF:
            halves.append(span)
        else:
            periods.append(span)
    return Excuses(tuple(outages), tuple(periods), tuple(halves))
