"""Policies and calendars as pages to read: everything comes from the dated files and the acts of law."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hadir.office.duties.kinds import CalendarDay, Decree, LawKind
from hadir.office.duties.models import LawAct
from hadir.office.duties.own import in_force_on
from hadir.office.duties.permissions import SEE_LAW, TRY_POLICY
from hadir.office.duties.queries import told_law
from hadir.office.duties.said import value_name, value_text
from hadir.office.duties.words import policies_on
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import calendar, law_on
from hadir.office.ground.laws import laws as policy_sets
from hadir.office.ground.own_laws import OWN, decree
from hadir.office.law_pages.basis import RowBasis, basis_lines, row_basis
from hadir.office.page.asked import day_asked
from hadir.office.page.requests import OfficeRequest
from hadir.office.page.today import day_here
from hadir.office.units.models import Unit
from hadir.office.units.queries import units_in_sight
from hadir.rules.calendars import Standing
from hadir.rules.duty import DutyRow, Weekday
from hadir.rules.policy import ClassRow, DutyRows, Policy, PolicyGapError, PolicySet
from hadir.texts import Lang, time_words

_USERS_SHOWN_MAX = 60


def _only_readers(request: OfficeRequest) -> None:
    if not request.actor.paths(SEE_LAW.roles):
        raise PermissionDenied


@require_GET
def policies(request: OfficeRequest) -> HttpResponse:
    """The policy sets that are installed, and how many of the reader's units each is given to."""
    _only_readers(request)
    today = day_here(request)
    sets = policy_sets(HERE.settings.policies)
    whole = policies_on(today)
    users = _users(request, today)
    shipped = [name for name in sets if not name.startswith(OWN)]
    rows = [(name, sets[name].title[request.lang], name in whole, len(users[name])) for name in shipped]
    own = in_force_on(today)
    rows += [(own[name], sets[own[name]].title[request.lang], True, len(users[name])) for name in own]
    context = {
        "rows": sorted(rows, key=lambda row: (-row[3], not row[2], row[1])),
        "years": _years(request),
        "today": today,
    }
    return render(request, "duties/policies.html", context)


def _users(request: OfficeRequest, day: date) -> dict[str, list[LawAct]]:
    """The acts in force that give a policy to units in the reader's sight or above them. One query and the units'."""
    paths = list(units_in_sight(request.actor, SEE_LAW).values_list("path", flat=True))
    above = {path[: place + 1] for path in paths for place, sign in enumerate(path) if sign == "/"}
    found: dict[str, list[LawAct]] = defaultdict(list)
    for row in LawAct.objects.on(day).filter(kind=LawKind.DUTY, person=None).select_related("unit", "group__unit"):
        unit = row.unit or (row.group.unit if row.group else None)
        name = row.body.get("policy")
        if name and unit is not None and unit.path in above:
            found[name].append(row)
    return found


@require_GET
def policy(request: OfficeRequest, name: str) -> HttpResponse:
    """One policy set as it stands on a day: hours, tables, and every value with its article, dates and source."""
    _only_readers(request)
    known = policy_sets(HERE.settings.policies).get(name)
    if known is None:
        raise Http404
    day = day_asked(request.GET.get("tanggal", "")) or day_here(request)
    whole = _whole_on(name, day)
    called = name.rpartition("-")[0] if name.startswith(OWN) else name
    using = [told_law(request.actor, row, day) for row in _users(request, day)[called][:_USERS_SHOWN_MAX]]
    context = {
        "name": name,
        "title": known.title[request.lang],
        "day": day,
        "policy": whole,
        "hours": _hours(known, whole, day, request.lang) if whole else [],
        "tables": _tables(known, whole, day) if whole else [],
        "basis": basis_lines(known, whole, day, request.lang) if whole else [],
        "sections": _sections(known, whole, day, request.lang),
        "open_sections": _OPEN_SECTIONS,
        "may_try": bool(request.actor.paths(TRY_POLICY.roles)),
        "users": using,
        "sha256": known.sha256,
        "rules": known.rules,
    }
    return render(request, "duties/policy.html", context)


