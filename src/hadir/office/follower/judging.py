"""Person-days: put punches on them, ask the rules, keep the answers. Facts are gathered for many days at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hadir.office.follower.facts import gather
from hadir.office.follower.laws import law_on, owed_on
from hadir.office.follower.models import Punch, VerdictRow
from hadir.office.follower.verdict_body import verdict_body
from hadir.office.follower.weighing import Scales, counts, tap_facts
from hadir.office.months.following import keep_lines
from hadir.office.page.moments import is_a_time
from hadir.records.voucher import DAY_MS
from hadir.rules.clocks import local
from hadir.rules.evidence import EvidenceContext, Source, weigh_tap
from hadir.rules.judge import judge_day
from hadir.rules.policy import PolicyGapError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from hadir.office.follower.facts import Facts
    from hadir.office.units.models import Unit
    from hadir.rules.duty import DutyDay
    from hadir.rules.evidence import WeighedTap
    from hadir.rules.policy import Policy
    from hadir.rules.verdict import Verdict
    from hadir.site import Site

PersonDayKey = tuple[int, "date"]
_EVIDENCE_FIELDS = ("grade", "lo_ms", "hi_ms", "judged_ms", "day")


@dataclass(frozen=True)
class Court:
    """What all judging needs: the site, for its keys and its zone, and the folder of policies."""

    site: Site
    policies: Path

    @cached_property
    def scales(self) -> Scales:
        return Scales(self.site.key_list())


@dataclass(frozen=True, slots=True)
class PersonDay:
    """Where a person was at home on a day, and what he owed there."""

    person: int
    day: date
    unit: Unit
    policy: Policy
    duty_day: DutyDay | None
    without_signal: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A person-day with everything that went into its verdict."""

    where: PersonDay
    verdict: Verdict
    weighed: dict[str, WeighedTap]
    facts: Facts

    @property
    def body(self) -> dict[str, Any]:
        """The verdict as it is stored."""
        sources = {ref: tap.source.value for ref, tap in self.weighed.items() if tap.source is not Source.PHONE}
        return verdict_body(self.where, self.verdict, sources)


def person_day(court: Court, facts: Facts, person: int, day: date) -> PersonDay | None:
    """None for a number that the register does not know, and for a day without a duty or before its law began."""
    home = facts.home(person, day)
    duty = facts.duty(person, home, day) if home else None
    if home is None or duty is None:
        return None
    try:
        policy = law_on(court.policies, duty.policy, day)
    except PolicyGapError:
        return None
    return PersonDay(
        person=person,
        day=day,
        unit=home,
        policy=policy,
        duty_day=owed_on(court.policies, duty.policy, duty.duty, home.zone, day),
        without_signal=facts.is_without_signal(home, day),
    )


def place_punches(court: Court, punches: Sequence[Punch]) -> set[tuple[int, date | None]]:
    """Weigh punches and put them on their days. Returns the person-days that this touches, those left included."""
    facts = gather(punches, ())
    touched: set[tuple[int, date | None]] = {(punch.person, punch.day) for punch in punches}
    for punch in punches:
        _place(court, facts, punch)
    # As an upsert: Django's bulk_update writes a CASE for each field and row, ten times as slow.
    Punch.objects.bulk_create(
        punches, update_conflicts=True, unique_fields=["record_hash"], update_fields=_EVIDENCE_FIELDS
    )
    return touched | {(punch.person, punch.day) for punch in punches}


def judge_days(court: Court, days: Sequence[PersonDayKey], now_ms: int) -> None:
    """Compute the verdicts of these person-days from the start and keep them in place of the old ones."""
    punches = punches_of(days)
    facts = _facts_for(days, punches)
    judged, empty = [], []
    for person, day in days:
        where = person_day(court, facts, person, day)
        found = punches.get((person, day), [])
        if where is None or not (found or facts.excuses(person, where.unit, day)):
            empty.append((person, day))
        else:
            judged.append(judge_with(court, facts, where, found, now_ms))
    for person, day in empty:
        VerdictRow.objects.filter(person=person, day=day).delete()
    VerdictRow.objects.bulk_create(
        [_row(one, now_ms) for one in judged],
        update_conflicts=True,
        unique_fields=["person", "day"],
        update_fields=["body", "open_until_ms"],
    )
    keep_lines(judged, empty)


