"""Carrying a staff list out: everything in one transaction, every fact with its record, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Max

from hadir.office.acts.actions import staff_fact, write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.ground.act_error import ActError
from hadir.office.ground.rows import put_rows
from hadir.office.people.models import Assignment, Career, CareerKind, Person, Superior
from hadir.office.people.permissions import IMPORT_STAFF
from hadir.office.projection.invalidation import forget_sweep, mark_person_dirty
from hadir.office.register.acts import open_unit
from hadir.office.register.files import left_out_of, packed
from hadir.office.register.models import StaffUpload
from hadir.office.register.plan import Outcome, PersonPlan, StaffPlan, plan_staff
from hadir.office.roles import ActBy, Actor
from hadir.office.units.models import Unit
from hadir.records.encoding import b64url, sha256

FIRST_NUMBER = 1_001
_WRITTEN_ROWS_MAX = 500
_DatedRow = TypeVar("_DatedRow", Assignment, Superior, Career)


def look_at_staff(*, data: bytes, by: Actor, today: date) -> StaffPlan:
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
def carry_out_upload(*, upload: StaffUpload, shown: str, skip_bad: bool, by: ActBy, today: date) -> StaffPlan:
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
def import_staff(*, data: bytes, skip_bad: bool, by: ActBy, today: date) -> StaffPlan:
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


@dataclass
class _Act:
    """One import while it writes: units, people, what is withdrawn, what is new, and a record for each fact."""

    plan: StaffPlan
    by: ActBy
    today: date
    records: list[OutboxRow] = field(default_factory=list)
    left: list[models.Model | models.QuerySet[Any]] = field(default_factory=list)
    """What stands otherwise when all is done."""

    def carry_out(self, digest: str) -> None:
        new, changed, ended = (self.plan.count(one) for one in (Outcome.NEW, Outcome.CHANGED, Outcome.ENDED))
        counts = f"+{new} ~{changed} -{ended} units+{len(self.plan.new_units)}"
        act = write_decision(by=self.by, act="register.import", about=f"file/{digest}", after=counts)
        self._open_units()
        self._enter_people()
        touched = [one for one in self.plan.people if one.outcome is not Outcome.UNCHANGED]
        self._withdraw(touched)
        self._assign(touched)
        self._answer(touched)
        self._rise(touched)
        put_rows(self.records)
        write_rows(act, *self.left)
        for one in touched:
            for day in (move.change.first_day for move in one.moves if not one.is_new):
                if day is not None:
                    mark_person_dirty(one.person.number, day)
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
            self._employ(one)
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
            self._employ(one)
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
        moved = [(one, move, entered) for one in touched for move in one.moves for entered in move.change.entered]
        for one, move, (held, from_date, until_date) in moved:
            said, unit = held or move, held.unit if held else move.unit.unit
            assert unit is not None
            rows.append(
                Assignment(
                    person_id=one.person.number, unit=unit, kind=said.kind, from_date=from_date,
                    until_date=until_date, weekdays=said.weekdays,
                )
            )  # fmt: skip
        self._enter(Assignment, rows, _of_assignment)

    def _answer(self, touched: Iterable[PersonPlan]) -> None:
        rows = [
            Superior(
                person_id=one.person.number, superior_id=held.superior_id if held else superior.person.number,
                from_date=from_date, until_date=until_date,
            )
            for one in touched if one.superior
            for superior, change in [one.superior]
            for held, from_date, until_date in change.entered
        ]  # fmt: skip
        self._enter(Superior, rows, lambda row: ("superior", f"person/{row.superior_id}"))

    def _rise(self, touched: Iterable[PersonPlan]) -> None:
        rows = [
            Career(
                person_id=one.person.number, kind=rise.kind, value=(held or rise).value, from_date=from_date,
                until_date=until_date,
            )
            for one in touched
            for rise in one.careers
            for held, from_date, until_date in rise.change.entered
        ]  # fmt: skip
        self._enter(Career, rows, _of_career)

    def _employ(self, one: PersonPlan) -> None:
        first_day, kind = one.rows[0].from_date or self.today, one.person.employment
        self.records.append(
            staff_fact(
                by=self.by,
                person=one.person.number,
                fact="employment",
                value=kind,
                from_date=first_day,
                until_date=None,
            )
        )

    def _enter(
        self, model: type[_DatedRow], rows: list[_DatedRow], told: Callable[[_DatedRow], tuple[str, str]]
    ) -> None:
        """New rows, each with the record of its fact and value."""
        for row in rows:
            row.recorded_at_ms = self.by.at_ms
            fact, value = told(row)
            self.records.append(
                staff_fact(
                    by=self.by, person=row.person_id, fact=fact, value=value, from_date=row.from_date,
                    until_date=row.until_date,
                )
            )  # fmt: skip
        self.left += model._default_manager.bulk_create(rows, batch_size=_WRITTEN_ROWS_MAX)  # noqa: SLF001 - Django's name


def _of_assignment(row: Assignment) -> tuple[str, str]:
    days = f" days/{row.weekdays}" if row.weekdays else ""
    return f"assignment.{row.kind}", f"unit/{row.unit_id}{days}"


def _of_career(row: Career) -> tuple[str, str]:
    """The words of a position are no code: only their digest goes into the journal."""
    is_code = row.kind == CareerKind.RANK
    return row.kind, row.value if is_code else f"sha256/{b64url(sha256(row.value.encode()))}"


def _paths(by: Actor) -> tuple[str, ...]:
    paths = by.paths(IMPORT_STAFF.roles)
    if not paths:
        raise PermissionDenied
    return paths
