"""Pages of one person: a day, a month, what a superior saw, and records that no phone signed."""

from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.acts.proving import proof_at
from hadir.office.day_pages.month import CalendarCell, Month, month_of
from hadir.office.day_pages.person import OpenedDay, open_day
from hadir.office.days.permissions import CONFIRM_DAY, SEE_FAULTY, SEE_PERSON_DAY, SEE_RECEIPT, UNCONFIRM_DAY
from hadir.office.days.seeing import (
    asked_together,
    confirm_days,
    seen_on,
    unconfirm_day,
)
from hadir.office.duties.calendar_notes import calendar_notes
from hadir.office.duties.permissions import SEE_LAW
from hadir.office.duties.said import policy_title
from hadir.office.excuses.models import Excuse
from hadir.office.excuses.permissions import ENTER_EXCUSE
from hadir.office.excuses.queries import excuses_in_sight, waiting_notes
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at, is_a_time
from hadir.office.judging.changes_since import facts_since
from hadir.office.judging.judging import judge_context
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.forms import typed_reason
from hadir.office.page.lists import page_of
from hadir.office.page.requests import OfficeRequest, act_by, wants_part
from hadir.office.page.today import day_here, day_of_sight, known_of, proposed
from hadir.office.people.models import Person
from hadir.office.people.queries import days_in_sight, home_of, people_in_sight, person_in_sight, thing_of
from hadir.office.projection.models import FaultyLeaf, Punch
from hadir.office.roles import Actor, may
from hadir.office.tables.writing import download
from hadir.office.units.models import Unit
from hadir.records.receipt import receipt_file
from hadir.rules.evidence import Source
from hadir.site import Site


@require_GET
def person_day(request: OfficeRequest, person: int, day: date) -> HttpResponse:
    context = {"is_part": wants_part(request), **opened_day(request, person, day)}
    return render(request, "days/_person.html" if wants_part(request) else "days/person.html", context)


def opened_day(request: OfficeRequest, person: int, day: date) -> dict[str, object]:
    """The day, with what people said of it: a superior's word, and the excuses, with which this reader may open."""
    found = person_in_sight(request.actor, SEE_PERSON_DAY, person, day)
    opened = open_day(judge_context(), found, day, request.now_ms)
    rows = Excuse.objects.filter(number__in=opened.excuses).order_by("number") if opened.excuses else ()
    in_sight = excuses_in_sight(request.actor).filter(number__in=opened.excuses)
    return {
        "opened": opened,
        "policy_title": policy_title(opened.body["version"]["policy"], request.lang) if opened.body else "",
        "policy_open": bool(request.actor.paths(SEE_LAW.roles)),
        "seen": seen_on(request.actor, found, day, opened.body),
        "linked": days_in_sight(request.actor, SEE_PERSON_DAY, person, (opened.day_before, opened.day_after)),
        **_notes(request, opened),
        "excuses": list(rows),
        "excuses_open": set(in_sight.values_list("number", flat=True)) if opened.excuses else set(),
    }


def _notes(request: OfficeRequest, opened: OpenedDay) -> dict[str, object]:
    """Excuses of the day that wait for a decision, and where this reader may enter one."""
    person = opened.person.number
    notes = waiting_notes(request.actor, [person], opened.day, opened.zone).get(person, [])
    unit = opened.home
    paths = request.actor.paths(ENTER_EXCUSE.roles)
    may = unit is not None and person != request.actor.person and any(unit.path.startswith(path) for path in paths)
    return {"notes": notes, "note_unit": unit.number if may and unit else None}


# --- a month ----------------------------------------------------------------------------------------------------------


@require_GET
def person_month(request: OfficeRequest, person: int, first: date) -> HttpResponse:
    """The person's calendar: a code for each day, which leads to the day."""
    found = person_in_sight(request.actor, SEE_PERSON_DAY, person, day_of_sight(request, first))
    home = home_of(found.number, first)
    today = day_at(request.now_ms, home.zone if home else HERE.site.zone)
    month = month_of(judge_context(), found, first, today=today, now_ms=request.now_ms)
    context = {
        "home": home,
        "today": today,
        "known_day": proposed(first, today),
        **_calendar(request, found, month, home),
    }
    return render(request, "days/month.html", context)


def _calendar(request: OfficeRequest, person: Person, month: Month, home: Unit | None) -> dict[str, object]:
    """What both calendars show; which of its days can be opened, and whether the months beside it can."""
    before, after = day_of_sight(request, month.before), day_of_sight(request, month.after)
    seen = days_in_sight(request.actor, SEE_PERSON_DAY, person.number, {*month.days, before, after})
    return {
        "person": person,
        "month": month,
        "linked": seen,
        "has_before": before in seen,
        "has_after": after in seen,
        "month_code": f"month.{month.first.month}",
        "calendar_notes": calendar_notes(month.days, request.lang, home),
        "weekdays": [f"weekday.short.{number}" for number in range(1, 8)],
    }


@require_GET
def person_month_known(request: OfficeRequest, person: int, first: date) -> HttpResponse:
    """The person's calendar as it was known by the end of a date, and which days say something else today.

    For whoever may see the month now.
    """
    found = person_in_sight(request.actor, SEE_PERSON_DAY, person, day_of_sight(request, first))
    home = home_of(found.number, first)
    zone = home.zone if home else HERE.site.zone
    known = known_of(request, first, zone)
    then = replace(judge_context(), known_at_ms=known.at_ms)
    month = month_of(then, found, first, today=known.day, now_ms=known.at_ms)
    now = month_of(judge_context(), found, first, today=known.latest, now_ms=request.now_ms)
    changed = _changed(month, now)
    since = facts_since([(found.number, day) for day, _, _ in changed], known.at_ms)
    context = {
        "home": home,
        "zone": zone,
        "today": known.day,
        "known": known,
        **_calendar(request, found, month, home),
        "changed": [
            (told, list(days)) for told, days in groupby(changed, key=lambda one: since.get((found.number, one[0]), []))
        ],
        "changed_days": {day for day, _, _ in changed},
    }
    return render(request, "days/month_known.html", context)


