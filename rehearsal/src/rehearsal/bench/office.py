"""`hadir bench office`: what a large regency waits for: the register's search, a unit's today, a late tap's verdict.

1. Make a regency with one day of real taps, judged by the real follower.
2. Ask the office for both pages, as the personnel agency does, and count time and queries. Every answer is a whole
   request through the middleware, the database and the template, in this process; only the network and the browser are
   left out.
3. Let taps come in late, one after another, and see how soon the office's tables say so. A page shows what they say;
   the follower looks every `PAUSE_SECONDS`, which is added in full.
"""

import os
from contextlib import closing
from datetime import date, datetime
from datetime import time as time_of_day
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client

from hadir.config import Settings, read_settings
from hadir.ledger import Entry
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.programs.commands import follow
from hadir.records.kinds import Kind
from hadir.site import Site
from rehearsal.bench.isolation import SEED, made_regency
from rehearsal.bench.tools import NOISE_CORES_MAX, Meter, fresh_folder
from rehearsal.morning.plan import MINUTE_MS, ZONE
from rehearsal.phones import Phone, private_key
from rehearsal.watch import Stopwatch, say

# Django is set up by the caller; its models can be imported only then.
# ruff: noqa: PLC0415


ROUNDS = 15
UNIT_PEOPLE_MAX = 250
"""The unit that is measured has as many people as one clerk serves; the largest of all is told beside it."""
SEARCHES = ("nurul", "siti puskesmas", "1985", "tidak-ada-orang", "sdn tamban 3", "muhammad hidayat", "")
LOGIN = "rina"

LATE_TAPS = 9
LATE_LIMIT_MS = 2_000
"""A late tap is to change its verdict on screen within so long."""
_FOLLOWER_PAUSE_MS = 500
_FIRST_LATE = 1_101
_DAY = date(2026, 11, 24)


def page_times(settings: Settings) -> dict[str, Any]:
    """Measured in the data folder of these settings. Milliseconds are medians of the slowest of the pages asked;
    queries the most that any asked.
    """
    from hadir.office.programs.commands import prepare

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
    queries = len(asked)
    return median(_once(client, path) for _ in range(ROUNDS)), queries


def _once(client: Client, path: str) -> int:
    watch = Stopwatch()
    client.get(path)
    return watch.ms


def bench_office(work: Path, *, people: int) -> dict[str, Any]:
    """The figures of `hadir bench office --json`; progress goes to standard error."""
    with fresh_folder(work / "office") as folder:
        at = datetime.combine(_DAY, time_of_day(9), ZoneInfo(ZONE))
        site = made_regency(folder / "data", people, at, whole_month=False)
        settings = read_settings({"HADIR_DATA": str(site.data)})
        say("asking for pages")
        meter = Meter([os.getpid()])
        times = page_times(settings)
        say("tapping late")
        late_ms = max(_late_tap_ms(site, settings, _FIRST_LATE + place) for place in range(LATE_TAPS))
        others = meter.others_cores(0)
    shown_ms = late_ms + _FOLLOWER_PAUSE_MS
    late = {"late_tap_ms": round(shown_ms), "late_tap_of_limit": round(shown_ms / LATE_LIMIT_MS, 3)}
    return {**times, **late, "other_programs_cores": round(others, 2), "noisy": others > NOISE_CORES_MAX}


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
