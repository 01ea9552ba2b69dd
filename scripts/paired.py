"""Compares the CPU that two checkouts of Hadir use for the same work, by turns on the same machine.

    paired.py BEFORE AFTER [--pairs 20] [--only gate,rules,recap,pages] [--people 400] [--json]

Each checkout has its own `.venv` with Hadir in it, and makes its own demo once. A pair is one run of each, the order
turned round every time. Printed is the ratio after/before of CPU seconds: the median, and the 95 % interval of the
mean of its logarithms. Status 1 if an interval lies above `--limit` (1.05) as a whole.
"""

# ruff: noqa: INP001, T201 - a program by itself, in no package, that speaks to a console

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PAIRS = 20
LIMIT = 1.05
#: Of Student's t for 19 degrees of freedom, on both sides; for more pairs it is a little less, so this is the wider.
T_95 = 2.093

RECAP = ("/kantor/bulan/11/MONTH/", "/kantor/bulan/11/MONTH/rekap.xlsx")
ADDRESSES = (
    "/kantor/hari-ini/1/",
    "/kantor/hari-ini/11/",
    "/kantor/bulan/11/MONTH/gambar/",
    "/kantor/orang/1001/bulan/MONTH/",
    "/kantor/orang/1001/MONTH-12/",
    "/kantor/jejak/",
)

GATE = """
import json, subprocess, sys
made = subprocess.run(["hadir", "bench", "gate", "--profile", "--json"], capture_output=True, text=True, check=True)
print(json.loads(made.stdout.splitlines()[-1])["sum"] / 1e6)
"""
RULES = """
import resource, subprocess
command = ("hadir", "bench", "rules", "--people", "20000", "--days", "1", "--json")
subprocess.run(command, capture_output=True, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime)
"""
#: Asks the office in this process, as a browser would; each page once before it is measured.
PAGES = """
import sys, time
from hadir.office.wsgi import application
from django.conf import settings
from django.test import Client
rounds, addresses = int(sys.argv[1]), sys.argv[2:]
month = time.strftime("%Y-%m", time.gmtime(time.time() - 86_400 * 15))
addresses = [address.replace("MONTH", month) for address in addresses]
client = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0], HTTP_X_FORWARDED_PROTO="https")
client.post("/kantor/masuk/", {"login": "joko", "password": "latihan-joko"})
def ask():
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        b"".join(answer) if answer.streaming else answer.content
ask()
began = time.process_time()
for _ in range(rounds):
    ask()
print((time.process_time() - began) / rounds)
"""


def main() -> int:
    """Reads the command line, measures, prints."""
    reader = argparse.ArgumentParser(description="compares the CPU of two checkouts, by turns")
    reader.add_argument("before", type=Path)
    reader.add_argument("after", type=Path)
    reader.add_argument("--pairs", type=int, default=PAIRS, help="at least 20 for an interval that means something")
    reader.add_argument("--only", default="gate,rules,recap,pages", help="which of these, with commas")
    reader.add_argument("--people", type=int, default=400, help="how many the demo of each checkout has")
    reader.add_argument("--limit", type=float, default=LIMIT, help="an interval above it is a fault")
    reader.add_argument("--json", action="store_true", help="one JSON object")
    asked = reader.parse_args()
    trees = (asked.before.resolve(), asked.after.resolve())
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="hadir-paired-") as folder:
        work = Path(folder)
        for what in asked.only.split(","):
            found[what] = compared(work, trees, what, asked)
            if not asked.json:
                print(f"{what}: {found[what]}", flush=True)
    if asked.json:
        print(json.dumps(found))
    return 1 if any(one["low"] > asked.limit for one in found.values()) else 0


def compared(work: Path, trees: tuple[Path, Path], what: str, asked: argparse.Namespace) -> dict[str, float]:
    """The figures of one kind of work."""
    if what in {"recap", "pages"}:
        for number, tree in enumerate(trees):
            if not (work / str(number)).exists():
                made = (".venv/bin/hadir", "demo", "--data", str(work / str(number)), "--people", str(asked.people))
                subprocess.run(made, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    ratios, spent = [], [0.0, 0.0]
    for pair in range(asked.pairs):
        used = [0.0, 0.0]
        for number in (0, 1) if pair % 2 else (1, 0):
            used[number] = once(trees[number], work / str(number), what)
            spent[number] += used[number] / asked.pairs
        ratios.append(used[1] / used[0])
        print(f"{what} {pair + 1}/{asked.pairs}: {used[0]:.4g} {used[1]:.4g}", file=sys.stderr)
    logs = [math.log(one) for one in ratios]
    half = T_95 * statistics.stdev(logs) / math.sqrt(len(logs)) if len(logs) > 1 else math.inf
    middle = statistics.fmean(logs)
    return {
        "pairs": asked.pairs,
        "before_cpu_s": round(spent[0], 6),
        "after_cpu_s": round(spent[1], 6),
        "ratio": round(statistics.median(ratios), 4),
        "low": round(math.exp(middle - half), 4),
        "high": round(math.exp(middle + half), 4),
    }


def once(tree: Path, data: Path, what: str) -> float:
    """CPU seconds of one run in one checkout."""
    venv = tree / ".venv" / "bin"
    environment = ("env", f"PATH={venv}:/usr/local/bin:/usr/bin:/bin", f"HADIR_DATA={data}")
    program = {"gate": GATE, "rules": RULES}.get(what, PAGES)
    words = {"recap": ("8", *RECAP), "pages": ("4", *ADDRESSES)}.get(what, ())
    ran = subprocess.run(
        [*environment, str(venv / "python"), "-c", program, *words],
        cwd=tree, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode:
        raise SystemExit(f"{tree}: {what} failed:\n{ran.stderr[-2000:]}")
    return float(ran.stdout.split()[-1])


if __name__ == "__main__":
    sys.exit(main())
