"""The time evidence of one tap: bounds, grades, contradictions, from facts as the gate and the phone give them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest
from msgspec.structs import replace as replaced

from hadir.rules import (
    ClockState,
    DeliveryFacts,
    Direction,
    DutyDay,
    Evidence,
    EvidenceContext,
    Grade,
    Period,
    Policy,
    ReasonCode,
    Review,
    SignedTime,
    Source,
    TapFacts,
    Verdict,
    instant_ms,
    judge_day,
    weigh,
    weigh_tap,
)

SECOND = 1_000
MINUTE = 60 * SECOND
ERROR = 50
THIS_PAGE, EARLIER_PAGE = 2, 1


def at(clock: str, day: int = 15) -> int:
    """An instant of September 2026 by Makassar's clock."""
    return instant_ms(date(2026, 9, day), time.fromisoformat(clock), "Asia/Makassar")


def signed(at_ms: int, *, origin_ms: int = EARLIER_PAGE, wall_ms: int | None = None) -> SignedTime:
    return SignedTime(
        at_ms=at_ms,
        error_ms=ERROR,
        clock_state=ClockState.OK,
        wall_ms=at_ms if wall_ms is None else wall_ms,
        mono_ms=10 * MINUTE,
        origin_ms=origin_ms,
    )


SARI = TapFacts(
    ref="sari",
    direction=Direction.IN,
    source=Source.PHONE,
    wall_ms=at("07:28:00"),
    mono_ms=20 * MINUTE,
    origin_ms=THIS_PAGE,
    anchor=signed(at("16:05:00", 14)),
    received_at_ms=at("08:05:00"),
    gate_error_ms=ERROR,
)
OUTAGE = (Period(at("07:05:00"), at("08:05:00")),)


@pytest.fixture(scope="session")
def context(policy: Policy) -> EvidenceContext:
    return EvidenceContext(policy=policy.evidence, zone="Asia/Makassar")


def codes(evidence: Evidence) -> set[ReasonCode]:
    return {reason.code for reason in (*evidence.steps, *evidence.contradictions)}


def verdict(facts: TapFacts, context: EvidenceContext, tuesday: DutyDay, policy: Policy) -> Verdict:
    return judge_day(
        duty_day=tuesday, taps=[weigh_tap(facts, context)], policy=policy, now_ms=at("12:00:00"), excuses=()
    )


def test_sari_without_signal_is_on_time_though_her_tap_came_at_08_05(
    context: EvidenceContext, tuesday: DutyDay, policy: Policy
) -> None:
    dark = replace(context, outages=OUTAGE)
    evidence = weigh(SARI, dark)
    assert (evidence.lo_ms, evidence.hi_ms) == (at("16:05:00", 14) - ERROR, at("08:05:00") + ERROR)
    assert (evidence.judged_ms, evidence.grade, evidence.counts_as) == (at("07:28:00"), Grade.D, Grade.C)
    arrival = verdict(SARI, dark, tuesday, policy).arrival
    assert arrival is not None
    assert (arrival.class_code, arrival.review) == (None, Review.SAMPLE)


def test_a_clock_turned_back_does_not_help_against_a_time_signed_at_07_38(
    context: EvidenceContext, tuesday: DutyDay, policy: Policy
) -> None:
    facts = replaced(SARI, wall_ms=at("07:25:00"), anchor=signed(at("07:38:00")), received_at_ms=at("07:41:00"))
    evidence = weigh(facts, context)
    assert evidence.judged_ms == evidence.lo_ms == at("07:38:00") - ERROR
    assert evidence.grade is Grade.E
    assert ReasonCode.CLAIM_BEFORE_SIGNED in codes(evidence)
    arrival = verdict(facts, context, tuesday, policy).arrival
    assert arrival is not None
    assert arrival.class_code == "TL1"


def test_only_the_receipt_and_a_countersignature_bound_a_tap_from_above(context: EvidenceContext) -> None:
    delivered = DeliveryFacts(mono_ms=21 * MINUTE, origin_ms=THIS_PAGE, at_ms=at("07:29:00"), error_ms=ERROR)
    waiting = replaced(SARI, received_at_ms=None, delivery=delivered)
    assert weigh(waiting, context).hi_ms is None
    witnessed = replaced(SARI, countersigned_at_ms=at("07:29:00"), countersign_error_ms=ERROR)
    assert weigh(witnessed, context).hi_ms == at("07:29:00") + ERROR


