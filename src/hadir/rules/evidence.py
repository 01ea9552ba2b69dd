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

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedTime:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFacts:
    """The phone's delivery statement: its monotonic clock when it got a newer signed time, after the tap."""

    mono_ms: int
    origin_ms: int
    at_ms: int
    error_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TapFacts:
    """Everything that is known about one tap. All times are UTC milliseconds; None means *not (yet) known*.

    `origin_ms` is the start of the page's life; two readings of the monotonic clock compare only within one life.
    `received_at_ms` is the gate's receipt. `terminal_skew_ms` is what must be added to a terminal's clock, as measured.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The interval and grade of one tap. `lo_ms` or `hi_ms` is None where nothing hard bounds that side.

    `judged_ms` always lies within `[lo_ms, hi_ms]`. `error_ms` is how wrong the clocks that vouch for the judged time
    may be. `counts_as` is the grade whose policy applies (D counts as C in an outage or at a site without signal).
    """

    lo_ms: int | None
    hi_ms: int | None
    claimed_ms: int
    judged_ms: int
    error_ms: int
    grade: Grade
    counts_as: Grade
    steps: tuple[Reason, ...] = ()
    contradictions: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedTap:
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
    claimed_ms, claim_steps = _claim(facts, context.policy)
    show = _clock_of(context.zone, claimed_ms)
    bounds = _bounds(facts, context.policy, show)
    judged_ms = bounds.clamp(claimed_ms)
    contradictions = (
        *_hard_contradictions(claimed_ms, bounds, context.policy, show),
        *_soft_contradictions(facts, context.policy),
    )
    grade, grade_step = _grade(claimed_ms, facts, context.policy, contradicted=bool(contradictions))
    counts_as, counts_steps = _counts_as(grade, judged_ms, context, contradicted=bool(contradictions))
    return Evidence(
        lo_ms=bounds.lo_ms,
        hi_ms=bounds.hi_ms,
        claimed_ms=claimed_ms,
        judged_ms=judged_ms,
        error_ms=_error_ms(grade, facts),
        grade=grade,
        counts_as=counts_as,
        steps=(
            *claim_steps,
            *bounds.steps,
            *_clamp_steps(claimed_ms, judged_ms, show),
            *_elapsed_steps(facts, contradictions),
            grade_step,
            *counts_steps,
        ),
        contradictions=contradictions,
    )


# --- the claim -------------------------------------------------------------------------------------------------------


def _claim(facts: TapFacts, policy: EvidencePolicy) -> tuple[int, tuple[Reason, ...]]:
    """The wall clock corrected by known skew.

    A skew measured by a doubtful clock of ours corrects nothing; nor does one from an earlier life of the page when
    the receipt confirms that the clock is right by now.
    """
    skew_ms = _known_skew_ms(facts)
    seconds = _seconds(skew_ms)
    outdated = facts.anchor is not None and not _same_life(facts, facts.anchor)
    if abs(skew_ms) <= policy.skew_tolerance_ms or (outdated and _is_prompt(facts.wall_ms, facts, policy.prompt_ms)):
        return facts.wall_ms, ()
    if facts.anchor is not None and facts.anchor.clock_state is not ClockState.OK:
        return facts.wall_ms, (because(ReasonCode.SKEW_NOT_TRUSTED, seconds=seconds),)
    return facts.wall_ms + skew_ms, (because(ReasonCode.SKEW_CORRECTED, seconds=seconds),)


def _known_skew_ms(facts: TapFacts) -> int:
    """What must be added to the claiming clock to get ours; 0 when nothing is known."""
    if facts.source in {Source.TERMINAL, Source.FILE}:
        return facts.terminal_skew_ms or 0
    return facts.anchor.at_ms - facts.anchor.wall_ms if facts.anchor else 0


# --- the hard bounds -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bounds:
    lo_ms: int | None
    hi_ms: int | None
    crossed: bool
    steps: tuple[Reason, ...]

    def clamp(self, at_ms: int) -> int:
        """`at_ms`, moved into `[lo, hi]`."""
        at_least = at_ms if self.lo_ms is None else max(at_ms, self.lo_ms)
        return at_least if self.hi_ms is None else min(at_least, self.hi_ms)


