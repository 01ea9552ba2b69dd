"""The time evidence of a tap at the edges of its tolerances, and every sentence that is said of it, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as replaced

from hadir.rules import ClockState, EvidenceContext, Grade, Period, Policy, Reason, Source, TapFacts, weigh
from tests.rules.test_evidence import EARLIER_PAGE, ERROR, MINUTE, SARI, SECOND, THIS_PAGE, at, signed, stated

ZONE = "Asia/Makassar"
WALL = SARI.wall_ms


@pytest.fixture(scope="session")
def context(policy: Policy) -> EvidenceContext:
    return EvidenceContext(policy=policy.evidence, zone=ZONE)


def said(facts: TapFacts, context: EvidenceContext, *, against: bool = False) -> list[str]:
    """Each sentence in short: its code, and what it speaks of, instants as the work place's clock shows them."""
    evidence = weigh(facts, context)
    return [short(reason) for reason in (evidence.contradictions if against else evidence.steps)]


def short(reason: Reason) -> str:
    code = reason.code.value.removeprefix("evidence.").removeprefix("contradiction.")
    return " ".join([code, *(f"{name}={value}" for name, value in reason.mapping.items())])


def grade(facts: TapFacts, context: EvidenceContext) -> Grade:
    return weigh(facts, context).grade


A_WITNESS = {"countersigned_at_ms": WALL, "received_at_ms": None, "anchor": None}
MESIN_1 = {"source": Source.TERMINAL, "anchor": None, "received_at_ms": None}

AT_THE_EDGE: list[tuple[dict[str, Any], Grade]] = [
    # Received ten seconds after the tap, give or take what the gate's clock may be wrong by.
    ({"received_at_ms": WALL + 10_000 + ERROR}, Grade.A),
    ({"received_at_ms": WALL + 10_001 + ERROR}, Grade.D),
    ({"received_at_ms": WALL + 2 * SECOND, "source": Source.FILE}, Grade.D),
    ({"received_at_ms": WALL + 2 * SECOND, "source": Source.MANUAL_LIST}, Grade.D),
    ({"received_at_ms": WALL + 2 * SECOND, "source": Source.KIOSK}, Grade.A),
    ({"received_at_ms": WALL + 2 * SECOND, "gate_clock": ClockState.WRONG}, Grade.D),
    ({"received_at_ms": WALL + 2 * SECOND, "gate_clock": ClockState.UNSURE}, Grade.A),
    # A witness within two minutes.
    ({**A_WITNESS, "countersigned_at_ms": WALL + 120_000}, Grade.B),
    ({**A_WITNESS, "countersigned_at_ms": WALL + 120_001}, Grade.E),
    ({**A_WITNESS, "countersigned_at_ms": WALL + 120_001, "countersign_error_ms": 1}, Grade.B),
    # A terminal whose clock was measured within two minutes.
    ({**MESIN_1, "terminal_skew_ms": 120_000}, Grade.B),
    ({**MESIN_1, "terminal_skew_ms": 120_001}, Grade.E),
    ({**MESIN_1, "terminal_skew_ms": -120_001}, Grade.E),
    ({**MESIN_1, "terminal_skew_ms": None}, Grade.E),
    ({**MESIN_1, "source": Source.KIOSK, "terminal_skew_ms": 0}, Grade.E),
    ({**MESIN_1, "source": Source.FILE, "terminal_skew_ms": 0}, Grade.D),
    # The wall clock and the page's own: ten seconds.
    ({"anchor": signed(WALL - 10 * MINUTE + 10_000, origin_ms=THIS_PAGE)}, Grade.D),
    ({"anchor": signed(WALL - 10 * MINUTE + 10_001, origin_ms=THIS_PAGE)}, Grade.E),
    ({"anchor": signed(WALL - 10 * MINUTE + 10_001)}, Grade.D),
    ({"anchor": signed(WALL - MINUTE, wall_ms=WALL - MINUTE - 10_000)}, Grade.D),
    ({"anchor": signed(WALL - MINUTE, wall_ms=WALL - MINUTE - 10_001)}, Grade.E),
    ({"anchor": signed(WALL - MINUTE, wall_ms=WALL - MINUTE + 10_000)}, Grade.D),
    # A claim before the signed time or after the receipt: two seconds are not even corrected.
    ({"anchor": signed(WALL + ERROR + 2_000)}, Grade.D),
    ({"anchor": signed(WALL + ERROR + 2_001)}, Grade.E),
    ({"received_at_ms": WALL - ERROR - 2_000, "gate_clock": ClockState.WRONG}, Grade.D),
    ({"received_at_ms": WALL - ERROR - 2_001, "gate_clock": ClockState.WRONG}, Grade.E),
]


