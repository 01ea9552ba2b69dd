"""When did the tap happen? From the facts about one tap to an interval, a judged time and a grade.

**Hard** bounds hold against a patched phone and are the only ones that move the judged time:

* lower: the newest time signed by the gate *inside* the punch (the punch cannot be older than what it carries);
* upper: the gate's receipt, and a countersignature over the punch by a kiosk or a colleague.

Everything else is **soft**. Time elapsed on the page's monotonic clock supports grades C and D and can contradict the
wall clock, but moves nothing: that clock stops while the device sleeps, so elapsed time can only be too small.

The judged time is the claimed time (the wall clock, corrected by the skew that the signed time shows) clamped to
`[lo, hi]`. A clock of ours that may be wrong widens the interval by its error bound: nobody is late because of it.
Source: ARCHITECTURE.md, "Time and identity are two kinds of evidence".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from hadir.rules.clocks import MS_PER_MINUTE, MS_PER_SECOND, Moment, Period
from hadir.rules.reasons import Reason, ReasonCode, because


class Direction(StrEnum):
    """What the person chose to record. Where a policy says nothing else, the rules never turn it into the other."""

    IN = "in"
    OUT = "out"
    UNSAID = "unsaid"
    """A terminal without keys: nobody chose; the first tap is in, the last is out."""


class Source(StrEnum):
    """Where the tap was recorded."""

    PHONE = "phone"
    KIOSK = "kiosk"
    TERMINAL = "terminal"
    FILE = "file"
    MANUAL_LIST = "manual_list"


class ClockState(StrEnum):
    """What the gate knew of its own clock when it signed a time."""

    OK = "ok"
    UNSURE = "unsure"
    WRONG = "wrong"


class Grade(StrEnum):
    """How well the time of a tap is shown. Letters are for the office; people see the word, `Grade.word`."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"

    @property
    def word(self) -> str:
        """The key of the on-screen word in `texts/rules.json` (langsung, disaksikan, ...)."""
        return f"grade.{self.value}"


class SignedTime(Struct, frozen=True, kw_only=True):
    """A time signed by the gate, and what the phone's clocks showed when it came in.

    `at_ms` and `error_ms` are the gate's (UTC, and how wrong it may be either way); `wall_ms`, `mono_ms` and
    `origin_ms` are the phone's wall clock, monotonic clock and the start of that page's life.
    """

    at_ms: int
    error_ms: int
    clock_state: ClockState
    wall_ms: int
    mono_ms: int
    origin_ms: int


class DeliveryFacts(Struct, frozen=True, kw_only=True):
    """The phone's delivery statement: its two clocks when it got a newer signed time, after the tap.

    `wall_ms` is None where nobody noted the wall clock; it then shows nothing of its steadiness.
    """

    mono_ms: int
    origin_ms: int
    at_ms: int
    error_ms: int
    wall_ms: int | None = None


class TapFacts(Struct, frozen=True, kw_only=True):
    """Everything that is known about one tap. All times are UTC milliseconds; None means *not (yet) known*.

    `origin_ms` is the start of the page's life; two readings of the monotonic clock compare only within one life.
    `received_at_ms` is the gate's receipt. `terminal_skew_ms` is what must be added to a terminal's clock, as measured.
    `gate_clock` is `WRONG` where the phones contradict the gate's clock: then nothing was received promptly by it.
    `flags` (`unconfirmed`, `revoked_key`, ...) speak of identity and never touch the time grade.
    """

    ref: str
    direction: Direction
    source: Source
    wall_ms: int
    mono_ms: int = 0
    origin_ms: int = 0
    anchor: SignedTime | None = None
    received_at_ms: int | None = None
    gate_error_ms: int = 0
    gate_clock: ClockState = ClockState.OK
    delivery: DeliveryFacts | None = None
    countersigned_at_ms: int | None = None
    countersign_error_ms: int = 0
    terminal_skew_ms: int | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePolicy:
    """How far apart two clocks may be for a grade: dated policy data, in milliseconds (`evidence.*` in a policy file).

    `prompt_ms`: from the claimed tap to its receipt, for grade A. `witness_ms`: from the claimed tap to the
    countersignature, for B. `terminal_skew_ms`: a terminal's measured skew, for B. `skew_tolerance_ms`: a skew that is
    left uncorrected, so that people see the minute their phone showed. `elapsed_tolerance_ms`: how far the wall clock
    and the elapsed time may disagree before that is a contradiction.
    """

    prompt_ms: int
    witness_ms: int
    terminal_skew_ms: int
    skew_tolerance_ms: int
    elapsed_tolerance_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceContext:
    """What is known around the tap: outages the system measured, the site, the policy, and the work place's zone."""

    policy: EvidencePolicy
    zone: str
    outages: tuple[Period, ...] = ()
    site_without_signal: bool = False


