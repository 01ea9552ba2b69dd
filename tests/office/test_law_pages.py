"""The law's pages: lists, one form for every kind with its preview, second people, and what private means."""

import html
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from hadir.config import shipped
from hadir.office.duties.actions import open_group
from hadir.office.duties.kinds import TEXT_KINDS, CircularLaw, DispensationLaw, LawKind, RollOut
from hadir.office.duties.models import LawAct, LawStep, Membership
from hadir.office.duties.said import value_name, value_text
from hadir.office.ground.laws import laws
from hadir.office.roles import ActBy
from hadir.office.units.models import Unit
from hadir.texts import LANGS, render
from rehearsal.demo import cast as demo
from tests.office.conftest import at, browser
from tests.office.lawdesk import LINA, RINA, TUESDAY, drafted, enact, group_of, person, unit

pytestmark = pytest.mark.django_db

DASH = "\N{EN DASH}"
HAZE = {
    "from_date": "2026-11-25", "last_date": "2026-11-27", "start": "08:00", "document": "SE 800/112",
    "article": "Perbup 1/2026", "reason": "Kabut asap.",
}  # fmt: skip
FORMS: dict[LawKind, dict[str, Any]] = {
    LawKind.DUTY: {"duty": "office-6-day", "policy": "batola"},
    LawKind.CALENDAR: {"name": "Hari Jadi", "kind_of_day": "local", "effect": "frees"},
    LawKind.RAMADAN: {},
    LawKind.CIRCULAR: {"start": "08:00"},
    LawKind.DISPENSATION: {"code": "DISP", "group": "?"},
    LawKind.CEREMONY: {
        "name": "Apel",
        "ceremony": "TA",
        "starts": "07:30",
        "ends": "08:00",
        "weekdays": ["0"],
        "on_day_off": "1",
    },
    LawKind.REMOTE: {"remote_code": "WFA", "weekdays": ["2", "4"]},
    LawKind.ROLL_OUT: {},
    LawKind.DIRECTION: {"phones": "chosen", "terminals": "first_last"},
}  # fmt: skip


@pytest.fixture
def lina(db: None, context: object) -> Client:
    return browser("lina")


def page(client: Client, path: str) -> str:
    answer = client.get(f"/kantor/aturan/{path}")
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def test_rina_sees_what_she_is_about_to_do_before_it_is_recorded(rina: Client, context: object) -> None:
    answer = rina.post("/kantor/aturan/unit/3/baru/circular/", HAZE)
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "Berlaku bagi 18 orang." in shown
    assert "Pada 3 hari" in shown
    assert f"07.30{DASH}16.00" in shown
    assert f"08.00{DASH}16.00" in shown
    assert "Sari Wulandari" in shown
    assert "Orang kedua harus menyetujui" not in shown, "no day of it has begun"
    assert not LawAct.objects.filter(kind="circular").exists()
    done = rina.post("/kantor/aturan/unit/3/baru/circular/", {**HAZE, "yakin": "1"}, follow=True)
    row = LawAct.objects.get(kind="circular")
    assert (row.unit_id, row.made_by_id, row.document) == (demo.SCHOOL, demo.RINA, "SE 800/112")
    assert "Tercatat." in done.content.decode()
    assert "“Kabut asap.”" in done.content.decode()


def test_a_day_that_has_begun_says_that_a_second_person_must_agree(rina: Client, context: object) -> None:
    answer = rina.post("/kantor/aturan/unit/3/baru/circular/", {**HAZE, "from_date": "2026-11-24"})
    assert "Orang kedua harus menyetujui" in answer.content.decode()


@pytest.mark.parametrize("kind", [kind for kind in LawKind if kind not in TEXT_KINDS])
def test_every_kind_has_its_form_its_preview_and_its_page(kind: LawKind, rina: Client, context: object) -> None:
    group = group_of(demo.SARI)
    given = {**HAZE, **FORMS[kind]}
    if given.get("group"):
        given["group"] = str(group.number)
    if kind is not LawKind.CIRCULAR:
        given.pop("start")
    path = f"/kantor/aturan/unit/1/baru/{kind.value}/"
    assert rina.get(path).status_code == 200
    empty = rina.post(path, {})
    assert empty.status_code == 400
    assert "Bagian ini perlu diisi." in empty.content.decode()
    assert rina.post(path, given).status_code == 200
    done = rina.post(path, {**given, "yakin": "1"}, follow=True)
    assert done.status_code == 200
    row = LawAct.objects.filter(kind=kind).latest("number")
    assert row.until_date == date(2026, 11, 28), "the last day is one of its days"
    assert render(row.kind_code, "id") in page(rina, "unit/1/")
    rina.cookies["hadir_bahasa"] = "en"
    assert html.escape(render(row.kind_code, "en")) in page(rina, f"{row.number}/")


