"""A unit of too many people is shown by the units below it, on every page of its month."""

import pytest
from django.test import Client

from hadir.config import shipped
from hadir.office.month_pages import recap
from hadir.office.month_pages.recap import month_recap
from hadir.office.units.models import Unit
from rehearsal.demo import cast as demo
from tests.office.morning import Morning
from tests.office.test_months import NOVEMBER, november

POLICIES = shipped("policies")
__all__ = ["november"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def top() -> Unit:
    school = Unit.objects.get(number=demo.SCHOOL)
    found = Unit.objects.filter(number=school.path.split("/")[1]).first()
    assert found is not None
    assert found.number != school.number
    return found


@pytest.mark.parametrize("page", ["", "gambar/", "menunggu/", "penutupan/"])
def test_too_many_people_are_shown_by_unit(
    november: Morning, rina: Client, top: Unit, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rina.get(f"/kantor/bulan/{top.number}/2026-11/{page}")
    assert "terlalu banyak" not in whole.content.decode()
    monkeypatch.setattr(recap, "PEOPLE_MAX", 2)
    answer = rina.get(f"/kantor/bulan/{top.number}/2026-11/{page}")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "terlalu banyak untuk satu halaman" in text
    school = Unit.objects.get(number=demo.SCHOOL)
    below = {one.unit.path for one in answer.context["below"]}
    assert any(school.path.startswith(path) for path in below - {top.path})
    assert f"/kantor/bulan/{top.number}/2026-11/rekap.xlsx?kertas=a4" in text
    people = {one.unit.number: one.people for one in answer.context["below"]}
    assert sum(people.values()) == answer.context["people"] == len(month_recap(POLICIES, top, NOVEMBER).rows) > 2
    for number, of in people.items():
        alone = "?sendiri=ya" if number == top.number else ""
        monkeypatch.setattr(recap, "PEOPLE_MAX", 1_500)
        page_of_unit = rina.get(f"/kantor/bulan/{number}/2026-11/{alone}")
        assert len(page_of_unit.context["month"].rows) == of


def test_a_unit_without_units_below_is_shown_whole_whatever_its_size(
    november: Morning, rina: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recap, "PEOPLE_MAX", 0)
    assert "terlalu banyak" not in rina.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/").content.decode()
