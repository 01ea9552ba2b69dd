"""Holidays and Ramadan as dated data: what the three ministers' decision says, what a unit adds, what an act shifts.

A calendar is a file (`policies/calendars/*.yaml`), parsed like a policy: every day with its decree and how well it was
seen. A regional or unit calendar is added to the national one; a school's holidays free the pupils, not the staff, and
lift nobody's duty unless its file says so. Ramadan may begin or move by an act of the evening before: `with_ramadan`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from hadir.rules.faults import Said
from hadir.rules.policy import Certainty
from hadir.rules.reading import DocumentError, Fault, Form, day, fields_of, one_of, text, yes_or_no


class CalendarFileError(DocumentError):
    """Calendar files do not load; `faults` says where and why."""


class FreeDayKind(StrEnum):
    """What kind of free day it is."""

    NATIONAL = "national"
    COLLECTIVE = "collective"
    """Cuti bersama: leave for all that reduces nobody's annual leave."""
    LOCAL = "local"
    """Of a region or a unit."""
    SCHOOL = "school"
    """The pupils are free. The staff is not, unless `frees_staff`."""


class Standing(StrEnum):
    """What a calendar rests on."""

    DECREED = "decreed"
    """The three ministers' decision, or an act of the region or unit."""
    PROVISIONAL = "provisional"
    """Not decided yet, as far as is known; the decree's file takes its place. A file may say it of single entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeDay:
    """A day of a calendar. `name` as it is officially called; `works` undoes a free day (a unit that serves then).
    `standing` of this day alone: collective leave of ASN waits for the president's decree.
    """

    date: date
    kind: FreeDayKind
    name: str
    article: str
    source: str
    certainty: Certainty
    frees_staff: bool = True
    works: bool = False
    standing: Standing = Standing.DECREED


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """Ramadan of a year: the dates `[from_date, until_date)`. Reckoned only, and so `provisional`, until announced."""

    from_date: date
    until_date: date
    article: str
    source: str
    certainty: Certainty
    standing: Standing = Standing.DECREED

    def __contains__(self, on: date) -> bool:
        return self.from_date <= on < self.until_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Free days by date, and the seasons of Ramadan. `years`: those whose national holidays are known, and how; empty
    where nobody asks (a calendar of a unit's own days, put over another one, knows none by itself).
    """

    name: str
    days: Mapping[date, FreeDay] = field(default_factory=dict)
    ramadan: tuple[Season, ...] = ()
    standing: Standing = Standing.DECREED
    years: Mapping[int, Standing] = field(default_factory=dict)

    def knows(self, on: date) -> bool:
        """Whether anybody could tell that the day is free. A calendar that names no year is never asked."""
        return not self.years or on.year in self.years

    def is_provisional(self, on: date) -> bool:
        """Whether the decree of its year is still to come."""
        return self.years.get(on.year) is Standing.PROVISIONAL

    def free(self, on: date) -> FreeDay | None:
        """The free day of that date, if it frees the staff."""
        found = self.days.get(on)
        return found if found is not None and found.frees_staff and not found.works else None

    def in_ramadan(self, on: date) -> bool:
        """Whether Ramadan's hours hold."""
        return self.season(on) is not None

    def season(self, on: date) -> Season | None:
        """The Ramadan that the date lies in."""
        return next((season for season in self.ramadan if on in season), None)

    def plus(self, other: Calendar) -> Calendar:
        """This calendar with another's days over it: a region's, a unit's, a school's."""
        return Calendar(
            name=f"{self.name} + {other.name}",
            days={**self.days, **other.days},
            ramadan=(*self.ramadan, *other.ramadan),
            years={**self.years, **other.years},
        )

    def amended(self, other: Calendar) -> Calendar:
        """This calendar under a decree: of a year whose national days the decree names, it says all; of other dates
        what it names. Its seasons of Ramadan take the place of those that they overlap.
        """
        kept = {on: one for on, one in self.days.items() if on.year not in other.years}
        amended = replace(self, days={**kept, **other.days}, years={**self.years, **other.years} if self.years else {})
        for season in other.ramadan:
            amended = amended.with_ramadan(season)
        return amended

    def speaks_of(self, on: date) -> bool:
        """Whether it says, as a decree, what that date is."""
        return on in self.days or on.year in self.years or self.in_ramadan(on)

    def with_ramadan(self, announced: Season) -> Calendar:
        """The calendar after an act has said when Ramadan is: a season it overlaps gives way to it."""
        kept = tuple(
            season
            for season in self.ramadan
            if season.until_date <= announced.from_date or announced.until_date <= season.from_date
        )
        return replace(self, ramadan=tuple(sorted((*kept, announced), key=lambda season: season.from_date)))


