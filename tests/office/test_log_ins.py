"""Log-ins: who may log in, a one-time password that is told once, and what a first log-in sees."""

import re
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from hadir.office.accounts.actions import create_account, grant_role, reset_password
from hadir.office.accounts.models import User
from hadir.office.acts.models import OutboxRow
from hadir.office.devices.models import Slip
from hadir.office.duties.kinds import LawKind
from hadir.office.duties.models import LawAct
from hadir.office.people.models import Assignment, Person
from hadir.office.readiness.views import checklist
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_accounts import log_in

pytestmark = pytest.mark.django_db

WATI = Actor(person=demo.WATI, grants=(Grant(role=Role.OPERATOR, path="/1/2/3/"),))
DAY = date(2026, 11, 24)


def told(page: str) -> str:
    found = re.search(r'<pre class="typed once">([^<]+)</pre>', page)
    assert found
    return found[1]


def test_rina_gives_wati_a_password_that_opens_one_page(rina: Client, wati: Client) -> None:
    address = f"/kantor/akun/{demo.WATI}/sandi/"
    assert "sandi/" in rina.get(f"/kantor/akun/{demo.WATI}/").content.decode()
    assert rina.post(address, {"reason": " "}).status_code == 400
    password = told(rina.post(address, {"reason": "Wati lupa sandinya."}).content.decode())
    assert wati.get("/kantor/hari-ini/3/").status_code == 302, "her session ended"
    again = Client()
    assert log_in(again, "wati", "latihan-wati") == 401
    assert log_in(again, "wati", password) == 302
    assert again.get("/kantor/hari-ini/3/")["Location"] == "/kantor/sandi/"
    fields = {"old": password, "new": "sungai barito pasang surut", "again": "sungai barito pasang surut"}
    assert again.post("/kantor/sandi/", fields).status_code == 302
    assert again.get("/kantor/hari-ini/3/").status_code == 200


def test_the_reset_is_an_act_and_the_password_stands_nowhere(rina: Client) -> None:
    page = rina.post(f"/kantor/akun/{demo.WATI}/sandi/", {"reason": "Lupa."}).content.decode()
    act = OutboxRow.objects.get(act="account.reset")
    assert (act.by, act.person) == (demo.RINA, demo.WATI)
    assert told(page) not in str(OutboxRow.objects.values_list("body", "reason").get(pk=act.pk))
    assert told(page) not in rina.get(f"/kantor/akun/{demo.WATI}/sandi/").content.decode()


def test_nobody_resets_his_own_or_that_of_somebody_who_may_more(rina: Client, joko: Client, wati: Client) -> None:
    assert rina.post(f"/kantor/akun/{demo.RINA}/sandi/", {"reason": "x"}).status_code == 403
    for other in (joko, wati):
        assert other.post(f"/kantor/akun/{demo.SARI}/sandi/", {"reason": "x"}).status_code in {403, 404}
    assert wati.get("/kantor/akun/").status_code == 403
    school = Actor(person=demo.DEWI, grants=(Grant(role=Role.PERSONNEL, path="/1/2/3/"),))
    hasan = User.objects.get(login="hasan")
    assert reset_password(user=hasan, by=ActBy(school, at(8, 0), "x"), day=DAY)
    grant_role(
        user=hasan,
        role=Role.AUDITOR,
        unit=Unit.objects.get(number=demo.REGENCY),
        from_date=DAY,
        by=ActBy.of(demo.RINA, at(8, 0)),
    )
    with pytest.raises(PermissionDenied):
        reset_password(user=hasan, by=ActBy(school, at(8, 0), "x"), day=DAY)


def test_somebody_without_a_log_in_has_no_password_to_reset(rina: Client) -> None:
    assert rina.get(f"/kantor/akun/{demo.SARI}/sandi/").status_code == 404
    create_account(person=Person.objects.get(number=demo.SARI), login="sari", password="x")
    assert rina.get(f"/kantor/akun/{demo.SARI}/sandi/").status_code == 200


def test_ones_own_log_in_is_one_click_away_from_every_page_and_its_password_two(wati: Client) -> None:
    assert 'class="me" href="/kantor/saya/"' in wati.get("/kantor/hari-ini/3/").content.decode()
    assert 'href="/kantor/sandi/"' in wati.get("/kantor/saya/").content.decode()


def test_a_first_log_in_sees_what_to_do_first_until_it_is_done(wati: Client) -> None:
    assert checklist(WATI, DAY) == [], "the demo's people all have slips"
    assert wati.get("/kantor/")["Location"] == "/kantor/hari-ini/"
    Slip.objects.filter(person=demo.SARI).update(last_valid_day="2026-11-01")
    steps = {step.name: (step.done, step.of, step.is_done) for step in checklist(WATI, DAY)}
    assert steps["slips"] == (16, 17, False)
    assert steps["duties"][2]
    assert wati.get("/kantor/")["Location"] == "/kantor/tugas/"
    page = wati.get("/kantor/tugas/").content.decode()
    assert "Sebelum absen dimulai" in page
    assert "Slip atau HP: 16 dari 17 orang" in page


def test_the_first_steps_leave_when_recording_has_begun(morning: Morning) -> None:
    """One person without a slip must not keep "before recording begins" on the page for years."""
    Slip.objects.filter(person=demo.BUDI).update(last_valid_day="2026-11-01")
    assert checklist(WATI, DAY)
    morning.tap(demo.SARI, "in", at(7, 20))
    morning.follow(at(8, 0))
    assert checklist(WATI, DAY) == []


def test_whoever_may_set_duties_is_shown_where_and_nobody_counts_himself_among_others(rina: Client) -> None:
    LawAct.objects.filter(kind=LawKind.DUTY).update(withdrawn_at_ms=1)
    Assignment.objects.exclude(person=demo.RINA).update(withdrawn_at_ms=1)
    agency = Actor(person=demo.RINA, grants=(Grant(role=Role.PERSONNEL, path="/1/"),))
    steps = {step.name: step for step in checklist(agency, DAY)}
    assert (steps["duties"].done, steps["duties"].help_code) == (0, "checklist.duties.do")
    assert (steps["slips"].done, steps["slips"].of, steps["slips"].is_done) == (0, 0, False)
    assert "Tetapkan jadwal kerja unit." in rina.get("/kantor/tugas/").content.decode()


def test_an_auditor_and_an_outsider_have_nothing_to_prepare() -> None:
    assert checklist(Actor(person=demo.JOKO, grants=(Grant(role=Role.AUDITOR, path="/1/"),)), DAY) == []
    assert checklist(Actor(person=demo.TONO), DAY) == []
