from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from hadir.office.day_pages.groups import DayGroup, group_code
from hadir.office.day_pages.person_views import opened_day
from hadir.office.day_pages.queries import CountedPerson, ListedPerson, Today, rows_of, today
from hadir.office.days.permissions import SEE_TODAY
from hadir.office.devices.permissions import DECIDE_DEVICE
from hadir.office.devices.queries import waiting_for_decision
from hadir.office.duties.calendar_notes import calendar_notes
from hadir.office.ground.moments import day_at
from hadir.office.ground.words import say
from hadir.office.ground.zones import Zone
from hadir.office.judging.judging import judge_context
from hadir.office.page.asked import day_asked, number_asked
from hadir.office.page.lists import Addressed, SentencePart, one_of, page_of, searched
from hadir.office.page.requests import OfficeRequest, wants_part
from hadir.office.page.today import day_here
from hadir.office.readiness.views import checklist
from hadir.office.tables.writing import csv_file, download
from hadir.office.units.queries import first_unit, unit_in_sight, units_in_sight
from hadir.rules.clocks import MS_PER_MINUTE, clock
from hadir.rules.duty import DutyDay
from hadir.texts import Lang, time_words

SEARCH_LENGTH_MAX = 60
PAGE_ROWS = 100
LOOK_ROWS = 50
CALM_FROM_ROWS = 500
"""A list of so many people is fetched again less often: its clerk looks at the units below, not at a name."""


@dataclass(frozen=True, slots=True)
class DayFilter(Addressed):
    """What the address says about the list. Nonsense in it is left out, never an error."""

    day: date
    is_today: bool
    group: DayGroup | None
    search: str
    person: int | None

    @classmethod
    def read(cls, params: Mapping[str, str], today: date) -> "DayFilter":
        day = day_asked(params.get("tanggal", "")) or today
        group = one_of(params, "saring", set(DayGroup))
        return cls(
            day=day,
            is_today=day == today,
            group=DayGroup(group) if group else None,
            search=searched(params, SEARCH_LENGTH_MAX),
            person=number_asked(params.get("orang", "")),
        )

    @property
    def parts(self) -> Mapping[str, object]:
        return {
            "tanggal": None if self.is_today else self.day.isoformat(),
            "saring": self.group.value if self.group else None,
            "cari": self.search or None,
            "orang": self.person,
        }


@require_GET
def front(request: OfficeRequest) -> HttpResponse:
    """Where a log-in leads: to what must be done first, to today, or to a page that says that nothing is to be seen."""
    if checklist(request.actor, day_here(request)):
        return HttpResponseRedirect(reverse("tasks"))
    if request.actor.paths(SEE_TODAY.roles):
        return HttpResponseRedirect(reverse("today-home"))
    return render(request, "days/nothing.html")


@require_GET
def today_home(request: OfficeRequest) -> HttpResponse:
    """The unit asked for by the chooser, or the first one of the actor's."""
    return first_unit(request, SEE_TODAY, "today")


@require_GET
def today_of_unit(request: OfficeRequest, unit: int) -> HttpResponse:
    """*Hari ini*: the sentence, the curve, who needs a look, and everybody; one person-day open beside them."""
    seen = _look_at(request, unit)
    if request.GET.get("bentuk") == "csv":
        return _csv(request, seen)
    context = seen.context(request)
    if wants_part(request):
        return render(request, "days/_live.html", context)
    context["units"] = units_in_sight(request.actor, SEE_TODAY)
    context["calendar_notes"] = calendar_notes([seen.filter.day], request.lang, seen.found.unit)
    context["refresh"] = "every 30s" if len(seen.found.people) > CALM_FROM_ROWS else "every 5s"
    if seen.filter.person is not None:
        context |= opened_day(request, seen.filter.person, seen.filter.day)
    return render(request, "days/today.html", context)


