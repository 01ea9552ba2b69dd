"""`hadir bench office`: the register's search and a unit's today, with as many people as a large regency has.

1. Make a regency with one day of real taps, judged by the real follower.
2. Ask the office for both pages, as the personnel agency does, and count time and queries.
"""

import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hadir.clock import SystemClock, set_rehearsal_clock
from hadir.config import read_settings
from hadir.drill.bench_tools import NOISE_CORES_MAX, Meter, fresh_folder, say
from hadir.drill.history import make_regency
from hadir.drill.morning_plan import ZONE
from hadir.office.page_times import page_times
from hadir.site import found_site

SEED = 1
_MORNING = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo(ZONE))


def bench_office(work: Path, *, people: int) -> dict[str, Any]:
    """The figures of `hadir bench office --json`; progress goes to standard error."""
    with fresh_folder(work / "office") as folder:
        now_ms = int(_MORNING.timestamp() * 1000)
        site = found_site(folder / "data", name="rehearsal/office", zone=ZONE, now_ms=now_ms)
        set_rehearsal_clock(site.clock_file, simulated_ms=now_ms)
        settings = read_settings({"HADIR_DATA": str(site.data)})
        make_regency(site, settings, people=people, seed=SEED, tell=say, days=1)
        say("asking for pages")
        meter = Meter([os.getpid()])
        times = page_times(settings, SystemClock())
        others = meter.others_cores(0)
    return {**asdict(times), "other_programs_cores": round(others, 2), "noisy": others > NOISE_CORES_MAX}
