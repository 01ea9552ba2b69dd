from typing import ClassVar

from django.db import models


class Comparison(models.Model):
    """One time that the tables were held against the journal. The newest is shown; none of it is truth."""

    at_ms = models.BigIntegerField()
    acts = models.PositiveBigIntegerField()
    tables = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    """How many differences there were."""
    kinds = models.JSONField(default=list)
    """[[table, what, how many]], the most first."""

    class Meta:
        ordering: ClassVar = ["-at_ms", "-pk"]
