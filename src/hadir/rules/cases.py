"""Cases: examples of the law that a clerk can read, write and hold against the judge.

The edge reads YAML, `case_file.parse_cases` makes cases of what it holds, and `run_case` judges one and compares only
what it expects. The format stands in docs/rules.md; in short:

    - case: A teacher who arrives at 08:01:00 on a Tuesday is TL2
      policy: permentan-68-2012
      duty: office-5-day
      zone: Asia/Makassar
      date: 2026-09-15
      punches:
        - {in: "08:01:00", source: phone, grade: A}
        - {in: "07:25:00", source: phone, signed: "07:38:00", received: "08:05:00"}
      excuses:
        - {kind: outage, from: "07:05", until: "08:05", tail_minutes: 15}
      expect: {arrival: {class: TL2, minutes: 31}, status: present, deduction: 1.0}

A punch with a `grade` stands for evidence already weighed; one without it, but with times that the gate signed or
received, is weighed here as a real tap would be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import reduce

from hadir.rules.calendars import Calendar
from hadir.rules.ceremony import Ceremony
from hadir.rules.clocks import Period, clock, instant_ms
from hadir.rules.evidence import (
    Binding,
    ClockState,
    DeliveryFacts,
    Direction,
    Evidence,
    EvidenceContext,
    Grade,
    SignedTime,
    Source,
    TapFacts,
    WeighedTap,
    weigh_tap,
)
from hadir.rules.excuse import ExcusePeriod
from hadir.rules.half import DarkSource
from hadir.rules.judge import judge_day
from hadir.rules.plan import Owed, Plan, owed_on
from hadir.rules.policy import PairingMode, Policy, PolicyGapError, PolicySet
from hadir.rules.reading import DocumentError, Fault
from hadir.rules.split import joined_verdict, parts_of
from hadir.rules.verdict import PartVerdict, Verdict

EXPECT_PART = {"class", "minutes", "status", "tap", "review", "grade", "counts_as", "judged"}
EXPECT_DAY = {
    "arrival", "departure", "status", "deduction", "provisional", "review", "identity", "suggest", "code", "flex_used",
    "ceremonies", "roles", "due",
}  # fmt: skip

_GRADE_OF_SOURCE = {
    Source.PHONE: Grade.A,
    Source.KIOSK: Grade.B,
    Source.TERMINAL: Grade.B,
    Source.FILE: Grade.D,
    Source.MANUAL_LIST: Grade.E,
}
"""What a punch of a case counts as when it says neither a grade nor any signed time."""


class CaseFileError(DocumentError):
    """A case file does not load; `faults` says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePunch:
    """A punch of a case. Instants are UTC milliseconds; what the case does not say is None."""

    ref: str
    direction: Direction
    source: Source
    at_ms: int
    grade: Grade | None
    lo_ms: int | None
    hi_ms: int | None
    error_ms: int
    signed_at_ms: int | None
    phone_showed_ms: int | None
    elapsed_ms: int | None
    received_at_ms: int | None
    countersigned_at_ms: int | None
    terminal_skew_ms: int | None
    clock_state: ClockState
    flags: tuple[str, ...]
    site: str | None = None
    binding: Binding = Binding.UNBOUND
    second_at_ms: int | None = None
    second_binding: Binding = Binding.UNBOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case, read: the inputs of the judge, and what is expected of the verdict.

    `plan` is everything that the case says of what was owed, except the calendar, which `run_case` lays under it:
    `calendar` names one, None means all that ship. `pairing` is whose word the direction is, where the case says so.
    """

    name: str
    policy: str
    duty: str
    zone: str
    date: date
    punches: tuple[CasePunch, ...]
    excuses: tuple[ExcusePeriod, ...]
    outages: tuple[Period, ...]
    site_without_signal: bool
    now_ms: int
    month_closed: bool
    names: tuple[str, ...]
    expect: Mapping[str, object]
    plan: Plan
    ceremonies: tuple[Ceremony, ...] = ()
    dark: tuple[DarkSource, ...] = ()
    flex_times: int = 0
    calendar: str | None = None
    pairing: Mapping[Source, PairingMode] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a verdict is not what its case expects. `path` is as in the case: `arrival.class`."""

    path: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case with its verdict, and every difference; none means that it holds."""

    case: Case
    verdict: Verdict
    differences: tuple[Difference, ...]
    owed: Owed


def run_case(
    case: Case, policies: Mapping[str, PolicySet], calendars: Mapping[str, Calendar] | None = None
) -> CaseResult:
    """Judge a case. Raises CaseFileError when it names a policy or duty that is not there, or no longer or not yet."""
    owes, verdict = _verdict(case, policies, calendars or {})
    return CaseResult(case, verdict, _differences(case, verdict), owes)


def _calendar(case: Case, calendars: Mapping[str, Calendar]) -> Calendar:
    """The calendar that the case names, or all of them, under what the case itself says."""
    own = case.plan.calendar
    if case.calendar == "none":
        return own
    if case.calendar is not None and case.calendar not in calendars:
        raise CaseFileError([Fault(f"{case.name}: calendar", f"there is no calendar {case.calendar!r}")])
    chosen = calendars.values() if case.calendar is None else [calendars[case.calendar]]
    under = reduce(Calendar.plus, chosen, Calendar(name="-"))
    return reduce(Calendar.with_ramadan, own.ramadan, replace(under, days={**under.days, **own.days}))


def owed_in(case: Case, policies: Mapping[str, PolicySet], calendars: Mapping[str, Calendar]) -> tuple[Policy, Owed]:
    """The law of a case's date, and what was owed on it. Raises CaseFileError as `run_case` does."""
    if case.policy not in policies:
        raise CaseFileError([Fault(f"{case.name}: policy", f"there is no policy {case.policy!r}")])
    try:
        policy = policies[case.policy].on(case.date)
        modes = {**policy.pairing.modes, **case.pairing}
        policy = replace(policy, pairing=replace(policy.pairing, modes=modes)) if case.pairing else policy
        return policy, owed_on(replace(case.plan, calendar=_calendar(case, calendars)), policy, case.date)
    except PolicyGapError as gap:
        raise CaseFileError([Fault(f"{case.name}: date", str(gap))]) from gap
    except KeyError as missing:
        raise CaseFileError([Fault(f"{case.name}: duty", f"{case.policy} has no duty or shift {missing}")]) from None


