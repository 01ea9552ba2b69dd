"""What a signed time lifts, from the phone's record to the superior's list: the cheats and their honest twins."""

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.test import Client

from hadir.config import shipped
from hadir.office.day_pages.soft import soft_taps
from hadir.office.days.models import Sighting
from hadir.office.days.seeing import days_to_confirm
from hadir.office.follower.rebuilding import rebuild
from hadir.office.judging.judging import JudgeContext
from hadir.office.month_pages.actions import ToClose, close_month
from hadir.office.months.models import DayLine, LateDay
from hadir.office.projection.models import VerdictRow
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit, WithoutSignal
from hadir.records.encoding import b64url
from hadir.records.times import bound_nonce
from rehearsal.demo import cast as demo
from rehearsal.phones import Phone
from tests.office.conftest import at
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

BUDI = Actor(demo.BUDI, (Grant(Role.SUPERIOR, "/1/2/3/"),))
RINA = Actor(demo.RINA, (Grant(Role.PERSONNEL, "/1/"),))
HASAN = Actor(demo.HASAN, (Grant(Role.UNIT_HEAD, "/1/2/3/"),))
DAY_MS = 86_400_000


def dec(day: int, hour: int, minute: int = 0) -> int:
    return at(hour, minute, day=30) + day * DAY_MS


@pytest.fixture
def office(morning: Morning, clock: Callable[[int], None]) -> Morning:
    """A morning whose school has signal again: elsewhere it would forgive everything."""
    WithoutSignal.objects.all().delete()
    return morning


def tap(office: Morning, day: int, *, signed: int, nonce_for: Phone | None, received: int, hour: int = 7) -> None:
    nonce = b64url(bound_nonce(bytes(16), nonce_for.kid)) if nonce_for else None
    office.tap(demo.SARI, "in", dec(day, hour, 20), signed_ms=signed, received_ms=received, nonce=nonce, flags=())


def arrival(office: Morning, day: int, now_ms: int) -> tuple[str, str, str]:
    office.follow(now_ms)
    body = VerdictRow.objects.get(person=demo.SARI, day=date(2026, 12, day)).body
    return body["arrival"]["grade"], body["arrival"]["review"], body["arrival"]["status"]


def test_an_invented_friday_with_thursdays_time_is_asked_about_on_monday(office: Morning) -> None:
    sari = office.phone(demo.SARI)
    tap(office, 4, signed=dec(3, 16), nonce_for=sari, received=dec(7, 8))
    assert arrival(office, 4, dec(7, 9)) == ("E", "ask_superior", "on_time")


def test_an_honest_friday_with_a_time_of_its_morning_is_looked_at_like_others(office: Morning) -> None:
    sari = office.phone(demo.SARI)
    tap(office, 4, signed=dec(4, 6), nonce_for=sari, received=dec(4, 9))
    assert arrival(office, 4, dec(4, 10)) == ("D", "sample", "on_time")


def test_a_colleagues_time_lifts_nothing(office: Morning) -> None:
    tap(office, 4, signed=dec(4, 6), nonce_for=Phone(demo.BUDI), received=dec(4, 9))
    assert arrival(office, 4, dec(4, 10)) == ("E", "ask_superior", "on_time")


def test_a_phone_of_before_is_believed_as_it_was(office: Morning) -> None:
    tap(office, 4, signed=dec(3, 16), nonce_for=None, received=dec(4, 9))
    assert arrival(office, 4, dec(4, 10)) == ("D", "sample", "on_time")


def test_a_day_that_came_in_after_a_week_is_the_superiors_to_say(office: Morning) -> None:
    sari = office.phone(demo.SARI)
    tap(office, 4, signed=dec(4, 6), nonce_for=sari, received=dec(11, 9))
    assert arrival(office, 4, dec(11, 10)) == ("D", "ask_superior", "on_time")


