"""Four plots of a morning as SVG text: no library, no script, readable in print and without colour."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from hadir.rules.clocks import clock
from rehearsal.morning.count import quantile
from rehearsal.morning.plan import MINUTE_MS, ZONE

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 14, 30
_TICK_MINUTES = 15
_TICKS_MAX = 4


@dataclass(frozen=True, slots=True)
class Series:
    """One thing that is drawn: its legend, its CSS class, and a value for each minute since the axis began."""

    name: str
    look: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Axis:
    """The common time axis: whole minutes, with the outage marked."""

    begin_ms: int
    minutes: int
    outage: tuple[int, int]
    outage_name: str

    def slot(self, at_ms: int) -> int:
        """Which minute; what lies outside falls into the outermost."""
        return min(max((at_ms - self.begin_ms) // MINUTE_MS, 0), self.minutes - 1)

    def x(self, minute: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * minute / self.minutes

    def per_minute(self, moments_ms: Iterable[int]) -> list[float]:
        counts = Counter(self.slot(at_ms) for at_ms in moments_ms)
        return [float(counts[minute]) for minute in range(self.minutes)]

    def so_far(self, moments_ms: Iterable[int]) -> list[float]:
        """How many until the end of each minute."""
        total, sums = 0.0, []
        for value in self.per_minute(moments_ms):
            total += value
            sums.append(total)
        return sums

    def quantiles(self, seen: Iterable[tuple[int, float]], share: float) -> list[float]:
        """The quantile of what each minute saw; 0 where it saw nothing."""
        slots: dict[int, list[float]] = {}
        for at_ms, value in seen:
            slots.setdefault(self.slot(at_ms), []).append(value)
        return [quantile(sorted(slots.get(minute, ())), share) for minute in range(self.minutes)]


def bars(axis: Axis, series: Sequence[Series], *, title: str) -> str:
    """Stacked bars, one for each minute."""
    top = max((sum(values) for values in zip(*(one.values for one in series), strict=True)), default=0)
    scale = _Scale(top)
    width = max(1.0, axis.x(1) - axis.x(0) - 1)
    parts = []
    for minute in range(axis.minutes):
        below = 0.0
        for one in series:
            value = one.values[minute]
            if value:
                parts.append(
                    f'<rect class="{one.look}" x="{axis.x(minute):.1f}" y="{scale.y(below + value):.1f}" '
                    f'width="{width:.1f}" height="{scale.y(below) - scale.y(below + value):.1f}"/>'
                )
            below += value
    return _frame(axis, series, "".join(parts), scale=scale, title=title)


def lines(axis: Axis, series: Sequence[Series], *, title: str) -> str:
    """One stepped line for each series."""
    top = max((value for one in series for value in one.values), default=0)
    scale = _Scale(top)
    parts = []
    for one in series:
        points = " ".join(f"{axis.x(minute + 0.5):.1f},{scale.y(value):.1f}" for minute, value in enumerate(one.values))
        parts.append(f'<polyline class="{one.look} line" points="{points}"/>')
    return _frame(axis, series, "".join(parts), scale=scale, title=title)


@dataclass(frozen=True, slots=True)
class _Scale:
    """The vertical axis, from 0 to `top`."""

    top: float

    def y(self, value: float) -> float:
        return _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - value / (self.top or 1))


def _frame(axis: Axis, series: Sequence[Series], drawn: str, *, scale: _Scale, title: str) -> str:
    """The plot with its axes, the outage behind it, and the legend above."""
    outage_from, outage_until = (axis.x((at_ms - axis.begin_ms) / MINUTE_MS) for at_ms in axis.outage)
    band = (
        f'<rect class="outage" x="{outage_from:.1f}" y="{_TOP}" width="{max(0, outage_until - outage_from):.1f}" '
        f'height="{HEIGHT - _TOP - _BOTTOM}"/><text class="note" x="{outage_from + 4:.1f}" y="{_TOP + 11}">'
        f"{escape(axis.outage_name)}</text>"
    )
    legend = "".join(f'<li><i class="{one.look}"></i>{escape(one.name)}</li>' for one in series)
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
    return (
        f'<ul class="legend">{legend}</ul>{opening} aria-label="{escape(title)}">'
        f"{band}{_times(axis)}{_levels(scale)}{drawn}</svg>"
    )


def _times(axis: Axis) -> str:
    """A tick at each quarter of an hour."""
    base = HEIGHT - _BOTTOM
    first = -(axis.begin_ms // MINUTE_MS) % _TICK_MINUTES
    ticks = []
    for minute in range(first, axis.minutes + 1, _TICK_MINUTES):
        x = axis.x(minute)
        shown = clock(axis.begin_ms + minute * MINUTE_MS, ZONE)[:5]
        ticks.append(
            f'<line class="grid" x1="{x:.1f}" y1="{base}" x2="{x:.1f}" y2="{base + 4}"/>'
            f'<text class="tick" x="{x:.1f}" y="{base + 17}" text-anchor="middle">{shown}</text>'
        )
    return f'<line class="grid" x1="{_LEFT}" y1="{base}" x2="{WIDTH - _RIGHT}" y2="{base}"/>{"".join(ticks)}'


def _levels(scale: _Scale) -> str:
    step = _round_step(scale.top)
    levels = []
    value = step
    while step and value <= scale.top:
        y = scale.y(value)
        levels.append(
            f'<line class="grid faint" x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>'
        )
        value += step
    return "".join(levels)


def _round_step(top: float) -> float:
    """1, 2 or 5 times a power of ten, so that at most `_TICKS_MAX` levels are drawn."""
    power = 1.0
    while top > 0:
        for factor in (1, 2, 5):
            if top / (factor * power) <= _TICKS_MAX:
                return factor * power
        power *= 10
    return 0.0
