"""What a reader sees of the law: acts, groups and their steps, each by the unit that they reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from hadir.office.acts.queries import ToldStep, told_steps
from hadir.office.duties.actions import is_member, thing_of_law
from hadir.office.duties.kinds import TEXT_KINDS, LawKind
from hadir.office.duties.models import Group, LawAct, LawStep, Membership
from hadir.office.duties.permissions import MAKE_LAW, SEE_LAW, SEE_REASON
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.people.queries import people_below
from hadir.office.roles import Actor, may
from hadir.office.units.models import Unit, upwards
from hadir.office.units.queries import covers

LISTED_MAX = 300
"""Acts of one list. A regency makes some dozens in a year."""
_CHAIN_MAX = 50


class LawState(StrEnum):
    """Where an act stands on a day. Names: `law.state.<value>`."""

    HOLDS = "holds"
    WAITS = "waits"
    """Nothing holds of it until a second person agrees."""
    PLANNED = "planned"
    PAST = "past"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class LawDecision(StrEnum):
    """What a person may do with an act of law; also the end of its address' name."""

    AGREE = "agree"
    END = "end"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class ToldLaw:
    """An act of law as one reader sees it on a day."""

    row: LawAct
    state: LawState
    from_date: date
    """The first day on which it holds by what has been agreed so far."""
    is_open: bool
    """Whether this reader may know the group, the document and the reason."""

    @property
    def state_code(self) -> str:
        return f"law.state.{self.state.value}"

    @property
    def tone(self) -> str:
        return {LawState.HOLDS: "recorded", LawState.WAITS: "attention", LawState.PLANNED: "waiting"}.get(
            self.state, "plain"
        )

    @property
    def ref(self) -> str:
        return self.row.ref if self.is_open else f"P-{self.row.number}"


# --- which acts -------------------------------------------------------------------------------------------------------


def reaching(paths: Sequence[str], day: date) -> Q:
    """Acts that reach into these subtrees, or come down to them from above."""
    own, of_group = _around(paths, "unit__path"), Q(unit=None) & _around(paths, "group__unit__path")
    return own | of_group | Q(person__in=people_below(paths, day).values("number"))


def _with_names(rows: QuerySet[LawAct]) -> QuerySet[LawAct]:
    return rows.select_related("unit", "group__unit", "person", "made_by", "also_by", "ending_by").prefetch_related(
        "steps"
    )


def laws_of_unit(actor: Actor, unit: Unit, day: date) -> list[ToldLaw]:
    """The acts that concern the unit's people, newest first; without those that another row replaced. Two queries."""
    replaced = Q(withdrawn_at_ms__isnull=False) & ~Q(steps__act="withdraw")
    rows = LawAct.objects.filter(reaching([unit.path], day)).exclude(replaced)
    listed = list(_with_names(rows).order_by("-from_date", "-number")[:LISTED_MAX])
    first = founding(listed)
    return [_told(actor, row, day, is_first=row.number in first) for row in listed]


def founding(rows: Sequence[LawAct]) -> set[int]:
    """Duties before which there was none for their units: they hold from their first day on, as nothing else did."""
    duties = [
        (row.made_at_ms, row.number, row.unit.path)
        for row in rows
        if row.kind == LawKind.DUTY and row.withdrawn_at_ms is None and row.unit is not None
    ]
    return {
        number
        for made_at_ms, number, path in duties
        if not any(one[:2] < (made_at_ms, number) and path.startswith(one[2]) for one in duties)
    }


def law_in_sight(actor: Actor, number: int, day: date) -> LawAct:
    """The act, or 404 as if there were none."""
    return get_object_or_404(
        _with_names(LawAct.objects.filter(reaching(actor.paths(SEE_LAW.roles), day))), number=number
    )


def told_law(actor: Actor, row: LawAct, day: date) -> ToldLaw:
    """One act; asks for the duties above it where it is one itself."""
    duties = LawAct.objects.current().filter(kind=LawKind.DUTY).select_related("unit")
    is_first = row.kind == LawKind.DUTY and row.number in founding([*duties.exclude(pk=row.pk), row])
    return _told(actor, row, day, is_first=is_first)


def _told(actor: Actor, row: LawAct, day: date, *, is_first: bool) -> ToldLaw:
    first_day = row.from_date if is_first else holds_from(row)
    return ToldLaw(row=row, state=_state(row, day, first_day), from_date=first_day, is_open=is_open(actor, row))


def is_open(actor: Actor, row: LawAct) -> bool:
    """Whether the reader may know why, by which document, and for which group, where that tells of somebody."""
    if row.kind != LawKind.DISPENSATION and (row.group is None or not row.group.is_private):
        return True
    unit = row.unit or (row.group.unit if row.group else None)
    return unit is not None and covers(actor, SEE_REASON, unit)