def parse_calendars(documents: Mapping[str, object]) -> dict[str, Calendar]:
    """The calendars of a folder's documents, by name (the file's). Raises CalendarFileError with all faults."""
    faults: list[Fault] = []
    read = {name: _calendar(name, raw, faults) for name, raw in documents.items()}
    if faults:
        raise CalendarFileError(faults)
    return read


def _calendar(name: str, raw: object, faults: list[Fault]) -> Calendar:
    if not isinstance(raw, Mapping):
        faults.append(Fault(name, Said("no_mapping")))
        return Calendar(name=name)
    form = Form(name, raw, faults)
    form.only({"calendar", "title", "days", "ramadan", "sources", "standing", "note"})
    if raw.get("calendar") != name:
        faults.append(Fault(f"{name}: calendar", Said("name", name=repr(name))))
    form.take("title", lambda title: fields_of(title, {"id", "en"}))
    standing = form.may("standing", one_of(Standing)) or Standing.DECREED
    days = [_free_day(each, standing) for each in _entries(form, "days")]
    seasons = [_season(each, standing) for each in _entries(form, "ramadan")]
    form.may("note", text)
    dates = [one.date for one in days if one is not None]
    national = {one.date.year for one in days if one is not None and one.kind is FreeDayKind.NATIONAL}
    if len(set(dates)) != len(dates):
        faults.append(Fault(f"{name}.days", Said("date_twice")))
    return Calendar(
        name=name,
        days={one.date: one for one in days if one is not None},
        ramadan=tuple(one for one in seasons if one is not None),
        standing=standing,
        years=dict.fromkeys(sorted(national), standing),
    )


def _entries(form: Form, key: str) -> list[Form]:
    raw = form.raw.get(key) or []
    if not isinstance(raw, list) or not all(isinstance(one, Mapping) for one in raw):
        form.faults.append(Fault(f"{form.place}.{key}", Said("mappings")))
        return []
    return [Form(f"{form.place}.{key}[{at}]", one, form.faults) for at, one in enumerate(raw)]


def _free_day(form: Form, usual: Standing) -> FreeDay | None:
    form.only({"date", "kind", "name", "article", "source", "certainty", "frees_staff", "works", "standing"})
    on, kind, name = form.take("date", day), form.take("kind", one_of(FreeDayKind)), form.take("name", text)
    article, source = form.take("article", text), form.take("source", text)
    certainty = form.take("certainty", one_of(Certainty))
    frees, works = form.may("frees_staff", yes_or_no), form.may("works", yes_or_no)
    standing = form.may("standing", one_of(Standing))
    if on is None or kind is None or name is None or article is None or source is None or certainty is None:
        return None
    return FreeDay(
        date=on,
        kind=kind,
        name=name,
        article=article,
        source=source,
        certainty=certainty,
        frees_staff=kind is not FreeDayKind.SCHOOL if frees is None else frees,
        works=works or False,
        standing=standing or usual,
    )


def _season(form: Form, usual: Standing) -> Season | None:
    form.only({"from", "until", "article", "source", "certainty", "note", "standing"})
    standing = form.may("standing", one_of(Standing))
    from_date, until_date = form.take("from", day), form.take("until", day)
    article, source = form.take("article", text), form.take("source", text)
    certainty = form.take("certainty", one_of(Certainty))
    if from_date is None or until_date is None or article is None or source is None or certainty is None:
        return None
    if from_date >= until_date:
        form.faults.append(Fault(form.place, Said("before", first=from_date, last=until_date)))
    return Season(
        from_date=from_date,
        until_date=until_date,
        article=article,
        source=source,
        certainty=certainty,
        standing=standing or usual,
    )
