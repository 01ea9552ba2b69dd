"""How long the office's two busiest pages take on the server, asked as the personnel agency asks them.

Every answer is a whole request through the middleware, the database and the template, in this process; only the
network and the browser are left out.
"""

# Django is set up by the caller; its models can be imported only then.
# ruff: noqa: PLC0415

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client

    from hadir.clock import Clock
    from hadir.config import Settings

ROUNDS = 15
UNIT_PEOPLE_MAX = 250
"""The unit that is measured has as many people as one clerk serves; the largest of all is told beside it."""
SEARCHES = ("nurul", "siti puskesmas", "1985", "tidak-ada-orang", "sdn tamban 3", "muhammad hidayat", "")
LOGIN = "rina"


@dataclass(frozen=True, slots=True)
class PageTimes:
    """Milliseconds are medians of the slowest of the pages asked; queries the most that any asked."""

    people: int
    search_ms: float
    today_ms: float
    queries_search: int
    queries_today: int
    unit_people: int
    largest_unit_people: int
    largest_unit_today_ms: float


def page_times(settings: Settings, clock: Clock) -> PageTimes:
    """Measure in the data folder of these settings."""
    from hadir.office.programs.commands import prepare

    prepare(settings)
    from django.db.models import Count

    from hadir.office.people.models import Assignment, Person

    homes = Assignment.objects.current().values("unit").annotate(n=Count("pk")).order_by("-n")
    largest, unit = homes[0], homes.filter(n__lte=UNIT_PEOPLE_MAX)[0]
    client = _logged_in()
    searches = [_timed(client, clock, f"/kantor/pegawai/?cari={words.replace(' ', '+')}") for words in SEARCHES]
    today_ms, queries_today = _timed(client, clock, f"/kantor/hari-ini/{unit['unit']}/")
    largest_ms, _ = _timed(client, clock, f"/kantor/hari-ini/{largest['unit']}/")
    return PageTimes(
        people=Person.objects.count(),
        search_ms=max(ms for ms, _ in searches),
        today_ms=today_ms,
        queries_search=max(queries for _, queries in searches),
        queries_today=queries_today,
        unit_people=unit["n"],
        largest_unit_people=largest["n"],
        largest_unit_today_ms=largest_ms,
    )


def _logged_in() -> Client:
    from django.test import Client

    from hadir.office.accounts.models import User
    from hadir.office.ground.installation import HERE

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(login=LOGIN))
    session = client.session
    session["began_ms"] = session["active_ms"] = HERE.clock.now_ms()
    session.save()
    return client


def _timed(client: Client, clock: Clock, path: str) -> tuple[float, int]:
    """(median milliseconds, queries). The first answer, which fills caches, is not counted."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    queries = len(asked)
    return median(_once(client, clock, path) for _ in range(ROUNDS)), queries


def _once(client: Client, clock: Clock, path: str) -> int:
    began_ms = clock.mono_ms()
    client.get(path)
    return clock.mono_ms() - began_ms