def test_nothing_typed_is_lost_on_an_error(rina: Client, context: object) -> None:
    answer = rina.post("/kantor/aturan/unit/3/baru/circular/", {**HAZE, "last_date": "2026-11-01"})
    shown = answer.content.decode()
    assert answer.status_code == 400
    assert "Hari terakhir tidak boleh sebelum hari pertama." in shown
    assert 'value="SE 800/112"' in shown
    assert 'value="08:00"' in shown
    assert "Kabut asap." in shown


def test_one_person_is_named_by_nip_or_name_and_never_oneself(rina: Client, context: object) -> None:
    path = "/kantor/aturan/unit/1/baru/remote/"
    given = {**HAZE, "remote_code": "", "weekdays": []}
    given.pop("start")
    for typed in ("198804122011012004", "Sari Wulandari, S.Pd."):
        assert "Berlaku bagi 1 orang." in rina.post(path, {**given, "person": typed}).content.decode()
    assert "Tidak ada pegawai unit ini" in rina.post(path, {**given, "person": "Nobody"}).content.decode()
    refused = rina.post(path, {**given, "person": "Rina Amelia", "yakin": "1"})
    assert refused.status_code == 400
    assert not LawAct.objects.filter(kind="remote").exists()


# --- two people -------------------------------------------------------------------------------------------------------


def test_the_second_person_is_another_one(rina: Client, lina: Client) -> None:
    row = enact(drafted(CircularLaw(start=None, end=None), TUESDAY), at(8, 0))
    assert "setujui" not in page(rina, f"{row.number}/"), "no button for her who made it"
    refused = rina.post(f"/kantor/aturan/{row.number}/setujui/", {"reason": "Setuju."})
    assert refused.status_code == 409
    assert "Perlu orang kedua: Anda sudah melakukannya." in refused.content.decode()
    row.refresh_from_db()
    assert row.also_by_id is None
    assert "setujui" in page(lina, f"{row.number}/")
    assert lina.post(f"/kantor/aturan/{row.number}/setujui/", {"reason": "Setuju."}).status_code == 302
    row.refresh_from_db()
    assert row.also_by_id == demo.LINA


def test_an_act_that_has_begun_is_withdrawn_by_two(rina: Client, lina: Client) -> None:
    row = enact(drafted(RollOut(), TUESDAY), at(8, 0, day=20))
    first = rina.post(f"/kantor/aturan/{row.number}/cabut/", {"reason": "Keliru."}, follow=True)
    assert "Orang kedua perlu menyetujui pencabutan." in first.content.decode()
    assert "cabut/" not in page(rina, f"{row.number}/")
    assert rina.post(f"/kantor/aturan/{row.number}/cabut/", {"reason": "Keliru."}).status_code == 409
    assert lina.post(f"/kantor/aturan/{row.number}/cabut/", {"reason": "Ya."}).status_code == 302
    assert "Dicabut (1)" in page(rina, "unit/1/")
    assert LawStep.objects.filter(law=row).count() == 3


def test_an_act_is_ended_with_its_past_kept_and_its_steps_in_one_list(rina: Client) -> None:
    row = enact(drafted(RollOut(), date(2026, 11, 1)), at(8, 0, day=20))
    path = f"/kantor/aturan/{row.number}/akhiri/"
    assert rina.post(path, {"reason": "Selesai.", "last_date": "2026-11-01"}).status_code == 400
    ended = rina.post(path, {"reason": "Selesai.", "last_date": "2026-12-31"}, follow=True)
    shown = ended.content.decode()
    assert "- 31 Desember 2026" in shown
    assert "Menetapkan aturan" in shown, "the steps of the row before stand here, too"
    assert "Mengakhiri aturan" in shown
    assert "Sudah diganti" in page(rina, f"{row.number}/")


