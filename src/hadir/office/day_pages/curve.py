"""The arrival curve: how many came in each five minutes, as whole numbers for a small SVG. No drawing library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hadir.rules.clocks import MS_PER_MINUTE, clock
from hadir.rules.duty import DutyDay
from hadir.texts import Lang, time_words

BIN_MINUTES = 5
BINS_BEFORE, BINS_AFTER = 12, 12
BIN_WIDTH, HEIGHT, GAP, ROOM = 20, 64, 2, 4
_BIN_MS = BIN_MINUTES * MS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: int
    height: int
    count: int
    is_late: bool
    label: str

    @property
    def inner_x(self) -> int:
        """With a gap to its neighbours."""
        return self.x + GAP


@dataclass(frozen=True, slots=True)
class Curve:
    bars: list[Bar]
    width: int
    height: int
    start_x: int
    start: str
    first: str
    last: str

    @property
    def box_height(self) -> int:
        """With room above the highest bar."""
        return self.height + ROOM


def arrival_curve(arrivals_ms: Sequence[int], duty: DutyDay, lang: Lang) -> Curve:
    """An hour before the start of work and an hour after it; who came outside of it stands in the outermost bar."""
    bins = BINS_BEFORE + BINS_AFTER
    begin_ms = duty.start_ms - BINS_BEFORE * _BIN_MS
    counts = [0] * bins
    for at_ms in arrivals_ms:
        counts[min(max((at_ms - begin_ms) // _BIN_MS, 0), bins - 1)] += 1
    highest = max(counts, default=0) or 1
    return Curve(
        bars=[_bar(place, count, highest, begin_ms, duty, lang) for place, count in enumerate(counts) if count],
        width=bins * BIN_WIDTH,
        height=HEIGHT,
        start_x=BINS_BEFORE * BIN_WIDTH,
        start=_shown(duty.start_ms, duty, lang),
        first=_shown(begin_ms, duty, lang),
        last=_shown(begin_ms + bins * _BIN_MS, duty, lang),
    )


def _bar(place: int, count: int, highest: int, begin_ms: int, duty: DutyDay, lang: Lang) -> Bar:  # noqa: PLR0913, PLR0917 - what a bar is made of
    height = max(4, HEIGHT * count // highest)
    return Bar(
        x=place * BIN_WIDTH,
        y=HEIGHT - height,
        height=height,
        count=count,
        is_late=place >= BINS_BEFORE,
        label=_shown(begin_ms + place * _BIN_MS, duty, lang),
    )


def _shown(at_ms: int, duty: DutyDay, lang: Lang) -> str:
    return time_words(clock(at_ms, duty.zone)[:5], lang)
