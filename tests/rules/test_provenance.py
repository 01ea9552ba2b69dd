"""Where a value in force comes from: how well it was seen, and whether it is this government's own."""

from __future__ import annotations

from datetime import date

import pytest

from hadir.rules import PolicySet
from hadir.rules.policy import Certainty
from tests.rules.conftest import TUESDAY
from tests.rules.test_histories import entry, late, own


@pytest.mark.parametrize(
    ("path", "said_by", "borrowed", "certainty"),
    [
        ("month.share_percent", "batola", False, "S"),
        ("late.TL1", "permentan-68-2012", True, "S"),
        ("absent", "permentan-68-2012", True, "S"),
        ("duties.office-5-day.hours.monday", "national-base", False, "S"),
        ("grades.E", "national-base", False, "I"),
    ],
)
def test_a_value_says_whose_it_is(
    policies: dict[str, PolicySet],
    path: str,
    said_by: str,
    borrowed: bool,  # noqa: FBT001
    certainty: str,
) -> None:
    found = policies["batola"].provenance(path, TUESDAY)
    assert found is not None
    assert (found.said_by, found.borrowed, found.certainty.value) == (said_by, borrowed, certainty)
    assert found.is_sure is (certainty == "S" and not borrowed)


def test_nothing_is_borrowed_before_and_after_a_value_holds() -> None:
    mine = own({"late": {"TL1": [entry(late(0.75), "2025-01-01", "2026-01-01")]}})
    said_by = {
        on.year: found.said_by
        for on in (date(2024, 6, 3), date(2025, 6, 3), date(2026, 6, 3))
        if (found := mine.provenance("late.TL1", on))
    }
    assert said_by == {2024: "permentan-68-2012", 2025: "kecil", 2026: "permentan-68-2012"}
    assert mine.provenance("late.TL9", TUESDAY) is None


def test_the_article_of_a_reason_leads_to_the_least_sure_value_that_cites_it() -> None:
    seen = entry(late(0.75), "2025-01-01")
    inferred = {**entry(late(1.5, 31), "2025-01-01"), "certainty": "I"}
    policy = own({"late": {"TL1": [seen], "TL2": [inferred]}}).on(TUESDAY)
    assert policy.cited["Perbup 1"].certainty is Certainty.INFERRED
    assert policy.cited["Perbup 1"].path == "late.TL2"


def test_every_article_that_a_policy_holds_can_be_asked(policies: dict[str, PolicySet]) -> None:
    for one in policies.values():
        if one.name == "national-base":
            continue
        policy = one.on(TUESDAY)
        said = {
            policy.absent.article,
            *(row.article for row in policy.arrival.classes),
            policy.arrival.no_punch_article,
        }
        assert said <= policy.cited.keys()
