"""A morning's people come from the seed, in the shares that were asked for, and the truth is the plan's."""

from collections import Counter
from datetime import time

from rehearsal.morning.plan import MINUTE_MS, Arrival, DrillPlan, draw_scenarios

PLAN = DrillPlan(
    people=2_000,
    arrive_from=time(7, 5),
    arrive_until=time(7, 29),
    late_share=0.05,
    outage_from=time(7, 5),
    outage_until=time(8, 5),
    speed=60,
    seed=1,
)
PEOPLE = list(range(1, 2_001))


def test_the_same_seed_gives_the_same_morning() -> None:
    assert draw_scenarios(PLAN, PEOPLE) == draw_scenarios(PLAN, PEOPLE)


def test_five_per_cent_come_late_and_a_fifth_of_them_turn_the_clock_back() -> None:
    stories = Counter(scenario.story for scenario in draw_scenarios(PLAN, PEOPLE))
    assert stories == {Arrival.ON_TIME: 1_900, Arrival.LATE: 80, Arrival.TURNED_BACK: 20}


def test_everybody_arrives_when_his_story_says() -> None:
    for scenario in draw_scenarios(PLAN, PEOPLE):
        minutes = (scenario.arrive_ms - PLAN.starts_ms) / MINUTE_MS
        if scenario.story is Arrival.ON_TIME:
            assert -25 <= minutes <= -1
        else:
            assert 2 <= minutes <= 40
        shown = minutes - scenario.turned_back_ms / MINUTE_MS
        assert (scenario.story is Arrival.TURNED_BACK) == (scenario.turned_back_ms > 0)
        assert scenario.story is not Arrival.TURNED_BACK or -25 <= shown <= -1


def test_arrivals_have_one_hump_in_the_second_half() -> None:
    on_time = draw_scenarios(PLAN, PEOPLE)[:1_900]
    minutes = Counter((scenario.arrive_ms - PLAN.starts_ms) // (4 * MINUTE_MS) for scenario in on_time)
    peak = max(minutes, key=lambda slot: minutes[slot])
    assert -5 <= peak <= -2
    assert minutes[-7] < minutes[peak] / 3
