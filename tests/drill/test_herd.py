"""A herd comes back from ten minutes without a gate: two attempts for a tap, and not twice the time it must take."""

from dataclasses import replace
from pathlib import Path

from rehearsal.bench.herd import HerdOutcome, ThunderingHerd, run_herd

PHONES = 4_000
#: Fewer phones than the bench's, so a slower gate: as crowded.
LIFE = replace(ThunderingHerd(), phones=PHONES).slower(ThunderingHerd().phones / PHONES)
CROWDED = LIFE.slower(60)


def after(herd: ThunderingHerd, folder: Path) -> HerdOutcome:
    outcome = run_herd(herd, folder)
    assert outcome.receipts == PHONES
    return outcome


def test_an_outage_at_the_peak_costs_a_phone_less_than_one_more_attempt(fast_folder: Path) -> None:
    outcome = after(LIFE, fast_folder)
    assert outcome.tries_per_tap() < 1.7, "those at a dead gate counted"
    assert outcome.refused == 0
    assert outcome.peak_per_s < LIFE.capacity_per_s, "nobody comes back as a crowd"
    assert outcome.wait_s(0.99) < 600, "after ten minutes without a gate, ten minutes"


def test_a_crowded_gate_is_neither_asked_thrice_nor_left_idle(fast_folder: Path) -> None:
    outcome = after(CROWDED, fast_folder)
    assert outcome.refused > PHONES / 3, "it was crowded"
    assert outcome.tries_per_tap() < 2, "those at a dead gate counted"
    assert outcome.drained_s() < 1.5 * outcome.ideal_s()


def test_phones_that_ignore_retry_after_do_not_hurt_the_others(fast_folder: Path) -> None:
    outcome = after(replace(CROWDED, non_compliant_share=0.05), fast_folder)
    assert len(outcome.taps(compliant=False)) > PHONES / 25
    assert outcome.tries_per_tap() < 2.02
    assert outcome.drained_s() < 1.5 * outcome.ideal_s()
