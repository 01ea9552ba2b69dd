from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from hadir.office.ground.dated import DatedQuerySet, DatedRow, period_is_forward
from hadir.office.units.models import Unit

PERSON_NUMBER_MAX = 2**32 - 1


class AssignmentKind(models.TextChoices):
    HOME = "home"
    FURTHER = "further"


class Person(models.Model):
    """Somebody who owes presence. The number is Hadir's own; the NIP may be absent or change, and is no secret."""

    number = models.PositiveBigIntegerField(primary_key=True)
    full_name = models.CharField(max_length=200)
    title_before = models.CharField(max_length=60, blank=True)
    title_after = models.CharField(max_length=60, blank=True)
    nip = models.CharField(max_length=18, null=True, blank=True, unique=True)
    employment = models.CharField(max_length=10)
    """A code of the kinds of staff (`ground.staff_kinds`)."""

    class Meta:
        ordering: ClassVar = ["full_name", "number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=PERSON_NUMBER_MAX),
                name="person_number_fits_32_bits",
            ),
        ]

    def __str__(self) -> str:
        return self.titled_name

    @property
    def titled_name(self) -> str:
        return titled(self.full_name, self.title_before, self.title_after)


def titled(full_name: str, before: str, after: str) -> str:
    """A name as it is written on paper."""
    name = f"{before} {full_name}".strip()
    return f"{name}, {after}" if after else name


class Assignment(DatedRow):
    """Where a person works. Each person has one home at a time and any number of further places.

    A further place with `weekdays` is the person's home on those: Monday to Wednesday at one school, Thursday and
    Friday at another. A home with weekdays leaves the others free, as far as no other place names them.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="assignments")
    kind = models.CharField(max_length=10, choices=AssignmentKind.choices, default=AssignmentKind.HOME)
    weekdays = models.CharField(max_length=7, blank=True)
    """`012` for Monday to Wednesday; empty for every day of the week."""

    objects = DatedQuerySet["Assignment"].as_manager()

    class Meta:
        constraints: ClassVar = [
            period_is_forward("assignment"),
            models.UniqueConstraint(
                fields=["person", "from_date"],
                condition=Q(kind=AssignmentKind.HOME, withdrawn_at_ms=None),
                name="one_home_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} @ {self.unit_id} {self.from_date}"

    def names(self, day: date) -> bool:
        """Whether it is one of its weekdays."""
        return names_weekday(self.weekdays, day)


def names_weekday(weekdays: str, day: date) -> bool:
    """Whether an assignment's weekdays, `012` for Monday to Wednesday or empty for all, name that day's."""
    return not weekdays or str(day.weekday()) in weekdays


AT_HOME = Q(kind=AssignmentKind.HOME) | ~Q(weekdays="")
"""Assignments that may be a person's home on a day."""


class CareerKind(models.TextChoices):
    """*Pangkat/golongan* and *jabatan*."""

    RANK = "rank"
    POSITION = "position"


class Career(DatedRow):
    """A rank (a code of `ranks`) or a position (words) that somebody has for a period."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="careers")
    kind = models.CharField(max_length=10, choices=CareerKind.choices)
    value = models.CharField(max_length=120)

    objects = DatedQuerySet["Career"].as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "kind"], name="career_person")]
        constraints: ClassVar = [period_is_forward("career")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.value}"


class Superior(DatedRow):
    """Who answers for a person's presence (*atasan langsung*)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="superiors")
    superior = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="subordinates")

    objects = DatedQuerySet["Superior"].as_manager()

    class Meta:
        constraints: ClassVar = [
            period_is_forward("superior"),
            models.CheckConstraint(condition=~Q(person=F("superior")), name="nobody_is_his_own_superior"),
        ]

    def __str__(self) -> str:
        return f"{self.superior_id} > {self.person_id} {self.from_date}"