@pytest.mark.parametrize(("seconds", "grade"), [(0, Grade.A), (10, Grade.A), (11, Grade.D)])
def test_direct_means_received_within_seconds(context: EvidenceContext, seconds: int, grade: Grade) -> None:
    facts = replaced(SARI, received_at_ms=SARI.wall_ms + seconds * SECOND, gate_error_ms=0)
    assert weigh(facts, context).grade is grade


def test_two_signed_times_in_one_life_of_the_page_bracket_the_tap(context: EvidenceContext) -> None:
    delivered = DeliveryFacts(mono_ms=57 * MINUTE, origin_ms=THIS_PAGE, at_ms=at("08:05:00"), error_ms=ERROR)
    bracketed = replaced(SARI, anchor=signed(at("07:18:00"), origin_ms=THIS_PAGE), delivery=delivered)
    assert weigh(bracketed, context).grade is Grade.C
    assert weigh(replaced(bracketed, delivery=replaced(delivered, origin_ms=3)), context).grade is Grade.D
    assert weigh(replaced(bracketed, anchor=signed(at("07:18:00"))), context).grade is Grade.D


def test_a_page_that_slept_is_no_contradiction_but_a_clock_turned_back_is(context: EvidenceContext) -> None:
    slept = replaced(SARI, anchor=signed(at("05:00:00"), origin_ms=THIS_PAGE))
    assert weigh(slept, context).contradictions == ()
    turned_back = replaced(SARI, anchor=signed(at("07:20:00"), origin_ms=THIS_PAGE), mono_ms=30 * MINUTE)
    evidence = weigh(turned_back, context)
    assert evidence.grade is Grade.E
    assert [reason.code for reason in evidence.contradictions] == [ReasonCode.CLOCK_TURNED_BACK]
    assert evidence.judged_ms == turned_back.wall_ms, "soft evidence moves nothing"


def test_a_clock_that_runs_ahead_of_the_delivery_is_seen(context: EvidenceContext) -> None:
    delivered = DeliveryFacts(mono_ms=57 * MINUTE, origin_ms=THIS_PAGE, at_ms=at("07:50:00"), error_ms=ERROR)
    facts = replaced(SARI, anchor=signed(at("07:00:00"), origin_ms=THIS_PAGE), delivery=delivered)
    assert ReasonCode.CLOCK_RUNS_AHEAD in codes(weigh(facts, context))


def test_known_skew_corrects_the_claim(context: EvidenceContext) -> None:
    slow = replaced(
        SARI, wall_ms=at("07:13:00"), anchor=signed(at("07:18:00"), origin_ms=THIS_PAGE, wall_ms=at("07:03:00"))
    )
    evidence = weigh(slow, context)
    assert evidence.claimed_ms == evidence.judged_ms == at("07:28:00")
    assert evidence.grade is Grade.D


def test_a_skew_of_yesterday_does_not_move_a_clock_that_the_receipt_confirms(context: EvidenceContext) -> None:
    repaired = replaced(
        SARI,
        anchor=signed(at("16:05:00", 14), wall_ms=at("15:50:00", 14)),
        received_at_ms=SARI.wall_ms + 2 * SECOND,
    )
    evidence = weigh(repaired, context)
    assert (evidence.judged_ms, evidence.grade) == (SARI.wall_ms, Grade.A)


def test_a_large_skew_of_yesterday_proves_nothing_today(context: EvidenceContext) -> None:
    evidence = weigh(replaced(SARI, anchor=signed(at("16:05:00", 14), wall_ms=at("15:50:00", 14))), context)
    assert evidence.grade is Grade.E
    assert ReasonCode.CLOCK_NOT_STEADY in codes(evidence)


def test_nobody_is_late_because_the_gate_runs_ten_minutes_fast(
    context: EvidenceContext, tuesday: DutyDay, policy: Policy
) -> None:
    doubtful = replaced(
        signed(at("07:38:00"), origin_ms=THIS_PAGE, wall_ms=at("07:28:00")),
        error_ms=10 * MINUTE,
        clock_state=ClockState.WRONG,
    )
    facts = replaced(
        SARI,
        wall_ms=at("07:29:00"),
        mono_ms=11 * MINUTE,
        anchor=doubtful,
        received_at_ms=at("07:39:01"),
        gate_error_ms=10 * MINUTE,
    )
    assert {ReasonCode.SKEW_NOT_TRUSTED, ReasonCode.GATE_CLOCK_WIDE} <= codes(weigh(facts, context))
    arrival = verdict(facts, context, tuesday, policy).arrival
    assert arrival is not None
    assert arrival.class_code is None


