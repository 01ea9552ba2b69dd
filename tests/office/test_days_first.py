"""The list of a day: who must be looked at first, what is over, and what was said of those who are missing."""

import re

import pytest
from django.test import Client

from rehearsal.demo import cast as demo
from tests.office.morning import Morning
from tests.office.test_days import PART, sentence, tapped, text_of
from tests.office.test_excuses import entered

__all__ = ["tapped"]

pytestmark = pytest.mark.django_db


def names(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/kantor/hari-ini/3/{query}").content.decode()
    return re.findall(r'id="row-(\d+)"', page)


def test_the_missing_and_the_late_come_first(tapped: Morning, wati: Client) -> None:
    rows = [int(number) for number in names(wati)]
    assert set(rows[-2:]) == {demo.SARI, demo.HASAN}, "who is there needs no look"
    assert rows[-3] == demo.BUDI, "late, after those of whom nothing is known"


def test_nobody_is_waited_for_on_a_day_that_is_over(tapped: Morning, wati: Client) -> None:
    past = "?tanggal=2026-11-20"
    assert sentence(wati, past) == "Dari 18 orang: 18 tanpa catatan."
    page = text_of(wati.get(f"/kantor/hari-ini/3/{past}").content.decode())
    assert "Tidak ada catatan" in page
    assert "elum tercatat" not in page
    assert "Belum tercatat" in text_of(wati.get("/kantor/hari-ini/3/").content.decode())


def test_a_note_that_waits_stands_beside_the_missing(tapped: Morning, wati: Client, budi: Client, joko: Client) -> None:
    row = entered(wati, demo.BUDI, kind="S", until_date="2026-11-24")
    told = "Keterangan menunggu keputusan: Sakit"
    for client in (wati, joko):
        page = client.get("/kantor/hari-ini/3/").content.decode()
        assert told in text_of(page)
        assert f'href="/kantor/keterangan/{row.number}/"' in page
        assert told in text_of(client.get(f"/kantor/orang/{demo.BUDI}/2026-11-24/").content.decode())
    assert told not in text_of(wati.get("/kantor/hari-ini/3/?tanggal=2026-11-25").content.decode())


def test_a_note_is_entered_from_the_day_it_is_about(tapped: Morning, wati: Client, joko: Client) -> None:
    page = wati.get(f"/kantor/orang/{demo.BUDI}/2026-11-20/", headers=PART).content.decode()
    link = re.search(r'href="(/kantor/keterangan/unit/3/baru/[^"]+)"', page)
    assert link
    form = wati.get(link.group(1).replace("&amp;", "&")).content.decode()
    assert 'name="from_date" type="date" value="2026-11-20"' in form
    assert re.search(rf'value="{demo.BUDI}"[^>]* checked', form)
    for client, person in ((joko, demo.BUDI), (wati, demo.WATI)):
        assert "Catat keterangan" not in client.get(f"/kantor/orang/{person}/2026-11-20/").content.decode()
