"""When did the tap happen? From the facts about one tap to an interval, a judged time and a grade.

**Hard** bounds hold against a patched phone and are the only ones that move the judged time:

* lower: the newest time signed by the gate *inside* the punch (the punch cannot be older than what it carries);
* upper: the gate's receipt, and a countersignature over the punch by a kiosk or a colleague.

A signed time *lifts* a tap above the phone's bare word only where it was fetched for this very device (`Binding`) on
the day of the tap: anybody can copy a time, and an old one says nothing of today. Any other stays a lower bound.
docs/rules.md, "What a signed time lifts", has the whole rule as a table.

Everything else is **soft**. Time elapsed on the page's monotonic clock supports grades C and D and can contradict the
wall clock, but moves nothing: that clock stops while the device sleeps, so elapsed time can only be too small.

The judged time is the claimed time (the wall clock, corrected by the skew that the signed time shows) clamped to
`[lo, hi]`. A clock of ours that may be wrong widens the interval by its error bound: nobody is late because of it.
Source: ARCHITECTURE.md, "Time and identity are two kinds of evidence".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from hadir.records.days import local_date
from hadir.rules.clocks import MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND, Moment
from hadir.rules.reasons import Reason, ReasonCode, because
from hadir.rules.tap import (
    Binding,
    ClockState,
    DeliveryFacts,
    Direction,
    EvidenceContext,
    EvidencePolicy,
    Grade,
    SignedTime,
    Source,
    TapFacts,
    TokenRule,
)

__all__ = [
    "Binding",
    "ClockState",
    "DeliveryFacts",
    "Direction",
    "Evidence",
    "EvidenceContext",
    "EvidencePolicy",
    "Grade",
    "SignedTime",
    "Source",
    "TapFacts",
    "TokenRule",
    "WeighedTap",
    "weigh",
    "weigh_tap",
]


class Evidence(Struct, frozen=True, kw_only=True):
    """The interval and grade of one tap. `lo_ms` or `hi_ms` is None where nothing hard bounds that side.

    `judged_ms` always lies within `[lo_ms, hi_ms]`. `error_ms` is how wrong the clocks that vouch for the judged time
    may be. `counts_as` is the grade whose policy applies: higher in an outage or at a site without signal, E where the
    claim was too old when it came.
    `proven_ms`: the hard lower bound; None where nothing proves that the tap was not made earlier.
    `weighed_from`: the facts and what was known around them, of which the sentences are made once somebody reads them.
    """

    lo_ms: int | None
    hi_ms: int | None
    claimed_ms: int
    judged_ms: int
    error_ms: int
    grade: Grade
    counts_as: Grade
    proven_ms: int | None = None
    weighed_from: tuple[TapFacts, EvidenceContext] | None = None

    @property
    def steps(self) -> tuple[Reason, ...]:
        """How the interval and the grade were found, in order."""
        return () if self.weighed_from is None else tuple(_steps(self, *self.weighed_from))

    @property
    def contradictions(self) -> tuple[Reason, ...]:
        """What speaks against the claimed time."""
        if self.weighed_from is None:
            return ()
        facts, context = self.weighed_from
        return _contradictions(self.claimed_ms, _bounds(facts), facts, context)


class WeighedTap(Struct, frozen=True, kw_only=True):
    """A tap with its evidence: what `judge_day` reads. `site`: where it was made, if that is known."""

    ref: str
    direction: Direction
    source: Source
    evidence: Evidence
    flags: tuple[str, ...] = ()
    site: str | None = None

    @property
    def judged_ms(self) -> int:
        """The time that counts."""
        return self.evidence.judged_ms


def weigh_tap(facts: TapFacts, context: EvidenceContext) -> WeighedTap:
    """The tap as the judge reads it."""
    return WeighedTap(
        ref=facts.ref,
        direction=facts.direction,
        source=facts.source,
        evidence=weigh(facts, context),
        flags=facts.flags,
    )


def weigh(facts: TapFacts, context: EvidenceContext) -> Evidence:
    """The evidence of one tap. Pure and total: any combination of known and unknown facts has an answer."""
    policy = context.policy
    claimed_ms, _ = _claim(facts, policy)
    lo_ms, hi_ms, crossed = bounds = _bounds(facts)
    judged_ms = claimed_ms if lo_ms is None or claimed_ms >= lo_ms else lo_ms
    if hi_ms is not None and judged_ms > hi_ms:
        judged_ms = hi_ms
    grade = counts_as = _grade(claimed_ms, bounds, facts, context)
    if grade in _DOUBTED and (context.site_without_signal or context.outages or _is_old(claimed_ms, facts, context)):
        contradicted = bool(_contradictions(claimed_ms, bounds, facts, context))
        counts_as, _ = _counts_as(grade, judged_ms, facts, context, contradicted=contradicted)
    return Evidence(
        lo_ms=lo_ms,
        hi_ms=hi_ms,
        claimed_ms=claimed_ms,
        judged_ms=judged_ms,
        error_ms=_error_ms(grade, facts),
        grade=grade,
        counts_as=counts_as,
        proven_ms=None if crossed else lo_ms,
        weighed_from=(facts, context),
    )


# --- the claim -------------------------------------------------------------------------------------------------------


def _claim(facts: TapFacts, policy: EvidencePolicy) -> tuple[int, ReasonCode | None]:
    """The wall clock corrected by known skew, and which sentence says so.

    A skew measured by a doubtful clock of ours corrects nothing; nor does one from an earlier life of the page when
    the receipt confirms that the clock is right by now.
    """
    skew_ms = _known_skew_ms(facts)
    if -policy.skew_tolerance_ms <= skew_ms <= policy.skew_tolerance_ms:
        return facts.wall_ms, None
    outdated = facts.anchor is not None and not _same_life(facts, facts.anchor)
    if outdated and _is_prompt(facts.wall_ms, facts, policy.prompt_ms):
        return facts.wall_ms, None
    if facts.anchor is not None and facts.anchor.clock_state is not ClockState.OK:
        return facts.wall_ms, ReasonCode.SKEW_NOT_TRUSTED
    return facts.wall_ms + skew_ms, ReasonCode.SKEW_CORRECTED


def _known_skew_ms(facts: TapFacts) -> int:
    """What must be added to the claiming clock to get ours; 0 when nothing is known."""
    if facts.source in _MACHINES:
        return facts.terminal_skew_ms or 0
    anchor = facts.anchor
    return 0 if anchor is None else anchor.at_ms - anchor.wall_ms


_MACHINES = frozenset({Source.TERMINAL, Source.FILE})
_NEVER_PROMPT = frozenset({Source.FILE, Source.MANUAL_LIST})


# --- the hard bounds -------------------------------------------------------------------------------------------------


_Bounds = tuple[int | None, int | None, bool]
"""`lo`, `hi`, and whether they crossed."""


def _bounds(facts: TapFacts) -> _Bounds:
    """`[lo, hi]`. A punch cannot carry a time younger than its receipt: then a clock of ours was wrong, the tap lies
    between the two, and its claim is doubted.
    """
    anchor, received_ms = facts.anchor, facts.received_at_ms
    lo_ms = None if anchor is None else anchor.at_ms - anchor.error_ms
    hi_ms = None if received_ms is None else received_ms + facts.gate_error_ms
    if facts.countersigned_at_ms is not None:
        seen_ms = facts.countersigned_at_ms + facts.countersign_error_ms
        hi_ms = seen_ms if hi_ms is None else min(hi_ms, seen_ms)
    if lo_ms is not None and hi_ms is not None and lo_ms > hi_ms:
        return hi_ms, lo_ms, True
    return lo_ms, hi_ms, False


# --- what speaks against the claim -----------------------------------------------------------------------------------


def _contradictions(claimed_ms: int, bounds: _Bounds, facts: TapFacts, context: EvidenceContext) -> tuple[Reason, ...]:
    """The claim against the signed bounds themselves, then against the page's own clock.

    A difference that would not even be corrected says nothing.
    """
    anchor, found = facts.anchor, _against_bounds(claimed_ms, bounds, context)
    if anchor is None or anchor.clock_state is not ClockState.OK:
        return found
    found += _against_anchor(facts, anchor, context.policy)
    return found if facts.delivery is None else found + _against_delivery(facts, facts.delivery, anchor, context.policy)


def _against_bounds(claimed_ms: int, bounds: _Bounds, context: EvidenceContext) -> tuple[Reason, ...]:
    lo_ms, hi_ms, crossed = bounds
    tolerance_ms = context.policy.skew_tolerance_ms
    if crossed:
        return (because(ReasonCode.BOUNDS_CROSS),)
    if lo_ms is not None and claimed_ms < lo_ms - tolerance_ms:
        show = _Shown(context.zone, claimed_ms)
        return (because(ReasonCode.CLAIM_BEFORE_SIGNED, claimed=show(claimed_ms), signed=show(lo_ms)),)
    if hi_ms is not None and claimed_ms > hi_ms + tolerance_ms:
        show = _Shown(context.zone, claimed_ms)
        return (because(ReasonCode.CLAIM_AFTER_RECEIPT, claimed=show(claimed_ms), received=show(hi_ms)),)
    return ()


def _against_anchor(facts: TapFacts, anchor: SignedTime, policy: EvidencePolicy) -> tuple[Reason, ...]:
    """The wall clock against the page's monotonic clock, within one life of the page; else a skew too old to trust."""
    if _same_life(facts, anchor):
        lost_ms = (facts.mono_ms - anchor.mono_ms) - (facts.wall_ms - anchor.wall_ms)
        turned_back = lost_ms > policy.elapsed_tolerance_ms
        return (because(ReasonCode.CLOCK_TURNED_BACK, seconds=_seconds(lost_ms)),) if turned_back else ()
    # Across two lives of the page a large skew may have been repaired in between, unless it was there afterwards too.
    skew_ms = anchor.at_ms - anchor.wall_ms
    unsteady = abs(skew_ms) > policy.elapsed_tolerance_ms and not _is_steady(facts, anchor, policy)
    return (because(ReasonCode.CLOCK_NOT_STEADY, seconds=_seconds(skew_ms)),) if unsteady else ()


