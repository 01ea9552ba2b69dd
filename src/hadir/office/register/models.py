from typing import ClassVar

from django.db import models

from hadir.office.people.models import Person


class StaffUpload(models.Model):
    """A list that was uploaded and shown. Once it is carried out `data` holds the rows that were left out, and nothing
    once another one comes, or a week has passed.
    """

    sha256 = models.CharField(max_length=43)
    name = models.CharField(max_length=200)
    data = models.BinaryField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
    done_at_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
