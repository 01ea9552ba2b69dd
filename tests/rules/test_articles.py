"""Each reason that decides something cites an article of the set that judged, or of the act that it rests on."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from hadir.rules import Calendar, Case, Policy, PolicySet, Reason, ReasonCode, run_any
from hadir.rules.clocks import MS_PER_MINUTE, Period
from hadir.rules.duty import DutyDay
from hadir.rules.evidence import Direction
from hadir.rules.excuse import ExcusePeriod
from hadir.rules.judge import judge_day
from hadir.rules.search import certain, places_of, tap
from tests.rules.drawn_days import drawn
from tests.rules.test_cases import CASES

FACTS = {
    *(code for code in ReasonCode if code.startswith(("evidence.", "contradiction.", "identity."))),
    ReasonCode.ARRIVAL_NOT_YET,
    ReasonCode.DEPARTURE_NOT_YET,
    ReasonCode.ARRIVAL_SEEN,
    ReasonCode.DEPARTURE_SEEN,
    ReasonCode.CEREMONY_ATTENDED,
    ReasonCode.CEREMONY_NOT_YET,
    ReasonCode.DUTY_CALENDAR_PROVISIONAL,
    ReasonCode.DUTY_NO_ASSIGNMENT,
    ReasonCode.DUTY_NO_CALENDAR,
    ReasonCode.DUTY_NO_SHIFT,
    ReasonCode.DUTY_NOT_YET_OBLIGED,
    ReasonCode.DUTY_OFF,
    ReasonCode.DUTY_REMOTE,
    ReasonCode.TAP_OTHER_SITE,
    ReasonCode.DEDUCTION,
    ReasonCode.DEDUCTION_TOGETHER,
    ReasonCode.NO_DEDUCTION,
    ReasonCode.PROVISIONAL,
    ReasonCode.LAW_BORROWED,
    ReasonCode.LAW_UNREAD,
}
"""What states a fact, or adds up what the reasons before it decided: all that may stand without an article."""


def unfounded(reasons: Iterable[Reason], known: set[str]) -> list[tuple[str, str | None]]:
    """The reasons that decide something and name no article of those known."""
    return [(one.code.value, one.article) for one in reasons if one.code not in FACTS and one.article not in known]


def articles_of(case: Case, policy: Policy, calendars: Iterable[Calendar]) -> set[str]:
    """What a case may rest on: its policy, its acts, the calendar."""
    acts = [*case.excuses, *case.plan.circulars]
    known = (case.plan.calendar, *calendars)
    days = [*(day for one in known for day in one.days.values()), *(season for one in known for season in one.ramadan)]
    return {*policy.articles.values(), *(one.article for one in acts), *(one.article for one in days)}


@pytest.mark.parametrize("case", [case for case in CASES if isinstance(case, Case)], ids=lambda case: case.name)
def test_a_shipped_case_names_the_article_of_all_that_decides(
    case: Case, policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    policy = policies[case.policy].on(case.date)
    verdict = run_any(case, policies, calendars).verdict
    assert unfounded(verdict.reasons, articles_of(case, policy, calendars.values())) == []


def test_a_day_of_any_set_names_the_article_of_all_that_decides(policies: dict[str, PolicySet]) -> None:
    """Days drawn near every boundary, of every duty and shift of every set."""
    found = {}
    for place in places_of(policies):
        for scene, verdict in drawn(place):
            bad = unfounded(verdict.reasons, {*scene.policy.articles.values(), "-"})
            if bad:
                found.setdefault(bad[0], f"{place.set_name}/{place.duty}")
    assert found == {}


def test_a_window_is_cited_by_its_own_article(policy: Policy, tuesday: DutyDay) -> None:
    early = certain(tuesday.counts.from_ms - MS_PER_MINUTE)
    verdict = judge_day(
        duty_day=tuesday,
        taps=[tap("in", Direction.IN, early.judged_ms, early)],
        policy=policy,
        now_ms=tuesday.day.until_ms,
    )
    said = {one.code: one.article for one in verdict.reasons}
    assert said[ReasonCode.ARRIVAL_OUTSIDE_WINDOW] == policy.articles["duties.office-5-day.windows.every_day.arrive"]


def test_a_price_is_said_with_its_minutes_and_its_article(policies: dict[str, PolicySet], tuesday: DutyDay) -> None:
    """Two hours of leave that costs 3 % a day, of eight and a half hours: 0.71 %."""
    policy = policies["bkkbn-6-2023"].on(tuesday.date)
    leave = ExcusePeriod(
        ref="cb-1",
        period=Period(tuesday.end_ms - 120 * MS_PER_MINUTE, tuesday.end_ms),
        tail_minutes=0,
        article="-",
        code="CB",
    )
    taps = [tap("in", Direction.IN, tuesday.start_ms), tap("out", Direction.OUT, leave.period.from_ms)]
    verdict = judge_day(duty_day=tuesday, taps=taps, policy=policy, excuses=(leave,), now_ms=tuesday.day.until_ms)
    said = {one.code: one for one in verdict.reasons}
    priced = said[ReasonCode.CREDIT_SHARE]
    assert priced.mapping == {
        "code": "CB",
        "excuse": "cb-1",
        "minutes": 120,
        "owed": 510,
        "percent": "3",
        "amount": "0.71",
    }
    assert priced.article == policy.articles["excuses.CB"]
    assert said[ReasonCode.DEDUCTION].mapping["percent"] == "0.71"
