"""A benchmark says whether it reached its goal, and how near it came."""

import argparse
from collections.abc import Mapping
from typing import Any

import pytest

from rehearsal.cli.bench import PARTS, BenchPart, Goal, add_bench, goals_of

CALM = {"goodput_2x": 1.0, "goodput_10x": 0.9, "refused_p99_ms": 3.0, "recovery_s": 2, "rss_growth_mib": 40.0}


def all_met(name: str, figures: Mapping[str, Any]) -> bool:
    return all(goal.met(figures) for goal in goals_of(name, figures))


def test_a_goal_is_met_at_its_limit_and_missed_beyond_it() -> None:
    assert Goal("p99_ms", 500).met({"p99_ms": 500})
    assert not Goal("p99_ms", 500).met({"p99_ms": 500.1})
    assert Goal("goodput", 0.9, at_least=True).met({"goodput": 0.9})
    assert not Goal("goodput", 0.9, at_least=True).met({"goodput": 0.89})


def test_what_was_never_reached_is_missed() -> None:
    assert all_met("overload", CALM)
    assert not all_met("overload", {**CALM, "recovery_s": None})


def test_a_line_tells_the_ratio_to_the_limit() -> None:
    assert Goal("rss_mib", 64).line({"rss_mib": 32}) == "met    rss_mib 32.0 (at most 64, 0.50 of it)"
    assert Goal("per_s", 8_000, at_least=True).line({"per_s": 4_000}).startswith("MISSED per_s 4000.0 (at least 8000")


def test_a_part_that_was_not_run_has_no_goal_and_one_that_was_run_has() -> None:
    alone = {"failed": 0, "p99_ms": 20.0}
    assert {goal.figure for goal in goals_of("slow", alone)} == {"failed", "p99_ms"}
    assert not all_met("slow", {**alone, "nginx": {"failed": 1, "p99_ms": 20.0}})
    assert not goals_of("gate, part by part", {"body": 1.7, "sum": 67.7})


def test_a_processor_with_a_fast_verifier_is_held_to_more() -> None:
    speed = {"ratio_to_openssl_limit": 0.6, "punches_per_s_two_cores": 9_000, "p99_ms_at_70": 20}
    figures = {**speed, "fast_verifier": False}
    assert all_met("gate", figures)
    assert not all_met("gate", {**figures, "fast_verifier": True})


@pytest.mark.parametrize("part", PARTS, ids=lambda part: " ".join([part.name, *part.arguments]))
def test_all_asks_for_benchmarks_that_there_are(part: BenchPart) -> None:
    parser = argparse.ArgumentParser()
    add_bench(parser.add_subparsers())
    assert parser.parse_args(["bench", part.name, *part.arguments, "--json"]).command
