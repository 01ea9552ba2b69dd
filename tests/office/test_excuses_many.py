"""A list of absences attested and approved at once: looked through first, each with a record, nobody on himself."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from hadir.office.accounts.actions import grant_role
from hadir.office.accounts.models import User
from hadir.office.acts.models import OutboxRow
from hadir.office.excuses.actions import withdraw_excuse
from hadir.office.excuses.kinds import ExcuseAct, ExcuseState
from hadir.office.excuses.many import decide_many
from hadir.office.excuses.models import Excuse
from hadir.office.roles import ActBy, Role
from hadir.office.units.models import Unit
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.test_excuse_lists import GOOD, listed, shown, upload
from tests.office.test_excuses import entered
from tests.office.test_outages import HASAN, RINA

pytestmark = pytest.mark.django_db

ATTEST, APPROVE, WITHDRAW = (f"/kantor/keterangan/unit/3/{act}/" for act in ("akui", "setujui", "batalkan"))
SICK_HASAN = "197202171998031002;;Hasan Basri;S;2026-12-07;2026-12-07;;;;;Demam"


def bring(wati: Client, *rows: str) -> list[int]:
    """What Wati's list enters."""
    address, page = upload(wati, listed(*rows))
    wati.post(address, {"shown": shown(page)})
    return list(Excuse.objects.order_by("number").values_list("number", flat=True))


def ticked(numbers: list[int], reason: str = "") -> dict[str, object]:
    return {"number": [str(number) for number in numbers], "reason": reason}


def states(numbers: list[int]) -> list[str]:
    return [Excuse.objects.get(number=number).state for number in numbers]


def test_a_head_attests_one_import_and_another_office_approves_it(wati: Client, hasan: Client, rina: Client) -> None:
    numbers = bring(wati, *GOOD)
    typed = entered(wati, demo.BUDI).number
    page = hasan.get(ATTEST).content.decode()
    assert "keterangan.csv" in page
    number = Excuse.objects.get(number=numbers[0]).upload_id
    of_import = hasan.get(f"{ATTEST}?daftar={number}").content.decode()
    assert "Sari Wulandari" in of_import
    assert "Budi Rahman" not in of_import, "typed, not of this list"
    assert states(numbers) == ["proposed"] * len(numbers), "looking decides nothing"
    answer = hasan.post(f"{ATTEST}?daftar={number}", ticked(numbers), follow=True)
    assert f"{len(numbers)} keterangan diakui." in answer.content.decode()
    assert states([*numbers, typed]) == ["attested"] * len(numbers) + ["proposed"]
    assert rina.post(APPROVE, ticked(numbers)).status_code == 400, "an approval needs a reason"
    assert rina.post(APPROVE, ticked([], "Sesuai surat.")).status_code == 400, "nothing is ticked"
    assert rina.post(APPROVE, ticked(numbers, "Sesuai surat.")).status_code == 302
    assert states(numbers) == ["approved"] * len(numbers)
    records = OutboxRow.objects.filter(act="excuse.approve")
    assert records.count() == len(numbers) == len(set(records.values_list("record_id", flat=True)))


def test_what_was_approved_at_once_is_undone_by_other_records(wati: Client, hasan: Client, rina: Client) -> None:
    numbers = bring(wati, *GOOD)
    hasan.post(ATTEST, ticked(numbers))
    rina.post(APPROVE, ticked(numbers, "Sesuai surat."))
    assert rina.post(WITHDRAW, ticked(numbers[:2], "Salah daftar.")).status_code == 302
    assert states(numbers) == ["withdrawn"] * 2 + ["approved"] * (len(numbers) - 2)
    assert OutboxRow.objects.filter(act="excuse.withdraw").count() == 2
    assert OutboxRow.objects.filter(act="excuse.approve").count() == len(numbers), "what was done stays written"


def test_nobody_decides_on_himself_in_a_crowd(wati: Client, hasan: Client) -> None:
    *others, own = bring(wati, *GOOD, SICK_HASAN)
    page = hasan.get(ATTEST).content.decode()
    assert f'value="{own}"' not in page
    assert "1 lagi menyebut Anda sendiri" in page
    hasan.post(ATTEST, ticked([*others, own]))
    assert states([*others, own]) == ["attested"] * len(others) + ["proposed"]
    with pytest.raises(PermissionDenied):
        decide_many(act=ExcuseAct.ATTEST, numbers=[own], by=ActBy(HASAN, at(9, 0)))


def test_who_attested_is_offered_nothing_to_approve(wati: Client, rina: Client) -> None:
    numbers = bring(wati, *GOOD)
    rina.post(ATTEST, ticked(numbers))
    assert states(numbers) == ["attested"] * len(numbers)
    rina.post(APPROVE, ticked(numbers, "Sesuai surat."))
    assert states(numbers) == ["attested"] * len(numbers), "the same hand does not approve"


def test_what_somebody_else_decided_meanwhile_is_left_alone_and_told(wati: Client, hasan: Client) -> None:
    numbers = bring(wati, *GOOD)
    hasan.post(ATTEST, ticked(numbers[:1]))
    answer = hasan.post(ATTEST, ticked(numbers), follow=True).content.decode()
    assert f"{len(numbers) - 1} keterangan diakui. 1 sudah diputuskan orang lain" in answer
    assert Excuse.objects.get(number=numbers[0]).steps.filter(act=ExcuseAct.ATTEST).count() == 1


def test_an_approved_one_is_no_longer_offered(wati: Client, hasan: Client, rina: Client) -> None:
    numbers = bring(wati, *GOOD)
    hasan.post(ATTEST, ticked(numbers))
    rina.post(APPROVE, ticked(numbers, "Sesuai surat."))
    withdraw_excuse(number=numbers[0], by=ActBy(RINA, at(9, 0), "Keliru."))
    assert "Tidak ada yang menunggu Anda" in rina.get(APPROVE).content.decode()
    assert Excuse.objects.get(number=numbers[0]).state == ExcuseState.WITHDRAWN


def test_another_units_head_sees_none_of_it(wati: Client, dewi: Client) -> None:
    bring(wati, *GOOD)
    school = Unit.objects.get(number=demo.HEALTH_CENTRE)
    grant_role(
        user=User.objects.get(login="dewi"),
        role=Role.UNIT_HEAD,
        unit=school,
        from_date=date(2026, 1, 1),
        by=ActBy.of(demo.RINA, at(6, 0)),
    )
    assert dewi.get(ATTEST).status_code == 404
    assert "Tidak ada yang menunggu Anda" in dewi.get("/kantor/keterangan/unit/6/akui/").content.decode()
