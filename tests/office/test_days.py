"""The pages of a day: what they say, whom they show, what they cost."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hadir.office.people.models import Person
from hadir.office.register.acts import register
from hadir.office.roles import ActBy
from hadir.office.units.models import Unit
from hadir.records.kinds import Kind
from hadir.records.receipt import verify_receipt_file
from hadir.site import Site
from rehearsal.demo import cast as demo
from rehearsal.phones import record_hash
from tests.office.conftest import at
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

TODAY_QUERIES_MAX = 16
PERSON_DAY_QUERIES_MAX = 40
PART = {"HX-Request": "true"}


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def sentence(client: Client, query: str = "") -> str:
    page = client.get(f"/kantor/hari-ini/3/{query}").content.decode()
    found = re.search(r'<p class="sentence">(.*?)</p>', page, re.DOTALL)
    assert found
    return text_of(found.group(1)).replace(" ,", ",").replace(" .", ".").strip()


@pytest.fixture
def tapped(morning: Morning) -> Morning:
    morning.tap(demo.SARI, "in", at(7, 28, 13), received_ms=at(8, 5, 31), signed_ms=at(7, 0))
    morning.tap(demo.HASAN, "in", at(7, 10))
    morning.tap(demo.BUDI, "in", at(7, 42, 30))
    morning.follow(at(8, 10))
    return morning


def test_the_sentence_comes_first_and_counts_everybody(tapped: Morning, wati: Client) -> None:
    assert sentence(wati) == "Dari 18 orang: 3 hadir, 1 di antaranya terlambat, 15 belum tercatat."


def test_the_sentence_speaks_english_when_asked(tapped: Morning, wati: Client) -> None:
    wati.post("/kantor/bahasa/", {"bahasa": "en", "next": "/kantor/hari-ini/3/"})
    assert sentence(wati) == "Of 18 people: 3 present, 1 of them late, 15 not yet recorded."


def test_a_superior_sees_his_own_people(tapped: Morning, budi: Client) -> None:
    assert sentence(budi) == "Dari 8 orang: 1 hadir, 7 belum tercatat."


def test_an_empty_day_says_so(wati: Client) -> None:
    assert sentence(wati) == "Dari 18 orang: 18 belum tercatat."
    assert sentence(wati, "?tanggal=2026-11-22") == "Dari 18 orang: 18 tidak ada jadwal kerja."


def test_numbers_lead_to_the_people_behind_them(tapped: Morning, wati: Client) -> None:
    page = wati.get("/kantor/hari-ini/3/?saring=late").content.decode()
    rows = re.findall(r'id="row-(\d+)"', page)
    assert rows == [str(demo.BUDI)]


def test_the_search_finds_names_in_any_case(tapped: Morning, wati: Client) -> None:
    page = wati.get("/kantor/hari-ini/3/?cari=SARI w").content.decode()
    assert re.findall(r'id="row-(\d+)"', page) == [str(demo.SARI)]
    nobody = wati.get("/kantor/hari-ini/3/?cari=zzz").content.decode()
    assert "Tidak ada yang cocok" in nobody


def test_nonsense_in_the_address_is_left_out(tapped: Morning, wati: Client) -> None:
    for query in ("?tanggal=kemarin", "?saring=%00", "?orang=abc", "?orang=99999999999999", "?cari=" + "x" * 500):
        assert wati.get(f"/kantor/hari-ini/3/{query}").status_code == 200, query


def test_whoever_waits_for_confirmation_needs_a_look(tapped: Morning, wati: Client) -> None:
    page = wati.get("/kantor/hari-ini/3/").content.decode()
    assert "Perlu dilihat (3)" in page
    assert "3 HP baru menunggu pengesahan" in page


def test_the_changing_part_comes_alone_for_a_live_page(tapped: Morning, wati: Client) -> None:
    part = wati.get("/kantor/hari-ini/3/", headers=PART).content.decode()
    assert "<html" not in part
    assert "Dari 18 orang" in text_of(part)
    assert "<html" in wati.get("/kantor/hari-ini/3/").content.decode()


def test_a_row_opens_beside_the_list_without_javascript(tapped: Morning, wati: Client) -> None:
    page = wati.get(f"/kantor/hari-ini/3/?orang={demo.SARI}").content.decode()
    assert "Dasar hasil ini" in page
    assert "Dari 18 orang" in text_of(page)


def test_a_person_day_opens_to_reasons_records_and_evidence(tapped: Morning, wati: Client) -> None:
    page = text_of(wati.get(f"/kantor/orang/{demo.BUDI}/2026-11-24/").content.decode())
    assert "Terlambat 12 menit (TL1), sementara" in page
    assert "Permentan 68/2012" in page, "the article is named"
    assert "07.42.30" in page
    assert "langsung" in page
    assert "jurnal layanan absen gate1 2026" in page


def test_every_step_of_the_reasoning_stands_in_order(tapped: Morning, wati: Client) -> None:
    page = wati.get(f"/kantor/orang/{demo.SARI}/2026-11-24/").content.decode()
    steps = text_of(page[page.index("Dasar hasil ini") :])
    order = ["Jadwal kerja", "waktu resmi 07.00", "diterima pukul 08.05.31", "Masuk pukul 07.28.13, tepat waktu"]
    assert [steps.index(step) for step in order] == sorted(steps.index(step) for step in order)


def test_the_receipt_verifies_offline(morning: Morning, wati: Client, site: Site) -> None:
    record = morning.tap(demo.SARI, "in", at(7, 28))
    morning.follow(at(8, 0))
    answer = wati.get(f"/kantor/catatan/{record_hash(record)}/tanda-terima/")
    proven = verify_receipt_file(answer.content, site.key_list())
    assert proven.leaf.body.decode() == record


def test_a_name_cannot_become_markup(morning: Morning, wati: Client) -> None:
    Person.objects.filter(number=demo.SARI).update(full_name="<script>alert(1)</script>")
    page = wati.get("/kantor/hari-ini/3/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_csv_shows_what_the_list_shows(tapped: Morning, wati: Client) -> None:
    answer = wati.get("/kantor/hari-ini/3/?saring=late&bentuk=csv")
    lines = answer.content.decode().splitlines()
    assert lines[0] == "\ufeffNama;NIP;Masuk;Pulang;Hasil;Bukti waktu"
    assert len(lines) == 2
    assert lines[1].startswith("Budi Rahman, M.Pd.;197906032005011007;07:42:30;;")


def test_a_name_cannot_become_a_formula(tapped: Morning, wati: Client) -> None:
    Person.objects.filter(number=demo.BUDI).update(full_name="=HYPERLINK(1)")
    assert "'=HYPERLINK" in wati.get("/kantor/hari-ini/3/?saring=late&bentuk=csv").content.decode()


@pytest.fixture
def crowd(tapped: Morning) -> int:
    """Two hundred more people in the unit."""
    school = Unit.objects.get(number=demo.SCHOOL)
    for number in range(5_000, 5_200):
        person = Person(number=number, full_name=f"Orang {number}", employment="pns")
        register(person=person, home=school, from_date=date(2026, 11, 24), by=ActBy.of(demo.RINA, at(6, 0)))
    return 200


def test_today_costs_the_same_for_two_hundred_more_people(tapped: Morning, crowd: int, wati: Client) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = wati.get("/kantor/hari-ini/3/", headers=PART)
    assert "Dari 218 orang" in text_of(answer.content.decode())
    assert len(queries) <= TODAY_QUERIES_MAX, [query["sql"][:90] for query in queries.captured_queries]


def test_a_person_day_has_a_query_budget(tapped: Morning, wati: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        wati.get(f"/kantor/orang/{demo.SARI}/2026-11-24/", headers=PART)
    assert len(queries) <= PERSON_DAY_QUERIES_MAX


def test_every_page_forbids_what_it_does_not_need(wati: Client, clock: Callable[[int], None]) -> None:
    for path in ("/kantor/masuk/", "/kantor/hari-ini/3/", "/kantor/tidak-ada/"):
        answer = wati.get(path)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "no-store"
        page = answer.content.decode()
        assert not re.search(r"<script(?![^>]*src=)|style=|onclick=", page), path
        assert not re.search(r'(src|href)="(https?:)?//', page), path


def test_a_day_that_does_not_exist_is_not_found(wati: Client) -> None:
    assert wati.get(f"/kantor/orang/{demo.SARI}/2026-13-45/").status_code == 404


def test_tono_is_told_that_there_is_nothing_for_him(tono: Client) -> None:
    assert "Belum ada yang dapat Anda lihat" in tono.get("/kantor/").content.decode()


def test_a_page_shows_a_clock_that_no_calendar_has(morning: Morning, wati: Client) -> None:
    phone = morning.phone(demo.SARI)
    held = {"token": morning.token(at(7, 0)), "wall_ms": at(7, 0), "mono_ms": 1_000, "origin_ms": 7}
    record = phone.sign({**phone.payload("in", wall_ms=at(7, 20)), "wall_ms": 2**53 - 1, "signed_time": held})
    morning.append([(Kind.PUNCH, record.encode())], at(7, 21))
    morning.follow(at(8, 0))
    page = text_of(wati.get(f"/kantor/orang/{demo.SARI}/2026-11-24/").content.decode())
    assert "07.21.00" in page


def test_a_wide_unit_shows_the_units_below_it_and_a_page_of_its_people(
    tapped: Morning, rina: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hadir.office.day_pages.views.PAGE_ROWS", 7)
    first, last = (rina.get(f"/kantor/hari-ini/1/{query}").content.decode() for query in ("", "?hal=3"))
    people = [len(re.findall(r'id="row-\d+"', page)) for page in (first, last)]
    assert people[0] == 7
    assert 0 < people[1] <= 7
    assert not set(re.findall(r'id="row-\d+"', first)) & set(re.findall(r'id="row-\d+"', last))
    branches = re.findall(r'<tr><td class="name"><a href="/kantor/hari-ini/\d+/">.*?</tr>', first, re.DOTALL)
    counted = [text_of(branch).split()[-4:] for branch in branches]
    assert ["18", "3", "1", "15"] in counted, counted


def test_a_page_that_is_not_there_is_the_last_one(wati: Client) -> None:
    assert wati.get("/kantor/hari-ini/3/?hal=99").status_code == 200
    assert wati.get("/kantor/hari-ini/3/?hal=-1").status_code == 200
