"""The one way to ask for verdicts: a request, and the answer. Nothing is kept here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial

from hadir.office.judging.facts import Facts
from hadir.office.judging.flexing import flex_times, is_limited
from hadir.office.judging.judging import (
    Counted,
    JudgeContext,
    Judged,
    PersonDayKey,
    decide,
    gather_days,
    places_on,
    punches_of,
    weigh_days,
)
from hadir.office.judging.known import began_then, flex_then, punches_then
from hadir.office.judging.owed import began_on, kept_days
from hadir.office.judging.person_day import PersonDay
from hadir.office.projection.models import Punch
from hadir.rules.clocks import local_day


class DaysAsked(Enum):
    """Of which of the days a verdict is wanted.

    `KEPT`: of those of which the office keeps one. `SHOWN`: of these, and of days that have not ended; where nobody had
    to record yet, what the rules would say of an ended day stands in no recap, and so on no page.
    """

    ALL = auto()
    KEPT = auto()
    SHOWN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRequest:
    """Verdicts on person-days as they stand at `now_ms`; in a context with `known_at_ms`, as the office knew things at
    that moment.

    `punches` are those of these days, where somebody has them already; `taps` the same, weighed when they were put on
    their days. `with_steps`: with the steps of every tap's evidence among the reasons.
    """

    days: Sequence[PersonDayKey]
    now_ms: int
    punches: Mapping[PersonDayKey, list[Punch]] | None = None
    taps: Mapping[PersonDayKey, Sequence[Counted]] | None = None
    with_steps: bool = False
    days_asked: DaysAsked = DaysAsked.ALL


@dataclass(frozen=True, slots=True)
class Prepared:
    """What judging a request asked of the database, and where each person was."""

    facts: Facts
    places: Mapping[PersonDayKey, PersonDay]
    punches: Mapping[PersonDayKey, list[Punch]]


def prepare(context: JudgeContext, request: JudgeRequest) -> Prepared:
    """Everything that judging these days asks for. Days without a law are left out."""
    punches = _punches(context, request)
    facts = gather_days(context, request.days, punches, named=request.taps is not None)
    if request.taps is not None:
        traces = frozenset(key for key, found in request.taps.items() if any(one.counts for one in found))
        facts = replace(facts, traces=traces)
    places = places_on(facts, request.days)
    limited = [key for key, where in places.items() if is_limited(where.duty_day)]
    if limited and context.known_at_ms is None:
        facts = replace(facts, flex_times=flex_times(limited))
    return Prepared(facts, places, punches)


def _punches(context: JudgeContext, request: JudgeRequest) -> Mapping[PersonDayKey, list[Punch]]:
    if request.punches is not None:
        return request.punches
    if request.taps is not None:
        return {}
    return punches_of(request.days) if context.known_at_ms is None else punches_then(context, request.days)


def judge(context: JudgeContext, request: JudgeRequest, prepared: Prepared | None = None) -> dict[PersonDayKey, Judged]:
    """The verdicts, kept nowhere. Days without a law are left out."""
    ready = prepared or prepare(context, request)
    facts, places = ready.facts, ready.places
    known_at_ms = context.known_at_ms
    now_ms = request.now_ms if known_at_ms is None else known_at_ms
    if request.days_asked is not DaysAsked.ALL:
        began = began_on if known_at_ms is None else partial(began_then, context)
        seen = ready.punches if request.taps is None else request.taps
        kept = kept_days(facts, places, seen, now_ms=now_ms, began_in=began)
        is_shown = request.days_asked is DaysAsked.SHOWN
        places = {key: where for key, where in places.items() if key in kept or (is_shown and now_ms < _end_ms(where))}
    if known_at_ms is not None:
        limited = [key for key, where in places.items() if is_limited(where.duty_day)]
        facts = replace(facts, flex_times=flex_then(context, limited)) if limited else facts
    taps = weigh_days(context, facts, places, ready.punches) if request.taps is None else request.taps
    return decide(facts, places, taps, now_ms, with_steps=request.with_steps, known_at_ms=known_at_ms)


def _end_ms(where: PersonDay) -> int:
    return local_day(where.day, where.unit.zone).until_ms
