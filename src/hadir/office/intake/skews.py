"""How wrong a terminal's clock is, from people who pressed their finger and tapped their phone at the same door.

A phone's tap lies within bounds that gates signed; where the same person did both within two hours and in the same
direction, the difference is the terminal's clock's. The median of several days' pairs is proposed; a person records it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from hadir.office.projection.models import Punch
from hadir.rules.evidence import Source

DAYS_BACK = 14
PAIRS_MIN = 5
APART_MS_MAX = 2 * 3_600_000
NOTICED_MS_MIN = 60_000
_SPREAD_MS_MAX = 5 * 60_000


@dataclass(frozen=True, slots=True)
class Skew:
    """`skew_ms` is what must be added to the terminal's clock; `is_steady`: most pairs say about the same."""

    skew_ms: int
    pairs: int
    is_steady: bool

    @property
    def minutes(self) -> int:
        return round(abs(self.skew_ms) / 60_000)

    @property
    def direction_code(self) -> str:
        return "intake.skew.slow" if self.skew_ms > 0 else "intake.skew.fast"

    @property
    def is_noticed(self) -> bool:
        return abs(self.skew_ms) >= NOTICED_MS_MIN


def seen_skew(serial: str, day: date) -> Skew | None:
    """From the last two weeks; None when too few people used both. Two queries."""
    since = day - timedelta(days=DAYS_BACK)
    lines = Punch.objects.filter(terminal=serial, day__gte=since).values_list("person", "day", "direction", "wall_ms")
    presses = {(person, on, direction): wall_ms for person, on, direction, wall_ms in lines}
    people = {person for person, _, _ in presses}
    taps = Punch.objects.filter(person__in=people, day__gte=since, source=Source.PHONE, grade__in="ABC")
    apart: dict[tuple[int, date | None, str], int] = {}
    for person, on, direction, judged_ms in taps.values_list("person", "day", "direction", "judged_ms"):
        pressed_ms = presses.get((person, on, direction))
        if pressed_ms is not None and abs(judged_ms - pressed_ms) <= APART_MS_MAX:
            key = (person, on, direction)
            apart[key] = min(apart.get(key, judged_ms - pressed_ms), judged_ms - pressed_ms, key=abs)
    if len(apart) < PAIRS_MIN:
        return None
    middle = median(apart.values())
    near = sum(abs(one - middle) <= _SPREAD_MS_MAX for one in apart.values())
    return Skew(skew_ms=round(middle), pairs=len(apart), is_steady=2 * near > len(apart))
