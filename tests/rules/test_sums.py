"""Whoever reads a day can add up what is printed to the percentage that is paid, each with the article of its row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import pytest

from hadir.rules import Calendar, Case, PartStatus, Policy, PolicySet, Reason, ReasonCode, Verdict, run_any
from hadir.rules.price import amounts_of
from hadir.rules.search import places_of
from hadir.texts import render
from tests.rules.drawn_days import drawn
from tests.rules.test_cases import CASES

_PERCENT = re.compile(r"(\d+,\d+) %")
_SHARES = {ReasonCode.ABSENT_SHARE, ReasonCode.CREDIT_SHARE}
_TOTALS = {
    ReasonCode.ABSENT,
    ReasonCode.CAPPED,
    ReasonCode.DAY_EXCUSED,
    ReasonCode.DEDUCTION,
    ReasonCode.DEDUCTION_TOGETHER,
    ReasonCode.NO_DEDUCTION,
}
CENT = Decimal("0.01")


def said(reason: Reason) -> str:
    return render(reason.code, "id", reason.mapping)


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def rounded(exact: Decimal) -> Decimal:
    return exact.quantize(CENT, ROUND_HALF_UP)


def printed_total(reason: Reason) -> Decimal:
    found = _PERCENT.findall(said(reason))
    return number(found[0]) if found else Decimal(0)


def wrong_sums(verdict: Verdict) -> list[str]:
    """What of the printed numbers does not add up, each as it is printed."""
    totals = [one for one in verdict.reasons if one.code in _TOTALS]
    if not totals:
        return [] if not verdict.deduction_percent else ["nothing is said of the deduction"]
    wrong = [said(totals[-1])] if printed_total(totals[-1]) != rounded(verdict.deduction_percent) else []
    for one in totals:
        if one.code in {ReasonCode.DEDUCTION, ReasonCode.DEDUCTION_TOGETHER}:
            parts = re.findall(r"(\d+,\d+)(?= \+|\))", said(one))
            if not parts or rounded(sum(map(number, parts), Decimal(0))) != printed_total(one):
                wrong.append(said(one))
    return [*wrong, *wrong_shares(verdict.reasons)]


def wrong_shares(reasons: Sequence[Reason]) -> list[str]:
    """Shares of a day that are not what their own numbers come to, or are not among the parts of a total."""
    parts = " ".join(said(one) for one in reasons if one.code in _TOTALS)
    wrong = []
    for one in reasons:
        if one.code in _SHARES:
            sentence = said(one)
            minutes, owed = map(number, re.findall(r"([\d,]+) dari ([\d,]+) menit", sentence)[0])
            percent, amount = map(number, re.findall(r"([\d,]+) % . \S+ = ([\d,]+) %", sentence)[0])
            is_told = re.search(rf"{str(amount).replace('.', ',')}\b", parts)
            if abs(percent * minutes / owed - amount) > Decimal("0.006") or not is_told:
                wrong.append(sentence)
    return wrong


def unfounded_rows(verdict: Verdict, policy: Policy) -> list[str]:
    """Classes that cost something and that no sentence names with the article of their row."""
    cited = {(str(one.mapping.get("code")), one.article) for one in verdict.reasons}
    missing = []
    for side, part in ((policy.arrival, verdict.arrival), (policy.departure, verdict.departure)):
        if part is None or not part.percent or not verdict.deduction_percent:
            continue
        articles = [row.article for row in side.classes if row.code == part.class_code]
        articles = [side.no_punch_article] if part.status is PartStatus.NO_PUNCH else articles
        if not any((str(part.class_code), article) in cited for article in articles):
            missing.append(f"{part.side} {part.class_code}")
    return missing


def contradictions(verdict: Verdict) -> list[str]:
    free = [said(one) for one in verdict.reasons if "Tidak ada potongan" in said(one)]
    return free if verdict.deduction_percent else []


@pytest.mark.parametrize("case", [case for case in CASES if isinstance(case, Case)], ids=lambda case: case.name)
def test_what_is_printed_of_a_shipped_case_adds_up(
    case: Case, policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    verdict = run_any(case, policies, calendars).verdict
    assert wrong_sums(verdict) == []
    assert contradictions(verdict) == []
    assert unfounded_rows(verdict, policies[case.policy].on(case.date)) == []


def test_what_is_printed_of_any_day_adds_up(policies: dict[str, PolicySet]) -> None:
    """Days drawn near every boundary, of every duty and shift of every set."""
    found: dict[str, str] = {}
    for place in places_of(policies):
        for scene, verdict in drawn(place):
            rows = unfounded_rows(verdict, scene.policy)
            for one in (*wrong_sums(verdict), *contradictions(verdict), *rows):
                found.setdefault(one, f"{place.set_name}/{place.duty}")
    assert found == {}


def test_amounts_have_more_places_only_where_two_do_not_add_up() -> None:
    assert amounts_of([Decimal("1.88235"), Decimal("1.32653")], Decimal("3.21")) == ["1.88", "1.33"]
    assert amounts_of([Decimal("0.334"), Decimal("0.334")], Decimal("0.67")) == ["0.334", "0.334"]
