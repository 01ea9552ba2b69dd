"""WHAT IT MEANS: the regulation as functions. Pure, no I/O, no clock.

    facts of a tap ──weigh_tap──► WeighedTap ─┐
    duty, date ─────owed────────► DutyDay ────┼─judge_day──► Verdict, with its reasons
    policy files ───parse_policies, on(date)─► Policy ─────┘

See docs/rules.md for how a day is judged and for the formats of policies and cases.
"""

from hadir.rules.calendars import (
    Calendar,
    CalendarFileError,
    FreeDay,
    FreeDayKind,
    Season,
    parse_calendars,
)
from hadir.rules.case_file import parse_cases
from hadir.rules.cases import Case, CaseFileError, CaseResult, Difference, run_case
from hadir.rules.ceremony import Ceremony
from hadir.rules.clocks import Period, instant_ms, local_day
from hadir.rules.duty import Duty, DutyDay, DutyKind, DutyRow, Weekday, owed, shift_day
from hadir.rules.evidence import (
    ClockState,
    DeliveryFacts,
    Direction,
    Evidence,
    EvidenceContext,
    EvidencePolicy,
    Grade,
    SignedTime,
    Source,
    TapFacts,
    WeighedTap,
    weigh,
    weigh_tap,
)
from hadir.rules.excuse import Excuse, ExcuseKind, ExcuseRule, Reach
from hadir.rules.half import DarkSource
from hadir.rules.judge import OffDuty, judge_day
from hadir.rules.plan import Assignment, Circular, Dispensation, Owed, Plan, day_of_tap, owed_on
from hadir.rules.policy import Certainty, Policy, PolicyGapError, PolicySet, PolicyVersion, Response
from hadir.rules.policy_file import PolicyFileError, parse_policies
from hadir.rules.reading import Fault
from hadir.rules.reasons import PARAMS, Param, Reason, ReasonCode
from hadir.rules.verdict import (
    Attendance,
    CeremonyVerdict,
    DayStatus,
    Identity,
    ListedTap,
    PartStatus,
    PartVerdict,
    Review,
    Side,
    Suggestion,
    TapRole,
    Verdict,
)

__all__ = [
    "PARAMS",
    "Assignment",
    "Attendance",
    "Calendar",
    "CalendarFileError",
    "Case",
    "CaseFileError",
    "CaseResult",
    "Ceremony",
    "CeremonyVerdict",
    "Certainty",
    "Circular",
    "ClockState",
    "DarkSource",
    "DayStatus",
    "DeliveryFacts",
    "Difference",
    "Direction",
    "Dispensation",
    "Duty",
    "DutyDay",
    "DutyKind",
    "DutyRow",
    "Evidence",
    "EvidenceContext",
    "EvidencePolicy",
    "Excuse",
    "ExcuseKind",
    "ExcuseRule",
    "Fault",
    "FreeDay",
    "FreeDayKind",
    "Grade",
    "Identity",
    "ListedTap",
    "OffDuty",
    "Owed",
    "Param",
    "PartStatus",
    "PartVerdict",
    "Period",
    "Plan",
    "Policy",
    "PolicyFileError",
    "PolicyGapError",
    "PolicySet",
    "PolicyVersion",
    "Reach",
    "Reason",
    "ReasonCode",
    "Response",
    "Review",
    "Season",
    "Side",
    "SignedTime",
    "Source",
    "Suggestion",
    "TapFacts",
    "TapRole",
    "Verdict",
    "Weekday",
    "WeighedTap",
    "day_of_tap",
    "instant_ms",
    "judge_day",
    "local_day",
    "owed",
    "owed_on",
    "parse_calendars",
    "parse_cases",
    "parse_policies",
    "run_case",
    "shift_day",
    "weigh",
    "weigh_tap",
]
