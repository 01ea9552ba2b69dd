"""What a case says of what was owed: roster, circulars, assignment, Ramadan, a unit's own free days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

from hadir.rules.calendars import Calendar, FreeDay, FreeDayKind, Season
from hadir.rules.clocks import instant_ms
from hadir.rules.duty import Weekday
from hadir.rules.plan import AssignmentPeriod, Circular, Plan
from hadir.rules.policy import Certainty
from hadir.rules.reading import BadValueError, Fault, Form, clock_time, day, shown, text, texts

T = TypeVar("T")

PLAN_KEYS = frozenset({
    "shifts", "shifts_before", "circulars", "unit", "groups", "assigned", "obliged_from", "remote", "ramadan", "free",
    "works", "sites", "assignments",
})  # fmt: skip
WEEKDAYS = {day.key[:3]: day for day in Weekday}
ENTRIES_MAX = 50
RAMADAN_DAYS = 30


def read_plan(form: Form, *, duty: str, zone: str, on: date) -> Plan:
    """The plan of a case. Faults are noted in the form."""
    shifts, before = form.may("shifts", texts), form.may("shifts_before", texts)
    roster = {on: shifts or ()} | ({on - timedelta(days=1): before} if before else {})
    held = _span(form, "assigned")
    assignment = AssignmentPeriod(
        ref="case",
        unit=form.may("unit", text) or "unit",
        duty=duty,
        zone=zone,
        from_date=held[0] if held else on,
        until_date=held[1] if held else None,
        groups=frozenset(form.may("groups", texts) or ()),
        sites=form.may("sites", texts) or (),
        obliged_from=form.may("obliged_from", day),
        by_roster=shifts is not None,
    )
    several = _each(form, "assignments", lambda inner: _assignment(inner, assignment))
    remote = form.may("remote", lambda raw: "" if raw is True else text(raw))
    return Plan(
        assignments=tuple(several) or (assignment,),
        calendar=_calendar(form, on),
        circulars=tuple(_each(form, "circulars", lambda inner: _circular(inner, zone, on))),
        roster=roster,
        remote={} if remote is None else {on: remote},
    )


def _assignment(form: Form, usual: AssignmentPeriod) -> AssignmentPeriod:
    """`{unit, duty, weekdays, from, until, sites, groups}`; what it does not say is the case's own."""
    form.only({"unit", "duty", "weekdays", "from", "until", "sites", "groups"})
    groups, sites = form.may("groups", texts), form.may("sites", texts)
    return replace(
        usual,
        ref=form.place,
        unit=form.may("unit", text) or usual.unit,
        duty=form.may("duty", text) or usual.duty,
        weekdays=form.may("weekdays", _weekdays),
        from_date=form.may("from", day) or usual.from_date,
        until_date=form.may("until", day) or usual.until_date,
        sites=usual.sites if sites is None else sites,
        groups=usual.groups if groups is None else frozenset(groups),
    )


def _weekdays(raw: object) -> frozenset[Weekday]:
    said = texts(raw)
    if not said or not set(said) <= WEEKDAYS.keys():
        raise BadValueError(f"must be a list of {', '.join(WEEKDAYS)}, not {shown(raw)}")
    return frozenset(WEEKDAYS[one] for one in said)


def _calendar(form: Form, on: date) -> Calendar:
    """`ramadan` is an act that moves it; `free` names a unit's own free day, `works` a day that is none there."""
    span, free, works = _span(form, "ramadan"), form.may("free", text), form.may("works", text)
    named = free or works
    season = span and Season(
        from_date=span[0],
        until_date=span[1] or span[0] + timedelta(days=RAMADAN_DAYS),
        article="case",
        source="case",
        certainty=Certainty.INFERRED,
    )
    one = named and FreeDay(
        date=on,
        kind=FreeDayKind.LOCAL,
        name=named,
        article="case",
        source="case",
        certainty=Certainty.INFERRED,
        works=works is not None,
    )
    return Calendar(name="case", days={on: one} if one else {}, ramadan=(season,) if season else ())


def _circular(form: Form, zone: str, on: date) -> Circular | None:
    """`{ref, from, until, start, end, units, groups, drops, published, approvers}`; dates and clock times."""
    form.only({"ref", "from", "until", "start", "end", "units", "groups", "drops", "published", "approvers"})
    ref, from_date, until_date = form.take("ref", text), form.take("from", day), form.take("until", day)
    published = form.may("published", lambda raw: _moment(raw, zone))
    if ref is None or from_date is None or until_date is None:
        return None
    return Circular(
        ref=ref,
        article=f"Surat edaran {ref}",
        from_date=from_date,
        until_date=until_date,
        published_ms=instant_ms(on - timedelta(days=1), clock_time("12:00"), zone) if published is None else published,
        approvers=frozenset(form.may("approvers", texts) or ("Hasan",)),
        start=form.may("start", clock_time),
        end=form.may("end", clock_time),
        drops=frozenset(form.may("drops", texts) or ()),
        units=frozenset(form.may("units", texts) or ()),
        groups=frozenset(form.may("groups", texts) or ()),
    )


def _moment(raw: object, zone: str) -> int:
    first, _, second = str(raw).partition(" ")
    return instant_ms(day(first), clock_time(second), zone)


def _span(form: Form, key: str) -> tuple[date, date | None] | None:
    raw = form.raw.get(key)
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        form.faults.append(Fault(f"{form.place}.{key}", "must be {from, until}"))
        return None
    inner = Form(f"{form.place}.{key}", raw, form.faults)
    inner.only({"from", "until"})
    from_date, until_date = inner.take("from", day), inner.may("until", day)
    return None if from_date is None else (from_date, until_date)


def _each(form: Form, key: str, read: Callable[[Form], T | None]) -> list[T]:
    entries = form.raw.get(key) or []
    if not isinstance(entries, list) or len(entries) > ENTRIES_MAX or not all(isinstance(e, Mapping) for e in entries):
        form.faults.append(Fault(f"{form.place}.{key}", f"must be a list of at most {ENTRIES_MAX} mappings"))
        return []
    found = [read(Form(f"{form.place}.{key}[{at}]", one, form.faults)) for at, one in enumerate(entries)]
    return [one for one in found if one is not None]
