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

Each day is read as a case of its own. `leave` lists documents of whole days, `{kind, from, until}` with both dates in
them, also of earlier months: which day of leave a day is, is counted over them as the article says; `others` says
nothing of the days that they cover. `after_closing` says what some days are by what came once the month was closed.
`employment` is that of the person (pns); `absent_before` how many days without
valid reason the year already has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from hadir.rules.calendars import Calendar
from hadir.rules.cases import Case, CaseFileError, Difference, owed_in, plain, run_case, whole_day_excuse
from hadir.rules.duty import Dynamic
from hadir.rules.leave_days import day_number
from hadir.rules.months import (
    Adjustment,
    MonthDay,
    Recap,
    Settlement,
    Warned,
    adjustment,
    close,
    dynamic_short_minutes,
    plus,
    recap_of,
    settle,
    warnings,
)
from hadir.rules.plan import Plan
from hadir.rules.policy import Policy, PolicySet
from hadir.rules.reading import BadValueError, Fault, Form, day, shown, text, texts, whole

MONTH_KEYS = {
    "month", "policy", "duty", "zone", "of", "days", "others", "leave", "after_closing",
    "employment", "absent_before", "names", "expect",
}  # fmt: skip


DOCUMENTS_MAX, DAYS_MAX = 100, 366


