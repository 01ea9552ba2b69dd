"""A superior's word that somebody was at work on a day."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from hadir.office.acts.models import OutboxRow
from hadir.office.people.models import Person


class Sighting(models.Model):
    """Somebody saw the person at work on that day. It settles what waited for a superior's word, and lifts nothing."""

    number = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sightings")
    day = models.DateField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
    record = models.OneToOneField(OutboxRow, on_delete=models.PROTECT, related_name="+")
    withdrawn_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at_ms = models.BigIntegerField(null=True, blank=True)
    withdrawal = models.OneToOneField(OutboxRow, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["number"]
        indexes: ClassVar = [models.Index(fields=["day", "person"], name="sighting_day")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "day"], condition=Q(withdrawn_at_ms=None), name="seen_once_on_a_day"
            ),
            models.CheckConstraint(condition=~Q(by=models.F("person")), name="nobody_sees_himself"),
        ]