@pytest.mark.parametrize(("known", "expected"), AT_THE_EDGE)
def test_each_tolerance_holds_to_the_millisecond(
    context: EvidenceContext, known: dict[str, Any], expected: Grade
) -> None:
    assert grade(replaced(SARI, **known), context) is expected


@pytest.mark.parametrize(("skew_ms", "moved_ms"), [(2_000, 0), (2_001, 2_001), (-2_000, 0), (-2_001, -2_001)])
def test_a_skew_that_people_would_not_see_is_left_alone(context: EvidenceContext, skew_ms: int, moved_ms: int) -> None:
    anchor = signed(at("07:18:00"), origin_ms=THIS_PAGE, wall_ms=at("07:18:00") - skew_ms)
    assert weigh(replaced(SARI, anchor=anchor), context).claimed_ms == WALL + moved_ms


@pytest.mark.parametrize(("late_ms", "ahead"), [(10_000, []), (10_001, ["clock_runs_ahead seconds=10"])])
def test_a_clock_may_run_ahead_of_the_delivery_by_ten_seconds(
    context: EvidenceContext, late_ms: int, ahead: list[str]
) -> None:
    delivery = replaced(stated("08:05:00"), at_ms=WALL + 37 * MINUTE - ERROR - late_ms)
    facts = replaced(SARI, anchor=signed(at("07:18:00"), origin_ms=THIS_PAGE), delivery=delivery)
    assert said(facts, context, against=True) == ahead
    assert said(replaced(facts, delivery=replaced(delivery, origin_ms=EARLIER_PAGE)), context, against=True) == []


SIGNED = "signed_before at=2026-09-14 16:05"
RECEIVED = "received at=08:05"
SLOW = replaced(SARI, wall_ms=at("07:23:00"), anchor=signed(at("16:05:00", 14), wall_ms=at("16:00:00", 14)))
THIS_LIFE = replaced(SARI, anchor=signed(at("07:18:00"), origin_ms=THIS_PAGE))
DOUBTFUL = replaced(signed(at("07:18:00"), wall_ms=at("07:13:00")), clock_state=ClockState.UNSURE, error_ms=2_001)

