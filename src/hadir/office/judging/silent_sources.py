"""Sources that were silent: an unplugged terminal, a unit whose phones have not been heard. Nobody is absent by that.

A **terminal** is silent in a half of a day when it wrote no line of anybody around it. A unit's **phones** are silent
in it when none of them recorded anything around it, and the person's own has not been heard since: a phone that
delivers later taps has delivered its earlier ones. That says nothing of a phone that broke and was replaced. Whoever
has another source that works is judged by the table.

Only half-days without a tap are looked at, and all of them together: six queries at most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import NamedTuple

from django.db.models import Max, Min

from hadir.office.devices.queries import held_by
from hadir.office.ground.dated import in_force, told_by
from hadir.office.ground.rows import grouped
from hadir.office.intake.models import PinHolder
from hadir.office.judging.gate_clocks import FOREVER_MS
from hadir.office.people.models import AT_HOME, Assignment
from hadir.office.people.queries import home_in_force
from hadir.office.projection.models import MachineLine, Punch, SeenKey
from hadir.office.units.models import Unit
from hadir.records.days import local_date
from hadir.rules.clocks import Period, instant_ms
from hadir.rules.duty import DutyDay
from hadir.rules.evidence import Source


@dataclass(frozen=True, slots=True)
class Silent:
    """A source silent in a half of a day. `ref`: `terminal/SERIAL` or `phones/UNIT`; `name` is for sentences."""

    ref: str
    name: str
    period: Period


class HeldPhone(NamedTuple):
    """A key with which a person could sign in `period`, and its first and latest tap so far."""

    period: Period
    taps: tuple[int, int] | None

    def was_heard_beyond(self, window: Period) -> bool:
        """Whether it was in use by the end of the window and has been heard since: it has delivered what it had."""
        return self.taps is not None and self.taps[0] < window.until_ms <= self.taps[1]


@dataclass(frozen=True, slots=True)
class Silence:
    """What is known of the sources of some people on some days."""

    pins: Mapping[int, Sequence[PinHolder]] = field(default_factory=dict)
    phones: Mapping[int, Sequence[HeldPhone]] = field(default_factory=dict)
    lines: Mapping[tuple[str, date], tuple[time, time]] = field(default_factory=dict)
    """(terminal, its date) -> its first and last clock time on it."""
    heard: Mapping[tuple[int, date], Period] = field(default_factory=dict)
    """(unit, date) -> from the first to the last tap of its people's phones."""

    def of(self, person: int, unit: Unit, days: Iterable[DutyDay]) -> list[Silent]:
        """The silent sources of a person's halves in which he had no other; empty for most."""
        return [
            silent
            for day in days
            for window in (day.arrive, day.depart)
            if (silent := self._silent(person, unit, day, window)) is not None
        ]

    def _silent(self, person: int, unit: Unit, day: DutyDay, window: Period) -> Silent | None:
        terminals = [row.terminal_id for row in self.pins.get(person, ()) if in_force((row,), day.date)]
        phones = [held for held in self.phones.get(person, ()) if held.period.overlaps(window)]
        if any(self._wrote(terminal, window, day.zone) for terminal in terminals):
            return None
        if phones and self._phones_work(phones, unit, window, day.zone):
            return None
        if terminals:
            return Silent(f"terminal/{terminals[0]}", terminals[0], window)
        return Silent(f"phones/{unit.number}", f"HP {unit.name}", window) if phones else None

    def _wrote(self, terminal: str, window: Period, zone: str) -> bool:
        """Whether the terminal was alive around the window: it wrote something before its end and after its start."""
        days = [(on, self.lines[terminal, on]) for on in dates_of(window, zone) if (terminal, on) in self.lines]
        spans = [Period(instant_ms(on, first, zone), instant_ms(on, last, zone) + 1) for on, (first, last) in days]
        return _reaches(spans, window)

    def _phones_work(self, phones: Sequence[HeldPhone], unit: Unit, window: Period, zone: str) -> bool:
        spans = [self.heard[unit.number, on] for on in dates_of(window, zone) if (unit.number, on) in self.heard]
        return _reaches(spans, window) or any(held.was_heard_beyond(window) for held in phones)


