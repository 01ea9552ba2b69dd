"""Person-days: where each person was, by which law, and what the rules say. Nothing is kept here (`keeping`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import json, structs

from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import is_a_time
from hadir.office.ground.rows import grouped
from hadir.office.judging.facts import Facts, PersonDay, counts, gather
from hadir.office.judging.silent_sources import Silence, Silent, gather_silence
from hadir.office.judging.weighing import TimeTokenVerifier, tap_facts
from hadir.office.months.kept_verdict import KeptAct, KeptVerdict, encode_verdict, kept_duty, kept_verdict, month_part
from hadir.office.months.lines import LineRow, version_text
from hadir.office.projection.models import Punch
from hadir.records.days import DAY_MS, local_date
from hadir.rules.ceremony import Ceremony
from hadir.rules.duty import DutyDay
from hadir.rules.evidence import EvidenceContext, Source, WeighedTap, weigh_tap
from hadir.rules.excuse import ExcusePeriod
from hadir.rules.half import DarkSource
from hadir.rules.judge import judge_day
from hadir.rules.plan import day_of_tap
from hadir.rules.reasons import Reason, ReasonCode
from hadir.rules.split import joined_verdict, parts_of
from hadir.rules.steps import steps_of
from hadir.rules.verdict import PartStatus, Verdict
from hadir.site import Site

PersonDayKey = tuple[int, "date"]
_DARK = frozenset({ReasonCode.ARRIVAL_DARK, ReasonCode.DEPARTURE_DARK})


@dataclass(frozen=True)
class JudgeContext:
    """What all judging needs: the site, for its keys and its zone, and the folder of policies.

    With `known_at_ms` it judges as the office knew things at that moment (`known`), and nothing of it is kept. With
    `standing` it does not ask again for what acts say: only where nobody acts.
    """

    site: Site
    policies: Path
    known_at_ms: int | None = None
    standing: Facts | None = None

    def gather(
        self, punches: Sequence[Punch], people: Iterable[int] = (), days: Iterable[date] = (), *, named: bool = False
    ) -> Facts:
        return gather(
            punches, people, days, policies=self.policies, known_at_ms=self.known_at_ms, named=named,
            standing=self.standing,
        )  # fmt: skip

    @cached_property
    def time_tokens(self) -> TimeTokenVerifier:
        return TimeTokenVerifier(self.site.key_list())


class Counted(NamedTuple):
    """A tap, weighed, and whether it counts for its person."""

    tap: WeighedTap
    counts: bool

    @property
    def without_steps(self) -> Counted:
        """Without the steps of its evidence."""
        if self.tap.evidence.weighed_from is None:
            return self
        evidence = structs.replace(self.tap.evidence, weighed_from=None)
        return Counted(structs.replace(self.tap, evidence=evidence), self.counts)


Taps = Mapping[PersonDayKey, "Sequence[Counted]"]
"""The taps of person-days, weighed."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A person-day with everything that went into its verdict."""

    where: PersonDay
    verdict: Verdict
    weighed: dict[str, WeighedTap]
    facts: Facts
    dark: tuple[Silent, ...] = ()
    """Sources that were silent where the person had no other."""
    instead_of: Verdict | None = None
    """What the installed rules say, where a verdict that was stored before them holds (`months.older`)."""

    parts: tuple[Verdict, ...] = ()
    """That of each part of a split shift; else the one verdict."""

    @property
    def steps(self) -> tuple[Reason, ...]:
        """How the day is reckoned, step by step; nothing where nothing was owed, or where an older verdict holds."""
        where, facts = self.where, self.facts
        if self.instead_of is not None:
            return ()
        excuses, times = _excuses(facts, where), facts.flex_times.get((where.person, where.day), 0)
        return tuple(
            step
            for day, verdict in zip(where.duty_days, self.parts, strict=False)
            for step in steps_of(day, where.policy, excuses, verdict, flex_times=times)
        )

    @property
    def kept(self) -> KeptVerdict:
        """The verdict as it is stored."""
        where = self.where
        return kept_verdict(
            self.verdict,
            unit=where.unit.number,
            zone=where.unit.zone,
            duty=kept_duty(where.duty_days),
            law=tuple(KeptAct(number=act.number, kind=act.kind, ref=act.ref) for act in where.law.acts),
            sources={ref: tap.source.value for ref, tap in self.weighed.items() if tap.source is not Source.PHONE},
            dynamic=where.duty_day.dynamic if where.duty_day else None,
            dark=self.dark_ref,
            manual=Source.MANUAL_LIST in self.counted_sources,
        )

    @property
    def body(self) -> dict[str, Any]:
        """The same as pages read it from the table: plain values."""
        body: dict[str, Any] = json.decode(encode_verdict(self.kept))
        return body

    @property
    def dark_ref(self) -> str:
        """The silent source that leaves a half undecided; empty where none does."""
        named = {str(value) for reason in self.verdict.reasons if reason.code in _DARK for _, value in reason.params}
        return next((one.ref for one in self.dark if one.name in named), "")

    @property
    def counted_sources(self) -> tuple[Source, ...]:
        """Where the taps that count were recorded."""
        halves = (self.verdict.arrival, self.verdict.departure)
        refs = [half.tap_ref for half in halves if half is not None and half.tap_ref is not None]
        return tuple(self.weighed[ref].source for ref in refs if ref in self.weighed)


