"""The one place where an office's excuse becomes a rule's.

The rules on this branch know the outage only; an excuse of another kind is given to them as the period it covers. When
they tell the kinds apart, this function is what changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hadir.rules.excuse import Excuse as RulesExcuse
from hadir.rules.excuse import ExcuseKind as RulesKind

if TYPE_CHECKING:
    from hadir.office.excuses.models import Excuse


def into_rules(row: Excuse) -> RulesExcuse:
    return RulesExcuse(
        ref=row.ref,
        kind=RulesKind.OUTAGE,
        period=row.period,
        tail_minutes=row.tail_minutes if row.is_outage else 0,
        article=row.basis,
    )
