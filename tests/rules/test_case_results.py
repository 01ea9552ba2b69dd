"""What a judged case tells: every difference from what it expects, in its own words, and what it names in vain."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hadir.rules import Calendar, CaseFileError, PolicySet, parse_cases, run_any
from hadir.rules.cases import plain
from tests.rules.test_case_files import HEAD, MONTH

TUESDAY = {"punches": [{"in": "08:01", "ref": "masuk"}, {"out": "15:00", "ref": "pulang", "grade": "C", "lo": "14:00"}]}


def told(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar], case: dict[str, Any]
) -> dict[str, tuple[str, str]]:
    """Expected and got, by path."""
    (read,) = parse_cases([case], "mine")
    return {one.path: (one.expected, one.got) for one in run_any(read, policies, calendars).differences}


def test_a_day_tells_all_that_a_case_may_expect(policies: dict[str, PolicySet], calendars: dict[str, Calendar]) -> None:
    half = dict.fromkeys(("class", "minutes", "status", "tap", "review", "grade", "counts_as", "judged"), "?")
    whole = dict.fromkeys(
        ("status", "deduction", "provisional", "review", "identity", "suggest", "code", "flex_used", "due"), "?"
    )
    more = {"ceremonies": {"apel": "?", "upacara": "?"}, "roles": {"masuk": "?", "pulang": "?", "nobody": "?"}}
    apel = {"name": "apel", "from": "08:00", "until": "08:15"}
    case = {
        **HEAD,
        **TUESDAY,
        "month_closed": True,
        "ceremonies": [apel],
        "expect": {"arrival": half, "departure": half, **whole, **more},
    }
    got = {path: got for path, (expected, got) in told(policies, calendars, case).items() if expected == "?"}
    assert got == {
        "arrival.class": "TL2",
        "arrival.minutes": "31",
        "arrival.status": "short",
        "arrival.tap": "masuk",
        "arrival.review": "none",
        "arrival.grade": "A",
        "arrival.counts_as": "A",
        "arrival.judged": "08:01:00",
        "departure.class": "PSW2",
        "departure.minutes": "60",
        "departure.status": "short",
        "departure.tap": "pulang",
        "departure.review": "sample",
        "departure.grade": "C",
        "departure.counts_as": "C",
        "departure.judged": "15:00:00",
        "status": "present",
        "deduction": "2",
        "provisional": "false",
        "review": "sample",
        "identity": "confirmed",
        "suggest": "-",
        "code": "H",
        "flex_used": "false",
        "due": "-",
        "ceremonies.apel": "attended",
        "ceremonies.upacara": "-",
        "roles.masuk": "arrival",
        "roles.pulang": "departure",
        "roles.nobody": "-",
    }


def test_only_what_differs_is_told_with_what_was_expected(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    expect = {"arrival": {"class": "TL1", "minutes": 31}, "deduction": 2.0, "status": "absent"}
    assert told(policies, calendars, {**HEAD, **TUESDAY, "expect": expect}) == {
        "arrival.class": ("TL1", "TL2"),
        "status": ("absent", "present"),
    }


MONTHS: list[tuple[dict[str, Any], dict[str, str]]] = [
    (
        {
            "days": {"2026-02-03": {"in": "08:01", "out": "16:00"}, "2026-02-04": {"out": "16:00"}, "2026-02-05": {}},
            "others": {"in": "07:00", "out": "17:00"},
            "absent_before": 2,
        },
        {
            "H": "17",
            "L": "10",
            "TK": "1",
            "TAM": "1",
            "work_days": "18",
            "minutes_late": "31",
            "minutes_short": "31",
            "sum_percent": "6.5",
            "percent": "6.5",
            "of_allowance": "2.6",
            "present_percent": "94.44",
            "warnings": "teguran_lisan",
        },
    ),
    (
        {"duty": "dynamic", "others": {"in": "08:00", "out": "15:00"}},
        {"H": "18", "L": "10", "work_days": "18", "weeks_short": "990", "present_percent": "100"},
    ),
    (
        {"policy": "panrb-6-2018", "of": "2026-09", "others": {"in": "07:50", "out": "16:20"}},
        {
            "H": "22",
            "L": "8",
            "TL1": "17",
            "PSW1": "7",
            "work_days": "22",
            "minutes_late": "340",
            "minutes_early": "110",
            "minutes_short": "450",
            "sum_percent": "13",
            "percent": "13",
            "of_allowance": "13",
            "converted_days": "1",
            "flex_times": "5",
            "present_percent": "100",
        },
    ),
]
SUMS = (
    "H",
    "L",
    "TK",
    "TL",
    "TL1",
    "PSW1",
    "TAM",
    "TAP",
    "work_days",
    "minutes_late",
    "minutes_early",
    "minutes_short",
)
MORE = ("sum_percent", "percent", "of_allowance", "present_percent", "converted_days", "flex_times", "weeks_short")
ALL = (*SUMS, *MORE, "warnings")


@pytest.mark.parametrize(("said", "got"), MONTHS)
def test_a_month_tells_its_letters_classes_and_sums(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar], said: dict[str, Any], got: dict[str, str]
) -> None:
    asked = [path for path in ALL if path != "TL" or path in got]  # a class of some sets only
    case = {**MONTH, **said, "expect": dict.fromkeys(asked, "?")}
    assert told(policies, calendars, case) == {path: ("?", got.get(path, "0")) for path in asked}


def test_a_month_whose_sums_are_expected_differs_in_nothing(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    for said, got in MONTHS:
        assert told(policies, calendars, {**MONTH, **said, "expect": got}) == {}


NOWHERE: list[tuple[dict[str, Any], str]] = [
    ({"policy": "nowhere"}, "Sari: policy: there is no policy 'nowhere'"),
    ({"calendar": "nowhere"}, "Sari: calendar: there is no calendar 'nowhere'"),
    ({"duty": "none"}, "Sari: duty: permentan-68-2012 has no duty or shift 'none'"),
    ({"shifts": ["subuh"]}, "Sari: duty: permentan-68-2012 has no duty or shift 'subuh'"),
    (
        {"excuses": [{"kind": "XX"}, {"kind": "AA"}, {"kind": "CT"}]},
        "Sari: excuses: permentan-68-2012 has no excuse AA, XX",
    ),
]


@pytest.mark.parametrize(("said", "sentence"), NOWHERE)
def test_what_a_case_names_in_vain_is_told(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar], said: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CaseFileError) as error:
        told(policies, calendars, {**HEAD, **said})
    assert str(error.value) == sentence


def test_a_case_before_its_policy_is_told_when_it_begins(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    with pytest.raises(CaseFileError, match=r"^Sari: date: permentan-68-2012: .* begins on .*, nothing on 2000-01-03$"):
        told(policies, calendars, {**HEAD, "date": "2000-01-03"})


FREE = {"expect": {"status": "?"}, "date": "2026-08-17"}


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, "off_duty"),
        ({"calendar": "indonesia-2026"}, "off_duty"),
        ({"calendar": "indonesia-2025"}, "undecided"),
        ({"calendar": "none"}, "absent"),
        ({"calendar": "none", "free": "HUT"}, "off_duty"),
        ({"works": "Pelayanan"}, "absent"),
    ],
)
def test_a_case_lies_on_all_calendars_unless_it_names_one(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar], said: dict[str, Any], status: str
) -> None:
    assert told(policies, calendars, {**HEAD, **FREE, **said})["status"] == ("?", status)


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        (None, "-"),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (1.0, "1"),
        (Decimal("1.00"), "1"),
        (Decimal(100), "100"),
        (0.25, "0.25"),
        ("TL1", "TL1"),
    ],
)
def test_a_value_has_one_spelling(value: object, spelt: str) -> None:
    assert plain(value) == spelt


def test_a_case_says_whose_word_the_direction_is(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    case = {**HEAD, "punches": [{"in": "07:20"}, {"in": "16:05"}], "expect": {"departure": {"status": "on_time"}}}
    assert told(policies, calendars, case) == {"departure.status": ("on_time", "no_punch")}
    assert told(policies, calendars, {**case, "pairing": {"phone": "first_last"}}) == {}


def test_where_one_part_of_a_split_shift_is_undecided_the_day_shows_it(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    taps = [{"in": "07:00"}, {"out": "14:00"}, {"in": "21:00"}, {"out": "2026-09-16 10:20"}]
    case = {**HEAD, "shifts": ["pagi", "malam"], "punches": taps}
    expect = {"status": "undecided", "arrival": {"status": "on_time"}, "departure": {"status": "undecided"}}
    assert told(policies, calendars, {**case, "expect": expect}) == {}


def test_an_outage_moves_no_end_for_whoever_pressed_the_wrong_button(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    """A Pulang of 07:29 shows him there a minute early; an outage from 08:02 on must not make the departure dearer."""
    case = {**HEAD, "policy": "kemenkeu-pmk-221-2021", "punches": [{"out": "07:29"}, {"out": "16:55"}]}
    alone, early = {"arrival": {"status": "undecided"}}, {"departure": {"class": "PSW1", "minutes": 4}}
    assert told(policies, calendars, {**case, "expect": {**alone, **early}}) == {}
    outage = {"kind": "outage", "from": "08:02", "until": "09:02"}
    assert told(policies, calendars, {**case, "excuses": [outage], "expect": early}) == {}
