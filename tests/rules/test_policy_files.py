"""Policy and case files load whole or tell every fault with its place; never a traceback, never half."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hadir.rules import (
    Calendar,
    CalendarFileError,
    CaseFileError,
    Fault,
    Policy,
    PolicyFileError,
    PolicyGapError,
    PolicySet,
    Weekday,
    owed,
    parse_calendars,
    parse_cases,
    parse_policies,
    run_any,
)
from tests.rules.conftest import POLICIES, document, documents_in

NAME = "permentan-68-2012"


@pytest.fixture
def documents() -> dict[str, Any]:
    """Fresh documents to spoil."""
    return documents_in(POLICIES)


def faults_of(documents: dict[str, Any]) -> list[Fault]:
    with pytest.raises(PolicyFileError) as error:
        parse_policies(documents)
    return list(error.value.faults)


def late(documents: dict[str, Any], code: str = "TL1") -> dict[str, Any]:
    entry: dict[str, Any] = documents[NAME]["values"]["late"][code][0]
    return entry


@pytest.mark.parametrize("key", ["from", "value", "article", "source", "certainty"])
def test_a_value_without_its_day_article_source_or_certainty_does_not_load(documents: dict[str, Any], key: str) -> None:
    del late(documents)[key]
    assert [fault.place for fault in faults_of(documents)] == [f"{NAME}: values.late.TL1[0].{key}"]


SPOILED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an empty source": (lambda docs: late(docs).update(source=" "), "values.late.TL1[0].source"),
    "an unknown certainty": (lambda docs: late(docs).update(certainty="X"), "values.late.TL1[0].certainty"),
    "a day that is none": (lambda docs: late(docs).update({"from": "2023-13-01"}), "values.late.TL1[0].from"),
    "a negative percentage": (lambda docs: late(docs)["value"].update(percent=-1), "values.late.TL1[0].value"),
    "a percentage in words": (
        lambda docs: late(docs)["value"].update(percent="x"),
        "values.late.TL1[0].value",
    ),
    "half a minute": (lambda docs: late(docs)["value"].update(from_minutes=0.5), "values.late.TL1[0].value"),
    "a misspelt key": (lambda docs: late(docs).update(artikel="x"), "values.late.TL1[0]"),
    "a misspelt value": (lambda docs: docs[NAME]["values"].update(absnt=[{}]), "values.absnt"),
    "no history": (lambda docs: docs[NAME]["values"]["late"].update(TL1=[]), "values.late.TL1"),
    "a class that is not there": (lambda docs: docs[NAME]["values"]["no_arrival"][0].update(value="TL9"), "values"),
    "an unknown foundation": (lambda docs: docs[NAME].update(extends="nowhere"), "extends"),
    "another name than its file": (lambda docs: docs[NAME].update(policy="other"), "policy"),
    "no title": (lambda docs: docs[NAME].pop("title"), "title"),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_fault_is_told_with_its_place(documents: dict[str, Any], spoiled: str) -> None:
    spoil, place = SPOILED[spoiled]
    spoil(documents)
    assert f"{NAME}: {place}" in [fault.place for fault in faults_of(documents)]


def test_an_unquoted_clock_time_is_told_how_to_be_written(documents: dict[str, Any]) -> None:
    hours = documents["national-base"]["values"]["duties"]["office-5-day"]["hours"]["monday"][0]
    hours["value"] = {"start": 450, "end": "16:00"}
    assert any("in quotes" in fault.message for fault in faults_of(documents))


def test_all_faults_are_told_at_once(documents: dict[str, Any]) -> None:
    late(documents).pop("source")
    late(documents, "TL2").pop("article")
    assert len(faults_of(documents)) == 2


def test_a_set_that_is_judged_by_must_be_complete(documents: dict[str, Any]) -> None:
    del documents[NAME]["values"]["absent"]
    assert Fault(f"{NAME}: values", "absent is missing") in faults_of(documents)


def test_two_files_that_extend_each_other_do_not_load(documents: dict[str, Any]) -> None:
    documents["national-base"]["extends"] = NAME
    assert faults_of(documents)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def base(documents: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = documents["national-base"]["values"]
    return values


ODD_VALUES: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], object]] = {
    "a shift that ends before it begins": (
        lambda values: values["shifts"]["pagi"][0],
        {"start": "14:00", "end": "07:00", "end_next_day": False},
    ),
    "a shift that does not say when it ends": (lambda values: values["shifts"]["malam"][0], {"start": "21:00"}),
    "a band that does not begin with the first day": (
        lambda values: values["excuses"]["CS"][0],
        {"kind": "sick", "reach": "period", "days": [{"from_day": 2, "percent": 1}]},
    ),
    "bands out of order": (
        lambda values: values["excuses"]["CS"][0],
        {"kind": "sick", "reach": "period", "days": [{"from_day": 1, "percent": 1}, {"from_day": 1, "percent": 2}]},
    ),
    "an outage as a code": (
        lambda values: values["excuses"]["CT"][0],
        {"kind": "outage", "reach": "period", "days": [{"from_day": 1, "percent": 0}]},
    ),
    "a day that is no weekday": (
        lambda values: values["duties"]["dynamic"]["dynamic"][0],
        {"weekly_minutes": 2250, "break_minutes": 60, "days": ["mon"]},
    ),
    "a letter that is a sentence": (lambda values: values["codes"]["present"][0], "hadir di kantor"),
    "half a day": (lambda values: values["warnings"]["berhenti"][0], 0.5),
    "a yes in words": (lambda values: values["month"]["converts"][0], "yes"),
    "a mode that is none": (lambda values: values["pairing"]["phone"][0], "guess"),
}


@pytest.mark.parametrize("odd", ODD_VALUES)
def test_an_odd_value_of_any_kind_does_not_load(documents: dict[str, Any], odd: str) -> None:
    find, value = ODD_VALUES[odd]
    find(base(documents))["value"] = value
    assert faults_of(documents)


@pytest.mark.parametrize("key", ["date", "kind", "name", "article", "source", "certainty"])
def test_a_free_day_without_its_decree_does_not_load(key: str) -> None:
    calendar = document(POLICIES / "calendars" / "indonesia-2026.yaml")
    del calendar["days"][0][key]
    with pytest.raises(CalendarFileError) as error:
        parse_calendars({"indonesia-2026": calendar})
    assert [fault.place for fault in error.value.faults] == [f"indonesia-2026.days[0].{key}"]


def test_a_date_stands_in_a_calendar_once() -> None:
    calendar = document(POLICIES / "calendars" / "indonesia-2026.yaml")
    calendar["days"].append(calendar["days"][0])
    with pytest.raises(CalendarFileError, match="twice"):
        parse_calendars({"indonesia-2026": calendar})


def test_a_schools_holiday_frees_the_pupils_and_not_the_staff() -> None:
    known = {"article": "-", "source": "-", "certainty": "I"}
    days = [{"date": "2026-06-29", "kind": "school", "name": "Libur semester", **known}]
    school = parse_calendars({"school": {"calendar": "school", "title": {"id": "-", "en": "-"}, "days": days}})[
        "school"
    ]
    assert school.free(date(2026, 6, 29)) is None
    freed = parse_calendars(
        {"school": {"calendar": "school", "title": {"id": "-", "en": "-"}, "days": [{**days[0], "frees_staff": True}]}}
    )["school"]
    assert freed.free(date(2026, 6, 29)) is not None


CASE_WORDS = st.sampled_from(
    [
        *(
            "2026-09-15",
            "2026-09",
            "07:28:13",
            "2026-09-15 07:10",
            "CT",
            "outage",
            "pagi",
            "malam",
            "A",
            "phone",
            "none",
        ),
        *(1, 0, True, None, "Asia/Makassar", NAME, "office-5-day", "indonesia-2026", "permentan", -1, 0.5, [], {}),
    ]
)
CASE_KEYS = st.sampled_from(
    [
        *("in", "out", "at", "from", "until", "kind", "day", "source", "due", "name", "ref", "start", "published"),
        *("approvers", "units", "lo", "hi", "signed", "grade", "code", "2026-09-01"),
    ]
)
case_values = st.recursive(
    CASE_WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(CASE_KEYS, inner, max_size=3),
    max_leaves=6,
)
COMMON = {"policy": NAME, "duty": "office-5-day", "zone": "Asia/Makassar"}
DAY_CASE = {"case": "x", "date": "2026-09-15", **COMMON}
MONTH_CASE = {"month": "x", "of": "2026-09", **COMMON}
EVERY_KEY = st.sampled_from(
    [
        *("punches", "excuses", "outages", "now", "shifts", "shifts_before", "circulars", "unit", "groups", "assigned"),
        *(
            "obliged_from",
            "remote",
            "ramadan",
            "free",
            "works",
            "sites",
            "ceremonies",
            "dark",
            "flex_times",
            "calendar",
        ),
        *("days", "others", "employment", "absent_before", "names", "expect", "date", "of", "duty", "zone", "policy"),
    ]
)


@settings(max_examples=150)
@given(head=st.sampled_from([DAY_CASE, MONTH_CASE]), said=st.dictionaries(EVERY_KEY, case_values, max_size=3))
def test_whatever_a_stranger_writes_into_a_case_is_judged_or_told(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar], head: dict[str, Any], said: dict[str, Any]
) -> None:
    with suppress(CaseFileError):
        for case in parse_cases([{**head, **said}], "mine"):
            run_any(case, policies, calendars)


@given(raw=json_like)
def test_whatever_stands_in_a_file_is_answered_with_faults(raw: object) -> None:
    with pytest.raises(PolicyFileError):
        parse_policies({"some": raw})
    with pytest.raises(CaseFileError):
        parse_cases([raw], "some")
    with pytest.raises(CalendarFileError):
        parse_calendars({"some": raw})


def test_a_value_holds_from_its_day_on_until_the_next(documents: dict[str, Any]) -> None:
    milder = {**late(documents), "from": date(2026, 10, 1), "value": {"from_minutes": 16, "percent": 0.25}}
    documents[NAME]["values"]["late"]["TL1"].append(milder)
    documents[NAME]["exceptions"] = {"late": {"article": "a tolerance of fifteen minutes", "source": "none"}}
    policy_set = parse_policies(documents)[NAME]
    before, after = policy_set.on(date(2026, 9, 30)), policy_set.on(date(2026, 10, 1))
    assert [before.arrival.classes[0].from_minutes, after.arrival.classes[0].from_minutes] == [1, 16]


def test_a_day_before_the_first_value_is_a_gap_with_a_name(policies: dict[str, PolicySet]) -> None:
    with pytest.raises(PolicyGapError, match="begins on"):
        policies[NAME].on(date(1999, 1, 1))


def test_the_hash_of_a_set_changes_with_its_foundation(
    documents: dict[str, Any], policies: dict[str, PolicySet]
) -> None:
    assert parse_policies(documents)[NAME].sha256 == policies[NAME].sha256
    documents["national-base"]["values"]["grades"]["C"][0]["value"] = "accept"
    assert parse_policies(documents)[NAME].sha256 != policies[NAME].sha256


def test_friday_is_a_row_of_its_own_and_never_derived(documents: dict[str, Any]) -> None:
    del documents["national-base"]["values"]["duties"]["office-5-day"]["hours"]["friday"]
    week = parse_policies(documents)[NAME].on(date(2026, 9, 18)).duty("office-5-day", "Asia/Makassar").week
    assert Weekday.FRIDAY not in week


def test_a_day_off_owes_nothing(policy: Policy) -> None:
    duty = policy.duty("office-5-day", "Asia/Makassar")
    assert owed(duty, date(2026, 9, 19)) is None


def test_a_misspelt_expectation_does_not_pass_in_silence() -> None:
    case = {"case": "x", "policy": NAME, "duty": "office-5-day", "zone": "Asia/Makassar", "date": date(2026, 9, 15)}
    with pytest.raises(CaseFileError, match="arrival may say"):
        parse_cases([{**case, "expect": {"arrival": {"klass": "TL1"}}}], "cases")


@pytest.mark.parametrize(("key", "value"), [("policy", "nowhere"), ("duty", "none"), ("date", date(1999, 1, 1))])
def test_a_case_that_names_what_is_not_there_is_told_so(
    policies: dict[str, PolicySet], key: str, value: object
) -> None:
    case = {"case": "x", "policy": NAME, "duty": "office-5-day", "zone": "Asia/Makassar", "date": date(2026, 9, 15)}
    (read,) = parse_cases([{**case, "expect": {"deduction": 0}, key: value}], "cases")
    with pytest.raises(CaseFileError, match=key):
        run_any(read, policies)
