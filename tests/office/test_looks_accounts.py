"""How the pages of a log-in look when there is something on them: both steps, factors, sessions, codes, resets.

`LOOKS=folder` leaves their pictures there, as `test_looks` does.
"""

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.http import HttpResponse
from django.test import Client

from hadir.office.accounts.confirming import CONFIRMED_MS_MAX
from hadir.office.accounts.factors import ask_reset
from hadir.office.accounts.models import User
from hadir.office.roles import ActBy
from hadir.texts import LANGS, Lang
from rehearsal.demo import cast as demo
from tests.office.conftest import at, browser
from tests.office.test_accounts import log_in
from tests.office.test_factors import DAY, RINA, code_now, with_app
from tests.office.test_looks import Sheet, Walk
from tests.office.test_own_log_in import CHROME, FIREFOX

pytestmark = pytest.mark.django_db


def sheets(clock: Callable[[int], None]) -> Iterator[Sheet]:
    for login in ("rina", "hasan"):
        with_app(login)
    ask_reset(user=User.objects.get(login="hasan"), by=ActBy(RINA, at(8, 0), "HP hilang di jalan."), day=DAY)
    rina = Client(headers={"User-Agent": CHROME, "X-Forwarded-For": "10.0.0.7"})
    log_in(Client(headers={"User-Agent": FIREFOX, "X-Forwarded-For": "203.0.113.9"}), "rina", "x")
    for lang in LANGS:
        rina.cookies["hadir_bahasa"] = lang
        log_in(rina, "rina", "latihan-rina")
        yield sheet("log-in-factor", lang, rina.get("/kantor/masuk/kode/"))
        yield sheet("log-in-factor-wrong", lang, rina.post("/kantor/masuk/kode/", {"code": "000000"}))
    yield from inside(rina, clock)


def inside(rina: Client, clock: Callable[[int], None]) -> Iterator[Sheet]:
    answer = rina.post("/kantor/masuk/kode/", {"code": code_now(1)})
    if answer.status_code != 302:
        pytest.fail("the app's code was not taken")
    lina, joko = browser("lina"), browser("joko")
    for lang in LANGS:
        for client in (rina, lina, joko):
            client.cookies["hadir_bahasa"] = lang
        for name in ("saya/", "saya/sesi/", "saya/masuk/", "saya/kode/", f"akun/{demo.HASAN}/", "akun/faktor/"):
            yield sheet(name, lang, rina.get(f"/kantor/{name}"))
        yield sheet("reset-mine", lang, rina.get(f"/kantor/akun/{demo.HASAN}/faktor/"))
        yield sheet("reset-other", lang, lina.get(f"/kantor/akun/{demo.HASAN}/faktor/"))
        yield sheet("log-ins-auditor", lang, joko.get("/kantor/akun/masuk/"))
        yield sheet("codes", lang, rina.post("/kantor/saya/kode/"))
    yield sheet("handed", "en", lina.post(f"/kantor/akun/{demo.HASAN}/faktor/jawab/", {"jawab": "setuju"}))
    clock(at(8, 12) + CONFIRMED_MS_MAX)
    for lang in LANGS:
        rina.cookies["hadir_bahasa"] = lang
        yield sheet("confirm", lang, rina.post(f"/kantor/akun/{demo.WATI}/sandi/", {"reason": "Lupa."}))


def sheet(name: str, lang: Lang, answer: HttpResponse) -> Sheet:
    assert answer.status_code in {200, 401}, (name, answer.status_code)
    slug = re.sub(r"\W+", "-", name).strip("-")
    return Sheet(f"account-{slug}", lang, f"/kantor/{slug}/", answer.content, dict(answer.items()))


def test_the_pages_of_a_log_in_look_as_all_others(context: object, clock: Callable[[int], None]) -> None:
    walk = Walk(os.environ.get("LOOKS"))
    with ThreadPoolExecutor(1) as beside:
        looking = beside.submit(walk)
        for one in sheets(clock):
            walk.sheets.put(one)
        walk.sheets.put(None)
        trouble = looking.result()
    assert not trouble, "\n".join(trouble)
