"""`hadir bench office`: what a large regency waits for: the register's search, a unit's today, a late tap's verdict.

1. Make a regency with one day of real taps, judged by the real follower.
2. Ask the office for both pages, as the personnel agency does, and count time and queries. Every answer is a whole
   request through the middleware, the database and the template, in this process; only the network and the browser are
   left out.
3. Let taps come in late, one after another, and see how soon the office's tables say so. A page shows what they say;
   the follower looks every `PAUSE_SECONDS`, which is added in full.

`hadir bench recap`: how long a month's recap takes from the database to rows; a unit of its own, judged by the real
rules.
"""

import gc
from calendar import monthrange
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client

from hadir.clock import SystemClock
from hadir.config import Settings, read_settings
from hadir.ledger import Entry
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.programs.commands import follow, migrate, prepare
from hadir.records.kinds import Kind
from hadir.rules import Verdict, judge_day
from hadir.site import Site, found_site
from rehearsal.bench.rules_crowd import MONTH as CROWD_MONTH
from rehearsal.bench.rules_crowd import CrowdUnit, RulesCrowd, dates, unit_day
from rehearsal.bench.served import LOGIN, SEED, made_regency
from rehearsal.bench.tools import fresh_folder
from rehearsal.morning.plan import MINUTE_MS, ZONE
from rehearsal.phones import Phone, private_key
from rehearsal.watch import Stopwatch, say

# Django is set up by the caller; its models can be imported only then.
# ruff: noqa: PLC0415


ROUNDS = 15
UNIT_PEOPLE_MAX = 250
"""The unit that is measured has as many people as one clerk serves; the largest of all is told beside it."""
SEARCHES = ("nurul", "siti puskesmas", "1985", "tidak-ada-orang", "sdn tamban 3", "muhammad hidayat", "")

LATE_TAPS = 9
LATE_LIMIT_MS = 2_000
"""A late tap is to change its verdict on screen within so long."""
_FOLLOWER_PAUSE_MS = 500
_FIRST_LATE = 1_101
_DAY = date(2026, 11, 24)

MONTH = date(*CROWD_MONTH, 1)
RECAP_LIMIT_S = 0.2
"""Odoo 0.73 s, Horilla 8.2 s, Frappe 0.2 to 2.0 s on the same kind of machine."""
_RECAP_ROUNDS = 7
_LAW, _DUTY = "permentan-68-2012", "office-5-day"


def page_times(settings: Settings) -> dict[str, Any]:
    """Measured in the data folder of these settings. Milliseconds are medians of the slowest of the pages asked;
    queries the most that any asked.
    """
    prepare(settings)
    from django.db.models import Count

    from hadir.office.people.models import Assignment, Person

    homes = Assignment.objects.current().values("unit").annotate(n=Count("pk")).order_by("-n")
    largest, unit = homes[0], homes.filter(n__lte=UNIT_PEOPLE_MAX)[0]
    client = _logged_in()
    searches = [_timed(client, f"/kantor/pegawai/?cari={words.replace(' ', '+')}") for words in SEARCHES]
    today_ms, queries_today = _timed(client, f"/kantor/hari-ini/{unit['unit']}/")
    largest_ms, _ = _timed(client, f"/kantor/hari-ini/{largest['unit']}/")
    return {
        "people": Person.objects.count(),
        "search_ms": max(ms for ms, _ in searches),
        "today_ms": today_ms,
        "queries_search": max(queries for _, queries in searches),
        "queries_today": queries_today,
        "unit_people": unit["n"],
        "largest_unit_people": largest["n"],
        "largest_unit_today_ms": largest_ms,
    }


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


