from typing import ClassVar

from django.db import models

from hadir.office.ground.dated import DatedQuerySet, DatedRow, period_is_forward
from hadir.office.people.models import Person
from hadir.office.units.models import Unit
from hadir.terminals.reading import PIN_LENGTH_MAX, LineFault

SERIAL_LENGTH_MAX = 40


class Directions(models.TextChoices):
    """How a terminal tells arrival from departure."""

    KEYS = "keys"
    FIRST_AND_LAST = "first_last"


class Terminal(models.Model):
    """A fingerprint machine, by the serial number on its back."""

    serial = models.CharField(max_length=SERIAL_LENGTH_MAX, primary_key=True)
    first_seen_ms = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["serial"]


class TerminalPlace(DatedRow):
    """Where a terminal stands, hence in which zone its clock is read, and how it tells arrival from departure."""

    terminal = models.ForeignKey(Terminal, on_delete=models.PROTECT, related_name="places")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="terminals")
    directions = models.CharField(max_length=10, choices=Directions.choices, default=Directions.KEYS)

    objects = DatedQuerySet["TerminalPlace"].as_manager()

    class Meta:
        constraints: ClassVar = [period_is_forward("terminal_place")]


class TerminalSkew(DatedRow):
    """What must be added to a terminal's clock to get the time, as somebody measured it."""

    terminal = models.ForeignKey(Terminal, on_delete=models.PROTECT, related_name="skews")
    skew_ms = models.BigIntegerField()

    objects = DatedQuerySet["TerminalSkew"].as_manager()

    class Meta:
        constraints: ClassVar = [period_is_forward("terminal_skew")]

    @property
    def seconds(self) -> str:
        return f"{self.skew_ms / 1000:+.0f}"


class PinHolder(DatedRow):
    """Whose finger answers to a PIN of one terminal. The same PIN on another terminal is somebody else."""

    terminal = models.ForeignKey(Terminal, on_delete=models.PROTECT, related_name="holders")
    pin = models.CharField(max_length=PIN_LENGTH_MAX)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="pins")

    objects = DatedQuerySet["PinHolder"].as_manager()

    class Meta:
        constraints: ClassVar = [
            period_is_forward("pin_holder"),
            models.UniqueConstraint(
                fields=["terminal", "pin", "from_date"],
                condition=models.Q(withdrawn_at_ms=None),
                name="one_holder_from_a_day",
            ),
        ]


class ImportedFile(models.Model):
    """A file as it was brought in. Its layout tells how each of its lines in the journal is read."""

    sha256 = models.CharField(max_length=43)
    terminal = models.ForeignKey(Terminal, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=200)
    layout = models.CharField(max_length=60)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
    lines = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField()
    repeated = models.PositiveIntegerField()
    bad = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sha256", "terminal"], name="a_file_comes_once_for_a_terminal"),
        ]


class BadLine(models.Model):
    """A line that could not be read: its number, why, and its first bytes, so that a person can look."""

    file = models.ForeignKey(ImportedFile, on_delete=models.CASCADE, related_name="bad_lines")
    line_number = models.PositiveIntegerField()
    fault = models.CharField(max_length=20, choices=[(fault.value, fault.value) for fault in LineFault])
    raw = models.BinaryField(max_length=200)

    class Meta:
        ordering: ClassVar = ["line_number", "pk"]


class FileUpload(models.Model):
    """A terminal's file that was uploaded and shown; it goes when it is imported or another one comes."""

    terminal = models.ForeignKey(Terminal, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    data = models.BinaryField()
    dates = models.CharField(max_length=3, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