def test_bounds_that_cross_are_our_fault_and_change_places(context: EvidenceContext) -> None:
    evidence = weigh(replaced(SARI, anchor=signed(at("08:10:00"))), context)
    assert evidence.lo_ms is not None
    assert evidence.hi_ms is not None
    assert evidence.lo_ms < evidence.hi_ms
    assert ReasonCode.BOUNDS_CROSS in codes(evidence)


@pytest.mark.parametrize("skew_seconds", [-120, 0, 120])
def test_a_terminal_whose_clock_is_known_is_a_witness(context: EvidenceContext, skew_seconds: int) -> None:
    mesin = replaced(SARI, ref="Mesin-1", source=Source.TERMINAL, anchor=None, terminal_skew_ms=skew_seconds * SECOND)
    evidence = weigh(mesin, context)
    assert (evidence.grade, evidence.judged_ms) == (Grade.B, SARI.wall_ms + skew_seconds * SECOND)


def test_mesin_1_whose_clock_is_wrong_by_an_hour_is_corrected_but_no_witness(context: EvidenceContext) -> None:
    mesin = replaced(SARI, ref="Mesin-1", source=Source.TERMINAL, anchor=None, terminal_skew_ms=-60 * MINUTE)
    evidence = weigh(mesin, context)
    assert (evidence.grade, evidence.judged_ms) == (Grade.E, SARI.wall_ms - 60 * MINUTE)


def test_a_paper_list_is_never_direct(context: EvidenceContext) -> None:
    listed = replaced(SARI, source=Source.MANUAL_LIST, anchor=None, received_at_ms=SARI.wall_ms)
    assert weigh(listed, context).grade is Grade.E


def test_at_a_site_without_signal_the_phones_word_counts_as_one_signed_time(context: EvidenceContext) -> None:
    quiet = replace(context, site_without_signal=True)
    assert weigh(replaced(SARI, anchor=None), quiet).counts_as is Grade.D
    assert weigh(SARI, quiet).counts_as is Grade.C
    betrayed = replaced(SARI, anchor=signed(at("07:38:00")))
    assert weigh(betrayed, quiet).counts_as is Grade.E


FIVE_MINUTES_SLOW = replaced(
    SARI, wall_ms=at("07:23:00"), anchor=signed(at("16:05:00", 14), wall_ms=at("16:00:00", 14))
)


def stated(wall: str) -> DeliveryFacts:
    """A delivery at 08:05, in the tap's own life of the page, while the phone showed `wall`."""
    return DeliveryFacts(
        mono_ms=57 * MINUTE, origin_ms=THIS_PAGE, at_ms=at("08:05:00"), error_ms=ERROR, wall_ms=at(wall)
    )


@pytest.mark.parametrize("delivery", [None, stated("08:05:00"), replaced(stated("08:00:00"), origin_ms=EARLIER_PAGE)])
def test_a_large_skew_of_an_earlier_opening_may_have_been_repaired(
    context: EvidenceContext, delivery: DeliveryFacts | None
) -> None:
    evidence = weigh(replaced(FIVE_MINUTES_SLOW, delivery=delivery), context)
    assert ReasonCode.CLOCK_NOT_STEADY in codes(evidence)
    assert evidence.grade is Grade.E


@pytest.mark.parametrize("wall", ["07:59:51", "08:00:00", "08:00:09"])
def test_a_skew_that_the_delivery_statement_finds_again_is_steady(context: EvidenceContext, wall: str) -> None:
    evidence = weigh(replaced(FIVE_MINUTES_SLOW, delivery=stated(wall)), context)
    assert ReasonCode.CLOCK_STEADY in codes(evidence)
    assert (evidence.judged_ms, evidence.grade) == (at("07:28:00"), Grade.D)


def test_a_steady_skew_does_not_excuse_a_claim_before_the_signed_time(context: EvidenceContext) -> None:
    facts = replaced(FIVE_MINUTES_SLOW, wall_ms=at("07:20:00"), anchor=signed(at("07:38:00"), wall_ms=at("07:33:00")))
    evidence = weigh(replaced(facts, delivery=stated("08:00:00")), context)
    assert evidence.judged_ms == at("07:38:00") - ERROR
    assert evidence.grade is Grade.E