def test_a_reason_is_asked_for_every_act(lina: Client) -> None:
    row = enact(drafted(RollOut(), TUESDAY), at(8, 0))
    for act in ("setujui", "cabut", "akhiri"):
        assert lina.post(f"/kantor/aturan/{row.number}/{act}/", {"reason": " "}).status_code == 400
    assert LawStep.objects.filter(law=row).count() == 1


# --- who sees what ----------------------------------------------------------------------------------------------------


def test_a_private_group_is_named_to_few(
    rina: Client, wati: Client, hasan: Client, joko: Client, context: object
) -> None:
    group = open_group(name="Ibu hamil", unit=unit(demo.SCHOOL), is_private=True, by=ActBy(RINA, at(8, 0, day=20)))
    draft = drafted(DispensationLaw(), TUESDAY, unit=unit(demo.SCHOOL), group=group)
    row = enact(draft, at(8, 0, day=20), also=LINA)
    for client in (wati, hasan):
        assert client.get(f"/kantor/aturan/kelompok/{group.number}/").status_code == 404
        for path in ("unit/3/", "unit/3/kelompok/", f"{row.number}/"):
            shown = page(client, path)
            assert "Ibu hamil" not in shown, path
            assert "SE 800/12" not in shown, path
            assert "Sesuai surat." not in shown, path
        assert "kelompok tertutup" in page(client, "unit/3/")
    for client in (rina, joko):
        assert "Ibu hamil" in page(client, "unit/3/kelompok/")
        assert "Ibu hamil" in page(client, f"{row.number}/")
        assert "Sesuai surat." in page(client, f"{row.number}/")
    assert "Ibu hamil" not in hasan.get("/kantor/aturan/unit/3/baru/remote/").content.decode()


def test_another_units_acts_are_not_there(dewi: Client, tono: Client, context: object) -> None:
    row = enact(drafted(RollOut(), TUESDAY, unit=unit(demo.SCHOOL)), at(8, 0))
    above = enact(drafted(RollOut(), TUESDAY), at(8, 0))
    assert dewi.get(f"/kantor/aturan/{row.number}/").status_code == 404
    assert dewi.get(f"/kantor/aturan/{above.number}/").status_code == 200, "the regency's reaches her"
    assert dewi.get("/kantor/aturan/unit/3/").status_code == 404
    assert tono.get(f"/kantor/aturan/{above.number}/").status_code == 404
    assert tono.get("/kantor/aturan/").status_code == 404
    assert "Aturan kerja" not in tono.get("/kantor/").content.decode()


# --- groups -----------------------------------------------------------------------------------------------------------


def test_many_people_come_and_go_at_once(rina: Client, context: object) -> None:
    made = rina.post("/kantor/aturan/unit/3/kelompok/baru/", {"name": "Guru"}, follow=True)
    assert made.status_code == 200
    number = int(re.findall(r"/kelompok/(\d+)/masukkan", made.content.decode())[0])
    path = f"/kantor/aturan/kelompok/{number}"
    given = {"from_date": "2026-11-01", "reason": "SK 1", "people": ["1002", "1004"], "numbers": "198804122011012004\n"}
    refused = rina.post(f"{path}/masukkan/", {**given, "numbers": "123456789012345678"})
    assert refused.status_code == 400
    assert "123456789012345678" in refused.content.decode()
    assert not Membership.objects.filter(group=number).exists(), "all or none"
    assert "3 orang masuk" in rina.post(f"{path}/masukkan/", given, follow=True).content.decode()
    rows = list(Membership.objects.current().filter(group=number).values_list("pk", flat=True))
    gone = {"until_date": "2026-11-24", "reason": "Pindah.", "memberships": rows[:2]}
    assert "2 orang keluar" in rina.post(f"{path}/keluarkan/", gone, follow=True).content.decode()
    assert Membership.objects.on(TUESDAY).filter(group=number).count() == 1


def test_nobody_puts_himself_in_or_a_stranger(hasan: Client, context: object) -> None:
    group = group_of(demo.SARI, where=demo.SCHOOL)
    path = f"/kantor/aturan/kelompok/{group.number}/masukkan/"
    for number in (demo.HASAN, demo.DEWI):
        given = {"from_date": "2026-11-01", "reason": "SK", "numbers": str(number)}
        assert hasan.post(path, given).status_code == 400
    assert Membership.objects.filter(group=group).count() == 1


# --- policies and calendars -------------------------------------------------------------------------------------------


