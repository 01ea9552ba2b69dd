"""The installed rules, asked about days that another edition judged (`months.following`)."""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass, replace

from hadir.office.judging.changes_since import facts_since
from hadir.office.judging.judge import DaysAsked, JudgeRequest, judge
from hadir.office.judging.judging import JudgeContext, PersonDayKey, day_line
from hadir.office.months.lines import LineRow


@dataclass(frozen=True, slots=True)
class InstalledRules:
    """As they stand at `now_ms`."""

    context: JudgeContext
    now_ms: int

    def told_since(self, days: Collection[PersonDayKey], at_ms: int) -> Container[PersonDayKey]:
        return facts_since(days, at_ms)

    def lines(self, days: Collection[PersonDayKey], known_at_ms: int | None) -> dict[PersonDayKey, LineRow]:
        context = replace(self.context, known_at_ms=known_at_ms, standing=None)
        request = JudgeRequest(
            days=list(days), now_ms=self.now_ms, days_asked=DaysAsked.KEPT, by_installed_rules=True
        )  # fmt: skip
        return {key: day_line(one) for key, one in judge(context, request).items()} if days else {}
