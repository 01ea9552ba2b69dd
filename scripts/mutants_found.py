"""What is found of mutants, kept between two runs of scripts/mutants.py, and told in docs/mutants.md."""

# ruff: noqa: INP001 - beside a program, in no package

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "build" / "mutants.json"
REPORT = ROOT / "docs" / "mutants.md"
NOT_YET = " (not yet tried with more examples)"
HEAD = """# Mutants of the rules

Written by `scripts/mutants.py`; mutmut makes the mutants. A survivor is a small fault in `src/hadir/rules` that no test
notices; many are equal to the original (a sum that begins with 0, a sort key that only breaks ties). *Ended* are those,
of the killed ones, that made a test run on and on. A run goes on where the last one stopped, and may try one mutant of
several (`--each`): *tried* says how many have been. Not every survivor has been tried with more examples yet.
No mutant is made of what `cast` is told: a type, which nobody reads while the code runs.

| module | mutants | tried | killed | ended | % |
|---|---|---|---|---|---|"""


class Said(StrEnum):
    """What is known of a mutant. `LIKELY` survived the first stage and awaits the second."""

    KILLED = "killed"
    ENDED = "ended"
    SURVIVED = "survived"
    LIKELY = "likely"


NOTICED = {Said.KILLED, Said.ENDED}


@dataclass(frozen=True)
class Verdict:
    """What was found of a mutant (its `key`), by which test, and the digests of the files of tests that it rests on."""

    said: Said
    key: str
    files: Sequence[str]
    by: str = ""
    change: str = ""


Found = dict[str, dict[str, Verdict | None]]
"""By module and name; None for a mutant that was not tried."""


def kept() -> Found:
    """What the last run left."""
    if not KEPT.exists():
        return {}
    raw = json.loads(KEPT.read_text("utf-8"))
    return {module: {name: again(said) for name, said in some.items()} for module, some in raw.items()}


def again(raw: dict[str, Any] | None) -> Verdict | None:
    """A verdict as it was kept."""
    return None if raw is None else Verdict(**{**raw, "said": Said(raw["said"])})


def save(found: Found) -> None:
    """What was found so far, and the document about it."""
    KEPT.parent.mkdir(exist_ok=True)
    raw = {module: {name: said and asdict(said) for name, said in some.items()} for module, some in found.items()}
    partly = KEPT.with_suffix(".partly")
    partly.write_text(json.dumps(raw, indent=0, ensure_ascii=False), encoding="utf-8")
    partly.replace(KEPT)
    REPORT.write_text(report(found), encoding="utf-8")


def row(name: str, found: Sequence[dict[str, Verdict | None]]) -> str:
    """A line of the table."""
    said = [verdict.said for some in found for verdict in some.values() if verdict is not None]
    ended = said.count(Said.ENDED)
    return f"| {name} | {sum(map(len, found))} | {len(said)} | {noticed(said)} | {ended} | {share(said):.1f} |"


def noticed(said: Sequence[Said]) -> int:
    """How many were killed."""
    return sum(one in NOTICED for one in said)


def share(said: Sequence[Said]) -> float:
    """How many percent were killed, of all that were tried."""
    return 100 * noticed(said) / max(1, len(said))


def report(found: Found) -> str:
    """docs/mutants.md."""
    lines = [HEAD, *(row(module, [some]) for module, some in found.items()), row("all", list(found.values()))]
    lines += ["", "## Survivors", ""]
    lines += [
        f"* {name}: {verdict.change}{NOT_YET if verdict.said is Said.LIKELY else ''}"
        for verdicts in found.values()
        for name, verdict in verdicts.items()
        if verdict is not None and verdict.said not in NOTICED
    ]
    return "\n".join(lines) + "\n"
