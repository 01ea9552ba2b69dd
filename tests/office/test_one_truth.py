"""A day is said alike everywhere: what the calendar says, the signed form says, with what it costs."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
import yaml
from django.test import Client
from openpyxl import load_workbook

from hadir.config import shipped
from hadir.office.month_pages.columns import columns
from hadir.office.months.letters import shown_day
from hadir.office.months.lines import line_of, read_line
from hadir.office.months.models import ClosedRow, DayLine, LateDay
from hadir.rules import parse_cases, parse_policies
from hadir.rules.calendars import parse_calendars
from hadir.rules.cases import run_case
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_days import text_of
from tests.office.test_month import cells
from tests.office.test_months import DECEMBER, NOVEMBER, close, in_december, november, row_of, school
from tests.office.test_months_exports import pdf_text, sheet_rows

__all__ = ["november"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def forgot(november: Morning) -> Morning:
    """Sari came on the 26th and recorded no departure: by the law's table that is PSW4, two percent."""
    november.tap(demo.SARI, "in", at(7, 20, day=26))
    for colleague in (demo.HASAN, demo.BUDI, demo.WATI):
        november.tap(colleague, "in", at(7, 15, day=26))
        november.tap(colleague, "out", at(16, 5, day=26))
    november.follow(in_december(1))
    return november


def test_a_missing_departure_has_one_letter_on_every_page_and_paper(forgot: Morning, rina: Client) -> None:
    assert cells(rina, demo.SARI)["2026-11-26"] == "PSW4"
    day = text_of(rina.get(f"/kantor/orang/{demo.SARI}/2026-11-26/").content.decode())
    assert "Tidak ada catatan pulang (PSW4)" in day
    assert "Kode di rekap: PSW4 · potongan 2,00 %" in day
    heads, rows = sheet_rows(rina)
    sari = next(row for row in rows if row[1] == row_of(demo.SARI).name)
    told = dict(zip(heads, sari, strict=True))
    assert (told["24"], told["25"], told["26"]) == ("TL1", "H", "PSW4")
    assert (told["PSW4"], told["TAP"], told["PSW4 menit"]) == (1, 1, 0)
    assert "TL1 H PSW4" in " ".join(pdf_text(rina).split())
    assert "TAP tidak absen pulang, dihitung PSW4" in " ".join(pdf_text(rina).split())


def test_every_deduction_has_its_date_and_letter_and_they_are_the_total(forgot: Morning, rina: Client) -> None:
    row = row_of(demo.SARI)
    assert row.costs is not None
    assert [row.letters_on(day) for day in row.costs][:2] == ["TL1", "PSW4"]
    assert sum(row.costs.values(), Decimal(0)) == row.settlement.percent
    sheet = text_of(rina.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/orang/{demo.SARI}/").content.decode())
    assert "Kamis, 26 November 2026 PSW4 2" in sheet
    book = load_workbook(BytesIO(rina.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/rekap.xlsx").content))
    told = [[cell.value for cell in line] for line in book["Potongan per tanggal"].iter_rows(min_row=2)]
    dated = [line for line in told if line[1] == row.name]
    assert [line[4] for line in dated][:2] == ["TL1", "PSW4"]
    assert sum(Decimal(str(line[5])) for line in dated) == row.settlement.percent


def test_the_line_that_a_month_keeps_shows_what_the_verdict_shows() -> None:
    """Of every day of the law's own cases."""
    folder = shipped("policies")
    policies = parse_policies({file.stem: yaml.safe_load(file.read_text("utf-8")) for file in folder.glob("*.yaml")})
    documents = {file.stem: yaml.safe_load(file.read_text("utf-8")) for file in (folder / "calendars").glob("*.yaml")}
    calendars = parse_calendars(documents)
    count = 0
    for file in sorted((folder / "cases").glob("*.yaml")):
        for case in parse_cases(yaml.safe_load(file.read_text("utf-8")), file.stem):
            for one in getattr(case, "days", (case,)):
                verdict = run_case(one, policies, calendars).verdict
                assert read_line(line_of(verdict)).shown == shown_day(verdict), case.name
                count += 1
    assert count > 300


def test_a_month_closed_before_prints_as_it_was_signed(forgot: Morning, rina: Client) -> None:
    """Rows kept without the letters of their dates: no letter is put in afterwards, and no class is counted anew."""
    closing = close(NOVEMBER, in_december(1))
    for row in ClosedRow.objects.filter(closing=closing):
        row.body = {name: value for name, value in row.body.items() if name not in {"shown", "costs"}}
        row.save()
    shown = row_of(demo.SARI)
    assert [shown.letters_on(date(2026, 11, day)) for day in (24, 25, 26)] == ["TL1", "H", "H"]
    found = {column.head: column.value(shown) for column in columns(shipped("policies"), school(), {})}
    assert (found["PSW4"], found["TAP"]) == (0, 1)
    sheet = text_of(rina.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/orang/{demo.SARI}/").content.decode())
    assert "Potongan per tanggal" not in sheet
    assert not LateDay.objects.exists()
    assert DayLine.objects.filter(person=demo.SARI, day__lt=DECEMBER).count() >= 3
