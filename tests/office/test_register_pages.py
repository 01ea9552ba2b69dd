"""Rina's page: she uploads a list with ten faults, repairs it, sees what will change, and confirms."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hadir.office.acts.models import OutboxRow
from hadir.office.people.models import Person
from hadir.office.register.models import StaffUpload
from tests.office.test_register import GOOD, SITI, TEN_FAULTS, everything, listed

pytestmark = pytest.mark.django_db
PAGE = "/kantor/pegawai/impor/"


def upload(client: Client, data: bytes) -> tuple[str, str]:
    """(address of the preview, its page)"""
    answer = client.post(PAGE, {"berkas": SimpleUploadedFile("pegawai.csv", data)}, follow=True)
    return answer.request["PATH_INFO"], answer.content.decode()


def shown(page: str) -> str:
    found = re.search(r'name="shown" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def test_rina_repairs_ten_faults_and_then_confirms(rina: Client) -> None:
    before = everything()
    _, page = upload(rina, listed(*TEN_FAULTS, *GOOD))
    assert "Kesalahan (10)" in page
    assert "NIP tersimpan sebagai angka" in page
    assert everything() == before
    address, page = upload(rina, listed(*GOOD))
    assert "3 baris: 3 orang baru, 0 berubah, 0 berakhir, 0 tetap; 1 unit baru; 0 kesalahan." in page
    assert "Hj. Noor Aini, M.Pd." in page
    assert everything() == before
    done = rina.post(address, {"shown": shown(page)}, follow=True).content.decode()
    assert "Daftar sudah dijalankan." in done
    assert Person.objects.filter(full_name="Siti").exists()


def test_with_faults_nothing_is_done_unless_they_are_left_out(rina: Client) -> None:
    address, page = upload(rina, listed(*TEN_FAULTS, *GOOD))
    before = everything()
    assert rina.post(address, {"shown": shown(page)}).status_code == 409
    assert everything() == before
    assert rina.post(address, {"shown": shown(page), "skip_bad": "on"}).status_code == 302
    assert Person.objects.filter(full_name="Siti").exists()


def test_what_was_not_shown_is_not_done(rina: Client) -> None:
    address, page = upload(rina, listed(*GOOD))
    old = shown(page)
    Person.objects.filter(full_name="Sari Wulandari").update(nip="198001012005011001")
    answer = rina.post(address, {"shown": old})
    assert answer.status_code == 409
    assert "Data pegawai berubah sejak daftar ini ditampilkan" in answer.content.decode()
    assert not Person.objects.filter(full_name="Siti").exists()


def test_a_list_is_carried_out_once_and_its_names_do_not_lie_about(rina: Client) -> None:
    address, page = upload(rina, listed(SITI))
    rina.post(address, {"shown": shown(page)})
    acts = OutboxRow.objects.count()
    assert rina.post(address, {"shown": shown(page)}).status_code == 302
    assert OutboxRow.objects.count() == acts
    assert bytes(StaffUpload.objects.get().data) == b""


def test_somebody_elses_list_is_not_there(rina: Client, wati: Client) -> None:
    address, _ = upload(rina, listed(*GOOD))
    assert wati.get(address).status_code == 403
    upload(rina, listed(SITI))
    assert rina.get(address).status_code == 404


def test_a_name_cannot_become_markup(rina: Client) -> None:
    _, page = upload(rina, listed(SITI.replace("Siti", "Siti <script>alert(1)</script>")))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