STEPS: list[tuple[str, TapFacts, list[str]]] = [
    ("waited for signal", SARI, [SIGNED, RECEIVED, "grade_d"]),
    ("not received yet", replaced(SARI, received_at_ms=None), [SIGNED, "not_received", "grade_d"]),
    (
        "received after four seconds",
        replaced(SARI, received_at_ms=WALL + 4_999),
        [SIGNED, "received at=07:28:04", "grade_a seconds=4"],
    ),
    (
        "received before it was made",
        replaced(SARI, received_at_ms=WALL - 1_999),
        [SIGNED, "received at=07:27:58", "clamped_to_hi claimed=07:28 judged=07:27:58", "grade_a seconds=0"],
    ),
    (
        "seen by a colleague",
        replaced(SARI, countersigned_at_ms=WALL + MINUTE),
        [SIGNED, "countersigned at=07:29", RECEIVED, "grade_b"],
    ),
    (
        "within this opening of the page",
        THIS_LIFE,
        ["signed_before at=07:18", RECEIVED, "elapsed_agrees minutes=10", "grade_d"],
    ),
    (
        "between two signed times",
        replaced(THIS_LIFE, delivery=stated("08:05:00")),
        ["signed_before at=07:18", RECEIVED, "elapsed_agrees minutes=10", "grade_c"],
    ),
    (
        "a slow clock, found slow again",
        replaced(SLOW, delivery=stated("08:00:00")),
        ["skew_corrected seconds=300", SIGNED, RECEIVED, "clock_steady seconds=300", "grade_d"],
    ),
    (
        "a slow clock of yesterday",
        SLOW,
        ["skew_corrected seconds=300", SIGNED, RECEIVED, "grade_e", "but clock_not_steady seconds=300"],
    ),
    (
        "our own clock was in doubt",
        replaced(SARI, anchor=DOUBTFUL),
        ["skew_not_trusted seconds=300", "signed_before at=07:18", RECEIVED, "gate_clock_wide seconds=2", "grade_d"],
    ),
    ("our own clock is two seconds wide", replaced(SARI, gate_error_ms=2_000), [SIGNED, RECEIVED, "grade_d"]),
    (
        "before the signed time",
        replaced(SARI, anchor=signed(at("07:38:00"))),
        [
            "signed_before at=07:38",
            RECEIVED,
            "clamped_to_lo claimed=07:28 judged=07:37:59",
            "grade_e",
            "but claim_before_signed claimed=07:28 signed=07:37:59",
        ],
    ),
    (
        "after the receipt",
        replaced(SARI, received_at_ms=at("07:20:00")),
        [
            SIGNED,
            "received at=07:20",
            "clamped_to_hi claimed=07:28 judged=07:20",
            "grade_e",
            "but claim_after_receipt claimed=07:28 received=07:20",
        ],
    ),
    (
        "signed after its receipt",
        replaced(SARI, anchor=signed(at("08:10:00"))),
        ["signed_before at=08:10", RECEIVED, "clamped_to_lo claimed=07:28 judged=08:05", "grade_e", "but bounds_cross"],
    ),
    (
        "from a file of a terminal",
        replaced(SARI, anchor=None, source=Source.FILE, terminal_skew_ms=-90_500),
        ["skew_corrected seconds=-90", RECEIVED, "grade_file"],
    ),
    ("nobody knows anything", replaced(SARI, anchor=None, received_at_ms=None), ["not_received", "grade_e"]),
    (
        "the clock was turned back",
        replaced(THIS_LIFE, mono_ms=40 * MINUTE + 500),
        ["signed_before at=07:18", RECEIVED, "grade_e", "but clock_turned_back seconds=1200"],
    ),
]


@pytest.mark.parametrize(("what", "facts", "steps"), STEPS, ids=[what for what, *_ in STEPS])
def test_what_is_said_of_a_tap_in_order(context: EvidenceContext, what: str, facts: TapFacts, steps: list[str]) -> None:
    assert said(facts, context) + [f"but {one}" for one in said(facts, context, against=True)] == steps, what


def test_what_counts_as_better_is_said_last(context: EvidenceContext) -> None:
    dark = replace(context, outages=(Period(WALL, WALL + 1),))
    quiet = replace(context, site_without_signal=True)
    assert said(SARI, dark)[-1] == "counts_in_outage"
    assert said(replaced(SARI, wall_ms=WALL + 1), dark)[-1] == "grade_d"
    assert said(SARI, quiet)[-1] == "counts_without_signal"
    assert said(replaced(SARI, anchor=None), quiet)[-1] == "counts_without_signal"
    assert said(replaced(SARI, anchor=signed(at("07:38:00"))), quiet)[-1] == "grade_e"
    assert said(replaced(SARI, received_at_ms=WALL), quiet)[-1] == "grade_a seconds=0"


@pytest.mark.parametrize(
    ("known", "error_ms"),
    [
        ({"received_at_ms": WALL, "gate_error_ms": 7}, 7),
        ({**A_WITNESS, "gate_error_ms": 7, "countersign_error_ms": 9}, 9),
        ({"gate_error_ms": 7}, ERROR),
        ({"gate_error_ms": 70}, 70),
        ({"anchor": None, "gate_error_ms": 7}, 7),
    ],
)
def test_the_error_is_that_of_the_clocks_that_vouch(
    context: EvidenceContext, known: dict[str, Any], error_ms: int
) -> None:
    assert weigh(replaced(SARI, **known), context).error_ms == error_ms


def test_a_countersignature_bounds_only_where_it_is_earlier_than_the_receipt(context: EvidenceContext) -> None:
    seen = {"countersigned_at_ms": at("07:29:00"), "countersign_error_ms": 3}
    assert weigh(replaced(SARI, **seen), context).hi_ms == at("07:29:00") + 3
    assert weigh(replaced(SARI, **seen, received_at_ms=at("07:28:30")), context).hi_ms == at("07:28:30") + ERROR
