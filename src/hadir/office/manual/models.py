from typing import ClassVar

from django.db import models

from hadir.office.acts.models import OutboxRow
from hadir.office.people.models import Person
from hadir.office.units.models import Unit


class ManualSheet(models.Model):
    """A signed sheet of paper, as its attester recorded it. Who was present stands in its record."""

    number = models.BigAutoField(primary_key=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="manual_sheets")
    attester = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    people = models.PositiveIntegerField()
    recorded_at_ms = models.BigIntegerField()
    record = models.OneToOneField(OutboxRow, on_delete=models.PROTECT, related_name="+")
    record_hash = models.CharField(max_length=43, unique=True)
    sheet = models.CharField(max_length=43)
    """Salted digest of the photo, whose bytes lie beside the office's journal."""
    why = models.CharField(max_length=200)
    withdrawn_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawal = models.OneToOneField(OutboxRow, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-number"]

    @property
    def ref(self) -> str:
        return f"D-{self.number}"

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_by_id is not None
