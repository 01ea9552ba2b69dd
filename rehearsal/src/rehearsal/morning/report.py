"""The drill's report: one HTML file that stands alone and prints on two pages. Indonesian first, English beside it. Its
four plots are SVG text: no library, no script, readable in print and without colour.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from hadir.rules.clocks import clock
from hadir.texts import render
from rehearsal.morning.count import is_betrayed, quantile, true_minutes
from rehearsal.morning.crowd import DrillPhone
from rehearsal.morning.plan import MINUTE_MS, ZONE, Arrival
from rehearsal.morning.run import DrillOutcome

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 14, 30
_TICK_MINUTES = 15
_TICKS_MAX = 4

_STYLE = """
:root { --ink: #13211b; --soft: #48574f; --line: #d3dcd7; --brand: #0b6e4f; --waiting: #1c4f94; --attention: #b06a00;
  --problem: #9f231a; --band: #eef1f0; }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: var(--ink);
  background: #fff; max-width: 780px; margin: 2rem auto; padding: 0 1rem; font-variant-numeric: tabular-nums; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .2rem; }
.en { color: var(--soft); font-size: .85rem; margin: 0; }
.verdict { border-left: 6px solid var(--brand); padding: .5rem .9rem; margin: 1rem 0; background: #e2f2ea; }
.verdict.bad { border-color: var(--problem); background: #fbe8e6; }
.verdict b { font-size: 1.1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; }
td small { color: var(--soft); display: block; }
.legend { list-style: none; display: flex; gap: 1.2rem; flex-wrap: wrap; margin: .4rem 0 0; padding: 0;
  font-size: .85rem; }
.legend i { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; vertical-align: -1px; }
svg { width: 100%; height: auto; display: block; }
.grid { stroke: #7c8b83; stroke-width: 1; }
.faint { stroke: var(--line); }
.outage { fill: var(--band); }
.tick, .note { font-size: 11px; fill: var(--soft); }
.line { fill: none !important; stroke-width: 2.2; }
.a { fill: var(--brand); background: var(--brand); }
.b { fill: var(--attention); background: var(--attention); }
.c { fill: var(--waiting); background: var(--waiting); }
.d { fill: var(--problem); background: var(--problem); }
polyline.a { stroke: var(--brand); }
polyline.b { stroke: var(--attention); stroke-dasharray: 6 3; }
polyline.c { stroke: var(--waiting); stroke-dasharray: 6 3; }
@media (max-width: 480px) { .tick, .note { font-size: 17px; } }
section { break-inside: avoid; }
footer { margin-top: 2rem; color: var(--soft); font-size: .85rem; }
@media print { body { margin: 0; max-width: none; font-size: 12px; } @page { margin: 14mm; } }
"""
_TRUTHS = [f"drill.true.{truth}" for truth in ("on_time", "late", "betrayed", "turned_back")]


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
        return list(accumulate(self.per_minute(moments_ms)))

    def quantiles(self, seen: Iterable[tuple[int, float]], share: float) -> list[float]:
        """The quantile of what each minute saw; 0 where it saw nothing."""
        slots: dict[int, list[float]] = {}
        for at_ms, value in seen:
            slots.setdefault(self.slot(at_ms), []).append(value)
        return [quantile(sorted(slots.get(minute, ())), share) for minute in range(self.minutes)]


Draw = Callable[[Axis, Sequence[Series], str], str]
"""How a plot's series are drawn, below its title."""


def bars(axis: Axis, series: Sequence[Series], title: str) -> str:
    """Stacked bars, one for each minute."""
    scale = _Scale(max((sum(values) for values in zip(*(one.values for one in series), strict=True)), default=0))
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


def lines(axis: Axis, series: Sequence[Series], title: str) -> str:
    """One stepped line for each series."""
    scale = _Scale(max((value for one in series for value in one.values), default=0))
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


def report_html(outcome: DrillOutcome) -> str:
    count = outcome.count
    seconds = {"seconds": round(outcome.total_seconds)}
    verdict = "drill.passed" if count.ok else "drill.failed"
    return (
        '<!doctype html><html lang="id"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{_text('drill.title')}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{_text('drill.title')}</h1>{_en('drill.title')}{_frame_of(outcome)}"
        f'<div class="{"verdict" if count.ok else "verdict bad"}">'
        f"<b>{_text(verdict, **seconds)}</b>{_en(verdict, **seconds)}</div>"
        f"{_contrast(outcome)}{_numbers(outcome)}{_truth_table(outcome)}{_plots(outcome)}"
        f"<footer>{_text('drill.footer')}{_en('drill.footer')}</footer></body></html>\n"
    )


def _text(code: str, **params: object) -> str:
    return escape(render(code, "id", params))


def _en(code: str, **params: object) -> str:
    return f'<p class="en" lang="en">{escape(render(code, "en", params))}</p>'


def _cell(code: str) -> str:
    return f'<td>{_text(code)}<small lang="en">{escape(render(code, "en"))}</small></td>'


def _frame_of(outcome: DrillOutcome) -> str:
    plan = outcome.plan
    told = {
        "people": f"{plan.people:,}",
        "day": plan.day.isoformat(),
        "arrive": f"{plan.arrive_from:%H:%M}-{plan.arrive_until:%H:%M}",
        "late": f"{plan.late_share:.0%}",
        "killed": clock(outcome.gate_killed_ms, ZONE),
        "back": clock(outcome.gate_back_ms, ZONE),
        "speed": f"{plan.speed:g}",
        "seed": plan.seed,
    }
    return f"<p>{_text('drill.frame', **told)}</p>{_en('drill.frame', **told)}"


def _contrast(outcome: DrillOutcome) -> str:
    """What the same morning is where a server's time counts."""
    told = {
        "late": f"{outcome.count.late_by_server:,}",
        "on_time": f"{sum(_true(outcome, person) == 'drill.true.on_time' for person in outcome.people):,}",
    }
    return f"<p>{_text('drill.contrast', **told)}</p>{_en('drill.contrast', **told)}"


def _numbers(outcome: DrillOutcome) -> str:
    rows = "".join(
        f'<tr>{_cell(f"drill.count.{name}")}<td class="n"><b>{number:,}</b></td></tr>'
        for name, number in outcome.count.members().items()
    )
    return f"<section><h2>{_text('drill.numbers')}</h2>{_en('drill.numbers')}<table>{rows}</table></section>"


def _truth_table(outcome: DrillOutcome) -> str:
    """What people did against how they stand: the sentence behind every number above."""
    cells = Counter((_true(outcome, person), _stands(outcome, person)) for person in outcome.people)
    rows = "".join(
        f'<tr>{_cell(truth)}{_cell(stands)}<td class="n">{number:,}</td></tr>'
        for (truth, stands), number in sorted(cells.items(), key=lambda cell: (_TRUTHS.index(cell[0][0]), cell[0][1]))
    )
    head = f"<tr><th>{_text('drill.truth')}</th><th>{_text('drill.stands')}</th><th></th></tr>"
    return f"<section><h2>{_text('drill.table')}</h2>{_en('drill.table')}<table>{head}{rows}</table></section>"


def _true(outcome: DrillOutcome, person: DrillPhone) -> str:
    if not person.taps or true_minutes(outcome.plan, person) == 0:
        return "drill.true.on_time"
    if person.scenario.story is not Arrival.TURNED_BACK:
        return "drill.true.late"
    return "drill.true.betrayed" if is_betrayed(outcome.plan, person) else "drill.true.turned_back"


def _stands(outcome: DrillOutcome, person: DrillPhone) -> str:
    arrival = outcome.found.verdicts.get(person.person, {}).get("arrival")
    if arrival is None:
        return "drill.stands.nowhere"
    if arrival["status"] == "on_time":
        return f"drill.stands.on_time.{arrival['review']}"
    return "drill.stands.late" if arrival["status"] == "short" else "drill.stands.other"


def _plots(outcome: DrillOutcome) -> str:
    plan, seen = outcome.plan, outcome.seen
    last_ms = max([plan.last_arrival_ms, *(at_ms for at_ms, _ in seen.accepted), *seen.busy_ms])
    axis = Axis(
        begin_ms=plan.begin_ms,
        minutes=(last_ms - plan.begin_ms) // MINUTE_MS + 2,
        outage=(outcome.gate_killed_ms, outcome.gate_back_ms),
        outage_name=render("drill.plot.outage", "id"),
    )
    taps = [(person.scenario.story, tap) for person in outcome.people for tap in person.taps]
    arrivals = {story: axis.per_minute(tap.tapped_ms for one, tap in taps if one is story) for story in Arrival}
    received = axis.so_far(tap.received_ms for _, tap in taps if tap.received_ms is not None)
    plots: dict[str, tuple[Draw, dict[str, tuple[str, Sequence[float]]]]] = {
        "arrivals": (
            bars,
            {
                "on_time": ("a", arrivals[Arrival.ON_TIME]),
                "late": ("b", arrivals[Arrival.LATE]),
                "turned_back": ("d", arrivals[Arrival.TURNED_BACK]),
            },
        ),
        "deliveries": (
            lines,
            {"tapped": ("c", axis.so_far(tap.tapped_ms for _, tap in taps)), "received": ("a", received)},
        ),
        "latency": (
            lines,
            {"p50": ("a", axis.quantiles(seen.accepted, 0.5)), "p99": ("b", axis.quantiles(seen.accepted, 0.99))},
        ),
        "refusals": (
            bars,
            {
                "unanswered": ("c", axis.per_minute(seen.unanswered_ms)),
                "busy": ("b", axis.per_minute(seen.busy_ms)),
                "refused": ("d", axis.per_minute(seen.refused_ms)),
            },
        ),
    }
    return "".join(_plot(axis, f"drill.plot.{name}", draw, series) for name, (draw, series) in plots.items())


def _plot(axis: Axis, title: str, draw: Draw, values: dict[str, tuple[str, Sequence[float]]]) -> str:
    series = [Series(_text(f"{title}.{name}"), look, each) for name, (look, each) in values.items()]
    drawn = draw(axis, series, render(title, "id"))
    return f"<section><h2>{_text(title)}</h2>{_en(title)}{drawn}</section>"
