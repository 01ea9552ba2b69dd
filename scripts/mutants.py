"""Mutation testing of the rules: how many small faults in the law's code do its tests notice?

    scripts/mutants.py [--each N] [MODULE ...]      all of src/hadir/rules, or the named modules (months half ...)

mutmut makes the mutants, several thousand of them; its own runner asks pytest anew for each, which takes days. Here the
tests are collected once. A mutant is a fork of that process in which one function has the mutant's code, and in which
the tests that enter that function run, those first that killed its neighbours, then the quick ones. The laws of
Hypothesis try a few examples each. With `--each N` one mutant of N is tried, chosen by its digest. What was found is
kept in build/mutants.json: a mutant that was killed is not tried again while its function stays as it is.
docs/mutants.md lists each module's count and every survivor; the exit status is 1 below the goal. A whole run takes
about an hour on one core: it is the long form of `make long`.
"""

# ruff: noqa: INP001 - a program by itself, in no package, that reaches into a function's code

import argparse
import ast
import difflib
import gc
import hashlib
import importlib
import json
import os
import resource
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import settings
from mutmut.mutation.file_mutation import mutate_file_contents

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "src" / "hadir" / "rules"
KEPT = ROOT / "build" / "mutants.json"
REPORT = ROOT / "docs" / "mutants.md"
GOAL_PERCENT = 90
EXAMPLES = 12
"""How many examples a law of Hypothesis tries on a mutant."""
QUICK_S_MAX = 0.3
"""A test that takes longer is tried only on `precedents`, of which such tests are."""
CPU_S_MAX = 20
BYTES_MAX = 3 << 30
SURVIVED, KILLED, UNTRIED = "survived", "killed", "0 untried"
# By weight for pay: what a run that is stopped has not tried is the least of it.
ORDER = ("months", "half", "judge", "pairing", "plan", "precedents", "evidence", "excuse", "duty", "policy", "in_force",
         "ceremony", "flex", "clocks", "verdict", "calendars", "reading", "reasons", "policy_values", "policy_file",
         "differences", "month_cases", "cases", "case_plan", "case_file")  # fmt: skip
# The commands start programs of their own: their tests tell nothing of a mutant in this process.
# Whether a case notices another policy tells of the case, and takes long.
TESTS = ("tests/rules", "--ignore=tests/rules/test_commands.py", "-k", "not smallest_change")
HEAD = """# Mutants of the rules

Written by `scripts/mutants.py`; mutmut makes the mutants. A survivor is a small fault in `src/hadir/rules` that no test
notices; many are equal to the original (a sum that begins with 0, a sort key that only breaks ties).
A run may try one mutant of several (`--each`); what no run has reached yet stands in no row, or in few.

| module | mutants | tried | killed | % |
|---|---|---|---|---|"""

Found = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Mutant:
    """One function with one small fault: its name (`half.read_12`), the live function, the code to take its place."""

    name: str
    where: str
    live: FunctionType
    code: CodeType
    defaults: tuple[tuple[Any, ...] | None, dict[str, Any] | None]
    change: str
    key: str
    """What a verdict holds for: the digest of the mutant's source."""

    def take_place(self) -> None:
        self.live.__code__ = self.code
        self.live.__defaults__, self.live.__kwdefaults__ = self.defaults


# --- making them -----------------------------------------------------------------------------------------------------


def mutants_of(module: str) -> list[Mutant]:
    """Every mutant of a module."""
    path = RULES / f"{module}.py"
    mutated = mutate_file_contents(str(path), path.read_text("utf-8")).code
    live = importlib.import_module(f"hadir.rules.{module}")
    found: list[Mutant] = []
    for scope, node in functions(ast.parse(mutated)):
        function, _, number = node.name.partition("__mutmut_")
        if not number.isdigit():
            if number == "orig":
                original = source(node)
            continue
        short = function.removeprefix("x_").rpartition("ǁ")[2]
        target = function_in(getattr(live, scope) if scope else live, short)
        made = compiled(node, live.__dict__)
        if target is None or made.__code__.co_freevars != target.__code__.co_freevars:
            continue
        where = f"{module}.{scope + '.' if scope else ''}{short}"
        text = source(node)
        found.append(
            Mutant(
                f"{where}_{number}",
                where,
                target,
                made.__code__,
                (made.__defaults__, made.__kwdefaults__),
                changed_line(original, text),
                hashlib.sha256(text.encode()).hexdigest()[:16],
            )
        )
    return found


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions and methods, with the name of their class."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            yield from ((node.name, inner) for inner in node.body if isinstance(inner, ast.FunctionDef))


