"""What apps tell the frame: every permission stands in one committed table, every entry leads somewhere.

To accept a change: `UPDATE_GOLDEN=1 pytest tests/office/test_frame.py`, and read the diff.
"""

import importlib
import os
import pkgutil
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse

import hadir.office
from hadir.office.page.registry import REGISTRY
from hadir.office.roles import Rule
from hadir.texts import catalogue

GOLDEN = Path(__file__).parents[1] / "golden" / "permissions.txt"


def test_every_permission_stands_in_the_committed_table() -> None:
    table = "".join(
        f"{name:<28}{'decides ' if rule.decides else '':<8}{' '.join(sorted(role.value for role in rule.roles))}\n"
        for name, rule in sorted(REGISTRY.rules.items())
    )
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(table)
    assert table == GOLDEN.read_text()


def test_no_permission_is_kept_from_the_table() -> None:
    """An app whose `frame` leaves its permissions out would have rules that no table shows."""
    rules = {
        f"{app.name}.{name}": rule
        for app in pkgutil.iter_modules(hadir.office.__path__)
        if app.ispkg and (Path(hadir.office.__path__[0]) / app.name / "permissions.py").exists()
        for name, rule in vars(importlib.import_module(f"hadir.office.{app.name}.permissions")).items()
        if isinstance(rule, Rule) and not name.startswith("_")
    }
    assert rules.keys() <= REGISTRY.rules.keys()
    assert rules == {name: REGISTRY.rules[name] for name in rules}


@pytest.mark.parametrize("entry", REGISTRY.menu, ids=lambda entry: entry.page)
def test_an_entry_of_the_menu_has_a_name_and_a_page(entry: object) -> None:
    assert entry.code in catalogue()
    assert reverse(entry.page)


def test_no_two_entries_ask_for_one_place() -> None:
    assert len({one.place for one in REGISTRY.menu}) == len(REGISTRY.menu)
    assert len({one.place for one in REGISTRY.inbox}) == len(REGISTRY.inbox)


@pytest.mark.parametrize("one", REGISTRY.inbox, ids=lambda one: one.template)
def test_a_list_of_the_inbox_has_its_template(one: object) -> None:
    assert get_template(one.template)


@pytest.mark.usefixtures("site")
def test_who_is_not_logged_in_is_shown_no_menu(client: Client) -> None:
    page = client.get("/kantor/masuk/").content.decode()
    assert 'name="login"' in page
    assert 'class="menu"' not in page