def test_days_of_one_trip_that_came_in_together_are_one_question_with_one_answer(
    office: Morning, clock: Callable[[int], None], request: pytest.FixtureRequest
) -> None:
    sari = office.phone(demo.SARI)
    for day in (1, 2, 3):
        tap(office, day, signed=dec(day, 6), nonce_for=sari, received=dec(8, 9, day))
    office.follow(dec(8, 10))
    (one,) = days_to_confirm(BUDI, date(2026, 12, 8))
    assert one.together == (date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3))
    clock(dec(8, 10))
    budi: Client = request.getfixturevalue("budi")  # logs in now
    address = f"/kantor/orang/{demo.SARI}/2026-12-03/lihat/"
    page = budi.get(address).content.decode()
    assert page.count('name="hari"') == 2
    assert page.count("checked") == 2
    answer = budi.post(address, {"reason": "Saya di sekolah itu juga.", "hari": ["2026-12-01", "2026-12-02"]})
    assert answer.status_code == 302
    assert Sighting.objects.filter(person=demo.SARI).count() == 3
    assert not days_to_confirm(BUDI, date(2026, 12, 8))


def test_soft_times_are_counted_for_the_superior_and_expected_where_there_is_no_signal(office: Morning) -> None:
    sari = office.phone(demo.SARI)
    for day in (1, 2, 3):
        tap(office, day, signed=dec(day, 6), nonce_for=sari, received=dec(day, 9))
    office.follow(dec(4, 10))
    today = date(2026, 12, 4)
    assert [(person.number, times) for person, times in soft_taps(BUDI, today).people] == [(demo.SARI, 3)]
    school = Unit.objects.get(number=demo.SCHOOL)
    WithoutSignal.objects.create(unit=school, from_date=date(2026, 1, 1), recorded_at_ms=dec(4, 10))
    found = soft_taps(BUDI, today)
    assert not found.people
    assert [(unit.number, times) for unit, times in found.expected] == [(demo.SCHOOL, 3)]


def test_nobody_else_sees_the_count(office: Morning) -> None:
    sari = office.phone(demo.SARI)
    tap(office, 1, signed=dec(1, 6), nonce_for=sari, received=dec(1, 9))
    office.follow(dec(1, 10))
    for actor in (Actor(demo.SARI, ()), Actor(demo.TONO, ()), RINA):
        assert soft_taps(actor, date(2026, 12, 4)) is None


@pytest.fixture
def law_before(tmp_path: Path) -> Path:
    """The policies of the release that asked no signed time whose it is, nor of which day."""
    folder = Path(shutil.copytree(shipped("policies"), tmp_path / "before"))
    file = folder / "national-base.yaml"
    text, found = re.subn(r"value: bound(_by_shell)?, article", "value: any, article", file.read_text(encoding="utf-8"))
    assert found == 2
    file.write_text(text, encoding="utf-8")
    return folder


def test_a_month_that_was_closed_before_stays_as_it_was(
    office: Morning, context: JudgeContext, law_before: Path
) -> None:
    """Judged and closed by the rules of before, then by those of now: an upgrade and a rebuild adjust nothing."""
    office.context = JudgeContext(site=context.site, policies=law_before)
    own = b64url(bound_nonce(bytes(16), office.phone(demo.SARI).kid))
    office.tap(
        demo.SARI,
        "in",
        at(7, 20, day=26),
        signed_ms=at(16, 0, day=25),
        received_ms=at(9, 0, day=26),
        nonce=own,
        flags=(),
    )
    office.tap(demo.SARI, "in", at(7, 20, day=20), signed_ms=at(16, 0, day=19), received_ms=at(9, 0, day=27), flags=())
    office.follow(dec(3, 8))
    unit = Unit.objects.get(number=demo.SCHOOL)
    what = ToClose(unit=unit, first=date(2026, 11, 1), due=date(2027, 3, 31))
    close_month(what=what, policies=law_before, by=ActBy(HASAN, dec(3, 9), "Lengkap."))
    assert DayLine.objects.filter(person=demo.SARI).count() > 1
    rebuild(context, now_ms=dec(10, 8))
    assert not LateDay.objects.exists()
    bodies = VerdictRow.objects.filter(person=demo.SARI, day__in=[date(2026, 11, 20), date(2026, 11, 26)])
    assert {row.body["arrival"]["grade"] for row in bodies} == {"D"}