def ask_rules(court: Court, person: int, day: date, now_ms: int) -> Judged | None:
    """The verdict on one person-day as it stands now, kept nowhere; None where nothing was owed to anybody."""
    return ask_days(court, [(person, day)], now_ms).get((person, day))


def ask_days(court: Court, days: Sequence[PersonDayKey], now_ms: int) -> dict[PersonDayKey, Judged]:
    """The verdicts on many person-days as they stand now, kept nowhere. Those without a duty are left out."""
    punches = punches_of(days)
    facts = _facts_for(days, punches)
    places = {(person, day): person_day(court, facts, person, day) for person, day in days}
    return {
        key: judge_with(court, facts, where, punches.get(key, []), now_ms)
        for key, where in places.items()
        if where is not None
    }


def _facts_for(days: Sequence[PersonDayKey], punches: Mapping[PersonDayKey, list[Punch]]) -> Facts:
    all_punches = [punch for found in punches.values() for punch in found]
    return gather(all_punches, {person for person, _ in days}, {day for _, day in days})


def judge_with(court: Court, facts: Facts, where: PersonDay, punches: Sequence[Punch], now_ms: int) -> Judged:
    """The verdict that these facts give, whatever the database says by now."""
    weighed = {punch.record_hash: _weigh(court, facts, where, punch) for punch in punches}
    mine = [weighed[punch.record_hash] for punch in punches if counts(punch, facts)]
    verdict = judge_day(
        duty_day=where.duty_day,
        taps=mine,
        policy=where.policy,
        excuses=facts.excuses(where.person, where.unit, where.day),
        now_ms=now_ms,
    )
    return Judged(where=where, verdict=verdict, weighed=weighed, facts=facts)


def _row(judged: Judged, now_ms: int) -> VerdictRow:
    duty = judged.where.duty_day
    is_open = duty is not None and now_ms < duty.counts.until_ms
    return VerdictRow(
        person=judged.where.person,
        day=judged.where.day,
        body=judged.body,
        open_until_ms=duty.counts.until_ms if duty and is_open else None,
    )


def _place(court: Court, facts: Facts, punch: Punch) -> None:
    home = facts.home(punch.person, local(punch.received_at_ms, court.site.zone).date())
    zone = home.zone if home else court.site.zone
    moments = [at_ms for at_ms in (punch.wall_ms, punch.received_at_ms) if is_a_time(at_ms)]
    days = (person_day(court, facts, punch.person, local(at_ms, zone).date()) for at_ms in moments)
    where = next((day for day in days if day), None)
    if where is not None:
        evidence = _weigh(court, facts, where, punch).evidence
        punch.grade, punch.judged_ms, punch.lo_ms = evidence.grade.value, evidence.judged_ms, evidence.lo_ms
        punch.hi_ms = punch.received_at_ms if evidence.hi_ms is None else evidence.hi_ms
        zone = where.unit.zone
    punch.day = local(punch.judged_ms, zone).date()


def _weigh(court: Court, facts: Facts, where: PersonDay, punch: Punch) -> WeighedTap:
    near = (punch.wall_ms - DAY_MS, punch.received_at_ms + DAY_MS)
    context = EvidenceContext(
        policy=where.policy.evidence,
        zone=where.unit.zone,
        outages=tuple(outage for outage in facts.outages if outage.from_ms < near[1] and near[0] < outage.until_ms),
        site_without_signal=where.without_signal,
    )
    return weigh_tap(tap_facts(punch, facts, court.scales), context)


def punches_of(days: Sequence[PersonDayKey]) -> dict[PersonDayKey, list[Punch]]:
    """The punches on these person-days, each list in order of judged time. One query."""
    wanted = set(days)
    found = Punch.objects.filter(person__in={person for person, _ in wanted}, day__in={day for _, day in wanted})
    punches: dict[PersonDayKey, list[Punch]] = {}
    for punch in found.order_by("judged_ms", "record_hash"):
        if punch.day is not None and (punch.person, punch.day) in wanted:
            punches.setdefault((punch.person, punch.day), []).append(punch)
    return punches
