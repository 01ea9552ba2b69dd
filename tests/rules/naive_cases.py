"""The shipped cases in the shapes of the second judge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from hadir.rules import Case, DutyDay, DutyKind, Owed, Period, instant_ms
from hadir.rules.cases import CasePunch
from tests.rules import naive
from tests.rules.naive_law import DAY, WEEKDAYS, Hours, Law, Off, shift_hours, week_hours

GRADES = {"phone": "A", "kiosk": "B", "terminal": "B", "file": "D", "manual_list": "E"}
WEIGHED = ("signed", "received", "countersigned", "terminal_skew_seconds", "clock")
# With one of these a case is about what was owed, and not by the week or roster alone: the hours are taken as given.
PLANNED = frozenset(
    (
        *("circulars", "assignments", "calendar", "ramadan", "free", "works"),
        *("unit", "groups", "sites", "remote", "assigned", "obliged_from"),
    )
)


def weighs(raw: Mapping[str, Any]) -> bool:
    """Whether a punch of the case is weighed from its clocks, which this judge does not do."""
    return any("grade" not in punch and any(key in punch for key in WEIGHED) for punch in raw.get("punches", ()))


def day_of(case: Case, raw: Mapping[str, Any], owes: Owed) -> tuple[naive.Day, list[Hours]]:
    law, zero = Law(case.policy, case.date), zero_of(case.date, case.zone)
    hours = hours_of(law, raw, owes, zero)
    parts = [] if isinstance(hours, Off) else hours
    return naive.Day(
        law=law,
        hours=hours if isinstance(hours, Off) else hours[0],
        taps=[tap_of(punch, zero) for punch in case.punches],
        excuses=[
            naive.Excused(
                one.code,
                second(one.period.from_ms, zero),
                second(one.period.until_ms, zero) + one.tail_minutes * 60,
                one.day_number,
                one.lifts_proven,
            )
            for one in case.excuses
        ],
        now=second(case.now_ms, zero),
        flex_times=case.flex_times,
        dark=[span_of(one.period, zero) for one in case.dark],
        parades=[
            naive.Parade(one.code, *span_of(one.period, zero), one.site, one.on_day_off)
            for one in case.ceremonies
            if one.code not in owes.dropped_ceremonies and not (owes.off and owes.off.date is None)
        ],
        places=places_of(raw, law),
    ), parts


def places_of(raw: Mapping[str, Any], law: Law) -> frozenset[str]:
    """Where the person has a place to record on the date."""
    weekday = WEEKDAYS[law.on.weekday()][:3]
    mine = [one for one in raw.get("assignments", ()) if weekday in one.get("weekdays", (weekday,))]
    return frozenset(site for one in mine or [raw] for site in one.get("sites", raw.get("sites", ())))


def zero_of(on: date, zone: str) -> int:
    return instant_ms(on, time(), zone) - DAY * 1000


def second(at_ms: int, zero: int) -> int:
    return (at_ms - zero) // 1000


def span_of(period: Period, zero: int) -> tuple[int, int]:
    return second(period.from_ms, zero), second(period.until_ms, zero)


def tap_of(punch: CasePunch, zero: int) -> naive.Tap:
    lo = None if punch.lo_ms is None else second(punch.lo_ms, zero)
    hi = None if punch.hi_ms is None else second(punch.hi_ms, zero)
    grade = punch.grade.value if punch.grade else GRADES[punch.source.value]
    return naive.Tap(
        second(punch.at_ms, zero),
        punch.direction.value,
        punch.source.value,
        grade,
        lo,
        hi,
        lo,
        punch.error_ms // 1000,
        punch.site,
    )


def hours_of(law: Law, raw: Mapping[str, Any], owes: Owed, zero: int) -> list[Hours] | Off:
    if PLANNED & set(raw):
        return [given_hours(day, zero) for day in owes.days] or Off(owes.off.code if owes.off else "")
    if "shifts" in raw:
        names = (raw.get("shifts_before", ()), raw["shifts"], raw.get("shifts_after", ()))
        return shift_hours(
            law, {date.fromordinal(law.on.toordinal() + by): found for by, found in zip((-1, 0, 1), names, strict=True)}
        )
    hours = week_hours(law, raw["duty"])
    return hours if isinstance(hours, Off) else [hours]


def given_hours(day: DutyDay, zero: int) -> Hours:
    return Hours(
        start=second(day.start_ms, zero),
        end=second(day.end_ms, zero),
        arrive=span_of(day.arrive, zero),
        leave=span_of(day.depart, zero),
        counts=span_of(day.counts, zero),
        flex=None
        if day.flex is None
        else {
            "early_minutes": day.flex.early_minutes,
            "late_minutes": day.flex.late_minutes,
            "times_per_month": day.flex.times_per_month or "unlimited",
        },
        shift=day.kind is DutyKind.SHIFT,
        dynamic=day.kind is DutyKind.DYNAMIC,
        letter=day.code,
        unsure=day.unsure is not None,
    )
