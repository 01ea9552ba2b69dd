"""What people do with the law: make an act, stand behind one, end or withdraw it; keep groups; write rosters.

Each is one transaction: the rows, their record in the outbox, and the marks on exactly the person-days that they touch.
Nothing is changed in place, and only another act undoes one.
"""

from datetime import date

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from hadir.office.acts.actions import write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.duties.kinds import TEXT_KINDS, DispensationLaw, DutyLaw, LawKind, OwnPolicy, Ramadan
from hadir.office.duties.models import Group, LawAct, LawStep, Membership
from hadir.office.duties.own import check_own_policy, in_force_on
from hadir.office.duties.permissions import KEEP_GROUP, MAKE_LAW
from hadir.office.duties.reach import mark_law_dirty, mark_member_dirty
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import names_a_duty
from hadir.office.ground.moments import day_at
from hadir.office.ground.own_laws import OWN
from hadir.office.people.models import Person
from hadir.office.people.queries import thing_of
from hadir.office.roles import ActBy, Actor, Thing, may
from hadir.office.units.models import Unit


@transaction.atomic
def make_law(*, draft: LawAct, by: ActBy) -> LawAct:
    """Publish an act of law. It holds on days that have not begun; on earlier ones when a second person agrees."""
    _check(by.actor, draft, by.at_ms)
    by = by.reasoned("law.trouble.reason_needed")
    _complete(draft)
    return _publish(draft, by)


@transaction.atomic
def agree_to_law(*, number: int, by: ActBy) -> LawAct:
    """Stand behind an act as the second person: from now on it holds on days that had begun, too."""
    row = _standing(number, by)
    if row.also_by_id is not None:
        raise ActError("law.trouble.already_decided")
    if row.made_by_id == by.number:
        raise ActError("law.trouble.another_person")
    row.also_by_id = by.number
    row.save(update_fields=["also_by"])
    _step(row, "agree", by=by)
    mark_law_dirty(row, today=_today(by.at_ms))
    return row


@transaction.atomic
def withdraw_law(*, number: int, by: ActBy) -> LawAct:
    """Undo an act as if it had never been. Where a day of it has begun, it takes a second person's word."""
    row = _standing(number, by)
    by = by.reasoned("law.trouble.reason_needed")
    takes_two = row.takes_two_to_undo(_today(by.at_ms))
    if takes_two and row.ending_by_id == by.number:
        raise ActError("law.trouble.another_person")
    if takes_two and row.ending_by_id is None:
        row.ending_by_id = by.number
        row.save(update_fields=["ending_by"])
        _step(row, "ask_end", by=by)
        return row
    row.withdrawn_at_ms = by.at_ms
    row.save(update_fields=["withdrawn_at_ms"])
    _step(row, "withdraw", by=by)
    mark_law_dirty(row, today=_today(by.at_ms))
    return row


@transaction.atomic
def end_law(*, number: int, until_date: date, by: ActBy) -> LawAct:
    """Let an act hold no longer from a coming day on. What it said until then stays said. The row that now holds."""
    row = _standing(number, by)
    if row.kind in TEXT_KINDS:
        raise ActError("law.trouble.text_ends_by_two")
    is_later = row.until_date is not None and until_date >= row.until_date
    if until_date <= max(row.from_date, _today(by.at_ms)) or is_later:
        raise ActError("law.trouble.backward", field="last_date")
    row.withdrawn_at_ms = by.at_ms
    row.save(update_fields=["withdrawn_at_ms"])
    kept = LawAct.objects.create(
        kind=row.kind, unit=row.unit, group=row.group, person=row.person, body=row.body, document=row.document,
        article=row.article, from_date=row.from_date, until_date=until_date, recorded_at_ms=by.at_ms,
        made_by_id=row.made_by_id, made_at_ms=row.made_at_ms, also_by_id=row.also_by_id,
    )  # fmt: skip
    _step(kept, "end", by=by.reasoned("law.trouble.reason_needed"), ended=row)
    return kept


