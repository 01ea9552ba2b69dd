"""What a rehearsed morning is: its times, its people, and the truth about each of them.

The truth stands here and in `Tap.tapped_ms`, and is never given to the gate, the phones' records or the office.
"""

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

PEOPLE_MIN = 30
"""The cast, their colleagues, and a few more."""
#: Seven years after the morning on which 4,800 people of one regency stood before a dead server.
DAY = date(2026, 10, 1)
ZONE = "Asia/Makassar"
STARTS = time(7, 30)
MINUTE_MS = 60_000
EVENING = time(16, 0)
BEFORE_MS = 15 * MINUTE_MS
"""How long before the first arrival the morning begins: some open the app at breakfast."""
SPEED_MAX = 600
"""Faster than that, the seconds in which a gate dies and is started again are most of the outage."""
LATE_MINUTES = (2, 40)
TURNED_BACK_SHARE = 0.2
"""Of those who come late, this many turn the clock back."""
OVERNIGHT_SHARE = 1 / 3
"""Of those, this many did so before the app last met the gate."""
MORNING_OPEN_SHARE = 0.25
KEPT_OPEN_SHARE = 0.4
SECOND_TAP_SHARE = 0.05
SAME_PAGE_SHARE = 0.3
SKEW_MS = 2_000
SKEW_MS_MAX = 6_000
"""Honest phones set their clocks by the network and are seconds off."""


class Arrival(StrEnum):
    """How a person arrives."""

    ON_TIME = "on_time"
    LATE = "late"
    TURNED_BACK = "turned_back"


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """The morning's frame. Times are the work place's; `speed` is simulated seconds for each real one."""

    people: int
    arrive_from: time
    arrive_until: time
    late_share: float
    outage_from: time
    outage_until: time
    speed: float
    seed: int
    day: date = DAY

    def at_ms(self, at: time, *, day: date | None = None) -> int:
        """Unix milliseconds of a clock time at the work place."""
        return int(datetime.combine(day or self.day, at, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)

    def fault(self) -> str:
        """Why this morning cannot be rehearsed; empty when it can."""
        begin = (datetime.combine(self.day, self.arrive_from) - timedelta(milliseconds=BEFORE_MS)).time()
        if self.people < PEOPLE_MIN:
            return f"a drill needs at least {PEOPLE_MIN} people, and was asked for {self.people}"
        if not 0 < self.speed <= SPEED_MAX:
            return f"speed is more than 0 and at most {SPEED_MAX}, and not {self.speed:g}"
        if self.arrive_until > STARTS:
            return f"on-time arrivals end by {STARTS:%H:%M}, when work starts, and not at {self.arrive_until:%H:%M}"
        if self.outage_from < begin:
            return f"the morning begins at {begin:%H:%M}: an outage from {self.outage_from:%H:%M} is before it"
        return ""

    @property
    def starts_ms(self) -> int:
        return self.at_ms(STARTS)

    @property
    def first_late_ms(self) -> int:
        """Minutes are whole minutes: 07:30:59 is on time."""
        return self.starts_ms + MINUTE_MS

    @property
    def begin_ms(self) -> int:
        return self.at_ms(self.arrive_from) - BEFORE_MS

    @property
    def evening_ms(self) -> int:
        return self.at_ms(EVENING, day=self.day - timedelta(days=1))

    @property
    def last_arrival_ms(self) -> int:
        return self.starts_ms + LATE_MINUTES[1] * MINUTE_MS

    @property
    def end_ms(self) -> int:
        """When the morning is over and the office judges, if all is delivered by then."""
        return max(self.last_arrival_ms, self.at_ms(self.outage_until)) + 20 * MINUTE_MS

    @property
    def give_up_ms(self) -> int:
        """Nothing waits longer: what has no receipt by then is lost."""
        return self.end_ms + 3 * 60 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one person will do: `arrive_ms` is the true time, `turned_back_ms` how far the clock lies about it."""

    person: int
    story: Arrival
    arrive_ms: int
    skew_ms: int
    turned_back_ms: int = 0
    turned_overnight: bool = False
    breakfast_ms: int | None = None
    second_tap_ms: int | None = None
    same_page: bool = False
    kept_open: bool = False

    def clock_off_ms(self, *, turned: bool) -> int:
        """How far the phone's clock is off, before and after it was turned back."""
        return self.skew_ms - (self.turned_back_ms if turned else 0)


def draw_scenarios(plan: DrillPlan, people: list[int]) -> list[Scenario]:
    """Everybody's morning, from the seed."""
    draw = random.Random(plan.seed)  # noqa: S311 - a rehearsal that must repeat itself
    order = list(people)
    draw.shuffle(order)
    late = round(len(order) * plan.late_share)
    turned = round(late * TURNED_BACK_SHARE)
    stories = [Arrival.TURNED_BACK] * turned + [Arrival.LATE] * (late - turned)
    stories += [Arrival.ON_TIME] * (len(order) - late)
    return [_draw_scenario(plan, draw, person, story) for person, story in zip(order, stories, strict=True)]


def _draw_scenario(plan: DrillPlan, draw: random.Random, person: int, story: Arrival) -> Scenario:
    arrive_ms = _draw_arrival(plan, draw) if story is Arrival.ON_TIME else _draw_late(plan, draw)
    breakfast = draw.random() < MORNING_OPEN_SHARE
    again = draw.random() < SECOND_TAP_SHARE
    turned_back = story is Arrival.TURNED_BACK
    return Scenario(
        person=person,
        story=story,
        arrive_ms=arrive_ms,
        skew_ms=max(-SKEW_MS_MAX, min(SKEW_MS_MAX, round(draw.gauss(0, SKEW_MS)))),
        turned_back_ms=arrive_ms - _draw_arrival(plan, draw) if turned_back else 0,
        turned_overnight=turned_back and draw.random() < OVERNIGHT_SHARE,
        breakfast_ms=round(draw.uniform(plan.begin_ms, plan.at_ms(plan.outage_from) - MINUTE_MS))
        if breakfast
        else None,
        second_tap_ms=arrive_ms + round(draw.uniform(1, 10) * MINUTE_MS) if again else None,
        same_page=draw.random() < SAME_PAGE_SHARE,
        kept_open=draw.random() < KEPT_OPEN_SHARE,
    )


def _draw_arrival(plan: DrillPlan, draw: random.Random) -> int:
    """Humped towards the end: most come in the last third, few at the first minute."""
    from_ms, until_ms = plan.at_ms(plan.arrive_from), plan.at_ms(plan.arrive_until)
    return round(from_ms + draw.betavariate(3, 2) * (until_ms - from_ms))


def _draw_late(plan: DrillPlan, draw: random.Random) -> int:
    """Late by 2 to 40 whole minutes, most by little."""
    least, most = (minutes * MINUTE_MS for minutes in LATE_MINUTES)
    return round(plan.starts_ms + least + draw.betavariate(1, 1.5) * (most - least))
