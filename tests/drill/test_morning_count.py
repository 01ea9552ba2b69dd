"""Each of the drill's numbers sees what it is there to see. The cast: Sari, who has a scenario and a phone."""

from random import Random
from typing import Any

import pytest

from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.records.note import Checkpoint
from hadir.records.outbox import new_entry
from hadir.records.receipt import Receipt
from rehearsal.morning.count import Count, DrillFindings, count_morning, quantile
from rehearsal.morning.crowd import DrillPhone, Observations
from rehearsal.morning.plan import MINUTE_MS, Arrival, Scenario
from rehearsal.phones import Page, Tap, record_hash
from tests.drill.test_morning_plan import PLAN

SARI = 1001
TAP = record_hash("a.tap")


def sari(
    minutes: float, *, story: Arrival = Arrival.ON_TIME, signed_minutes: float = -900, receipt: bool = True
) -> DrillPhone:
    """Sari, who taps `minutes` after 07:30 and carries a time signed `signed_minutes` after it."""
    tapped_ms = PLAN.starts_ms + round(minutes * MINUTE_MS)
    person = DrillPhone(SARI, scenario=Scenario(SARI, story, tapped_ms, skew_ms=0), draw=Random(1))
    person.taps.append(
        Tap(
            record="a.tap",
            tapped_ms=tapped_ms,
            signed_ms=PLAN.starts_ms + round(signed_minutes * MINUTE_MS),
            page=Page(0, 0),
            entry=new_entry(tapped_ms),
            tries=3,
            receipt=Receipt(_leaf(tapped_ms), Checkpoint("gate", 8, bytes(32)), b"") if receipt else None,
        )
    )
    return person


def _leaf(at_ms: int) -> Leaf:
    return Leaf(Kind.PUNCH, "gate", index=7, received_at_ms=at_ms, body=b"")


def verdict(status: str = "on_time", minutes: int = 0, *, grade: str = "D", review: str = "sample") -> dict[str, Any]:
    arrival = {"status": status, "minutes": minutes, "grade": grade, "review": review}
    return {"arrival": arrival, "taps": [{"ref": TAP}]}


def count(person: DrillPhone, stored: dict[str, Any] | None, *, leaves: int = 1) -> Count:
    found = DrillFindings(leaves={TAP: leaves} if leaves else {}, verdicts={} if stored is None else {SARI: stored})
    return count_morning(PLAN, [person], Observations(accepted=[(0, 5.0)]), found)


def test_a_good_morning_is_all_zeros() -> None:
    good = count(sari(-10), verdict())
    assert good.ok
    assert (good.taps, good.receipts, good.attempts_per_tap, good.p50_ms) == (1, 1, 3, 5.0)


def test_a_tap_without_a_leaf_is_lost() -> None:
    found = count(sari(-10), verdict(), leaves=0)
    assert (found.lost, found.ok) == (1, False)


def test_a_tap_that_no_verdict_lists_is_lost() -> None:
    assert count(sari(-10), None).lost == 1
    assert count(sari(-10), {**verdict(), "taps": []}).lost == 1


def test_a_tap_without_a_receipt_fails_the_drill() -> None:
    assert not count(sari(-10, receipt=False), verdict()).ok


def test_a_record_with_two_leaves_is_doubled() -> None:
    found = count(sari(-10), verdict(), leaves=2)
    assert (found.duplicated, found.ok) == (1, False)


@pytest.mark.parametrize("status", ["short", "no_punch", "undecided", "not_yet"])
def test_whoever_was_on_time_and_does_not_stand_on_time_is_wrongly_late(status: str) -> None:
    found = count(sari(-10), verdict(status, 36))
    assert (found.wrongly_late, found.ok) == (1, False)


def test_whoever_was_late_and_is_judged_by_the_receipt_is_wrongly_late_too() -> None:
    assert count(sari(5, story=Arrival.LATE), verdict("short", 36)).wrongly_late == 1
    assert count(sari(5, story=Arrival.LATE), verdict("short", 5)).ok


def test_the_last_second_of_the_first_minute_is_on_time() -> None:
    assert count(sari(0.99), verdict()).ok
    assert count(sari(1), verdict()).wrongly_on_time == 1


def test_an_honest_late_tap_that_stands_on_time_is_wrong_on_any_list() -> None:
    found = count(sari(5, story=Arrival.LATE), verdict(grade="E", review="ask_superior"))
    assert (found.wrongly_on_time, found.unproven, found.ok) == (1, 0, False)


def test_a_clock_turned_back_stands_unproven_only_softly_and_on_a_list() -> None:
    liar = sari(5, story=Arrival.TURNED_BACK)
    assert count(liar, verdict(grade="E", review="ask_superior")).unproven == 1
    assert count(liar, verdict(grade="D", review="sample")).ok
    assert count(liar, verdict(grade="D", review="none")).wrongly_on_time == 1
    assert count(liar, verdict(grade="A", review="sample")).wrongly_on_time == 1
    assert count(liar, verdict("short", 5)).unproven == 0


def test_whom_a_signed_bound_betrays_must_be_late() -> None:
    betrayed = sari(5, story=Arrival.TURNED_BACK, signed_minutes=4)
    assert count(betrayed, verdict(grade="E", review="ask_superior")).wrongly_on_time == 1
    assert count(betrayed, verdict("short", 5)).ok


def test_quantiles_are_values_that_were_seen() -> None:
    assert quantile([], 0.5) == 0
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    assert quantile([float(n) for n in range(1, 101)], 0.99) == 99.0