@transaction.atomic
def set_unit_duty(  # noqa: PLR0913 - a fact has as many members
    *, unit: Unit, duty: str, policy: str, from_date: date, by: ActBy, also_by: int | None = None
) -> LawAct:
    """A unit's first law, by whoever founds it: everybody of the subtree without a nearer duty owes this one."""
    first = DutyLaw(duty=duty, policy=policy)
    return _publish(LawAct.saying(first, unit=unit, from_date=from_date, also_by_id=also_by), by)


# --- groups ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_group(*, name: str, unit: Unit, is_private: bool, by: ActBy) -> Group:
    """A group of people below `unit`. A private one's name stays out of the journal."""
    if not may(by.actor, KEEP_GROUP, Thing(paths=(unit.path,))):
        raise PermissionDenied
    if Group.objects.filter(unit=unit, name=name).exists():
        raise ActError("law.trouble.taken")
    group = Group.objects.create(name=name, unit=unit, is_private=is_private)
    record = write_decision(
        by=by.saying(name), act="group.open", about=f"group/{group.number}", after=f"unit/{unit.number}"
    )
    write_rows(record, group)
    return group


@transaction.atomic
def join_group(*, group: Group, person: Person, from_date: date, until_date: date | None, by: ActBy) -> Membership:
    """Somebody is in the group on those days. Nobody says it of himself."""
    _check_member(group, person, by.actor, by.at_ms)
    if until_date is not None and until_date <= from_date:
        raise ActError("law.trouble.backward", field="last_date")
    _check_begun(group, from_date, _today(by.at_ms))
    row = Membership.objects.create(
        group=group, person=person, from_date=from_date, until_date=until_date, recorded_at_ms=by.at_ms
    )
    write_rows(_membership_record("group.join", row, by=by), row)
    mark_member_dirty(row, today=_today(by.at_ms))
    return row


@transaction.atomic
def leave_group(*, membership: int, until_date: date, by: ActBy) -> Membership | None:
    """Somebody is in the group no longer, from `until_date` on; None when he then never was."""
    row = Membership.objects.select_for_update(of=("self",)).select_related("group", "person").get(pk=membership)
    _check_member(row.group, row.person, by.actor, by.at_ms)
    if row.withdrawn_at_ms is not None or (row.until_date is not None and until_date >= row.until_date):
        raise ActError("law.trouble.already_decided")
    _check_begun(row.group, max(until_date, row.from_date), _today(by.at_ms))
    row.withdrawn_at_ms = by.at_ms
    row.save(update_fields=["withdrawn_at_ms"])
    kept = None
    if until_date > row.from_date:
        kept = Membership.objects.create(
            group=row.group, person=row.person, from_date=row.from_date, until_date=until_date, recorded_at_ms=by.at_ms
        )
    write_rows(_membership_record("group.leave", kept or row, by=by), row, kept)
    mark_member_dirty(row, today=_today(by.at_ms))
    return kept


def _check_begun(group: Group, from_date: date, today: date) -> None:
    """One person's word about who is in a group changes no day that has begun, where a law for the group holds then."""
    if from_date > today:
        return
    rows = LawAct.objects.current().filter(group=group).exclude(until_date__lte=from_date)
    if rows.filter(Q(from_date__lte=today) | Q(kind=LawKind.ROLL_OUT)).exists():
        raise ActError("law.trouble.group_has_law")


def _check_member(group: Group, person: Person, by: Actor, at_ms: int) -> None:
    thing = thing_of(person, _today(at_ms))
    within = any(path.startswith(group.unit.path) for path in thing.paths)
    if not within or not may(by, KEEP_GROUP, thing) or not may(by, KEEP_GROUP, Thing(paths=(group.unit.path,))):
        raise PermissionDenied


def _membership_record(act: str, row: Membership, *, by: ActBy) -> OutboxRow:
    until = row.until_date.isoformat() if row.until_date else "…"
    return write_decision(
        by=by,
        act=act,
        about=f"group/{row.group_id}",
        person=row.person_id,
        after=f"person/{row.person_id} {row.from_date.isoformat()}..{until}",
    )