def _bounds(facts: TapFacts, policy: EvidencePolicy, show: Callable[[int], Moment]) -> _Bounds:
    steps: list[Reason] = []
    lo_ms = None
    if facts.anchor is not None:
        lo_ms = facts.anchor.at_ms - facts.anchor.error_ms
        steps.append(because(ReasonCode.SIGNED_BEFORE, at=show(facts.anchor.at_ms)))
    uppers: list[int] = []
    if facts.countersigned_at_ms is not None:
        uppers.append(facts.countersigned_at_ms + facts.countersign_error_ms)
        steps.append(because(ReasonCode.COUNTERSIGNED, at=show(facts.countersigned_at_ms)))
    if facts.received_at_ms is None:
        steps.append(because(ReasonCode.NOT_RECEIVED))
    else:
        uppers.append(facts.received_at_ms + facts.gate_error_ms)
        steps.append(because(ReasonCode.RECEIVED, at=show(facts.received_at_ms)))
    widest_ms = max(facts.gate_error_ms, facts.anchor.error_ms if facts.anchor else 0)
    if widest_ms > policy.skew_tolerance_ms:
        steps.append(because(ReasonCode.GATE_CLOCK_WIDE, seconds=_seconds(widest_ms)))
    return _in_order(lo_ms, min(uppers, default=None), tuple(steps))


def _in_order(lo_ms: int | None, hi_ms: int | None, steps: tuple[Reason, ...]) -> _Bounds:
    """A punch cannot carry a time younger than its receipt: then a clock of ours was wrong, and both ends stay open."""
    if lo_ms is not None and hi_ms is not None and lo_ms > hi_ms:
        return _Bounds(hi_ms, lo_ms, crossed=True, steps=steps)
    return _Bounds(lo_ms, hi_ms, crossed=False, steps=steps)


def _clamp_steps(claimed_ms: int, judged_ms: int, show: Callable[[int], Moment]) -> tuple[Reason, ...]:
    if judged_ms == claimed_ms:
        return ()
    code = ReasonCode.CLAMPED_TO_LO if judged_ms > claimed_ms else ReasonCode.CLAMPED_TO_HI
    return (because(code, claimed=show(claimed_ms), judged=show(judged_ms)),)


# --- what speaks against the claim -----------------------------------------------------------------------------------


def _hard_contradictions(
    claimed_ms: int, bounds: _Bounds, policy: EvidencePolicy, show: Callable[[int], Moment]
) -> tuple[Reason, ...]:
    """The claim against the signed bounds themselves; a difference that would not even be corrected says nothing."""
    if bounds.crossed:
        return (because(ReasonCode.BOUNDS_CROSS),)
    if bounds.lo_ms is not None and claimed_ms < bounds.lo_ms - policy.skew_tolerance_ms:
        return (because(ReasonCode.CLAIM_BEFORE_SIGNED, claimed=show(claimed_ms), signed=show(bounds.lo_ms)),)
    if bounds.hi_ms is not None and claimed_ms > bounds.hi_ms + policy.skew_tolerance_ms:
        return (because(ReasonCode.CLAIM_AFTER_RECEIPT, claimed=show(claimed_ms), received=show(bounds.hi_ms)),)
    return ()


def _soft_contradictions(facts: TapFacts, policy: EvidencePolicy) -> tuple[Reason, ...]:
    """The wall clock against the page's monotonic clock, within one life of the page; and a skew too old to trust."""
    found: list[Reason] = []
    if facts.anchor is not None and facts.anchor.clock_state is ClockState.OK:
        found += _against_anchor(facts, facts.anchor, policy)
        found += _against_delivery(facts, facts.anchor, policy)
    return tuple(found)


def _against_anchor(facts: TapFacts, anchor: SignedTime, policy: EvidencePolicy) -> list[Reason]:
    if _same_life(facts, anchor):
        lost_ms = (facts.mono_ms - anchor.mono_ms) - (facts.wall_ms - anchor.wall_ms)
        turned_back = lost_ms > policy.elapsed_tolerance_ms
        return [because(ReasonCode.CLOCK_TURNED_BACK, seconds=_seconds(lost_ms))] if turned_back else []
    # Across two lives of the page a large skew may have been repaired in between, so it proves nothing either way.
    skew_ms = anchor.at_ms - anchor.wall_ms
    unsteady = abs(skew_ms) > policy.elapsed_tolerance_ms
    return [because(ReasonCode.CLOCK_NOT_STEADY, seconds=_seconds(skew_ms))] if unsteady else []


