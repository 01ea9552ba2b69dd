"""Holidays and Ramadan as dated data: what a calendar's file becomes, and exactly what is said of a fault in it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hadir.rules import (
    AssignmentPeriod,
    Calendar,
    CalendarFileError,
    Fault,
    Plan,
    PolicySet,
    Season,
    owed_on,
    parse_calendars,
)
from hadir.rules.calendars import FreeDay, FreeDayKind, Standing
from hadir.rules.policy import Certainty
from hadir.rules.reasons import ReasonCode

SEEN = {"article": "SKB", "source": "SKB 3 Menteri 2026", "certainty": "S"}
DAY: dict[str, Any] = {"date": "2026-08-17", "kind": "national", "name": "Proklamasi Kemerdekaan", **SEEN}
RAMADAN: dict[str, Any] = {"from": "2026-02-19", "until": "2026-03-21", **SEEN}


def small(**said: object) -> dict[str, Any]:
    return {"calendar": "kecil", "title": {"id": "Kecil", "en": "Small"}, **said}


def read(**said: object) -> Calendar:
    return parse_calendars({"kecil": small(**said)})["kecil"]


def season(first: tuple[int, int], last: tuple[int, int]) -> Season:
    return Season(
        from_date=date(2026, *first),
        until_date=date(2026, *last),
        article="SKB",
        source="SKB 3 Menteri 2026",
        certainty=Certainty("S"),
    )


def test_a_file_becomes_free_days_by_date_and_seasons_of_ramadan() -> None:
    calendar = read(days=[DAY], ramadan=[{**RAMADAN, "note": "-"}], sources={}, note="-")
    free = FreeDay(
        date=date(2026, 8, 17),
        kind=FreeDayKind.NATIONAL,
        name="Proklamasi Kemerdekaan",
        article="SKB",
        source="SKB 3 Menteri 2026",
        certainty=Certainty("S"),
        frees_staff=True,
        works=False,
    )
    assert calendar == Calendar(
        name="kecil",
        days={free.date: free},
        ramadan=(season((2, 19), (3, 21)),),
        standing=Standing.DECREED,
        years={2026: Standing.DECREED},
    )


def test_a_calendar_may_be_empty_and_provisional() -> None:
    assert read(standing="provisional", days=None) == Calendar(name="kecil", standing=Standing.PROVISIONAL)


@pytest.mark.parametrize(
    ("said", "is_free"),
    [
        ({}, True),
        ({"kind": "collective"}, True),
        ({"kind": "local"}, True),
        ({"kind": "school"}, False),
        ({"kind": "school", "frees_staff": True}, True),
        ({"frees_staff": False}, False),
        ({"works": True}, False),
        ({"works": False}, True),
    ],
)
def test_a_day_frees_the_staff_unless_it_is_the_pupils_or_the_unit_works(said: dict[str, Any], is_free: bool) -> None:  # noqa: FBT001
    calendar = read(days=[{**DAY, **said}])
    assert (calendar.free(date(2026, 8, 17)) is not None) is is_free
    assert calendar.free(date(2026, 8, 18)) is None


def test_what_waits_in_2027_says_so_and_nothing_else(
    calendars: dict[str, Calendar], policies: dict[str, PolicySet]
) -> None:
    """The holidays are decreed; collective leave of ASN waits for the president, Ramadan for its announcement."""
    calendar = calendars["indonesia-2027"]
    kinds = [day.kind for day in calendar.days.values()]
    assert (kinds.count(FreeDayKind.NATIONAL), kinds.count(FreeDayKind.COLLECTIVE)) == (18, 8)
    waits = {day.kind for day in calendar.days.values() if day.standing is Standing.PROVISIONAL}
    assert waits == {FreeDayKind.COLLECTIVE}
    asked = ("2027-03-08", "2027-03-12", "2027-02-10", "2027-04-01")
    told = {on: reasons_on(date.fromisoformat(on), calendar, policies) for on in asked}
    assert told == {
        "2027-03-08": [ReasonCode.DUTY_HOLIDAY],
        "2027-03-12": [ReasonCode.DUTY_HOLIDAY_PROVISIONAL],
        "2027-02-10": [ReasonCode.DUTY_RAMADAN, ReasonCode.DUTY_RAMADAN_PROVISIONAL],
        "2027-04-01": [],
    }


def test_a_provisional_calendar_says_so_on_each_day() -> None:
    calendar = read(standing="provisional", days=[DAY, {**DAY, "date": "2026-08-18", "standing": "decreed"}])
    assert [day.standing for day in calendar.days.values()] == [Standing.PROVISIONAL, Standing.DECREED]
    assert calendar.is_provisional(date(2026, 9, 15))


def reasons_on(day: date, calendar: Calendar, policies: dict[str, PolicySet]) -> list[ReasonCode]:
    """What of the calendar is said of a day."""
    assignment = AssignmentPeriod(
        ref="-", unit="dinas", duty="office-5-day", zone="Asia/Makassar", from_date=date(2026, 1, 1)
    )
    owed = owed_on(Plan(assignments=(assignment,), calendar=calendar), policies["permentan-68-2012"].on(day), day)
    said = (owed.off.reason,) if owed.off else owed.days[0].basis
    return [reason.code for reason in said]


NOT_MAPPINGS = "must be a list of mappings"
MISSING = "is missing; nothing loads without it"

FAULTS: list[tuple[dict[str, Any], Fault]] = [
    ({"calendar": "besar"}, Fault("kecil: calendar", "must be 'kecil', like the file's name")),
    ({"title": {"id": "Kecil"}}, Fault("kecil.title", "must have en, id and nothing else")),
    ({"day": []}, Fault("kecil", "'day' is not known here; did you mean days?")),
    ({"days": DAY}, Fault("kecil.days", NOT_MAPPINGS)),
    ({"days": [DAY, "2026-08-17"]}, Fault("kecil.days", NOT_MAPPINGS)),
    ({"days": [DAY, DAY]}, Fault("kecil.days", "has a date twice")),
    ({"days": [{**DAY, "on": 1}]}, Fault("kecil.days[0]", "'on' is not known here")),
    ({"days": [{**DAY, "frees_staff": 1}]}, Fault("kecil.days[0].frees_staff", "must be true or false, not 1")),
    ({"days": [{**DAY, "works": "no"}]}, Fault("kecil.days[0].works", "must be true or false, not 'no'")),
    ({"ramadan": RAMADAN}, Fault("kecil.ramadan", NOT_MAPPINGS)),
    ({"ramadan": [{**RAMADAN, "name": 1}]}, Fault("kecil.ramadan[0]", "'name' is not known here")),
    (
        {"ramadan": [{**RAMADAN, "until": "2026-02-19"}]},
        Fault("kecil.ramadan[0]", "2026-02-19 must be before 2026-02-19"),
    ),
    ({"standing": "sure"}, Fault("kecil.standing", "must be one of decreed, provisional, not 'sure'")),
    ({"note": ""}, Fault("kecil.note", "must be a text of 1 to 400 characters")),
    *(({"days": [{k: v for k, v in DAY.items() if k != key}]}, Fault(f"kecil.days[0].{key}", MISSING)) for key in DAY),
    *(
        ({"ramadan": [{k: v for k, v in RAMADAN.items() if k != key}]}, Fault(f"kecil.ramadan[0].{key}", MISSING))
        for key in RAMADAN
    ),
]


@pytest.mark.parametrize(("said", "fault"), FAULTS, ids=lambda part: str(part) if isinstance(part, Fault) else "")
def test_a_faulty_calendar_is_told_where_and_what(said: dict[str, Any], fault: Fault) -> None:
    with pytest.raises(CalendarFileError) as error:
        read(**said)
    assert error.value.faults == (fault,)


def test_a_file_that_holds_no_mapping_is_told_so() -> None:
    with pytest.raises(CalendarFileError) as error:
        parse_calendars({"kecil": [DAY], "besar": small(calendar="besar")})
    assert error.value.faults == (Fault("kecil", "the file holds no mapping"),)


def test_a_units_calendar_lies_over_the_national_one() -> None:
    unit = read(days=[{**DAY, "works": True}, {**DAY, "date": "2026-08-18", "kind": "local"}], ramadan=[RAMADAN])
    both = read(days=[DAY, {**DAY, "date": "2026-12-25"}], ramadan=[RAMADAN]).plus(unit)
    assert both.name == "kecil + kecil"
    assert [both.free(date(2026, *on)) is not None for on in ((8, 17), (8, 18), (12, 25))] == [False, True, True]
    assert both.ramadan == (season((2, 19), (3, 21)), season((2, 19), (3, 21)))


@pytest.mark.parametrize(
    ("announced", "kept"),
    [
        (((2, 18), (3, 20)), ""),
        (((3, 20), (4, 1)), ""),
        (((1, 1), (2, 20)), ""),
        (((3, 21), (4, 1)), "before"),
        (((1, 1), (2, 19)), "after"),
    ],
)
def test_an_announced_ramadan_takes_the_place_of_the_one_it_overlaps(
    announced: tuple[tuple[int, int], tuple[int, int]], kept: str
) -> None:
    calendar, old, new = read(days=[DAY], ramadan=[RAMADAN]), season((2, 19), (3, 21)), season(*announced)
    moved = calendar.with_ramadan(new)
    assert moved.ramadan == {"": (new,), "before": (old, new), "after": (new, old)}[kept]
    assert (moved.name, moved.days) == (calendar.name, calendar.days)


def test_ramadan_is_its_first_day_and_no_longer_the_day_after_its_last() -> None:
    calendar = read(ramadan=[RAMADAN])
    days = (date(2026, 2, 18), date(2026, 2, 19), date(2026, 3, 20), date(2026, 3, 21))
    assert [calendar.in_ramadan(day) for day in days] == [False, True, True, False]
