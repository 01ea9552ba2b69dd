"""One step of the reasoning: a code, what it speaks of, and the article it rests on.

The sentences live in `texts/rules.json`, in Indonesian and English; here stand only codes and the names of their
parameters, so that no sentence can be rendered with a parameter missing (a test compares the two lists).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from hadir.rules.clocks import Moment

Param = int | str | Moment


class ReasonCode(StrEnum):
    """Every sentence a verdict can say. The value is the key in `texts/rules.json`."""

    # What the time evidence of one tap is made of.
    SIGNED_BEFORE = "evidence.signed_before"
    RECEIVED = "evidence.received"
    NOT_RECEIVED = "evidence.not_received"
    COUNTERSIGNED = "evidence.countersigned"
    SKEW_CORRECTED = "evidence.skew_corrected"
    SKEW_NOT_TRUSTED = "evidence.skew_not_trusted"
    ELAPSED_AGREES = "evidence.elapsed_agrees"
    CLOCK_STEADY = "evidence.clock_steady"
    GATE_CLOCK_WIDE = "evidence.gate_clock_wide"
    CLAMPED_TO_LO = "evidence.clamped_to_lo"
    CLAMPED_TO_HI = "evidence.clamped_to_hi"
    GRADE_A = "evidence.grade_a"
    GRADE_B = "evidence.grade_b"
    GRADE_C = "evidence.grade_c"
    GRADE_D = "evidence.grade_d"
    GRADE_E = "evidence.grade_e"
    GRADE_FILE = "evidence.grade_file"
    COUNTS_IN_OUTAGE = "evidence.counts_in_outage"
    COUNTS_WITHOUT_SIGNAL = "evidence.counts_without_signal"
    CLAIM_CAME_LATE = "evidence.claim_came_late"
    TIME_NOT_ITS_OWN = "evidence.time_not_its_own"
    TIME_OF_ANOTHER_DAY = "evidence.time_of_another_day"

    # What speaks against the claimed time.
    CLAIM_BEFORE_SIGNED = "contradiction.claim_before_signed"
    CLAIM_AFTER_RECEIPT = "contradiction.claim_after_receipt"
    CLOCK_TURNED_BACK = "contradiction.clock_turned_back"
    CLOCK_RUNS_AHEAD = "contradiction.clock_runs_ahead"
    CLOCK_NOT_STEADY = "contradiction.clock_not_steady"
    BOUNDS_CROSS = "contradiction.bounds_cross"

    # What was owed.
    DUTY_OWED = "duty.owed"
    DUTY_OFF = "duty.off"
    DUTY_HOLIDAY = "duty.holiday"
    DUTY_HOLIDAY_PROVISIONAL = "duty.holiday_provisional"
    DUTY_NIGHT_BEFORE = "duty.night_before"
    DUTY_NO_SHIFT = "duty.no_shift"
    DUTY_NOT_YET_OBLIGED = "duty.not_yet_obliged"
    DUTY_NO_ASSIGNMENT = "duty.no_assignment"
    DUTY_RAMADAN = "duty.ramadan"
    DUTY_RAMADAN_PROVISIONAL = "duty.ramadan_provisional"
    DUTY_CIRCULAR = "duty.circular"
    DUTY_CIRCULAR_LATE = "duty.circular_late"
    DUTY_REMOTE = "duty.remote"
    DUTY_DYNAMIC = "duty.dynamic"
    DUTY_DOUBLE = "duty.double"
    DUTY_OF_DAY_BEFORE = "duty.of_day_before"
    DUTY_NO_CALENDAR = "duty.no_calendar"
    DUTY_CALENDAR_PROVISIONAL = "duty.calendar_provisional"
    FLEX_MOVED = "flex.moved"
    FLEX_EARLIER = "flex.earlier"
    FLEX_USED_UP = "flex.used_up"

    # What each tap is.
    TAP_REPEATED = "tap.repeated"
    TAP_WITNESS = "tap.witness"
    TAP_TAKEN_AS_IN = "tap.taken_as_in"
    TAP_TAKEN_AS_OUT = "tap.taken_as_out"
    TAP_AFTER_NOON = "tap.after_noon"
    TAP_OTHER_SITE = "tap.other_site"

    # What the arrival is.
    ARRIVAL_ON_TIME = "arrival.on_time"
    ARRIVAL_LATE = "arrival.late"
    ARRIVAL_BELOW = "arrival.below"
    ARRIVAL_MILDER = "arrival.milder"
    ARRIVAL_NONE = "arrival.none"
    ARRIVAL_SEEN = "arrival.seen"
    ARRIVAL_UNCREDITED = "arrival.uncredited"
    ARRIVAL_AS_IF = "arrival.as_if"
    ARRIVAL_APPLIED = "arrival.applied"
    ARRIVAL_NOT_YET = "arrival.not_yet"
    ARRIVAL_WRONG_BUTTON = "arrival.wrong_button"
    ARRIVAL_BY_WRONG_BUTTON = "arrival.by_wrong_button"
    ARRIVAL_OUTSIDE_WINDOW = "arrival.outside_window"
    ARRIVAL_EXCUSED = "arrival.excused"
    ARRIVAL_EXCUSED_PART = "arrival.excused_part"
    ARRIVAL_COVERED = "arrival.covered"
    ARRIVAL_COVERED_PART = "arrival.covered_part"
    ARRIVAL_DARK = "arrival.dark"
    ARRIVAL_PROVEN = "arrival.proven"
    ARRIVAL_PROVEN_LIFTED = "arrival.proven_lifted"
    ARRIVAL_DOUBTED = "arrival.doubted"

    # What the departure is.
    DEPARTURE_ON_TIME = "departure.on_time"
    DEPARTURE_EARLY = "departure.early"
    DEPARTURE_BELOW = "departure.below"
    DEPARTURE_MILDER = "departure.milder"
    DEPARTURE_NONE = "departure.none"
    DEPARTURE_SEEN = "departure.seen"
    DEPARTURE_UNCREDITED = "departure.uncredited"
    DEPARTURE_AS_IF = "departure.as_if"
    DEPARTURE_APPLIED = "departure.applied"
    DEPARTURE_NOT_YET = "departure.not_yet"
    DEPARTURE_WRONG_BUTTON = "departure.wrong_button"
    DEPARTURE_OUTSIDE_WINDOW = "departure.outside_window"
    DEPARTURE_EXCUSED = "departure.excused"
    DEPARTURE_EXCUSED_PART = "departure.excused_part"
    DEPARTURE_COVERED = "departure.covered"
    DEPARTURE_COVERED_PART = "departure.covered_part"
    DEPARTURE_DARK = "departure.dark"
    DEPARTURE_DOUBTED = "departure.doubted"

    # What remains uncertain, and whom it concerns.
    UNCERTAIN_CLOCK = "uncertain.clock"
    UNCERTAIN_SAMPLE = "uncertain.sample"
    UNCERTAIN_ASK = "uncertain.ask"
    IDENTITY_AWAITS = "identity.awaits_reason"
    IDENTITY_REVOKED = "identity.revoked_reason"

    # The day as a whole under an excuse, and its ceremonies.
    DAY_EXCUSED = "day.excused"
    DAY_REACHED = "day.reached"
    DAY_UNPAID = "day.unpaid"
    DAY_WORKED_ANYWAY = "day.worked_anyway"
    EXCUSE_REFUSED = "excuse.refused"
    EXCUSE_COVERS = "excuse.covers"
    EXCUSE_CHANGES_NOTHING = "excuse.changes_nothing"
    EXCUSE_LOWERS = "excuse.lowers"
    OUTAGE_LOWERS = "outage.lowers"
    CEREMONY_ATTENDED = "ceremony.attended"
    CEREMONY_MISSED = "ceremony.missed"
    CEREMONY_MISSED_FREE = "ceremony.missed_free"
    CEREMONY_EXCUSED = "ceremony.excused"
    CEREMONY_NOT_YET = "ceremony.not_yet"

    # What it costs.
    ABSENT = "deduction.absent"
    ABSENT_SHARE = "deduction.absent_share"
    CREDIT_SHARE = "deduction.credit_share"
    ABSENT_PART = "deduction.absent_part"  # this and the next one are said by verdicts that 0.2 kept
    CREDIT_PRICED = "deduction.credited"
    CAPPED = "deduction.capped"
    DEDUCTION = "deduction.total"
    DEDUCTION_TOGETHER = "deduction.together"
    NO_DEDUCTION = "deduction.none"
    PROVISIONAL = "verdict.provisional"

    # What the reasons rest on.
    LAW_BORROWED = "law.borrowed_from"
    LAW_UNREAD = "law.unread"

    # A day reckoned step by step (`steps.py`); no verdict says them.
    STEP_OWED = "step.owed"
    STEP_BREAK = "step.break"
    STEP_NOTHING_CREDITED = "step.nothing_credited"
    STEP_CREDITED = "step.credited"
    STEP_CREDITED_HALF = "step.credited_half"
    STEP_CREDITED_OUTAGE = "step.credited_outage"
    STEP_PRESENCE = "step.presence"
    STEP_ONLY_ARRIVAL = "step.only_arrival"
    STEP_ONLY_DEPARTURE = "step.only_departure"
    STEP_NO_PRESENCE = "step.no_presence"
    STEP_LEFT = "step.left"
    STEP_NOTHING_LEFT = "step.nothing_left"
    STEP_LATE = "step.late"
    STEP_NOT_LATE = "step.not_late"
    STEP_NO_ARRIVAL = "step.no_arrival"
    STEP_ARRIVAL_UNDECIDED = "step.arrival_undecided"
    STEP_EARLY = "step.early"
    STEP_NOT_EARLY = "step.not_early"
    STEP_NO_DEPARTURE = "step.no_departure"
    STEP_DEPARTURE_UNDECIDED = "step.departure_undecided"
    STEP_CAP = "step.cap"
    STEP_RESULT = "step.result"

    # The one line that a person sees first.
    HEADLINE_ON_TIME = "headline.on_time"
    HEADLINE_ON_TIME_UNPROVEN = "headline.on_time_unproven"
    HEADLINE_LATE = "headline.late"
    HEADLINE_LATE_PROVISIONAL = "headline.late_provisional"
    HEADLINE_EARLY = "headline.early"
    HEADLINE_EARLY_PROVISIONAL = "headline.early_provisional"
    HEADLINE_NO_ARRIVAL = "headline.no_arrival"
    HEADLINE_NO_DEPARTURE = "headline.no_departure"
    HEADLINE_NOT_YET_ARRIVAL = "headline.not_yet_arrival"
    HEADLINE_NOT_YET_DEPARTURE = "headline.not_yet_departure"
    HEADLINE_EXCUSED = "headline.excused"
    HEADLINE_COVERED = "headline.covered"
    HEADLINE_UNDECIDED = "headline.undecided"
    HEADLINE_ASKED = "headline.asked"


_CODE_MINUTES_AT = ("at", "code", "minutes")

# Codes that are not listed here take no parameter.
PARAMS: Mapping[ReasonCode, tuple[str, ...]] = {
    ReasonCode.SIGNED_BEFORE: ("at",),
    ReasonCode.RECEIVED: ("at",),
    ReasonCode.COUNTERSIGNED: ("at",),
    ReasonCode.SKEW_CORRECTED: ("seconds",),
    ReasonCode.SKEW_NOT_TRUSTED: ("seconds",),
    ReasonCode.ELAPSED_AGREES: ("minutes",),
    ReasonCode.CLOCK_STEADY: ("seconds",),
    ReasonCode.GATE_CLOCK_WIDE: ("seconds",),
    ReasonCode.CLAMPED_TO_LO: ("claimed", "judged"),
    ReasonCode.CLAMPED_TO_HI: ("claimed", "judged"),
    ReasonCode.GRADE_A: ("seconds",),
    ReasonCode.CLAIM_BEFORE_SIGNED: ("claimed", "signed"),
    ReasonCode.CLAIM_AFTER_RECEIPT: ("claimed", "received"),
    ReasonCode.CLOCK_TURNED_BACK: ("seconds",),
    ReasonCode.CLOCK_RUNS_AHEAD: ("seconds",),
    ReasonCode.CLOCK_NOT_STEADY: ("seconds",),
    ReasonCode.DUTY_OWED: ("end", "start"),
    ReasonCode.DUTY_HOLIDAY: ("holiday",),
    ReasonCode.DUTY_HOLIDAY_PROVISIONAL: ("holiday",),
    ReasonCode.DUTY_NIGHT_BEFORE: ("shift",),
    ReasonCode.DUTY_NOT_YET_OBLIGED: ("from_",),
    ReasonCode.DUTY_CIRCULAR: ("circular",),
    ReasonCode.DUTY_CIRCULAR_LATE: ("circular",),
    ReasonCode.DUTY_REMOTE: ("code",),
    ReasonCode.DUTY_DYNAMIC: ("hours",),
    ReasonCode.DUTY_DOUBLE: ("shifts",),
    ReasonCode.DUTY_OF_DAY_BEFORE: ("shift",),
    ReasonCode.DUTY_NO_CALENDAR: ("year",),
    ReasonCode.DUTY_CALENDAR_PROVISIONAL: ("year",),
    ReasonCode.FLEX_MOVED: ("end", "minutes"),
    ReasonCode.FLEX_EARLIER: ("end", "minutes"),
    ReasonCode.FLEX_USED_UP: ("times",),
    ReasonCode.TAP_REPEATED: ("at", "counted"),
    ReasonCode.TAP_WITNESS: ("at", "counted"),
    ReasonCode.TAP_TAKEN_AS_IN: ("at",),
    ReasonCode.TAP_TAKEN_AS_OUT: ("at",),
    ReasonCode.TAP_AFTER_NOON: ("after", "at"),
    ReasonCode.TAP_OTHER_SITE: ("at", "site"),
    ReasonCode.DAY_EXCUSED: ("code", "excuse", "percent"),
    ReasonCode.DAY_REACHED: ("code", "excuse", "from_", "until"),
    ReasonCode.DAY_UNPAID: ("code",),
    ReasonCode.DAY_WORKED_ANYWAY: ("code", "excuse"),
    ReasonCode.EXCUSE_REFUSED: ("code", "excuse"),
    ReasonCode.EXCUSE_COVERS: ("code", "excuse", "from_", "until"),
    ReasonCode.EXCUSE_CHANGES_NOTHING: ("code", "excuse", "from_", "until"),
    ReasonCode.EXCUSE_LOWERS: ("code", "excuse", "from_", "percent", "until"),
    ReasonCode.OUTAGE_LOWERS: ("excuse", "from_", "percent", "until"),
    ReasonCode.CEREMONY_ATTENDED: ("at", "name"),
    ReasonCode.CEREMONY_MISSED: ("code", "from_", "name", "percent", "until"),
    ReasonCode.CEREMONY_MISSED_FREE: ("code", "from_", "name", "until"),
    ReasonCode.CEREMONY_EXCUSED: ("name",),
    ReasonCode.CEREMONY_NOT_YET: ("name",),
    ReasonCode.ARRIVAL_ON_TIME: ("at",),
    ReasonCode.ARRIVAL_LATE: _CODE_MINUTES_AT,
    ReasonCode.ARRIVAL_BELOW: ("at", "minutes"),
    ReasonCode.ARRIVAL_MILDER: ("at",),
    ReasonCode.ARRIVAL_NONE: ("code",),
    ReasonCode.ARRIVAL_SEEN: ("at",),
    ReasonCode.ARRIVAL_UNCREDITED: ("at", "minutes"),
    ReasonCode.ARRIVAL_AS_IF: ("at", "excuse"),
    ReasonCode.ARRIVAL_APPLIED: ("code", "minutes"),
    ReasonCode.ARRIVAL_WRONG_BUTTON: ("at",),
    ReasonCode.ARRIVAL_BY_WRONG_BUTTON: ("at", "recorded"),
    ReasonCode.ARRIVAL_OUTSIDE_WINDOW: ("at",),
    ReasonCode.ARRIVAL_EXCUSED: ("excuse", "from_", "until"),
    ReasonCode.ARRIVAL_EXCUSED_PART: ("excuse", "from_", "minutes", "until"),
    ReasonCode.ARRIVAL_COVERED: ("code", "excuse", "from_", "until"),
    ReasonCode.ARRIVAL_COVERED_PART: ("code", "excuse", "from_", "minutes", "until"),
    ReasonCode.ARRIVAL_DARK: ("due", "source"),
    ReasonCode.DEPARTURE_ON_TIME: ("at",),
    ReasonCode.DEPARTURE_EARLY: _CODE_MINUTES_AT,
    ReasonCode.DEPARTURE_BELOW: ("at", "minutes"),
    ReasonCode.DEPARTURE_MILDER: ("at",),
    ReasonCode.DEPARTURE_NONE: ("code",),
    ReasonCode.DEPARTURE_SEEN: ("at",),
    ReasonCode.DEPARTURE_UNCREDITED: ("at", "minutes"),
    ReasonCode.DEPARTURE_AS_IF: ("at", "excuse"),
    ReasonCode.DEPARTURE_APPLIED: ("code", "minutes"),
    ReasonCode.DEPARTURE_WRONG_BUTTON: ("at",),
    ReasonCode.DEPARTURE_OUTSIDE_WINDOW: ("at",),
    ReasonCode.DEPARTURE_EXCUSED: ("excuse", "from_", "until"),
    ReasonCode.DEPARTURE_EXCUSED_PART: ("excuse", "from_", "minutes", "until"),
    ReasonCode.DEPARTURE_COVERED: ("code", "excuse", "from_", "until"),
    ReasonCode.DEPARTURE_COVERED_PART: ("code", "excuse", "from_", "minutes", "until"),
    ReasonCode.DEPARTURE_DARK: ("due", "source"),
    ReasonCode.UNCERTAIN_CLOCK: ("seconds",),
    ReasonCode.UNCERTAIN_SAMPLE: ("hi", "lo"),
    ReasonCode.UNCERTAIN_ASK: ("hi", "lo"),
    ReasonCode.ARRIVAL_PROVEN: ("at",),
    ReasonCode.ARRIVAL_PROVEN_LIFTED: ("at", "excuse"),
    ReasonCode.ABSENT: ("code", "percent"),
    ReasonCode.ABSENT_SHARE: ("amount", "code", "minutes", "owed", "percent"),
    ReasonCode.CREDIT_SHARE: ("amount", "code", "excuse", "minutes", "owed", "percent"),
    ReasonCode.ABSENT_PART: ("code", "minutes", "owed", "percent"),
    ReasonCode.CREDIT_PRICED: ("code", "excuse", "minutes", "owed", "percent"),
    ReasonCode.CAPPED: ("percent",),
    ReasonCode.DEDUCTION: ("parts", "percent"),
    ReasonCode.DEDUCTION_TOGETHER: ("parts", "percent"),
    ReasonCode.LAW_BORROWED: ("regulations",),
    ReasonCode.LAW_UNREAD: ("regulations",),
    ReasonCode.STEP_OWED: ("from_", "minutes", "until"),
    ReasonCode.STEP_BREAK: ("from_", "until"),
    ReasonCode.STEP_CREDITED: ("code", "excuse", "from_", "percent", "until"),
    ReasonCode.STEP_CREDITED_HALF: ("code", "excuse", "from_", "percent", "until"),
    ReasonCode.STEP_CREDITED_OUTAGE: ("excuse", "from_", "until"),
    ReasonCode.STEP_PRESENCE: ("from_", "until"),
    ReasonCode.STEP_ONLY_ARRIVAL: ("at",),
    ReasonCode.STEP_ONLY_DEPARTURE: ("at",),
    ReasonCode.STEP_LEFT: ("from_", "minutes", "until"),
    ReasonCode.STEP_LATE: ("code", "minutes", "percent"),
    ReasonCode.STEP_NO_ARRIVAL: ("code", "percent"),
    ReasonCode.STEP_EARLY: ("code", "minutes", "percent"),
    ReasonCode.STEP_NO_DEPARTURE: ("code", "percent"),
    ReasonCode.STEP_CAP: ("percent",),
    ReasonCode.STEP_RESULT: ("code", "percent"),
    ReasonCode.HEADLINE_LATE: ("code", "minutes"),
    ReasonCode.HEADLINE_LATE_PROVISIONAL: ("code", "minutes"),
    ReasonCode.HEADLINE_EARLY: ("code", "minutes"),
    ReasonCode.HEADLINE_EARLY_PROVISIONAL: ("code", "minutes"),
    ReasonCode.HEADLINE_NO_ARRIVAL: ("code",),
    ReasonCode.HEADLINE_NO_DEPARTURE: ("code",),
    ReasonCode.HEADLINE_COVERED: ("code",),
}


class Reason(Struct, frozen=True):
    """One sentence of a verdict, not yet put into words.

    `params` are pairs sorted by name (hashable, so that verdicts compare); `article` names the law or the decision
    that the step rests on, or is None where the step only states a fact.
    """

    code: ReasonCode
    params: tuple[tuple[str, Param], ...] = ()
    article: str | None = None

    @property
    def mapping(self) -> dict[str, int | str]:
        """The parameters for `str.format`; here moments become clock times."""
        return {name: str(value) if isinstance(value, Moment) else value for name, value in self.params}


def plain(percent: Decimal) -> str:
    """`2`, `0.5`: a number without trailing zeros."""
    return f"{percent.normalize():f}"


def because(why: ReasonCode, article: str | None = None, /, **params: Param) -> Reason:
    """A reason with its parameters checked against `PARAMS`; a wrong name is our own mistake and stops the program."""
    names = PARAMS.get(why, ())
    assert len(params) == len(names), f"{why} takes {names}, not {sorted(params)}"
    return Reason(why, tuple([(name, params[name]) for name in names]), article)
