"""Two plots of a unit's month as whole numbers for SVG: who had which letter on which date, and when people came.

The heat map is a table drawn: each cell has its letter as text and leads to the verdict, so it reads without colour and
without a script.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hadir.office.month_pages.recap import RecapRow
from hadir.office.months.letters import printed
from hadir.office.months.models import DayLine
from hadir.office.page.periods import month_after
from hadir.records.days import local
from hadir.rules.policy import Policy
from hadir.texts import Lang, time_words

CELL_WIDTH, CELL_HEIGHT, NAME_WIDTH, HEAD_HEIGHT = 34, 22, 190, 22
HEAT_ROWS_MAX = 200
BIN_MINUTES = 5
BAR_WIDTH, BAR_GAP, HEIGHT, LABEL_EVERY = 14, 2, 160, 6
_NAME_SIGNS_MAX = 26


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One date of one person; `tone` is one of the four meanings, or `plain`."""

    x: int
    day: date
    letter: str
    tone: str

    @property
    def text_x(self) -> int:
        return self.x + CELL_WIDTH // 2


@dataclass(frozen=True, slots=True)
class HeatRow:
    y: int
    row: RecapRow
    cells: list[HeatCell]

    @property
    def text_y(self) -> int:
        return self.y + CELL_HEIGHT - 7

    @property
    def name(self) -> str:
        """As much of it as fits."""
        name = self.row.name
        return name if len(name) <= _NAME_SIGNS_MAX else f"{name[: _NAME_SIGNS_MAX - 1]}…"


@dataclass(frozen=True, slots=True)
class HeatMap:
    """People by dates. `is_cut`: there are more people than are drawn."""

    rows: list[HeatRow]
    days: list[tuple[int, date]]
    width: int
    height: int
    is_cut: bool
    cell_width: int = CELL_WIDTH - 2
    cell_height: int = CELL_HEIGHT - 2


@dataclass(frozen=True, slots=True)
class Meanings:
    """Which letters mean that somebody was there, and which that nothing was owed."""

    present: frozenset[str]
    free: frozenset[str]


def meanings(policies: Sequence[Policy]) -> Meanings:
    return Meanings(
        present=frozenset(policy.codes[name] for policy in policies for name in ("present", "remote")),
        free=frozenset(policy.codes[name] for policy in policies for name in ("free", "night_before", "not_yet")),
    )


def heat_map(rows: Sequence[RecapRow], days: Sequence[date], letters: Mapping[str, str], means: Meanings) -> HeatMap:
    """In the order of the list; a date on which nothing was judged stays empty."""
    drawn = rows[:HEAT_ROWS_MAX]
    places = {day: NAME_WIDTH + place * CELL_WIDTH for place, day in enumerate(days)}
    return HeatMap(
        rows=[
            HeatRow(HEAD_HEIGHT + place * CELL_HEIGHT, row, cells_of(row, places, letters, means))
            for place, row in enumerate(drawn)
        ],
        days=[(x + CELL_WIDTH // 2, day) for day, x in places.items()],
        width=NAME_WIDTH + len(days) * CELL_WIDTH,
        height=HEAD_HEIGHT + len(drawn) * CELL_HEIGHT,
        is_cut=len(rows) > HEAT_ROWS_MAX,
    )


def cells_of(row: RecapRow, places: Mapping[date, int], letters: Mapping[str, str], means: Meanings) -> list[HeatCell]:
    """The class of lateness or early leave where there is one, else the letter of the day."""
    return [
        HeatCell(places[day], day, letter_on(row, day, letters), _tone(row, day, code, means))
        for day, code in row.recap.cells.items()
        if day in places
    ]


def letter_on(row: RecapRow, day: date, letters: Mapping[str, str]) -> str:
    """What stands in the cell of a date."""
    return " ".join(printed(code, letters) for code in row.letters_on(day).split())


def _tone(row: RecapRow, day: date, code: str, means: Meanings) -> str:
    """Green is there, blue is covered or waits, amber needs a look; a free day has no colour."""
    if day in row.recap.absent or day in row.unproven or row.letters_on(day) != code:
        return "attention"
    if code in means.present:
        return "recorded"
    return "plain" if code in means.free else "waiting"


def by_date(
    rows: Sequence[RecapRow], days: Sequence[date], letters: Mapping[str, str]
) -> tuple[list[str], list[tuple[date, list[tuple[str, int]]]]]:
    """The heat map as a table: the letters that occur, and how often each stands on each date."""
    counts = {day: Counter(letter_on(row, day, letters) for row in rows if day in row.recap.cells) for day in days}
    heads = sorted({letter for counted in counts.values() for letter in counted if letter})
    return heads, [(day, [(letter, counted[letter]) for letter in heads]) for day, counted in counts.items() if counted]


# --- when people came ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bin:
    """Arrivals of five minutes: how many, and the clock time at which they begin."""

    x: int
    y: int
    height: int
    count: int
    label: str
    is_labelled: bool

    @property
    def text_x(self) -> int:
        return self.x + BAR_WIDTH // 2


@dataclass(frozen=True, slots=True)
class Histogram:
    bins: list[Bin]
    width: int
    total: int
    highest: int
    height: int = HEIGHT
    bar_width: int = BAR_WIDTH - BAR_GAP
    box_height: int = HEIGHT + 22
    """With the times below the bars."""
    label_y: int = HEIGHT + 16


def arrivals(units: Mapping[int, str], people: Collection[int], first: date, lang: Lang) -> Histogram:
    """All counted arrivals of the month, by five minutes of the work place's clock. `units`: number -> zone."""
    rows = DayLine.objects.filter(
        unit__in=list(units), day__gte=first, day__lt=month_after(first), arrival_ms__isnull=False
    )
    counts: Counter[int] = Counter()
    for unit, person, at_ms in rows.values_list("unit", "person", "arrival_ms"):
        if at_ms is not None and person in people:
            at = local(at_ms, units[unit])
            counts[(at.hour * 60 + at.minute) // BIN_MINUTES] += 1
    if not counts:
        return Histogram(bins=[], width=0, total=0, highest=0)
    begin, end = min(counts), max(counts)
    highest = max(counts.values())
    bins = []
    for place, number in enumerate(range(begin, end + 1)):
        count = counts[number]
        height = -(-HEIGHT * count // highest)
        label = time_words(f"{number * BIN_MINUTES // 60:02d}:{number * BIN_MINUTES % 60:02d}", lang)
        is_labelled = number % LABEL_EVERY == 0
        bins.append(Bin(place * BAR_WIDTH, HEIGHT - height, height, count, label, is_labelled))
    return Histogram(bins=bins, width=len(bins) * BAR_WIDTH, total=counts.total(), highest=highest)
