"""`hadir bench office`: what a large regency waits for: the register's search, a unit's today, a late tap's verdict.

1. Make a regency with one day of real taps, judged by the real follower.
2. Ask the office for both pages, as the personnel agency does, and count time and queries.
3. Let taps come in late, one after another, and see how soon the office's tables say so. A page shows what they say;
   the follower looks every `PAUSE_SECONDS`, which is added in full.
"""

import os
import time
from contextlib import closing
from dataclasses import asdict
from datetime import date
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

from hadir.clock import SystemClock, set_rehearsal_clock
from hadir.config import Settings, read_settings
from hadir.ledger import Entry
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.programs.commands import follow
from hadir.records.kinds import Kind
from hadir.rules.clocks import instant_ms
from hadir.site import Site, found_site
from rehearsal.bench.page_times import page_times
from rehearsal.bench.tools import NOISE_CORES_MAX, Meter, fresh_folder, say
from rehearsal.demo import commands
from rehearsal.demo.history import make_regency
from rehearsal.morning.plan import MINUTE_MS, ZONE
from rehearsal.phones import Phone, private_key

SEED = 1
LATE_TAPS = 9
LATE_LIMIT_MS = 2_000
"""A late tap is to change its verdict on screen within so long."""
_FOLLOWER_PAUSE_MS = 500
_FIRST_LATE = 1_101
_DAY = date(2026, 11, 24)


def bench_office(work: Path, *, people: int) -> dict[str, Any]:
    """The figures of `hadir bench office --json`; progress goes to standard error."""
    with fresh_folder(work / "office") as folder:
        now_ms = instant_ms(_DAY, time_of_day(9), ZONE)
        site = found_site(folder / "data", name="rehearsal/office", zone=ZONE, now_ms=now_ms)
        set_rehearsal_clock(site.clock_file, simulated_ms=now_ms)
        settings = read_settings({"HADIR_DATA": str(site.data)})
        make_regency(site, settings, people=people, seed=SEED, tell=say, whole_month=False)
        say("asking for pages")
        meter = Meter([os.getpid()])
        times = page_times(settings, SystemClock())
        say("tapping late")
        late_ms = max(_late_tap_ms(site, settings, _FIRST_LATE + place) for place in range(LATE_TAPS))
        others = meter.others_cores(0)
    shown_ms = late_ms + _FOLLOWER_PAUSE_MS
    late = {"late_tap_ms": round(shown_ms), "late_tap_of_limit": round(shown_ms / LATE_LIMIT_MS, 3)}
    return {**asdict(times), **late, "other_programs_cores": round(others, 2), "noisy": others > NOISE_CORES_MAX}


def _late_tap_ms(site: Site, settings: Settings, person: int) -> float:
    """From the gate's commit of one more tap of somebody to the office's tables with its verdict."""
    now_ms = site.clock().now_ms()
    tapped_ms = now_ms - 90 * MINUTE_MS
    phone = Phone(person, private=private_key(SEED, person))
    record = phone.punch("in", wall_ms=tapped_ms, mono_ms=5_000, origin_ms=tapped_ms - 5_000)
    with closing(SqliteJournal(site.journal_folder(site.gate), site.gate_signer())) as journal:
        journal.append([Entry(Kind.PUNCH, record.encode())], now_ms=now_ms)
    began = time.perf_counter()
    follow(settings, once=True)
    taken_ms = (time.perf_counter() - began) * 1_000
    taps = commands.verdicts_on(settings, _DAY)[person]["taps"]
    assert any(tap["judged_ms"] == tapped_ms for tap in taps), "the late tap is in no verdict"
    return taken_ms
