"""Second factors: added, asked for, used once, lost and reset by two; and nothing of them in the journal."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client, RequestFactory
from fido2 import cbor

from hadir.clock import SystemClock
from hadir.office.accounts import app_codes, factors
from hadir.office.accounts.actions import grant_role, set_demand
from hadir.office.accounts.app_codes import code_at, matching_step, step_of
from hadir.office.accounts.entering import LoginAnswer, check_factor
from hadir.office.accounts.factors import (
    BACKUP_CODES,
    HANDED_OVER_MS_MAX,
    add_app,
    add_key,
    agree_reset,
    ask_reset,
    codes_left,
    remove_factor,
    resets_to_answer,
    take_code,
    take_key,
)
from hadir.office.accounts.models import AccountNote, BackupCode, Factor, FactorReset, LogIn, LogInOutcome, User
from hadir.office.accounts.queries import actor_of, without_factor
from hadir.office.accounts.sealing import SealError, unseal
from hadir.office.accounts.sessions import remember_browser
from hadir.office.accounts.throttle import CODE, CODE_PAUSE_MS
from hadir.office.acts.models import OutboxRow
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from rehearsal.demo import cast as demo
from tests.office.conftest import at, browser
from tests.office.test_accounts import log_in, try_once

pytestmark = pytest.mark.django_db

NOW = at(8, 12)
DAY = date(2026, 11, 24)
SEED = bytes(range(20))
RINA = Actor(person=demo.RINA, grants=(Grant(role=Role.PERSONNEL, path="/1/"),))
LINA = replace(RINA, person=demo.LINA)
CREDENTIAL = bytes(16) + b"\0\1x" + cbor.encode({1: 2, 3: -7, -1: 1, -2: bytes(31) + b"\1", -3: bytes(32)})
"""A key's public part: no authenticator's id, the key's own, and numbers that are no point of the curve."""
RFC_6238 = ((59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130"))
"""Appendix B, the last six digits."""


def user_of(login: str) -> User:
    return User.objects.get(login=login)


def with_app(login: str, at_ms: int = NOW) -> tuple[User, list[str]]:
    """An account that has an app, whose newest code is spent; its backup codes."""
    user = user_of(login)
    codes = add_app(user=user, seed=SEED, code=code_at(SEED, step_of(at_ms) - 1), code_ms=at_ms, at_ms=at_ms)
    return user, codes


def code_now(ahead: int = 0) -> str:
    """What the app shows: it goes by the machine's clock, whatever the rehearsal's says."""
    return code_at(SEED, step_of(SystemClock().now_ms()) + ahead)


def journal() -> str:
    """Everything that goes into the journal, and the reasons beside it."""
    return " ".join(bytes(row.body).decode() for row in OutboxRow.objects.all())


@pytest.fixture
def production(context: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same office, were it no rehearsal, at the time of this one."""
    assert HERE.clock.now_ms() == NOW
    monkeypatch.setitem(HERE.__dict__, "site", replace(HERE.site, name="presensi.example.go.id"))


def test_the_codes_are_those_of_rfc_6238() -> None:
    for seconds, code in RFC_6238:
        assert code_at(b"12345678901234567890", seconds // 30) == code


def test_a_code_may_be_one_step_off_and_none_is_taken_twice() -> None:
    user, _ = with_app("rina")
    step = step_of(NOW)
    for off in (-2, 2):
        assert not take_code(user=user, code=code_at(SEED, step + off), code_ms=NOW, at_ms=NOW)
    assert take_code(user=user, code=f"{code_at(SEED, step)[:3]} {code_at(SEED, step)[3:]}", code_ms=NOW, at_ms=NOW)
    assert not take_code(user=user, code=code_at(SEED, step), code_ms=NOW, at_ms=NOW), "a second time"
    assert take_code(user=user, code=code_at(SEED, step + 1), code_ms=NOW, at_ms=NOW)
    assert not take_code(user=user, code=code_at(SEED, step), code_ms=NOW, at_ms=NOW), "one from before"


def test_a_code_that_added_the_app_does_not_log_in_too() -> None:
    user, _ = with_app("rina")
    assert matching_step(SEED, code_at(SEED, step_of(NOW) - 1), at_ms=NOW, after_step=0) is not None
    assert not take_code(user=user, code=code_at(SEED, step_of(NOW) - 1), code_ms=NOW, at_ms=NOW)


def test_ten_backup_codes_are_good_for_once_each_and_new_ones_end_the_old() -> None:
    user, codes = with_app("rina")
    assert len(set(codes)) == BACKUP_CODES
    typed = codes[0].upper().replace("-", " ").replace("0", "O").replace("1", "l")
    assert take_code(user=user, code=typed, code_ms=NOW, at_ms=NOW), "as somebody reads it from paper"
    assert not take_code(user=user, code=codes[0], code_ms=NOW, at_ms=NOW)
    assert codes_left(user) == BACKUP_CODES - 1
    assert not any(code.replace("-", "") in str(BackupCode.objects.values_list()) for code in codes)


def test_the_seed_is_sealed_for_its_account_and_the_journal_has_digests_only() -> None:
    user, codes = with_app("rina")
    row = Factor.objects.get(user=user)
    assert SEED not in bytes(row.sealed)
    assert unseal(row.sealed, f"account/{user.pk}") == SEED
    with pytest.raises(SealError):
        unseal(row.sealed, f"account/{user.pk + 1}")
    acts = list(OutboxRow.objects.filter(act__startswith="factor.").order_by("seq").values_list("act", flat=True))
    assert acts == ["factor.add", "factor.codes"]
    assert f"app/{row.pk} {row.digest}" in journal()
    secrets = [SEED.hex(), app_codes.app_address(SEED, login="x", site="y").partition("secret=")[2][:32], *codes]
    assert not any(secret in journal() for secret in secrets)


def test_a_folder_that_lost_its_factor_key_takes_backup_codes_and_no_app(context: object) -> None:
    user, codes = with_app("rina")
    file = HERE.site.keys_folder / "factor.key"
    assert file.stat().st_mode & 0o777 == 0o400
    file.unlink()
    HERE.site.make_factor_key()
    assert not take_code(user=user, code=code_at(SEED, step_of(NOW)), code_ms=NOW, at_ms=NOW)
    assert take_code(user=user, code=codes[3], code_ms=NOW, at_ms=NOW)


def test_a_copied_key_is_found_by_its_count_and_one_that_counts_nothing_is_let_be() -> None:
    add_key(user=user_of("rina"), credential=b"k", uses=5, name="laci", at_ms=NOW)
    row = Factor.objects.get(kind="key")
    take_key(row=row, uses=6, at_ms=NOW)
    with pytest.raises(ActError) as caught:
        take_key(row=row, uses=6, at_ms=NOW)
    assert caught.value.code == "factors.trouble.copied"
    Factor.objects.update(uses=0)
    take_key(row=row, uses=0, at_ms=NOW)


def test_a_password_alone_opens_nothing_of_an_account_with_a_factor(
    client: Client, context: object, clock: Callable[[int], None]
) -> None:
    _, codes = with_app("rina", SystemClock().now_ms())
    assert log_in(client, "rina", "latihan-rina", next="/kantor/akun/") == 302
    half = client.session.session_key
    for page in ("/kantor/", "/kantor/akun/", "/kantor/saya/", "/kantor/sandi/"):
        assert client.get(page)["Location"].startswith("/kantor/masuk/?")
    assert client.post("/kantor/masuk/kode/", {"code": "000000"}).status_code == 401
    assert client.post("/kantor/masuk/kode/", {"code": ""}).status_code == 401
    answer = client.post("/kantor/masuk/kode/", {"code": code_now()})
    assert answer["Location"] == "/kantor/akun/"
    assert client.session.session_key != half, "a session id is never promoted"
    assert client.get("/kantor/akun/").status_code == 200
    assert [*LogIn.objects.filter(user__login="rina").values_list("outcome", "times")] == [("good", 1), ("factor", 2)]
    clock(at(8, 13))
    other = Client()
    log_in(other, "rina", "latihan-rina")
    assert other.post("/kantor/masuk/kode/", {"code": code_now()}).status_code == 401, "that code is spent"
    assert other.post("/kantor/masuk/kode/", {"code": codes[0]})["Location"] == "/kantor/saya/", "the owner is told"
    assert "kode cadangan Anda dipakai" in other.get("/kantor/saya/").content.decode()


def test_the_second_step_is_open_for_five_minutes_and_for_that_password(
    client: Client, context: object, clock: Callable[[int], None]
) -> None:
    user, codes = with_app("rina")
    log_in(client, "rina", "latihan-rina")
    user.set_password("sungai barito pasang surut")
    user.save()
    assert client.post("/kantor/masuk/kode/", {"code": codes[0]})["Location"] == "/kantor/masuk/"
    log_in(client, "rina", "sungai barito pasang surut")
    clock(at(8, 17, 1))
    assert client.post("/kantor/masuk/kode/", {"code": codes[0]})["Location"] == "/kantor/masuk/"
    assert codes_left(user) == BACKUP_CODES


def test_a_new_password_from_personnel_is_no_way_around_the_factor(client: Client, rina: Client) -> None:
    _, codes = with_app("wati")
    page = rina.post(f"/kantor/akun/{demo.WATI}/sandi/", {"reason": "Lupa."}).content.decode()
    once = re.search(r'<pre class="typed once">([^<]+)</pre>', page)
    assert once
    assert log_in(client, "wati", once[1]) == 302
    assert client.get("/kantor/sandi/")["Location"].startswith("/kantor/masuk/")
    client.post("/kantor/masuk/kode/", {"code": codes[0]})
    assert client.get("/kantor/hari-ini/3/")["Location"] == "/kantor/sandi/"


def test_guessed_codes_make_new_browsers_wait_and_neither_the_owners_nor_a_key(
    context: object, rf: RequestFactory
) -> None:
    user, codes = with_app("rina")

    def show(code: str, number: int, *, is_known: bool = False) -> LoginAnswer:
        request = rf.post("/", {"code": code}, REMOTE_ADDR=f"203.0.113.{number % 250}")
        request.now_ms = NOW + number
        if is_known:
            remember_browser(request, response := HttpResponse(), user)
            request.COOKIES |= {name: cookie.value for name, cookie in response.cookies.items()}
        return check_factor(request, user, code_field="code", key_field="key")

    for number in range(CODE.free):
        assert show("000000", number).user is None
    waits = show(codes[0], CODE.free)
    assert 0 < waits.wait_ms <= CODE_PAUSE_MS
    assert show(codes[0], CODE.free + 1, is_known=True).user == user


def test_no_name_that_a_stranger_types_counts_as_a_code(context: object, rf: RequestFactory) -> None:
    user, codes = with_app("rina")
    for number in range(2 * CODE.free):
        try_once(f"code of {user.pk}", "x", NOW - 5_000 + number, address=f"203.0.113.{number}")
    request = rf.post("/", {"code": codes[0]}, REMOTE_ADDR="10.0.0.7")
    request.now_ms = NOW
    assert check_factor(request, user, code_field="code", key_field="key").user == user


def test_a_personnel_log_in_without_a_factor_can_only_add_one(production: None, rina: Client, wati: Client) -> None:
    for page in ("/kantor/", "/kantor/akun/", f"/kantor/akun/{demo.WATI}/", "/kantor/hari-ini/3/"):
        assert rina.get(page)["Location"] == "/kantor/saya/", page
    assert rina.post(f"/kantor/akun/{demo.WATI}/sandi/", {"reason": "x"})["Location"] == "/kantor/saya/"
    part = rina.get("/kantor/hari-ini/3/", headers={"HX-Request": "true"})
    assert part["HX-Redirect"] == "/kantor/saya/"
    assert "Buat kunci kedua dahulu" in rina.get("/kantor/saya/").content.decode()
    assert wati.get("/kantor/hari-ini/3/").status_code == 200, "of an operator nobody demands it"
    seed = seed_on(rina.get("/kantor/saya/aplikasi/").content.decode())
    now = step_of(SystemClock().now_ms())
    assert rina.post("/kantor/saya/aplikasi/", {"code": "000000"}).status_code == 400
    told = rina.post("/kantor/saya/aplikasi/", {"code": code_at(seed, now)}).content.decode()
    assert len(re.findall(r"(?m)[0-9a-z]{4}(?:-[0-9a-z]{4}){3}$", told)) == BACKUP_CODES
    assert rina.get("/kantor/akun/").status_code == 200


def seed_on(page: str) -> bytes:
    found = re.search(r'<pre class="typed wrap">([A-Z2-7 ]+)</pre>', page)
    assert found
    return base64.b32decode(found[1].replace(" ", ""))


def test_a_rehearsal_demands_none_unless_it_is_set(rina: Client) -> None:
    assert rina.get("/kantor/akun/").status_code == 200
    assert "folder latihan" in rina.get("/kantor/akun/faktor/").content.decode()
    asked = {"from_date": "2026-11-24", "reason": "Latihan."}
    assert rina.post("/kantor/akun/faktor/personnel/", asked).status_code == 302
    assert rina.get("/kantor/akun/")["Location"] == "/kantor/saya/"


def test_heads_need_one_from_the_day_that_the_site_sets(
    rina: Client, hasan: Client, clock: Callable[[int], None]
) -> None:
    page = rina.get("/kantor/akun/faktor/").content.decode()
    assert "Hasan" in page
    assert rina.post("/kantor/akun/faktor/unit_head/", {"from_date": "2026-11-23", "reason": "x"}).status_code == 400
    asked = {"from_date": "2026-11-25", "reason": "SE 12/2026."}
    assert rina.post("/kantor/akun/faktor/unit_head/", asked).status_code == 302
    act = json.loads(bytes(OutboxRow.objects.get(act="factor.demand").body))
    assert (act["object"], act["before"], act["after"]) == ("role/unit_head", None, "2026-11-25")
    assert hasan.get("/kantor/hari-ini/3/").status_code == 200
    assert "Wajib untuk peran Anda mulai Rabu, 25 November 2026" in hasan.get("/kantor/saya/").content.decode()
    assert not actor_of(user_of("hasan"), DAY).owes_factor
    assert actor_of(user_of("hasan"), date(2026, 11, 25)).owes_factor
    with_app("hasan")
    assert not actor_of(user_of("hasan"), date(2026, 11, 25)).owes_factor
    assert user_of("hasan") not in without_factor(RINA, DAY)


def test_what_production_demands_of_personnel_nobody_takes_back(production: None) -> None:
    with pytest.raises(PermissionDenied):
        set_demand(role=Role.PERSONNEL, from_date=None, by=ActBy(RINA, NOW, "x"))
    school = Actor(person=demo.DEWI, grants=(Grant(role=Role.PERSONNEL, path="/1/2/3/"),))
    with pytest.raises(PermissionDenied):
        set_demand(role=Role.UNIT_HEAD, from_date=None, by=ActBy(school, NOW, "x"))


def test_the_last_factor_stays_where_one_is_demanded_and_goes_where_none_is() -> None:
    user, _ = with_app("rina")
    number = Factor.objects.get().pk
    with pytest.raises(ActError):
        remove_factor(user=user, number=number, at_ms=NOW, is_demanded=True)
    with pytest.raises(ActError):
        remove_factor(user=user_of("lina"), number=number, at_ms=NOW, is_demanded=False)
    remove_factor(user=user, number=number, at_ms=NOW, is_demanded=False)
    row = Factor.objects.get()
    assert (bytes(row.sealed), row.removed_at_ms, user.asks_factor) == (b"", NOW, False)
    assert not BackupCode.objects.exists()


def test_a_lost_factor_is_reset_by_two_and_its_owner_is_told(client: Client, rina: Client) -> None:
    _, codes = with_app("wati")
    wati, lina = browser("wati"), browser("lina")
    address = f"/kantor/akun/{demo.WATI}/faktor/"
    assert rina.post(address, {"reason": " "}).status_code == 400
    assert rina.post(address, {"reason": "HP hilang; ia datang sendiri."}).status_code == 302
    assert rina.post(f"{address}jawab/", {"jawab": "setuju"}).status_code == 409, "nobody agrees to their own asking"
    assert wati.get("/kantor/hari-ini/3/").status_code == 200, "nothing has happened yet"
    page = lina.post(f"{address}jawab/", {"jawab": "setuju"}).content.decode()
    code = re.search(r'<pre class="typed once">([^<]+)</pre>', page)
    assert code
    assert wati.get("/kantor/hari-ini/3/").status_code == 302, "all sessions ended"
    log_in(client, "wati", "latihan-wati")
    assert client.post("/kantor/masuk/kode/", {"code": codes[0]}).status_code == 401, "what was lost opens nothing"
    assert client.post("/kantor/masuk/kode/", {"code": code[1]})["Location"] == "/kantor/saya/"
    told = client.get("/kantor/saya/").content.decode()
    assert "Lina Marlina mengatur ulang kunci kedua Anda" in told
    assert client.get("/kantor/hari-ini/3/")["Location"] == "/kantor/saya/", "first another factor"
    acts = OutboxRow.objects.filter(act__startswith="factor.reset").order_by("seq").values_list("act", "by")
    assert [*acts] == [("factor.reset_ask", demo.RINA), ("factor.reset", demo.LINA)]
    assert code[1] not in journal()


def test_a_handed_over_code_lapses_and_is_good_for_once() -> None:
    user, _ = with_app("wati")
    ask_reset(user=user, by=ActBy(RINA, NOW, "x"), day=DAY)
    assert [row.user for row in resets_to_answer(LINA, DAY)] == [user], "it stands in the second person's list"
    assert not resets_to_answer(RINA, DAY)
    code = agree_reset(user=user, by=ActBy(LINA, NOW), day=DAY)
    later = NOW + HANDED_OVER_MS_MAX
    assert not take_code(user=user, code=code, code_ms=later, at_ms=later)
    assert take_code(user=user, code=code, code_ms=NOW, at_ms=later - 1)
    assert not take_code(user=user, code=code, code_ms=NOW, at_ms=later - 1)


def test_nobody_resets_their_own_nor_that_of_somebody_who_may_more() -> None:
    rina, _ = with_app("rina")
    hasan, _ = with_app("hasan")
    with pytest.raises(PermissionDenied):
        ask_reset(user=rina, by=ActBy(RINA, NOW, "x"), day=DAY)
    school = Actor(person=demo.DEWI, grants=(Grant(role=Role.PERSONNEL, path="/1/2/3/"),))
    ask_reset(user=hasan, by=ActBy(school, NOW, "x"), day=DAY)
    regency = Unit.objects.get(number=demo.REGENCY)
    grant_role(user=hasan, role=Role.AUDITOR, unit=regency, from_date=DAY, by=ActBy.of(demo.RINA, NOW))
    with pytest.raises(PermissionDenied):
        agree_reset(user=hasan, by=ActBy(replace(school, person=demo.TONO), NOW), day=DAY)
    with pytest.raises(PermissionDenied):
        agree_reset(user=rina, by=ActBy(RINA, NOW), day=DAY)


def test_a_reset_that_nobody_wants_is_refused_and_nothing_changes() -> None:
    user, codes = with_app("wati")
    ask_reset(user=user, by=ActBy(RINA, NOW, "x"), day=DAY)
    with pytest.raises(ActError) as caught:
        ask_reset(user=user, by=ActBy(LINA, NOW, "y"), day=DAY)
    assert caught.value.code == "factors.trouble.asked"
    factors.refuse_reset(user=user, by=ActBy(LINA, NOW), day=DAY)
    with pytest.raises(ActError):
        agree_reset(user=user, by=ActBy(LINA, NOW), day=DAY)
    assert take_code(user=user, code=codes[0], code_ms=NOW, at_ms=NOW)
    assert FactorReset.objects.get().state == "refused"


def test_the_last_one_is_helped_at_the_machine_by_a_recorded_act() -> None:
    user, _ = with_app("rina")
    code = factors.reset_at_machine(user=user, by=ActBy.of(demo.LINA, NOW, "Tidak ada orang kepegawaian lain."))
    act = OutboxRow.objects.get(act="factor.reset")
    assert json.loads(bytes(act.body))["basis"] == "machine"
    assert (act.by, act.person) == (demo.LINA, demo.RINA)
    assert AccountNote.objects.filter(user=user, what="factor_reset").exists()
    assert take_code(user=user, code=code, code_ms=NOW, at_ms=NOW)
    assert LogIn.objects.filter(outcome=LogInOutcome.GOOD).count() == 0


def test_whatever_a_browser_answers_as_a_key_is_taken_or_refused_in_words(context: object) -> None:
    rina = browser("rina")
    rina.defaults["SERVER_NAME"] = "localhost"
    nested = {"attestationObject": "gYGBgYGBgYGB" * 300, "clientDataJSON": "e30"}
    answers = [
        "", "{", "[]", "null", "7", '"x"', "[" * 4_000, "{}", '{"id":1}', '{"id":"x","rawId":"y"}', "x" * 20_000, "\0",
        json.dumps({"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {}}),
        json.dumps({"id": "YQ", "rawId": "YQ", "type": "public-key", "response": nested}),
        json.dumps({"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {"clientDataJSON": "_w"}}),
    ]  # fmt: skip
    for answer in answers:
        assert rina.get("/kantor/saya/kunci/").status_code == 200
        assert rina.post("/kantor/saya/kunci/", {"key": answer, "name": "x"}).status_code == 400, answer[:80]
    add_key(user=user_of("rina"), credential=CREDENTIAL, uses=0, name="x", at_ms=NOW)
    client = Client(SERVER_NAME="localhost")
    for answer in answers[1:]:
        log_in(client, "rina", "latihan-rina")
        assert "data-options" in client.get("/kantor/masuk/kode/").content.decode()
        assert client.post("/kantor/masuk/kode/", {"key": answer}).status_code == 401, answer[:80]