@dataclass(frozen=True)
class _Look:
    """What one request asks of a unit's day, and the answer."""

    filter: DayFilter
    found: Today

    @property
    def people(self) -> list[CountedPerson]:
        """Of those present also who came late."""
        wanted, group = self.filter.search.casefold(), self.filter.group
        shown = {DayGroup.PRESENT, DayGroup.LATE} if group is DayGroup.PRESENT else {group}
        return [
            seen
            for seen in self.found.people
            if (group is None or seen.group in shown) and wanted in seen.name.casefold()
        ]

    def context(self, request: OfficeRequest) -> dict[str, object]:
        found = self.found
        page = page_of(request, self.people, self.filter.parts, name="hal", size=PAGE_ROWS)
        looked_at = found.look
        shown = [*page.object_list, *looked_at[:LOOK_ROWS]]
        rows = rows_of(found, shown, request.actor)
        return {
            "page": page,
            "rows": rows[: len(page.object_list)],
            "branches": [] if self.filter.group or self.filter.search else found.branches(),
            "look": rows[len(page.object_list) :],
            "look_count": len(looked_at),
            "look_left": max(0, len(looked_at) - LOOK_ROWS),
            "unit": found.unit,
            "zone": found.unit.zone,
            "today": found,
            "filter": self.filter,
            "curve": arrival_curve(found.arrivals_ms, found.duty, request.lang) if found.duty else None,
            "sentence": [
                SentencePart(
                    text=say(group_code(group, is_over=found.is_over, told="part"), request.lang, {"n": count}),
                    query=self.filter.query(saring=None if self.filter.group is group else group.value),
                    is_chosen=self.filter.group is group,
                )
                for group, count in _told(found)
            ],
            "pending_keys": waiting_for_decision(request.actor.paths(DECIDE_DEVICE.roles), found.day),
            "as_of": time_words(clock(request.now_ms, found.unit.zone), request.lang),
            "zone_short": Zone(found.unit.zone).short,
            "duty_start": _minute(found.duty.start_ms, found, request.lang) if found.duty else "",
            "duty_end": _minute(found.duty.end_ms, found, request.lang) if found.duty else "",
            "before": self.filter.query(tanggal=found.day - timedelta(days=1)),
            "after": self.filter.query(tanggal=found.day + timedelta(days=1)),
            "filter_today": self.filter.query(tanggal=None),
            "filter_all": self.filter.query(saring=None, cari=None),
            "filter_csv": self.filter.query(orang=None, bentuk="csv"),
            "filter_group_code": group_code(self.filter.group, is_over=found.is_over) if self.filter.group else "",
            "missing_code": group_code(DayGroup.NOT_YET, is_over=found.is_over),
            "branch_query": "" if self.filter.is_today else f"?tanggal={found.day.isoformat()}",
            "close_query": self.filter.query(orang=None),
        }


def _look_at(request: OfficeRequest, unit_number: int) -> _Look:
    unit = unit_in_sight(request.actor, SEE_TODAY, unit_number)
    here = day_at(request.now_ms, unit.zone)
    wanted = DayFilter.read(request.GET.dict(), here)
    is_over = wanted.day < here
    found = today(
        unit=unit, day=wanted.day, actor=request.actor, rule=SEE_TODAY, context=judge_context(), is_over=is_over
    )
    return _Look(filter=wanted, found=found)


def _minute(at_ms: int, found: Today, lang: Lang) -> str:
    return time_words(clock(at_ms, found.unit.zone)[:5], lang)


def _told(found: Today) -> list[tuple[DayGroup, int]]:
    """Who came late is present too: `193 hadir, 6 di antaranya terlambat`."""
    counted = dict(found.counts)
    if DayGroup.LATE in counted:
        counted = {DayGroup.PRESENT: counted.get(DayGroup.PRESENT, 0) + counted[DayGroup.LATE]} | {
            group: count for group, count in counted.items() if group is not DayGroup.PRESENT
        }
    return list(counted.items())


def _csv(request: OfficeRequest, seen: _Look) -> HttpResponse:
    """What the list shows, as it is filtered."""
    heads = [say(f"today.column.{name}", request.lang) for name in ("name", "nip", "in", "out", "result", "evidence")]
    people = rows_of(seen.found, seen.people, request.actor)
    rows = [heads, *(_csv_row(request, row, seen.found.unit.zone) for row in people)]
    name = f"hari-ini-{seen.found.unit.number}-{seen.found.day.isoformat()}"
    return download(csv_file(rows), name, "csv")


def _csv_row(request: OfficeRequest, row: ListedPerson, zone: str) -> list[str]:
    taps = [clock(tap["judged_ms"], zone) if tap else "" for tap in (row.arrival, row.departure)]
    result = (
        say(row.headline["code"], request.lang, row.headline["params"])
        if row.headline
        else say(row.group_code, request.lang)
    )
    grade = say(row.grade_code, request.lang) if row.grade_code else ""
    return [row.person.titled_name, row.person.nip or "", *taps, result, grade]


# --- the arrival curve: how many came in each five minutes, as whole numbers for a small SVG --------------------------

BIN_MINUTES = 5
BINS_BEFORE, BINS_AFTER = 12, 12
BIN_WIDTH, HEIGHT, GAP, ROOM = 20, 64, 2, 4
_BIN_MS = BIN_MINUTES * MS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class CurveBar:
    x: int
    y: int
    height: int
    count: int
    is_late: bool
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    bars: list[CurveBar]
    width: int
    start_x: int
    start: str
    first: str
    last: str
    height: int = HEIGHT
    box_height: int = HEIGHT + ROOM
    """With room above the highest bar."""


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
        start_x=BINS_BEFORE * BIN_WIDTH,
        start=_shown(duty.start_ms, duty, lang),
        first=_shown(begin_ms, duty, lang),
        last=_shown(begin_ms + bins * _BIN_MS, duty, lang),
    )


def _bar(place: int, count: int, highest: int, begin_ms: int, duty: DutyDay, lang: Lang) -> CurveBar:  # noqa: PLR0913, PLR0917 - what a bar is made of
    height = max(4, HEIGHT * count // highest)
    return CurveBar(
        x=place * BIN_WIDTH + GAP,
        y=HEIGHT - height,
        height=height,
        count=count,
        is_late=place >= BINS_BEFORE,
        label=_shown(begin_ms + place * _BIN_MS, duty, lang),
    )


def _shown(at_ms: int, duty: DutyDay, lang: Lang) -> str:
    return time_words(clock(at_ms, duty.zone)[:5], lang)
