"""Tables over the years: no hole on any day, classes that end, what no regulation says, and whose the values are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hadir.rules import PolicyFileError, PolicySet, parse_policies
from tests.rules.test_cases import policy_documents
from tests.rules.test_histories import TITLE, entry, late

BEGIN, LATER = "2027-01-01", "2027-02-01"
ABSENT = {"code": "TK", "percent": 3}


def row(minutes: int, percent: float, from_: str = BEGIN, until: str | None = None) -> list[dict[str, Any]]:
    return [entry(late(percent, minutes), from_, until)]


def table(**other: Any) -> dict[str, Any]:
    """The three classes of a small regency that extends the national base only."""
    rows = {"1": row(1, 0.5), "2": row(31, 1), "3": row(61, 1.5)}
    return {
        "late": {f"TL{at}": one for at, one in rows.items()},
        "early": {f"PSW{at}": one for at, one in rows.items()},
        "no_arrival": [entry("TL3", BEGIN)],
        "no_departure": [entry("PSW3", BEGIN)],
        "absent": [entry(ABSENT, BEGIN)],
        **other,
    }


def own(values: dict[str, Any], *, extends: str = "national-base", **more: Any) -> PolicySet:
    document = {"policy": "kecil", "title": TITLE, "extends": extends, "values": values, **more}
    return parse_policies({**policy_documents(), "kecil": document})["kecil"]


def faults(values: dict[str, Any], **more: Any) -> list[str]:
    with pytest.raises(PolicyFileError) as told:
        own(values, **more)
    return [str(fault).removeprefix("kecil: values") for fault in told.value.faults]


def with_late(**rows: Any) -> dict[str, Any]:
    return table(late={**table()["late"], **rows})


def classes(policies: PolicySet, on: date) -> list[str]:
    return [one.code for one in policies.on(on).arrival.classes]


def test_a_table_without_a_hole_loads() -> None:
    assert classes(own(table()), date(2027, 6, 1)) == ["TL1", "TL2", "TL3"]


@pytest.mark.parametrize("begins", ["2072-01-01", "2027-01-10"])
def test_a_first_class_that_begins_after_the_others_leaves_days_that_cost_nothing(begins: str) -> None:
    told = faults(with_late(TL1=row(1, 0.5, begins)))
    assert told == [".late: costs nothing before minute 31; cite the regulation under exceptions if it says so"]


def test_a_class_that_ends_before_one_that_goes_on_leaves_a_hole() -> None:
    (told,) = faults(with_late(TL2=row(31, 1, until=LATER)))
    assert told.startswith(
        ".late.TL2: ends on 2027-02-01 and nothing takes its place, while late.TL3 behind it goes on"
    )


def test_a_class_that_gives_way_to_others_on_its_last_day_leaves_none() -> None:
    rows = {"TL2": row(31, 1, until=LATER), "TL2A": row(31, 1, LATER), "TL3": row(61, 1.5, until=LATER)}
    values = table(late={"TL1": row(1, 0.5), **rows, "TL9": row(61, 2, LATER)})
    values["no_arrival"] = [entry("TL3", BEGIN), entry("TL9", LATER)]
    assert classes(own(values), date(2027, 3, 1)) == ["TL1", "TL2A", "TL9"]


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("absent", ABSENT, ".absent: nothing holds on {day}, while late.TL1 does"),
        ("no_arrival", "TL3", ".no_arrival: nothing holds on {day}, while late.TL1 does"),
        ("no_departure", "PSW3", ".no_departure: nothing holds on {day}, while early.PSW1 does"),
    ],
)
def test_what_a_missing_day_or_tap_costs_is_said_for_every_day_of_the_table(
    path: str, value: object, told: str
) -> None:
    assert told.format(day=BEGIN) in faults(table(**{path: [entry(value, "2027-05-01")]}))
    assert told.format(day="2027-05-01") in faults(table(**{path: [entry(value, BEGIN, "2027-05-01")]}))


# --- classes that end ------------------------------------------------------------------------------------------------

OFF = [entry("off", BEGIN)]
THREE = {"late": {**table()["late"], "TL4": OFF}, "no_arrival": [entry("TL3", BEGIN)]}


def test_a_class_of_what_is_extended_is_ended_by_off() -> None:
    policies = own(THREE, extends="permentan-68-2012")
    assert classes(policies, date(2026, 12, 31)) == ["TL1", "TL2", "TL3", "TL4"]
    assert classes(policies, date(2027, 1, 1)) == ["TL1", "TL2", "TL3"]
    assert policies.on(date(2027, 1, 1)).arrival.no_punch.percent == Decimal("1.5")
    assert "late.TL4" not in policies.borrowed


def test_a_class_of_what_is_extended_that_nobody_ended_is_listed_as_borrowed() -> None:
    values = {"late": table()["late"], "no_arrival": THREE["no_arrival"]}
    assert own(values, extends="permentan-68-2012").borrowed["late.TL4"] == "permentan-68-2012"


def test_a_missing_tap_never_falls_in_a_class_that_has_ended() -> None:
    values = {"late": THREE["late"]}
    assert faults(values, extends="permentan-68-2012") == [
        ".no_arrival: names TL4, which on 2027-01-01 late does not have"
    ]


def test_a_class_in_the_middle_may_end_by_off() -> None:
    values = with_late(TL2=[*row(31, 1), entry("off", LATER)])
    assert classes(own(values), date(2027, 3, 1)) == ["TL1", "TL3"]


# --- what no regulation says -----------------------------------------------------------------------------------------


def test_a_missed_ceremony_never_costs_more_than_an_absence() -> None:
    told = faults(table(ceremonies={"TA": [entry(25, BEGIN)]}))
    assert told == [".ceremonies.TA: costs 25 %, more than the 3 % of an absence"]


def test_an_absence_that_no_regulation_has_must_be_cited() -> None:
    dear = table(absent=[entry({**ABSENT, "percent": 35}, BEGIN)])
    cite = "cite the regulation under exceptions if it says so"
    assert faults(dear) == [f".absent: costs 35 % a day, more than 10 %; {cite}"]
    cited = {"absent": {"article": "Perbup 1 Pasal 8", "source": "Perbup 1"}}
    assert own(dear, exceptions=cited).on(date(2027, 6, 1)).absent.percent == Decimal(35)
    assert own(table(absent=[entry({**ABSENT, "percent": 10}, BEGIN)]))


def test_what_is_likely_is_dated_cited_data_of_the_base() -> None:
    document = policy_documents()["national-base"]
    (one,) = document["likely"]["absent"]
    assert one.keys() == {"from", "value", "article", "source", "certainty"}
    wrong = {"likely": {"absent": [{**one, "value": 101}], "late": [one]}}
    with pytest.raises(PolicyFileError) as told:
        own(table(), **wrong)
    assert [fault.place for fault in told.value.faults] == ["kecil: likely.absent[0].value", "kecil: likely.late"]


# --- whose the values are --------------------------------------------------------------------------------------------

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday")


def test_what_each_government_says_for_itself_and_this_one_does_not_is_listed_with_the_base() -> None:
    hours = {day: [entry({"start": "07:30", "end": "16:00"}, BEGIN)] for day in WEEK[:-1]}
    borrowed = own(table(duties={"office-5-day": {"hours": hours}})).borrowed
    assert borrowed["duties.office-5-day.hours.friday"] == "national-base"
    assert {f"duties.office-5-day.ramadan.{day}" for day in WEEK} <= borrowed.keys()
    assert {"duties.office-6-day.hours.saturday", "excuses.S"} <= borrowed.keys()
    assert not {"duties.office-5-day.hours.monday", "late.TL1", "absent", "codes.present"} & borrowed.keys()


# --- one fault for one mistake ---------------------------------------------------------------------------------------


def test_a_misspelt_foundation_is_the_one_fault_and_the_right_one_is_named() -> None:
    (told,) = faults(table(), extends="national_base")
    assert told == (
        "kecil: extends: 'national_base' is not a policy that can be extended here; did you mean national-base?"
    )


def test_a_misspelt_section_is_told_once_and_its_rows_are_not_missed_too() -> None:
    values = table()
    values["lates"] = values.pop("late")
    assert faults(values) == [".lates: 'lates' is not known here; did you mean late?"]


def test_a_row_that_cannot_be_read_leaves_no_second_fault_in_its_table() -> None:
    assert faults(with_late(TL1=[{**entry(late(0.5), BEGIN), "from": "01-01-2027"}])) == [
        ".late.TL1[0].from: must be a day like 2023-04-12, not '01-01-2027'"
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            {"from_minutes": 31, "percent": 1, 25: None},
            "percent is read as 1, and 25 behind the comma stands by itself: write decimals with a point, as in 1.25",
        ),
        (
            {"from_minutes": 31, "percent": "1,25"},
            "write decimals with a point and without quotes, as in 1.25, not '1,25'",
        ),
        ({"from_minute": 31, "percent": 1}, "'from_minute' is not known here; did you mean from_minutes?"),
    ],
)
def test_a_comma_and_a_misspelt_word_are_named(value: dict[object, object], told: str) -> None:
    assert faults(with_late(TL2=[entry(value, BEGIN)])) == [f".late.TL2[0].value: {told}"]


def test_two_misspelt_words_of_one_value_are_told_at_once() -> None:
    told = faults(with_late(TL2=[entry({"from_minute": 31, "procent": 1}, BEGIN)]))
    assert [one.partition("; ")[2] for one in told] == ["did you mean from_minutes?", "did you mean percent?"]


def test_a_comma_beside_a_value_and_a_misspelt_count_are_named() -> None:
    share = {**entry(37, BEGIN), "article": "Perbup 1", "source": "Perbup 1"}
    cut = {**{key: share[key] for key in ("from", "value")}, 5: None, **share}
    sick = {"kind": "sick", "reach": "period", "days": [{"from_day": 1, "percent": 0}], "count": "work_days"}
    misspelt, cut_off = faults(table(month={"share_percent": [cut]}, excuses={"CS": [entry(sick, BEGIN)]}))
    assert misspelt == ".excuses.CS[0].value: 'count' is not known here; did you mean counts?"
    assert cut_off.startswith(".month.share_percent[0]: value is read as 37, and 5 behind the comma stands by itself")
