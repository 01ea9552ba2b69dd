"""Laws of the judge that hold for all days, found or refuted by search (Hypothesis)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as replaced

from hadir.rules import (
    ClockState,
    DayStatus,
    DeliveryFacts,
    Direction,
    DutyDay,
    Evidence,
    EvidenceContext,
    ExcusePeriod,
    Grade,
    Period,
    Policy,
    SignedTime,
    Source,
    TapFacts,
    Verdict,
    WeighedTap,
    judge_day,
    owed,
    weigh,
)

MINUTE = 60_000
HOUR = 60 * MINUTE
MIDNIGHT = 1_789_401_600_000  # 2026-09-15 00:00 in Makassar
ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")

BOUNDARIES = (7 * HOUR + 30 * MINUTE, 8 * HOUR, 12 * HOUR, 16 * HOUR)

# Anywhere in the day, but often near a boundary of the table, where things happen.
offsets = st.one_of(
    st.integers(min_value=0, max_value=24 * HOUR - 1),
    st.sampled_from(BOUNDARIES).flatmap(lambda at: st.integers(at - 10 * MINUTE, at + 10 * MINUTE)),
)


@st.composite
def taps(draw: st.DrawFn) -> WeighedTap:
    """A tap of the Tuesday with an interval around its claim."""
    judged = MIDNIGHT + draw(offsets)
    grade = draw(st.sampled_from(Grade))
    evidence = Evidence(
        lo_ms=draw(st.one_of(st.none(), st.integers(0, 2 * HOUR).map(lambda span: judged - span))),
        hi_ms=draw(st.one_of(st.none(), st.integers(0, 2 * HOUR).map(lambda span: judged + span))),
        claimed_ms=judged,
        judged_ms=judged,
        error_ms=draw(st.sampled_from([0, 0, 500, 10 * MINUTE])),
        grade=grade,
        counts_as=grade,
    )
    return WeighedTap(
        ref=f"tap-{draw(st.integers(0, 10**9))}",
        direction=draw(st.sampled_from([Direction.IN, Direction.OUT])),
        source=draw(st.sampled_from(Source)),
        evidence=evidence,
        flags=draw(st.sampled_from([(), ("unconfirmed",)])),
    )


@st.composite
def outages(draw: st.DrawFn) -> ExcusePeriod:
    from_ms = MIDNIGHT + draw(offsets)
    until_ms = from_ms + draw(st.integers(1, 6 * HOUR))
    return ExcusePeriod(
        ref=f"outage-{draw(st.integers(0, 10**9))}",
        period=Period(from_ms, until_ms),
        tail_minutes=draw(st.integers(0, 60)),
        article="Permenko Infra 10/2025 Pasal 22 ayat (2)",
    )


days = st.lists(taps(), max_size=6, unique_by=lambda tap: tap.ref)
few = st.lists(taps(), max_size=2, unique_by=lambda tap: tap.ref)
moments = st.sampled_from([MIDNIGHT + 10 * HOUR, MIDNIGHT + 17 * HOUR, MIDNIGHT + 24 * HOUR])


def judge(
    duty_day: DutyDay, policy: Policy, taps: Sequence[WeighedTap], now_ms: int, excuses: Sequence[ExcusePeriod] = ()
) -> Verdict:
    return judge_day(duty_day=duty_day, taps=taps, policy=policy, excuses=excuses, now_ms=now_ms)


@given(day=days, now_ms=moments, order=st.randoms(use_true_random=False), again=st.integers(1, 3))
def test_order_and_duplication_of_taps_do_not_matter(
    *, tuesday: DutyDay, policy: Policy, day: list[WeighedTap], now_ms: int, order: object, again: int
) -> None:
    shuffled = day * again
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis types its seeded Random as object here
    assert judge(tuesday, policy, shuffled, now_ms) == judge(tuesday, policy, day, now_ms)


@settings(max_examples=150)
@given(day=few, now_ms=moments, excuses=st.lists(outages(), max_size=2), more=outages())
def test_adding_an_excuse_never_worsens_a_verdict(
    *,
    tuesday: DutyDay,
    policy: Policy,
    day: list[WeighedTap],
    now_ms: int,
    excuses: list[ExcusePeriod],
    more: ExcusePeriod,
) -> None:
    before = judge(tuesday, policy, day, now_ms, excuses)
    after = judge(tuesday, policy, day, now_ms, [*excuses, more])
    assert after.deduction_percent <= before.deduction_percent
    for was, now in ((before.arrival, after.arrival), (before.departure, after.departure)):
        assert was is not None
        assert now is not None
        assert now.percent <= was.percent


@given(day=days, now_ms=moments, excuses=st.lists(outages(), max_size=2), hour=st.sampled_from(ZONES))
def test_shifting_everything_by_a_zone_changes_nothing(
    policy: Policy, day: list[WeighedTap], now_ms: int, excuses: list[ExcusePeriod], hour: str
) -> None:
    by_ms = {"Asia/Jakarta": HOUR, "Asia/Makassar": 0, "Asia/Jayapura": -HOUR}[hour]
    here, there = (owed(policy.duty("office-5-day", zone), date(2026, 9, 15)) for zone in ("Asia/Makassar", hour))
    assert here is not None
    assert there is not None
    shifted = judge(there, policy, [moved(tap, by_ms) for tap in day], now_ms + by_ms, [put(e, by_ms) for e in excuses])
    assert spoken(shifted) == spoken(judge(here, policy, day, now_ms, excuses))


@given(day=days, now_ms=moments, other=taps(), away=st.sampled_from([-3, -1, 1, 2]))
def test_a_tap_of_another_day_changes_nothing(
    *, tuesday: DutyDay, policy: Policy, day: list[WeighedTap], now_ms: int, other: WeighedTap, away: int
) -> None:
    elsewhere = moved(other, away * 24 * HOUR)
    assert judge(tuesday, policy, [*day, elsewhere], now_ms) == judge(tuesday, policy, day, now_ms)


@given(early=days, late=days, now_ms=moments)
def test_a_late_delivery_gives_the_verdict_that_would_have_been_given_from_the_start(
    tuesday: DutyDay, policy: Policy, early: list[WeighedTap], late: list[WeighedTap], now_ms: int
) -> None:
    judge(tuesday, policy, early, now_ms)
    assert judge(tuesday, policy, [*early, *late], now_ms) == judge(tuesday, policy, [*late, *early], now_ms)


@given(day=days)
def test_while_the_day_runs_nothing_that_is_missing_costs_anything(
    tuesday: DutyDay, policy: Policy, day: list[WeighedTap]
) -> None:
    verdict = judge(tuesday, policy, day, MIDNIGHT + 10 * HOUR)
    for part in (verdict.arrival, verdict.departure):
        assert part is not None
        assert part.tap_ref is not None or part.percent == 0
    assert verdict.status is not DayStatus.ABSENT


@given(day=days, now_ms=moments)
def test_every_tap_of_the_day_stays_listed(
    tuesday: DutyDay, policy: Policy, day: list[WeighedTap], now_ms: int
) -> None:
    listed = [tap.ref for tap in judge(tuesday, policy, day, now_ms).taps]
    assert sorted(listed) == sorted(tap.ref for tap in day)


@given(day=days, now_ms=moments)
def test_only_the_person_chooses_the_direction(
    tuesday: DutyDay, policy: Policy, day: list[WeighedTap], now_ms: int
) -> None:
    """A Pulang is an arrival only where the person recorded Masuk after it."""
    verdict = judge(tuesday, policy, day, now_ms)
    chosen, arrival, departure = {tap.ref: tap for tap in day}, verdict.arrival, verdict.departure
    assert arrival is not None
    assert departure is not None
    assert departure.tap_ref is None or chosen[departure.tap_ref].direction is Direction.OUT
    if arrival.tap_ref is not None and chosen[arrival.tap_ref].direction is Direction.OUT:
        later = [tap for tap in day if tap.judged_ms > chosen[arrival.tap_ref].judged_ms]
        assert any(tap.direction is Direction.IN and tap.judged_ms in tuesday.counts for tap in later)


instants = st.integers(MIDNIGHT - 30 * HOUR, MIDNIGHT + 30 * HOUR)
errors = st.sampled_from([0, 50, 2_000, 10 * MINUTE])
lives = st.sampled_from([1, 2])
monos = st.integers(0, 30 * HOUR)
signed_times = st.builds(
    SignedTime,
    at_ms=instants,
    error_ms=errors,
    clock_state=st.sampled_from(ClockState),
    wall_ms=instants,
    mono_ms=monos,
    origin_ms=lives,
)
deliveries = st.builds(
    DeliveryFacts,
    mono_ms=monos,
    origin_ms=lives,
    at_ms=instants,
    error_ms=errors,
    wall_ms=st.none() | instants,
)
any_facts = st.builds(
    TapFacts,
    ref=st.just("tap"),
    direction=st.sampled_from(Direction),
    source=st.sampled_from(Source),
    wall_ms=instants,
    mono_ms=monos,
    origin_ms=lives,
    anchor=st.none() | signed_times,
    received_at_ms=st.none() | instants,
    gate_error_ms=errors,
    delivery=st.none() | deliveries,
    countersigned_at_ms=st.none() | instants,
    countersign_error_ms=errors,
    terminal_skew_ms=st.none() | st.integers(-HOUR, HOUR),
)


@st.composite
def honest_facts(draw: st.DrawFn) -> TapFacts:
    """A phone that tells the truth and was heard late: what random instants almost never are."""
    signed_ms, since_ms = draw(instants), draw(st.integers(0, 4 * HOUR))
    anchor = SignedTime(
        at_ms=signed_ms, error_ms=50, clock_state=ClockState.OK, wall_ms=signed_ms, mono_ms=0, origin_ms=1
    )
    return TapFacts(
        ref="tap",
        direction=draw(st.sampled_from(Direction)),
        source=Source.PHONE,
        wall_ms=signed_ms + since_ms,
        mono_ms=since_ms,
        origin_ms=1,
        anchor=anchor,
        received_at_ms=signed_ms + since_ms + draw(st.integers(0, 20 * HOUR)),
        gate_error_ms=50,
    )


def weighed(facts: TapFacts, policy: Policy, outages: tuple[Period, ...] = ()) -> Evidence:
    return weigh(facts, EvidenceContext(policy=policy.evidence, zone="Asia/Makassar", outages=outages))


@given(facts=any_facts)
def test_the_judged_time_lies_within_the_interval_whatever_is_known(policy: Policy, facts: TapFacts) -> None:
    evidence = weighed(facts, policy)
    assert evidence.lo_ms is None or evidence.lo_ms <= evidence.judged_ms
    assert evidence.hi_ms is None or evidence.judged_ms <= evidence.hi_ms


@given(facts=any_facts | honest_facts(), flags=st.sampled_from([("unconfirmed",), ("revoked_key",)]))
def test_identity_never_touches_the_evidence_of_time(policy: Policy, facts: TapFacts, flags: tuple[str, ...]) -> None:
    assert told(weighed(replaced(facts, flags=flags), policy)) == told(weighed(facts, policy))


@given(facts=any_facts)
def test_a_measured_outage_never_weakens_a_grade(policy: Policy, facts: TapFacts) -> None:
    dark = (Period(MIDNIGHT - 100 * HOUR, MIDNIGHT + 100 * HOUR),)
    assert weighed(facts, policy, dark).counts_as <= weighed(facts, policy).counts_as


@given(
    true_ms=st.integers(MIDNIGHT + 5 * HOUR, MIDNIGHT + 9 * HOUR),
    anchored_ago_ms=st.integers(0, 20 * HOUR),
    waits_ms=st.integers(0, 6 * HOUR),
    slept=st.floats(0, 1),
    same_life=st.booleans(),
)
def test_an_honest_phone_is_always_believed_to_the_second(
    *,
    policy: Policy,
    true_ms: int,
    anchored_ago_ms: int,
    waits_ms: int,
    slept: float,
    same_life: bool,
) -> None:
    assume(true_ms + waits_ms < MIDNIGHT + 24 * HOUR)
    anchor_ms = true_ms - anchored_ago_ms
    facts = TapFacts(
        ref="tap",
        direction=Direction.IN,
        source=Source.PHONE,
        wall_ms=true_ms,
        mono_ms=int(anchored_ago_ms * slept),
        origin_ms=1,
        anchor=SignedTime(
            at_ms=anchor_ms,
            error_ms=50,
            clock_state=ClockState.OK,
            wall_ms=anchor_ms,
            mono_ms=0,
            origin_ms=1 if same_life else 2,
        ),
        received_at_ms=true_ms + waits_ms,
    )
    evidence = weighed(facts, policy)
    assert evidence.judged_ms == true_ms
    assert evidence.grade is not Grade.E
    assert evidence.contradictions == ()


def told(evidence: Evidence) -> tuple[object, ...]:
    """All that it says, without the facts it keeps."""
    return replaced(evidence, weighed_from=None), evidence.steps, evidence.contradictions


def moved(tap: WeighedTap, by_ms: int) -> WeighedTap:
    evidence = tap.evidence
    return replaced(
        tap,
        evidence=replaced(
            evidence,
            lo_ms=None if evidence.lo_ms is None else evidence.lo_ms + by_ms,
            hi_ms=None if evidence.hi_ms is None else evidence.hi_ms + by_ms,
            claimed_ms=evidence.claimed_ms + by_ms,
            judged_ms=evidence.judged_ms + by_ms,
        ),
    )


def put(excuse: ExcusePeriod, by_ms: int) -> ExcusePeriod:
    return replace(excuse, period=Period(excuse.period.from_ms + by_ms, excuse.period.until_ms + by_ms))


def spoken(verdict: Verdict) -> tuple[object, ...]:
    """Everything of a verdict that is not an instant: what a person would be told."""
    assert verdict.arrival is not None
    assert verdict.departure is not None
    halves = [
        (part.status, part.class_code, part.minutes, part.review) for part in (verdict.arrival, verdict.departure)
    ]
    said = [(reason.code, reason.mapping, reason.article) for reason in verdict.reasons]
    return (verdict.status, *halves, verdict.deduction_percent, verdict.suggest, said)


def test_midnight_of_these_laws_is_midnight_in_makassar(tuesday: DutyDay) -> None:
    assert tuesday.day == Period(MIDNIGHT, MIDNIGHT + timedelta(days=1) // timedelta(milliseconds=1))
