"""A verdict has one encoding; lines of months closed in the spelling before it are read and compared by meaning."""

from datetime import date

import pytest
import yaml
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hadir.config import shipped
from hadir.office.follower.keeping import judge_days
from hadir.office.follower.rebuilding import meaning_digest, rebuild
from hadir.office.ground.rows import spelt
from hadir.office.months.closed_row import rows_digest
from hadir.office.months.kept_verdict import KeptVerdict, MonthHalf, MonthVerdict, month_part
from hadir.office.months.lines import is_same, line_of, month_verdict, read_line
from hadir.office.months.models import ClosedRow, Closing, DayLine, LateDay
from hadir.office.projection.models import VerdictRow
from hadir.rules import parse_cases, parse_policies
from hadir.rules.calendars import parse_calendars
from hadir.rules.cases import run_case
from rehearsal.demo import cast as demo
from tests.office.morning import Morning
from tests.office.test_months import NOVEMBER, close, in_december, late_tap, november, row_of

__all__ = ["november"]

pytestmark = pytest.mark.django_db


def old_line(line: str) -> str:
    """The line as releases before wrote it, into the rows of closed months."""
    month = month_verdict(line)
    marks = ("m" if month.manual else "") + ("f" if month.flex_used else "")
    week = month.week
    return "|".join((
        month.version.policy, month.code, month.status.value, month.deduction_percent, month.review, marks,
        old_half(month.arrival), old_half(month.departure), ",".join(month.missed),
        *([] if week is None else [f"{week.minutes},{week.pause},{week.days},{week.between}"]),
    ))  # fmt: skip


def old_half(half: MonthHalf | None) -> str:
    if half is None:
        return ""
    grade = half.grade.value if half.grade else ""
    return f"{half.status.value},{half.class_code or ''},{half.minutes},{half.percent},{grade},{half.excuse_code or ''}"


def close_as_before() -> Closing:
    """November, closed by a release that spelt its lines otherwise."""
    closing = close(NOVEMBER, in_december(1))
    for row in closing.rows.all():
        row.lines = {day: old_line(line) for day, line in row.lines.items()}
        row.save()
    closing.digest = rows_digest(closing.rows.values_list("person", "body", "lines"))
    closing.save()
    return closing


def test_a_day_line_is_the_part_of_the_verdict_that_a_month_reads(november: Morning) -> None:
    bodies = {(row.person, row.day): row.body for row in VerdictRow.objects.all()}
    lines = {(row.person, row.day): row.line for row in DayLine.objects.all()}
    assert bodies.keys() == lines.keys() != set()
    assert all(month_part(spelt(body).encode()) == lines[key] for key, body in bodies.items())
    assert all(month_part(line.encode()) == line for line in lines.values()), "equal days are equal texts"


def test_every_field_of_a_month_is_one_of_the_verdict() -> None:
    assert set(MonthVerdict.__struct_fields__) <= set(KeptVerdict.__struct_fields__)


def test_a_line_of_a_closed_month_means_what_the_line_of_today_means() -> None:
    """Of every day of the law's own cases."""
    folder = shipped("policies")
    policies = parse_policies({file.stem: yaml.safe_load(file.read_text("utf-8")) for file in folder.glob("*.yaml")})
    documents = {file.stem: yaml.safe_load(file.read_text("utf-8")) for file in (folder / "calendars").glob("*.yaml")}
    calendars, lines = parse_calendars(documents), set()
    for file in sorted((folder / "cases").glob("*.yaml")):
        for case in parse_cases(yaml.safe_load(file.read_text("utf-8")), file.stem):
            for one in getattr(case, "days", (case,)):
                lines.add(line_of(run_case(one, policies, calendars).verdict))
    assert len(lines) > 100
    for line in lines:
        assert month_part(line.encode()) == line
        assert is_same(old_line(line), line)
        assert read_line(old_line(line)) == read_line(line)
    assert sum(is_same(old_line(one), other) for one in lines for other in lines) == len(lines), "and nothing else"


def test_a_month_closed_before_has_no_late_day_until_something_else_is_known(november: Morning) -> None:
    closing = close_as_before()
    signed = list(closing.rows.order_by("pk").values_list("person", "body", "lines"))
    judge_days(november.context, list(VerdictRow.objects.values_list("person", "day")), in_december(2))
    assert not LateDay.objects.exists()
    rebuild(november.context, now_ms=in_december(2))
    assert not LateDay.objects.exists()
    assert meaning_digest()["closings_as_signed"] == 1
    late_tap(november, received_ms=in_december(2))
    assert list(LateDay.objects.values_list("person", "day")) == [(demo.SARI, date(2026, 11, 26))]
    adjusted = row_of(demo.SARI, date(2026, 12, 1)).adjustments
    assert [moved.day for line in adjusted for moved in line.moved] == [date(2026, 11, 26)]
    assert list(closing.rows.order_by("pk").values_list("person", "body", "lines")) == signed


def test_the_digest_of_all_verdicts_hangs_on_no_spelling(november: Morning) -> None:
    close(NOVEMBER, in_december(1))
    before = meaning_digest()
    for row in DayLine.objects.all():
        DayLine.objects.filter(pk=row.pk).update(line=old_line(row.line))
    assert meaning_digest() == before
    assert (before["closings"], before["closings_as_signed"], before["late_days"]) == (1, 1, 0)
    ClosedRow.objects.filter(person=demo.SARI).update(lines={})
    assert meaning_digest()["closings_as_signed"] == 0


def test_days_of_closed_months_are_judged_by_the_same_queries_whatever_number(november: Morning) -> None:
    close(NOVEMBER, in_december(1))
    keys = list(VerdictRow.objects.order_by("person", "day").values_list("person", "day"))
    counts = []
    for some in (keys[:2], keys):
        with CaptureQueriesContext(connection) as asked:
            judge_days(november.context, some, in_december(2))
        counts.append(sum("months_lateday" in one["sql"] for one in asked.captured_queries))
    assert counts[0] == counts[1]
    assert len(keys) > 20