def _verdict(case: Case, policies: Mapping[str, PolicySet], calendars: Mapping[str, Calendar]) -> tuple[Owed, Verdict]:
    policy, owes = owed_in(case, policies, calendars)
    unknown = {excuse.code for excuse in case.excuses if excuse.code} - policy.excuses.keys() - policy.refused.keys()
    if unknown:
        told = f"{case.policy} has no excuse {', '.join(map(str, sorted(map(str, unknown))))}"
        raise CaseFileError([Fault(f"{case.name}: excuses", told)])
    context = EvidenceContext(
        policy=policy.evidence,
        zone=case.zone,
        outages=case.outages,
        site_without_signal=case.site_without_signal,
    )
    ceremonies = [one for one in case.ceremonies if one.code not in owes.dropped_ceremonies]
    taps = [_weighed(punch, context) for punch in case.punches]
    verdicts = [
        judge_day(
            duty_day=part,
            off=owes.off,
            ceremonies=[one for one in ceremonies if len(owes.days) < 2 or (part and part.asks(one.period))],
            dark=case.dark,
            flex_times=case.flex_times,
            taps=some,
            policy=policy,
            excuses=case.excuses,
            now_ms=case.now_ms,
            month_closed=case.month_closed,
        )
        for part, some in parts_of(owes.days, taps)
    ]
    return owes, joined_verdict(verdicts, owes.days, policy)


def whole_day_excuse(ref: str, code: str, on: date, zone: str, *, day_number: int) -> ExcusePeriod:
    """Leave for the whole of a date and the next one: a shift that begins on it ends there at the latest."""
    period = Period(instant_ms(on, time(), zone), instant_ms(on + timedelta(days=2), time(), zone))
    return ExcusePeriod(ref=ref, period=period, tail_minutes=0, article=code, code=code, day_number=day_number)


# --- what a case expects ---------------------------------------------------------------------------------------------


def _differences(case: Case, verdict: Verdict) -> tuple[Difference, ...]:
    got = _told(verdict, case)
    found = []
    for path, expected in _expected(case.expect, ""):
        if plain(expected) != plain(got.get(path)):
            found.append(Difference(path, plain(expected), plain(got.get(path))))
    return tuple(found)


def _expected(raw: Mapping[str, object], prefix: str) -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = []
    for key, value in raw.items():
        pairs += _expected(value, f"{prefix}{key}.") if isinstance(value, Mapping) else [(f"{prefix}{key}", value)]
    return pairs


