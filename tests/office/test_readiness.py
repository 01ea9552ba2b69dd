"""Before the first day: who was imported for December is prepared in November, and one page says who is not."""

import csv
import io
from datetime import date

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from hadir.office.accounts.models import User
from hadir.office.devices.models import Slip
from hadir.office.people.models import Person
from hadir.office.people.permissions import SEE_REGISTER
from hadir.office.people.queries import people_below, people_in_sight
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_days import text_of
from tests.office.test_register import HEAD, TODAY, bring, listed, look, who

pytestmark = pytest.mark.django_db

DECEMBER = date(2026, 12, 1)
PAGE = f"/kantor/kesiapan/{demo.SCHOOL}/"


def row(number: int, superior: str = "197202171998031002") -> str:
    """Somebody who begins at the school in December; the superior is Hasan."""
    place = "Dinas Pendidikan > SDN Tamban 3"
    return f"19900101201501{number:04},Baru {number:02},,,PNS,{place},,2026-12-01,,{superior}"


@pytest.fixture
def coming(context: object) -> list[Person]:
    """Five people, imported before they begin; the last one without a superior."""
    bring(listed(*(row(number) for number in range(4)), row(4, superior="")))
    return list(Person.objects.filter(full_name__startswith="Baru ").order_by("full_name"))


def test_whoever_begins_in_december_is_in_the_register_in_november(coming: list[Person], wati: Client) -> None:
    page = text_of(wati.get("/kantor/pegawai/?cari=baru").content.decode())
    assert "Baru 03" in page
    assert page.count("mulai 1 Desember 2026") == 5
    card = wati.get(f"/kantor/pegawai/{coming[0].number}/").content.decode()
    assert "mulai 1 Desember 2026" in card
    assert f"/kantor/orang/{coming[0].number}/" not in card, "no link to a day on which nobody is asked for"
    assert wati.get(f"/kantor/orang/{coming[0].number}/2026-11-24/").status_code == 404


def test_today_asks_for_nobody_who_has_not_begun(coming: list[Person], wati: Client) -> None:
    assert "Baru" not in text_of(wati.get(f"/kantor/hari-ini/{demo.SCHOOL}/").content.decode())


def test_another_units_newcomers_are_nobody(coming: list[Person], dewi: Client, tono: Client) -> None:
    number = coming[0].number
    assert dewi.get(f"/kantor/pegawai/{number}/").status_code == 404
    for client in (dewi, tono):
        assert client.get(f"/kantor/slip/orang/{number}/").status_code in {403, 404}
        assert client.get(PAGE).status_code in {403, 404}


def test_whoever_works_elsewhere_today_is_not_prepared_by_the_next_unit(context: object) -> None:
    place = "Dinas Pendidikan > SDN Tamban 3"
    there = "199001012015010077,Pindah,,,PNS,Puskesmas Tamban,,2026-01-01,,"
    bring(listed(there))
    bring(listed(there.replace("Puskesmas Tamban", place).replace("2026-01-01", "2026-12-01")))
    moving = Person.objects.get(full_name="Pindah")
    wati = who("wati")
    assert moving not in people_in_sight(wati, SEE_REGISTER, TODAY, ahead=True)
    assert moving in people_in_sight(wati, SEE_REGISTER, DECEMBER)
    assert moving in people_below(["/1/"], TODAY)


def test_slips_and_log_ins_are_made_before_the_first_day(coming: list[Person], wati: Client, rina: Client) -> None:
    page = wati.get(f"/kantor/slip/{demo.SCHOOL}/").content.decode()
    assert "Baru 00" in page
    asked = {"orang": [str(one.number) for one in coming], "yakin": "1"}
    assert wati.post(f"/kantor/slip/{demo.SCHOOL}/cetak/", asked).status_code == 302
    assert Slip.objects.filter(person__in=coming).count() == 5
    made = rina.post(f"/kantor/akun/{coming[0].number}/baru/", {"login": "baru00", "reason": "Operator Desember."})
    assert made.status_code == 200
    assert User.objects.filter(person=coming[0]).exists()


def sums(client: Client, address: str = PAGE) -> str:
    page = text_of(client.get(address).content.decode())
    return page[page.index("Kesiapan SDN") : page.index("Yang belum siap")]


def test_the_page_counts_what_is_lacking_and_leads_to_who_and_where(coming: list[Person], wati: Client) -> None:
    page = wati.get(PAGE).content.decode()
    assert "0 dari 23 pegawai siap. 5 belum mulai, paling awal 1 Desember 2026." in text_of(page)
    assert f'href="/kantor/slip/{demo.SCHOOL}/"' in page, "the act that mends it"
    who_lacks = text_of(wati.get(f"{PAGE}?tanpa=superior").content.decode())
    assert "Baru 04" in who_lacks
    assert "Baru 03" not in who_lacks
    assert "tanpa jadwal kerja" not in sums(wati), "the school's duty holds in December too"


def test_a_phone_that_comes_in_changes_the_page_at_once(coming: list[Person], morning: Morning, wati: Client) -> None:
    number = coming[0].number
    wati.post(f"/kantor/slip/{demo.SCHOOL}/cetak/", {"orang": [str(number)], "yakin": "1"})
    before = wati.get(f"{PAGE}?tanpa=phone").content.decode()
    assert "Baru 00" in before
    morning.tap(number, "in", at(7, 50))
    morning.follow(at(8, 0))
    for lack in ("phone", "slip", "record"):
        assert "Baru 00" not in wati.get(f"{PAGE}?tanpa={lack}").content.decode(), lack
    assert "Baru 00" in wati.get(f"/kantor/hp/{demo.SCHOOL}/").content.decode(), "and the phone can be confirmed"


def test_the_file_has_everybody_and_odd_questions_are_no_fault(coming: list[Person], joko: Client) -> None:
    assert "Kesiapan" in joko.get("/kantor/hari-ini/", follow=True).content.decode(), "the auditor has it in the menu"
    answer = joko.get(f"{PAGE}?bentuk=csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 24
    assert {line[3] for line in rows if line[0].startswith("Baru")} == {"1 Desember 2026"}
    assert joko.get(f"{PAGE}?tanpa=zzz&halaman=-9").status_code == 200


def test_the_page_asks_no_more_for_more_people(
    context: object, wati: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    bring(listed(*(row(number) for number in range(120)), head=HEAD))
    with django_assert_max_num_queries(16):
        assert "halaman=2" in wati.get(PAGE).content.decode()


def test_a_list_for_december_is_complete_in_november(coming: list[Person]) -> None:
    assert look(listed(*(row(number) for number in range(4)), row(4, superior=""))).is_empty
