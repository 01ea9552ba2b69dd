"""Cases about a whole month: its days in short, and what is expected of the recap.

    - month: Three late days and one without a departure
      policy: permentan-68-2012
      duty: office-5-day
      zone: Asia/Makassar
      of: "2026-09"
      others: {in: "07:25:00", out: "16:30:00"}        # every day that is not named
      days:
        2026-09-01: {in: "07:42:00", out: "16:30:00"}
        2026-09-02: {excuses: [{kind: CT}]}
      expect: {H: 21, CT: 1, TL1: 1, minutes_short: 12, percent: 0.5}

Each day is read as a case of its own. `employment` is that of the person (pns); `absent_before` how many days without
valid reason the year already has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from hadir.rules.calendars import Calendar
from hadir.rules.cases import Case, CaseFileError, Difference, plain, run_case
from hadir.rules.duty import Dynamic
from hadir.rules.months import (
    MonthDay,
    Recap,
    Settlement,
    Warned,
    dynamic_short_minutes,
    plus,
    recap_of,
    settle,
    warnings,
)
from hadir.rules.policy import PolicySet
from hadir.rules.reading import BadValueError, Fault, Form, day, shown, text, texts, whole

MONTH_KEYS = {
    "month", "policy", "duty", "zone", "of", "days", "others", "employment", "absent_before", "names", "expect",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCase:
    """A case about a month: its days as cases, in order."""

    name: str
    policy: str
    days: tuple[Case, ...]
    employment: str
    absent_before: int
    names: tuple[str, ...]
    expect: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class MonthResult:
    """A month case with its recap and settlement, and every difference; none means that it holds."""

    case: MonthCase
    recap: Recap
    settlement: Settlement
    warned: tuple[Warned, ...]
    differences: tuple[Difference, ...]


def read_month(form: Form, read_case: Callable[[str, Mapping[object, object]], Case | None]) -> MonthCase | None:
    """A month case from what the file holds; `read_case` reads one day of it. Faults are noted in the form."""
    form.only(MONTH_KEYS)
    head = {key: form.take(key, text) for key in ("month", "policy", "duty", "zone")}
    first = form.take("of", lambda raw: day(f"{raw}-01"))
    said, others = _days(form), form.may("others", _mapping) or {}
    if first is None or None in head.values():
        return None
    common: dict[object, object] = {"case": head["month"]}
    common |= {key: head[key] for key in ("policy", "duty", "zone")}
    days = []
    for on in _dates(first):
        place = f"{form.place}.days.{on}" if on in said else f"{form.place}.others"
        days.append(read_case(place, {**common, "date": on, **_short_form(said.get(on, others))}))
    return MonthCase(
        name=str(head["month"]),
        policy=str(head["policy"]),
        days=tuple(one for one in days if one is not None),
        employment=form.may("employment", text) or "pns",
        absent_before=form.may("absent_before", lambda raw: whole(raw, least=0, most=366)) or 0,
        names=form.may("names", texts) or (),
        expect={str(key): value for key, value in (form.may("expect", _mapping) or {}).items()},
    )


def run_month(case: MonthCase, policies: Mapping[str, PolicySet], calendars: Mapping[str, Calendar]) -> MonthResult:
    """Judge every day in order and fold them. Raises CaseFileError as `run_case` does."""
    if not case.days:
        raise CaseFileError([Fault(case.name, "has no days")])
    kept: list[MonthDay] = []
    weeks: dict[Dynamic, list[MonthDay]] = {}
    flex_times = 0
    for one in case.days:
        ran = run_case(replace(one, flex_times=flex_times), policies, calendars)
        flex_times += ran.verdict.flex_used
        kept.append(MonthDay(date=one.date, verdict=ran.verdict, sources=tuple(punch.source for punch in one.punches)))
        for owed in ran.owed.days:
            if owed.dynamic is not None:
                weeks.setdefault(owed.dynamic, []).append(kept[-1])
    policy = policies[case.policy].on(case.days[-1].date)
    recap = recap_of(kept)
    before = Recap(absent=tuple(date(kept[0].date.year, 1, 1) for _ in range(case.absent_before)))
    warned = warnings([plus(before, recap)], policy, employment=case.employment)
    settlement = settle(recap, policy)
    got = _told(recap, settlement, warned) | {
        "weeks_short": sum(dynamic_short_minutes(days, asked) for asked, days in weeks.items()),
        policy.codes["no_arrival"]: recap.no_arrival,
        policy.codes["no_departure"]: recap.no_departure,
    }
    differences = tuple(
        Difference(key, plain(expected), plain(got.get(key, 0)))
        for key, expected in case.expect.items()
        if plain(expected) != plain(got.get(key, 0))
    )
    return MonthResult(case, recap, settlement, warned, differences)


def _told(recap: Recap, settlement: Settlement, warned: tuple[Warned, ...]) -> dict[str, object]:
    """A recap in the words of a case file: letters and classes by their own names."""
    return {
        **recap.codes,
        **{code: one.count for code, one in (*recap.late.items(), *recap.early.items())},
        **recap.ceremonies_missed,
        "work_days": recap.work_days,
        "minutes_late": recap.late_minutes,
        "minutes_early": recap.early_minutes,
        "minutes_short": recap.minutes_short,
        "sum_percent": recap.percent,
        "percent": settlement.percent,
        "of_allowance": settlement.of_allowance,
        "converted_days": settlement.converted_days,
        "present_percent": settlement.present_percent,
        "flex_times": recap.flex_times,
        **{f"over_{code}": days for code, days in settlement.over.items()},
        "warnings": ", ".join(one.row.code for one in warned) or Decimal(0),
    }


def _dates(first: date) -> list[date]:
    return [on for on in (first + timedelta(days=at) for at in range(31)) if on.month == first.month]


def _days(form: Form) -> dict[date, Mapping[object, object]]:
    raw = form.may("days", _mapping) or {}
    found = {}
    for key, value in raw.items():
        try:
            found[day(key)] = _mapping(value)
        except BadValueError as bad:
            form.faults.append(Fault(f"{form.place}.days.{key}", str(bad)))
    return found


def _short_form(said: Mapping[object, object]) -> dict[object, object]:
    """`{in: ..., out: ...}` becomes the punches of a case; everything else is a case's own key."""
    punches = [{key: said[key]} for key in ("in", "out") if key in said]
    rest = {key: value for key, value in said.items() if key not in {"in", "out"}}
    return {**({"punches": punches} if punches else {}), **rest}


def _mapping(raw: object) -> Mapping[object, object]:
    if not isinstance(raw, Mapping):
        raise BadValueError(f"must be a mapping, not {shown(raw)}")
    return raw
