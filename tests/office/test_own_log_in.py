"""One's own sessions, who came in, what is confirmed again, and what becomes a record of it."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from hadir.office.accounts.confirming import CONFIRMED_MS_MAX
from hadir.office.accounts.log_ins import ADDRESSES_MAX, NOBODY_KNOWN, address_of, settle
from hadir.office.accounts.models import LogIn, OpenSession, RoleGrant, User
from hadir.office.accounts.throttle import CONFIRM
from hadir.office.acts.models import OutboxRow
from rehearsal.demo import cast as demo
from tests.office.conftest import at, browser
from tests.office.test_accounts import log_in
from tests.office.test_factors import with_app

pytestmark = pytest.mark.django_db

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:146.0) Gecko/146.0 Firefox/146.0"
ROLE = {"role": "operator", "unit": str(demo.SCHOOL), "from_date": "2026-11-24", "reason": "SK 1."}


def enter(login: str, agent: str = CHROME, address: str = "10.0.0.1") -> Client:
    client = Client(headers={"User-Agent": agent, "X-Forwarded-For": address})
    assert log_in(client, login, f"latihan-{login}") == 302
    return client


def records(act: str) -> list[dict[str, object]]:
    return [json.loads(bytes(row.body)) for row in OutboxRow.objects.filter(act=act).order_by("seq")]


def test_wati_sees_where_she_is_logged_in_and_ends_one(context: object) -> None:
    desk, phone = enter("wati"), enter("wati", FIREFOX, "10.0.0.2")
    page = desk.get("/kantor/saya/sesi/").content.decode()
    for word in ("Chrome, Windows", "perangkat ini", "Firefox, Android", "10.0.0.2", "24 November 2026 pukul 08.12"):
        assert word in page
    other = OpenSession.objects.get(browser="Firefox, Android")
    desk.post("/kantor/saya/sesi/", {"sesi": str(other.pk)})
    assert phone.get("/kantor/saya/").status_code == 302
    assert desk.get("/kantor/saya/").status_code == 200


def test_all_others_end_at_once_and_nobody_ends_a_session_of_somebody_else(context: object) -> None:
    desk, phone, hasan = enter("wati"), enter("wati", FIREFOX), enter("hasan")
    theirs = OpenSession.objects.get(user__login="hasan")
    assert desk.post("/kantor/saya/sesi/", {"sesi": str(theirs.pk)}).status_code == 302
    for odd in ("", "x", "-1", "9" * 400, "٣"):
        assert desk.post("/kantor/saya/sesi/", {"sesi": odd}).status_code == 302
    assert hasan.get("/kantor/saya/").status_code == 200
    desk.post("/kantor/saya/sesi/", {"sesi": "lain"})
    assert phone.get("/kantor/saya/").status_code == 302
    assert (desk.get("/kantor/saya/").status_code, hasan.get("/kantor/saya/").status_code) == (200, 200)


def test_a_log_out_and_a_new_password_end_what_they_should(context: object) -> None:
    desk, phone = enter("wati"), enter("wati", FIREFOX)
    phone.post("/kantor/keluar/")
    assert OpenSession.objects.filter(user__login="wati").count() == 1
    phone = enter("wati", FIREFOX)
    new = "sungai barito pasang surut"
    assert desk.post("/kantor/sandi/", {"old": "latihan-wati", "new": new, "again": new}).status_code == 302
    assert phone.get("/kantor/saya/").status_code == 302
    assert desk.get("/kantor/saya/").status_code == 200
    assert OpenSession.objects.filter(user__login="wati").count() == 1


def test_a_session_that_the_clock_ended_is_not_shown(context: object, clock: Callable[[int], None]) -> None:
    enter("wati", FIREFOX)
    clock(at(9, 0))
    page = enter("wati").get("/kantor/saya/sesi/").content.decode()
    assert "Firefox" not in page
    assert OpenSession.objects.count() == 1


def test_every_good_log_in_is_a_record_with_time_and_a_digest_of_its_address(context: object) -> None:
    enter("wati", address="203.0.113.7")
    (record,) = records("login.good")
    wati = User.objects.get(login="wati")
    assert (record["by"], record["at_ms"], record["object"]) == (demo.WATI, at(8, 12), f"account/{wati.pk}")
    assert "203.0.113" not in json.dumps(record)
    assert record["reason"], "the salted digest of the address"
    assert address_of(LogIn.objects.get()) == "203.0.113.7"
    row = OutboxRow.objects.get(act="login.good")
    row.reason = None
    row.save()
    assert address_of(LogIn.objects.get()) == "", "erased in one place, it is erased"


def test_failures_of_a_minute_are_one_record_and_never_hold_what_was_typed(context: object) -> None:
    client = Client()
    for _ in range(3):
        log_in(client, "wati", "x")
    log_in(client, "ini sandi saya", "x")
    assert settle(at(8, 12)) == 0, "the minute is not over"
    assert settle(at(8, 13)) == 2
    assert settle(at(8, 14)) == 0
    wati = User.objects.get(login="wati")
    known, unknown = records("login.bad")
    assert (known["object"], known["after"], known["by"]) == (f"account/{wati.pk}", "password 3", NOBODY_KNOWN)
    assert (unknown["object"], unknown["after"]) == ("account/none", "password 1")
    assert "sandi saya" not in str(records("login.bad")) + str(list(LogIn.objects.values_list()))


def test_a_botnet_fills_no_journal(context: object) -> None:
    for number in range(3 * ADDRESSES_MAX):
        client = Client(headers={"X-Forwarded-For": f"203.0.113.{number}"})
        log_in(client, f"hantu-{number}", "x")
    assert settle(at(8, 20)) == ADDRESSES_MAX + 1
    assert sum(int(str(one["after"]).split()[1]) for one in records("login.bad")) == 3 * ADDRESSES_MAX


def test_a_right_password_without_its_factor_is_told_to_its_owner(client: Client, context: object) -> None:
    _, codes = with_app("wati")
    log_in(client, "wati", "latihan-wati")
    assert settle(at(8, 14)) == 0, "it may still come"
    assert settle(at(8, 18)) == 1
    assert [one["after"] for one in records("login.bad")] == ["half 1"]
    client.post("/kantor/masuk/kode/", {"code": codes[0]})
    page = client.get("/kantor/saya/masuk/").content.decode()
    assert "kata sandi benar, kunci kedua tidak datang" in page
    assert "berhasil masuk" in page


def test_the_auditor_sees_all_log_ins_and_personnel_only_how_often_somebody_failed(
    rina: Client, joko: Client, wati: Client
) -> None:
    enter("hasan", address="203.0.113.7")
    log_in(Client(headers={"X-Forwarded-For": "203.0.113.8"}), "hasan", "x")
    log_in(Client(headers={"X-Forwarded-For": "203.0.113.9"}), "hantu", "x")
    audited, counted = (one.get("/kantor/akun/masuk/").content.decode() for one in (joko, rina))
    for address in ("203.0.113.7", "203.0.113.8", "203.0.113.9"):
        assert address in audited
        assert address not in counted
    assert "Hasan" in counted
    assert wati.get("/kantor/akun/masuk/").status_code == 403
    only = joko.get("/kantor/akun/masuk/?hasil=good").content.decode()
    assert "203.0.113.7" in only
    assert "203.0.113.8" not in only


def test_log_ins_do_not_drown_the_trail_of_acts(joko: Client) -> None:
    enter("wati", address="203.0.113.7")
    assert "203.0.113.7" not in joko.get("/kantor/jejak/").content.decode()
    assert "203.0.113.7" in joko.get("/kantor/jejak/?tindakan=login.good").content.decode()


def test_ten_minutes_after_the_log_in_a_role_is_given_only_after_confirming(
    rina: Client, clock: Callable[[int], None]
) -> None:
    address = f"/kantor/akun/{demo.WATI}/peran/"
    before = RoleGrant.objects.count()
    clock(at(8, 12) + CONFIRMED_MS_MAX)
    asked = rina.post(address, ROLE | {"unit": "1"})
    assert asked.status_code == 401
    page = asked.content.decode()
    assert 'name="reason" value="SK 1."' in page, "what was filled in is sent along"
    assert rina.post(address, ROLE | {"unit": "1", "confirm": "again", "confirm_password": "x"}).status_code == 401
    assert RoleGrant.objects.count() == before
    proved = {"confirm": "again", "confirm_password": "latihan-rina"}
    assert rina.post(address, ROLE | {"unit": "1"} | proved).status_code == 302
    assert RoleGrant.objects.count() == before + 1
    assert rina.post(f"/kantor/akun/{demo.WATI}/sandi/", {"reason": "Lupa."}).status_code == 200, "for ten minutes"


def test_with_a_factor_the_password_alone_confirms_nothing(rina: Client, clock: Callable[[int], None]) -> None:
    _, codes = with_app("rina")
    clock(at(8, 12) + CONFIRMED_MS_MAX)
    address, proved = f"/kantor/akun/{demo.WATI}/sandi/", {"confirm": "again", "confirm_password": "latihan-rina"}
    assert rina.post(address, {"reason": "Lupa.", **proved}).status_code == 401
    assert not OutboxRow.objects.filter(act="account.reset").exists()
    assert rina.post(address, {"reason": "Lupa.", **proved, "confirm_code": codes[0]}).status_code == 200


def test_whoever_guesses_at_somebodys_open_desk_is_put_out(rina: Client, clock: Callable[[int], None]) -> None:
    clock(at(8, 12) + CONFIRMED_MS_MAX)
    address = f"/kantor/akun/{demo.WATI}/sandi/"
    answers = [
        rina.post(address, {"reason": "x", "confirm": "again", "confirm_password": "x"}).status_code
        for _ in range(CONFIRM.free)
    ]
    assert answers == [401] * (CONFIRM.free - 1) + [302]
    assert rina.get("/kantor/akun/")["Location"].startswith("/kantor/masuk/")


def test_every_act_of_power_is_behind_the_confirmation(rina: Client, clock: Callable[[int], None]) -> None:
    """Of each address a post by somebody who logged in long ago is asked who it is, and changes nothing."""
    with_app("wati")
    clock(at(8, 12) + CONFIRMED_MS_MAX)
    role = RoleGrant.objects.get(user__login="wati").pk
    acts = (
        f"akun/{demo.WATI}/peran/",
        f"akun/peran/{role}/akhiri/",
        f"akun/{demo.WATI}/sandi/",
        f"akun/{demo.WATI}/faktor/",
        f"akun/{demo.WATI}/faktor/jawab/",
        "akun/faktor/unit_head/",
        "saya/aplikasi/",
        "saya/kunci/",
        "saya/kode/",
        "saya/faktor/1/hapus/",
        f"bulan/{demo.SCHOOL}/2026-10/tutup/",
        "bulan/penutupan/1/buka/",
        "bulan/penutupan/1/izinkan/",
    )
    before = OutboxRow.objects.count()
    for act in acts:
        answer = rina.post(f"/kantor/{act}", {"reason": "x"})
        assert answer.status_code == 401, act
        assert 'name="confirm"' in answer.content.decode(), act
    assert OutboxRow.objects.count() == before


def test_a_session_from_before_the_upgrade_goes_on_and_confirms_first(context: object) -> None:
    old = Client()
    old.force_login(User.objects.get(login="rina"))
    session = old.session
    session["began_ms"] = session["active_ms"] = at(8, 12)
    session.save()
    assert old.get("/kantor/akun/").status_code == 200
    assert old.post(f"/kantor/akun/{demo.WATI}/sandi/", {"reason": "x"}).status_code == 401
    old.post("/kantor/keluar/")
    assert old.get("/kantor/akun/").status_code == 302


def test_a_session_that_is_used_says_when(context: object, clock: Callable[[int], None]) -> None:
    wati = enter("wati")
    clock(at(8, 20))
    wati.get("/kantor/saya/")
    assert OpenSession.objects.get().used_ms == at(8, 20)
    assert browser("wati").get("/kantor/saya/").status_code == 200


def test_a_session_that_began_before_sessions_were_listed_is_listed_when_it_is_used(
    hasan: Client, clock: Callable[[int], None]
) -> None:
    clock(at(8, 20))
    assert "perangkat ini" in hasan.get("/kantor/saya/sesi/").content.decode()
    assert OpenSession.objects.get().began_ms == at(8, 12)
