"""Which day of leave a day is, over all of a person's letters; what comes late moves the days that count it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hadir.office.duties.kinds import CalendarDay, DutyLaw
from hadir.office.excuses.actions import approve_excuse, attest_excuse, enter_excuse, withdraw_excuse
from hadir.office.excuses.kinds import Scope
from hadir.office.excuses.models import Excuse
from hadir.office.judging.changes_since import facts_since
from hadir.office.judging.excuse_effects import Concerned, effects
from hadir.office.judging.judge import JudgeRequest, prepare
from hadir.office.judging.judging import JudgeContext
from hadir.office.projection.models import VerdictRow
from hadir.office.roles import ActBy
from hadir.rules.clocks import Period, local_day
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.lawdesk import LINA, RINA, WATI, asked, drafted, enact, person, unit
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

NOW_MS = at(9, 0, day=23)
FREE, COSTS = Decimal(0), Decimal("1.5")


def november(*days: int) -> list[date]:
    return [date(2026, 11, day) for day in days]


@pytest.fixture(autouse=True)
def by_bpip() -> None:
    """Three work days of one sickness are free, every further one costs one and a half percent."""
    enact(drafted(DutyLaw(policy="bpip-3-2021"), date(2026, 1, 1)), at(8, 0, day=2), also=LINA)


def letter(*people: int, first: date, last: date, approved: bool = True, kind: str = "CS") -> Excuse:
    whole = Period(local_day(first, "Asia/Makassar").from_ms, local_day(last, "Asia/Makassar").until_ms)
    entry = Excuse.within(
        kind=kind, scope=Scope.PEOPLE, unit=unit(demo.SCHOOL), period=whole, is_whole_days=True, document="445/1"
    )
    row = enter_excuse(entry=entry, people=[person(one) for one in people], by=ActBy(WATI, at(9, 0, day=20), "-"))
    attest_excuse(number=row.number, by=ActBy(LINA, at(9, 1, day=20), "Benar."))
    return approve_excuse(number=row.number, by=ActBy(RINA, at(9, 2, day=20), "Sesuai.")) if approved else row


def costs(*days: date, number: int = demo.SARI) -> list[Decimal]:
    rows = dict(VerdictRow.objects.filter(person=number).values_list("day", "body__deduction_percent"))
    return [Decimal(rows[day]) for day in days]


def test_the_letters_of_one_sickness_are_counted_together(morning: Morning, context: JudgeContext) -> None:
    letter(demo.SARI, first=date(2026, 11, 5), last=date(2026, 11, 6))
    letter(demo.SARI, first=date(2026, 11, 9), last=date(2026, 11, 10))
    letter(demo.SARI, first=date(2026, 11, 17), last=date(2026, 11, 18))
    morning.follow(NOW_MS)
    assert costs(*november(5, 6, 9, 10, 17, 18)) == [FREE, FREE, FREE, COSTS, FREE, FREE]
    alone = asked(context, demo.SARI, date(2026, 11, 10), NOW_MS).verdict
    assert alone.deduction_percent == COSTS, "asked for by itself, too"


def test_an_earlier_letter_that_comes_late_moves_the_later_days_and_its_end_moves_them_back(morning: Morning) -> None:
    letter(demo.SARI, first=date(2026, 11, 9), last=date(2026, 11, 10))
    morning.follow(NOW_MS)
    assert costs(*november(9, 10)) == [FREE, FREE]
    late = letter(demo.SARI, first=date(2026, 11, 4), last=date(2026, 11, 6))
    morning.follow(NOW_MS)
    assert costs(*november(4, 5, 6, 9, 10)) == [FREE, FREE, FREE, COSTS, COSTS]
    withdraw_excuse(number=late.number, by=ActBy(RINA, NOW_MS, "Salah ketik."))
    morning.follow(NOW_MS)
    assert costs(*november(9, 10)) == [FREE, FREE]


def test_a_day_that_turns_out_free_is_none_of_the_work_days_counted(morning: Morning) -> None:
    letter(demo.SARI, first=date(2026, 11, 4), last=date(2026, 11, 10))
    morning.follow(NOW_MS)
    assert costs(*november(6, 9, 10)) == [FREE, COSTS, COSTS]
    day = drafted(CalendarDay(name="Hari jadi"), date(2026, 11, 5), date(2026, 11, 6))
    enact(day, NOW_MS, also=LINA)
    morning.follow(NOW_MS)
    assert costs(*november(6, 9, 10)) == [FREE, FREE, COSTS]


def test_each_person_is_counted_alone_and_of_one_kind(morning: Morning) -> None:
    letter(demo.BUDI, first=date(2026, 11, 4), last=date(2026, 11, 6))
    letter(demo.SARI, first=date(2026, 11, 4), last=date(2026, 11, 6), kind="CT")
    letter(demo.SARI, demo.BUDI, first=date(2026, 11, 9), last=date(2026, 11, 9))
    morning.follow(NOW_MS)
    assert costs(date(2026, 11, 9)) == [FREE]
    assert costs(date(2026, 11, 9), number=demo.BUDI) == [COSTS]


def test_what_a_letter_would_do_is_shown_with_the_days_before_it(morning: Morning, context: JudgeContext) -> None:
    letter(demo.SARI, first=date(2026, 11, 4), last=date(2026, 11, 6))
    morning.follow(NOW_MS)
    row = letter(demo.SARI, first=date(2026, 11, 9), last=date(2026, 11, 9), approved=False)
    (change,) = effects(context, row, Concerned.below(["/1/"], row), now_ms=NOW_MS).changes
    assert Decimal(change.deduction_after) == COSTS


def test_many_people_on_leave_take_no_more_questions_than_one(context: JudgeContext) -> None:
    people = [demo.SARI, demo.BUDI, demo.FIRST_COLLEAGUE, demo.FIRST_COLLEAGUE + 1]
    for number in people:
        letter(number, first=date(2026, 11, 4), last=date(2026, 11, 6))
        letter(number, first=date(2026, 11, 9), last=date(2026, 11, 9))
    questions = []
    for some in (people[:1], people):
        days = [(number, date(2026, 11, 9) + timedelta(days=off)) for number in some for off in (0, 1)]
        with CaptureQueriesContext(connection) as queries:
            prepare(context, JudgeRequest(days=days, now_ms=NOW_MS))
        questions.append(len(queries))
    assert questions[0] == questions[1]


def test_a_later_day_of_leave_was_told_of_the_earlier_letter(morning: Morning) -> None:
    """So a closed month is adjusted for it, as for any record that came after closing."""
    letter(demo.SARI, first=date(2026, 11, 9), last=date(2026, 11, 10))
    morning.follow(NOW_MS)
    later = [(demo.SARI, day) for day in november(9, 10)]
    assert not facts_since(later, NOW_MS)
    late = letter(demo.SARI, first=date(2026, 11, 4), last=date(2026, 11, 6), approved=False)
    approve_excuse(number=late.number, by=ActBy(RINA, NOW_MS + 60_000, "Sesuai."))
    told = facts_since(later, NOW_MS)
    assert {key: [one.ref for one in since] for key, since in told.items()} == {key: [late.ref] for key in later}
