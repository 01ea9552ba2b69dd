"""A chooser lists units by the tree, and siblings as people count."""

from dataclasses import dataclass

import pytest
from django.test import Client

from hadir.office.page.tree import in_tree_order
from hadir.office.units.models import Unit
from rehearsal.demo import cast as demo


@dataclass
class Node:
    path: str
    name: str


def test_siblings_stand_as_people_count_and_below_their_own() -> None:
    nodes = [
        Node("/1/", "Dinas"), Node("/1/10/", "SDN 2"), Node("/1/2/", "SDN 10"), Node("/1/3/", "Bidang"),
        Node("/1/3/11/", "SDN 10 Atas"), Node("/1/3/4/", "SDN 9 Bawah"), Node("/1/5/", "sdn 1"),
    ]  # fmt: skip
    names = ["Dinas", "Bidang", "SDN 9 Bawah", "SDN 10 Atas", "sdn 1", "SDN 2", "SDN 10"]
    assert [one.name for one in in_tree_order(nodes)] == names


@pytest.mark.django_db
def test_a_pages_chooser_has_them_so(rina: Client) -> None:
    top = Unit.objects.get(number=demo.REGENCY)
    for number, name in ((901, "Zona 10"), (902, "Zona 2")):
        Unit.objects.create(number=number, parent=top, name=name, path=f"{top.path}{number}/", zone=top.zone)
    page = rina.get(f"/kantor/hari-ini/{demo.SCHOOL}/").content.decode()
    assert page.index(">&ensp;Zona 2<") < page.index(">&ensp;Zona 10<")
