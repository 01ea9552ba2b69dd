"""Each kind of value that a policy file may hold: how it is read, and what is said of a wrong one."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

import pytest

from hadir.rules import Reach, Weekday
from hadir.rules.excuse import Band, CountedOver, DaysCounted, ExcuseRule
from hadir.rules.policy import ClassesOver, PairingMode, Response, SecondsRule, Which, WrongButton
from hadir.rules.policy_values import parser_of
from hadir.rules.reading import BadValueError


def read(path: str, written: object) -> Any:
    parse = parser_of(path)
    assert parse is not None, path
    return parse(written)


def days(*bands: tuple[int, float]) -> list[dict[str, float]]:
    return [{"from_day": first, "percent": percent} for first, percent in bands]


OFFICE = {"start": "07:30", "end": "16:00"}
PAGI = {"start": "07:00", "end": "14:00", "end_next_day": False}
MALAM = {"start": "21:00", "end": "07:00", "end_next_day": True}
FLEX = {"early_minutes": 30, "late_minutes": 60, "times_per_month": 4}
WEEK = {"weekly_minutes": 2250, "break_minutes": 60, "days": ["monday", "friday"]}
SICK = {"kind": "sick", "reach": "period", "days": days((1, 0), (3, 2.5)), "counts": "work_days", "per": "absence"}
COUNTED = {"counts": DaysCounted.WORK_DAYS, "per": CountedOver.ABSENCE}
HOUR_WINDOW = {"earliest": "06:00", "latest": "12:00"}

READ: list[tuple[str, object, object]] = [
    ("late.TL1", {"from_minutes": 1, "percent": 0.5}, (1, Decimal("0.5"), None)),
    ("early.PSW4", {"from_minutes": 1440, "percent": 100}, (1440, Decimal(100), None)),
    ("late.TL", {"from_minutes": 1, "percent": 0, "each_minutes": 1}, (1, Decimal(0), 1)),
    ("late.TL", {"from_minutes": 1, "percent": 1.25, "each_minutes": 1440}, (1, Decimal("1.25"), 1440)),
    ("absent", {"code": "TK", "percent": 5}, ("TK", Decimal(5))),
    ("no_arrival", "TL4", ("TL4", None)),
    ("no_departure", {"code": "PSW", "minutes": 1}, ("PSW", 1)),
    ("no_departure", {"code": "PSW", "minutes": 1440}, ("PSW", 1440)),
    ("seconds.arrival", "whole_minutes", SecondsRule.WHOLE_MINUTES),
    ("counts.departure", "last", Which.LAST),
    ("wrong_button.arrival", str(next(iter(WrongButton))), next(iter(WrongButton))),
    ("grades.E", "ask_superior", Response.ASK_SUPERIOR),
    ("evidence.prompt_ms", 0, 0),
    ("evidence.terminal_skew_ms", 86_400_000, 86_400_000),
    ("duties.office-5-day.hours.monday", OFFICE, (time(7, 30), time(16))),
    ("duties.office-5-day.ramadan.friday", "off", None),
    ("duties.office-5-day.windows.every_day.arrive", HOUR_WINDOW, (time(6), time(12))),
    ("duties.office-5-day.windows.sunday.depart", HOUR_WINDOW, (time(6), time(12))),
    ("duties.office-5-day.flex", FLEX, (30, 60, 4, False)),
    ("duties.office-5-day.flex", {**FLEX, "early_minutes": 0, "times_per_month": 0}, (0, 60, 0, False)),
    ("duties.office-5-day.flex", {**FLEX, "times_per_month": 31}, (30, 60, 31, False)),
    ("duties.office-5-day.flex", {**FLEX, "times_per_month": "unlimited"}, (30, 60, None, False)),
    ("duties.office-5-day.flex", {**FLEX, "make_up": "all"}, (30, 60, 4, True)),
    ("duties.office-5-day.flex", {**FLEX, "make_up": "as_late"}, (30, 60, 4, False)),
    ("duties.dynamic.dynamic", WEEK, (2250, 60, (Weekday.MONDAY, Weekday.FRIDAY), None)),
    ("duties.dynamic.dynamic", {**WEEK, "weekly_minutes": 1}, (1, 60, (Weekday.MONDAY, Weekday.FRIDAY), None)),
    (
        "duties.dynamic.dynamic",
        {**WEEK, "weekly_minutes": 10_080},
        (10_080, 60, (Weekday.MONDAY, Weekday.FRIDAY), None),
    ),
    (
        "duties.dynamic.dynamic",
        {**WEEK, "ramadan": {"weekly_minutes": 1950, "break_minutes": 30}},
        (2250, 60, (Weekday.MONDAY, Weekday.FRIDAY), (1950, 30)),
    ),
    ("shifts.pagi", PAGI, (time(7), time(14), False)),
    ("shifts.malam", MALAM, (time(21), time(7), True)),
    ("shift_window", {"before_minutes": 0, "after_minutes": 1440}, (0, 1440)),
    ("pairing.terminal", "first_last", PairingMode.FIRST_LAST),
    ("pairing_minutes.apart", 1440, 1440),
    ("late_first_after", "12:00", time(12)),
    ("late_first_after", "off", None),
    ("excuses.CS", "off", None),
    (
        "excuses.CS",
        SICK,
        ExcuseRule(
            code="",
            kind="sick",
            reach=Reach.PERIOD,
            bands=(Band(1, Decimal(0)), Band(3, Decimal("2.5"))),
            article="",
            **COUNTED,
        ),
    ),
    (
        "excuses.CS",
        {**SICK, "days": days((1, 1), (366, 2))},
        ExcuseRule(
            code="",
            kind="sick",
            reach=Reach.PERIOD,
            bands=(Band(1, Decimal(1)), Band(366, Decimal(2))),
            article="",
            **COUNTED,
        ),
    ),
    ("ceremonies.TA", 0.5, Decimal("0.5")),
    ("codes.present", " H ", "H"),
    ("codes.no_arrival", "12345678", "12345678"),
    ("month.share_percent", 40, Decimal(40)),
    ("month.classes", "month", ClassesOver.MONTH),
    ("month.day_minutes", 450, 450),
    ("month.converts", True, True),
    ("warnings.berhenti", 1, 1),
    ("warnings_consecutive", 366, 366),
    ("most_days.I", 0, 0),
    ("most_days.I", 31, 31),
    ("silent_due_day", 1, 1),
    ("silent_due_day", 28, 28),
    ("warned", ["pns", "pppk"], ("pns", "pppk")),
]


@pytest.mark.parametrize(("path", "written", "value"), READ)
def test_a_value_is_read_as_it_is_written(path: str, written: object, value: object) -> None:
    assert read(path, written) == value


A_PERCENTAGE = "must be a percentage from 0 to 100, not "
IN_ORDER = "days must begin with day 1 and stand in order, each day once"
UNCOUNTED = "where a later day costs something else, counts and per must say which days are counted"
BANDS = "days must be a list of {from_day, percent}"
WEEKDAYS = "days must be a list of monday, tuesday, wednesday, thursday, friday, saturday, sunday"

REFUSED: list[tuple[str, object, str]] = [
    ("ceremonies.TA", -0.5, A_PERCENTAGE + "-0.5"),
    ("ceremonies.TA", 100.5, A_PERCENTAGE + "100.5"),
    ("ceremonies.TA", True, A_PERCENTAGE + "True"),
    ("ceremonies.TA", "half", A_PERCENTAGE + "'half'"),
    ("evidence.witness_ms", -1, "must be a whole number from 0 to 86400000, not -1"),
    ("evidence.witness_ms", 86_400_001, "must be a whole number from 0 to 86400000, not 86400001"),
    ("late.TL1", 5, "must have from_minutes, percent, may have each_minutes, and nothing else"),
    ("late.TL1", {"from_minutes": 0, "percent": 0}, "must be a whole number from 1 to 1440, not 0"),
    ("late.TL1", {"from_minutes": 1441, "percent": 0}, "must be a whole number from 1 to 1440, not 1441"),
    ("late.TL1", {"from_minutes": 1, "percent": 101}, A_PERCENTAGE + "101"),
    ("late.TL", {"from_minutes": 1, "percent": 1, "each_minutes": 0}, "must be a whole number from 1 to 1440, not 0"),
    (
        "late.TL",
        {"from_minutes": 1, "percent": 1, "each_minutes": 1441},
        "must be a whole number from 1 to 1440, not 1441",
    ),
    (
        "late.TL",
        {"percent": 1, "each_minutes": 1},
        "must have from_minutes, percent, may have each_minutes, and nothing else",
    ),
    ("no_arrival", "", "must be a text of 1 to 400 characters"),
    ("no_arrival", {"code": "TL"}, "must have code, minutes and nothing else"),
    ("no_arrival", {"code": "TL", "minutes": 0}, "must be a whole number from 1 to 1440, not 0"),
    ("no_arrival", {"code": "TL", "minutes": 1441}, "must be a whole number from 1 to 1440, not 1441"),
    ("no_arrival", {"code": 4, "minutes": 1}, "must be a text of 1 to 400 characters"),
    ("absent", {"code": "TK"}, "must have code, percent and nothing else"),
    ("absent", {"code": "TK", "percent": "x"}, A_PERCENTAGE + "'x'"),
    ("absent", {"code": 4, "percent": 1}, "must be a text of 1 to 400 characters"),
    ("duties.office-5-day.hours.monday", "free", "must have end, start and nothing else"),
    ("duties.office-5-day.hours.monday", {"start": "16:00", "end": "16:00"}, "16:00 must be before 16:00"),
    ("duties.office-5-day.windows.every_day.arrive", OFFICE, "'start' is not known here"),
    (
        "duties.office-5-day.windows.every_day.arrive",
        {"earliest": "12:00", "latest": "06:00"},
        "12:00 must be before 06:00",
    ),
    ("duties.office-5-day.flex", {**FLEX, "late_minutes": -1}, "must be a whole number from 0 to 1440, not -1"),
    ("duties.office-5-day.flex", {**FLEX, "early_minutes": 1441}, "must be a whole number from 0 to 1440, not 1441"),
    ("duties.office-5-day.flex", {**FLEX, "times_per_month": 32}, "must be a whole number from 0 to 31, not 32"),
    ("duties.office-5-day.flex", {**FLEX, "times_per_month": -1}, "must be a whole number from 0 to 31, not -1"),
    (
        "duties.office-5-day.flex",
        {"early_minutes": 1},
        "must have early_minutes, late_minutes, times_per_month, may have make_up, and nothing else",
    ),
    (
        "duties.dynamic.dynamic",
        {"days": []},
        "must have break_minutes, days, weekly_minutes, may have ramadan, and nothing else",
    ),
    ("duties.dynamic.dynamic", {**WEEK, "days": []}, WEEKDAYS),
    ("duties.dynamic.dynamic", {**WEEK, "days": "monday"}, WEEKDAYS),
    ("duties.dynamic.dynamic", {**WEEK, "days": ["monday", "senin"]}, WEEKDAYS),
    ("duties.dynamic.dynamic", {**WEEK, "weekly_minutes": 0}, "must be a whole number from 1 to 10080, not 0"),
    ("duties.dynamic.dynamic", {**WEEK, "weekly_minutes": 10_081}, "must be a whole number from 1 to 10080, not 10081"),
    ("duties.dynamic.dynamic", {**WEEK, "break_minutes": -1}, "must be a whole number from 0 to 1440, not -1"),
    ("shifts.pagi", {"start": "07:00"}, "must have end, end_next_day, start and nothing else"),
    ("shifts.pagi", {**PAGI, "end": "07:00"}, "07:00:00 must be before 07:00:00, or end_next_day be true"),
    ("shifts.pagi", {**PAGI, "end_next_day": "no"}, "must be true or false, not 'no'"),
    ("shift_window", {"before_minutes": 1}, "must have after_minutes, before_minutes and nothing else"),
    ("shift_window", {"before_minutes": -1, "after_minutes": 1}, "must be a whole number from 0 to 1440, not -1"),
    ("shift_window", {"before_minutes": 1, "after_minutes": 1441}, "must be a whole number from 0 to 1440, not 1441"),
    ("excuses.CS", "on", "must have days, kind, reach, may have counts, name, per, and nothing else"),
    ("excuses.CS", {"kind": "sick", "reach": "period", "days": days((1, 0), (3, 2.5))}, UNCOUNTED),
    ("excuses.CS", {**SICK, "kind": "outage"}, "an outage has no code: it is a fact, not a policy"),
    ("excuses.CS", {**SICK, "days": []}, BANDS),
    ("excuses.CS", {**SICK, "days": 1}, BANDS),
    ("excuses.CS", {**SICK, "days": days((2, 1))}, IN_ORDER),
    ("excuses.CS", {**SICK, "days": days((1, 1), (5, 1), (3, 1))}, IN_ORDER),
    ("excuses.CS", {**SICK, "days": days((1, 1), (1, 2))}, IN_ORDER),
    ("excuses.CS", {**SICK, "days": days((0, 1), (1, 2))}, "must be a whole number from 1 to 366, not 0"),
    ("excuses.CS", {**SICK, "days": days((1, 1), (367, 2))}, "must be a whole number from 1 to 366, not 367"),
    ("excuses.CS", {**SICK, "days": days((1, -1))}, A_PERCENTAGE + "-1"),
    ("excuses.CS", {**SICK, "days": [{"from_day": 1}]}, "must have from_day, percent and nothing else"),
    ("excuses.CS", {**SICK, "reach": "far"}, "must be one of period, half, not 'far'"),
    ("codes.present", "hadir tepat", "must be at most 8 characters"),
    ("month.day_minutes", -1, "must be a whole number from 0 to 1440, not -1"),
    ("warnings.berhenti", 0, "must be a whole number from 1 to 366, not 0"),
    ("warnings.berhenti", 367, "must be a whole number from 1 to 366, not 367"),
    ("most_days.I", 32, "must be a whole number from 0 to 31, not 32"),
    ("most_days.I", -1, "must be a whole number from 0 to 31, not -1"),
    ("silent_due_day", 0, "must be a whole number from 1 to 28, not 0"),
    ("silent_due_day", 29, "must be a whole number from 1 to 28, not 29"),
]


@pytest.mark.parametrize(("path", "written", "sentence"), REFUSED)
def test_a_wrong_value_is_told_what_it_must_be(path: str, written: object, sentence: str) -> None:
    with pytest.raises(BadValueError) as refused:
        read(path, written)
    assert refused.value.said[0] == sentence


@pytest.mark.parametrize(
    "path",
    [
        "late",
        "late.TL 1",
        "late.TL1.percent",
        "grades.F",
        "pairing.fax",
        "codes.other",
        "duties.Office.flex",
        "unpaid2",
    ],
)
def test_no_policy_has_a_value_of_another_name(path: str) -> None:
    assert parser_of(path) is None
