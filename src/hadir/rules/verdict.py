"""What the rules say of one person-day: the values of a verdict."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum, StrEnum

from msgspec import Struct

from hadir.rules.evidence import Direction, Evidence
from hadir.rules.policy import PolicyVersion
from hadir.rules.reasons import Reason, ReasonCode, because


class Side(StrEnum):
    """The two halves of a day."""

    ARRIVAL = "arrival"
    DEPARTURE = "departure"


class DayStatus(StrEnum):
    """The day as a whole. The value's text stands in `texts/rules.json` as `status.<value>`."""

    PRESENT = "present"
    NOT_YET = "not_yet"
    ABSENT = "absent"
    EXCUSED = "excused"
    OFF_DUTY = "off_duty"
    UNDECIDED = "undecided"


class PartStatus(StrEnum):
    """One half of the day. `SHORT` is late for an arrival, early for a departure. Texts: `part.<value>`."""

    ON_TIME = "on_time"
    SHORT = "short"
    NO_PUNCH = "no_punch"
    NOT_YET = "not_yet"
    EXCUSED = "excused"
    UNDECIDED = "undecided"


class Review(IntEnum):
    """Whether a person should look. A higher number is the more urgent; silence never deducts."""

    NONE = 0
    SAMPLE = 1
    ASK_SUPERIOR = 2

    @property
    def word(self) -> str:
        """The key of the text."""
        return f"review.{self.name.lower()}"


class Identity(StrEnum):
    """Whether the keys of the counted taps are confirmed; of several words the last here. Never changes a time grade.

    Texts: `identity.<value>`.
    """

    CONFIRMED = "confirmed"
    AWAITS_CONFIRMATION = "awaits_confirmation"
    REVOKED_KEY = "revoked_key"


class Suggestion(StrEnum):
    """What to offer the person. Texts: `suggest.<value>`."""

    RECORD_IN = "record_in"
    RECORD_OUT = "record_out"


class TapRole(StrEnum):
    """What became of each tap of the day; none disappears. Texts: `role.<value>`."""

    ARRIVAL = "arrival"
    DEPARTURE = "departure"
    REPEATED = "repeated"
    WRONG_BUTTON = "wrong_button"
    OUTSIDE_WINDOW = "outside_window"
    WITNESS = "witness"


class ListedTap(Struct, frozen=True, kw_only=True):
    """A tap of the day, the time that counts for it, and what it was taken for."""

    ref: str
    direction: Direction
    judged_ms: int
    role: TapRole


class PartVerdict(Struct, frozen=True, kw_only=True):
    """One half of the day.

    `class_code` is a code of the policy's table (TL1, PSW4) or None; `minutes` are those that count, after excuses;
    `percent` what the class costs; `tap_ref` and `evidence` belong to the counted tap, if there is one; `counted_ms` is
    the time the class was reckoned from, milder than the judged time where the uncertainty demands it; `excuse_code`
    the code of the excuse that lifted most (None: an outage, or none).
    """

    side: Side
    status: PartStatus
    class_code: str | None
    minutes: int
    percent: Decimal
    tap_ref: str | None
    counted_ms: int | None
    evidence: Evidence | None
    review: Review
    excuses: tuple[str, ...]
    reasons: tuple[Reason, ...]
    excuse_code: str | None = None

    def headline(self, *, provisional: bool) -> Reason:
        """The one line to show: `Terlambat 12 menit (TL1), sementara`."""
        return _headline(self, provisional=provisional)


class Attendance(StrEnum):
    """What became of a ceremony for one person."""

    ATTENDED = "attended"
    MISSED = "missed"
    EXCUSED = "excused"
    NOT_YET = "not_yet"


class CeremonyVerdict(Struct, frozen=True, kw_only=True):
    """One ceremony (apel, upacara) of the day: its name, its row of the policy, and what missing it costs."""

    name: str
    code: str
    attendance: Attendance
    percent: Decimal


class Verdict(Struct, frozen=True, kw_only=True):
    """What the rules say of one person-day, and why.

    `arrival` and `departure` are None on a day off. `deduction_percent` is of the policy's base. `provisional` holds
    until the month closes. `reasons` are all steps in order. `version` names the rules, so that the same records give
    the same verdict again. `code` is the letter of the month's recap (H, DL, TK). `ceremonies` are those of the day.
    `flex_used`: a later arrival was made up by the rule of flexible time, which may be limited in a month.
    """

    status: DayStatus
    arrival: PartVerdict | None
    departure: PartVerdict | None
    deduction_percent: Decimal
    provisional: bool
    review: Review
    identity: Identity
    suggest: Suggestion | None
    taps: tuple[ListedTap, ...]
    reasons: tuple[Reason, ...]
    version: PolicyVersion
    code: str = ""
    excuses: tuple[str, ...] = ()
    ceremonies: tuple[CeremonyVerdict, ...] = ()
    flex_used: bool = False


_BY_STATUS = {
    PartStatus.ON_TIME: (ReasonCode.HEADLINE_ON_TIME, ReasonCode.HEADLINE_ON_TIME),
    PartStatus.NOT_YET: (ReasonCode.HEADLINE_NOT_YET_ARRIVAL, ReasonCode.HEADLINE_NOT_YET_DEPARTURE),
    PartStatus.EXCUSED: (ReasonCode.HEADLINE_EXCUSED, ReasonCode.HEADLINE_EXCUSED),
    PartStatus.UNDECIDED: (ReasonCode.HEADLINE_UNDECIDED, ReasonCode.HEADLINE_UNDECIDED),
    PartStatus.NO_PUNCH: (ReasonCode.HEADLINE_NO_ARRIVAL, ReasonCode.HEADLINE_NO_DEPARTURE),
}
_SHORT = {
    (Side.ARRIVAL, False): ReasonCode.HEADLINE_LATE,
    (Side.ARRIVAL, True): ReasonCode.HEADLINE_LATE_PROVISIONAL,
    (Side.DEPARTURE, False): ReasonCode.HEADLINE_EARLY,
    (Side.DEPARTURE, True): ReasonCode.HEADLINE_EARLY_PROVISIONAL,
}


def _headline(part: PartVerdict, *, provisional: bool) -> Reason:
    if part.status is PartStatus.SHORT:
        return because(_SHORT[part.side, provisional], code=str(part.class_code), minutes=part.minutes)
    if part.status is PartStatus.ON_TIME and part.review is Review.ASK_SUPERIOR:
        return because(ReasonCode.HEADLINE_ON_TIME_UNPROVEN)
    if part.status is PartStatus.UNDECIDED and part.review is Review.ASK_SUPERIOR:
        return because(ReasonCode.HEADLINE_ASKED)
    if part.status is PartStatus.EXCUSED and part.excuse_code is not None:
        return because(ReasonCode.HEADLINE_COVERED, code=part.excuse_code)
    code = _BY_STATUS[part.status][part.side is Side.DEPARTURE]
    return because(code, code=str(part.class_code)) if part.status is PartStatus.NO_PUNCH else because(code)
