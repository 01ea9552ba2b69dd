"""Where the law is milder than the table: a clock of ours in doubt, and what an excuse leaves of a half."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from hadir.rules import (
    Direction,
    DutyDay,
    ExcusePeriod,
    Grade,
    PartStatus,
    PartVerdict,
    Period,
    Policy,
    PolicySet,
    ReasonCode,
    Review,
    WeighedTap,
    judge_day,
)
from tests.rules.test_precedents import MINUTE, day_of, tap

SECOND = 1_000


def judged(
    policy: Policy, day: DutyDay, taps: list[WeighedTap], *outages: ExcusePeriod
) -> tuple[PartVerdict, PartVerdict]:
    verdict = judge_day(duty_day=day, taps=taps, policy=policy, now_ms=day.counts.until_ms, excuses=outages)
    assert verdict.arrival is not None
    assert verdict.departure is not None
    return verdict.arrival, verdict.departure


def said(part: PartVerdict, code: ReasonCode) -> list[dict[str, int | str]]:
    return [reason.mapping for reason in part.reasons if reason.code is code]


def doubtful(
    at_ms: int, way: Direction, *, error_ms: int, grade: Grade = Grade.A, within_ms: int = MINUTE
) -> WeighedTap:
    """A tap that may have been made a minute earlier or later."""
    lo_ms, hi_ms = at_ms - within_ms, at_ms + within_ms
    return tap(at_ms, way, int(way is Direction.OUT), lo_ms=lo_ms, hi_ms=hi_ms, error_ms=error_ms, grade=grade)


@pytest.mark.parametrize("grade", [Grade.A, Grade.C])
@pytest.mark.parametrize(("error_ms", "codes"), [(30_000, ("TL1", "PSW1")), (30_001, (None, None))])
def test_inside_the_error_of_our_clock_the_milder_class_counts_on_both_sides(
    policy: Policy, tuesday: DutyDay, grade: Grade, error_ms: int, codes: tuple[str | None, str | None]
) -> None:
    late, early = tuesday.start_ms + 90 * SECOND, tuesday.end_ms - 90 * SECOND
    came, went = judged(
        policy,
        tuesday,
        [
            doubtful(late, Direction.IN, error_ms=error_ms, grade=grade),
            doubtful(early, Direction.OUT, error_ms=error_ms, grade=grade),
        ],
    )
    assert (came.class_code, went.class_code) == codes
    if codes == (None, None):
        assert (came.counted_ms, went.counted_ms) == (late - error_ms, early + error_ms)
        assert said(came, ReasonCode.UNCERTAIN_CLOCK) == said(went, ReasonCode.UNCERTAIN_CLOCK) == [{"seconds": 31}]
    assert came.review is went.review is (Review.NONE if grade is Grade.A else Review.SAMPLE)


def test_the_error_of_our_clock_never_leaves_the_bounds_of_the_tap(policy: Policy, tuesday: DutyDay) -> None:
    late, early = tuesday.start_ms + 90 * SECOND, tuesday.end_ms - 90 * SECOND
    taps = [
        doubtful(late, Direction.IN, error_ms=MINUTE, within_ms=20 * SECOND),
        doubtful(early, Direction.OUT, error_ms=MINUTE, within_ms=20 * SECOND),
    ]
    came, went = judged(policy, tuesday, taps)
    assert (came.class_code, went.class_code) == ("TL1", "PSW1")


def outage(ref: str, from_ms: int, until_ms: int) -> ExcusePeriod:
    return ExcusePeriod(ref=ref, period=Period(from_ms, until_ms), tail_minutes=0, article="-", code=None)


def test_an_excuse_that_leaves_a_class_leaves_the_look_at_it_too(policy: Policy, tuesday: DutyDay) -> None:
    start_ms, end_ms = tuesday.start_ms, tuesday.end_ms
    came = doubtful(start_ms + 90 * MINUTE, Direction.IN, error_ms=0, grade=Grade.C, within_ms=10 * MINUTE)
    went = tap(end_ms, Direction.OUT, 1)
    part, _ = judged(policy, tuesday, [came, went], outage("padam", start_ms + 40 * MINUTE, start_ms + 3 * 60 * MINUTE))
    assert (part.status, part.class_code, part.minutes, part.review) == (PartStatus.SHORT, "TL2", 40, Review.NONE)
    assert part.excuses == ("padam",)
    whole, _ = judged(policy, tuesday, [came, went], outage("padam", start_ms, start_ms + 3 * 60 * MINUTE))
    assert (whole.status, whole.class_code, whole.minutes, whole.percent) == (PartStatus.EXCUSED, None, 0, Decimal(0))
    assert whole.review is Review.NONE


def test_what_is_left_below_the_first_class_is_excused_to_the_minute(policies: dict[str, PolicySet]) -> None:
    policy = policies["sragen"].on(date(2024, 2, 20))  # one percent for each full half hour
    day = day_of(policy, "office-5-day")
    taps = [tap(day.start_ms + 45 * MINUTE, Direction.IN), tap(day.end_ms, Direction.OUT, 1)]
    came, _ = judged(policy, day, taps, outage("padam", day.start_ms + 25 * MINUTE, day.start_ms + 60 * MINUTE))
    assert (came.status, came.class_code, came.minutes) == (PartStatus.EXCUSED, None, 0)
    assert [one for reason in came.reasons for one in [reason.mapping] if "excuse" in one and "minutes" in one] == []


def test_two_outages_on_end_are_named_together(policy: Policy, tuesday: DutyDay) -> None:
    start_ms = tuesday.start_ms
    taps = [tap(start_ms + 30 * MINUTE, Direction.IN), tap(tuesday.end_ms, Direction.OUT, 1)]
    first = outage("padam-1", start_ms - MINUTE, start_ms + 10 * MINUTE)
    second = outage("padam-2", start_ms + 10 * MINUTE, start_ms + 60 * MINUTE)
    came, _ = judged(policy, tuesday, taps, first, second)
    assert came.excuses == ("padam-1", "padam-2")
    assert [reason.mapping["excuse"] for reason in came.reasons if "excuse" in reason.mapping] == ["padam-1, padam-2"]
