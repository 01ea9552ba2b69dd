"""Mutation testing of the rules: how many small faults in the law's code do its tests notice?

    scripts/mutants.py [--each N] [--module NAME ...] [--tests FILE ...]      all of src/hadir/rules, by all its tests

mutmut makes the mutants, several thousand of them; its own runner asks pytest anew for each, which takes days. Here the
tests are collected once. A mutant is a fork of that process in which one function has the mutant's code, and in which
the tests that enter that function run, those first that killed its neighbours, then the quick ones. A test that takes
many times as long as it should is ended: that is noticed too. There are two stages: first the laws of Hypothesis try a
few examples each and slow tests wait; what survives that is tried again, with more examples and every test.

What was found is kept in build/mutants.json, and a run goes on where the last one stopped, also when the code has
changed since. A mutant that was killed is not tried again while its function and the file of the test that noticed it
stay as they are; a survivor is tried again with the files of tests that are new or changed. With `--each N` one mutant
of N is tried, chosen by its digest; with `--tests`, by some files of tests only. docs/mutants.md lists each module's
count and every survivor (mutants_found.py), and says which the second stage has not reached; the exit status is 1
below the goal.
A whole run takes about an hour on one core: it is the long form of `make long`.
"""

# ruff: noqa: INP001 - a program by itself, in no package, that reaches into a function's code

import argparse
import ast
import gc
import hashlib
import importlib
import os
import resource
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import CodeType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import settings
from mutants_found import NOTICED, REPORT, ROOT, Found, Said, Verdict, kept, row, save, share
from mutmut.mutation.file_mutation import mutate_file_contents

RULES = ROOT / "src" / "hadir" / "rules"
GOAL_PERCENT = 90
EXAMPLES_FEW, EXAMPLES_MORE = 12, 60
"""How many examples a law of Hypothesis tries on a mutant, in the first stage and in the second."""
TESTS_FIRST, FIXED_FIRST = 250, 60
"""How many tests the first stage tries at most, and of those that enter a function in their fixtures only."""
QUICK_S_MAX, QUICK_S_MAX_OF = 0.3, {"cuts": 1.5, "precedents": 1.5}
"""A test that takes longer waits for the second stage."""
ENDED_AFTER_S, ENDED_AFTER_TIMES = 3, 20
"""A test on a mutant is ended after so much CPU: seconds, and times what it takes without a mutant."""
BYTES_MAX = 3 << 30
SAVED_EVERY_S = 10
CONTEXT_CHARS = 40
# By weight for pay: what a run that is stopped has not tried is the least of it.
ORDER = ("months", "half", "judge", "pairing", "plan", "evidence", "excuse", "duty", "policy", "in_force",
         "ceremony", "flex", "clocks", "verdict", "calendars", "reading", "reasons", "policy_values", "policy_file",
         "differences", "month_cases", "cases", "case_plan", "case_file", "cuts", "precedents")  # fmt: skip
# The commands start programs of their own: their tests tell nothing of a mutant in this process.
# Whether a case notices another policy tells of the case, and takes long.
LEFT_OUT = ("--ignore=tests/rules/test_commands.py", "-k", "not smallest_change")


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
    """The digest of the mutant's source."""

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
                original, unsaid_before = source(node), unsaid(node)
            continue
        short = function.removeprefix("x_").rpartition("ǁ")[2]
        target = function_in(getattr(live, scope) if scope else live, short)
        made = compiled(node, live.__dict__)
        if target is None or made.__code__.co_freevars != target.__code__.co_freevars:
            continue
        if unsaid(node) == unsaid_before:
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
                changed_part(original, text),
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


def unsaid(node: ast.FunctionDef) -> str:
    """A function without what it tells `cast`, which nobody reads while it runs: no mutant is made of that."""
    return ast.unparse(_Uncast().visit(ast.parse(source(node))))