def _told(verdict: Verdict, case: Case) -> dict[str, object]:
    """A verdict in the words of a case file."""
    told: dict[str, object] = {
        "status": verdict.status.value,
        "deduction": verdict.deduction_percent,
        "provisional": verdict.provisional,
        "review": verdict.review.name.lower(),
        "identity": verdict.identity.value,
        "suggest": verdict.suggest and verdict.suggest.value,
        "code": verdict.code,
        "flex_used": verdict.flex_used,
        "due": next((value for reason in verdict.reasons for name, value in reason.params if name == "due"), None),
    }
    told |= {f"ceremonies.{one.name}": one.attendance.value for one in verdict.ceremonies}
    told |= {f"roles.{tap.ref}": tap.role.value for tap in verdict.taps}
    for part in (verdict.arrival, verdict.departure):
        if part is not None:
            told |= _told_part(part, case)
    return told


def _told_part(part: PartVerdict, case: Case) -> dict[str, object]:
    evidence = part.evidence
    told = {
        "class": part.class_code,
        "minutes": part.minutes,
        "status": part.status.value,
        "tap": part.tap_ref,
        "review": part.review.name.lower(),
        "grade": evidence and evidence.grade.value,
        "counts_as": evidence and evidence.counts_as.value,
        "judged": evidence and clock(evidence.judged_ms, case.zone, on=case.date),
    }
    return {f"{part.side}.{key}": value for key, value in told.items()}


def plain(value: object) -> str:
    """One spelling for each value: 1, 1.0 and Decimal("1.00") are the same percentage."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return f"{Decimal(str(value)).normalize():f}"
    except InvalidOperation:
        return str(value)


# --- a punch as a tap ------------------------------------------------------------------------------------------------


def _weighed(punch: CasePunch, context: EvidenceContext) -> WeighedTap:
    witnessed = (punch.signed_at_ms, punch.received_at_ms, punch.countersigned_at_ms, punch.terminal_skew_ms)
    if punch.grade is None and any(known is not None for known in witnessed):
        return weigh_tap(_facts(punch), context)
    grade = punch.grade or _GRADE_OF_SOURCE[punch.source]
    lo_ms = punch.at_ms if punch.lo_ms is None else punch.lo_ms
    hi_ms = punch.at_ms if punch.hi_ms is None else punch.hi_ms
    evidence = Evidence(
        lo_ms=lo_ms,
        hi_ms=hi_ms,
        claimed_ms=punch.at_ms,
        judged_ms=max(lo_ms, min(hi_ms, punch.at_ms)),
        error_ms=punch.error_ms,
        grade=grade,
        counts_as=grade,
        proven_ms=punch.lo_ms,
    )
    return WeighedTap(
        ref=punch.ref,
        direction=punch.direction,
        source=punch.source,
        evidence=evidence,
        flags=punch.flags,
        site=punch.site,
    )


def _facts(punch: CasePunch) -> TapFacts:
    return TapFacts(
        ref=punch.ref,
        direction=punch.direction,
        source=punch.source,
        wall_ms=punch.at_ms,
        mono_ms=punch.elapsed_ms or 0,
        # Two page lives unless the case says how much time passed on the page since the signed time.
        origin_ms=0 if punch.elapsed_ms is None else 1,
        anchor=_anchor(punch),
        received_at_ms=punch.received_at_ms,
        gate_error_ms=punch.error_ms,
        delivery=_delivery(punch),
        countersigned_at_ms=punch.countersigned_at_ms,
        terminal_skew_ms=punch.terminal_skew_ms,
        flags=punch.flags,
    )


def _anchor(punch: CasePunch) -> SignedTime | None:
    if punch.signed_at_ms is None:
        return None
    showed_ms = punch.signed_at_ms if punch.phone_showed_ms is None else punch.phone_showed_ms
    return SignedTime(
        at_ms=punch.signed_at_ms,
        error_ms=punch.error_ms,
        clock_state=punch.clock_state,
        wall_ms=showed_ms,
        mono_ms=0,
        origin_ms=1,
        binding=punch.binding,
    )


def _delivery(punch: CasePunch) -> DeliveryFacts | None:
    """The second signed time, in the page's life of the tap; the phone's clocks ran on evenly until then."""
    if punch.second_at_ms is None:
        return None
    return DeliveryFacts(
        mono_ms=(punch.elapsed_ms or 0) + punch.second_at_ms - punch.at_ms,
        origin_ms=0 if punch.elapsed_ms is None else 1,
        at_ms=punch.second_at_ms,
        error_ms=punch.error_ms,
        wall_ms=punch.second_at_ms,
        binding=punch.second_binding,
    )
