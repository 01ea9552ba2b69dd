"""The outage timeline: one row for each day with an outage, midnight to midnight, as whole numbers for a small SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hadir.office.excuses.models import Excuse
from hadir.records.days import local_date
from hadir.rules.clocks import local_day
from hadir.texts import Lang, time_words

ROWS_MAX = 14
ROW_HEIGHT, BAR_HEIGHT, LABEL_WIDTH, WIDTH = 26, 14, 52, 432
_BAR_WIDTH_MIN = 3


@dataclass(frozen=True, slots=True)
class OutageBar:
    """One outage on one day; `x`, `y` and `width` in the drawing's units."""

    x: int
    y: int
    width: int
    row: Excuse
    from_ms: int
    until_ms: int

    @property
    def look(self) -> str:
        return {"approved": "bar", "proposed": "bar-open", "attested": "bar-open"}.get(self.row.state, "bar-void")


def timeline(rows: Sequence[Excuse], zone: str, lang: Lang) -> dict[str, object]:
    """The newest days that had an outage, the newest on top."""
    touched = {day for row in rows for day in _days(row, zone)}
    days = sorted(touched, reverse=True)[:ROWS_MAX]
    places = {day: place * ROW_HEIGHT for place, day in enumerate(days)}
    bars = [_bar(row, day, places[day], zone) for row in rows for day in _days(row, zone) if day in places]
    return {
        "days": [(y + BAR_HEIGHT, day) for day, y in places.items()],
        "bars": bars,
        "height": len(days) * ROW_HEIGHT + 18,
        "foot_y": len(days) * ROW_HEIGHT + 12,
        "hours": [
            (LABEL_WIDTH + WIDTH * hour // 24, time_words(f"{hour:02d}:00", lang)) for hour in (0, 6, 12, 18, 24)
        ],
        "width": LABEL_WIDTH + WIDTH,
    }


def _days(row: Excuse, zone: str) -> list[date]:
    first, last = local_date(row.from_ms, zone), local_date(row.until_ms - 1, zone)
    return [first + timedelta(days=number) for number in range(min((last - first).days, ROWS_MAX) + 1)]


def _bar(row: Excuse, day: date, y: int, zone: str) -> OutageBar:
    within = local_day(day, zone)
    length_ms = within.until_ms - within.from_ms
    from_ms, until_ms = max(row.from_ms, within.from_ms), min(row.until_ms, within.until_ms)
    x = LABEL_WIDTH + (from_ms - within.from_ms) * WIDTH // length_ms
    width = max((until_ms - from_ms) * WIDTH // length_ms, _BAR_WIDTH_MIN)
    return OutageBar(
        x=x, y=y + (ROW_HEIGHT - BAR_HEIGHT) // 2, width=width, row=row, from_ms=from_ms, until_ms=until_ms
    )
