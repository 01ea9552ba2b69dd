"""What a day says of credited time that its other sentences leave out: it is held against the day without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from hadir.rules import PolicySet, ReasonCode, Verdict
from hadir.rules.evidence import Direction, WeighedTap
from hadir.rules.search import Draw, Scene, places_of, tap

SAYS = {code for code in ReasonCode if str(code) in {"excuse.changes_nothing", "excuse.lowers", "outage.lowers"}}
DRAWS = 25
"""Of each duty of each set."""


def said_of(verdict: Verdict) -> list[tuple[ReasonCode, set[str], Decimal]]:
    """Each such sentence: of which records, and by how much they lower what the day costs."""
    found = ((one.code, dict(one.params)) for one in verdict.reasons if one.code in SAYS)
    return [(code, set(str(told["excuse"]).split(", ")), Decimal(str(told.get("percent", 0)))) for code, told in found]


def days(policies: dict[str, PolicySet]) -> Iterator[tuple[str, Scene, tuple[WeighedTap, ...]]]:
    """Of every set, duty and split shift; on days of flexible time above all credited time spares a later end."""
    for place in places_of(policies):
        for seed in range(DRAWS):
            scene = Scene.of(place, Draw(seed, f"said/{place.set_name}/{place.duty}"))
            came, went = sorted((scene.counting(), scene.counting()))
            taps = tap("in", Direction.IN, came), tap("out", Direction.OUT, went)
            yield f"{place.set_name}/{place.duty} {seed}", scene, taps


def without(scene: Scene, taps: tuple[WeighedTap, ...], refs: set[str]) -> Decimal:
    others = [one for one in scene.excuses if one.ref not in refs]
    return scene.judge(*taps, excuses=others).deduction_percent


def test_it_lowers_what_the_day_costs_by_as_much_as_is_said(policies: dict[str, PolicySet]) -> None:
    times = Counter[ReasonCode]()
    for name, scene, taps in days(policies):
        verdict = scene.judge(*taps)
        for code, refs, less in said_of(verdict):
            if not scene.beside or not less:  # of a split shift each part says by how much
                assert without(scene, taps, refs) == verdict.deduction_percent + less, (name, code)
            times[code] += 1
    assert set(times) == SAYS


def test_no_credit_that_changes_what_a_day_costs_is_passed_over(policies: dict[str, PolicySet]) -> None:
    for name, scene, taps in days(policies):
        verdict = scene.judge(*taps)
        said = {ref for one in verdict.reasons for ref in str(dict(one.params).get("excuse", "")).split(", ")}
        for one in scene.excuses:
            if one.ref not in said:
                assert without(scene, taps, {one.ref}) == verdict.deduction_percent, (name, one)
