"""The verdict by precedent is the judge's own, for every kind of day and on every boundary of the law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as replaced

from hadir.rules import (
    Ceremony,
    DarkSource,
    Direction,
    DutyDay,
    Evidence,
    EvidenceContext,
    ExcusePeriod,
    Grade,
    PartVerdict,
    Period,
    Policy,
    PolicySet,
    Precedents,
    Source,
    TapFacts,
    Verdict,
    WeighedTap,
    impersonal,
    judge_day,
    owed,
    shift_day,
    weigh_tap,
)
from hadir.rules import precedents as module
from tests.rules.conftest import TUESDAY

ZONE = "Asia/Makassar"
MINUTE = 60_000
HOUR = 60 * MINUTE
LAWS = ("permentan-68-2012", "kemenkeu-pmk-221-2021", "panrb-6-2018", "kemenag", "sragen", "anri-18-2016")
DUTIES = ("office-5-day", "office-6-day", "dynamic", "malam")


def day_of(policy: Policy, duty: str, on: date = TUESDAY) -> DutyDay:
    if duty in policy.shifts:
        return shift_day(policy.shifts[duty], on, ZONE)
    day = owed(policy.duty(duty, ZONE), on)
    assert day is not None
    return day


def tap(at_ms: int, way: Direction, number: int = 0, **other: object) -> WeighedTap:
    """A tap whose time is certain, unless `other` says something else of its evidence."""
    known = {"lo_ms": at_ms, "hi_ms": at_ms, "error_ms": 0, "grade": Grade.A, **other}
    evidence = Evidence(claimed_ms=at_ms, judged_ms=at_ms, counts_as=known["grade"], **known)  # type: ignore[arg-type]
    return WeighedTap(ref=f"tap-{number}", direction=way, source=Source.PHONE, evidence=evidence)


def counted(verdict: Verdict) -> tuple[object, ...]:
    """All that a month counts of a verdict, and all that a list of the office shows of it."""
    whole = (verdict.status, verdict.code, verdict.deduction_percent, verdict.provisional, verdict.review)
    rest = (verdict.identity, verdict.suggest, verdict.flex_used, verdict.ceremonies, verdict.version)
    return (*whole, *rest, len(verdict.excuses), half(verdict.arrival), half(verdict.departure))


def half(part: PartVerdict | None) -> tuple[object, ...] | None:
    if part is None:
        return None
    grade = None if part.evidence is None else part.evidence.grade
    return part.status, part.class_code, part.minutes, part.percent, part.review, grade, part.excuse_code


BOUNDARIES = [
    ("permentan-68-2012", "office-5-day"),
    ("kemenkeu-pmk-221-2021", "office-5-day"),
    ("panrb-6-2018", "office-5-day"),
    ("sragen", "malam"),
]


@pytest.mark.parametrize(
    ("law", "duty"),
    BOUNDARIES + [pytest.param(*one, marks=pytest.mark.slow) for one in product(LAWS, DUTIES) if one not in BOUNDARIES],
)
def test_on_every_boundary_of_the_law_the_precedent_is_the_verdict(
    policies: dict[str, PolicySet], law: str, duty: str
) -> None:
    policy = policies[law].on(TUESDAY)
    day = day_of(policy, duty)
    late = day.depart.until_ms + HOUR
    docket = Precedents().docket(duty_day=day, policy=policy, now_ms=late)
    assert docket.kind is not None
    other = {
        Direction.IN: tap(day.end_ms + MINUTE, Direction.OUT, 1),
        Direction.OUT: tap(day.start_ms, Direction.IN, 1),
    }
    whole = range(day.counts.from_ms - day.start_ms, day.counts.until_ms - day.start_ms, MINUTE)
    instants = {edge + by for edge in (*docket.kind.cuts.coming.edges, *whole) for by in (-1, 0, 1)}
    for way, at_ms in product((Direction.IN, Direction.OUT), sorted(instants)):
        taps = [tap(day.start_ms + at_ms, way), other[way]]
        judged = judge_day(duty_day=day, taps=taps, policy=policy, now_ms=late)
        assert counted(docket.verdict(taps)) == counted(judged), (law, duty, way, at_ms)


# Days of every kind, searched.


@pytest.fixture(scope="module")
def seen() -> Precedents:
    """One memory for all examples, so that each is held against those before it."""
    return Precedents()


edges = st.sampled_from([-60, -1, 0, 1, 29, 30, 31, 60, 61, 90, 91, 120]).map(lambda minutes: minutes * MINUTE)
jitters = st.sampled_from([-1, 0, 0, 1, 999, 1000, 59_999, 30_000]) | st.integers(-10 * MINUTE, 10 * MINUTE)
bases = st.sampled_from(["start", "start", "start", "end", "end", "end", "middle", "night"])


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, int]:
    return draw(bases), draw(edges) * draw(st.sampled_from([1, 1, -1])) + draw(jitters)


def instant(day: DutyDay, moment: tuple[str, int]) -> int:
    base, off_ms = moment
    at = {
        "start": day.start_ms,
        "end": day.end_ms,
        "middle": (day.start_ms + day.end_ms) // 2,
        "night": day.day.from_ms,
    }
    return at[base] + off_ms


spans = st.sampled_from([0, 0, 1, 1000, 61_000, 20 * MINUTE, 5 * HOUR])
ways = st.sampled_from([Direction.IN, Direction.IN, Direction.OUT, Direction.OUT, Direction.UNSAID])


@st.composite
def some_taps(draw: st.DrawFn) -> list[tuple[tuple[str, int], WeighedTap]]:
    """Taps yet without their instants: how far before and after them they may have been."""
    found = []
    for number in range(draw(st.sampled_from([0, 1, 2, 2, 2, 2, 3, 4]))):
        grade = draw(st.sampled_from(Grade))
        counts_as = draw(st.sampled_from([grade, grade, Grade.C]))
        error_ms = draw(st.sampled_from([0, 50, 50, 90_000]))
        evidence = Evidence(
            lo_ms=draw(st.none() | spans),
            hi_ms=draw(st.none() | spans),
            claimed_ms=0,
            judged_ms=0,
            error_ms=error_ms,
            grade=grade,
            counts_as=counts_as,
        )
        way = draw(st.sampled_from([Direction.IN, Direction.OUT])) if number > 1 else draw(ways)
        flags = draw(st.sampled_from([(), (), ("unconfirmed",), ("revoked_key", "unconfirmed")]))
        site = draw(st.sampled_from([None, None, "A", "B"]))
        source = draw(st.sampled_from(Source))
        one = WeighedTap(ref=f"t{number}", direction=way, source=source, evidence=evidence, flags=flags, site=site)
        found.append((draw(moments()), one))
    return found


def placed(day: DutyDay, taps: Sequence[tuple[tuple[str, int], WeighedTap]], by_ms: int) -> list[WeighedTap]:
    return [at_instant(one, instant(day, moment) + by_ms) for moment, one in taps]


def at_instant(one: WeighedTap, at_ms: int) -> WeighedTap:
    before, after = one.evidence.lo_ms, one.evidence.hi_ms
    evidence = replaced(
        one.evidence,
        lo_ms=None if before is None else at_ms - before,
        hi_ms=None if after is None else at_ms + after,
        claimed_ms=at_ms,
        judged_ms=at_ms,
    )
    return replaced(one, evidence=evidence)


excused = st.lists(
    st.tuples(
        st.sampled_from(["outage", "outage", "DL", "I", "CT", "CS"]),
        moments(),
        st.sampled_from([1, 7, 30, 61, 240, 1440]),
    ),
    max_size=2,
)


def excuse(day: DutyDay, number: int, kind: str, moment: tuple[str, int], minutes: int) -> ExcusePeriod:
    from_ms = instant(day, moment)
    return ExcusePeriod(
        ref=f"excuse-{number}",
        period=Period(from_ms, from_ms + minutes * MINUTE),
        tail_minutes=5 if kind == "outage" else 0,
        article="-",
        code=None if kind == "outage" else kind,
        day_number=1 + minutes % 5,
    )


SHIFTS_MS = (0, 0, 1, -1, 17_000, 59_999, -31 * MINUTE)
"""Everybody of an example is judged again with these added to all his taps: neighbours of a case, and a case again."""


@settings(max_examples=1500)
@given(
    law=st.sampled_from(LAWS),
    duty=st.sampled_from(DUTIES),
    on=st.sampled_from([0, 1, 3]),
    taps=some_taps(),
    excuses=st.just([]) | excused,
    apel=st.booleans(),
    dark=st.sampled_from([False, False, True]),
    over=st.sampled_from([True, True, False]),
    flex_times=st.sampled_from([0, 5]),
)
def test_whatever_the_day_the_precedent_is_the_verdict(
    *,
    policies: dict[str, PolicySet],
    seen: Precedents,
    law: str,
    duty: str,
    on: int,
    taps: list[tuple[tuple[str, int], WeighedTap]],
    excuses: list[tuple[str, tuple[str, int], int]],
    apel: bool,
    dark: bool,
    over: bool,
    flex_times: int,
) -> None:
    date_on = TUESDAY + timedelta(days=on)
    policy = policies[law].on(date_on)
    day = replace(day_of(policy, duty, date_on), sites=("A",))
    given_ = {
        "duty_day": day,
        "policy": policy,
        "excuses": [excuse(day, number, *one) for number, one in enumerate(excuses)],
        "now_ms": day.counts.until_ms if over else day.end_ms,
        "ceremonies": [Ceremony(name="apel", code="TA", period=Period(day.start_ms, day.start_ms + 900_000), site="A")]
        if apel
        else [],
        "dark": [DarkSource("Mesin-1", Period(day.start_ms, day.end_ms), date_on)] if dark else [],
    }
    docket = seen.docket(**given_)  # type: ignore[arg-type]
    for by_ms in SHIFTS_MS:
        mine = placed(day, taps, by_ms)
        judged = judge_day(taps=mine, flex_times=flex_times, **given_)  # type: ignore[arg-type]
        assert counted(docket.verdict(mine, flex_times=flex_times)) == counted(judged)


def test_who_came_and_went_in_time_is_one_case_whoever_and_whenever(policies: dict[str, PolicySet]) -> None:
    policy = policies["permentan-68-2012"].on(TUESDAY)
    seen = Precedents()
    for on in (TUESDAY, TUESDAY + timedelta(days=1)):
        day = day_of(policy, "office-5-day", on)
        docket = seen.docket(duty_day=day, policy=policy, now_ms=day.depart.until_ms)
        for second in range(1, 100):
            came, went = day.start_ms - second * 20_000, day.end_ms + second * 40_000
            docket.verdict([tap(came, Direction.IN, 2 * second), tap(went, Direction.OUT, 2 * second + 1)])
    assert seen.cases == 1


def test_the_memory_is_bounded(policies: dict[str, PolicySet], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CASES_MAX", 10)
    policy = policies["permentan-68-2012"].on(TUESDAY)
    day = day_of(policy, "office-5-day")
    seen, remembered = Precedents(), []
    for minute in range(25):
        docket = seen.docket(duty_day=day, policy=policy, now_ms=day.depart.until_ms)
        docket.verdict([tap(day.start_ms + minute * MINUTE, Direction.IN)])
        remembered.append(seen.cases)
    assert remembered == [*range(1, 11), *range(1, 11), *range(1, 6)]


def test_a_memory_that_was_forgotten_asks_the_law_anew(policies: dict[str, PolicySet]) -> None:
    policy = policies["permentan-68-2012"].on(TUESDAY)
    day = day_of(policy, "office-5-day")
    seen, taps = Precedents(), [tap(day.start_ms, Direction.IN)]
    first = seen.docket(duty_day=day, policy=policy, now_ms=day.depart.until_ms).verdict(taps)
    assert seen.docket(duty_day=day, policy=policy, now_ms=day.depart.until_ms).verdict(taps) is first
    seen.forget()
    assert seen.cases == 0
    assert seen.docket(duty_day=day, policy=policy, now_ms=day.depart.until_ms).verdict(taps) is not first


def test_a_precedent_has_no_sentences_and_is_nobodys(policies: dict[str, PolicySet]) -> None:
    policy = policies["permentan-68-2012"].on(TUESDAY)
    day = day_of(policy, "office-5-day")
    context = EvidenceContext(policy=policy.evidence, zone=ZONE)
    taps = [
        weigh_tap(TapFacts(ref=way, direction=way, source=Source.PHONE, wall_ms=at_ms), context)
        for way, at_ms in ((Direction.IN, day.start_ms), (Direction.OUT, day.end_ms))
    ]
    whole = judge_day(duty_day=day, taps=taps, policy=policy, now_ms=day.depart.until_ms)
    verdict = impersonal(whole)
    assert (len(verdict.reasons), len(verdict.taps)) == (0, 0)
    for bare, part in ((verdict.arrival, whole.arrival), (verdict.departure, whole.departure)):
        assert bare is not None
        assert part is not None
        assert part.reasons
        assert bare.evidence is not None
        assert part.evidence is not None
        assert bare.evidence == Evidence(
            lo_ms=None,
            hi_ms=None,
            claimed_ms=0,
            judged_ms=0,
            error_ms=0,
            grade=part.evidence.grade,
            counts_as=part.evidence.grade,
        )
        assert bare == replaced(part, reasons=(), tap_ref=None, counted_ms=None, evidence=bare.evidence)


def test_cases_of_which_the_law_says_the_same_share_one_verdict(policies: dict[str, PolicySet]) -> None:
    policy = policies["permentan-68-2012"].on(TUESDAY)
    seen, found = Precedents(), set()
    for on in (TUESDAY, TUESDAY + timedelta(days=3)):
        day = day_of(policy, "office-5-day", on)
        docket = seen.docket(duty_day=day, policy=policy, now_ms=day.depart.until_ms)
        found.add(id(docket.verdict([tap(day.start_ms, Direction.IN, 1), tap(day.end_ms + HOUR, Direction.OUT, 2)])))
    assert (seen.cases, len(found)) == (2, 1)


def test_a_verdict_that_excuses_say_is_another_than_one_without(policies: dict[str, PolicySet]) -> None:
    policy = policies["permentan-68-2012"].on(TUESDAY)
    day = day_of(policy, "office-5-day")
    whole = judge_day(
        duty_day=day,
        taps=[],
        policy=policy,
        excuses=[excuse(day, 1, "DL", ("night", 0), 1440)],
        now_ms=day.depart.until_ms,
    )
    assert len(whole.excuses) == 1
    assert impersonal(whole).excuses == ("",)


def test_a_day_without_taps_has_a_precedent_too(policies: dict[str, PolicySet]) -> None:
    policy = policies["permentan-68-2012"].on(TUESDAY)
    day = day_of(policy, "office-5-day")
    whole = judge_day(duty_day=day, taps=[], policy=policy, now_ms=day.depart.until_ms)
    docket = Precedents().docket(duty_day=day, policy=policy, now_ms=day.depart.until_ms)
    assert counted(docket.verdict([])) == counted(whole)
    assert impersonal(whole).departure == replaced(whole.departure, reasons=())  # type: ignore[type-var]


def test_a_first_masuk_after_noon_is_judged_in_both_ways(policies: dict[str, PolicySet]) -> None:
    policy, seen = policies["kemenag"].on(TUESDAY), Precedents()
    for on in (TUESDAY, TUESDAY + timedelta(days=1)):
        day = day_of(policy, "office-5-day", on)
        leave = [excuse(day, 1, "CT", ("start", 0), 6 * 60)]
        docket = seen.docket(duty_day=day, policy=policy, excuses=leave, now_ms=day.depart.until_ms)
        for way in (Direction.OUT, Direction.IN):  # whoever was on leave until 13:30 comes after noon
            taps = [tap(day.start_ms + 7 * HOUR, way)]
            whole = judge_day(duty_day=day, taps=taps, policy=policy, excuses=leave, now_ms=day.depart.until_ms)
            assert counted(docket.verdict(taps)) == counted(whole)
