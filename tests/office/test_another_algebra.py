"""Days that were judged by another algebra: an upgrade pays and takes nothing by itself."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from hadir.office.excuses.actions import approve_excuse, attest_excuse, enter_excuse
from hadir.office.excuses.kinds import Scope
from hadir.office.excuses.models import Excuse
from hadir.office.ground import laws
from hadir.office.month_pages.actions import is_whole
from hadir.office.months.models import OlderVerdict
from hadir.office.roles import ActBy
from hadir.rules.clocks import Period
from hadir.rules.reckoning import Reckoning
from rehearsal.demo import cast as demo
from tests.office import test_editions
from tests.office.conftest import at
from tests.office.lawdesk import HASAN, RINA, person, unit
from tests.office.test_editions import Law, kept_percent, late_days, outage, rebuilt_same, row_of
from tests.office.test_months import DECEMBER, NOVEMBER, close, in_december

pytestmark = pytest.mark.django_db

november, law = test_editions.november, test_editions.law


@pytest.fixture
def older_algebra(law: Law, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Days judged by an engine in which an outage or leave in the morning excused all of it; called, it is gone."""
    late_ms = Reckoning.late_ms

    def lifted(reckoning: Reckoning, at_ms: int, proven_ms: int | None = None) -> int:
        return 0 if reckoning.credits else late_ms(reckoning, at_ms, proven_ms)

    monkeypatch.setattr(laws, "RULES_VERSION", "3")
    monkeypatch.setattr(Reckoning, "late_ms", lifted)
    law.install("older", {})
    law.morning.follow(in_december(1))
    outage(at(7, 20, day=25), at(7, 50, day=25), in_december(1))
    leave = Period(at(7, 30, day=24), at(7, 32, day=24))
    entry = Excuse.within(kind="CT", scope=Scope.PEOPLE, unit=unit(demo.SCHOOL), period=leave, document="SC-1")
    row = enter_excuse(entry=entry, people=[person(demo.SARI)], by=ActBy(HASAN, in_december(1), "Cuti."))
    attest_excuse(number=row.number, by=ActBy(HASAN, in_december(1), "Ada suratnya."))
    approve_excuse(number=row.number, by=ActBy(RINA, in_december(1), "Lengkap."))
    law.morning.follow(in_december(1))
    assert (kept_percent(24), kept_percent(25)) == (Decimal(0), Decimal(0))

    def upgrade() -> None:
        monkeypatch.undo()
        law.install("newer", {})
        law.morning.follow(in_december(2))

    return upgrade


def test_a_closed_month_owes_nothing_to_another_algebra(law: Law, older_algebra: Callable[[], None]) -> None:
    """By the new one ten minutes of the 24th and twenty of the 25th are covered by nothing."""
    closing = close(NOVEMBER, in_december(1))
    before = row_of(demo.SARI, NOVEMBER)
    older_algebra()
    assert not late_days()
    assert row_of(demo.SARI, DECEMBER).adjustments == ()
    assert (kept_percent(24), kept_percent(25)) == (Decimal(0), Decimal(0))
    assert rebuilt_same(law, in_december(2))
    assert row_of(demo.SARI, NOVEMBER) == before
    assert is_whole(closing)


def test_in_an_open_month_another_algebra_is_asked_about(law: Law, older_algebra: Callable[[], None]) -> None:
    older_algebra()
    waiting = {(one.person, one.day) for one in OlderVerdict.objects.all()}
    assert waiting == {(demo.SARI, date(2026, 11, 24)), (demo.SARI, date(2026, 11, 25))}
    assert (kept_percent(24), kept_percent(25)) == (Decimal(0), Decimal(0))
    assert rebuilt_same(law, in_december(2))
