"""How soon a phone shows its first page: `npm run bench`, after `npm run build` and on a quiet machine.

One JSON object on stdout: each start's first contentful paint on a processor made six times slower, and its ratio to
the limit. Status 1 where a ratio is above 1. No test asserts it: a busy machine is no fault of the phone.
"""
# ruff: noqa: INP001, T201 - as in tests/: a script with a real process and a real clock

import json
import sys
import tempfile

from playwright.sync_api import Page, sync_playwright

from conftest import CHROMIUM, Gate, until

FIRST_PAINT_MS_MAX = 2_000
SLOWER = 6
TRIES = 3
ACTIVE = "navigator.serviceWorker.getRegistration().then(r => !!(r && r.active))"
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def painted_ms(page: Page, gate: Gate) -> float:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto("about:blank")
    page.goto(gate.url)
    page.locator("button").first.wait_for()
    return float(until(lambda: page.evaluate(PAINT)))


def once(*, installed: bool) -> float:
    """One new browser; `installed`: enrolled before, and opened again with the gate gone."""
    gate = Gate("presensi.example.go.id")
    try:
        with sync_playwright() as running, tempfile.TemporaryDirectory() as profile:
            context = running.chromium.launch_persistent_context(
                profile, executable_path=CHROMIUM, args=["--no-sandbox"], viewport={"width": 360, "height": 640}
            )
            page = context.new_page()
            if installed:
                page.goto(gate.slip)
                page.get_by_test_id("tap-in").wait_for()
                until(lambda: page.evaluate(ACTIVE))
                gate.stop()
            found = painted_ms(page, gate)
            context.close()
            return found
    finally:
        gate.stop()


def main() -> int:
    starts = {}
    for name, installed in (("first_visit", False), ("later_offline", True)):
        print(f"{name}: {TRIES} times", file=sys.stderr)
        best = min(once(installed=installed) for _ in range(TRIES))
        starts[name] = {"first_paint_ms": round(best), "ratio": round(best / FIRST_PAINT_MS_MAX, 2)}
    print(json.dumps({"limit_ms": FIRST_PAINT_MS_MAX, "slower": SLOWER, "starts": starts}))
    return int(any(each["ratio"] > 1 for each in starts.values()))


if __name__ == "__main__":
    raise SystemExit(main())
