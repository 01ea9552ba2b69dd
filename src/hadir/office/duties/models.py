"""Who is judged by which law: acts of law, groups of people, rosters. All dated; a past day keeps what held on it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import msgspec
from django.db import models
from django.db.models import F, Q

from hadir.office.acts.models import ActStep, OutboxRow
from hadir.office.duties.kinds import KIND_OF, SHAPES, TEXT_KINDS, LawKind, LawShape
from hadir.office.ground.dated import DatedQuerySet, DatedRow, RecordedQuerySet, period_is_forward
from hadir.office.people.models import Person
from hadir.office.units.models import Unit

_Shape = TypeVar("_Shape", bound=LawShape)


class Group(models.Model):
    """People whom the law singles out, somewhere below `unit`: teachers, nurses, pregnant staff."""

    number = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=120)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="groups")
    is_private = models.BooleanField(default=False)
    """Whether being in it tells of health or family: its name is then for few eyes."""

    class Meta:
        ordering: ClassVar = ["name", "number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["unit", "name"], name="a_group_has_its_own_name")]


class Membership(DatedRow):
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")

    objects = DatedQuerySet["Membership"].as_manager()

    class Meta:
        constraints: ClassVar = [period_is_forward("membership")]


class LawAct(DatedRow):
    """One act of law: what it says (`body`, shaped by its kind), to whom, and on which days.

    It concerns everybody below `unit`, only those of `group` if one is named, or one `person`. It holds on days that
    had not begun when it was made, and on earlier ones too once a second person stands behind it. What it says never
    changes: a correction withdraws the row and adds another, which keeps when it was made and by whom.
    """

    number = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=12, choices=LawKind.choices)
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="laws")
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.PROTECT, related_name="laws")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="laws")
    body = models.JSONField()
    document = models.CharField(max_length=120, blank=True)
    article = models.CharField(max_length=200, blank=True)
    """What it rests on, as the verdict's reasons name it."""
    made_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """Empty for what was carried over from a release that did not keep it."""
    made_at_ms = models.BigIntegerField()
    """When it was published; `recorded_at_ms` is later in a row that corrects another."""
    also_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The second person behind it."""
    ending_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """Who wants it undone for days that have begun; a second person must want it too."""

    objects = DatedQuerySet["LawAct"].as_manager()

    class Meta:
        ordering: ClassVar = ["-from_date", "-number"]
        indexes: ClassVar = [models.Index(fields=["kind", "from_date"], name="law_kind_from")]
        constraints: ClassVar = [
            period_is_forward("law"),
            models.CheckConstraint(
                condition=Q(person__isnull=False, unit=None, group=None)
                | (Q(person=None) & (Q(unit__isnull=False) | Q(group__isnull=False))),
                name="a_law_is_for_a_unit_a_group_or_a_person",
            ),
            models.CheckConstraint(
                condition=Q(also_by=None) | ~Q(also_by=F("made_by")), name="two_who_stand_behind_a_law_are_two"
            ),
        ]

    @property
    def ref(self) -> str:
        """Its name on paper and in a verdict's reasons."""
        return self.document or f"P-{self.number}"

    @classmethod
    def saying(cls, shape: LawShape, **facts: Any) -> LawAct:  # noqa: ANN401 - the values of its fields
        """An act before anybody has made it: what it says, with whom it concerns, when, and on what it rests.

        The body is the same whatever process writes it: sets come out sorted.
        """
        return cls(kind=KIND_OF[type(shape)], body=msgspec.to_builtins(shape, order="deterministic"), **facts)

    @cached_property
    def shape(self) -> LawShape:
        return msgspec.convert(self.body, SHAPES[LawKind(self.kind)])

    def says(self, of: type[_Shape]) -> _Shape:
        """What it says, where its kind is known."""
        shape = self.shape
        assert isinstance(shape, of)
        return shape

    @property
    def kind_code(self) -> str:
        return f"law.kind.{self.kind}"

    @property
    def needs_two(self) -> bool:
        """Whether one person is not enough on any day."""
        return self.kind == LawKind.DISPENSATION or self.kind in TEXT_KINDS

    def takes_two_to_undo(self, today: date) -> bool:
        """Where a day of it has begun; and what two people have put in force, always."""
        return self.from_date <= today or (self.kind in TEXT_KINDS and self.also_by_id is not None)

    @property
    def approvers(self) -> frozenset[str]:
        return frozenset(f"person/{one}" for one in (self.made_by_id, self.also_by_id) if one is not None)