class _Uncast(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        is_cast = isinstance(node.func, ast.Name) and node.func.id == "cast" and len(node.args) == 2
        return node.args[1] if is_cast else node


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


def changed_part(before: str, after: str) -> str:
    """`this` → `that`: what differs, with some words around it."""
    old, new = (" ".join(text.split()) for text in (before, after))
    first = alike(old, new)
    last = alike(old[first:][::-1], new[first:][::-1])
    begin = max(0, first - CONTEXT_CHARS)
    return " → ".join(f"`{text[begin : len(text) - max(0, last - CONTEXT_CHARS)]}`" for text in (old, new))


def alike(one: str, other: str) -> int:
    """With how many characters both begin."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


# --- trying them -----------------------------------------------------------------------------------------------------


class Judge:
    """A pytest plugin: runs the collected tests once to see which enter what, then on every mutant."""

    def __init__(self, todo: Sequence[str], each: int, found: Found) -> None:
        self.todo, self.each, self.found = todo, each, found
        self.entered: defaultdict[CodeType, list[pytest.Item]] = defaultdict(list)
        self.fixed: defaultdict[CodeType, list[pytest.Item]] = defaultdict(list)
        self.now: set[CodeType] = set()
        self.in_fixtures: set[CodeType] = set()
        self.seconds: dict[str, float] = {}
        self.turn: dict[str, int] = {}
        self.killers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.began_s = self.saved_s = now_s()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            with_examples(item, EXAMPLES_FEW)
            file_of(item.nodeid)
        turns = Counter[str]()
        for test in sorted((item.nodeid for item in session.items), key=lambda name: digest([name])):
            self.turn[test] = turns[test.partition("[")[0]]
            turns[test.partition("[")[0]] += 1
        mutants = {module: mutants_of(module) for module in self.todo}
        self.look(session.items)
        gc.collect()
        gc.freeze()
        try:
            self.try_all(mutants)
        finally:
            save(self.found)
        return True

    def try_all(self, mutants: dict[str, list[Mutant]]) -> None:
        """The first stage for all of them, then the second for those it did not kill."""
        for module, some in mutants.items():
            kept = self.found.get(module, {})
            self.found[module] = {mutant.name: kept.get(mutant.name) for mutant in some}
            for name, verdict in kept.items():
                if verdict is not None and verdict.by:
                    self.killed(name.rpartition("_")[0], verdict.by)
        every = [(module, mutant) for module, some in mutants.items() for mutant in some]
        chosen = [one for one in every if int(one[1].key, 16) % self.each == 0]
        for at, (module, mutant) in enumerate(chosen):
            self.found[module][mutant.name] = self.tried(mutant, self.found[module][mutant.name])
            self.tell("first", module, at, len(chosen))
        again = [one for one in every if getattr(self.found[one[0]][one[1].name], "said", None) is Said.LIKELY]
        for at, (module, mutant) in enumerate(again):
            self.found[module][mutant.name] = self.tried_longer(mutant)
            self.tell("second", module, at, len(again))

    def tell(self, stage: str, module: str, at: int, number: int) -> None:
        """Saves from time to time, and says how far the run is."""
        if now_s() - self.saved_s < SAVED_EVERY_S and at + 1 < number:
            return
        self.saved_s = now_s()
        save(self.found)
        minutes = round((self.saved_s - self.began_s) / 60)
        sys.stderr.write(f"{stage} stage, {at + 1} of {number}, {minutes} min: {row(module, [self.found[module]])}\n")

    def look(self, items: Sequence[pytest.Item]) -> None:
        """Every test once: how long it takes, and what it enters: `entered` by itself, `fixed` only in its fixtures.

        Each sets up its own fixtures, or only the first would be known to read the policies.
        """
        watch, tool = sys.monitoring, sys.monitoring.PROFILER_ID
        watch.use_tool_id(tool, "mutants")

        def enter(code: CodeType, _: int) -> object:
            if "/hadir/rules/" in code.co_filename:
                self.now.add(code)
            return watch.DISABLE

        watch.register_callback(tool, watch.events.PY_START, enter)
        watch.set_events(tool, watch.events.PY_START)
        for item in items:
            self.now, self.in_fixtures = set(), set()
            watch.restart_events()
            began_s = os.times().user
            if not passes(item, None):
                raise SystemExit(f"{item.nodeid} fails without a mutant")
            self.seconds[item.nodeid] = os.times().user - began_s
            for code in self.now:
                self.entered[code].append(item)
            for code in self.in_fixtures - self.now:
                self.fixed[code].append(item)
        self.now.clear()
        watch.set_events(tool, 0)
        watch.free_tool_id(tool)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self) -> Iterator[None]:
        """What a fixture enters is set apart, and may be entered again."""
        yield
        if self.now:
            self.in_fixtures |= self.now
            self.now.clear()
            sys.monitoring.restart_events()

    def tried(self, mutant: Mutant, old: Verdict | None) -> Verdict:
        """The first stage: quick tests with few examples, those first that killed it or its neighbours before.

        A verdict of before stands while nothing has changed that it rests on.
        """
        if old is not None and old.key != mutant.key:
            old = None
        if old is not None and old.said in NOTICED and old.by in self.seconds and file_of(old.by) in old.files:
            return old
        known = old.files if old is not None and old.said not in NOTICED else ()
        most_s = QUICK_S_MAX_OF.get(mutant.where.partition(".")[0], QUICK_S_MAX)
        tests = self.sorted(mutant, self.entered) + self.sorted(mutant, self.fixed)[:FIXED_FIRST]
        quick = [one for one in tests if file_of(one.nodeid) not in known and self.seconds[one.nodeid] <= most_s]
        quick.sort(key=lambda one: one.nodeid != (old.by if old else ""))
        found = self.fate(mutant, quick[:TESTS_FIRST], EXAMPLES_FEW)
        if found.said is Said.LIKELY and old is not None and old.said is Said.SURVIVED:
            return replace(found, said=Said.SURVIVED)
        return found

    def tried_longer(self, mutant: Mutant) -> Verdict:
        """The second stage: every test, with more examples."""
        return self.fate(mutant, self.sorted(mutant, self.entered) + self.sorted(mutant, self.fixed), EXAMPLES_MORE)

    def sorted(self, mutant: Mutant, tests: dict[CodeType, list[pytest.Item]]) -> list[pytest.Item]:
        """The tests of a mutant's function: those that killed its neighbours, then others of its module.

        After them one of each parametrised test, another of each, and so on.
        """
        near, far = self.killers[mutant.where], self.killers[mutant.where.partition(".")[0]]

        def last(one: pytest.Item) -> tuple[int, int, int, float]:
            return -near[one.nodeid], -far[one.nodeid], self.turn[one.nodeid], self.seconds[one.nodeid]

        return sorted(tests.get(mutant.live.__code__, ()), key=last)

    def killed(self, where: str, test: str) -> None:
        """Remembers which tests are good at a function, and at its module."""
        self.killers[where][test] += 1
        self.killers[where.partition(".")[0]][test] += 1

    def fate(self, mutant: Mutant, tests: Sequence[pytest.Item], examples: int) -> Verdict:
        """What becomes of a mutant in a fork of this process."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            run_in_fork(mutant, tests, examples, self.seconds, writer)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            last = pipe.read().rpartition("\n")[2]
        _, status = os.waitpid(child, 0)
        if status == 0:
            said = Said.LIKELY if examples == EXAMPLES_FEW else Said.SURVIVED
            return Verdict(said, mutant.key, sorted({file_of(test) for test in self.seconds}), change=mutant.change)
        self.killed(mutant.where, last)
        said = Said.ENDED if os.WIFSIGNALED(status) else Said.KILLED
        return Verdict(said, mutant.key, [file_of(last)], by=last)


def usual_settings(item: pytest.Item) -> settings | None:
    """A law's own settings of Hypothesis; None for another test."""
    test = getattr(item, "obj", None)
    now = getattr(test, "_hypothesis_internal_use_settings", None)
    return getattr(test, "_usual_settings", now)


def with_examples(item: pytest.Item, most: int) -> None:
    """A law of Hypothesis tries few examples, always the same ones."""
    usual = usual_settings(item)
    if usual is not None:
        test = item.obj  # type: ignore[attr-defined]
        few = settings(usual, max_examples=min(most, usual.max_examples), derandomize=True, database=None)
        vars(getattr(test, "__func__", test)).update(_hypothesis_internal_use_settings=few, _usual_settings=usual)


def run_in_fork(
    mutant: Mutant, tests: Sequence[pytest.Item], examples: int, seconds: dict[str, float], writer: int
) -> None:
    """The child: the mutant in place, its tests until one fails. Ends the process: 0 when all pass.

    Tells the name of every test that it begins.
    """
    resource.setrlimit(resource.RLIMIT_AS, (BYTES_MAX, BYTES_MAX))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    failed = 1
    try:
        mutant.take_place()
        for at, test in enumerate(tests):
            os.write(writer, f"\n{test.nodeid}".encode())
            with_examples(test, examples)
            longer = examples / EXAMPLES_FEW if usual_settings(test) is not None else 1
            signal.setitimer(signal.ITIMER_PROF, ENDED_AFTER_S + ENDED_AFTER_TIMES * longer * seconds[test.nodeid])
            if not passes(test, tests[at + 1] if at + 1 < len(tests) else None):
                break
        else:
            failed = 0
    finally:
        os._exit(failed)


def now_s() -> float:
    """Seconds that pass outside."""
    return os.times().elapsed


def passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Whether a test passes; fixtures that the following one shares are kept."""
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


# --- what a verdict rests on -----------------------------------------------------------------------------------------


def file_of(test: str) -> str:
    """The digest of the file that a test stands in, and of what all tests read."""
    return digest_of(test.partition("::")[0])


@cache
def digest_of(file: str) -> str:
    return digest([(ROOT / file).read_text("utf-8"), of_policies()])


@cache
def of_policies() -> str:
    """The digest of all policies, calendars and cases."""
    return digest(path.read_text("utf-8") for path in sorted((ROOT / "policies").rglob("*.yaml")))


def digest(texts: Iterable[str]) -> str:
    """Sixteen hexadecimal digits."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def main(arguments: list[str]) -> int:
    """Run, count, write the report."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--each", type=int, default=1)
    asked.add_argument("--module", nargs="+", default=ORDER, choices=ORDER)
    asked.add_argument("--tests", nargs="+", default=["tests/rules"])
    options = asked.parse_args(arguments)
    os.chdir(ROOT)
    before = kept()
    found = {module: before.get(module, {}) for module in ORDER}
    quiet = ["-q", "-s", "-p", "no:cacheprovider", "-o", "timeout=0"]
    pytest.main([*options.tests, *LEFT_OUT, *quiet], plugins=[Judge(options.module, options.each, found)])
    said = [verdict.said for some in found.values() for verdict in some.values() if verdict is not None]
    sys.stdout.write(f"{len(said)} mutants, {share(said):.1f} % killed, goal {GOAL_PERCENT} %: {REPORT}\n")
    return 0 if said and share(said) >= GOAL_PERCENT else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
