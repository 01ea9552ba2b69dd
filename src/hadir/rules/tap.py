"""What is known of one tap, before it is weighed: where and when it was made, and which clocks speak for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from hadir.rules.clocks import Period


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


class Binding(StrEnum):
    """For whom a signed time was fetched, as its nonce says (docs/record-format.md section 7)."""

    UNBOUND = "unbound"
    """For nobody in particular: a phone of before bindings, or another program."""
    BOUND = "bound"
    """For the device that signed the tap."""
    FOREIGN = "foreign"
    """For another device."""


class TokenRule(StrEnum):
    """Which signed times lift a tap, by the day (`evidence.tokens` in a policy file)."""

    ANY = "any"
    BOUND_BY_SHELL = "bound_by_shell"
    """Those of phones that bind their times must be bound and of the day; older phones are believed as they were."""
    BOUND = "bound"
    """Bound and of the day, whichever phone."""


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
    binding: Binding = Binding.UNBOUND


class DeliveryFacts(Struct, frozen=True, kw_only=True):
    """The phone's delivery statement: its two clocks when it got a newer signed time, after the tap.

    `wall_ms` is None where nobody noted the wall clock; it then shows nothing of its steadiness.
    """

    mono_ms: int
    origin_ms: int
    at_ms: int
    error_ms: int
    wall_ms: int | None = None
    binding: Binding = Binding.UNBOUND


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
    and the elapsed time may disagree before that is a contradiction. `second_time_ms`: from the receipt to the second
    signed time, for C. `claim_age_days`: a claim that is older at its receipt goes to the superior. `tokens`: which
    signed times lift a tap; the two before it count only where that is asked.
    """

    prompt_ms: int
    witness_ms: int
    terminal_skew_ms: int
    skew_tolerance_ms: int
    elapsed_tolerance_ms: int
    second_time_ms: int
    claim_age_days: int
    tokens: TokenRule


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceContext:
    """What is known around the tap: outages the system measured, the site, the policy, and the work place's zone."""

    policy: EvidencePolicy
    zone: str
    outages: tuple[Period, ...] = ()
    site_without_signal: bool = False
