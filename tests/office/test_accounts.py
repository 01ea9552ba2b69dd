"""Log-in: strong, equal in time, and a session that begins afresh and ends."""

from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.test import Client

from hadir.office.accounts.entering import LoginAnswer as Answer
from hadir.office.accounts.entering import check_login
from hadir.office.accounts.models import User
from hadir.office.roles import Actor, Grant, Role, Rule, Thing, may
from hadir.site import Site, SiteError
from rehearsal.demo.register import create_demo
from tests.office.conftest import at

pytestmark = pytest.mark.django_db
SEE = Rule(roles=frozenset({Role.OPERATOR, Role.SUPERIOR}))
DECIDE = Rule(roles=frozenset({Role.OPERATOR}), decides=True)


def log_in(client: Client, login: str, password: str, **more: str) -> int:
    return client.post("/kantor/masuk/", {"login": login, "password": password, **more}).status_code


def try_once(login: str, password: str, now_ms: int, address: str = "10.0.0.1", browser: str | None = None) -> Answer:
    return check_login(login=login, password=password, address=address, now_ms=now_ms, browser_of=lambda _: browser)


def test_a_right_password_opens_the_office(client: Client, context: object) -> None:
    assert log_in(client, "wati", "latihan-wati") == 302
    assert client.get("/kantor/hari-ini/3/").status_code == 200


def test_a_wrong_password_and_an_unknown_name_look_the_same(client: Client, context: object) -> None:
    wrong = client.post("/kantor/masuk/", {"login": "wati", "password": "x"})
    unknown = client.post("/kantor/masuk/", {"login": "hantu", "password": "x"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.content.decode().replace("wati", "hantu").split("csrf")[0] == unknown.content.decode().split("csrf")[0]


def test_an_unknown_name_costs_one_hash_too() -> None:
    with patch("hadir.office.accounts.entering.make_password", wraps=make_password) as hashed:
        try_once("hantu", "x", at(8, 0))
    assert hashed.call_count == 1


def test_passwords_are_argon2id() -> None:
    user = User.objects.get(login="wati")
    assert identify_hasher(user.password).algorithm == "argon2"
    assert user.password.startswith("argon2$argon2id$")


def test_a_new_session_id_after_log_in(client: Client, context: object) -> None:
    client.get("/kantor/masuk/")
    session = client.session
    session["from"] = "somebody else"
    session.save()
    before = session.session_key
    log_in(client, "wati", "latihan-wati")
    assert client.session.session_key != before
    assert "from" not in client.session


def test_thirty_idle_minutes_end_a_session(wati: Client, clock: Callable[[int], None]) -> None:
    clock(at(8, 41))
    assert wati.get("/kantor/hari-ini/3/").status_code == 200
    clock(at(9, 11, 30))
    assert wati.get("/kantor/hari-ini/3/").status_code == 302


def test_a_page_that_refreshes_itself_keeps_nobody_logged_in(wati: Client, clock: Callable[[int], None]) -> None:
    for minute in (20, 30, 41):
        clock(at(8, minute))
        wati.get("/kantor/hari-ini/3/", headers={"HX-Request": "true", "HX-Trigger": "live"})
    clock(at(8, 43))
    assert wati.get("/kantor/hari-ini/3/").status_code == 302


def test_twelve_hours_end_a_session_however_busy(wati: Client, clock: Callable[[int], None]) -> None:
    for hour in range(8, 20):
        for minute in (15, 35, 55):
            clock(at(hour, minute))
            assert wati.get("/kantor/hari-ini/3/").status_code == 200
    clock(at(20, 12, 1))
    assert wati.get("/kantor/hari-ini/3/").status_code == 302


def test_an_ended_session_sends_a_live_page_to_the_log_in(client: Client, context: object) -> None:
    headers = {"HX-Request": "true", "HX-Trigger": "live", "HX-Current-URL": "http://testserver/kantor/hari-ini/3/"}
    answer = client.get("/kantor/hari-ini/3/", headers=headers)
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/kantor/masuk/?next=%2Fkantor%2Fhari-ini%2F3%2F"


def test_log_in_never_leads_to_another_site(client: Client, context: object) -> None:
    for evil in ("https://evil.example/", "//evil.example/", "/kantor/../evil", "javascript:alert(1)"):
        answer = client.post("/kantor/masuk/", {"login": "wati", "password": "latihan-wati", "next": evil})
        assert answer["Location"].startswith("/kantor/"), evil
        client.post("/kantor/keluar/")


def test_a_post_from_another_site_is_refused(context: object) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(User.objects.get(login="wati"))
    answer = careful.post("/kantor/keluar/", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "Formulir sudah kedaluwarsa" in answer.content.decode()


def test_demo_log_ins_are_refused_in_production(site: Site) -> None:
    with pytest.raises(SiteError, match="production"):
        create_demo(replace(site, name="presensi.example.go.id"), now_ms=at(8, 0))


def test_what_no_rule_allows_is_denied() -> None:
    school = Thing(paths=("/1/2/3/",), person=7)
    operator = Actor(person=1, grants=(Grant(Role.OPERATOR, "/1/2/3/"),))
    assert may(operator, SEE, school)
    assert not may(Actor(person=1), SEE, school)
    assert not may(Actor(person=None, grants=operator.grants), SEE, school)
    assert not may(Actor(person=1, grants=(Grant(Role.OPERATOR, "/1/2/30/"),)), SEE, school)
    assert not may(Actor(person=1, grants=(Grant(Role.AUDITOR, "/1/"),)), SEE, school)


def test_nobody_decides_on_himself() -> None:
    operator = Actor(person=7, grants=(Grant(Role.OPERATOR, "/1/"),))
    assert not may(operator, DECIDE, Thing(paths=("/1/2/3/",), person=7))
    assert may(operator, DECIDE, Thing(paths=("/1/2/3/",), person=8))


def test_a_superior_answers_for_his_own_people_only() -> None:
    budi = Actor(person=2, grants=(Grant(Role.SUPERIOR, "/1/2/3/"),))
    assert may(budi, SEE, Thing(paths=("/1/2/3/",), person=7, superiors=frozenset({2})))
    assert not may(budi, SEE, Thing(paths=("/1/2/3/",), person=8, superiors=frozenset({9})))