def _whole_on(name: str, day: date) -> Policy | None:
    """None for a foundation of others, and before its first day."""
    try:
        return law_on(HERE.settings.policies, name, day)
    except (PolicyGapError, KeyError):
        return None


# --- calendars --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A day of the year's calendar. `unit` is empty for what the shipped calendar says for all."""

    day: date
    name: str
    kind: str
    article: str
    source: str
    certainty: str
    works: bool
    frees: bool
    unit: str = ""
    number: int | None = None
    waits: bool = False
    """For its decree."""

    @property
    def kind_code(self) -> str:
        return f"law.calendar.{self.kind}"

    @property
    def effect_code(self) -> str:
        return f"law.said.calendar.{'works' if self.works else 'frees' if self.frees else 'pupils'}"

    @property
    def certainty_code(self) -> str:
        return f"law.certainty.{self.certainty}"


@require_GET
def calendar_year(request: OfficeRequest, year: int) -> HttpResponse:
    """The free days of a year, with their decrees, and what acts of law add to them in the reader's units."""
    _only_readers(request)
    if not date.min.year < year < date.max.year:
        raise Http404
    shipped = calendar(HERE.settings.policies)
    units = list(units_in_sight(request.actor, SEE_LAW))
    entries = [
        CalendarEntry(
            day=one.date, name=one.name, kind=one.kind.value, article=one.article, source=one.source,
            certainty=one.certainty.value, works=one.works, frees=one.frees_staff,
            waits=one.standing is Standing.PROVISIONAL,
        )
        for one in shipped.days.values()
        if one.date.year == year
    ]  # fmt: skip
    entries += _acts_of(year, units)
    entries += [one for row in _near(LawKind.DECREE, year, units) for one in _decreed(row, year)]
    context = {
        "year": year,
        "years": _years(request),
        "entries": sorted(entries, key=lambda one: (one.day, one.unit)),
        "seasons": [one for one in shipped.ramadan if year in {one.from_date.year, one.until_date.year}],
        "ramadan": [told_law(request.actor, row, day_here(request)) for row in _near(LawKind.RAMADAN, year, units)],
    }
    return render(request, "duties/calendar.html", context)


def _acts_of(year: int, units: Sequence[Unit]) -> list[CalendarEntry]:
    found = []
    for row in _near(LawKind.CALENDAR, year, units):
        said = row.shape
        unit = row.unit or (row.group.unit if row.group else None)
        if isinstance(said, CalendarDay) and unit is not None:
            found.append(
                CalendarEntry(
                    day=row.from_date, name=said.name, kind=said.kind.value, article=row.article or row.document,
                    source=row.document, certainty="S", works=said.works, frees=said.frees_staff, unit=unit.name,
                    number=row.number,
                )
            )  # fmt: skip
    return found


def _decreed(row: LawAct, year: int) -> list[CalendarEntry]:
    """The days of a decree's text, once two people have put it in force."""
    if row.also_by_id is None or row.unit is None:
        return []
    return [
        CalendarEntry(
            day=one.date, name=one.name, kind=one.kind.value, article=one.article, source=row.document,
            certainty=one.certainty.value, works=one.works, frees=one.frees_staff, unit=row.unit.name,
            number=row.number,
        )
        for one in decree(row.says(Decree).text).days.values()
        if one.date.year == year and one.date >= row.from_date
    ]  # fmt: skip


def _near(kind: LawKind, year: int, units: Sequence[Unit]) -> list[LawAct]:
    """Acts of the kind in that year that are made for the reader's units, or for those above them."""
    paths = {unit.path for unit in units}
    above = {path[: place + 1] for path in paths for place, sign in enumerate(path) if sign == "/"}
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows = LawAct.objects.current().filter(kind=kind, person=None, from_date__lte=last).exclude(until_date__lte=first)
    rows = rows.select_related("unit", "group__unit")
    return [row for row in rows if (unit := row.unit or (row.group.unit if row.group else None)) and unit.path in above]