class LawStep(ActStep):
    """What somebody did with an act of law, with its record. Never changed, never removed."""

    law = models.ForeignKey(LawAct, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=10)

    @property
    def act_code(self) -> str:
        return f"act.law.{self.act}"


class RosterDay(models.Model):
    """Which shifts a person has on a date; none: a free day. Of a date's rows the one not withdrawn holds."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="roster")
    day = models.DateField()
    shifts = models.JSONField(default=list)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    recorded_at_ms = models.BigIntegerField()
    withdrawn_at_ms = models.BigIntegerField(null=True, blank=True)

    objects = RecordedQuerySet["RosterDay"].as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["day", "person"], name="roster_day_person")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "day"], condition=Q(withdrawn_at_ms=None), name="one_roster_for_a_date"
            ),
        ]


class WishState(models.TextChoices):
    """Names: `law.wish.state.<value>`."""

    WAITING = "waiting"
    AGREED = "agreed"
    REFUSED = "refused"


class RosterWish(models.Model):
    """Shifts that somebody wants written on days that had begun: nothing of it holds before a second person agrees."""

    number = models.BigAutoField(primary_key=True)
    entries = models.JSONField()
    """[[person, date, shifts or null]], as `rosters.RosterEntry`."""
    document = models.CharField(max_length=120)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at_ms = models.BigIntegerField()
    record = models.OneToOneField(OutboxRow, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=WishState.choices, default=WishState.WAITING)
    decided_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at_ms = models.BigIntegerField(null=True, blank=True)
    decision = models.OneToOneField(OutboxRow, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["number"]
        indexes: ClassVar = [models.Index(fields=["state"], name="roster_wish_state")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state=WishState.AGREED) | (Q(decided_by__isnull=False) & ~Q(decided_by=F("made_by"))),
                name="two_who_agree_to_a_roster_are_two",
            ),
        ]

    @property
    def state_code(self) -> str:
        return f"law.wish.state.{self.state}"

    @property
    def people(self) -> set[int]:
        return {person for person, _, _ in self.entries}


class TrialState(models.TextChoices):
    """Names: `law.trial.state.<value>`."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class PolicyTrial(models.Model):
    """A policy tried on a month of a unit before it is published. It changes nothing, so it is no record."""

    number = models.BigAutoField(primary_key=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    first = models.DateField()
    policy = models.CharField(max_length=60)
    title = models.JSONField()
    """{"id", "en"}: of the policy as it was tried."""
    document = models.TextField(blank=True)
    """The file that was brought; empty where an installed set was tried."""
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
    """When it was asked for: all of its days are judged as they stood then."""
    state = models.CharField(max_length=8, choices=TrialState.choices, default=TrialState.WAITING)
    done = models.PositiveIntegerField(default=0)
    of = models.PositiveIntegerField(default=0)
    last_person = models.PositiveBigIntegerField(default=0)
    """People are tried in the order of their numbers, up to this one so far."""
    days = models.PositiveIntegerField(default=0)
    units = models.JSONField(default=dict)
    """{unit's number: totals}, see `trials.Totals`."""
    fault = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-number"]

    @property
    def state_code(self) -> str:
        return f"law.trial.state.{self.state}"


class LawUpload(models.Model):
    """A text that somebody brought to put in force; it waits with them until it is proposed or another one comes."""

    number = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=12, choices=[(one.value, one.value) for one in sorted(TEXT_KINDS)])
    name = models.CharField(max_length=60)
    data = models.BinaryField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-number"]

    def __str__(self) -> str:
        return self.name


class TrialPerson(models.Model):
    """Somebody for whom the policy tried would change something."""

    trial = models.ForeignKey(PolicyTrial, on_delete=models.CASCADE, related_name="people")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+")
    before = models.DecimalField(max_digits=8, decimal_places=3)
    after = models.DecimalField(max_digits=8, decimal_places=3)
    weight = models.DecimalField(max_digits=8, decimal_places=3)
    """By how much the month would differ, whichever way: the page lists the most first."""
    days = models.JSONField()
    """[[date, outcome before, outcome after]]."""

    class Meta:
        ordering: ClassVar = ["-weight", "person_id"]
        indexes: ClassVar = [models.Index(fields=["trial", "unit"], name="trial_person_unit")]

    @property
    def change(self) -> Decimal:
        return self.after - self.before
