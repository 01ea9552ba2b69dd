"""A faulty case file: where the fault is, and what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from hadir.rules import CaseFileError, parse_cases
from tests.rules.test_case_files import HEAD, MONTH, ON

OUT = {"kind": "outage", "from": "07:05", "until": "08:05"}


def faults(raw: object) -> list[str]:
    with pytest.raises(CaseFileError) as error:
        parse_cases(raw, "mine")
    return [str(fault) for fault in error.value.faults]


def first_sentence(part: object) -> str:
    """The name of a test."""
    return str(part[0]) if isinstance(part, list) else ""


MISSING = "is missing; nothing loads without it"
A_DAY = "must be a day like 2023-04-12, not '?'"
A_TIME = 'must be a clock time in quotes like "07:30", not '
A_TEXT = "must be a text of 1 to 400 characters"
EXPECTED = (
    "ceremonies, code, deduction, departure, due, flex_used, identity, provisional, review, roles, status, suggest"
)
PART = "class, counts_as, grade, judged, minutes, review, status, tap"
ZONES = "must be a time zone like Asia/Makassar, not "
EMPTY_SPAN = {"from": "08:00", "until": "08:00"}
SECONDS = "must be a whole number from 0 to 86400, not "
HUNDRED = "must be a list of at most 100"
FIFTY = "must be a list of at most 50 mappings"

FAULTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"punch": []}, ["mine[0]: 'punch' is not known here; did you mean punches?"]),
    ({"case": ""}, [f"mine[0].case: {A_TEXT}"]),
    ({"duty": 5}, [f"mine[0].duty: {A_TEXT}"]),
    ({"zone": "WITA"}, [f"mine[0].zone: {ZONES}'WITA'"]),
    ({"zone": "../etc"}, [f"mine[0].zone: {ZONES}'../etc'"]),
    ({"date": "?"}, [f"mine[0].date: {A_DAY}"]),
    ({"now": "noon"}, [f"mine[0].now: {A_TIME}'noon'"]),
    ({"flex_times": 32}, ["mine[0].flex_times: must be a whole number from 0 to 31, not 32"]),
    ({"flex_times": -1}, ["mine[0].flex_times: must be a whole number from 0 to 31, not -1"]),
    ({"expect": {}}, [f"mine[0].expect: must say one or more of arrival, {EXPECTED}"]),
    ({"expect": {"klass": 1}}, [f"mine[0].expect: must say one or more of arrival, {EXPECTED}"]),
    ({"expect": {"departure": {"klass": 1}}}, [f"mine[0].expect: departure may say {PART}"]),
    ({"expect": {"arrival": "TL1"}}, [f"mine[0].expect: arrival may say {PART}"]),
    ({"punches": {}, "excuses": {"kind": "CT"}}, [f"mine[0].excuses: {HUNDRED}"]),
    ({"punches": [{"in": "07:00"}] * 101}, [f"mine[0].punches: {HUNDRED}"]),
    ({"punches": [{"in": "07:00"}, "07:00"]}, ["mine[0].punches[1]: must be a mapping"]),
    ({"punches": [{"in": "07:00", "on": 1}]}, ["mine[0].punches[0]: 'on' is not known here"]),
    (
        {"punches": [{"in": "07:00", "out": "16:00"}]},
        ["mine[0].punches[0]: must have in or out (or at, where nobody chose), with a clock time"],
    ),
    ({"punches": [{"in": "7"}]}, [f"mine[0].punches[0].in: {A_TIME}'7'"]),
    (
        {
            "punches": [
                {"in": "07:00", "elapsed_minutes": -1, "error_seconds": 86_401, "terminal_skew_seconds": -86_401}
            ]
        },
        [
            f"mine[0].punches[0].elapsed_minutes: {SECONDS}-1",
            f"mine[0].punches[0].error_seconds: {SECONDS}86401",
            "mine[0].punches[0].terminal_skew_seconds: must be a whole number from -86400 to 86400, not -86401",
        ],
    ),
    ({"excuses": [{"kind": "CT", "until": "08:00"}]}, [f"mine[0].excuses[0].from: {MISSING}"]),
    (
        {"excuses": [{"kind": "outage"}]},
        [f"mine[0].excuses[0].from: {MISSING}", f"mine[0].excuses[0].until: {MISSING}"],
    ),
    ({"excuses": [{"from": "07:00", "until": "08:00"}]}, [f"mine[0].excuses[0].kind: {MISSING}"]),
    ({"excuses": [{"kind": "CT", "on": 1}]}, ["mine[0].excuses[0]: 'on' is not known here"]),
    ({"excuses": [{"kind": "CT", "day": 0}]}, ["mine[0].excuses[0].day: must be a whole number from 1 to 366, not 0"]),
    (
        {"excuses": [{"kind": "CT", "day": 367}]},
        ["mine[0].excuses[0].day: must be a whole number from 1 to 366, not 367"],
    ),
    (
        {"excuses": [{**OUT, "tail_minutes": 1441}, {**OUT, "tail_minutes": -1}]},
        [
            "mine[0].excuses[0].tail_minutes: must be a whole number from 0 to 1440, not 1441",
            "mine[0].excuses[1].tail_minutes: must be a whole number from 0 to 1440, not -1",
        ],
    ),
    ({"outages": [EMPTY_SPAN]}, ["mine[0].outages[0]: from must be before until"]),
    ({"ceremonies": [{**OUT, "name": "apel"}]}, ["mine[0].ceremonies[0]: 'kind' is not known here"]),
    (
        {"ceremonies": [EMPTY_SPAN]},
        ["mine[0].ceremonies[0]: from must be before until", f"mine[0].ceremonies[0].name: {MISSING}"],
    ),
    ({"dark": [{**OUT, "source": "Mesin-1"}]}, ["mine[0].dark[0]: 'kind' is not known here"]),
    ({"dark": [{"from": "06:00", "until": "07:00"}]}, [f"mine[0].dark[0].source: {MISSING}"]),
    ({"assigned": "2026-01-01"}, ["mine[0].assigned: must be {from, until}"]),
    ({"assigned": {"until": "2026-01-01"}}, [f"mine[0].assigned.from: {MISSING}"]),
    ({"assigned": {"from": "2026-01-01", "on": 1}}, ["mine[0].assigned: 'on' is not known here"]),
    ({"assignments": [{"zone": 1}]}, ["mine[0].assignments[0]: 'zone' is not known here"]),
    (
        {"assignments": [{"weekdays": ["senin"]}, {"weekdays": []}]},
        [
            "mine[0].assignments[0].weekdays: must be a list of mon, tue, wed, thu, fri, sat, sun, not ['senin']",
            "mine[0].assignments[1].weekdays: must be a list of mon, tue, wed, thu, fri, sat, sun, not []",
        ],
    ),
    ({"assignments": [{}] * 51}, [f"mine[0].assignments: {FIFTY}"]),
    ({"assignments": [1]}, [f"mine[0].assignments: {FIFTY}"]),
    ({"circulars": {"ref": 1}}, [f"mine[0].circulars: {FIFTY}"]),
    (
        {"circulars": [{"on": 1}]},
        ["mine[0].circulars[0]: 'on' is not known here"]
        + [f"mine[0].circulars[0].{key}: {MISSING}" for key in ("from", "ref", "until")],
    ),
    (
        {"circulars": [{"ref": "1", "from": "2026-09-15", "until": "2026-09-16", "published": "07:10"}]},
        ["mine[0].circulars[0].published: must be a day like 2023-04-12, not '07:10'"],
    ),
    ({"remote": False}, [f"mine[0].remote: {A_TEXT}"]),
]


@pytest.mark.parametrize(("said", "sentences"), FAULTS, ids=first_sentence)
def test_a_faulty_case_is_told_where_and_what(said: dict[str, Any], sentences: list[str]) -> None:
    assert faults([{**HEAD, **said}]) == sentences


MONTH_FAULTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"date": ON}, ["mine[0]: 'date' is not known here"]),
    ({"of": "September"}, ["mine[0].of: must be a day like 2023-04-12, not 'September-01'"]),
    ({"days": []}, ["mine[0].days: must be a mapping, not []"]),
    ({"days": {"?": {}}}, [f"mine[0].days.?: {A_DAY}"]),
    ({"days": {"2026-02-03": "CT"}}, ["mine[0].days.2026-02-03: must be a mapping, not 'CT'"]),
    ({"days": {"2026-02-03": {"in": "7"}}}, [f"mine[0].days.2026-02-03.punches[0].in: {A_TIME}'7'"]),
    ({"others": "CT"}, ["mine[0].others: must be a mapping, not 'CT'"]),
    ({"absent_before": 367}, ["mine[0].absent_before: must be a whole number from 0 to 366, not 367"]),
    ({"absent_before": -1}, ["mine[0].absent_before: must be a whole number from 0 to 366, not -1"]),
    ({"employment": ""}, [f"mine[0].employment: {A_TEXT}"]),
    ({"names": "absent"}, ["mine[0].names: must be a list of texts"]),
    ({"expect": 1}, ["mine[0].expect: must be a mapping, not 1"]),
]


@pytest.mark.parametrize(
    ("said", "sentences"), MONTH_FAULTS, ids=lambda part: part[0] if isinstance(part, list) else ""
)
def test_a_faulty_month_is_told_where_and_what(said: dict[str, Any], sentences: list[str]) -> None:
    assert faults([{**MONTH, **said}]) == sentences


def test_what_is_no_case_at_all_is_told_so() -> None:
    assert faults({}) == ["mine: must be a list of cases"]
    told = "must be a case: a mapping with case, policy, duty, zone, date, punches, expect"
    assert faults(["CT", {}]) == [
        f"mine[0]: {told}",
        *(f"mine[1].{key}: {MISSING}" for key in ("case", "date", "duty", "policy", "zone")),
    ]
    assert faults([{"month": "Sari"}]) == [f"mine[0].{key}: {MISSING}" for key in ("duty", "of", "policy", "zone")]
