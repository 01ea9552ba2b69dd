"""Where a person was on a day, by which law, and what was owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hadir.office.judging.law_facts import LawDay
from hadir.office.units.models import Unit
from hadir.rules.duty import DutyDay
from hadir.rules.judge import OffDuty
from hadir.rules.policy import Policy


@dataclass(frozen=True, slots=True)
class PersonDay:
    """Where a person was at home on a day, by which law, and what he owed there."""

    person: int
    day: date
    unit: Unit
    law: LawDay
    without_signal: bool

    @property
    def policy(self) -> Policy:
        return self.law.policy

    @property
    def duty_days(self) -> tuple[DutyDay, ...]:
        """None on a free day; two for a split shift."""
        return self.law.owed.days

    @property
    def duty_day(self) -> DutyDay | None:
        """What was owed, or the first part of it."""
        return next(iter(self.duty_days), None)

    @property
    def off(self) -> OffDuty | None:
        """Why nothing was owed."""
        return self.law.owed.off
