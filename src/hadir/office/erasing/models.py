from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from hadir.office.acts.models import OutboxRow
from hadir.office.people.models import Person


class ErasureState(models.TextChoices):
    """Names: `erasing.state.<value>`."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"


class Erasure(models.Model):
    """That the locations and photos of taps from before a day are erased: asked by one person, agreed to by another.

    What was agreed to is never taken back: a gate that has erased cannot bring anything back.
    """

    number = models.BigAutoField(primary_key=True)
    before = models.DateField()
    before_ms = models.BigIntegerField()
    """When that day begins on the site's clock."""
    state = models.CharField(max_length=8, choices=ErasureState.choices, default=ErasureState.ASKED)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at_ms = models.BigIntegerField()
    record = models.OneToOneField(OutboxRow, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """Of the asking, with why."""
    decided_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state=ErasureState.AGREED) | (Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))),
                name="two_who_erase_are_two",
            ),
        ]

    @property
    def ref(self) -> str:
        """Its name in records and on paper."""
        return f"H-{self.number}"

    @property
    def state_code(self) -> str:
        return f"erasing.state.{self.state}"
