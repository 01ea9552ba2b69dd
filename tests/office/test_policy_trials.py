"""A policy tried on a page before it is published: asked for by Rina, worked off by the worker, read by Joko."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from hadir.office.duties.models import LawAct, PolicyTrial, TrialPerson, TrialState
from hadir.office.judging.judging import Court
from hadir.office.law_pages import trials
from hadir.office.law_pages.trials import Totals, Trier, totals_by_unit, whole
from hadir.office.projection.models import VerdictRow
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_dry_run import STRICT

pytestmark = pytest.mark.django_db

SARI = demo.SARI
FORM = {"unit": str(demo.REGENCY), "bulan": "2026-11"}
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)
)


@pytest.fixture
def late(morning: Morning, clock: Callable[[int], None]) -> None:
    """Sari was twelve minutes late on Tuesday; it is evening."""
    clock(at(23, 30))
    morning.tap(SARI, "in", at(7, 42))
    morning.tap(SARI, "out", at(16, 5))
    morning.follow(at(16, 10))


def brought(text: str = STRICT) -> dict[str, object]:
    return {**FORM, "berkas": SimpleUploadedFile("strict.yaml", text.encode())}


def tried(client: Client, court: Court, form: dict[str, object] | None = None) -> PolicyTrial:
    """Asked for on the page, and worked off to its end."""
    answer = client.post("/kantor/aturan/uji/", form or brought())
    assert answer.status_code == 302, answer.content.decode()
    with Trier() as trier:
        while trier.step(court):
            pass
    return PolicyTrial.objects.get(number=int(answer["Location"].split("/")[-2]))


def page(client: Client, path: str) -> str:
    answer = client.get(f"/kantor/aturan/{path}")
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def test_rina_sees_for_whom_and_by_how_much_before_anything_is_published(
    late: None, rina: Client, joko: Client, court: Court
) -> None:
    kept = list(VerdictRow.objects.values_list("person", "day", "body"))
    row = tried(rina, court)
    assert row.state == TrialState.DONE
    person = TrialPerson.objects.get(trial=row, person=SARI)
    assert float(person.change) == pytest.approx(2.5)
    for reader in (rina, joko):
        shown = page(reader, f"uji/{row.number}/")
        assert "Sari Wulandari" in shown
        assert "+2,5" in shown
        assert f"/kantor/orang/{SARI}/2026-11-24/" in shown
    assert list(VerdictRow.objects.values_list("person", "day", "body")) == kept
    assert not LawAct.objects.filter(body__policy="strict").exists()


def test_the_bits_of_a_trial_are_the_same_as_all_at_once_and_a_new_worker_goes_on(
    late: None, rina: Client, court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = tried(rina, court)
    monkeypatch.setattr(trials, "PEOPLE_AT_ONCE", 5)
    rina.post("/kantor/aturan/uji/", brought())
    row = PolicyTrial.objects.latest("number")
    assert Trier().step(court)
    row.refresh_from_db()
    assert (row.state, row.done) == (TrialState.WAITING, 5)
    assert "5 dari" in page(rina, f"uji/{row.number}/")
    while Trier().step(court):
        pass
    row.refresh_from_db()
    assert (row.units, row.days, row.of) == (at_once.units, at_once.days, at_once.of)
    assert whole(list(totals_by_unit(row).values())).people == row.of


def test_only_the_people_of_the_chosen_unit_are_tried(late: None, rina: Client, court: Court) -> None:
    row = tried(rina, court, {**brought(), "unit": str(demo.HEALTH_CENTRE)})
    assert not row.people.exists()
    assert set(row.units) == {str(demo.HEALTH_CENTRE)}
    assert "Tidak ada yang akan berubah" in page(rina, f"uji/{row.number}/")


def test_an_installed_set_is_tried_on_everybody(late: None, rina: Client, court: Court) -> None:
    row = tried(rina, court, {**FORM, "peraturan": "mataram"})
    assert (row.policy, row.document, row.state) == ("mataram", "", TrialState.DONE)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (brought(STRICT.replace("percent: 3", "percent: 300")), "strict: values.late.TL1"),
        (brought(STRICT.replace("percent: 3", "percent: 300")), "harus persentase dari 0 sampai 100, bukan 300"),
        (brought("nothing"), "tidak berisi pasangan nama dan nilai"),
        (brought(BOMB), "mengembang menjadi lebih dari"),
        (brought(STRICT.replace("policy: strict", "policy: ../../x")), "huruf kecil"),
        ({**FORM, "peraturan": "nowhere"}, "Pilih peraturan atau berkas"),
        ({**FORM, "peraturan": "mataram", "bulan": "2026-12"}, "belum mulai"),
        ({**FORM, "peraturan": "mataram", "bulan": "2026-13"}, "Pilih peraturan atau berkas"),
    ],
)
def test_what_cannot_be_tried_is_said_on_the_form(form: dict[str, object], said: str, rina: Client) -> None:
    answer = rina.post("/kantor/aturan/uji/", form)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not PolicyTrial.objects.exists()


def test_a_file_that_extends_nothing_is_told_its_own_faults_and_no_other_policys(rina: Client) -> None:
    answer = rina.post("/kantor/aturan/uji/", brought(re.sub(r"extends: \S+", "extends: nowhere", STRICT)))
    said = answer.content.decode()
    assert "strict: extends" in said
    assert "bukan peraturan yang dapat dijadikan dasar" in said
    assert "anri-18-2016: " not in said


def test_a_trial_that_fails_stops_neither_the_worker_nor_the_page(
    late: None, rina: Client, court: Court, tmp_path: Path
) -> None:
    rina.post("/kantor/aturan/uji/", brought())
    row = PolicyTrial.objects.latest("number")
    PolicyTrial.objects.filter(pk=row.pk).update(document=STRICT.replace("percent: 3", "percent: 300"))
    assert Trier().step(court)
    assert not Trier().step(court)
    assert "tidak dapat diselesaikan" in page(rina, f"uji/{row.number}/")
    assert rina.get(f"/kantor/aturan/uji/{row.number}/hasil.xlsx").status_code == 404


def test_three_wait_and_a_fourth_is_asked_to_and_old_ones_make_room(
    rina: Client, court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "KEPT_MAX", 2)
    for _ in range(trials.WAITING_MAX):
        rina.post("/kantor/aturan/uji/", {**FORM, "peraturan": "mataram"})
    answer = rina.post("/kantor/aturan/uji/", {**FORM, "peraturan": "mataram"})
    assert (answer.status_code, PolicyTrial.objects.count()) == (409, trials.WAITING_MAX)
    tried_now = PolicyTrial.objects.update(state=TrialState.DONE)
    rina.post("/kantor/aturan/uji/", {**FORM, "peraturan": "mataram"})
    assert (tried_now, PolicyTrial.objects.count()) == (3, 2)


def test_the_workbook_holds_totals_people_and_days(late: None, rina: Client, court: Court) -> None:
    row = tried(rina, court)
    book = load_workbook(BytesIO(rina.get(f"/kantor/aturan/uji/{row.number}/hasil.xlsx").content))
    assert book.sheetnames == ["Jumlah", "Kelas", "Orang", "Hari"]
    people = [line[0] for line in book["Orang"].iter_rows(min_row=2, values_only=True)]
    assert "Sari Wulandari, S.Pd." in people or any("Sari" in str(name) for name in people)
    assert "TL1" in {line[5].split()[-1] for line in book["Hari"].iter_rows(min_row=2, values_only=True)}


def test_the_page_of_a_duty_leads_to_the_trial_before_it_is_published(rina: Client, wati: Client, court: Court) -> None:
    form = {
        "duty": "office-5-day",
        "policy": "mataram",
        "from_date": "2026-12-01",
        "document": "SE 1",
        "reason": "Baru.",
    }
    shown = rina.post("/kantor/aturan/unit/3/baru/duty/", form).content.decode()
    assert "/kantor/aturan/uji/?unit=3&amp;peraturan=mataram" in shown
    assert "/kantor/aturan/uji/" in page(rina, "unit/3/")
    assert "/kantor/aturan/uji/" not in page(wati, "unit/3/")


def test_the_progress_is_refreshed_until_it_is_done(rina: Client, court: Court) -> None:
    rina.post("/kantor/aturan/uji/", {**FORM, "peraturan": "mataram"})
    row = PolicyTrial.objects.latest("number")
    part = rina.get(f"/kantor/aturan/uji/{row.number}/", HTTP_HX_REQUEST="true")
    assert "<html" not in part.content.decode()
    PolicyTrial.objects.update(state=TrialState.DONE)
    assert rina.get(f"/kantor/aturan/uji/{row.number}/", HTTP_HX_REQUEST="true")["HX-Refresh"] == "true"


def test_totals_add_up() -> None:
    one = Totals(people=1, changed=1, minutes=(1, 2), classes={"TL1": (1, 0)})
    both = one.plus(Totals(people=2, minutes=(3, 4), classes={"TL1": (1, 0), "TL2": (0, 1)}))
    assert (both.people, both.minutes, both.classes) == (3, (4, 6), {"TL1": (2, 0), "TL2": (0, 1)})
