"""What a day rests on that is another government's, or that nobody has read, is said once, at its end."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from hadir.rules import Calendar, Case, DutyDay, Policy, PolicySet, ReasonCode, Verdict, run_any
from hadir.rules.basis import OWN_RULE, regulations_of
from hadir.rules.evidence import Direction
from hadir.rules.judge import judge_day
from hadir.rules.policy import Certainty
from hadir.rules.search import LawPlace, places_of, tap
from tests.rules.conftest import TUESDAY
from tests.rules.drawn_days import drawn
from tests.rules.test_cases import CASES
from tests.rules.test_histories import entry, late, own

MINUTE = 60_000
LAW = {ReasonCode.LAW_BORROWED, ReasonCode.LAW_UNREAD}


def late_day(source: PolicySet, day: DutyDay, minutes: int) -> Verdict:
    """In so many minutes late, and no departure."""
    taps = [tap("in", Direction.IN, day.start_ms + minutes * MINUTE)]
    return judge_day(duty_day=day, taps=taps, policy=source.on(day.date), now_ms=day.day.until_ms)


def said(verdict: Verdict) -> Mapping[ReasonCode, object]:
    return {one.code: one.mapping["regulations"] for one in verdict.reasons if one.code in LAW}


@pytest.mark.parametrize(
    ("article", "names"),
    [
        ("Permentan 68/2012, tabel no. 2 (tidak mengisi daftar hadir); Permenko Infra 10/2025 Pasal 22 ayat (4)",
         ("Permentan 68/2012", "Permenko Infra 10/2025")),
        ("PMK 221/2021 (09.01 s.d. 09.30; 09.31 s.d. 10.00)", ("PMK 221/2021",)),
        ("Peraturan ANRI 18/2016 Pasal 4 ayat (2) (terlambat setelah 07:30:59)", ("Peraturan ANRI 18/2016",)),
    ],
)  # fmt: skip
def test_an_article_names_its_regulations(article: str, names: tuple[str, ...]) -> None:
    assert regulations_of(article) == names


def test_a_borrowed_table_is_said_once_a_day(policies: dict[str, PolicySet], tuesday: DutyDay) -> None:
    """A teacher of Barito Kuala is judged by the standard table until the regency's own is read, and hears so."""
    verdict = late_day(policies["batola"], tuesday, 12)
    borrowed = said(verdict)[ReasonCode.LAW_BORROWED]
    assert str(borrowed).startswith("Permentan 68/2012")
    assert [one.code for one in verdict.reasons].count(ReasonCode.LAW_BORROWED) == 1
    assert verdict.reasons[-1].code in LAW


def test_whose_table_it_is_borrows_none(policies: dict[str, PolicySet], tuesday: DutyDay) -> None:
    names = said(late_day(policies["permentan-68-2012"], tuesday, 12)).get(ReasonCode.LAW_BORROWED, "")
    assert "Permentan 68/2012" not in str(names)


def test_a_file_says_of_a_single_value_that_it_is_borrowed(tuesday: DutyDay) -> None:
    mine = {**entry(late(0.75), "2025-01-01"), "article": "Perbup Tetangga 4/2024 Pasal 7", "borrowed": True}
    verdict = late_day(own({"late": {"TL1": [mine]}}), tuesday, 12)
    assert "Perbup Tetangga 4/2024" in str(said(verdict)[ReasonCode.LAW_BORROWED])


def test_a_value_that_was_inferred_is_said_to_be(tuesday: DutyDay) -> None:
    mine = {**entry(late(0.75), "2025-01-01"), "certainty": "I"}
    verdict = late_day(own({"late": {"TL1": [mine]}}), tuesday, 12)
    assert "Perbup 1" in str(said(verdict)[ReasonCode.LAW_UNREAD])


@pytest.mark.parametrize("case", [case for case in CASES if isinstance(case, Case)], ids=lambda case: case.name)
def test_a_day_says_each_of_them_once_and_last(
    case: Case, policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    codes = [one.code for one in run_any(case, policies, calendars).verdict.reasons]
    told = [code for code in codes if code in LAW]
    assert len(told) == len(set(told))
    assert codes[len(codes) - len(told) :] == told


def doubtful(verdict: Verdict, policy: Policy) -> list[str]:
    """Articles of values that were inferred or not read, and that no sentence at the end names."""
    told = str(said(verdict).get(ReasonCode.LAW_UNREAD, ""))
    found = [policy.cited[one.article] for one in verdict.reasons if one.article in policy.cited]
    unsure = [one for one in found if one.certainty is not Certainty.STORED and not one.article.startswith(OWN_RULE)]
    return [one.article for one in unsure if not any(name in told for name in regulations_of(one.article))]


def test_each_value_that_decided_something_and_was_not_read_is_named_at_the_end(policies: dict[str, PolicySet]) -> None:
    """Days drawn of every set; what Hadir decides itself says so in its article."""
    silent: dict[str, str] = {}
    for place in places_of(policies):
        for scene, verdict in drawn(place):
            silent |= dict.fromkeys(doubtful(verdict, scene.policy), place.set_name)
    assert silent == {}


OF_ALL = re.compile(
    r"UU |PP |Perpres |Keppres |PermenPANRB 4/2025|(?:Peraturan|Perka) BKN|SE Menteri PANRB|SKB |Ketentuan Hadir|"
    r"dibaca per hari oleh Hadir"
)
"""What binds every government, is Hadir's own, or is a kind of paper: nobody's regulation to be borrowed."""


def test_no_value_rests_on_another_governments_regulation_without_saying_so(policies: dict[str, PolicySet]) -> None:
    """A file that cites what another file calls its own is borrowing, and so is one that cites a government's
    regulation in the foundation of all.
    """
    own = {
        name: {
            found
            for history in source.values.values()
            for one in history
            if one.said_by == name and not one.borrowed
            for found in regulations_of(one.article)
        }
        for name, source in policies.items()
    }
    silent: dict[tuple[str, str], list[str]] = {}
    for name, source in policies.items():
        for path in source.values:
            one = source.provenance(path, TUESDAY)
            if one is None or one.borrowed:
                continue
            foreign = [found for found in regulations_of(one.article) if not OF_ALL.match(found)]
            if set(foreign) - (own[name] if name != "national-base" else set()):
                silent[name, path] = foreign
    assert silent == {}


def test_no_reason_names_another_governments_regulation_without_saying_so(policies: dict[str, PolicySet]) -> None:
    """Days drawn of every set: each regulation in a reason binds all, is the set's own, or is said to be borrowed."""
    silent: dict[str, str] = {}
    for place in places_of(policies):
        for scene, verdict in drawn(place):
            told = str(said(verdict).get(ReasonCode.LAW_BORROWED, ""))
            for one in verdict.reasons:
                for name in regulations_of(one.article or "-"):
                    found = scene.policy.cited.get(one.article or "")
                    is_own = found is not None and found.said_by == place.set_name and not found.borrowed
                    if not (OF_ALL.match(name) or is_own or name in told or name in {"-", *_own(scene.policy, place)}):
                        silent[f"{place.set_name}: {one.article}"] = told
    assert silent == {}


def _own(policy: Policy, place: LawPlace) -> set[str]:
    cited = policy.cited.values()
    return {
        name
        for one in cited
        if one.said_by == place.set_name and not one.borrowed
        for name in regulations_of(one.article)
    }