def person_day(facts: Facts, person: int, day: date) -> PersonDay | None:
    """None for a number that the register does not know, and for a day before any law was given."""
    key = (person, day)
    if key not in facts.person_days:
        home = facts.home(person, day)
        law = facts.law_on(person, home, day) if home else None
        facts.person_days[key] = (
            PersonDay(person, day, home, law, facts.is_without_signal(home, day)) if home and law else None
        )
    return facts.person_days[key]


# --- judging ---------------------------------------------------------------------------------------------------------


def gather_days(
    context: JudgeContext,
    days: Sequence[PersonDayKey],
    punches: Mapping[PersonDayKey, Sequence[Punch]],
    *,
    named: bool = False,
) -> Facts:
    """Everything that judging these days asks for."""
    all_punches = [punch for found in punches.values() for punch in found]
    return context.gather(all_punches, {person for person, _ in days}, {day for _, day in days}, named=named)


def places_on(facts: Facts, days: Sequence[PersonDayKey]) -> dict[PersonDayKey, PersonDay]:
    """Where each person was. Those without a law are left out."""
    found = {(person, day): person_day(facts, person, day) for person, day in days}
    return {key: where for key, where in found.items() if where is not None}


def weigh_days(
    context: JudgeContext,
    facts: Facts,
    places: Mapping[PersonDayKey, PersonDay],
    punches: Mapping[PersonDayKey, Sequence[Punch]],
) -> dict[PersonDayKey, list[Counted]]:
    return {
        key: [Counted(_weigh(context, facts, where, punch), counts(punch, facts)) for punch in punches.get(key, ())]
        for key, where in places.items()
    }


def decide(  # noqa: PLR0913 - all that verdicts are made of
    facts: Facts,
    places: Mapping[PersonDayKey, PersonDay],
    taps: Taps,
    now_ms: int,
    *,
    with_steps: bool,
    known_at_ms: int | None = None,
    silence: Callable[[], Silence] | None = None,
) -> dict[PersonDayKey, Judged]:
    """The verdict that these facts give on each day; where a tap is missing once more, with what was silent then.

    `with_steps`: with the steps of every tap's evidence among the reasons. `silence`: what was silent, where somebody
    asks for several readings at once.
    """
    judged: dict[PersonDayKey, Judged] = {}
    free: dict[int, Judged] = {}
    for key, where in places.items():
        mine = taps.get(key, ())
        if mine or where.duty_days or facts.excuses(where.person, where.unit, where.day):
            judged[key] = _judge(facts, where, mine, now_ms, with_steps=with_steps)
        else:  # Nothing about the person is in the verdict: those whose law of the day is the same share it.
            alike = free.get(id(where.law)) or free.setdefault(
                id(where.law), _judge(facts, where, (), now_ms, with_steps=with_steps)
            )
            judged[key] = replace(alike, where=where)
    missing = [one for one in judged.values() if _lacks_a_tap(one.verdict)]
    if not missing:
        return judged
    if silence is None:
        owed = [(one.where.person, one.where.unit, one.where.duty_days) for one in missing]
        found = gather_silence(owed, known_at_ms=known_at_ms)
    else:
        found = silence()
    for one in missing:
        where = one.where
        silent = found.of(where.person, where.unit, where.duty_days)
        if silent:
            key = (where.person, where.day)
            judged[key] = _judge(facts, where, taps.get(key, ()), now_ms, silent=silent, with_steps=with_steps)
    return judged


def _judge(  # noqa: PLR0913 - all that a verdict is made of
    facts: Facts,
    where: PersonDay,
    taps: Sequence[Counted],
    now_ms: int,
    *,
    silent: Sequence[Silent] = (),
    with_steps: bool,
) -> Judged:
    if not with_steps:
        taps = [one.without_steps for one in taps]
    mine = [one.tap for one in taps if one.counts]
    excuses = _excuses(facts, where)

    def verdict_on(duty_day: DutyDay | None, taps: Sequence[WeighedTap]) -> Verdict:
        return judge_day(
            duty_day=duty_day,
            taps=taps,
            policy=where.policy,
            excuses=excuses,
            now_ms=now_ms,
            off=where.off,
            ceremonies=_within(where, duty_day),
            dark=[DarkSource(one.name, one.period) for one in silent],
            flex_times=facts.flex_times.get((where.person, where.day), 0),
            doubted=facts.doubts.get((where.person, where.day), ()),
        )

    parts = tuple(verdict_on(part, some) for part, some in parts_of(where.duty_days, mine))
    return Judged(
        where=where,
        verdict=joined_verdict(parts, where.duty_days, where.policy),
        parts=parts,
        weighed={one.tap.ref: one.tap for one in taps},
        facts=facts,
        dark=tuple(silent),
    )


