"""Every person-month of a site, by each page and paper that shows it: prints what two of them say differently.

python -m tests.drill.one_truth FOLDER        {"months": 240, "deducted": 61, "differences": []}
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from hadir.config import read_settings, shipped
from hadir.office.programs.commands import prepare

prepare(read_settings({"HADIR_DATA": sys.argv[1]}))

# ruff: noqa: E402
from django.conf import settings
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from hadir.office.accounts.models import User
from hadir.office.day_pages.month import month_of
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.judging.judging import judge_context
from hadir.office.month_pages.paper import Paper, paper_of
from hadir.office.month_pages.pdf import pdf
from hadir.office.month_pages.recap import MonthRecap, RecapRow, month_recap
from hadir.office.month_pages.sheet import sheet_facts
from hadir.office.month_pages.xlsx import HEAD_ROW, workbook
from hadir.office.people.models import Person
from hadir.office.projection.models import VerdictRow
from hadir.office.units.models import Unit
from hadir.rules.months import MonthLine

POLICIES = shipped("policies")
SHEETS = 12
"""So many of the people are asked of the office as a browser asks."""

Said = dict[date, str]


@dataclass
class Look:
    month: MonthRecap
    paper: Paper
    today: date
    now_ms: int


def looks() -> list[Look]:
    """At each calendar month that the site has days of: on the first of a month the new one says next to nothing."""
    now_ms = HERE.clock.now_ms()
    root = Unit.objects.get(parent=None)
    today = day_at(now_ms, HERE.site.zone)
    began = VerdictRow.objects.filter(day__lte=today).earliest("day").day
    return [look(root, first, today, now_ms) for first in sorted({began.replace(day=1), today.replace(day=1)})]


def look(root: Unit, first: date, today: date, now_ms: int) -> Look:
    month = month_recap(POLICIES, root, first)
    paper = paper_of(month, month.rows, letters={}, policies=POLICIES, lang="id", now_ms=now_ms)
    return Look(month, paper, today, now_ms)


def workbook_says(seen: Look) -> list[Said]:
    sheet = load_workbook(BytesIO(workbook(seen.paper))).worksheets[0]
    heads = [str(cell.value) for cell in sheet[HEAD_ROW]]
    begin = heads.index("1") + 1
    return [
        {
            day: str(sheet.cell(HEAD_ROW + number, begin + place).value or "")
            for place, day in enumerate(seen.month.days)
        }
        for number in range(1, len(seen.month.rows) + 1)
    ]


def pdf_lacks(seen: Look) -> Iterator[str]:
    """People whose row of codes does not stand in the PDF, cell after cell."""
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf(seen.paper, "f4"))).pages)
    found = " ".join(text.split())
    for row in seen.paper.rows:
        codes = " ".join(cell for cell in row.daily if cell)
        if codes not in found:
            yield f"{row.row.name}: the PDF does not say {codes}"


def calendar_says(seen: Look, person: Person) -> tuple[Said, Decimal]:
    month = month_of(judge_context(), person, seen.month.first, today=seen.today, now_ms=seen.now_ms)
    cells = (cell for week in month.weeks for cell in week if cell is not None)
    return {cell.day: " ".join(cell.codes) for cell in cells}, month.deduction


def sums_of(row: RecapRow) -> Iterator[str]:
    """The dates and what only the month takes away are the total, and no date takes away without a letter."""
    facts = sheet_facts(row, POLICIES, date.today(), "id", {})  # noqa: DTZ011 - only its dates are looked at
    dated = sum((one.percent for one in facts.deductions), Decimal(0))
    parts = {line.code: line.value for line in row.settlement.lines}
    total = parts.get(MonthLine.TOTAL, Decimal(0))
    monthly = parts.get(MonthLine.CONVERTED, Decimal(0))
    if dated + monthly not in {total, total - parts.get(MonthLine.CLASSES, Decimal(0))}:
        yield f"{row.name}: dates {dated} and month {monthly} are not {total}"
    if any(not one.letters for one in facts.deductions):
        yield f"{row.name}: a deduction without a letter"


def pages_say(client: Client, row: RecapRow, first: date) -> tuple[Said, Said]:
    """The calendar and the sheet as a browser gets them."""
    pages = (
        client.get(f"/kantor/orang/{row.person}/bulan/{first:%Y-%m}/").content.decode(),
        client.get(f"/kantor/bulan/{row.unit.number}/{first:%Y-%m}/orang/{row.person}/").content.decode(),
    )
    said = []
    for page in pages:
        cells = re.findall(r'href="/kantor/orang/\d+/([\d-]+)/"[^>]*>\s*<span class="cell-day">.*?'
                           r'class="cell-code">(.*?)</span>', page, re.DOTALL)  # fmt: skip
        said.append({date.fromisoformat(day): " ".join(codes.replace("·", "").split()) for day, codes in cells})
    return said[0], said[1]


def differences(seen: Look) -> Iterator[str]:
    by_workbook = workbook_says(seen)
    yield from pdf_lacks(seen)
    people = Person.objects.in_bulk({row.person for row in seen.month.rows})
    client = Client()
    client.force_login(User.objects.get(login="rina"))
    session: Any = client.session
    session["began_ms"] = session["active_ms"] = seen.now_ms
    session.save()
    costs: dict[int, Decimal] = {}
    for number, row in enumerate(seen.month.rows):
        said, costs[row.person] = calendar_says(seen, people[row.person])
        yield from sums_of(row)
        # A person who was moved has a row in each unit: of each the dates that it judged.
        judged = [day for day in row.recap.cells if day <= seen.today]
        told = {"calendar": said, "recap": {day: row.letters_on(day) for day in judged}, "xlsx": by_workbook[number]}
        if number < SHEETS:
            told["calendar page"], told["sheet page"] = pages_say(client, row, seen.month.first)
        for day in judged:
            letters = {name: one.get(day, "") for name, one in told.items()}
            if len(set(letters.values())) > 1:
                yield f"{row.name} {day}: {letters}"
    for person, cost in costs.items():
        total = sum((row.settlement.percent for row in seen.month.rows if row.person == person), Decimal(0))
        if cost != total:
            yield f"person/{person}: the calendar deducts {cost}, the recap {total}"


def main() -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert Path(sys.argv[1]).is_dir()
    seen = looks()
    found = [one for each in seen for one in differences(each)]
    rows = [row for each in seen for row in each.month.rows]
    deducted = sum(bool(row.costs) for row in rows)
    told = {"months": len(rows), "deducted": deducted, "differences": found[:20], "count": len(found)}
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


main()