def _is_steady(facts: TapFacts, anchor: SignedTime, policy: EvidencePolicy) -> bool:
    """The same skew at the signed time before the tap and at the one after it, the second in the tap's own life."""
    delivery = facts.delivery
    if delivery is None or delivery.wall_ms is None or delivery.origin_ms != facts.origin_ms:
        return False
    change_ms = (delivery.at_ms - delivery.wall_ms) - (anchor.at_ms - anchor.wall_ms)
    return abs(change_ms) <= policy.elapsed_tolerance_ms


def _was_proven_steady(facts: TapFacts, anchor: SignedTime, policy: EvidencePolicy) -> bool:
    """A large skew from an earlier life of the page that the delivery statement showed to be there still."""
    is_large = abs(anchor.at_ms - anchor.wall_ms) > policy.elapsed_tolerance_ms
    is_known = anchor.clock_state is ClockState.OK and not _same_life(facts, anchor)
    return is_large and is_known and _is_steady(facts, anchor, policy)


def _against_delivery(
    facts: TapFacts, delivery: DeliveryFacts, anchor: SignedTime, policy: EvidencePolicy
) -> tuple[Reason, ...]:
    """Sleep only shortens elapsed time, so `delivered - elapsed` is never before an honest tap."""
    if delivery.origin_ms != facts.origin_ms:
        return ()
    latest_ms = delivery.at_ms + delivery.error_ms - (delivery.mono_ms - facts.mono_ms)
    ahead_ms = facts.wall_ms + (anchor.at_ms - anchor.wall_ms) - latest_ms
    ahead = ahead_ms > policy.elapsed_tolerance_ms
    return (because(ReasonCode.CLOCK_RUNS_AHEAD, seconds=_seconds(ahead_ms)),) if ahead else ()


