"""How many questions each page asks of the database: every page of the urlconf, against one committed table.

The table is `tests/golden/queries.txt`. To accept a change: `UPDATE_GOLDEN=1 pytest tests/office/test_budgets.py`, and
read the diff. A page without a row fails, and so does one that asks more when there is more to show.
"""

import os
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hadir.office.acts.actions import write_decision
from hadir.office.devices.models import Device, Slip, SlipRun
from hadir.office.excuses.kinds import OUTAGE, ExcuseState, Scope
from hadir.office.excuses.models import Excuse, ExcusedPerson
from hadir.office.intake.models import ImportedFile, PinHolder, Terminal, TerminalPlace
from hadir.office.people.models import Assignment, Person
from hadir.office.roles import ActBy
from rehearsal.demo import cast as demo
from rehearsal.phones import Phone
from tests.office.conftest import at, browser
from tests.office.morning import Morning
from tests.office.test_roles import PERSON_ROUTES, PLAIN_ROUTES, UNIT_ROUTES, Scene, questions, routes, scene

__all__ = ["scene"]

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).parents[1] / "golden" / "queries.txt"
MORE_PEOPLE = 30
SLACK = 3
"""A list that was empty may ask once more for what belongs to its rows."""
ASKERS = ("rina", "joko", "hasan", "wati")


def asked(scene: Scene, cookies: dict[str, str]) -> dict[str, int]:
    """Route -> queries of its page, asked by the first who may see it; of an answer without a page, by the auditor."""
    counts: dict[str, int] = {}
    for one in questions(scene):
        if one.method != "GET" or one.about not in {"-", "school"}:
            continue
        for login in ASKERS:
            client = Client()
            client.cookies[settings.SESSION_COOKIE_NAME] = cookies[login]
            with CaptureQueriesContext(connection) as queries:
                status = client.get(f"/kantor/{one.paths[login]}").status_code
            if status in {200, 302} or (status in {401, 404} and one.about == "-" and login == ASKERS[1]):
                counts[one.route] = len(queries)
                break
    return counts


def grow(morning: Morning) -> None:
    """Thirty more people in the school, each with a phone, a slip, a tap, an absence, a PIN and an act."""
    run = SlipRun.objects.create(unit_id=demo.SCHOOL, by_id=demo.RINA, at_ms=at(8, 0))
    for number in range(5_001, 5_001 + MORE_PEOPLE):
        person = Person.objects.create(number=number, full_name=f"Orang {number}", employment="pns")
        Assignment.objects.create(
            person=person, unit_id=demo.SCHOOL, from_date=date(2026, 1, 1), recorded_at_ms=at(6, 0)
        )
        phone = Phone(number)
        Device.objects.create(kid=phone.kid, key=phone.key, person=person, from_ms=at(6, 0), decided_at_ms=at(6, 0))
        Slip.objects.create(
            person=person,
            last_valid_day=date(2026, 12, 24),
            voucher="0" * 120,
            issued_by_id=demo.RINA,
            issued_at_ms=at(6, 0),
            run=run,
        )
        morning.tap(number, "in", at(7, 20), phone=phone, flags=())
        _absence(person)
        _terminal(person)
        write_decision(by=ActBy.of(demo.WATI, at(8, 0)), act="slip.issue", about=f"slip/{number}", person=number)
    morning.follow(at(8, 30))


def _absence(person: Person) -> None:
    row = Excuse.objects.create(
        kind="S", scope=Scope.PEOPLE, unit_id=demo.SCHOOL, from_ms=at(0, 0, day=26),
        until_ms=at(0, 0, day=27), is_whole_days=True, state=ExcuseState.ATTESTED, entered_at_ms=at(8, 0),
        attested_by_id=demo.BUDI,
    )  # fmt: skip
    ExcusedPerson.objects.create(excuse=row, person=person)
    Excuse.objects.create(
        kind=OUTAGE, scope=Scope.UNIT, unit_id=demo.SCHOOL, from_ms=at(5, 0), until_ms=at(5, 30),
        state=ExcuseState.ATTESTED, entered_at_ms=at(8, 0), attested_by_id=demo.BUDI,
    )  # fmt: skip


def _terminal(person: Person) -> None:
    terminal = Terminal.objects.create(serial=f"T-{person.number}", first_seen_ms=at(6, 0))
    TerminalPlace.objects.create(
        terminal=terminal, unit_id=demo.SCHOOL, from_date=date(2026, 1, 1), recorded_at_ms=at(6, 0)
    )
    shown = Terminal.objects.get(serial=f"Mesin-{demo.SCHOOL}")
    PinHolder.objects.create(
        terminal=shown, pin=str(person.number), person=person, from_date=date(2026, 1, 1), recorded_at_ms=at(6, 0)
    )
    ImportedFile.objects.create(
        sha256=f"{person.number:043}", terminal=shown, name="1_attlog.dat", layout="attlog utf-8 ymd 0 1",
        by_id=demo.RINA, at_ms=at(6, 0), lines=1, accepted=1, repeated=0, bad=0,
    )  # fmt: skip


@pytest.fixture
def counts(scene: Scene, morning: Morning) -> tuple[dict[str, int], dict[str, int]]:
    """Before there is more, and afterwards."""
    cookies = {login: browser(login).cookies[settings.SESSION_COOKIE_NAME].value for login in ASKERS}
    few = asked(scene, cookies)
    grow(morning)
    return few, asked(scene, cookies)


def test_every_page_keeps_its_budget_and_asks_no_more_for_more_people(
    counts: tuple[dict[str, int], dict[str, int]],
) -> None:
    few, many = counts
    growing = {route: (few[route], many[route]) for route in few if many[route] > few[route] + SLACK}
    assert not growing, "queries grow with what is shown"
    if os.environ.get("UPDATE_GOLDEN"):
        rows = [f"{route:24}{max(few[route], many[route]):>4}" for route in sorted(few)]
        GOLDEN.write_text("\n".join(rows) + "\n", encoding="utf-8")
    budget = {line.split()[0]: int(line.split()[1]) for line in GOLDEN.read_text(encoding="utf-8").splitlines()}
    over = {route: (many[route], budget.get(route)) for route in many if many[route] > budget.get(route, -1)}
    assert not over, "(queries, budget)"
    assert budget.keys() == few.keys(), "a row for each page, and none besides"


def test_a_page_without_a_budget_fails() -> None:
    budgeted = {line.split()[0] for line in GOLDEN.read_text(encoding="utf-8").splitlines()}
    pages = {str(route.name) for route in routes() if "GET" in allowed(route.name)}
    asked_as_outage = {f"excuse-{row.removeprefix('outage-')}" for row in budgeted if row.startswith("outage-")}
    assert pages <= budgeted | asked_as_outage


def allowed(name: str | None) -> str:
    rows: dict[str, str] = {key: row[0] for key, row in (*PLAIN_ROUTES.items(), *UNIT_ROUTES.items())}
    rows |= {key: row[0] for key, row in PERSON_ROUTES.items()}
    return rows.get(name or "", "GET")