def test_a_policy_is_read_from_its_file(joko: Client, context: object) -> None:
    listed = page(joko, "peraturan/")
    assert "Permentan 68/2012" in listed
    shown = page(joko, "peraturan/permentan-68-2012/")
    for words in ("TL4", "91", "1,50 %", "PSW1", f"07.30{DASH}16.30", "Perpres 21/2023 Pasal 3 dan 4", "sumber dibaca"):
        assert words in shown, words
    assert "<h2>Jadwal kerja lima hari kerja</h2>" in shown
    assert "Pemerintah Kabupaten Barito Kuala" in shown, "whoever uses it"
    assert "tidak lengkap pada tanggal itu" in page(joko, "peraturan/permentan-68-2012/?tanggal=2001-01-01")
    assert joko.get("/kantor/aturan/peraturan/unknown/").status_code == 404


def test_a_year_shows_its_decrees_and_what_units_add(joko: Client, rina: Client, context: object) -> None:
    shown = page(joko, "kalender/2026/")
    for words in ("Hari Suci Nyepi", "SKB 3 Menteri", "19 Februari - 20 Maret 2026"):
        assert words in shown, words
    assert "belum dipasang" in page(joko, "kalender/2031/")
    given = {**HAZE, "name": "Hari Jadi", "kind_of_day": "local", "effect": "frees", "yakin": "1"}
    assert rina.post("/kantor/aturan/unit/3/baru/calendar/", given).status_code == 302
    assert "Hari Jadi" in page(joko, "kalender/2026/")


# --- budgets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("unit/1/", 14), ("unit/1/baru/circular/", 13), ("unit/1/kelompok/", 13), ("unit/3/jadwal/2026-11-23/", 13),
        ("peraturan/", 12), ("peraturan/batola/", 12), ("kalender/2026/", 12),
    ],
)  # fmt: skip
def test_pages_ask_the_database_a_fixed_number_of_times(
    path: str, most: int, rina: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for at_minute in range(12):
        enact(drafted(RollOut(), TUESDAY), at(8, at_minute), also=LINA)
    with django_assert_max_num_queries(most):
        page(rina, path)


def test_one_act_asks_a_fixed_number_of_times(
    rina: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    row = enact(drafted(RollOut(), TUESDAY), at(8, 0), also=LINA)
    with django_assert_max_num_queries(16):
        page(rina, f"{row.number}/")


def test_a_preview_asks_a_fixed_number_of_times(
    rina: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert person(demo.SARI)
    with django_assert_max_num_queries(20):
        assert rina.post("/kantor/aturan/unit/1/baru/circular/", HAZE).status_code == 200


def test_the_first_duty_of_all_holds_on_the_day_on_which_it_was_made(rina: Client, context: object) -> None:
    shown = page(rina, "unit/3/")
    assert "Tidak ada yang berlaku pada hari ini." not in shown
    assert "Akan berlaku" not in shown


def test_no_word_of_a_policy_file_reaches_the_page_where_the_catalogue_has_another(
    rina: Client, context: object
) -> None:
    for name, known in laws(shipped("policies")).items():
        for path, history in known.values.items():
            for lang in LANGS:
                told = [value_name(path, lang), *(value_text(path, one.value, lang) for one in history)]
                raw = [text for text in told if re.search(r"_|\b(accept|chosen|leave|sick|pns)\b", text)]
                assert lang == "en" or not raw, (name, path, raw)
    assert "lima hari kerja" in page(rina, "peraturan/national-base/")
    assert "mulai 1 menit" in page(rina, "peraturan/permentan-68-2012/")


def test_an_act_for_nobody_is_not_recorded(rina: Client, context: object) -> None:
    Unit.objects.create(number=900, name="UPT Baru", parent_id=1, path="/1/900/", zone="Asia/Makassar")
    given = {**HAZE, **FORMS[LawKind.CIRCULAR]}
    shown = rina.post("/kantor/aturan/unit/900/baru/circular/", given).content.decode()
    assert "Berlaku bagi 0 orang" in shown
    assert 'name="yakin"' not in shown, "there is no button for it"
    refused = rina.post("/kantor/aturan/unit/900/baru/circular/", given | {"yakin": "1"})
    assert refused.status_code == 409
    assert "tidak berlaku bagi siapa pun" in refused.content.decode()
    assert not LawAct.objects.filter(unit=900).exists()
