"""One person-day: gather the facts as they are known, ask the rules, keep their answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from hadir.office.devices.models import Device
from hadir.office.duties.queries import duty_of
from hadir.office.follower.laws import laws
from hadir.office.follower.models import Punch, VerdictRow
from hadir.office.follower.verdict_body import verdict_body
from hadir.office.follower.weighing import Scales, context_of, counts, identity_flags, weigh_punch
from hadir.office.people.queries import home_of
from hadir.office.units.models import WithoutSignal
from hadir.rules.clocks import local
from hadir.rules.duty import owed
from hadir.rules.judge import judge_day

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from hadir.office.units.models import Unit
    from hadir.rules.duty import DutyDay
    from hadir.rules.evidence import WeighedTap
    from hadir.rules.policy import Policy
    from hadir.rules.verdict import Verdict
    from hadir.site import Site


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


def person_day(court: Court, person: int, day: date) -> PersonDay | None:
    """None for a number that the register does not know, or for a day without any duty assigned."""
    home = home_of(person, day)
    duty = duty_of(person, home.unit.path, day) if home else None
    if home is None or duty is None:
        return None
    policy = laws(court.policies)[duty.policy].on(day)
    return PersonDay(
        person=person,
        day=day,
        unit=home.unit,
        policy=policy,
        duty_day=owed(policy.duty(duty.duty, home.unit.zone), day),
        without_signal=WithoutSignal.objects.on(day).filter(unit=home.unit).exists(),
    )


def place_punch(court: Court, punch: Punch) -> set[tuple[int, date | None]]:
    """Weigh a punch and put it on its day. Returns the person-days that this touches, the one it left included."""
    left = {(punch.person, punch.day)}
    zone = _zone_of(court, punch)
    where = person_day(court, punch.person, local(punch.wall_ms, zone).date()) or person_day(
        court, punch.person, local(punch.received_at_ms, zone).date()
    )
    if where is None:
        punch.day = local(punch.judged_ms, zone).date()
    else:
        _keep_evidence(punch, _weigh(court, where, punch, ()))
        punch.day = local(punch.judged_ms, where.unit.zone).date()
    punch.save(update_fields=["grade", "lo_ms", "hi_ms", "judged_ms", "day"])
    return left | {(punch.person, punch.day)}


def ask_rules(court: Court, where: PersonDay, now_ms: int) -> tuple[Verdict, dict[str, WeighedTap]]:
    """The verdict on a person-day, and every tap of it as it was weighed, by record hash."""
    punches = list(Punch.objects.filter(person=where.person, day=where.day).order_by("judged_ms", "record_hash"))
    devices = Device.objects.in_bulk([punch.kid for punch in punches])
    weighed = {
        punch.record_hash: _weigh(court, where, punch, identity_flags(punch, devices.get(punch.kid)))
        for punch in punches
    }
    mine = [weighed[punch.record_hash] for punch in punches if counts(punch, devices.get(punch.kid))]
    verdict = judge_day(duty_day=where.duty_day, taps=mine, policy=where.policy, now_ms=now_ms)
    return verdict, weighed


def judge(court: Court, person: int, day: date, now_ms: int) -> None:
    """Compute the verdict of one person-day from the start and keep it in place of the old one."""
    where = person_day(court, person, day)
    if where is None or not Punch.objects.filter(person=person, day=day).exists():
        VerdictRow.objects.filter(person=person, day=day).delete()
        return
    verdict, _ = ask_rules(court, where, now_ms)
    closes_ms = where.duty_day.counts.until_ms if where.duty_day else None
    VerdictRow.objects.update_or_create(
        person=person,
        day=day,
        defaults={
            "body": verdict_body(where, verdict),
            "open_until_ms": closes_ms if closes_ms is not None and now_ms < closes_ms else None,
        },
    )


def _weigh(court: Court, where: PersonDay, punch: Punch, flags: tuple[str, ...]) -> WeighedTap:
    context = context_of(
        policy=where.policy.evidence,
        zone=where.unit.zone,
        without_signal=where.without_signal,
        around_ms=punch.wall_ms,
    )
    return weigh_punch(punch, scales=court.scales, context=context, flags=flags)


def _keep_evidence(punch: Punch, tap: WeighedTap) -> None:
    evidence = tap.evidence
    punch.grade = evidence.grade.value
    punch.lo_ms = evidence.lo_ms
    punch.hi_ms = evidence.hi_ms if evidence.hi_ms is not None else punch.received_at_ms
    punch.judged_ms = evidence.judged_ms


def _zone_of(court: Court, punch: Punch) -> str:
    """The zone of the person's home when the record arrived; the site's for a number nobody knows."""
    home = home_of(punch.person, datetime.fromtimestamp(punch.received_at_ms / 1000, tz=UTC).date())
    return home.unit.zone if home else court.site.zone
