"""A month while it runs is the projection's day lines; closed it is rows of its own, which nothing changes.

`DayLine` and `LateDay` can be dropped and come back with the verdicts. The rest are acts: of people, and for what an
edition of the rules found when it began, of the program.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from hadir.office.acts.models import ActStep, OutboxRow
from hadir.office.people.models import Person
from hadir.office.units.models import Unit
from hadir.rules.verdict import DayStatus

LINE_LENGTH_MAX = 600
DIGEST_LENGTH = 64


class DayLine(models.Model):
    """What a month needs of a person-day's verdict, in a narrow row: written with the verdict, in one transaction."""

    person = models.PositiveBigIntegerField()
    day = models.DateField()
    unit = models.PositiveBigIntegerField()
    """Where the person was at home on that day: after a transfer the month has a row in each unit."""
    status = models.CharField(max_length=10)
    line = models.CharField(max_length=LINE_LENGTH_MAX)
    """A `kept_verdict.MonthVerdict` as JSON. Two verdicts that are the same to the month have the same line."""
    arrival_ms = models.BigIntegerField(null=True)
    version = models.CharField(max_length=200)
    """By which rules: the set, the hash of its content, and the version of the code."""

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "day"], name="one_line_a_day")]
        indexes: ClassVar = [
            # All that a recap reads, in the order in which it groups: it never touches the rows themselves.
            models.Index(fields=["unit", "day", "line", "person"], name="day_line_of_month"),
            models.Index(fields=["person", "day"], condition=Q(status=DayStatus.ABSENT.value), name="day_line_absent"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.day} {self.line}"


class ClosingState(models.TextChoices):
    """Names: `months.state.<value>`. A reopened month is open again; closing it once more is another closing."""

    CLOSED = "closed"
    REOPENED = "reopened"


class Closing(models.Model):
    """A month of one unit as it was closed. What it holds stands in `ClosedRow` and is digested in its record."""

    number = models.BigAutoField(primary_key=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="closings")
    first = models.DateField()
    state = models.CharField(max_length=10, choices=ClosingState.choices, default=ClosingState.CLOSED)
    closed_at_ms = models.BigIntegerField()
    closed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    due = models.DateField()
    """Until when the undecided days are to be decided."""
    people = models.PositiveIntegerField()
    versions = models.JSONField()
    """[{"policy", "sha256", "rules"}]: every policy and code that judged a day of it."""
    counts = models.JSONField()
    """{"grades", "excuses", "manual", "undecided", "unproven", "dark"}: of how good evidence the month is made."""
    letters = models.JSONField(default=dict)
    """The region's letters as they stood, so that it prints the same for ever."""
    digest = models.CharField(max_length=DIGEST_LENGTH)
    """SHA-256 (hex) of the rows as canonical JSON; it stands in the record of the act."""
    asked_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """Who asks to open it again; empty while nobody does."""
    reopened_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-first", "unit__path", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "first"], condition=Q(state=ClosingState.CLOSED), name="a_month_is_closed_once"
            ),
            models.CheckConstraint(
                condition=Q(reopened_by=None) | (Q(asked_by__isnull=False) & ~Q(reopened_by=F("asked_by"))),
                name="reopening_takes_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.first:%Y-%m}"

    @property
    def ref(self) -> str:
        """Its name in records and on paper."""
        return f"R-{self.number}"

    @property
    def state_code(self) -> str:
        return f"months.state.{self.state}"


class ClosedRow(models.Model):
    """One person in a closed month, as he was paid. Written once."""

    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="rows")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    body = models.JSONField()
    """{"name", "nip", "employment", "recap", "settlement", "unproven", "warnings", "adjustments"}."""
    lines = models.JSONField()
    """{date: day line}: the days as they stood."""

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["closing", "person"], name="a_person_is_closed_once")]

    def __str__(self) -> str:
        return f"{self.closing_id} {self.person_id}"


class LateDay(models.Model):
    """A day of a closed month on which something else is known now. Kept by the follower, can be dropped.

    Its lines are what one and the same edition of the rules says without and with what came since: since the month was
    closed, or since the day was last carried into a later one.
    """

    closing = models.ForeignKey(Closing, on_delete=models.CASCADE, related_name="late_days")
    person = models.PositiveBigIntegerField()
    day = models.DateField()
    without = models.CharField(max_length=LINE_LENGTH_MAX, null=True)  # noqa: DJ001 - no verdict is not an empty one
    told = models.CharField(max_length=LINE_LENGTH_MAX, null=True)  # noqa: DJ001 - as above

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["closing", "person", "day"], name="a_day_is_late_once")
        ]

    def __str__(self) -> str:
        return f"{self.closing_id} {self.person} {self.day}"


