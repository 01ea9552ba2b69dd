"""A new edition of the rules changes no stored verdict silently: closed months owe it nothing, open ones ask two."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from hadir.config import read_settings
from hadir.office.excuses.actions import approve_excuse, attest_excuse, enter_excuse
from hadir.office.excuses.kinds import Scope
from hadir.office.excuses.models import Excuse
from hadir.office.follower.rebuilding import rebuild, verdict_digest
from hadir.office.ground.installation import HERE
from hadir.office.judging.judging import JudgeContext
from hadir.office.judging.judging import judge_context as installed_context
from hadir.office.month_pages.actions import is_whole
from hadir.office.month_pages.recap import RecapRow, month_recap
from hadir.office.months.models import LateDay
from hadir.office.projection.models import VerdictRow
from hadir.office.roles import ActBy
from hadir.office.units.models import Unit
from hadir.rules.clocks import Period, local_day
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.lawdesk import DAY, HASAN, RINA, person, unit
from tests.office.morning import Morning
from tests.office.test_months import DECEMBER, NOVEMBER, close, in_december, in_january, late_tap

pytestmark = pytest.mark.django_db

TL1, TL2 = "{from_minutes: 1, percent: 0.5}", "{from_minutes: 31, percent: 1}"
DEARER = {TL1: "{from_minutes: 1, percent: 0.9}"}
MILDER = {TL1: "{from_minutes: 1, percent: 0.25}"}


@dataclass
class Law:
    """The folder of policies that is installed, and another release of it."""

    morning: Morning
    folder: Path

    def install(self, name: str, changes: dict[str, str]) -> JudgeContext:
        """Another release: the same policies, but for some numbers of the set that is in use."""
        folder = self.folder / name
        shutil.copytree(HERE.settings.policies, folder)
        file = folder / f"{demo.POLICY}.yaml"
        text = file.read_text(encoding="utf-8")
        for was, will in changes.items():
            assert was in text
            text = text.replace(was, will)
        file.write_text(text, encoding="utf-8")
        data = str(self.morning.site.data)
        HERE.use(
            read_settings({"HADIR_DATA": data, "HADIR_POLICIES": str(folder), "HADIR_PUBLIC_URL": "http://testserver"})
        )
        installed_context.cache_clear()
        self.morning.context = installed_context()
        return self.morning.context


@pytest.fixture
def november(morning: Morning, clock: Callable[[int], None]) -> Morning:
    """In November Sari was 12 minutes late on the 24th, 40 on the 25th, and on time on the 27th."""
    for day, hour, minute in ((24, 7, 42), (25, 8, 10), (27, 7, 20)):
        morning.tap(demo.SARI, "in", at(hour, minute, day=day))
        morning.tap(demo.SARI, "out", at(16, 35, day=day))
    morning.follow(in_december(1))
    clock(in_december(1))
    return morning


@pytest.fixture
def law(november: Morning, tmp_path: Path) -> Law:
    return Law(november, tmp_path)


def excused(number: int, day: date, at_ms: int) -> Excuse:
    """Duty travel of a whole day, approved."""
    zone = "Asia/Makassar"
    period = Period(local_day(day, zone).from_ms, local_day(day + DAY, zone).from_ms)
    entry = Excuse.within(
        kind="DL", scope=Scope.PEOPLE, unit=unit(demo.SCHOOL), period=period, is_whole_days=True, document="ST-1",
        basis="PP 11/2017",
    )  # fmt: skip
    row = enter_excuse(entry=entry, people=[person(number)], by=ActBy(HASAN, at_ms, "Rapat."))
    attest_excuse(number=row.number, by=ActBy(HASAN, at_ms, "Ada suratnya."))
    return approve_excuse(number=row.number, by=ActBy(RINA, at_ms, "Lengkap."))


def row_of(number: int, first: date) -> RecapRow:
    month = month_recap(HERE.settings.policies, Unit.objects.get(number=demo.SCHOOL), first)
    return next(row for row in month.rows if row.person == number)


def kept_percent(day: int, number: int = demo.SARI) -> Decimal:
    return Decimal(VerdictRow.objects.get(person=number, day=date(2026, 11, day)).body["deduction_percent"])


def late_days() -> set[tuple[int, date]]:
    return set(LateDay.objects.values_list("person", "day"))


# --- closed months ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [DEARER, MILDER])
def test_a_closed_month_owes_nothing_to_a_newer_edition(law: Law, changes: dict[str, str]) -> None:
    closing = close(NOVEMBER, in_december(1))
    before = row_of(demo.SARI, NOVEMBER)
    law.install("newer", changes)
    law.morning.follow(in_december(2))
    assert not late_days()
    assert row_of(demo.SARI, DECEMBER).adjustments == ()
    told = verdict_digest()
    assert rebuild(law.morning.context, now_ms=in_december(2)) == told
    assert not late_days()
    assert row_of(demo.SARI, NOVEMBER) == before
    assert (kept_percent(24), kept_percent(25)) == (Decimal("0.5"), Decimal(1)), "a day shows what was closed"
    assert is_whole(closing)


def test_what_is_told_after_closing_is_paid_by_the_difference_that_it_makes(law: Law) -> None:
    """The 25th costs 1 % by both editions."""
    closing = close(NOVEMBER, in_december(1))
    law.install("newer", DEARER)
    law.morning.follow(in_december(2))
    travel = excused(demo.SARI, date(2026, 11, 25), in_december(3))
    law.morning.follow(in_december(3))
    (line,) = row_of(demo.SARI, DECEMBER).adjustments
    (moved,) = line.moved
    assert (moved.day, moved.before, moved.after) == (date(2026, 11, 25), "TL2", "DL")
    assert line.of_allowance == Decimal("-1.00")
    assert moved.why == ({"code": "months.why.excuse", "ref": travel.ref},)
    told = verdict_digest()
    assert rebuild(law.morning.context, now_ms=in_december(3)) == told
    assert row_of(demo.SARI, DECEMBER).adjustments == (line,)
    assert is_whole(closing)


def test_a_day_that_the_edition_itself_counts_otherwise_moves_by_what_was_told_alone(law: Law) -> None:
    """0.5 % was paid; by the rules of today the day costs 0.9 %, and with the letter nothing."""
    close(NOVEMBER, in_december(1))
    law.install("newer", DEARER)
    law.morning.follow(in_december(2))
    excused(demo.SARI, date(2026, 11, 24), in_december(3))
    law.morning.follow(in_december(3))
    (line,) = row_of(demo.SARI, DECEMBER).adjustments
    assert line.of_allowance == Decimal("-0.90")
    assert {why["code"] for moved in line.moved for why in moved.why} == {"months.why.excuse", "months.why.edition"}
    told = verdict_digest()
    assert rebuild(law.morning.context, now_ms=in_december(3)) == told
    assert row_of(demo.SARI, DECEMBER).adjustments == (line,)


def test_what_was_told_before_the_edition_began_is_still_owed_after_it(law: Law) -> None:
    close(NOVEMBER, in_december(1))
    late_tap(law.morning, received_ms=in_december(2))
    (before,) = row_of(demo.SARI, DECEMBER).adjustments
    law.install("newer", DEARER)
    law.morning.follow(in_december(3))
    (after,) = row_of(demo.SARI, DECEMBER).adjustments
    assert after == before
    assert late_days() == {(demo.SARI, date(2026, 11, 26))}


def test_what_was_carried_is_paid_whatever_edition_began_since(law: Law) -> None:
    close(NOVEMBER, in_december(1))
    law.install("newer", DEARER)
    excused(demo.SARI, date(2026, 11, 24), in_december(3))
    law.morning.follow(in_december(3))
    law.morning.follow(in_january(2))
    close(DECEMBER, in_january(2))
    rebuild(law.morning.context, now_ms=in_january(3))
    assert not late_days()
    assert row_of(demo.SARI, date(2027, 1, 1)).adjustments == ()
