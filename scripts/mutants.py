"""Mutation testing of the rules: how many small faults in the law's code do its tests notice?

    scripts/mutants.py [PATTERN ...]      all of src/hadir/rules, or the mutants whose names match (hadir.rules.half*)

A copy of the tree is mutated in build/mutants by mutmut, with two processes; what is there from the last run is used
again for functions that did not change. docs/mutants.md lists the count of each module and every survivor; the exit
status is 1 below the goal. A whole run takes hours on two cores: it is the long form of `make long`.
"""

# ruff: noqa: INP001 - a program by itself, in no package

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "build" / "mutants"
REPORT = ROOT / "docs" / "mutants.md"
GOAL_PERCENT = 90
CHILDREN = 2
SURVIVED = 0
CONFIG = """

[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/hadir/rules/*"]
also_copy = ["policies", "docs"]
pytest_add_cli_args = ["-q", "-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = ["tests/rules"]
use_git_change_detection = false
"""
HEAD = """# Mutants of the rules

Written by `scripts/mutants.py`, with mutmut. A survivor is a small fault in `src/hadir/rules` that no test notices;
many are equal to the original (a sum that begins with 0, a sort key that only breaks ties).

| module | mutants | killed | % |
|---|---|---|---|"""
# The commands start programs of their own, and the files below read no rule: neither tells anything of a mutant.
LEFT_OUT = ("tests/rules/test_commands.py",)


def main(patterns: list[str]) -> int:
    """Run, count, write the report."""
    mutmut = Path(sys.executable).with_name("mutmut")
    if not mutmut.exists():
        sys.stderr.write(f"please install mutmut 3.8 or later beside {sys.executable}\n")
        return 1
    copy_tree()
    done = subprocess.run([mutmut, "run", "--max-children", str(CHILDREN), *patterns], cwd=WORK, check=False)
    found = verdicts()
    if not found:
        sys.stderr.write(f"mutmut judged nothing (status {done.returncode})\n")
        return 1
    REPORT.write_text(report(found), encoding="utf-8")
    percent = share(Counter(found.values()))
    sys.stdout.write(f"{len(found)} mutants, {percent:.1f} % killed, goal {GOAL_PERCENT} %: {REPORT}\n")
    return 0 if percent >= GOAL_PERCENT else 1


def copy_tree() -> None:
    """What the tests of the rules need, beside what an earlier run has found out."""
    for name in ("src", "policies", "docs", "tests"):
        shutil.rmtree(WORK / name, ignore_errors=True)
    for name in ("src", "policies", "docs", "tests/rules"):
        shutil.copytree(ROOT / name, WORK / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tests/__init__.py", "tests/conftest.py"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, WORK / name)
    for name in LEFT_OUT:
        (WORK / name).unlink()
    (WORK / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8") + CONFIG, encoding="utf-8")


def verdicts() -> dict[str, int]:
    """The exit code of the tests for each mutant that was judged, by its name."""
    found: dict[str, int] = {}
    for meta in sorted((WORK / "mutants/src/hadir/rules").glob("*.meta")):
        codes = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
        found |= {name: code for name, code in codes.items() if code is not None}
    return found


def share(counts: Counter[int]) -> float:
    """Killed, of all that were judged; a mutant that never ends is noticed too."""
    return 100 * (counts.total() - counts[SURVIVED]) / max(1, counts.total())


def row(name: str, counts: Counter[int]) -> str:
    """A line of the table."""
    return f"| {name} | {counts.total()} | {counts.total() - counts[SURVIVED]} | {share(counts):.1f} |"


def report(found: dict[str, int]) -> str:
    """docs/mutants.md."""
    modules: dict[str, Counter[int]] = {}
    for name, code in found.items():
        modules.setdefault(name.split(".")[2], Counter())[code] += 1
    lines = [HEAD]
    for module, counts in sorted(modules.items()):
        lines.append(
            f"| {module} | {sum(counts.values())} | {sum(counts.values()) - counts[SURVIVED]} | {share(counts):.1f} |"
        )
    total = Counter(found.values())
    lines.append(f"| all | {sum(total.values())} | {sum(total.values()) - total[SURVIVED]} | {share(total):.1f} |")
    lines += ["", "## Survivors", "", *(f"* `{name}`" for name, code in sorted(found.items()) if code == SURVIVED)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