# --- the grade -------------------------------------------------------------------------------------------------------


def _grade(claimed_ms: int, bounds: _Bounds, facts: TapFacts, context: EvidenceContext) -> Grade:
    """What contradicts the claim is asked only where nobody saw the tap happen."""
    if _is_prompt(claimed_ms, facts, context.policy.prompt_ms):
        return Grade.A
    if _is_witnessed(claimed_ms, facts, context.policy):
        return Grade.B
    if facts.source is Source.FILE:
        # A machine's own clock at the work place, which nobody signed: better than a phone's word, less than a witness.
        return Grade.D
    if facts.anchor is None or _contradictions(claimed_ms, bounds, facts, context):
        return Grade.E
    if not _lifts(facts.anchor, claimed_ms, facts, context):
        return Grade.E
    return Grade.C if _is_bracketed(claimed_ms, facts, facts.anchor, context) else Grade.D


def _asks_binding(facts: TapFacts, context: EvidenceContext) -> bool:
    """Whether signed times of this tap must be its device's own and of its day. Where there is no signal nobody can
    fetch one each day.
    """
    rule = context.policy.tokens
    if facts.anchor is None or rule is TokenRule.ANY or context.site_without_signal:
        return False
    return rule is TokenRule.BOUND or facts.anchor.binding is not Binding.UNBOUND


