"""The bytes of a file that somebody asked for: the same form that a small unit gets at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hadir.office.exports.models import Export, Kind
from hadir.office.month_pages.forms import Filter
from hadir.office.month_pages.paper import paper_of
from hadir.office.month_pages.pdf import pdf
from hadir.office.month_pages.recap import month_recap
from hadir.office.month_pages.xlsx import workbook
from hadir.office.months.letters import current_letters
from hadir.texts import Lang


def make_export(row: Export, *, policies: Path, now_ms: int, done: Callable[[int], object]) -> bytes:
    """Sets `row.people`; `done` hears how many of them are in the file."""
    month = month_recap(policies, row.unit, row.first)
    rows = Filter.read({"saring": row.which, "cari": row.search}).of(month.rows)
    row.people = len(rows)
    done(0)
    lang: Lang = "en" if row.lang == "en" else "id"
    letters = month.closings[0].letters if month.is_closed else current_letters()
    paper = paper_of(month, rows, letters=letters, policies=policies, lang=lang, now_ms=now_ms)
    make = workbook if row.kind == Kind.XLSX else pdf
    return make(paper, row.size, done=done)
