"""What a tried policy would change, as a workbook: totals, units, people, and each day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from hadir.office.duties.models import PolicyTrial, TrialPerson
from hadir.office.ground.words import say
from hadir.office.law_pages.trials import Totals, totals_by_unit, whole
from hadir.office.months.letters import printed
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
    book = Workbook(write_only=True)
    by_unit = totals_by_unit(row)
    total = whole(list(by_unit.values()))
    scope = f"{row.title[words.lang]} · {row.unit.name} · {row.first:%Y-%m}"
    rows = [[units[number].name, *_numbers(one)] for number, one in by_unit.items() if number in units]
    _fill(_sheet(book, "units", words), ("unit", *_TOTAL_HEADS), [[scope, *_numbers(total)], *rows], words)
    classes = [[printed(code, words.letters), *pair] for code, pair in total.classes.items()]
    _fill(_sheet(book, "classes", words), ("code", "before", "after"), classes, words)
    told = list(people)
    _fill(_sheet(book, "people", words), _PERSON_HEADS, [[*_who(one), *_change(one)] for one in told], words)
    days = [[*_who(one), *_day(day, words.letters)] for one in told for day in one.days]
    _fill(_sheet(book, "days", words), _DAY_HEADS, days, words)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


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


def _sheet(book: Workbook, name: str, words: Words) -> Any:  # noqa: ANN401 - openpyxl's sheets
    return book.create_sheet(say(f"law.trial.sheet.{name}", words.lang)[:31])


def _fill(
    sheet: Any,  # noqa: ANN401 - openpyxl's sheets
    heads: Sequence[str],
    rows: Iterable[Sequence[Any]],
    words: Words,
) -> None:
    for place, head in enumerate(heads, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = _WIDE if head in {"name", "unit"} else _WIDTH
    sheet.append([_cell(sheet, say(f"law.trial.head.{head}", words.lang), is_bold=True) for head in heads])
    for line in rows:
        sheet.append([_cell(sheet, value) for value in line])


def _cell(sheet: Any, value: Any, *, is_bold: bool = False) -> Any:  # noqa: ANN401 - openpyxl's cells
    cell: Any = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # A name that begins like a formula must stay a name.
    if is_bold:
        cell.font = Font(bold=True)
    return cell
