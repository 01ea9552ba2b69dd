"""A desk where the law is made: the cast's actors, and acts of law in one line each."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hadir.office.duties.actions import agree_to_law, join_group, make_law, open_group
from hadir.office.duties.kinds import LawShape
from hadir.office.duties.models import Group, LawAct, RosterWish
from hadir.office.duties.rosters import RosterEntry, agree_to_roster, write_roster
from hadir.office.judging.judge import JudgeRequest, judge
from hadir.office.judging.judging import JudgeContext, Judged
from hadir.office.people.models import Person
from hadir.office.projection.models import VerdictRow
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from rehearsal.demo import cast as demo
from tests.office.conftest import at

RINA = Actor(person=demo.RINA, grants=(Grant(role=Role.PERSONNEL, path="/1/"),))
LINA = replace(RINA, person=demo.LINA)
HASAN = Actor(person=demo.HASAN, grants=(Grant(role=Role.UNIT_HEAD, path="/1/2/3/"),))
WATI = Actor(person=demo.WATI, grants=(Grant(role=Role.OPERATOR, path="/1/2/3/"),))
BUDI = Actor(person=demo.BUDI, grants=(Grant(role=Role.SUPERIOR, path="/1/2/3/"),))
DEWI = Actor(person=demo.DEWI, grants=(Grant(role=Role.OPERATOR, path="/1/6/"),))
JOKO = Actor(person=demo.JOKO, grants=(Grant(role=Role.AUDITOR, path="/1/"),))
TONO = Actor(person=demo.TONO)

TUESDAY = date(2026, 11, 24)
DAY = timedelta(days=1)


def unit(number: int) -> Unit:
    return Unit.objects.get(number=number)


def person(number: int) -> Person:
    return Person.objects.get(number=number)


def drafted(shape: LawShape, from_date: date, until_date: date | None = None, **whom: Any) -> LawAct:
    target = whom or {"unit": unit(demo.REGENCY)}
    return LawAct.saying(shape=shape, from_date=from_date, until_date=until_date, document="SE 800/12", **target)


def enact(draft: LawAct, at_ms: int, *, by: Actor = RINA, also: Actor | None = None) -> LawAct:
    """Make an act of law, and have a second person agree to it."""
    row = make_law(draft=draft, by=ActBy(by, at_ms, "Sesuai surat."))
    if also is not None:
        row = agree_to_law(number=row.number, by=ActBy(also, at_ms, "Setuju."))
    return row


def group_of(*people: int, where: int = demo.REGENCY, name: str = "Guru", at_ms: int | None = None) -> Group:
    when = at(8, 0, day=20) if at_ms is None else at_ms
    group = open_group(name=name, unit=unit(where), is_private=False, by=ActBy(RINA, when))
    for number in people:
        join_group(
            group=group,
            person=person(number),
            from_date=date(2026, 1, 1),
            until_date=None,
            by=ActBy(LINA if number == demo.RINA else RINA, when, "SK."),
        )
    return group


def rostered(number: int, *shifts: str, on: date = TUESDAY, at_ms: int | None = None, by: Actor = RINA) -> int:
    """Write a shift; where its day has begun, with Lina as the second person. How many dates changed."""
    now_ms = at(8, 0, day=20) if at_ms is None else at_ms
    entry = RosterEntry(number, on, shifts)
    done = write_roster(entries=[entry], by=ActBy(by, now_ms, "Jadwal."), document="SE 1")
    if done.waiting:
        agree_to_roster(number=RosterWish.objects.latest("number").number, by=ActBy(LINA, now_ms, "Benar."))
    return done.changed + done.waiting


def kept(number: int, day: date = TUESDAY) -> dict[str, Any]:
    """The stored verdict."""
    body = VerdictRow.objects.get(person=number, day=day).body
    assert isinstance(body, dict)
    return body


def asked(context: JudgeContext, number: int, day: date = TUESDAY, now_ms: int | None = None) -> Judged:
    """The verdict as it stands now, kept nowhere; by default on the evening after."""
    moment = at(23, 30, day=day.day) if now_ms is None else now_ms
    judged = judge(context, JudgeRequest(days=[(number, day)], now_ms=moment, with_steps=True)).get((number, day))
    assert judged is not None
    return judged


def told(body: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in body["reasons"]]