def _timed(client: Client, path: str) -> tuple[float, int]:
    """(median milliseconds, queries). The first answer, which fills caches, is not counted."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return median(_once(client, path) for _ in range(ROUNDS)), len(asked)


def _once(client: Client, path: str) -> int:
    watch = Stopwatch()
    client.get(path)
    return watch.ms


def bench_office(work: Path, *, people: int) -> dict[str, Any]:
    with fresh_folder(work / "office") as folder:
        at = datetime.combine(_DAY, time_of_day(9), ZoneInfo(ZONE))
        site = made_regency(folder / "data", people, at, whole_month=False)
        settings = read_settings({"HADIR_DATA": str(site.data)})
        say("asking for pages")
        times = page_times(settings)
        say("tapping late")
        late_ms = max(_late_tap_ms(site, settings, _FIRST_LATE + place) for place in range(LATE_TAPS))
    shown_ms = late_ms + _FOLLOWER_PAUSE_MS
    return {**times, "late_tap_ms": round(shown_ms), "late_tap_of_limit": round(shown_ms / LATE_LIMIT_MS, 3)}


def _late_tap_ms(site: Site, settings: Settings, person: int) -> float:
    """From the gate's commit of one more tap of somebody to the office's tables with its verdict."""
    now_ms = site.clock().now_ms()
    tapped_ms = now_ms - 90 * MINUTE_MS
    phone = Phone(person, private=private_key(f"rehearsal {SEED}", person))
    record = phone.punch("in", wall_ms=tapped_ms, mono_ms=5_000, origin_ms=tapped_ms - 5_000)
    with closing(SqliteJournal(site.journal_folder(site.gate), site.gate_signer())) as journal:
        journal.append([Entry(Kind.PUNCH, record.encode())], now_ms=now_ms)
    watch = Stopwatch()
    follow(settings, once=True)
    taken_ms = watch.ms
    from rehearsal.demo.make import verdicts_on

    taps = verdicts_on(_DAY)[person]["taps"]
    assert any(tap["judged_ms"] == tapped_ms for tap in taps), "the late tap is in no verdict"
    return taken_ms


# --- a month's recap, from the database to rows -----------------------------------------------------------------------


def bench_recap(work: Path, *, people: int) -> dict[str, Any]:
    """Fill a new office with the judged days of a unit of `people`, and read its month. The best of some rounds."""
    with fresh_folder(work / "recap") as folder:
        data = folder / "data"
        found_site(data, name="rehearsal/bench", zone=ZONE, now_ms=SystemClock().now_ms())
        settings = read_settings({"HADIR_DATA": str(data)})
        migrate(settings)
        days = _fill_unit(people)
        seconds, rows = _recap(settings)
    return {"people": rows, "seconds": round(seconds, 3), "limit_s": RECAP_LIMIT_S, "days": days}


def _fill_unit(people: int) -> int:
    """Put the lines of everybody's month into the tables. Returns how many."""
    from hadir.office.months.following import put_lines
    from hadir.office.months.lines import LineRow, line_of, version_text
    from hadir.office.people.models import Assignment, Person
    from hadir.office.units.models import Unit

    unit = Unit.objects.create(number=1, name="Bench", path="/1/", zone=ZONE)
    numbers = range(1, people + 1)
    Person.objects.bulk_create(
        [Person(number=number, full_name=f"Orang {number:05}", employment="pns") for number in numbers]
    )
    Assignment.objects.bulk_create(
        [Assignment(person_id=number, unit=unit, from_date=MONTH, recorded_at_ms=0) for number in numbers]
    )
    rows = [
        LineRow(
            person=number, day=day, unit=unit.number, status=verdict.status.value, line=line_of(verdict),
            arrival_ms=verdict.arrival.counted_ms if verdict.arrival else None,
            version=version_text(verdict.version),
        )
        for day, verdicts in _month_of(people)
        for number, verdict in zip(numbers, verdicts, strict=True)
    ]  # fmt: skip
    Random(1).shuffle(rows)  # noqa: S311 - verdicts come in the order of the taps, not of the people
    put_lines(rows)
    return len(rows)


def _month_of(people: int) -> Iterator[tuple[date, list[Verdict]]]:
    """Everybody's verdict on each date of the month."""
    working, crowd = dates(31), RulesCrowd(0, 1, people)
    unit = CrowdUnit(0, people, _LAW, ZONE, _DUTY)
    for number in range(monthrange(*CROWD_MONTH)[1]):
        day = MONTH + timedelta(days=number)
        on = unit_day(_LAW, ZONE, _DUTY, day if day in working else working[0], outage=False)
        if day in working:
            yield day, [on.judge(facts) for facts in crowd.days_of(unit, on)]
        else:
            free = judge_day(duty_day=None, taps=(), policy=on.policy, excuses=(), now_ms=on.now_ms)
            yield day, [free] * people


def _recap(settings: Settings) -> tuple[float, int]:
    from hadir.office.month_pages.recap import month_recap
    from hadir.office.units.models import Unit

    unit = Unit.objects.get(number=1)
    best, rows = float("inf"), 0
    gc.freeze()  # as the office does when it has started
    for _ in range(_RECAP_ROUNDS):
        watch = Stopwatch()
        rows = len(month_recap(settings.policies, unit, MONTH).rows)
        best = min(best, watch.seconds)
    return best, rows
