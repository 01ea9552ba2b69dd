"""Excuses: what lifts a part of a day, and only the part that it can explain.

An outage from 07:05 until 08:05 with a tail of 15 minutes explains what happened from 07:05 until 08:20:

* a tap made in it counts as if made at its beginning (arrival) or its end (departure);
* a tap that is missing counts as if made then: an arrival only if the outage outlasts the start of work (whoever came
  during an earlier one could still record afterwards), a departure always (whoever has gone home cannot).

Whoever was already 15 minutes late when the outage began stays 15 minutes late. Nothing here ever makes a day worse:
the judge takes an explanation only where it is milder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hadir.rules.clocks import MS_PER_MINUTE, Period
from hadir.rules.duty import DutyDay


class ExcuseKind(StrEnum):
    """What kind of fact excuses. Leave, duty travel and dispensations join here as the rules learn to read them."""

    OUTAGE = "outage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """An approved excuse for one person on one day.

    `period` is what was measured or attested; `tail_minutes` how long afterwards people still could not record (queues,
    phones that had given up). `ref` names its record, `article` its legal basis.
    """

    ref: str
    kind: ExcuseKind
    period: Period
    tail_minutes: int
    article: str

    @property
    def explains(self) -> Period:
        """The period with its tail."""
        return Period(self.period.from_ms, self.period.until_ms + self.tail_minutes * MS_PER_MINUTE)


@dataclass(frozen=True, slots=True)
class Explained:
    """Excuses that touch each other, as one: where they begin and end, and which they are."""

    period: Period
    refs: tuple[str, ...]
    article: str


def joined(excuses: Sequence[Excuse]) -> tuple[Explained, ...]:
    """The excuses in order of time, those that overlap or meet joined, each named once."""
    spans: list[Explained] = []
    for excuse in sorted(set(excuses), key=lambda one: (one.explains, one.ref, one.article)):
        if spans and spans[-1].period.touches(excuse.explains):
            spans[-1] = _and(spans[-1], excuse)
        else:
            spans.append(Explained(excuse.explains, (excuse.ref,), excuse.article))
    return tuple(spans)


def _and(span: Explained, excuse: Excuse) -> Explained:
    until_ms = max(span.period.until_ms, excuse.explains.until_ms)
    refs = tuple(dict.fromkeys((*span.refs, excuse.ref)))
    return Explained(Period(span.period.from_ms, until_ms), refs, span.article)


def explains(span: Explained, at_ms: int | None, duty_day: DutyDay) -> bool:
    """Whether the span can explain a tap at that time, or (None) that there is none in a day's half."""
    if at_ms is not None:
        return at_ms in span.period
    return span.period.until_ms > duty_day.start_ms and span.period.from_ms < duty_day.counts.until_ms
