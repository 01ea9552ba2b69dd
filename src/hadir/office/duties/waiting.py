"""Acts of law and rosters that wait for a second person: to hold on days that had begun, or to be undone on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from hadir.office.accounts.permissions import Thing, may
from hadir.office.duties.kinds import LawKind
from hadir.office.duties.models import LawAct, Membership, RosterWish, WishState
from hadir.office.duties.permissions import KEEP_ROSTER, MAKE_LAW
from hadir.office.duties.queries import Act, founding, holds_from, is_open, reaching
from hadir.office.installation import HERE
from hadir.office.page.moments import day_at
from hadir.office.people.queries import things_of
from hadir.records.voucher import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from datetime import date

    from django.db.models import QuerySet

    from hadir.office.accounts.permissions import Actor

WAITS_DAYS = 31
"""How long an act is shown as waiting for the days that had begun; then it stands on the unit's own page only."""
_DAY = timedelta(days=1)
_MAKERS = frozenset(role for rule in MAKE_LAW.values() for role in rule.roles)


@dataclass(frozen=True, slots=True)
class WaitingLaw:
    """An act, and what the reader would do as the second person."""

    row: LawAct
    act: Act
    is_open: bool
    """Whether the reader may know for which group it is."""

    @property
    def button_code(self) -> str:
        return f"law.button.{self.act.value}"

    @property
    def why_code(self) -> str:
        if self.act is Act.WITHDRAW:
            return "tasks.law.withdraw"
        return "tasks.law.needs_two" if self.row.needs_two else "tasks.law.agree"


def laws_waiting(actor: Actor, now_ms: int) -> list[WaitingLaw]:
    """For this person's word, the oldest first. The same queries for any number of acts."""
    paths = actor.paths(_MAKERS)
    if not paths:
        return []
    today = day_at(now_ms, HERE.site.zone)
    rows = list(_candidates(paths, today, now_ms, actor))
    if not rows:
        return []
    people = things_of({row.person_id for row in rows if row.person_id is not None}, today)
    groups = set(Membership.objects.current().filter(person=actor.person).values_list("group", flat=True))
    first = _founded(rows)
    found = []
    for row in rows:
        unit = row.unit or (row.group.unit if row.group else None)
        thing = Thing(paths=(unit.path,)) if row.person_id is None and unit else people.get(row.person_id or 0)
        is_his = row.kind == LawKind.DISPENSATION and row.group_id in groups
        if thing is None or is_his or not may(actor, MAKE_LAW[LawKind(row.kind)], thing):
            continue
        act = _act(row, actor, is_first=row.number in first)
        if act is not None:
            found.append(WaitingLaw(row, act, is_open(actor, row)))
    return found


def _candidates(paths: Sequence[str], today: date, now_ms: int, actor: Actor) -> QuerySet[LawAct]:
    needs_two = Q(kind=LawKind.DISPENSATION) & (Q(until_date=None) | Q(until_date__gt=today - WAITS_DAYS * _DAY))
    late_made = Q(from_date__lte=today, made_at_ms__gte=now_ms - WAITS_DAYS * DAY_MS)
    agree = Q(also_by=None, made_by__isnull=False) & ~Q(made_by=actor.person) & (needs_two | late_made)
    withdraw = Q(ending_by__isnull=False, from_date__lte=today) & ~Q(ending_by=actor.person)
    rows = LawAct.objects.current().filter(reaching(paths, today)).filter(agree | withdraw)
    return rows.select_related("unit", "group__unit", "person", "made_by", "ending_by").order_by("number")


def _founded(rows: Sequence[LawAct]) -> set[int]:
    """Duties before which there was none: they hold from their first day on without anybody's word."""
    if not any(row.kind == LawKind.DUTY for row in rows):
        return set()
    return founding(list(LawAct.objects.current().filter(kind=LawKind.DUTY).select_related("unit")))


def _act(row: LawAct, actor: Actor, *, is_first: bool) -> Act | None:
    if row.ending_by_id is not None:
        return Act.WITHDRAW if row.ending_by_id != actor.person else None
    waits = row.needs_two or (holds_from(row) > row.from_date and not is_first)
    return Act.AGREE if waits and row.made_by_id != actor.person else None


# --- rosters ----------------------------------------------------------------------------------------------------------

WISHES_MAX = 100


def rosters_waiting(actor: Actor, now_ms: int) -> list[RosterWish]:
    """Shifts on days that had begun, for this person's word. Three queries, whatever number."""
    if actor.person is None or not actor.paths(KEEP_ROSTER.roles):
        return []
    rows = [row for row in _wishes() if row.made_by_id != actor.person]
    if not rows:
        return []
    things = things_of({person for row in rows for person in row.people}, day_at(now_ms, HERE.site.zone))
    return [row for row in rows if all(may(actor, KEEP_ROSTER, things[person]) for person in row.people)]


def wishes_about(people: AbstractSet[int]) -> list[RosterWish]:
    """Those that wait and are about one of these people. One query."""
    return [row for row in _wishes() if row.people & people]


def _wishes() -> list[RosterWish]:
    rows = RosterWish.objects.filter(state=WishState.WAITING).select_related("made_by")
    return list(rows.order_by("number")[:WISHES_MAX])
