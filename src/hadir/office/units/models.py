from __future__ import annotations

from typing import ClassVar

from django.db import models

from hadir.office.ground.dated import DatedQuerySet, DatedRow, period_is_forward
from hadir.office.ground.zones import Zone


class Unit(models.Model):
    """One node of the tree. `path` is every number from the root to here, `/1/4/12/`, so that a prefix is a subtree."""

    number = models.PositiveBigIntegerField(primary_key=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    name = models.CharField(max_length=200)
    code = models.CharField(max_length=40, null=True, blank=True, unique=True)
    """What the personnel agency calls it in its own lists; may be absent."""
    path = models.CharField(max_length=250, unique=True)
    zone = models.CharField(max_length=20, choices=Zone.choices)

    class Meta:
        ordering: ClassVar = ["path"]

    def __str__(self) -> str:
        return self.name

    @property
    def depth(self) -> range:
        """As many steps as there are units above this one."""
        return range(self.path.count("/") - 2)


def upwards(path: str) -> list[str]:
    """The paths of the units above one and its own: `/1/`, `/1/2/` of `/1/2/`."""
    return [path[: place + 1] for place, sign in enumerate(path) if sign == "/"][1:]


class WithoutSignal(DatedRow):
    """A period in which a unit is declared *tanpa sinyal*: evidence of one signed time then counts as two."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="without_signal")

    objects = DatedQuerySet["WithoutSignal"].as_manager()

    class Meta:
        constraints: ClassVar = [period_is_forward("without_signal")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.from_date}"
