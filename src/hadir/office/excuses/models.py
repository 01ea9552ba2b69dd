from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from hadir.office.acts.models import ActStep
from hadir.office.excuses.kinds import OUTAGE, Cause, ExcuseAct, ExcuseState, Scope
from hadir.office.ground.installation import HERE
from hadir.office.people.models import Person
from hadir.office.units.models import Unit
from hadir.rules.clocks import Period


class Excuse(models.Model):
    """What lifts a part of a day: an outage of the system, or leave, travel or a dispensation of people.

    It holds in `[from_ms, until_ms)` and, for an outage, `tail_minutes` after it. `unit` is the subtree it concerns
    (empty: everybody) and from which it is seen. Everything that ever happened to it is a `Step`; the columns of the
    state and of who acted are the newest steps, kept here for questions.
    """

    number = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=8)
    scope = models.CharField(max_length=8, choices=Scope.choices)
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="excuses")
    terminal = models.CharField(max_length=40, blank=True)
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    is_whole_days = models.BooleanField(default=False)
    tail_minutes = models.PositiveSmallIntegerField(default=0)
    document = models.CharField(max_length=120, blank=True)
    basis = models.CharField(max_length=200, blank=True)
    cause = models.CharField(max_length=10, choices=Cause.choices, blank=True)
    state = models.CharField(max_length=10, choices=ExcuseState.choices, default=ExcuseState.PROPOSED)
    entered_at_ms = models.BigIntegerField()
    entered_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """Empty for what was measured."""
    attested_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    also_approved_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """A second approver, without whom an outage does not hold for the first: nobody decides on himself."""
    lifts_proven = models.BooleanField(default=False)
    """Whether an outage covers even arrivals that are proven late; its approver says so. Outages from before he was
    asked lift it."""
    change_asked_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """Who asks that `lifts_proven` turns into its opposite, until a second person has answered."""
    upload = models.ForeignKey("ExcuseUpload", null=True, blank=True, on_delete=models.PROTECT, related_name="excuses")
    """The list that it came with; empty for what was typed or measured."""
    measured_by = models.CharField(max_length=255, blank=True)
    """A journal's origin, or `phones/` and the path of the units whose phones waited."""
    measured_from_ms = models.BigIntegerField(null=True, blank=True)
    measured_until_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-from_ms", "-number"]
        indexes: ClassVar = [models.Index(fields=["state", "until_ms"], name="excuse_state_time")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(until_ms__gt=F("from_ms")), name="excuse_period_is_forward"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("attested_by")), name="who_attests_does_not_approve"
            ),
            models.UniqueConstraint(
                fields=["measured_by", "measured_until_ms"],
                condition=~Q(measured_by=""),
                name="an_outage_is_proposed_once",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @classmethod
    def within(cls, period: Period, **facts: Any) -> Excuse:  # noqa: ANN401 - the values of its fields
        """What somebody says of a period, before it is entered."""
        return cls(from_ms=period.from_ms, until_ms=period.until_ms, **facts)

    @property
    def zone(self) -> str:
        """On whose clocks it is told."""
        return self.unit.zone if self.unit else HERE.site.zone

    @property
    def ref(self) -> str:
        """Its name on paper and in a verdict's reasons."""
        return f"K-{self.number}"

    @property
    def is_outage(self) -> bool:
        return self.kind == OUTAGE

    @property
    def concerns_approver(self) -> bool:
        """Whether whoever approved it is among those whom it concerns, where `covering.with_approver` asked."""
        return bool(self.__dict__.get("approver_concerned", True))

    @property
    def wants_second(self) -> bool:
        """Whether it was approved by one whom it concerns: he is not covered before somebody else has approved."""
        alone = self.approved_by_id is not None and self.also_approved_by_id is None
        return self.state == ExcuseState.APPROVED and self.is_outage and alone and self.concerns_approver

    @property
    def period(self) -> Period:
        return Period(self.from_ms, self.until_ms)

    @property
    def path(self) -> str:
        """The subtree it concerns; every path begins with the one of everybody."""
        return self.unit.path if self.unit else "/"

    @property
    def kind_code(self) -> str:
        return f"excuse.kind.{self.kind}"

    @property
    def state_code(self) -> str:
        return f"excuse.state.{self.state}"

    @property
    def cause_code(self) -> str:
        return f"outage.cause.{self.cause or Cause.UNKNOWN.value}"

    @property
    def tone(self) -> str:
        return {ExcuseState.APPROVED: "recorded", ExcuseState.PROPOSED: "waiting", ExcuseState.ATTESTED: "waiting"}.get(
            ExcuseState(self.state), "plain"
        )


class ExcusedPerson(models.Model):
    excuse = models.ForeignKey(Excuse, on_delete=models.CASCADE, related_name="people")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="excuses")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["excuse", "person"], name="a_person_is_named_once")]

    def __str__(self) -> str:
        return f"{self.excuse_id} {self.person_id}"


class Step(ActStep):
    """One act of a person on an excuse, with its record. Never changed, never removed."""

    excuse = models.ForeignKey(Excuse, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=10, choices=ExcuseAct.choices)
    head_of = models.TextField(blank=True)
    """Subtrees for which a unit head spoke by this act, as paths with spaces between; empty for everybody else."""

    @property
    def act_code(self) -> str:
        return f"act.excuse.{self.act}"


class ExcuseUpload(models.Model):
    """A list of excuses that was uploaded and shown; its bytes go when it is carried out or another one comes."""

    sha256 = models.CharField(max_length=43)
    name = models.CharField(max_length=200)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    data = models.BinaryField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
    done_at_ms = models.BigIntegerField(null=True, blank=True)
    entered = models.PositiveIntegerField(default=0)
    """How many excuses came of it."""

    class Meta:
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return self.name
