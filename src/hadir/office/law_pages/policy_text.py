"""A policy set in words that a lawyer reads: nothing is said here that does not stand in the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hadir.office.duties.said import value_name, value_text
from hadir.rules.duty import DutyRow, Weekday
from hadir.rules.policy import Dated, Policy, PolicySet, SideRules
from hadir.texts import Lang, time_words

_ORDER = (
    "late", "early", "no_arrival", "no_departure", "absent", "duties", "shifts", "shift_window", "excuses",
    "ceremonies", "month", "warnings",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HoursRow:
    weekday_code: str
    hours: str
    """Empty on a day off."""
    ramadan: str
    article: str


@dataclass(frozen=True, slots=True)
class Hours:
    """A duty's week."""

    name: str
    rows: list[HoursRow]
    flex: dict[str, object] | None
    dynamic: dict[str, object] | None


def hours_of(policy: Policy, lang: Lang) -> list[Hours]:
    """The weeks of the policy's duties, each weekday its own row."""
    found = []
    for name, duty in policy.duties.items():
        rows = [_hours_row(day, duty.week.get(day), duty.ramadan.get(day), lang) for day in Weekday]
        flex = duty.flex and {
            "early": duty.flex.early_minutes,
            "late": duty.flex.late_minutes,
            "article": duty.flex.article,
        }
        dynamic = duty.dynamic and {"minutes": duty.dynamic.weekly_minutes, "article": duty.dynamic.article}
        found.append(Hours(name=name, rows=rows if duty.week else [], flex=flex or None, dynamic=dynamic or None))
    return found


def _hours_row(day: Weekday, row: DutyRow | None, ramadan: DutyRow | None, lang: Lang) -> HoursRow:
    articles = dict.fromkeys(one.article for one in (row, ramadan) if one)
    return HoursRow(f"weekday.{day + 1}", _span(row, lang), _span(ramadan, lang), "; ".join(articles))


_DASH = "\N{EN DASH}"


def _span(row: DutyRow | None, lang: Lang) -> str:
    return time_words(f"{row.start:%H:%M}{_DASH}{row.end:%H:%M}", lang) if row else ""


@dataclass(frozen=True, slots=True)
class ClassLine:
    code: str
    from_minutes: int
    percent: Decimal
    each_minutes: int | None
    article: str


@dataclass(frozen=True, slots=True)
class Table:
    """The classes of lateness, or of early leave, with what a missing tap costs."""

    code: str
    lines: list[ClassLine]
    missing: ClassLine


def tables_of(policy: Policy) -> list[Table]:
    """TL and PSW."""
    sides: tuple[tuple[str, SideRules], ...] = (("late", policy.arrival), ("early", policy.departure))
    return [
        Table(
            f"law.table.{name}",
            [ClassLine(row.code, row.from_minutes, row.percent, row.each_minutes, row.article) for row in side.classes],
            ClassLine(
                side.no_punch.code,
                side.no_punch.from_minutes,
                side.no_punch.percent,
                side.no_punch.each_minutes,
                side.no_punch_article,
            ),
        )
        for name, side in sides
    ]


@dataclass(frozen=True, slots=True)
class Value:
    """One value of the file from one day on."""

    path: str
    said: str
    from_date: date
    until_date: date | None
    article: str
    source: str
    certainty_code: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    values: list[Value]


def sections_of(known: PolicySet, day: date, lang: Lang) -> list[Section]:
    """Every value of the set with its history, by the first word of its path."""
    grouped: dict[str, list[Value]] = defaultdict(list)
    for path, history in known.values.items():
        grouped[path.partition(".")[0]] += _history(path, history, day, lang)
    names = [*(name for name in _ORDER if name in grouped), *(name for name in grouped if name not in _ORDER)]
    return [Section(f"law.section.{name}", grouped[name]) for name in names]


def _history(path: str, history: Sequence[Dated], day: date, lang: Lang) -> list[Value]:
    ends = [one.from_date for one in history[1:]]
    return [
        Value(
            path=value_name(path, lang),
            said=value_text(path, one.value, lang),
            from_date=one.from_date,
            until_date=end,
            article=one.article,
            source=one.source,
            certainty_code=f"law.certainty.{one.certainty.value}",
            holds=one.from_date <= day and (end is None or day < end),
        )
        for one, end in zip(history, [*ends, None], strict=True)
    ]