def holds_from(row: LawAct) -> date:
    """A day that had begun when the act was made has to wait for a second person."""
    if row.also_by_id is not None or row.made_by_id is None:
        return row.from_date
    made = day_at(row.made_at_ms, HERE.site.zone)
    return row.from_date if row.from_date > made else made + timedelta(days=1)


def _state(row: LawAct, day: date, first_day: date) -> LawState:
    if row.withdrawn_at_ms is not None:
        return LawState.WITHDRAWN if any(step.act == "withdraw" for step in row.steps.all()) else LawState.REPLACED
    if row.until_date is not None and row.until_date <= day:
        return LawState.PAST
    if row.needs_two and row.also_by_id is None:
        return LawState.WAITS
    return LawState.PLANNED if first_day > day else LawState.HOLDS


# --- one act ----------------------------------------------------------------------------------------------------------


def possible_acts(actor: Actor, row: LawAct, now_ms: int) -> list[LawDecision]:
    if row.withdrawn_at_ms is not None or not may(actor, MAKE_LAW[LawKind(row.kind)], thing_of_law(row, now_ms)):
        return []
    if row.kind == LawKind.DISPENSATION and row.group is not None and is_member(actor, row.group):
        return []
    today = day_at(now_ms, HERE.site.zone)
    found = []
    if row.also_by_id is None and row.made_by_id != actor.person:
        found.append(LawDecision.AGREE)
    is_endless = row.until_date is None or row.until_date > today + timedelta(days=1)
    if is_endless and row.kind not in TEXT_KINDS:
        found.append(LawDecision.END)
    if not row.takes_two_to_undo(today) or row.ending_by_id != actor.person:
        found.append(LawDecision.WITHDRAW)
    return found


def steps_of(actor: Actor, row: LawAct) -> list[ToldStep[LawStep]]:
    """Everything that happened to the act, in the rows that it replaced, too."""
    steps = LawStep.objects.filter(law__in=_chain(row)).select_related("by", "record")
    return told_steps(list(steps), is_open=is_open(actor, row))


def _chain(row: LawAct) -> list[int]:
    """The act and the rows that it replaced one after the other, by their numbers."""
    same = LawAct.objects.filter(kind=row.kind, made_at_ms=row.made_at_ms, made_by=row.made_by_id, body=row.body)
    same = same.filter(unit=row.unit_id, group=row.group_id, person=row.person_id, document=row.document)
    by_end = {one.withdrawn_at_ms: one for one in same[:_CHAIN_MAX] if one.withdrawn_at_ms is not None}
    found, at = [row.number], row
    while (before := by_end.get(at.recorded_at_ms)) is not None and before.number not in found:
        found.append(before.number)
        at = before
    return found


def replaced_by(row: LawAct) -> LawAct | None:
    """The row that another act put in the place of this one."""
    if row.withdrawn_at_ms is None:
        return None
    rows = LawAct.objects.filter(kind=row.kind, made_at_ms=row.made_at_ms, recorded_at_ms=row.withdrawn_at_ms)
    return rows.filter(unit=row.unit_id, group=row.group_id, person=row.person_id).exclude(pk=row.pk).first()


# --- groups -----------------------------------------------------------------------------------------------------------


def groups_in_sight(actor: Actor, paths: Sequence[str] | None = None) -> QuerySet[Group]:
    """Groups below or above the reader's units; of the private ones those that he may know of."""
    wanted = actor.paths(SEE_LAW.roles) if paths is None else paths
    private = [Q(unit__path__startswith=path) for path in actor.paths(SEE_REASON.roles)]
    known = Q(is_private=False) | reduce(or_, private, Q(pk__in=()))
    return Group.objects.filter(_around(wanted, "unit__path"), known).select_related("unit")


def _around(paths: Sequence[str], field: str) -> Q:
    """Below one of these paths or above it."""
    near = (Q(**{f"{field}__startswith": path}) | Q(**{f"{field}__in": upwards(path)}) for path in paths)
    return reduce(or_, near, Q(pk__in=()))


def group_in_sight(actor: Actor, number: int) -> Group:
    """The group, or 404 as if there were none."""
    return get_object_or_404(groups_in_sight(actor), number=number)


def members_of(actor: Actor, group: Group, day: date) -> QuerySet[Membership]:
    """Who is, will be, or was in the group, of the people in the reader's sight."""
    seen = people_below(actor.paths(SEE_LAW.roles), day).values("number")
    rows = Membership.objects.current().filter(group=group, person__in=seen).select_related("person")
    return rows.order_by("person__full_name", "person", "from_date")