def _changed(then: Month, now: Month) -> list[tuple[date, str, str]]:
    """The days with other codes or another home, and what they were and are; one that had not come has not changed."""
    cells = {cell.day: cell for week in now.weeks for cell in week if cell is not None}
    changed = []
    for was in (cell for week in then.weeks for cell in week if cell is not None and not cell.is_future):
        now_is = cells[was.day]
        if was.unit != now_is.unit:
            changed.append((was.day, _told(was), _told(now_is)))
        elif was.codes != now_is.codes:
            changed.append((was.day, " ".join(was.codes), " ".join(now_is.codes)))
    return changed


def _told(cell: CalendarCell) -> str:
    return f"{' '.join(cell.codes)} · {cell.unit}".removesuffix(" · ")


# --- a superior's word ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def word(request: OfficeRequest, person: int, day: date, act: str) -> HttpResponse:
    """That the person was at work, or that the word is taken back."""
    found = person_in_sight(request.actor, SEE_PERSON_DAY, person, day)
    confirms = act == "confirm"
    if not may(request.actor, CONFIRM_DAY if confirms else UNCONFIRM_DAY, thing_of(found, day)):
        raise PermissionDenied
    together = asked_together(request.actor, found, day, day_here(request)) if confirms else ()
    ticked = {one: request.method == "GET" or one.isoformat() in request.POST.getlist("hari") for one in together}
    trouble: Trouble = None
    if request.method == "POST":
        by = act_by(request, typed_reason(request))
        try:
            if confirms:
                confirm_days(person=found, days=[day, *(one for one in together if one != day and ticked[one])], by=by)
            else:
                unconfirm_day(person=found, day=day, by=by)
        except ActError as error:
            trouble = error
        else:
            return HttpResponseRedirect(f"{reverse('person-day', args=[person, day])}?selesai={act}")
    opened = open_day(judge_context(), found, day, request.now_ms)
    seen = seen_on(request.actor, found, day, opened.body)
    can = seen is not None and (seen.may_confirm if confirms else seen.may_take_back)
    if not can and not trouble:
        is_there = seen is not None and seen.row is not None
        missing = "sighting.trouble.not_asked" if confirms else "sighting.trouble.not_there"
        trouble = ActError("sighting.trouble.already" if confirms and is_there else missing)
    context = {
        "opened": opened,
        "seen": seen,
        "can": can,
        "title_code": f"sighting.title.{act}",
        "text_code": f"sighting.text.{act}",
        "button_code": f"sighting.button.{act}",
        "others": [(one, is_ticked) for one, is_ticked in ticked.items() if one != day],
        "reason": request.POST.get("reason", ""),
    }
    return form_page(request, "days/seeing.html", context, trouble)


# --- records ----------------------------------------------------------------------------------------------------------


@require_GET
def receipt(request: OfficeRequest, record_hash: str) -> HttpResponse:
    """The receipt file of one record, for whoever may see its day."""
    punch = get_object_or_404(Punch, record_hash=record_hash)
    person_in_sight(request.actor, SEE_RECEIPT, punch.person, punch.day or day_here(request))
    text = receipt_of(HERE.site, punch)
    if text is None:
        raise Http404
    return download(text.encode(), f"tanda-terima-{record_hash[:8]}", "txt")


def receipt_of(site: Site, punch: Punch) -> str | None:
    """The receipt file of a punch; None when its journal is not in this data folder, and for what no phone made:
    receipts are promises to phones.
    """
    proof = proof_at(site, punch.origin, punch.index) if punch.source == Source.PHONE else None
    return None if proof is None else receipt_file(bytes(punch.body).decode("ascii"), proof.receipt)


@dataclass(frozen=True, slots=True)
class FaultyRow:
    leaf: FaultyLeaf
    person: Person | None
    is_in_sight: bool

    @property
    def why_code(self) -> str:
        return f"faulty.why.{self.leaf.fault}"

    @property
    def claim_code(self) -> str:
        return f"faulty.claim.{self.leaf.direction or 'other'}"

    @property
    def claims_ms(self) -> int | None:
        """The time that it claims, if any calendar has it."""
        at_ms = self.leaf.wall_ms
        return at_ms if at_ms is not None and is_a_time(at_ms) else None


@require_GET
def faulty(request: OfficeRequest) -> HttpResponse:
    """Newest first."""
    if not request.actor.paths(SEE_FAULTY.roles):
        raise PermissionDenied
    sight = people_in_sight(request.actor, SEE_FAULTY, day_here(request))
    page = page_of(request, _in_sight(request.actor, sight))
    leaves = list(page.object_list)
    numbers = {leaf.person for leaf in leaves if leaf.person is not None}
    people = Person.objects.in_bulk(numbers)
    seen = set(sight.filter(number__in=numbers).values_list("number", flat=True))
    rows = [FaultyRow(leaf, people.get(leaf.person or 0), leaf.person in seen) for leaf in leaves]
    return render(request, "days/faulty.html", {"rows": rows, "page": page, "zone": HERE.site.zone})


def _in_sight(actor: Actor, sight: QuerySet[Person]) -> QuerySet[FaultyLeaf]:
    tops = set(Unit.objects.filter(parent=None).values_list("path", flat=True))
    if tops & set(actor.paths(SEE_FAULTY.roles)):
        return FaultyLeaf.objects.all()
    return FaultyLeaf.objects.filter(person__in=sight.values("number"))