def source(node: ast.FunctionDef) -> str:
    """A function's text without what mutmut and a docstring add to it."""
    bare = ast.FunctionDef(**{**{field: getattr(node, field, None) for field in node._fields}, "name": "f"})
    bare.decorator_list = []
    return ast.unparse(ast.fix_missing_locations(bare))


def compiled(node: ast.FunctionDef, names: dict[str, Any]) -> FunctionType:
    """The function of a mutant, which sees the living module's names."""
    text = "from __future__ import annotations\n" + source(node)
    space: dict[str, Any] = {}
    exec(compile(text, f"<mutant {node.name}>", "exec"), names, space)  # noqa: S102 - mutants of our own code
    made = space["f"]
    assert isinstance(made, FunctionType)
    return made


def function_in(home: object, name: str) -> FunctionType | None:
    """The living function behind a name of a module or a class."""
    found = vars(home).get(name)
    if isinstance(found, classmethod | staticmethod):
        found = found.__func__
    elif isinstance(found, property):
        found = found.fget
    return found if isinstance(found, FunctionType) else None


def changed_line(before: str, after: str) -> str:
    """`this` → `that`, of the first line that differs."""
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:2] in {"- ", "+ "}]
    old = next((line[2:].strip() for line in lines if line[0] == "-"), "")
    new = next((line[2:].strip() for line in lines if line[0] == "+"), "")
    return f"`{old}` → `{new}`"


# --- trying them -----------------------------------------------------------------------------------------------------


class Judge:
    """A pytest plugin: runs the collected tests once to see which enter what, then on every mutant."""

    def __init__(self, todo: Sequence[str], each: int, found: Found) -> None:
        self.todo, self.each, self.found = todo, each, found
        self.entered: defaultdict[CodeType, list[pytest.Item]] = defaultdict(list)
        self.seconds: dict[str, float] = {}
        self.killers: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            few_examples(getattr(item, "obj", None))
        modules = {module: mutants_of(module) for module in self.todo}
        self.look(session.items)
        gc.collect()
        gc.freeze()
        for module, mutants in modules.items():
            kept = self.found.setdefault(module, {})
            names = {mutant.name for mutant in mutants}
            self.found[module] = kept = {name: said for name, said in kept.items() if name in names}
            for number, mutant in enumerate(mutants):
                if int(mutant.key, 16) % self.each and kept.get(mutant.name, UNTRIED) == UNTRIED:
                    kept[mutant.name] = UNTRIED
                elif kept.get(mutant.name, "").partition(" ")[2] != f"{KILLED} {mutant.key}":
                    kept[mutant.name] = self.tried(mutant)
                if number % 50 == 0 or mutant is mutants[-1]:
                    save(self.found, module)
        return True

    def look(self, items: Sequence[pytest.Item]) -> None:
        """Every test once, with the functions that it enters and how long it takes."""
        watch, tool = sys.monitoring, sys.monitoring.PROFILER_ID
        watch.use_tool_id(tool, "mutants")
        now: set[CodeType] = set()

        def enter(code: CodeType, _: int) -> object:
            if "/hadir/rules/" in code.co_filename:
                now.add(code)
            return watch.DISABLE

        watch.register_callback(tool, watch.events.PY_START, enter)
        watch.set_events(tool, watch.events.PY_START)
        for at, item in enumerate(items):
            now.clear()
            watch.restart_events()
            began_s = os.times().user
            following = items[at + 1] if at + 1 < len(items) else None
            if not passes(item, following):
                raise SystemExit(f"{item.nodeid} fails without a mutant")
            self.seconds[item.nodeid] = os.times().user - began_s
            for code in now:
                self.entered[code].append(item)
        watch.set_events(tool, 0)
        watch.free_tool_id(tool)

    def tried(self, mutant: Mutant) -> str:
        """`SECONDS killed KEY` or `SECONDS survived KEY CHANGE`."""
        seen = self.killers[mutant.where]
        tests = [
            one
            for one in self.entered[mutant.live.__code__]
            if self.seconds[one.nodeid] <= QUICK_S_MAX or mutant.where.startswith("precedents.")
        ]
        tests.sort(key=lambda one: (-seen[one.nodeid], self.seconds[one.nodeid]))
        began_s = spent_s()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            run_in_fork(mutant, tests, writer)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            killer = pipe.read()
        _, status = os.waitpid(child, 0)
        seen[killer] += bool(killer)
        said = f"{KILLED} {mutant.key}" if status else f"{SURVIVED} {mutant.key} {mutant.change}"
        return f"{spent_s() - began_s:.2f} {said}"


