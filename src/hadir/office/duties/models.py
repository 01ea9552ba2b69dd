from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from hadir.office.dated import Dated, DatedQuerySet, period_is_forward
from hadir.office.people.models import Person
from hadir.office.units.models import Unit


class DutyAssignment(Dated):
    """Which duty and which policy hold for a unit's subtree or for one person; the nearest one wins."""

    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="duties")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="duties")
    duty = models.CharField(max_length=60)
    policy = models.CharField(max_length=60)

    objects = DatedQuerySet["DutyAssignment"].as_manager()

    class Meta:
        constraints: ClassVar = [
            period_is_forward("duty_assignment"),
            models.CheckConstraint(
                condition=Q(unit=None, person__isnull=False) | Q(unit__isnull=False, person=None),
                name="a_duty_is_for_a_unit_or_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.duty} {self.policy} {self.from_date}"
