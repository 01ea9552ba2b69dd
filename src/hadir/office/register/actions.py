"""Carrying a staff list out: everything in one transaction, every fact with its record, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Max

from hadir.office.acts.actions import staff_fact, write_all, write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.ground.act_error import ActError
from hadir.office.ground.dated import Dated
from hadir.office.people.models import Assignment, Career, CareerKind, Person, Superior
from hadir.office.people.permissions import IMPORT_STAFF
from hadir.office.projection.invalidation import forget_sweep, mark_person_dirty
from hadir.office.register.files import left_out_of, packed
from hadir.office.register.models import StaffUpload
from hadir.office.register.plan import Move, Outcome, PersonPlan, Plan, plan_staff
from hadir.office.register.unit_acts import open_unit
from hadir.office.roles import ActBy, Actor
from hadir.office.units.models import Unit
from hadir.records.encoding import b64url, sha256

FIRST_NUMBER = 1_001
_WRITTEN_ROWS_MAX = 500


def look_at_staff(*, data: bytes, by: Actor, today: date) -> Plan:
    """What the list would do, for somebody who may do it. Writes nothing."""
    return plan_staff(data, paths=_paths(by), today=today)


@transaction.atomic
def keep_upload(*, data: bytes, name: str, by: ActBy) -> StaffUpload:
    """Keep a list until it is carried out. One at a time for each person: names of staff lie about no longer.

    So the rows go, too, that were left out of the one before.
    """
    _paths(by.actor)
    own = StaffUpload.objects.filter(by_id=by.number)
    own.filter(done_at_ms=None).delete()
    own.exclude(data=b"").update(data=b"")
    return StaffUpload.objects.create(
        sha256=b64url(sha256(data)), name=name[:200], data=data, by_id=by.number, at_ms=by.at_ms
    )


@transaction.atomic
def carry_out_upload(*, upload: StaffUpload, shown: str, skip_bad: bool, by: ActBy, today: date) -> Plan:
    """Do what was shown (`shown` is the plan's digest). ActError when the register has changed in between.

    Of the list only those rows are kept that were left out, for whoever mends them.
    """
    kept = StaffUpload.objects.select_for_update().get(pk=upload.pk)
    if kept.done_at_ms is not None:
        raise ActError("register.trouble.done")
    data = bytes(kept.data)
    looked = look_at_staff(data=data, by=by.actor, today=today)
    if looked.digest != shown:
        raise ActError("register.trouble.other_plan")
    plan = import_staff(data=data, skip_bad=skip_bad, by=by, today=today)
    kept.done_at_ms, kept.data = by.at_ms, packed(left_out_of(looked, data))
    kept.save(update_fields=["done_at_ms", "data"])
    return plan


@transaction.atomic
def import_staff(*, data: bytes, skip_bad: bool, by: ActBy, today: date) -> Plan:
    """Compare the list with the register and carry it out. The plan that was carried out.

    ActError with nothing written when a row is bad, unless bad rows are to be left out. The same list again
    writes nothing.
    """
    plan = look_at_staff(data=data, by=by.actor, today=today)
    if plan.bad and not skip_bad:
        raise ActError("register.trouble.bad_rows", field="skip_bad")
    if not plan.is_empty:
        _Act(plan, by, today).carry_out(b64url(sha256(data)))
    return plan


class _Act:
    """One import while it writes: units, people, what is withdrawn, what is new, and a record for each fact."""

    def __init__(self, plan: Plan, by: ActBy, today: date) -> None:
        self.plan = plan
        self.by = by
        self.today = today
        self.records: list[OutboxRow] = []
        self.left: list[models.Model | models.QuerySet[Any]] = []
        """What stands otherwise when all is done."""
        self.dirty: list[tuple[int, date]] = []

    def carry_out(self, digest: str) -> None:
        counts = _counts(self.plan)
        act = write_decision(by=self.by, act="register.import", about=f"file/{digest}", after=counts)
        self._open_units()
        self._enter_people()
        touched = [one for one in self.plan.people if one.outcome is not Outcome.UNCHANGED]
        self._withdraw(touched)
        self._assign(touched)
        self._answer(touched)
        self._rise(touched)
        write_all(self.records)
        write_rows(act, *self.left)
        for person, day in self.dirty:
            mark_person_dirty(person, day)
        forget_sweep()

    def _open_units(self) -> None:
        number = Unit.objects.aggregate(last=Max("number"))["last"] or 0
        for node in self.plan.new_units:
            number += 1
            assert node.parent is not None
            node.unit = open_unit(
                number=number, name=node.name, parent=node.parent.unit, zone=node.zone_here, by=self.by
            )
            node.path = node.unit.path
            if node.code:
                node.unit.code = node.code
                node.unit.save(update_fields=["code"])
            self.left.append(node.unit)

    def _enter_people(self) -> None:
        number = max(Person.objects.aggregate(last=Max("number"))["last"] or 0, FIRST_NUMBER - 1)
        new = [one for one in self.plan.people if one.is_new]
        for place, one in enumerate(new, 1):
            one.person.number = number + place
            self._fact(one, "employment", one.person.employment, self._first_day(one), None)
        Person.objects.bulk_create([one.person for one in new], batch_size=_WRITTEN_ROWS_MAX)
        self.left += [one.person for one in new]
        for one in self.plan.people:
            if not one.is_new:
                self._rename(one)

    def _rename(self, one: PersonPlan) -> None:
        """What a person is called is no fact for the journal: only its digest goes there."""
        fields = {detail.column: detail for detail in one.details if hasattr(Person, detail.column)}
        fields.pop("superior", None)
        if not fields:
            return
        for column, detail in fields.items():
            setattr(one.person, column, detail.after)
        one.person.save(update_fields=[*fields])
        self.left.append(one.person)
        if "employment" in fields:
            self._fact(one, "employment", one.person.employment, self._first_day(one), None)
        told = "; ".join(f"{said.before} → {said.after}" for column, said in fields.items() if column != "employment")
        if told:
            write_decision(
                by=self.by.saying(told),
                act="register.person",
                about=f"person/{one.person.number}",
                person=one.person.number,
            )

    def _withdraw(self, touched: Iterable[PersonPlan]) -> None:
        """Rows end first, so that no two ever hold at once."""
        assignments = [row.pk for one in touched for move in one.moves for row in move.change.withdrawn]
        superiors = [row.pk for one in touched if one.superior for row in one.superior[1].withdrawn]
        careers = [row.pk for one in touched for rise in one.careers for row in rise.change.withdrawn]
        for model, keys in ((Assignment, assignments), (Superior, superiors), (Career, careers)):
            for start in range(0, len(keys), _WRITTEN_ROWS_MAX):
                part = keys[start : start + _WRITTEN_ROWS_MAX]
                ended = model._default_manager.filter(pk__in=part)  # noqa: SLF001 - Django's name
                ended.update(withdrawn_at_ms=self.by.at_ms)
                self.left.append(ended)

    def _assign(self, touched: Iterable[PersonPlan]) -> None:
        rows: list[Assignment] = []
        for one in touched:
            for move in one.moves:
                rows += [
                    _assignment(one, again.row.unit, again.row, again.from_date, again.until_date)
                    for again in move.change.again
                ]
                if move.change.new is not None:
                    assert move.unit.unit is not None
                    rows.append(_assignment(one, move.unit.unit, move, *move.change.new))
                self._touch(one, move.change.first_day)
        for row in rows:
            row.recorded_at_ms = self.by.at_ms
            days = f" days/{row.weekdays}" if row.weekdays else ""
            self.records.append(
                self._record(row.person_id, f"assignment.{row.kind}", f"unit/{row.unit_id}{days}", row)
            )  # fmt: skip
        self.left += Assignment.objects.bulk_create(rows, batch_size=_WRITTEN_ROWS_MAX)

    def _answer(self, touched: Iterable[PersonPlan]) -> None:
        rows: list[Superior] = []
        for one in touched:
            if one.superior is None:
                continue
            superior, change = one.superior
            number = one.person.number
            rows += [
                _superior(number, again.row.superior_id, again.from_date, again.until_date) for again in change.again
            ]
            if change.new is not None:
                rows.append(_superior(number, superior.person.number, *change.new))
        for row in rows:
            row.recorded_at_ms = self.by.at_ms
            self.records.append(self._record(row.person_id, "superior", f"person/{row.superior_id}", row))
        self.left += Superior.objects.bulk_create(rows, batch_size=_WRITTEN_ROWS_MAX)

    def _rise(self, touched: Iterable[PersonPlan]) -> None:
        rows: list[Career] = []
        for one in touched:
            for rise in one.careers:
                rows += [
                    _career(one, rise.kind, again.row.value, again.from_date, again.until_date)
                    for again in rise.change.again
                ]
                if rise.change.new is not None:
                    rows.append(_career(one, rise.kind, rise.value, *rise.change.new))
        for row in rows:
            row.recorded_at_ms = self.by.at_ms
            # The words of a position are no code: only their digest goes into the journal.
            told = row.value if row.kind == CareerKind.RANK else f"sha256/{b64url(sha256(row.value.encode()))}"
            self.records.append(self._record(row.person_id, row.kind, told, row))
        self.left += Career.objects.bulk_create(rows, batch_size=_WRITTEN_ROWS_MAX)

    def _first_day(self, one: PersonPlan) -> date:
        return one.rows[0].from_date or self.today

    def _touch(self, one: PersonPlan, day: date | None) -> None:
        if day is not None and not one.is_new:
            self.dirty.append((one.person.number, day))

    def _fact(self, one: PersonPlan, fact: str, value: str, from_date: date, until_date: date | None) -> None:
        self.records.append(
            staff_fact(
                by=self.by, person=one.person.number, fact=fact, value=value, from_date=from_date, until_date=until_date
            )
        )

    def _record(self, person: int, fact: str, value: str, row: Dated) -> OutboxRow:
        return staff_fact(
            by=self.by, person=person, fact=fact, value=value, from_date=row.from_date, until_date=row.until_date
        )


def _assignment(
    one: PersonPlan, unit: Unit, said: Move | Assignment, from_date: date, until_date: date | None
) -> Assignment:
    return Assignment(
        person_id=one.person.number, unit=unit, kind=said.kind, from_date=from_date, until_date=until_date,
        weekdays=said.weekdays,
    )  # fmt: skip


def _career(one: PersonPlan, kind: CareerKind, value: str, from_date: date, until_date: date | None) -> Career:
    return Career(
        person_id=one.person.number, kind=kind, value=value, from_date=from_date, until_date=until_date
    )  # fmt: skip


def _superior(person: int, superior: int, from_date: date, until_date: date | None) -> Superior:
    return Superior(person_id=person, superior_id=superior, from_date=from_date, until_date=until_date)


def _counts(plan: Plan) -> str:
    new, changed, ended = (plan.count(one) for one in (Outcome.NEW, Outcome.CHANGED, Outcome.ENDED))
    return f"+{new} ~{changed} -{ended} units+{len(plan.new_units)}"


def _paths(by: Actor) -> tuple[str, ...]:
    paths = by.paths(IMPORT_STAFF.roles)
    if not paths:
        raise PermissionDenied
    return paths
