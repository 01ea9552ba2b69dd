"""The number beside *Menunggu saya*: as long as the lists are, for everybody, and by one question."""

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hadir.office.acts.actions import write_decision
from hadir.office.duties.kinds import TEXT_KINDS, LawKind
from hadir.office.duties.models import Group, LawAct, Membership, RosterWish
from hadir.office.duties.permissions import MAKE_LAW
from hadir.office.duties.queries import founding, holds_from
from hadir.office.duties.waiting import WAITS_DAYS, laws_waiting
from hadir.office.excuses.covering import with_approver
from hadir.office.excuses.kinds import OUTAGE, ExcuseAct, ExcuseState, Scope
from hadir.office.excuses.models import Excuse, ExcusedPerson, Step
from hadir.office.excuses.queries import waited_act, waits_for
from hadir.office.home.waiting import Waiting
from hadir.office.months.models import DayLine
from hadir.office.page.registry import REGISTRY
from hadir.office.people.models import Person
from hadir.office.people.queries import things_of
from hadir.office.roles import ActBy, Actor, Grant, Role, Thing, may
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.lawdesk import BUDI, DEWI, HASAN, JOKO, LINA, RINA, TONO, TUESDAY, WATI
from tests.office.test_roles import Scene, scene

__all__ = ["scene"]

pytestmark = pytest.mark.django_db

NOW_MS = at(16, 30)
DAY = timedelta(days=1)
ALSO_HEAD = Actor(demo.DEWI, (Grant(Role.UNIT_HEAD, "/1/2/"), Grant(Role.OPERATOR, "/1/6/")))
OF_THE_SCHOOL = Actor(demo.LINA, (Grant(Role.PERSONNEL, "/1/2/3/"), Grant(Role.UNIT_HEAD, "/1/")))
CAST = (WATI, HASAN, BUDI, RINA, LINA, JOKO, TONO, DEWI, ALSO_HEAD, OF_THE_SCHOOL)
WHO = (demo.WATI, demo.HASAN, demo.BUDI, demo.RINA, demo.LINA, demo.DEWI, demo.SARI)
UNITS = {demo.REGENCY: "/1/", demo.EDUCATION: "/1/2/", demo.SCHOOL: "/1/2/3/", demo.HEALTH_CENTRE: "/1/6/"}


@pytest.fixture
def rich(scene: Scene) -> None:
    """Everything that waits in the table of roles, a day of review, and two hundred acts as they fall."""
    line = "permentan-68-2012|H|present|0|ask_superior||on_time,,0,0,D,||"
    DayLine.objects.create(person=demo.SARI, day=TUESDAY - DAY, unit=demo.SCHOOL, status="present", line=line)
    chance = random.Random(7)  # the same for ever
    for number in range(120):
        _excuse(chance, number)
    for _ in range(120):
        _law(chance)


def _excuse(chance: random.Random, number: int) -> None:
    is_outage = chance.random() < 0.6
    attested, approved = chance.sample(WHO, 2)
    state = chance.choice(
        (ExcuseState.PROPOSED, ExcuseState.ATTESTED, ExcuseState.APPROVED, ExcuseState.APPROVED, ExcuseState.WITHDRAWN)
    )
    row = Excuse.objects.create(
        kind=OUTAGE if is_outage else "S", scope=Scope.UNIT if is_outage else Scope.PEOPLE,
        unit_id=chance.choice((*UNITS, None)) if is_outage else chance.choice((demo.SCHOOL, demo.HEALTH_CENTRE)),
        from_ms=at(7, 0), until_ms=at(8, 0) + number, state=state, entered_at_ms=at(8, 0) + number,
        attested_by_id=attested if state != ExcuseState.PROPOSED else None,
        approved_by_id=approved if state == ExcuseState.APPROVED else None,
        change_asked_by_id=chance.choice(WHO) if state == ExcuseState.APPROVED and number % 3 == 0 else None,
    )  # fmt: skip
    if not is_outage:
        ExcusedPerson.objects.create(excuse=row, person_id=chance.choice(WHO))
    for act in chance.sample(
        (ExcuseAct.ENTER, ExcuseAct.ATTEST, ExcuseAct.APPROVE, ExcuseAct.VOUCH), chance.randrange(3)
    ):
        by = chance.choice(WHO)
        record = write_decision(by=ActBy.of(by, at(8, 0), "-"), act="excuse.x", about=f"excuse/{number}")
        paths = " ".join(chance.sample([*UNITS.values()], chance.randrange(3))) if act is ExcuseAct.VOUCH else ""
        Step.objects.create(excuse=row, act=act, by_id=by, at_ms=at(8, 0), record=record, head_of=paths)


