"""A case file: what each of its words becomes, and what holds where it says nothing."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from hadir.rules import (
    AssignmentPeriod,
    Calendar,
    Case,
    Ceremony,
    Circular,
    ClockState,
    DarkSource,
    Direction,
    ExcusePeriod,
    Grade,
    MonthCase,
    Period,
    Plan,
    Season,
    Source,
    Weekday,
    instant_ms,
    parse_cases,
)
from hadir.rules.calendars import FreeDay, FreeDayKind
from hadir.rules.cases import CasePunch
from hadir.rules.policy import Certainty

ZONE = "Asia/Makassar"
ON = date(2026, 9, 15)
HEAD: dict[str, Any] = {"case": "Sari", "policy": "permentan-68-2012", "duty": "office-5-day", "zone": ZONE, "date": ON}
MONTH: dict[str, Any] = {"month": "Sari", "policy": "sragen", "duty": "office-5-day", "zone": ZONE, "of": "2026-02"}


def at(clock: str, day: int = 15) -> int:
    return instant_ms(date(2026, 9, day), time.fromisoformat(clock), ZONE)


WHOLE_DAY = Period(at("00:00"), at("00:00", 17))


def read(**said: object) -> Case:
    (case,) = parse_cases([{**HEAD, **said}], "mine")
    assert isinstance(case, Case)
    return case


def test_a_case_that_says_nothing_is_an_ordinary_day_two_days_later() -> None:
    assert read() == Case(
        name="Sari",
        policy="permentan-68-2012",
        duty="office-5-day",
        zone=ZONE,
        date=ON,
        punches=(),
        excuses=(),
        outages=(),
        site_without_signal=False,
        now_ms=at("00:00", 17),
        month_closed=False,
        names=(),
        expect={},
        plan=Plan(
            assignments=(AssignmentPeriod(ref="case", unit="unit", duty="office-5-day", zone=ZONE, from_date=ON),),
            calendar=Calendar(name="case"),
            roster={ON: ()},
        ),
    )


def test_what_a_case_says_of_its_day_is_read() -> None:
    case = read(
        site_without_signal=True,
        now="12:00",
        month_closed=True,
        names=["late.TL1"],
        flex_times=31,
        calendar="none",
        outages=[{"from": "07:05", "until": "08:05"}, {"from": "2026-09-14 16:00:10", "until": "2026-09-14 17:00"}],
        ceremonies=[
            {"name": "apel", "from": "07:30", "until": "07:45"},
            {"name": "upacara", "code": "TU", "from": "07:30", "until": "08:00", "site": "A", "on_day_off": True},
        ],
        dark=[
            {"source": "Mesin-1", "from": "06:00", "until": "18:00"},
            {"source": "Mesin-1", "from": "06:00", "until": "18:00", "due": "2026-10-05"},
        ],
        expect={"arrival": {"class": "TL1"}, "deduction": 0.5},
    )
    assert (case.site_without_signal, case.now_ms, case.month_closed) == (True, at("12:00"), True)
    assert (case.names, case.flex_times, case.calendar) == (("late.TL1",), 31, "none")
    assert case.outages == (Period(at("07:05"), at("08:05")), Period(at("16:00:10", 14), at("17:00", 14)))
    assert case.ceremonies == (
        Ceremony(name="apel", code="TA", period=Period(at("07:30"), at("07:45"))),
        Ceremony(name="upacara", code="TU", period=Period(at("07:30"), at("08:00")), site="A", on_day_off=True),
    )
    dark = DarkSource("Mesin-1", Period(at("06:00"), at("18:00")))
    assert case.dark == (dark, DarkSource(dark.ref, dark.period, date(2026, 10, 5)))
    assert case.expect == {"arrival": {"class": "TL1"}, "deduction": 0.5}


PLAIN_PUNCH: dict[str, Any] = {
    "ref": "punch-1",
    "direction": Direction.IN,
    "source": Source.PHONE,
    "at_ms": at("07:28:13"),
    "grade": None,
    "lo_ms": None,
    "hi_ms": None,
    "error_ms": 0,
    "signed_at_ms": None,
    "phone_showed_ms": None,
    "elapsed_ms": None,
    "received_at_ms": None,
    "countersigned_at_ms": None,
    "terminal_skew_ms": None,
    "clock_state": ClockState.OK,
    "flags": (),
    "site": None,
}

PUNCHES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"ref": "tap-9"}, {"ref": "tap-9"}),
    ({"source": "terminal", "grade": "B"}, {"source": Source.TERMINAL, "grade": Grade.B}),
    ({"lo": "07:20", "hi": "07:30"}, {"lo_ms": at("07:20"), "hi_ms": at("07:30")}),
    ({"error_seconds": 3}, {"error_ms": 3_000}),
    ({"signed": "2026-09-14 16:05"}, {"signed_at_ms": at("16:05", 14)}),
    ({"phone_showed": "07:00", "elapsed_minutes": 28}, {"phone_showed_ms": at("07:00"), "elapsed_ms": 1_680_000}),
    (
        {"received": "08:05", "countersigned": "07:29"},
        {"received_at_ms": at("08:05"), "countersigned_at_ms": at("07:29")},
    ),
    ({"terminal_skew_seconds": -90}, {"terminal_skew_ms": -90_000}),
    ({"clock": "wrong", "flags": ["unconfirmed"]}, {"clock_state": ClockState.WRONG, "flags": ("unconfirmed",)}),
    ({"site": "A"}, {"site": "A"}),
]


@pytest.mark.parametrize(("said", "read_as"), PUNCHES)
def test_what_a_punch_says_is_read(said: dict[str, Any], read_as: dict[str, Any]) -> None:
    (punch,) = read(punches=[{"in": "07:28:13", **said}]).punches
    assert punch == CasePunch(**{**PLAIN_PUNCH, **read_as})


def test_a_punch_says_in_or_out_or_at_and_is_numbered() -> None:
    punches = read(punches=[{"in": "07:00"}, {"out": "16:00"}, {"at": "12:00"}]).punches
    assert [(one.ref, one.direction, one.at_ms) for one in punches] == [
        ("punch-1", Direction.IN, at("07:00")),
        ("punch-2", Direction.OUT, at("16:00")),
        ("punch-3", Direction.UNSAID, at("12:00")),
    ]


LEAVE: dict[str, Any] = {
    "ref": "excuse-1",
    "period": WHOLE_DAY,
    "tail_minutes": 0,
    "article": "CT",
    "code": "CT",
    "day_number": 1,
}
OUTAGE: dict[str, Any] = {
    **LEAVE,
    "period": Period(at("07:05"), at("08:05")),
    "article": "Ketentuan Hadir (gangguan sistem yang disetujui tidak dipotong)",
    "code": None,
}
OUT = {"kind": "outage", "from": "07:05", "until": "08:05"}

EXCUSES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"kind": "CT"}, LEAVE),
    ({"kind": "CT", "from": "07:05", "until": "08:05"}, {**LEAVE, "period": OUTAGE["period"]}),
    (
        {"kind": "CT", "ref": "surat-1", "article": "Pasal 5", "day": 366},
        {**LEAVE, "ref": "surat-1", "article": "Pasal 5", "day_number": 366},
    ),
    (OUT, OUTAGE),
    ({**OUT, "tail_minutes": 1440, "article": "SE 1"}, {**OUTAGE, "tail_minutes": 1440, "article": "SE 1"}),
]


@pytest.mark.parametrize(("said", "read_as"), EXCUSES)
def test_what_an_excuse_says_is_read(said: dict[str, Any], read_as: dict[str, Any]) -> None:
    assert read(excuses=[said, {"kind": "DL"}]).excuses == (
        ExcusePeriod(**read_as),
        ExcusePeriod(**{**LEAVE, "ref": "excuse-2", "code": "DL", "article": "DL"}),
    )


# What was owed.


def usual(**said: Any) -> AssignmentPeriod:
    return AssignmentPeriod(
        **{"ref": "case", "unit": "unit", "duty": "office-5-day", "zone": ZONE, "from_date": ON, **said}
    )


def test_the_case_says_where_the_person_is_assigned() -> None:
    plan = read(
        assigned={"from": "2026-01-01", "until": "2026-10-01"},
        unit="SDN 1",
        groups=["hamil"],
        sites=["A", "B"],
        obliged_from="2026-09-01",
    ).plan
    assert plan.assignments == (
        usual(
            from_date=date(2026, 1, 1),
            until_date=date(2026, 10, 1),
            unit="SDN 1",
            groups=frozenset({"hamil"}),
            sites=("A", "B"),
            obliged_from=date(2026, 9, 1),
        ),
    )
    assert read(assigned={"from": "2026-01-01"}).plan.assignments == (usual(from_date=date(2026, 1, 1)),)


def test_several_assignments_say_only_what_is_their_own() -> None:
    plan = read(
        unit="SDN 1",
        groups=["hamil"],
        sites=["A"],
        assigned={"from": "2026-01-01", "until": "2026-10-01"},
        assignments=[
            {},
            {
                "unit": "SDN 2",
                "duty": "office-6-day",
                "weekdays": ["mon", "fri"],
                "from": "2026-02-01",
                "until": "2026-11-01",
                "sites": [],
                "groups": ["guru"],
            },
        ],
    ).plan
    own = usual(
        ref="mine[0].assignments[0]",
        unit="SDN 1",
        groups=frozenset({"hamil"}),
        sites=("A",),
        from_date=date(2026, 1, 1),
        until_date=date(2026, 10, 1),
    )
    other = usual(
        ref="mine[0].assignments[1]",
        unit="SDN 2",
        duty="office-6-day",
        groups=frozenset({"guru"}),
        weekdays=frozenset({Weekday.MONDAY, Weekday.FRIDAY}),
        from_date=date(2026, 2, 1),
        until_date=date(2026, 11, 1),
    )
    assert plan.assignments == (own, other)


def test_a_roster_names_the_shifts_of_the_day_and_of_the_one_before() -> None:
    (case,) = parse_cases([{**{k: v for k, v in HEAD.items() if k != "duty"}, "shifts": ["pagi"]}], "mine")
    assert isinstance(case, Case)
    assert case.plan.roster == {ON: ("pagi",)}
    assert case.plan.assignments == (usual(duty="", by_roster=True),)
    assert read(shifts=[], shifts_before=["malam"]).plan.roster == {ON: (), date(2026, 9, 14): ("malam",)}


@pytest.mark.parametrize(("said", "letter"), [(True, ""), ("WFA", "WFA")])
def test_a_day_away_from_the_office_may_have_its_letter(said: object, letter: str) -> None:
    assert read(remote=said).plan.remote == {ON: letter}


CIRCULAR: dict[str, Any] = {
    "ref": "12",
    "article": "Surat edaran 12",
    "from_date": date(2026, 9, 14),
    "until_date": date(2026, 9, 19),
    "published_ms": at("12:00", 14),
    "approvers": frozenset({"Hasan"}),
}


def test_a_circular_is_published_at_noon_of_the_day_before_by_the_head_unless_it_says_otherwise() -> None:
    first = {"ref": "12", "from": "2026-09-14", "until": "2026-09-19"}
    second = {
        **first,
        "start": "08:00",
        "end": "15:00",
        "units": ["SDN 1"],
        "groups": ["hamil"],
        "drops": ["TA"],
        "published": "2026-09-15 07:10",
        "approvers": ["Hasan", "Rina"],
    }
    assert read(circulars=[first, second]).plan.circulars == (
        Circular(**CIRCULAR),
        Circular(
            **{**CIRCULAR, "published_ms": at("07:10"), "approvers": frozenset({"Hasan", "Rina"})},
            start=time(8),
            end=time(15),
            drops=frozenset({"TA"}),
            units=frozenset({"SDN 1"}),
            groups=frozenset({"hamil"}),
        ),
    )


def a_season(until: date) -> Season:
    return Season(
        from_date=date(2026, 9, 14), until_date=until, article="case", source="case", certainty=Certainty.INFERRED
    )


def a_day(name: str, *, works: bool) -> FreeDay:
    return FreeDay(
        date=ON,
        kind=FreeDayKind.LOCAL,
        name=name,
        article="case",
        source="case",
        certainty=Certainty.INFERRED,
        works=works,
    )


CALENDARS: list[tuple[dict[str, Any], Calendar]] = [
    ({"free": "HUT Kota"}, Calendar(name="case", days={ON: a_day("HUT Kota", works=False)})),
    ({"works": "Pelayanan"}, Calendar(name="case", days={ON: a_day("Pelayanan", works=True)})),
    ({"ramadan": {"from": "2026-09-14"}}, Calendar(name="case", ramadan=(a_season(date(2026, 10, 14)),))),
    (
        {"ramadan": {"from": "2026-09-14", "until": "2026-09-20"}},
        Calendar(name="case", ramadan=(a_season(date(2026, 9, 20)),)),
    ),
]


@pytest.mark.parametrize(("said", "calendar"), CALENDARS)
def test_a_case_may_have_a_free_day_or_a_ramadan_of_its_own(said: dict[str, Any], calendar: Calendar) -> None:
    assert read(**said).plan.calendar == calendar


# Months.


def test_a_month_is_a_case_for_each_of_its_days() -> None:
    (month,) = parse_cases(
        [
            {
                **MONTH,
                "days": {"2026-02-03": {"in": "07:28", "out": "16:00", "names": ["late.TL1"]}, date(2026, 2, 4): {}},
                "others": {"in": "07:00"},
                "employment": "pppk",
                "absent_before": 366,
                "names": ["absent"],
                "expect": {"TK": 1},
            }
        ],
        "mine",
    )
    assert isinstance(month, MonthCase)
    assert (month.name, month.policy, month.employment, month.absent_before) == ("Sari", "sragen", "pppk", 366)
    assert (month.names, month.expect) == (("absent",), {"TK": 1})
    assert [case.date for case in month.days] == [date(2026, 2, day) for day in range(1, 29)]
    assert {(case.name, case.policy, case.duty, case.zone) for case in month.days} == {
        ("Sari", "sragen", "office-5-day", ZONE)
    }
    assert [len(case.punches) for case in month.days[:5]] == [1, 1, 2, 0, 1]
    assert [one.direction for one in month.days[2].punches] == [Direction.IN, Direction.OUT]
    assert month.days[2].names == ("late.TL1",)


def test_a_month_that_says_nothing_is_of_a_civil_servant_without_absences() -> None:
    (month,) = parse_cases([MONTH], "mine")
    assert isinstance(month, MonthCase)
    assert (month.employment, month.absent_before, month.names, month.expect) == ("pns", 0, (), {})
    assert {case.punches for case in month.days} == {()}
