"""A set's own history over that of what it extends, and tables that cannot be right."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hadir.rules import PolicyFileError, PolicyGapError, PolicySet, parse_policies
from tests.rules.test_cases import policy_documents

TITLE = {"id": "Kecil", "en": "Small"}


def entry(value: object, from_: str, until: str | None = None) -> dict[str, Any]:
    said = {"from": from_, "value": value, "article": "Perbup 1", "source": "Perbup 1", "certainty": "S"}
    return said if until is None else {**said, "until": until}


def own(values: dict[str, Any], **more: Any) -> PolicySet:
    """A small regency over the standard table."""
    document = {"policy": "kecil", "title": TITLE, "extends": "permentan-68-2012", "values": values, **more}
    return parse_policies({**policy_documents(), "kecil": document})["kecil"]


def late(percent: object, from_minutes: int = 1) -> dict[str, object]:
    return {"from_minutes": from_minutes, "percent": percent}


def percents(policies: PolicySet, on: date) -> list[Decimal]:
    return [row.percent for row in policies.on(on).arrival.classes]


def test_before_its_own_first_day_a_value_is_that_of_what_it_extends() -> None:
    policies = own({"late": {"TL1": [entry(late(0.75), "2025-01-01")]}})
    assert percents(policies, date(2024, 12, 31))[0] == Decimal("0.5")
    assert percents(policies, date(2025, 1, 1))[0] == Decimal("0.75")


def test_after_its_end_a_value_is_that_of_what_it_extends_again() -> None:
    policies = own({"late": {"TL1": [entry(late(0.75), "2025-01-01", "2026-01-01")]}})
    assert percents(policies, date(2025, 12, 31))[0] == Decimal("0.75")
    assert percents(policies, date(2026, 1, 1))[0] == Decimal("0.5")


def test_a_class_of_its_own_that_ends_is_no_class_any_more() -> None:
    policies = own({"late": {"TL5": [entry(late(2.5, 200), "2025-01-01", "2026-01-01")]}})
    assert len(percents(policies, date(2025, 6, 1))) == 5
    assert len(percents(policies, date(2026, 6, 1))) == 4


ROW_BEGINS_LATER = {"late": {"TLX": [entry(late(2, 95), "2026-01-01")]}, "no_arrival": [entry("TLX", "2023-04-12")]}


def test_a_row_for_missing_taps_that_begins_later_does_not_load() -> None:
    with pytest.raises(PolicyFileError, match="no_arrival: names TLX, which on 2023-04-12 late does not have"):
        own(ROW_BEGINS_LATER)


def test_what_is_in_force_already_loads_however_unlikely_and_a_gap_in_it_is_no_traceback() -> None:
    document = {"policy": "kecil", "title": TITLE, "extends": "permentan-68-2012", "values": ROW_BEGINS_LATER}
    kept = parse_policies({**policy_documents(), "kecil": document}, are_in_force=True)["kecil"]
    with pytest.raises(PolicyGapError, match=r"late\.TLX begins on 2026-01-01, nothing on 2025-06-01"):
        kept.on(date(2025, 6, 1))


def test_an_end_lies_after_its_beginning() -> None:
    with pytest.raises(PolicyFileError, match="must be before"):
        own({"late": {"TL1": [entry(late(0.75), "2025-01-01", "2025-01-01")]}})


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"late": {"TL3": [entry(late(0.25, 61), "2025-01-01")]}}, "late.TL3: costs 0.25 %, less than 1 % of late.TL2"),
        ({"late": {"TL2": [entry(late(1, 1), "2025-01-01")]}}, "late.TL2: begins at the same minute as late.TL1"),
        ({"late": {"TL1": [entry(late(0.5, 5), "2025-01-01")]}}, "values.late: costs nothing before minute 5"),
        ({"early": {"PSW4": [entry(late(4.5, 91), "2025-01-01")]}}, "costs 4.5 %, more than the 4 % of an absence"),
        (
            {"excuses": {"CB": [entry({"kind": "leave", "reach": "period", "days": [{"from_day": 1, "percent": 5}]},
                                      "2025-01-01")]}},
            "excuses.CB: costs 5 %, more than the 4 % of an absence",
        ),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_right_does_not_load(values: dict[str, Any], fault: str) -> None:
    with pytest.raises(PolicyFileError) as told:
        own(values)
    assert fault in str(told.value)


def test_a_regulation_that_says_so_is_cited_and_loads() -> None:
    cited = {"late.TL3": {"article": "Perbup 1 Pasal 4", "source": "Perbup 1"}}
    values = {"late": {"TL3": [entry(late(0.25, 61), "2025-01-01")]}}
    assert percents(own(values, exceptions=cited), date(2026, 1, 1))[2] == Decimal("0.25")
    with pytest.raises(PolicyFileError, match=r"exceptions\.late\.TL3"):
        own(values, exceptions={"late.TL3": {"article": "Perbup 1 Pasal 4"}})


def test_what_another_government_says_is_borrowed() -> None:
    policies = own({"late": {"TL1": [entry(late(0.75), "2025-01-01")]}})
    assert policies.borrowed["late.TL2"] == "permentan-68-2012"
    assert "late.TL1" not in policies.borrowed
    assert "codes.present" not in policies.borrowed, "a foundation is nobody's regulation"


def test_what_an_end_leaves_behind_must_be_right_too() -> None:
    """A first row that ends for half a year leaves a gap behind, though nothing else changes on that day."""
    first = [entry(late(0.5), "2023-04-12", "2024-01-01"), entry(late(0.5), "2024-06-01")]
    rows = {"TL1": first, "TL2": [entry(late(1, 31), "2023-04-12")]}
    table = {
        "late": rows,
        "early": {"PSW1": [entry(late(0.5), "2023-04-12")]},
        "no_arrival": [entry("TL2", "2023-04-12")],
        "no_departure": [entry("PSW1", "2023-04-12")],
        "absent": [entry({"code": "TK", "percent": 4}, "2023-04-12")],
    }
    document = {"policy": "kecil", "title": {"id": "Kecil", "en": "Small"}, "extends": "national-base", "values": table}
    with pytest.raises(PolicyFileError, match="31"):
        parse_policies({**policy_documents(), "kecil": document})