def _lifts(time: SignedTime | DeliveryFacts, claimed_ms: int, facts: TapFacts, context: EvidenceContext) -> bool:
    """Whether this signed time speaks for the tap at all, beyond bounding it."""
    if not _asks_binding(facts, context):
        return True
    return time.binding is Binding.BOUND and _is_of_its_day(time.at_ms, claimed_ms, context)


def _is_of_its_day(at_ms: int, claimed_ms: int, context: EvidenceContext) -> bool:
    return local_date(at_ms, context.zone) == local_date(claimed_ms, context.zone)


def _is_old(claimed_ms: int, facts: TapFacts, context: EvidenceContext) -> bool:
    """Received so long after its claimed time that only a person can say. None of it where there is no signal."""
    if facts.received_at_ms is None or not _asks_binding(facts, context):
        return False
    return facts.received_at_ms - claimed_ms > context.policy.claim_age_days * MS_PER_DAY


def _is_prompt(claimed_ms: int, facts: TapFacts, prompt_ms: int) -> bool:
    """Received within seconds of the claimed tap, give or take what our own clock may be wrong by, unless it is known
    to be wrong: then there is nobody who could say so.
    """
    if facts.received_at_ms is None or facts.source in _NEVER_PROMPT or facts.gate_clock is ClockState.WRONG:
        return False
    return abs(facts.received_at_ms - claimed_ms) <= prompt_ms + facts.gate_error_ms


def _is_witnessed(claimed_ms: int, facts: TapFacts, policy: EvidencePolicy) -> bool:
    if facts.source is Source.TERMINAL and facts.terminal_skew_ms is not None:
        return abs(facts.terminal_skew_ms) <= policy.terminal_skew_ms
    if facts.countersigned_at_ms is None:
        return False
    return abs(facts.countersigned_at_ms - claimed_ms) <= policy.witness_ms + facts.countersign_error_ms


def _is_bracketed(claimed_ms: int, facts: TapFacts, anchor: SignedTime, context: EvidenceContext) -> bool:
    """Between two signed times in one life of the page; where binding is asked, the second one lifts as well and was
    fetched right after the receipt.
    """
    delivery = facts.delivery
    if delivery is None or not _same_life(facts, anchor) or delivery.origin_ms != facts.origin_ms:
        return False
    if not _asks_binding(facts, context):
        return True
    is_near = facts.received_at_ms is not None and (
        abs(delivery.at_ms - facts.received_at_ms) <= context.policy.second_time_ms + delivery.error_ms
    )
    return is_near and _lifts(delivery, claimed_ms, facts, context)


def _same_life(facts: TapFacts, anchor: SignedTime) -> bool:
    return anchor.origin_ms == facts.origin_ms and anchor.mono_ms <= facts.mono_ms


def _counts_as(
    grade: Grade, judged_ms: int, facts: TapFacts, context: EvidenceContext, *, contradicted: bool
) -> tuple[Grade, ReasonCode | None]:
    """D counts as C where the system itself was the obstacle; so does a clean E as D, whose signed time is only too
    old, or where there is no signal. A claim that came days later counts as E.
    """
    if any(judged_ms in outage for outage in context.outages):
        if grade is Grade.D:
            return Grade.C, ReasonCode.COUNTS_IN_OUTAGE
        if grade is Grade.E and not contradicted and _asks_binding(facts, context) and _is_its_own(facts.anchor):
            return Grade.D, ReasonCode.COUNTS_IN_OUTAGE
    elif grade in _PHONES_WORD and _is_old(judged_ms, facts, context):
        return Grade.E, ReasonCode.CLAIM_CAME_LATE
    if context.site_without_signal and grade is Grade.D:
        return Grade.C, ReasonCode.COUNTS_WITHOUT_SIGNAL
    if context.site_without_signal and grade is Grade.E and not contradicted:
        return Grade.D, ReasonCode.COUNTS_WITHOUT_SIGNAL
    return grade, None


_PHONES_WORD = frozenset({Grade.C, Grade.D})
"""Grades that rest on what the phone kept."""
_DOUBTED = _PHONES_WORD | {Grade.E}
"""Those that may count as another one: nobody saw the tap happen."""


def _is_its_own(anchor: SignedTime | None) -> bool:
    return anchor is not None and anchor.binding is Binding.BOUND


