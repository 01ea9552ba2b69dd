"""How the pages of a list look when there is something on them: faults, moves, ends, and who is not ready.

`LOOKS=folder` leaves their pictures there, as `test_looks` does.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.http import HttpResponse
from django.test import Client

from hadir.texts import LANGS, Lang
from rehearsal.demo import cast as demo
from tests.office.test_looks import Sheet, Walk
from tests.office.test_readiness import row
from tests.office.test_register import GOOD, NOOR, TEN_FAULTS, bring, listed
from tests.office.test_register_lists import TITLES
from tests.office.test_register_pages import PAGE, upload

pytestmark = pytest.mark.django_db


def sheet(name: str, lang: Lang, answer: HttpResponse) -> Sheet:
    return Sheet(f"register-{name}", lang, f"/kantor/x/{name}/", answer.content, dict(answer.items()))


def sheets(rina: Client) -> Iterator[Sheet]:
    bring(listed(*GOOD, *(row(number) for number in range(3)), row(3, superior="")))
    retired = NOOR.replace("2026-01-01,,", "2026-01-01,2026-12-01,")
    moved = row(0).replace("SDN Tamban 3", "SDN Baru 1").replace("2026-12-01", "2026-11-25")
    data = ("\r\n".join(TITLES) + "\r\n").encode() + listed(*TEN_FAULTS[1:], retired, moved, row(9))
    address, _ = upload(rina, data)
    for lang in LANGS:
        rina.cookies["hadir_bahasa"] = lang
        yield sheet("preview", lang, rina.get(address))
        yield sheet("import", lang, rina.get(PAGE))
        yield sheet("staff", lang, rina.get("/kantor/pegawai/?cari=baru"))
        yield sheet("ready", lang, rina.get(f"/kantor/kesiapan/{demo.REGENCY}/"))
        yield sheet("ready-phone", lang, rina.get(f"/kantor/kesiapan/{demo.SCHOOL}/?tanpa=phone"))


def test_the_pages_of_a_list_fit_and_read(context: object, rina: Client) -> None:
    walk = Walk(os.environ.get("LOOKS"))
    with ThreadPoolExecutor(1) as beside:
        looking = beside.submit(walk)
        for one in sheets(rina):
            walk.sheets.put(one)
        walk.sheets.put(None)
        trouble = looking.result()
    assert not trouble, "\n".join(trouble)
    assert walk.seen == 10