@dataclass(frozen=True, slots=True)
class LeaveDocument:
    """Leave of whole days, from the first date to the last."""

    ref: str
    code: str
    first: date
    last: date

    @property
    def dates(self) -> list[date]:
        """Every date of it."""
        return [self.first + timedelta(days=at) for at in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCase:
    """A case about a month: its days as cases, in order, and those that something changed after it was closed."""

    name: str
    policy: str
    days: tuple[Case, ...]
    leave: tuple[LeaveDocument, ...]
    after_closing: tuple[Case, ...]
    employment: str
    absent_before: int
    names: tuple[str, ...]
    expect: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class MonthResult:
    """A month case with its recap and settlement, and every difference; none means that it holds. `adjustment`: what
    the next month owes, where something came after this one was closed. `weeks_short`: minutes that dynamic weeks lack.
    """

    case: MonthCase
    recap: Recap
    settlement: Settlement
    warned: tuple[Warned, ...]
    adjustment: Adjustment | None
    weeks_short: int
    differences: tuple[Difference, ...]


def read_month(form: Form, read_case: Callable[[str, Mapping[object, object]], Case | None]) -> MonthCase | None:
    """A month case from what the file holds; `read_case` reads one day of it. Faults are noted in the form."""
    form.only(MONTH_KEYS)
    head = {key: form.take(key, text) for key in ("month", "policy", "duty", "zone")}
    first = form.take("of", lambda raw: day(f"{raw}-01"))
    said, others, later = _days(form, "days"), form.may("others", _mapping) or {}, _days(form, "after_closing")
    if first is None or None in head.values():
        return None
    for key, dates in (("days", said), ("after_closing", later)):
        strange = sorted(dates.keys() - set(_dates(first)))
        form.faults.extend(Fault(f"{form.place}.{key}.{on}", f"is not a day of {first:%Y-%m}") for on in strange)
    leave = _leave(form)
    away = {on for document in leave for on in document.dates}
    common: dict[object, object] = {"case": head["month"]}
    common |= {key: head[key] for key in ("policy", "duty", "zone")}
    days, after = [], []
    for on in _dates(first):
        place = f"{form.place}.days.{on}" if on in said else f"{form.place}.others"
        days.append(read_case(place, {**common, "date": on, **_short_form(said.get(on, {} if on in away else others))}))
        if on in later:
            place = f"{form.place}.after_closing.{on}"
            after.append(read_case(place, {**common, "date": on, **_short_form(later[on])}))
    return MonthCase(
        name=str(head["month"]),
        policy=str(head["policy"]),
        days=tuple(one for one in days if one is not None),
        leave=leave,
        after_closing=tuple(one for one in after if one is not None),
        employment=form.may("employment", text) or "pns",
        absent_before=form.may("absent_before", lambda raw: whole(raw, least=0, most=366)) or 0,
        names=form.may("names", texts) or (),
        expect={str(key): value for key, value in (form.may("expect", _mapping) or {}).items()},
    )


def run_month(case: MonthCase, policies: Mapping[str, PolicySet], calendars: Mapping[str, Calendar]) -> MonthResult:
    """Judge every day in order and fold them. Raises CaseFileError as `run_case` does."""
    if not case.days:
        raise CaseFileError([Fault(case.name, "has no days")])
    kept, weeks = _judged(case, policies, calendars)
    policy = policies[case.policy].on(case.days[-1].date)
    recap = recap_of(kept)
    before = Recap(absent=tuple(date(kept[0].date.year, 1, 1) for _ in range(case.absent_before)))
    warned = warnings([plus(before, recap)], policy, employment=case.employment)
    settlement, moved = settle(recap, policy), None
    if case.after_closing:
        closed = close(kept, policy, year=kept[0].date.year, month=kept[0].date.month)
        moved = adjustment(closed, recap_of(_judged(_known_later(case), policies, calendars)[0]), policy)
    weeks_short = sum(dynamic_short_minutes(days, asked) for asked, days in weeks.items())
    got = _told(recap, settlement, warned) | {
        "adjustment": Decimal(0) if moved is None else moved.of_allowance,
        "adjusted_days": 0 if moved is None else len(moved.dates),
        "weeks_short": weeks_short,
        policy.codes["no_arrival"]: recap.no_arrival,
        policy.codes["no_departure"]: recap.no_departure,
    }
    unknown = sorted(case.expect.keys() - got.keys() - _letters(policy))
    if unknown:
        told = f"{case.policy} has no {', '.join(unknown)}"
        raise CaseFileError([Fault(f"{case.name}: expect", told)])
    differences = tuple(
        Difference(key, plain(expected), plain(got.get(key, 0)))
        for key, expected in case.expect.items()
        if plain(expected) != plain(got.get(key, 0))
    )
    return MonthResult(case, recap, settlement, warned, moved, weeks_short, differences)


def _judged(
    case: MonthCase, policies: Mapping[str, PolicySet], calendars: Mapping[str, Calendar]
) -> tuple[list[MonthDay], dict[Dynamic, list[MonthDay]]]:
    """Every day in order, and those of dynamic hours by what their weeks ask."""
    kept: list[MonthDay] = []
    weeks: dict[Dynamic, list[MonthDay]] = {}
    flex_times = 0
    for one in _on_leave(case, policies, calendars):
        ran = run_case(replace(one, flex_times=flex_times), policies, calendars)
        flex_times += ran.verdict.flex_used
        kept.append(MonthDay(date=one.date, verdict=ran.verdict, sources=tuple(punch.source for punch in one.punches)))
        for owed in ran.owed.days:
            if owed.dynamic is not None:
                weeks.setdefault(owed.dynamic, []).append(kept[-1])
    return kept, weeks


def _letters(policy: Policy) -> set[str]:
    """Whatever a recap may count under a policy."""
    classes = (row.code for side in (policy.arrival, policy.departure) for row in (*side.classes, side.no_punch))
    codes = {policy.absent.code, *policy.codes.values(), *policy.excuses, *policy.refused, *policy.ceremonies}
    return codes | set(classes) | {f"over_{code}" for code in policy.month.most_days}


def _known_later(case: MonthCase) -> MonthCase:
    """The month as it is by what came after it was closed."""
    later = {one.date: one for one in case.after_closing}
    return replace(case, days=tuple(later.get(one.date, one) for one in case.days))


def _on_leave(case: MonthCase, policies: Mapping[str, PolicySet], calendars: Mapping[str, Calendar]) -> Iterator[Case]:
    """The days with what documents excuse, each with its ordinal."""
    by_date = {one.date: one for one in case.days}
    taken: dict[str, set[date]] = {}
    for document in case.leave:
        taken.setdefault(document.code, set()).update(document.dates)

    @cache
    def is_work_day(on: date) -> bool:
        return bool(owed_in(by_date.get(on) or _moved(case.days[0], on), policies, calendars)[1].days)

    for one in case.days:
        law = policies[case.policy].on(one.date) if case.leave else None
        named = [document for document in case.leave if document.first <= one.date <= document.last]
        excuses = list(one.excuses)
        for document in named:
            rule = law.excuses.get(document.code) if law is not None else None
            number = 1 if rule is None else day_number(one.date, taken[document.code], rule, is_work_day)
            excuses.append(whole_day_excuse(document.ref, document.code, one.date, one.zone, day_number=number))
        yield replace(one, excuses=tuple(excuses)) if named else one


def _moved(case: Case, on: date) -> Case:
    """The case on another date, with nothing of its own."""
    assignments = tuple(replace(one, from_date=on) for one in case.plan.assignments)
    return replace(case, date=on, plan=Plan(assignments=assignments, calendar=Calendar(name="case")))


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


def _leave(form: Form) -> tuple[LeaveDocument, ...]:
    entries = form.raw.get("leave") or []
    if (
        not isinstance(entries, list)
        or len(entries) > DOCUMENTS_MAX
        or not all(isinstance(e, Mapping) for e in entries)
    ):
        form.faults.append(Fault(f"{form.place}.leave", f"must be a list of at most {DOCUMENTS_MAX} mappings"))
        return ()
    found = []
    for at, raw in enumerate(entries):
        one = Form(f"{form.place}.leave[{at}]", raw, form.faults)
        one.only({"kind", "from", "until", "ref"})
        kind, first, last = one.take("kind", text), one.take("from", day), one.take("until", day)
        if kind is None or first is None or last is None:
            continue
        if not 0 <= (last - first).days < DAYS_MAX:
            one.faults.append(Fault(one.place, f"until must be from's date or later, within {DAYS_MAX} days"))
            continue
        found.append(LeaveDocument(one.may("ref", text) or f"leave-{at + 1}", kind, first, last))
    return tuple(found)


def _dates(first: date) -> list[date]:
    return [on for on in (first + timedelta(days=at) for at in range(31)) if on.month == first.month]


def _days(form: Form, key: str) -> dict[date, Mapping[object, object]]:
    raw = form.may(key, _mapping) or {}
    found = {}
    for on, value in raw.items():
        try:
            found[day(on)] = _mapping(value)
        except BadValueError as bad:
            form.faults.append(Fault(f"{form.place}.{key}.{on}", str(bad)))
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