def _error_ms(grade: Grade, facts: TapFacts) -> int:
    """How wrong the clocks of ours that vouch for this tap may be."""
    if grade is Grade.A:
        return facts.gate_error_ms
    if grade is Grade.B:
        return facts.countersign_error_ms
    return max(facts.gate_error_ms, facts.anchor.error_ms if facts.anchor else 0)


# --- the sentences ---------------------------------------------------------------------------------------------------


class _Shown(NamedTuple):
    """Instants as the work place's clock shows them on the day of the claim."""

    zone: str
    day_ms: int

    def __call__(self, at_ms: int) -> Moment:
        return Moment(at_ms, self.zone, self.day_ms)


def _steps(found: Evidence, facts: TapFacts, context: EvidenceContext) -> Iterator[Reason]:
    """The claim, what bounds it, where that moved it, and the grade."""
    show = _Shown(context.zone, found.claimed_ms)
    _, corrected = _claim(facts, context.policy)
    if corrected is not None:
        yield because(corrected, seconds=_seconds(_known_skew_ms(facts)))
    yield from _bound_steps(facts, context.policy, show)
    yield from _binding_steps(found.claimed_ms, facts, context)
    if found.judged_ms != found.claimed_ms:
        moved = ReasonCode.CLAMPED_TO_LO if found.judged_ms > found.claimed_ms else ReasonCode.CLAMPED_TO_HI
        yield because(moved, claimed=show(found.claimed_ms), judged=show(found.judged_ms))
    contradicted = bool(found.contradictions)
    if facts.anchor is not None and not contradicted and _same_life(facts, facts.anchor):
        yield because(ReasonCode.ELAPSED_AGREES, minutes=(facts.mono_ms - facts.anchor.mono_ms) // MS_PER_MINUTE)
    if facts.anchor is not None and not contradicted and _was_proven_steady(facts, facts.anchor, context.policy):
        yield because(ReasonCode.CLOCK_STEADY, seconds=_seconds(facts.anchor.at_ms - facts.anchor.wall_ms))
    yield _grade_step(found, facts)
    _, counted = _counts_as(found.grade, found.judged_ms, facts, context, contradicted=contradicted)
    if counted is not None:
        yield because(counted)


def _binding_steps(claimed_ms: int, facts: TapFacts, context: EvidenceContext) -> Iterator[Reason]:
    """Why the signed time in the tap is nothing but its earliest moment."""
    anchor = facts.anchor
    if anchor is None or _lifts(anchor, claimed_ms, facts, context):
        return
    if anchor.binding is not Binding.BOUND:
        yield because(ReasonCode.TIME_NOT_ITS_OWN)
    else:
        yield because(ReasonCode.TIME_OF_ANOTHER_DAY)


def _bound_steps(facts: TapFacts, policy: EvidencePolicy, show: _Shown) -> Iterator[Reason]:
    if facts.anchor is not None:
        yield because(ReasonCode.SIGNED_BEFORE, at=show(facts.anchor.at_ms))
    if facts.countersigned_at_ms is not None:
        yield because(ReasonCode.COUNTERSIGNED, at=show(facts.countersigned_at_ms))
    if facts.received_at_ms is None:
        yield because(ReasonCode.NOT_RECEIVED)
    else:
        yield because(ReasonCode.RECEIVED, at=show(facts.received_at_ms))
    widest_ms = max(facts.gate_error_ms, facts.anchor.error_ms if facts.anchor else 0)
    if widest_ms > policy.skew_tolerance_ms:
        yield because(ReasonCode.GATE_CLOCK_WIDE, seconds=_seconds(widest_ms))


def _grade_step(found: Evidence, facts: TapFacts) -> Reason:
    if found.grade is Grade.A:
        waited_ms = max(0, (facts.received_at_ms or found.claimed_ms) - found.claimed_ms)
        return because(ReasonCode.GRADE_A, seconds=_seconds(waited_ms))
    if found.grade is Grade.D and facts.source is Source.FILE:
        return because(ReasonCode.GRADE_FILE)
    return because(_GRADE_STEPS[found.grade])


_GRADE_STEPS = {
    Grade.B: ReasonCode.GRADE_B,
    Grade.C: ReasonCode.GRADE_C,
    Grade.D: ReasonCode.GRADE_D,
    Grade.E: ReasonCode.GRADE_E,
}


def _seconds(span_ms: int) -> int:
    return span_ms // MS_PER_SECOND if span_ms >= 0 else -(-span_ms // MS_PER_SECOND)
