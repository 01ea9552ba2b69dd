"""The one place where an office's excuse becomes a rule's."""

from __future__ import annotations

from datetime import date

from hadir.office.excuses.models import Excuse
from hadir.records.days import local_date
from hadir.rules.excuse import ExcusePeriod


def into_rules(row: Excuse) -> ExcusePeriod:
    """The excuse on its first day; an outage has no code and alone has a tail.

    Nobody who approves an outage is asked yet whom it finds proven late: until the page asks, each lifts that.
    """
    return ExcusePeriod(
        ref=row.ref,
        period=row.period,
        tail_minutes=row.tail_minutes if row.is_outage else 0,
        article=row.basis,
        code=None if row.is_outage else row.kind,
        lifts_proven=row.is_outage,
    )


def day_number(excuse: ExcusePeriod, day: date, zone: str) -> int:
    """The day's ordinal in the excuse, from 1: some days of sickness cost more than the first ones."""
    return (day - local_date(excuse.period.from_ms, zone)).days + 1
