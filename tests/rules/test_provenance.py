"""Where a value in force comes from: how well it was seen, and whether it is this government's own."""

from __future__ import annotations

import re
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


def years_of(article: str) -> list[int]:
    """The years of the regulations that an article names: 2018 of `PermenPANRB 6/2018`."""
    return [int(year) for year in re.findall(r"\d/(?:[A-Z]+/)*((?:19|20)\d\d)\b", article)]


def test_the_year_of_a_regulation_is_read_off_its_number() -> None:
    assert years_of("PP 11/2017; Peraturan BKN 24/2017 (cuti)") == [2017, 2017]
    assert years_of("SE Kota 000.0.3/997/SETDA/II/2025 (Ramadan)") == [2025]
    assert years_of("Ketentuan Hadir (jam presensi 05.00 sampai 23.59)") == []


def test_no_value_is_cited_for_days_before_its_regulation_existed(policies: dict[str, PolicySet]) -> None:
    """An entry may begin in the year of the regulation, never before it."""
    early = [
        f"{name}: {path} from {entry.from_date}: {entry.article}"
        for name, one in policies.items()
        for path, history in one.values.items()
        for entry in history
        if entry.said_by == name and any(entry.from_date.year < year for year in years_of(entry.article))
    ]
    assert early == []