def few_examples(test: object) -> None:
    """A law of Hypothesis tries few examples, always the same ones."""
    usual = getattr(test, "_hypothesis_internal_use_settings", None)
    if usual is not None:
        few = settings(usual, max_examples=min(EXAMPLES, usual.max_examples), derandomize=True, database=None)
        vars(getattr(test, "__func__", test))["_hypothesis_internal_use_settings"] = few


def run_in_fork(mutant: Mutant, tests: Sequence[pytest.Item], writer: int) -> None:
    """The child: the mutant in place, its tests until one fails. Ends the process: 0 when all pass."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES_MAX, BYTES_MAX))
    signal.alarm(10 * CPU_S_MAX)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    failed = 1
    try:
        mutant.take_place()
        for at, test in enumerate(tests):
            if not passes(test, tests[at + 1] if at + 1 < len(tests) else None):
                os.write(writer, test.nodeid.encode())
                break
        else:
            failed = 0
    finally:
        os._exit(failed)


def passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Whether a test passes; fixtures that the following one shares are kept."""
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def spent_s() -> float:
    """CPU of this process and its children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


# --- telling ---------------------------------------------------------------------------------------------------------


def save(found: Found, module: str) -> None:
    """What was found so far."""
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(found, indent=0, ensure_ascii=False), encoding="utf-8")
    REPORT.write_text(report(found), encoding="utf-8")
    sys.stderr.write(f"{row(module, [found[module]])}\n")


def words(found: Sequence[dict[str, str]]) -> list[str]:
    """`killed` or `survived`, for each mutant that was tried."""
    return [said.split(" ")[1] for kept in found for said in kept.values() if said != UNTRIED]


def row(name: str, found: Sequence[dict[str, str]]) -> str:
    """A line of the table."""
    said = words(found)
    return f"| {name} | {sum(map(len, found))} | {len(said)} | {said.count(KILLED)} | {share(said):.1f} |"


def share(said: Sequence[str]) -> float:
    """Killed, of all that were tried; a mutant that never ends is noticed too."""
    return 100 * said.count(KILLED) / max(1, len(said))


def report(found: Found) -> str:
    """docs/mutants.md."""
    survivors = [(name, said) for kept in found.values() for name, said in kept.items() if f" {SURVIVED} " in said]
    lines = [HEAD, *(row(module, [kept]) for module, kept in found.items()), row("all", list(found.values()))]
    lines += ["", "## Survivors", ""]
    lines += [f"* {name}: {said.split(' ', 3)[3]}" for name, said in survivors]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Run, count, write the report."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--each", type=int, default=1)
    asked.add_argument("modules", nargs="*", default=ORDER)
    options = asked.parse_args(arguments)
    found: Found = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    os.chdir(ROOT)
    quiet = ["-q", "-s", "-p", "no:cacheprovider", "-o", "timeout=0"]
    pytest.main([*TESTS, *quiet], plugins=[Judge(options.modules, options.each, found)])
    said = words(list(found.values()))
    sys.stdout.write(f"{len(said)} mutants, {share(said):.1f} % killed, goal {GOAL_PERCENT} %: {REPORT}\n")
    return 0 if said and share(said) >= GOAL_PERCENT else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