class Carried(models.Model):
    """An adjustment that a later closing has taken up: from then on the month counts as adjusted."""

    source = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="carried")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    into = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="adjustments")
    of_allowance = models.DecimalField(max_digits=8, decimal_places=2)
    lines = models.JSONField()
    """The month's lines as this adjustment leaves them."""

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "person", "into"], name="carried_once_into_a_month")
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.person_id} > {self.into_id}"


class EditionState(models.TextChoices):
    """Names: `months.edition.state.<value>`."""

    WAITING = "waiting"
    ASKED = "asked"
    ACCEPTED = "accepted"


class Edition(models.Model):
    """What judges from a moment on: the code's version of the rules, and the policies and calendars, as one digest.

    Verdicts that were stored before stay as they are where it says something else (`OlderVerdict`), until two people
    of personnel have accepted it.
    """

    number = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=DIGEST_LENGTH)
    rules = models.CharField(max_length=20)
    began_at_ms = models.BigIntegerField()
    record = models.OneToOneField(OutboxRow, on_delete=models.PROTECT, related_name="+")
    """Of its beginning: the program's own act, to which the older verdicts belong."""
    days = models.PositiveIntegerField(default=0)
    """How many stored verdicts were held against it."""
    state = models.CharField(max_length=8, choices=EditionState.choices, default=EditionState.WAITING)
    asked_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_at_ms = models.BigIntegerField(null=True, blank=True)
    accepted_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    accepted_at_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state=EditionState.ACCEPTED)
                | (Q(accepted_by__isnull=False, asked_by__isnull=False) & ~Q(accepted_by=F("asked_by"))),
                name="two_who_accept_an_edition_are_two",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        """Its name in records and on pages."""
        return f"E-{self.number}"

    @property
    def state_code(self) -> str:
        return f"months.edition.state.{self.state}"


class PriceChange(models.TextChoices):
    """What an edition makes of a stored day. Names: `months.edition.change.<value>`."""

    DEARER = "dearer"
    MILDER = "milder"
    EQUAL = "equal"
    """It says something else at the same price."""
    NONE = "none"
    """It says the same, and an edition between them did not."""


class OlderVerdict(models.Model):
    """A verdict as it was stored when an edition began that says something else of the day. One for a person-day.

    What it says never changes; a later edition that says something else again puts what stood then in its place.
    """

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="older_verdicts")
    person = models.PositiveBigIntegerField()
    day = models.DateField()
    unit = models.PositiveBigIntegerField()
    """Where the person was at home on that day."""
    body = models.JSONField()
    """The whole verdict, as `VerdictRow` had it."""
    line = models.CharField(max_length=LINE_LENGTH_MAX)
    """What the month reads of it."""
    said = models.CharField(max_length=LINE_LENGTH_MAX)
    """The line that the edition says of the day, by what was known when it began."""
    change = models.CharField(max_length=6, choices=PriceChange.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "day"], name="one_older_verdict_a_day"),
        ]
        indexes: ClassVar = [models.Index(fields=["unit", "day"], name="older_verdict_of_month")]

    def __str__(self) -> str:
        return f"{self.person} {self.day} {self.line}"


class ClosingAct(models.TextChoices):
    """What people do with a month; each is a record. Names: `act.month.<value>`."""

    CLOSE = "close"
    ASK_REOPEN = "ask_reopen"
    REOPEN = "reopen"
    KEEP_CLOSED = "keep_closed"


class ClosingStep(ActStep):
    """One act of a person on a closing, with its record. Never changed, never removed."""

    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=12, choices=ClosingAct.choices)

    class Meta(ActStep.Meta):
        db_table = "months_step"

    def __str__(self) -> str:
        return f"{self.closing_id} {self.act}"

    @property
    def act_code(self) -> str:
        return f"act.month.{self.act}"


class Letters(models.Model):
    """The region's own letters for the codes of a recap. The newest row holds; older ones stay."""

    letters = models.JSONField()
    """{code of the policy: what is printed}; what is not in it is printed as it is."""
    set_at_ms = models.BigIntegerField()
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    record = models.OneToOneField(OutboxRow, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return str(self.pk)
