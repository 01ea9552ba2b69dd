"""The law read out: what the rules say of the shipped cases, sentence by sentence, with the article of each.

The text is `tests/golden/sentences.txt`, for a lawyer's eye. To accept a change: `UPDATE_GOLDEN=1 pytest
tests/rules/test_sentences.py`, and read the diff.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from hadir.rules import (
    Calendar,
    Case,
    CaseResult,
    Evidence,
    MonthResult,
    PartVerdict,
    PolicySet,
    Reason,
    Verdict,
    run_any,
)
from hadir.texts import render
from tests.rules.test_cases import CASES

GOLDEN = Path(__file__).parents[1] / "golden" / "sentences.txt"
TIMES = 2
"""How many cases are kept in which a sentence is said in one company."""


def sentence(reason: Reason) -> str:
    said = render(reason.code, "id", reason.mapping)
    return f"  {said} [{reason.article}]" if reason.article else f"  {said}"


def half(part: PartVerdict | None) -> Iterator[str]:
    if part is None:
        return
    numbers = f"{part.class_code} {part.minutes} {part.percent} {part.tap_ref} {part.review} {part.excuse_code}"
    yield f"  {part.side} {part.status} {numbers} {','.join(part.excuses) or None} {part.counted_ms}"
    yield sentence(part.headline(provisional=True))


def weighed(evidence: Evidence) -> str:
    judged_ms = evidence.judged_ms
    lo = None if evidence.lo_ms is None else judged_ms - evidence.lo_ms
    hi = None if evidence.hi_ms is None else evidence.hi_ms - judged_ms
    return f"  {evidence.grade}/{evidence.counts_as} -{lo} +{hi} ±{evidence.error_ms}"


def day(verdict: Verdict) -> list[str]:
    ceremonies = ",".join(f"{one.name}:{one.attendance}:{one.percent}" for one in verdict.ceremonies)
    whole = f"{verdict.status} {verdict.code} {verdict.deduction_percent} {verdict.review} {verdict.identity}"
    parts = [part for part in (verdict.arrival, verdict.departure) if part is not None]
    return [
        f"  {whole} {verdict.suggest} {','.join(verdict.excuses)} {ceremonies}".rstrip(),
        *half(verdict.arrival),
        *half(verdict.departure),
        *(weighed(part.evidence) for part in parts if part.evidence is not None),
        *(f"  {tap.ref} {tap.direction} {tap.role}" for tap in verdict.taps),
        *map(sentence, verdict.reasons),
    ]


def month(result: MonthResult) -> list[str]:
    settled = result.settlement
    return [
        f"  {' '.join(filter(None, result.recap.cells.values()))}",
        f"  {settled.percent} {settled.of_allowance} {settled.converted_days} {settled.present_percent}",
        *(f"  {render(line.code, 'id')} {line.value} [{line.article}]" for line in settled.lines),
        *(f"  {one.row.code} {one.days} {one.on}" for one in result.warned),
    ]


def company(result: CaseResult | MonthResult) -> set[tuple[str, ...]]:
    """Each sentence with the one before it and the code of the day."""
    if isinstance(result, MonthResult):
        return {(line.code, str(line.article)) for line in result.settlement.lines}
    codes = [result.verdict.status.value, *(str(reason.code) for reason in result.verdict.reasons)]
    return set(pairwise(codes))


def read_out(results: Iterable[CaseResult | MonthResult]) -> Iterator[tuple[str, list[str]]]:
    """The cases worth reading, each with its lines."""
    heard: Counter[tuple[str, ...]] = Counter()
    for result in results:
        said = company(result)
        if all(heard[one] >= TIMES for one in said):
            continue
        heard.update(said)
        yield result.case.name, lines(result)


def lines(result: CaseResult | MonthResult) -> list[str]:
    return day(result.verdict) if isinstance(result, CaseResult) else month(result)


def golden() -> dict[str, list[str]]:
    """The lines below each case's name."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            found[name].append(line)
        else:
            name = line
            found[name] = []
    return found


BY_NAME = {case.name: case for case in CASES}


def test_every_sentence_is_among_the_cases_that_are_read_out(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    in_order = sorted(CASES, key=lambda case: not isinstance(case, Case))
    said = dict(read_out(run_any(case, policies, calendars) for case in in_order))
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text("".join(f"{line}\n" for name in said for line in (name, *said[name])), encoding="utf-8")
    assert list(said) == list(golden())


@pytest.mark.parametrize(("name", "said"), golden().items(), ids=list(golden()))
def test_a_case_is_said_as_it_was(
    name: str, said: list[str], policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    assert lines(run_any(BY_NAME[name], policies, calendars)) == said
