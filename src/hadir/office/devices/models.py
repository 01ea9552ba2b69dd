from typing import ClassVar, Literal

from django.db import models
from django.db.models import F, Q

from hadir.office.people.models import Person
from hadir.office.units.models import Unit


class SlipRun(models.Model):
    """Slips that were issued in one go, to be printed on sheets and cut."""

    number = models.BigAutoField(primary_key=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()


class Slip(models.Model):
    """A printed promise: whoever signs with its voucher counts as this person until the office has looked.

    Paper cannot be called back, and a gate refuses no tap: a slip that another one has replaced still brings a phone
    in, and whoever confirms that phone is told.
    """

    number = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="slips")
    last_valid_day = models.DateField()
    voucher = models.CharField(max_length=120)
    issued_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    issued_at_ms = models.BigIntegerField()
    run = models.ForeignKey(SlipRun, null=True, blank=True, on_delete=models.PROTECT, related_name="slips")
    replaced_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaces")

    class Meta:
        ordering: ClassVar = ["-number"]


class Device(models.Model):
    """A key on which the office has decided. It signs for its person during `[from_ms, until_ms)`.

    A key that the office refused has an empty period. A key it has not looked at yet is no row here: it is a
    `SeenKey` of the projection.
    """

    kid = models.CharField(max_length=43, primary_key=True)
    key = models.BinaryField(max_length=64)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="devices")
    slip = models.ForeignKey(Slip, null=True, blank=True, on_delete=models.PROTECT, related_name="devices")
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField(null=True, blank=True)
    decided_at_ms = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until_ms=None) | Q(until_ms__gte=F("from_ms")),
                name="device_period_is_not_backward",
            ),
        ]

    @property
    def is_active(self) -> bool:
        return self.until_ms is None

    @property
    def state(self) -> Literal["active", "refused", "revoked"]:
        return "active" if self.is_active else "refused" if self.until_ms == self.from_ms else "revoked"


class RosterVersion(models.Model):
    """A roster that was published, so that versions never go back."""

    version = models.BigIntegerField(primary_key=True)
    issued_ms = models.BigIntegerField()
    sha256 = models.CharField(max_length=43)
    content = models.CharField(max_length=64)
    """Digest of the device rows: the same rows need no new version."""
