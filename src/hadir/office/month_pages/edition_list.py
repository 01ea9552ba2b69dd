"""The days on which an edition of the rules says something else, as a page and a file show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from hadir.office.ground.rows import listed
from hadir.office.ground.words import say
from hadir.office.judging.judge import JudgeRequest, judge
from hadir.office.judging.judging import JudgeContext
from hadir.office.months.editions import differing
from hadir.office.months.kept_verdict import reason_body
from hadir.office.months.letters import printed
from hadir.office.months.lines import read_line
from hadir.office.months.models import Edition, OlderVerdict, PriceChange
from hadir.office.months.older import stored_verdict
from hadir.office.page.asked import month_asked
from hadir.office.page.lists import Addressed, one_of, searched
from hadir.office.people.models import Person
from hadir.office.units.models import Unit
from hadir.rules.reasons import Reason
from hadir.texts import Lang

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class DifferenceFilter(Addressed):
    """What the address of the list asks for."""

    change: str
    month: date | None
    search: str

    @classmethod
    def read(cls, given: Mapping[str, str]) -> DifferenceFilter:
        changes = [one.value for one in PriceChange if one is not PriceChange.NONE]
        return cls(one_of(given, "saring", changes), month_asked(given.get("bulan", "")), searched(given))

    @property
    def parts(self) -> Mapping[str, object]:
        return {"saring": self.change, "bulan": self.month and f"{self.month:%Y-%m}", "cari": self.search}

    @property
    def says_anything(self) -> bool:
        return any(self.parts.values())

    def of(self, rows: QuerySet[OlderVerdict]) -> QuerySet[OlderVerdict]:
        if self.change:
            rows = rows.filter(change=self.change)
        if self.month:
            rows = rows.filter(day__year=self.month.year, day__month=self.month.month)
        if self.search:
            rows = rows.filter(person__in=Person.objects.filter(full_name__icontains=self.search).values("number"))
        return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one edition says of a day: letters as they are printed, what it costs, and the reasons it alone gives."""

    letters: str
    percent: Decimal
    reasons: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDifference:
    person: int
    name: str
    unit: str
    day: date
    change: str
    before: Reading
    after: Reading

    @property
    def change_code(self) -> str:
        return f"months.edition.change.{self.change}"


def rows_of(edition: Edition, units: QuerySet[Unit]) -> QuerySet[OlderVerdict]:
    """By person and date, as far as these units reach."""
    return differing(edition).filter(unit__in=units.values("number")).order_by("person", "day")


def differences(
    context: JudgeContext, rows: Sequence[OlderVerdict], letters: Mapping[str, str], now_ms: int
) -> list[DayDifference]:
    """These rows with names and reasons: the days are judged by the installed rules once more."""
    request = JudgeRequest(
        days=[(row.person, row.day) for row in rows], now_ms=now_ms, by_installed_rules=True
    )  # fmt: skip
    judged = judge(context, request) if rows else {}
    people = Person.objects.filter(number__in=listed({row.person for row in rows})).in_bulk()
    units = Unit.objects.filter(number__in=listed({row.unit for row in rows})).in_bulk()
    found = []
    for row in rows:
        one = judged.get((row.person, row.day))
        was, will = stored_verdict(row.body, ()).reasons, one.verdict.reasons if one else ()
        found.append(
            DayDifference(
                person=row.person,
                name=people[row.person].titled_name if row.person in people else str(row.person),
                unit=units[row.unit].name if row.unit in units else str(row.unit),
                day=row.day,
                change=row.change,
                before=_reading(row.line, was, will, letters),
                after=_reading(row.said, will, was, letters),
            )
        )
    return found


def _reading(line: str, reasons: Sequence[Reason], other: Sequence[Reason], letters: Mapping[str, str]) -> Reading:
    shown = read_line(line).shown
    there = [(one.code, one.mapping) for one in other]
    return Reading(
        letters=" ".join(printed(code, letters) for code in shown.letters),
        percent=shown.percent,
        reasons=tuple(reason_body(one) for one in reasons if (one.code, one.mapping) not in there),
    )


# --- a file ----------------------------------------------------------------------------------------------------------

HEADS = (
    "name", "unit", "date", "before", "before_percent", "after", "after_percent", "change", "why_before", "why_after"
)  # fmt: skip


def table_rows(
    context: JudgeContext, rows: QuerySet[OlderVerdict], letters: Mapping[str, str], lang: Lang, now_ms: int
) -> Iterator[list[object]]:
    """The headings, and a row for each day."""
    yield [say(f"months.edition.column.{head}", lang) for head in HEADS]
    total = rows.count()
    for begin in range(0, total, ROWS_AT_ONCE):
        for one in differences(context, list(rows[begin : begin + ROWS_AT_ONCE]), letters, now_ms):
            was, will = one.before, one.after
            yield [
                one.name, one.unit, one.day, was.letters, was.percent, will.letters, will.percent,
                say(one.change_code, lang), _sentences(was, lang), _sentences(will, lang),
            ]  # fmt: skip


def _sentences(reading: Reading, lang: Lang) -> str:
    told = (say(one["code"], lang, one["params"]) for one in reading.reasons)
    return "; ".join(told)