def _within(where: PersonDay, duty_day: DutyDay | None) -> list[Ceremony]:
    """The ceremonies of the day; of a split shift, those of each part's hours."""
    if duty_day is None or len(where.duty_days) == 1:
        return list(where.law.ceremonies)
    return [one for one in where.law.ceremonies if one.period.from_ms in duty_day.counts]


def _excuses(facts: Facts, where: PersonDay) -> list[ExcusePeriod]:
    return [*_numbered(facts, where), *_dispensed(where)]


def _numbered(facts: Facts, where: PersonDay) -> Iterator[ExcusePeriod]:
    """What excuses the person on that day; where a later day of leave costs something else, with its ordinal."""
    for one in facts.excuses(where.person, where.unit, where.day):
        rule = None if one.code is None else where.policy.excuses.get(one.code)
        if rule is None or not rule.is_counted:
            yield one
        else:
            yield replace(one, day_number=facts.day_of_leave(where.person, where.unit, where.day, rule))


def _dispensed(where: PersonDay) -> list[ExcusePeriod]:
    """What a dispensation of his group gives the person on that day."""
    assignment = where.law.assignment
    if assignment is None:
        return []
    found = (one.excuse(assignment, day) for one in where.law.dispensations for day in where.duty_days)
    return list(dict.fromkeys(one for one in found if one is not None))


def _lacks_a_tap(verdict: Verdict) -> bool:
    return any(half is not None and half.status is PartStatus.NO_PUNCH for half in (verdict.arrival, verdict.departure))


def _weigh(context: JudgeContext, facts: Facts, where: PersonDay, punch: Punch) -> WeighedTap:
    from_ms, until_ms = punch.wall_ms - DAY_MS, punch.received_at_ms + DAY_MS
    near = [outage for outage in facts.outages if outage.from_ms < until_ms and from_ms < outage.until_ms]
    evidence = EvidenceContext(
        policy=where.policy.evidence,
        zone=where.unit.zone,
        outages=tuple(near),
        site_without_signal=where.without_signal,
    )
    tap = weigh_tap(tap_facts(punch, facts, context.time_tokens), evidence)
    return structs.replace(tap, site=facts.site(punch)) if punch.terminal else tap


# --- putting punches on their days -----------------------------------------------------------------------------------


def place(context: JudgeContext, facts: Facts, punch: Punch) -> None:
    """Weigh a punch and put it on the day it belongs to: the shift whose hours it counts in, else its calendar date."""
    home = facts.home(punch.person, local_date(punch.received_at_ms, context.site.zone))
    zone = home.zone if home else context.site.zone
    where = _near_day(facts, punch.person, punch.wall_ms, zone) or _near_day(
        facts, punch.person, punch.received_at_ms, zone
    )
    if where is None:
        punch.day = local_date(punch.judged_ms, zone)
        return
    tap = _weigh(context, facts, where, punch)
    punch.weighed, evidence = tap, tap.evidence
    punch.grade, punch.judged_ms, punch.lo_ms = evidence.grade.value, evidence.judged_ms, evidence.lo_ms
    punch.hi_ms = punch.received_at_ms if evidence.hi_ms is None else evidence.hi_ms
    on = local_date(punch.judged_ms, where.unit.zone)
    punch.day = _shift_date(facts, tap, punch.person, on) or on


def _near_day(facts: Facts, person: int, at_ms: int, zone: str) -> PersonDay | None:
    return person_day(facts, person, local_date(at_ms, zone)) if is_a_time(at_ms) else None


def _shift_date(facts: Facts, tap: WeighedTap, person: int, on: date) -> date | None:
    """The date of the shift in whose hours the tap counts; None where no shift is near."""
    if not facts.law.is_rostered(person, on):
        return None
    near = [person_day(facts, person, on + timedelta(days=off)) for off in (-1, 0, 1)]
    found = day_of_tap(tap, [day for where in near if where is not None for day in where.duty_days])
    return found.date if found else None


def punches_of(days: Iterable[PersonDayKey]) -> dict[PersonDayKey, list[Punch]]:
    """The punches on these person-days, each list in order of judged time. One query."""
    wanted = set(days)
    near = Punch.objects.filter(person__in={person for person, _ in wanted}, day__in={day for _, day in wanted})
    found = (punch for punch in near.order_by("judged_ms", "record_hash") if punch.person_day in wanted)
    return grouped(found, lambda punch: punch.person_day)


@cache
def judge_context() -> JudgeContext:
    return JudgeContext(site=HERE.site, policies=HERE.settings.policies)


def day_line(judged: Judged, stored: bytes | None = None) -> LineRow:
    """The row of a judged day. `stored` is its encoded verdict, where it is at hand."""
    verdict, where = judged.verdict, judged.where
    return LineRow(
        person=where.person,
        day=where.day,
        unit=where.unit.number,
        status=verdict.status.value,
        line=month_part(stored or encode_verdict(judged.kept)),
        arrival_ms=verdict.arrival.counted_ms if verdict.arrival else None,
        version=version_text(verdict.version),
    )
