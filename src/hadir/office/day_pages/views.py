from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from hadir.office.day_pages.curve import arrival_curve
from hadir.office.day_pages.forms import Filter
from hadir.office.day_pages.groups import Group, group_code
from hadir.office.day_pages.month import Month, month_of
from hadir.office.day_pages.person import OpenedDay, open_day
from hadir.office.day_pages.queries import Row, Seen, Today, rows_of, today
from hadir.office.day_pages.receipts import receipt_of
from hadir.office.days.permissions import SEE_PERSON_DAY, SEE_RECEIPT, SEE_TODAY
from hadir.office.days.seeing import seen_on
from hadir.office.devices.permissions import DECIDE_DEVICE
from hadir.office.devices.queries import waiting_for_decision
from hadir.office.excuses.models import Excuse
from hadir.office.excuses.permissions import ENTER_EXCUSE
from hadir.office.excuses.queries import excuses_in_sight, waiting_notes
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.ground.words import say
from hadir.office.ground.zones import Zone
from hadir.office.judging.judging import judge_context
from hadir.office.page.known import proposed
from hadir.office.page.lists import page_of
from hadir.office.page.requests import OfficeRequest, wants_part
from hadir.office.page.today import day_here
from hadir.office.people.queries import days_in_sight, home_of, person_in_sight
from hadir.office.projection.models import Punch
from hadir.office.readiness.checklist import checklist
from hadir.office.tables.writing import csv_file, download
from hadir.office.units.home import first_unit
from hadir.office.units.queries import unit_in_sight, units_in_sight
from hadir.rules.clocks import clock
from hadir.texts import Lang, time_words

PAGE_ROWS = 100
LOOK_ROWS = 50
CALM_FROM_ROWS = 500
"""A list of so many people is fetched again less often: its clerk looks at the units below, not at a name."""


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
    context["refresh"] = "every 30s" if len(seen.found.people) > CALM_FROM_ROWS else "every 5s"
    opened = _opened(request, seen)
    context["opened"] = opened
    if opened is not None:
        context.update(_excuses(request, opened))
    return render(request, "days/today.html", context)


@require_GET
def person_day(request: OfficeRequest, person: int, day: date) -> HttpResponse:
    opened = _open(request, person, day)
    context = {"opened": opened, "is_part": wants_part(request), **_excuses(request, opened)}
    return render(request, "days/_person.html" if wants_part(request) else "days/person.html", context)


@require_GET
def person_month(request: OfficeRequest, person: int, first: date) -> HttpResponse:
    """The person's calendar: a code for each day, which leads to the day."""
    found = person_in_sight(request.actor, SEE_PERSON_DAY, person, day_of_sight(request, first))
    home = home_of(found.number, first)
    today = day_at(request.now_ms, home.zone if home else HERE.site.zone)
    month = month_of(judge_context(), found, first, today=today, now_ms=request.now_ms)
    context = {
        "person": found,
        "home": home,
        "today": today,
        "month": month,
        **open_links(request, found.number, month),
        "month_code": f"month.{first.month}",
        "weekdays": [f"weekday.short.{number}" for number in range(1, 8)],
        "known_day": proposed(first, today),
    }
    return render(request, "days/month.html", context)


def open_links(request: OfficeRequest, person: int, month: Month) -> dict[str, object]:
    """Which days of the calendar can be opened, and whether the months beside it can."""
    before, after = day_of_sight(request, month.before), day_of_sight(request, month.after)
    seen = days_in_sight(request.actor, SEE_PERSON_DAY, person, {*month.days, before, after})
    return {"linked": seen, "has_before": before in seen, "has_after": after in seen}


def day_of_sight(request: OfficeRequest, first: date) -> date:
    """Whoever may see the person on the month's last day, or today within the running month, may see the month."""
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return max(first, min(last, day_here(request)))


@require_GET
def receipt(request: OfficeRequest, record_hash: str) -> HttpResponse:
    """The receipt file of one record, for whoever may see its day."""
    punch = get_object_or_404(Punch, record_hash=record_hash)
    person_in_sight(request.actor, SEE_RECEIPT, punch.person, punch.day or day_here(request))
    text = receipt_of(HERE.site, punch)
    if text is None:
        raise Http404
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="tanda-terima-{record_hash[:8]}.txt"'
    return response


@dataclass(frozen=True)
class _Look:
    """What one request asks of a unit's day, and the answer."""

    filter: Filter
    found: Today

    @property
    def people(self) -> list[Seen]:
        wanted = self.filter.search.casefold()
        return [
            seen
            for seen in self.found.people
            if (self.filter.group is None or seen.group in _shown_with(self.filter.group))
            and wanted in seen.name.casefold()
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
            "sentence": _sentence(request, self),
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
            "missing_code": group_code(Group.NOT_YET, is_over=found.is_over),
            "branch_query": "" if self.filter.is_today else f"?tanggal={found.day.isoformat()}",
            "close_query": self.filter.query(orang=None),
        }