class Evidence(Struct, frozen=True, kw_only=True):
    """The interval and grade of one tap. `lo_ms` or `hi_ms` is None where nothing hard bounds that side.

    `judged_ms` always lies within `[lo_ms, hi_ms]`. `error_ms` is how wrong the clocks that vouch for the judged time
    may be. `counts_as` is the grade whose policy applies (D counts as C in an outage or at a site without signal).
    `weighed_from`: the facts and what was known around them, of which the sentences are made once somebody reads them.
    """

    lo_ms: int | None
    hi_ms: int | None
    claimed_ms: int
    judged_ms: int
    error_ms: int
    grade: Grade
    counts_as: Grade
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
    lo_ms, hi_ms, _ = bounds = _bounds(facts)
    judged_ms = claimed_ms if lo_ms is None or claimed_ms >= lo_ms else lo_ms
    if hi_ms is not None and judged_ms > hi_ms:
        judged_ms = hi_ms
    grade = counts_as = _grade(claimed_ms, bounds, facts, context)
    if context.site_without_signal or context.outages:
        contradicted = bool(_contradictions(claimed_ms, bounds, facts, context))
        counts_as, _ = _counts_as(grade, judged_ms, context, contradicted=contradicted)
    return Evidence(
        lo_ms=lo_ms,
        hi_ms=hi_ms,
        claimed_ms=claimed_ms,
        judged_ms=judged_ms,
        error_ms=_error_ms(grade, facts),
        grade=grade,
        counts_as=counts_as,
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
    return Grade.C if _is_bracketed(facts, facts.anchor) else Grade.D


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


def _is_bracketed(facts: TapFacts, anchor: SignedTime) -> bool:
    """Between two signed times in one life of the page."""
    return facts.delivery is not None and _same_life(facts, anchor) and facts.delivery.origin_ms == facts.origin_ms


def _same_life(facts: TapFacts, anchor: SignedTime) -> bool:
    return anchor.origin_ms == facts.origin_ms and anchor.mono_ms <= facts.mono_ms


def _counts_as(
    grade: Grade, judged_ms: int, context: EvidenceContext, *, contradicted: bool
) -> tuple[Grade, ReasonCode | None]:
    """D counts as C where the system itself was the obstacle; where there is no signal, a clean E as D."""
    if grade is Grade.D and any(judged_ms in outage for outage in context.outages):
        return Grade.C, ReasonCode.COUNTS_IN_OUTAGE
    if context.site_without_signal and grade is Grade.D:
        return Grade.C, ReasonCode.COUNTS_WITHOUT_SIGNAL
    if context.site_without_signal and grade is Grade.E and not contradicted:
        return Grade.D, ReasonCode.COUNTS_WITHOUT_SIGNAL
    return grade, None


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
    if found.judged_ms != found.claimed_ms:
        moved = ReasonCode.CLAMPED_TO_LO if found.judged_ms > found.claimed_ms else ReasonCode.CLAMPED_TO_HI
        yield because(moved, claimed=show(found.claimed_ms), judged=show(found.judged_ms))
    contradicted = bool(found.contradictions)
    if facts.anchor is not None and not contradicted and _same_life(facts, facts.anchor):
        yield because(ReasonCode.ELAPSED_AGREES, minutes=(facts.mono_ms - facts.anchor.mono_ms) // MS_PER_MINUTE)
    if facts.anchor is not None and not contradicted and _was_proven_steady(facts, facts.anchor, context.policy):
        yield because(ReasonCode.CLOCK_STEADY, seconds=_seconds(facts.anchor.at_ms - facts.anchor.wall_ms))
    yield _grade_step(found, facts)
    _, counted = _counts_as(found.grade, found.judged_ms, context, contradicted=contradicted)
    if counted is not None:
        yield because(counted)


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