# --- how an act is kept ----------------------------------------------------------------------------------------------


def _publish(row: LawAct, by: ActBy) -> LawAct:
    row.made_by_id, row.made_at_ms, row.recorded_at_ms = by.number, by.at_ms, by.at_ms
    row.save()
    _step(row, "make", by=by)
    mark_law_dirty(row, today=_today(by.at_ms))
    return row


def _complete(draft: LawAct) -> None:
    """ActError unless the draft says all that an act must."""
    if draft.until_date is not None and draft.until_date <= draft.from_date:
        raise ActError("law.trouble.backward", field="last_date")
    if not draft.document.strip():
        raise ActError("law.trouble.document_needed", field="document")
    shape = draft.shape
    if isinstance(shape, Ramadan) and draft.until_date is None:
        raise ActError("law.trouble.backward", field="last_date")
    if isinstance(shape, DispensationLaw) and draft.group is None:
        raise ActError("law.trouble.group_needed", field="group")
    if isinstance(shape, DutyLaw) and not _names_a_duty(shape, draft.from_date):
        raise ActError("law.trouble.unknown_word", field="duty")
    if isinstance(shape, OwnPolicy):
        check_own_policy(shape, draft)


def _names_a_duty(shape: DutyLaw, on: date) -> bool:
    policy = shape.policy
    if policy is not None and policy.startswith(OWN):
        policy = in_force_on(on).get(policy)
        if policy is None:
            return False
    return names_a_duty(HERE.settings.policies, policy, shape.duty, on)


def _check(by: Actor, row: LawAct, at_ms: int) -> None:
    if not may(by, MAKE_LAW[LawKind(row.kind)], thing_of_law(row, at_ms)):
        raise PermissionDenied
    if row.kind == LawKind.DISPENSATION and row.group is not None and is_member(by, row.group):
        raise ActError("law.trouble.not_yourself")


def thing_of_law(row: LawAct, at_ms: int) -> Thing:
    """What an act reaches into: whoever makes it must answer for all of it."""
    if row.person is not None:
        return thing_of(row.person, _today(at_ms))
    unit = row.unit or (row.group.unit if row.group else None)
    if unit is None:
        raise ActError("law.trouble.nobody")
    return Thing(paths=(unit.path,))


def is_member(by: Actor, group: Group) -> bool:
    return Membership.objects.current().filter(group=group, person=by.person).exists()


def _step(row: LawAct, act: str, *, by: ActBy, ended: LawAct | None = None) -> OutboxRow:
    """`ended` is the row in whose place this one stands."""
    record = write_decision(
        by=by,
        act=f"law.{act}",
        about=f"law/{row.number}",
        person=row.person_id,
        before=None if ended is None else _content(ended),
        after=_content(row),
        basis=row.document or None,
    )
    step = LawStep.objects.create(law=row, act=act, by_id=by.number, at_ms=by.at_ms, record=record)
    write_rows(record, row, ended, step)
    return record


def _content(row: LawAct) -> str:
    """The act in numbers and codes, as the record holds it."""
    named = {"unit": row.unit_id, "group": row.group_id, "person": row.person_id}
    whom = "+".join(f"{name}/{number}" for name, number in named.items() if number is not None)
    until = row.until_date.isoformat() if row.until_date else "…"
    said = msgspec.json.encode(row.shape, order="deterministic").decode()
    return f"{row.kind} {whom} {row.from_date.isoformat()}..{until} {said}"


def _standing(number: int, by: ActBy) -> LawAct:
    """The act, locked, if they may decide on it and nobody has undone it."""
    rows = LawAct.objects.select_for_update(of=("self",)).select_related("unit", "group__unit", "person")
    row = rows.get(number=number)
    _check(by.actor, row, by.at_ms)
    if row.withdrawn_at_ms is not None:
        raise ActError("law.trouble.already_decided")
    return row


def _today(at_ms: int) -> date:
    return day_at(at_ms, HERE.site.zone)