def _law(chance: random.Random) -> None:
    group = chance.choice(Group.objects.all())
    whom: dict[str, int] = chance.choice((
        {"unit_id": chance.choice([*UNITS])}, {"group_id": group.number}, {"person_id": chance.choice(WHO)},
        {"unit_id": chance.choice([*UNITS]), "group_id": group.number},
    ))  # fmt: skip
    if chance.random() < 0.1:
        Membership.objects.get_or_create(
            group=group, person_id=chance.choice(WHO), from_date=TUESDAY, recorded_at_ms=at(6, 0)
        )
    made, also, ending = chance.sample(WHO, 3)
    from_date = TUESDAY + chance.randrange(-50, 5) * DAY
    made_ms = at(8, 0) - chance.randrange(0, 45) * 86_400_000 + chance.randrange(-9, 15) * 3_600_000
    is_begun = from_date <= TUESDAY
    LawAct.objects.create(
        kind=chance.choice((*LawKind.values, *(LawKind.DUTY,) * 4)), body={}, document="SE", from_date=from_date,
        until_date=chance.choice((None, from_date + chance.randrange(1, 60) * DAY)), recorded_at_ms=made_ms,
        withdrawn_at_ms=chance.choice((None, None, None, None, at(9, 0))),
        made_by_id=chance.choice((made, made, made, None)), made_at_ms=made_ms,
        also_by_id=chance.choice((None, None, also)),
        ending_by_id=ending if is_begun and chance.random() < 0.2 else None,
        **whom,
    )  # fmt: skip


def laws_one_by_one(actor: Actor) -> Iterator[int]:
    """Act for act, by the pure rules of who may make what."""
    rows = LawAct.objects.current().select_related("unit", "group__unit").order_by("number")
    first = founding([row for row in rows if row.kind == LawKind.DUTY])
    things = things_of(set(Person.objects.values_list("number", flat=True)), TUESDAY)
    his = set(Membership.objects.current().filter(person=actor.person).values_list("group", flat=True))
    for row in rows:
        unit = row.unit or (row.group.unit if row.group else None)
        thing = things[row.person_id] if row.person_id else Thing(paths=(unit.path if unit else "",))
        if not may(actor, MAKE_LAW[LawKind(row.kind)], thing):
            continue
        if row.kind == LawKind.DISPENSATION and row.group_id in his:
            continue
        if row.ending_by_id is not None:
            waits = row.ending_by_id != actor.person and (row.from_date <= TUESDAY or row.kind in TEXT_KINDS)
        elif row.needs_two:
            waits = row.until_date is None or row.until_date > TUESDAY - WAITS_DAYS * DAY or _is_late(row)
        else:
            waits = _is_late(row) and row.number not in first
        is_hers = row.ending_by_id is None and (row.also_by_id or row.made_by_id in {None, actor.person})
        if waits and not is_hers:
            yield row.number


def _is_late(row: LawAct) -> bool:
    is_lately_made = row.made_at_ms >= NOW_MS - WAITS_DAYS * 86_400_000
    return is_lately_made and row.from_date <= TUESDAY and holds_from(row) > row.from_date


NAMES = {"excuses": "rows", "laws": "laws", "wishes": "wishes", "reopenings": "reopenings", "unseen": "unseen"}
"""What waits for an act -> its name in the page."""


def lists_of(waits: Waiting) -> dict[str, list[object]]:
    found = {name: value for one in REGISTRY.inbox if one.rows is not None for name, value in waits.found(one).items()}
    assert found.keys() <= set(NAMES.values()), "a list that is counted, and that this test does not know"
    return {name: list(found.get(said, ())) for name, said in NAMES.items()}


def test_the_number_is_as_long_as_the_lists(rich: None) -> None:
    seen = {}
    for actor in CAST:
        waits = Waiting(actor, NOW_MS)
        with CaptureQueriesContext(connection) as queries:
            count = waits.count
        lists = lists_of(waits)
        assert count == sum(map(len, lists.values())), actor
        assert len(queries) <= (4 if actor.grants else 0), actor
        seen[actor] = {name: len(found) for name, found in lists.items()}
    assert not any([*seen[TONO].values(), *seen[JOKO].values()])
    assert all(seen[RINA][name] for name in ("excuses", "laws", "wishes", "reopenings")), "something of everything"
    assert seen[BUDI]["unseen"] == 1, "and a day for the superior"
    RosterWish.objects.all().delete()
    with CaptureQueriesContext(connection) as queries:
        assert Waiting(RINA, NOW_MS).count == sum(seen[RINA].values()) - seen[RINA]["wishes"]
    assert len(queries) == 1, "rosters name their people in themselves; all else is one question"


def test_the_lists_hold_what_the_pure_rules_let_each_do(rich: None) -> None:
    for actor in CAST:
        by_rules = [
            row.pk
            for row in with_approver(Excuse.objects.order_by("entered_at_ms", "number"))
            if waited_act(actor, row)
        ]
        assert [row.pk for row in waits_for(actor)] == by_rules, actor
        assert [one.row.number for one in laws_waiting(actor, NOW_MS)] == list(laws_one_by_one(actor)), actor
