"""WHAT IT MEANS: the regulation as functions. Pure, no I/O, no clock.

    facts of a tap ──weigh_tap──► WeighedTap ─┐
    duty, date ─────owed────────► DutyDay ────┼─judge_day──► Verdict, with its reasons
    policy files ───parse_policies, on(date)─► Policy ─────┘

See docs/rules.md for how a day is judged and for the formats of policies and cases.
"""

from hadir.rules.case_file import parse_cases
from hadir.rules.cases import Case, CaseFileError, CaseResult, Difference, run_case
from hadir.rules.clocks import Period, instant_ms, local_day
from hadir.rules.duty import Duty, DutyDay, DutyRow, Weekday, owed
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
from hadir.rules.excuse import Excuse, ExcuseKind
from hadir.rules.judge import judge_day
from hadir.rules.policy import Certainty, Policy, PolicyGapError, PolicySet, PolicyVersion, Response
from hadir.rules.policy_file import PolicyFileError, parse_policies
from hadir.rules.reading import Fault
from hadir.rules.reasons import PARAMS, Param, Reason, ReasonCode
from hadir.rules.verdict import (
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
    "Case",
    "CaseFileError",
    "CaseResult",
    "Certainty",
    "ClockState",
    "DayStatus",
    "DeliveryFacts",
    "Difference",
    "Direction",
    "Duty",
    "DutyDay",
    "DutyRow",
    "Evidence",
    "EvidenceContext",
    "EvidencePolicy",
    "Excuse",
    "ExcuseKind",
    "Fault",
    "Grade",
    "Identity",
    "ListedTap",
    "Param",
    "PartStatus",
    "PartVerdict",
    "Period",
    "Policy",
    "PolicyFileError",
    "PolicyGapError",
    "PolicySet",
    "PolicyVersion",
    "Reason",
    "ReasonCode",
    "Response",
    "Review",
    "Side",
    "SignedTime",
    "Source",
    "Suggestion",
    "TapFacts",
    "TapRole",
    "Verdict",
    "Weekday",
    "WeighedTap",
    "instant_ms",
    "judge_day",
    "local_day",
    "owed",
    "parse_cases",
    "parse_policies",
    "run_case",
    "weigh",
    "weigh_tap",
]