def _look_at(request: OfficeRequest, unit_number: int) -> _Look:
    unit = unit_in_sight(request.actor, SEE_TODAY, unit_number)
    here = day_at(request.now_ms, unit.zone)
    wanted = Filter.read(request.GET.dict(), here)
    is_over = wanted.day < here
    found = today(
        unit=unit, day=wanted.day, actor=request.actor, rule=SEE_TODAY, context=judge_context(), is_over=is_over
    )
    return _Look(filter=wanted, found=found)


def _minute(at_ms: int, found: Today, lang: Lang) -> str:
    return time_words(clock(at_ms, found.unit.zone)[:5], lang)


@dataclass(frozen=True)
class SentencePart:
    """`12 hadir`, leading to the people behind the number."""

    text: str
    query: str
    is_chosen: bool


def _sentence(request: OfficeRequest, seen: _Look) -> list[SentencePart]:
    return [
        SentencePart(
            text=say(_part_code(group, seen.found), request.lang, {"n": count}),
            query=seen.filter.query(saring=None if seen.filter.group is group else group.value),
            is_chosen=seen.filter.group is group,
        )
        for group, count in _told(seen.found)
    ]


def _told(found: Today) -> list[tuple[Group, int]]:
    """Who came late is present too: `193 hadir, 6 di antaranya terlambat`."""
    counted = dict(found.counts)
    if Group.LATE in counted:
        counted = {Group.PRESENT: counted.get(Group.PRESENT, 0) + counted[Group.LATE]} | {
            group: count for group, count in counted.items() if group is not Group.PRESENT
        }
    return list(counted.items())


def _shown_with(group: Group) -> set[Group]:
    """The people behind a number of the sentence."""
    return {Group.PRESENT, Group.LATE} if group is Group.PRESENT else {group}


def _part_code(group: Group, found: Today) -> str:
    return "today.part.missing" if found.is_over and group is Group.NOT_YET else f"today.part.{group.value}"


def _opened(request: OfficeRequest, seen: _Look) -> OpenedDay | None:
    return None if seen.filter.person is None else _open(request, seen.filter.person, seen.filter.day)


def _open(request: OfficeRequest, person: int, day: date) -> OpenedDay:
    found = person_in_sight(request.actor, SEE_PERSON_DAY, person, day)
    return open_day(judge_context(), found, day, request.now_ms)


def _excuses(request: OfficeRequest, opened: OpenedDay) -> dict[str, object]:
    """What people said of the day: a superior's word, and the excuses, with which of them this reader may open."""
    seen = seen_on(request.actor, opened.person, opened.day, opened.body)
    beside = days_in_sight(request.actor, SEE_PERSON_DAY, opened.person.number, (opened.day_before, opened.day_after))
    told = {"seen": seen, "linked": beside, **_notes(request, opened)}
    if not opened.excuses:
        return told
    rows = list(Excuse.objects.filter(number__in=opened.excuses).order_by("number"))
    in_sight = excuses_in_sight(request.actor).filter(number__in=opened.excuses)
    return {**told, "excuses": rows, "excuses_open": set(in_sight.values_list("number", flat=True))}


def _notes(request: OfficeRequest, opened: OpenedDay) -> dict[str, object]:
    """Excuses of the day that wait for a decision, and where this reader may enter one."""
    person = opened.person.number
    notes = waiting_notes(request.actor, [person], opened.day, opened.zone).get(person, [])
    unit = opened.home
    paths = request.actor.paths(ENTER_EXCUSE.roles)
    may = unit is not None and person != request.actor.person and any(unit.path.startswith(path) for path in paths)
    return {"notes": notes, "note_unit": unit.number if may and unit else None}


def _csv(request: OfficeRequest, seen: _Look) -> HttpResponse:
    """What the list shows, as it is filtered."""
    heads = [say(f"today.column.{name}", request.lang) for name in ("name", "nip", "in", "out", "result", "evidence")]
    people = rows_of(seen.found, seen.people, request.actor)
    rows = [heads, *(_csv_row(request, row, seen.found.unit.zone) for row in people)]
    name = f"hari-ini-{seen.found.unit.number}-{seen.found.day.isoformat()}"
    return download(csv_file(rows, delimiter=",", mark=""), name, "csv")


def _csv_row(request: OfficeRequest, row: Row, zone: str) -> list[str]:
    taps = [clock(tap["judged_ms"], zone) if tap else "" for tap in (row.arrival, row.departure)]
    result = (
        say(row.headline["code"], request.lang, row.headline["params"])
        if row.headline
        else say(row.group_code, request.lang)
    )
    grade = say(row.grade_code, request.lang) if row.grade_code else ""
    return [row.person.titled_name, row.person.nip or "", *taps, result, grade]
