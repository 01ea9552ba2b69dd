"""What a tried policy would change, as a workbook: totals, units, people, and each day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hadir.office.duties.models import PolicyTrial, TrialPerson
from hadir.office.ground.words import say
from hadir.office.law_pages.trials import Totals, totals_by_unit, whole
from hadir.office.months.letters import printed
from hadir.office.tables.writing import SheetOut, xlsx_file
from hadir.office.units.models import Unit
from hadir.texts import Lang

_WIDTH, _WIDE = 14, 34
_TOTAL_HEADS = ("people", "changed", "stricter", "milder", "more", "less", "days", "minutes_before", "minutes_after")
_PERSON_HEADS = ("name", "nip", "unit", "before", "after", "change", "days")
_DAY_HEADS = (
    "name", "nip", "unit", "day", "codes_before", "codes_after", "minutes_before", "minutes_after", "percent_before",
    "percent_after",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """In which language a workbook is written, and with which letters for the codes."""

    lang: Lang
    letters: Mapping[str, str]


def trial_workbook(
    row: PolicyTrial, people: Iterable[TrialPerson], *, units: Mapping[int, Unit], words: Words
) -> bytes:
    """The bytes of an .xlsx file. Every text is a text, whatever it begins with."""
    by_unit = totals_by_unit(row)
    total = whole(list(by_unit.values()))
    scope = f"{row.title[words.lang]} · {row.unit.name} · {row.first:%Y-%m}"
    rows = [[units[number].name, *_numbers(one)] for number, one in by_unit.items() if number in units]
    classes = [[printed(code, words.letters), *pair] for code, pair in total.classes.items()]
    told = list(people)
    days = [[*_who(one), *_day(day, words.letters)] for one in told for day in one.days]
    return xlsx_file(
        _sheet("units", ("unit", *_TOTAL_HEADS), [[scope, *_numbers(total)], *rows], words),
        _sheet("classes", ("code", "before", "after"), classes, words),
        _sheet("people", _PERSON_HEADS, [[*_who(one), *_change(one)] for one in told], words),
        _sheet("days", _DAY_HEADS, days, words),
    )


def _numbers(one: Totals) -> list[Any]:
    return [one.people, one.changed, one.stricter, one.milder, one.more, one.less, one.changed_days, *one.minutes]


def _who(one: TrialPerson) -> list[Any]:
    return [one.person.titled_name, one.person.nip, one.unit.name]


def _change(one: TrialPerson) -> list[Any]:
    return [one.before, one.after, one.change, len(one.days)]


def _day(day: Sequence[Any], letters: Mapping[str, str]) -> list[Any]:
    on, before, after = day
    codes = [" ".join(printed(code, letters) for code in one["codes"]) for one in (before, after)]
    return [on, *codes, before["minutes"], after["minutes"], Decimal(before["percent"]), Decimal(after["percent"])]


def _sheet(name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], words: Words) -> SheetOut:
    return SheetOut(
        title=say(f"law.trial.sheet.{name}", words.lang),
        rows=[[say(f"law.trial.head.{head}", words.lang) for head in heads], *rows],
        widths=[_WIDE if head in {"name", "unit"} else _WIDTH for head in heads],
    )
