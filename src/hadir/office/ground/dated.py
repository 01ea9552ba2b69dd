"""Rows that are true for a period and are never overwritten: a correction withdraws the row and adds another.

*Known at*: what the office had been told by a moment. Whoever judges asks for rows as they are known now (`None`), or
as they were known then.
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol, Self, TypeVar

from django.db import models
from django.db.models import F, Q

_Row = TypeVar("_Row", bound=models.Model)


def told_by(field: str, known_at_ms: int | None) -> Q:
    """Rows whose moment `field` had come when the office knew what it knew; for None, now, all of them."""
    return Q() if known_at_ms is None else Q(**{f"{field}__lte": known_at_ms})


class RecordedQuerySet(models.QuerySet[_Row]):
    """Chooses rows by the moment they were known."""

    def current(self) -> Self:
        return self.filter(withdrawn_at_ms=None)

    def known(self, at_ms: int | None) -> Self:
        """Rows as they stood at `at_ms`; for None, as they stand now."""
        return self.current() if at_ms is None else self.as_known(at_ms)

    def as_known(self, at_ms: int) -> Self:
        """All rows as they stood at `at_ms`, so that March can be judged again in September."""
        return self.filter(recorded_at_ms__lte=at_ms).filter(
            Q(withdrawn_at_ms=None) | Q(withdrawn_at_ms__gt=at_ms),
        )

    def changed_since(self, at_ms: int) -> Self:
        """Rows that hold now and did not then, and rows that held then and do not now."""
        entered = Q(recorded_at_ms__gt=at_ms, withdrawn_at_ms=None)
        return self.filter(entered | Q(recorded_at_ms__lte=at_ms, withdrawn_at_ms__gt=at_ms))


class DatedQuerySet(RecordedQuerySet[_Row]):
    """Chooses them by the day they are about, too."""

    def on(self, day: date, known_at_ms: int | None = None) -> Self:
        """Rows true on `day`, as known now, or as known then."""
        return self.known(known_at_ms).filter(from_date__lte=day).filter(Q(until_date=None) | Q(until_date__gt=day))


class DatedRow(models.Model):
    """True on days in `[from_date, until_date)`; entered at `recorded_at_ms`, not believed since `withdrawn_at_ms`."""

    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)
    recorded_at_ms = models.BigIntegerField()
    withdrawn_at_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        abstract = True


def period_is_forward(name: str) -> models.CheckConstraint:
    """The constraint that a period ends after it begins, to be listed in a model's `constraints`."""
    return models.CheckConstraint(
        condition=Q(until_date=None) | Q(until_date__gt=F("from_date")),
        name=f"{name}_period_is_forward",
    )


class HasPeriod(Protocol):
    """A dated row, or what somebody keeps of one."""

    @property
    def from_date(self) -> date: ...

    @property
    def until_date(self) -> date | None: ...


_Held = TypeVar("_Held", bound=HasPeriod)


def holds(row: HasPeriod, day: date) -> bool:
    """Whether the row holds on `day`."""
    return row.from_date <= day and (row.until_date is None or day < row.until_date)


def in_force(rows: Sequence[_Held], day: date) -> _Held | None:
    """Of rows in order of their first day, the newest that holds on `day`."""
    return next((row for row in reversed(rows) if holds(row, day)), None)