def gather_silence(days: Sequence[tuple[int, Unit, Sequence[DutyDay]]], *, known_at_ms: int | None = None) -> Silence:
    """The sources of these people around what they owed."""
    people = {person for person, _, _ in days}
    dates = {on for _, _, owed in days for on in _dates_around(owed)}
    holders = list(PinHolder.objects.known(known_at_ms).filter(person__in=people).order_by("terminal", "from_date"))
    terminals = {row.terminal_id for row in holders}
    arrived = told_by("received_at_ms", known_at_ms)
    written = MachineLine.objects.filter(arrived, terminal__in=terminals, day__in=dates).values_list("terminal", "day")
    lines = written.annotate(first=Min("clock"), last=Max("clock"))
    own = Silence(
        pins=grouped(holders, lambda row: row.person_id),
        phones=_phones(people, known_at_ms),
        lines={(terminal, day): (first, latest) for terminal, day, first, latest in lines},
    )
    # Most people's own sources speak for them: colleagues are asked of where none does.
    alone = [(unit, owed) for person, unit, owed in days if own.of(person, unit, owed)]
    units, dates = {unit.number for unit, _ in alone}, {on for _, owed in alone for on in _dates_around(owed)}
    return replace(own, heard=_heard(units, dates, known_at_ms)) if alone else own


def _dates_around(owed: Iterable[DutyDay]) -> set[date]:
    return {on for day in owed for window in (day.arrive, day.depart) for on in dates_of(window, day.zone)}


def dates_of(window: Period, zone: str) -> list[date]:
    """The dates of a window: two around midnight."""
    first, last = local_date(window.from_ms, zone), local_date(window.until_ms - 1, zone)
    return [first + timedelta(days=off) for off in range((last - first).days + 1)]


def _phones(people: set[int], known_at_ms: int | None) -> dict[int, list[HeldPhone]]:
    """The phones with which each person could sign: confirmed by the office, or waiting for it with a voucher."""
    arrived = told_by("received_at_ms", known_at_ms)
    taps = Punch.objects.filter(arrived, source=Source.PHONE, person__in=people)
    spans = taps.values_list("kid").annotate(first=Min("judged_ms"), last=Max("judged_ms"))
    heard = {kid: (first, last) for kid, first, last in spans}
    decided = held_by(people, known_at_ms)
    keys = [(held.person_id, kid, held.from_ms, held.until_ms or FOREVER_MS) for kid, held in decided.items()]
    waiting = SeenKey.objects.filter(told_by("first_seen_ms", known_at_ms), person__in=people).exclude(kid__in=decided)
    keys += [(seen.person, seen.kid, seen.first_seen_ms, FOREVER_MS) for seen in waiting]
    found: dict[int, list[HeldPhone]] = defaultdict(list)
    for person, kid, from_ms, until_ms in keys:
        if from_ms < until_ms:
            found[person].append(HeldPhone(Period(from_ms, until_ms), heard.get(kid)))
    return found


def _heard(units: set[int], dates: set[date], known_at_ms: int | None) -> dict[tuple[int, date], Period]:
    here = Assignment.objects.known(known_at_ms).filter(AT_HOME, unit__in=units).order_by("from_date")
    homes = grouped(here, lambda row: row.person_id)
    arrived = told_by("received_at_ms", known_at_ms)
    taps = Punch.objects.filter(arrived, source=Source.PHONE, day__in=dates, person__in=homes.keys())
    spans = taps.values_list("person", "day").annotate(first=Min("judged_ms"), last=Max("judged_ms"))
    found: dict[tuple[int, date], Period] = {}
    for person, day, first, last in spans:
        home = home_in_force(homes[person], day)
        if home is not None:
            span = found.get((home.unit_id, day), Period(first, last + 1))
            found[home.unit_id, day] = Period(min(span.from_ms, first), max(span.until_ms, last + 1))
    return found


def _reaches(spans: Sequence[Period], window: Period) -> bool:
    if not spans:
        return False
    return Period(min(span.from_ms for span in spans), max(span.until_ms for span in spans)).overlaps(window)