def _years(request: OfficeRequest) -> list[int]:
    shipped = calendar(HERE.settings.policies)
    year = day_here(request).year
    return sorted({day.year for day in shipped.days} | {year, year + 1})


_ORDER = (
    "late", "early", "no_arrival", "no_departure", "absent", "duties", "shifts", "shift_window", "excuses",
    "ceremonies", "month", "warnings",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClassShown:
    """A class, or what a missing tap falls in."""

    row: ClassRow
    basis: RowBasis | None
    is_missing: bool = False


def _tables(known: PolicySet, policy: Policy, day: date) -> list[tuple[str, list[ClassShown], bool]]:
    """Lateness and early leave: the rows of each, and whether any is borrowed."""
    found = []
    for name, side, missing in (("late", policy.arrival, "no_arrival"), ("early", policy.departure, "no_departure")):
        rows = [ClassShown(row, row_basis(known, policy, day, f"{name}.{row.code}")) for row in side.classes]
        rows.append(ClassShown(side.no_punch, row_basis(known, policy, day, missing), is_missing=True))
        found.append((name, rows, any(one.basis is not None and one.basis.is_borrowed for one in rows)))
    return found


@dataclass(frozen=True, slots=True)
class HoursShown:
    """A weekday: its hours (empty on a day off), and those of Ramadan."""

    weekday_code: str
    usual: str
    ramadan: str
    basis: RowBasis | None


def _hours(
    known: PolicySet, policy: Policy, day: date, lang: Lang
) -> list[tuple[str, DutyRows, list[HoursShown], bool]]:
    """Each duty with its weekdays, and whether any of them is borrowed."""
    found = []
    for name, duty in policy.duties.items():
        rows = []
        for weekday in Weekday if duty.week else ():
            paths = [f"duties.{name}.{table}.{weekday.key}" for table in ("hours", "ramadan")]
            basis = row_basis(known, policy, day, *paths) or row_basis(known, policy, day, f"duties.{name}.dynamic")
            usual, ramadan = _span(duty.week.get(weekday), lang), _span(duty.ramadan.get(weekday), lang)
            rows.append(HoursShown(f"weekday.{weekday + 1}", usual, ramadan, basis))
        found.append((name, duty, rows, any(one.basis is not None and one.basis.is_borrowed for one in rows)))
    return found


def _span(row: DutyRow | None, lang: Lang) -> str:
    return time_words(f"{row.start:%H:%M}\N{EN DASH}{row.end:%H:%M}", lang) if row else ""


_OPEN_SECTIONS = frozenset({"law.section.absent", "law.section.ceremonies", "law.section.excuses"})
"""What costs something and stands in no table above: seen without a touch."""


def _sections(
    known: PolicySet, policy: Policy | None, day: date, lang: Lang
) -> list[tuple[str, list[dict[str, object]], bool]]:
    """Every value of the set with its history, by the first word of its path; and whether one in force is borrowed."""
    grouped: dict[str, list[dict[str, object]]] = defaultdict(list)
    for path, history in known.values.items():
        ends = [one.from_date for one in history[1:]]
        basis = row_basis(known, policy, day, path) if policy else None
        grouped[path.partition(".")[0]] += [
            {
                "path": value_name(path, lang),
                "said": value_text(path, one.value, lang),
                "from_date": one.from_date,
                "until_date": (end := min(filter(None, (one.until_date, after)), default=None)),
                "article": one.article,
                "source": one.source,
                "certainty_code": f"law.certainty.{one.certainty.value}",
                "holds": (holds := one.from_date <= day and (end is None or day < end)),
                "is_borrowed": holds and basis is not None and basis.is_borrowed,
            }
            for one, after in zip(history, [*ends, None], strict=True)
        ]
    names = dict.fromkeys([*(name for name in _ORDER if name in grouped), *grouped])
    return [(f"law.section.{name}", rows := grouped[name], any(one["is_borrowed"] for one in rows)) for name in names]
