from typing import ClassVar

from django.db import models

from hadir.office.people.models import Person


class OutboxRow(models.Model):
    """One canonical record (kind 7, 32 or 33), written in the transaction of the act it tells of.

    `origin` and `index` are empty until the one writer has put the record into the office journal.
    """

    seq = models.BigAutoField(primary_key=True)
    record_id = models.CharField(max_length=36, unique=True)
    kind = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    body_hash = models.CharField(max_length=64)
    at_ms = models.BigIntegerField()
    by = models.PositiveBigIntegerField()
    person = models.PositiveBigIntegerField(null=True, blank=True)
    act = models.CharField(max_length=60)
    reason = models.BinaryField(null=True, blank=True)
    """salt || text: the detail whose digest stands in the record; erasable."""
    origin = models.CharField(max_length=255, blank=True)
    index = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["seq"]
        indexes: ClassVar = [models.Index(fields=["index"], name="outbox_waiting")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["origin", "index"],
                condition=models.Q(index__isnull=False),
                name="one_record_at_a_position",
            ),
        ]


class ActStep(models.Model):
    """What somebody did with a thing, with its record. Never changed, never removed."""

    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
    record = models.OneToOneField(OutboxRow, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
        ordering: ClassVar = ["pk"]
