"""What was asked for: the table is the queue."""

from django.db import models

from hadir.office.people.models import Person
from hadir.office.units.models import Unit

KEPT_MS = 24 * 3_600_000
"""So long a finished file can be fetched."""


class ExportState(models.TextChoices):
    """Texts: `exports.state.<value>`."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    GONE = "gone"


class FileKind(models.TextChoices):
    XLSX = "xlsx"
    PDF = "pdf"


OPEN = (ExportState.WAITING, ExportState.RUNNING)


class Export(models.Model):
    """One file: the recap of a unit's month, as it was filtered, on one paper, in one language."""

    number = models.BigAutoField(primary_key=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    first = models.DateField()
    kind = models.CharField(max_length=4, choices=FileKind.choices)
    size = models.CharField(max_length=2)
    which = models.CharField(max_length=20, blank=True)
    search = models.CharField(max_length=60, blank=True)
    lang = models.CharField(max_length=2)
    state = models.CharField(max_length=8, choices=ExportState.choices, default=ExportState.WAITING)
    asked_at_ms = models.BigIntegerField()
    began_at_ms = models.BigIntegerField(null=True)
    ended_at_ms = models.BigIntegerField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    """People who are in the file already, of `people`."""
    people = models.PositiveIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        db_table = "exports_export"
        indexes = (
            models.Index(fields=["state", "number"], name="exports_queue"),
            models.Index(fields=["by", "number"], name="exports_of_person"),
        )

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def state_code(self) -> str:
        return f"exports.state.{self.state}"

    @property
    def kind_code(self) -> str:
        return f"exports.kind.{self.kind}"

    @property
    def month_code(self) -> str:
        return f"month.{self.first.month}"

    @property
    def gone_at_ms(self) -> int:
        """When the file is deleted, once it is there."""
        return (self.ended_at_ms or self.asked_at_ms) + KEPT_MS

    @property
    def file_name(self) -> str:
        """Below the site's folder of exports."""
        return f"{self.number}.{self.kind}"