def _against_delivery(facts: TapFacts, anchor: SignedTime, policy: EvidencePolicy) -> list[Reason]:
    """Sleep only shortens elapsed time, so `delivered - elapsed` is never before an honest tap."""
    if facts.delivery is None or facts.delivery.origin_ms != facts.origin_ms:
        return []
    latest_ms = facts.delivery.at_ms + facts.delivery.error_ms - (facts.delivery.mono_ms - facts.mono_ms)
    ahead_ms = facts.wall_ms + (anchor.at_ms - anchor.wall_ms) - latest_ms
    ahead = ahead_ms > policy.elapsed_tolerance_ms
    return [because(ReasonCode.CLOCK_RUNS_AHEAD, seconds=_seconds(ahead_ms))] if ahead else []


def _elapsed_steps(facts: TapFacts, contradictions: tuple[Reason, ...]) -> tuple[Reason, ...]:
    if contradictions or facts.anchor is None or not _same_life(facts, facts.anchor):
        return ()
    minutes = (facts.mono_ms - facts.anchor.mono_ms) // MS_PER_MINUTE
    return (because(ReasonCode.ELAPSED_AGREES, minutes=minutes),)


# --- the grade -------------------------------------------------------------------------------------------------------


def _grade(claimed_ms: int, facts: TapFacts, policy: EvidencePolicy, *, contradicted: bool) -> tuple[Grade, Reason]:
    if _is_prompt(claimed_ms, facts, policy.prompt_ms):
        waited_ms = max(0, (facts.received_at_ms or claimed_ms) - claimed_ms)
        return Grade.A, because(ReasonCode.GRADE_A, seconds=_seconds(waited_ms))
    if _is_witnessed(claimed_ms, facts, policy):
        return Grade.B, because(ReasonCode.GRADE_B)
    if facts.source is Source.FILE:
        # A machine's own clock at the work place, which nobody signed: better than a phone's word, less than a witness.
        return Grade.D, because(ReasonCode.GRADE_FILE)
    if contradicted or facts.anchor is None:
        return Grade.E, because(ReasonCode.GRADE_E)
    if _is_bracketed(facts, facts.anchor):
        return Grade.C, because(ReasonCode.GRADE_C)
    return Grade.D, because(ReasonCode.GRADE_D)


def _is_prompt(claimed_ms: int, facts: TapFacts, prompt_ms: int) -> bool:
    """Received within seconds of the claimed tap, give or take what our own clock may be wrong by."""
    if facts.received_at_ms is None or facts.source in {Source.FILE, Source.MANUAL_LIST}:
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
) -> tuple[Grade, tuple[Reason, ...]]:
    """D counts as C where the system itself was the obstacle; where there is no signal, a clean E as D."""
    if grade is Grade.D and any(judged_ms in outage for outage in context.outages):
        return Grade.C, (because(ReasonCode.COUNTS_IN_OUTAGE),)
    if context.site_without_signal and grade is Grade.D:
        return Grade.C, (because(ReasonCode.COUNTS_WITHOUT_SIGNAL),)
    if context.site_without_signal and grade is Grade.E and not contradicted:
        return Grade.D, (because(ReasonCode.COUNTS_WITHOUT_SIGNAL),)
    return grade, ()


def _error_ms(grade: Grade, facts: TapFacts) -> int:
    """How wrong the clocks of ours that vouch for this tap may be."""
    if grade is Grade.A:
        return facts.gate_error_ms
    if grade is Grade.B:
        return facts.countersign_error_ms
    return max(facts.gate_error_ms, facts.anchor.error_ms if facts.anchor else 0)


def _clock_of(zone: str, day_ms: int) -> Callable[[int], Moment]:
    return lambda at_ms: Moment(at_ms, zone, day_ms)


def _seconds(span_ms: int) -> int:
    return span_ms // MS_PER_SECOND if span_ms >= 0 else -(-span_ms // MS_PER_SECOND)
