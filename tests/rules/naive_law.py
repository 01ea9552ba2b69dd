"""The law read a second time, by hand: policy files, calendars, rosters to the hours of a day; no line of the engine.

All times are seconds since midnight of the day *before* the date in question, on the work place's clock, so that an
evening before and two days after fit. Written from docs/rules.md, sections 2, 4 and 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from tests.rules.conftest import POLICIES, documents_in

MINUTE = 60
DAY = 24 * 60 * MINUTE
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def clock(text: str, *, days_later: int = 0) -> int:
    """A clock time of the date, in seconds since midnight of the day before."""
    hour, minute = (int(part) for part in text.split(":"))
    return (1 + days_later) * DAY + (hour * 60 + minute) * MINUTE


@cache
def files() -> Mapping[str, Any]:
    return documents_in(POLICIES)


@cache
def calendar_files() -> Mapping[str, Any]:
    return documents_in(POLICIES / "calendars")


def entry_at(values: Any, path: Sequence[str]) -> list[dict[str, Any]]:
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values if isinstance(values, list) else []


@dataclass(frozen=True)
class Class:
    """One row of a table: from so many minutes on it costs `percent`, and again for every further full `each`."""

    code: str
    from_minutes: int
    percent: Decimal
    each: int | None = None

    def cost(self, minutes: int) -> Decimal:
        return self.percent * (1 + (minutes - self.from_minutes) // self.each if self.each else 1)


@dataclass(frozen=True)
class Law:
    """A policy on a day. What the set does not say yet, or no longer says, is what it extends says."""

    name: str
    on: date

    def layers(self) -> list[Any]:
        found, name = [], self.name
        while name:
            found.append(files()[name]["values"])
            name = files()[name].get("extends", "")
        return found

    def get(self, *path: str) -> Any:
        return value_on(self, path)

    def names(self, *path: str) -> set[str]:
        found: set[str] = set()
        for values in self.layers():
            inner = values
            for key in path:
                inner = inner.get(key, {})
            found |= set(inner)
        return found

    def table(self, side: str) -> list[Class]:
        rows = []
        for code in self.names(side):
            row = self.get(side, code)
            if row not in (None, "off"):
                rows.append(Class(code, row["from_minutes"], exact(row["percent"]), row.get("each_minutes")))
        return sorted(rows, key=lambda row: row.from_minutes)

    def row(self, side: str, minutes: int) -> Class | None:
        reached = [row for row in self.table(side) if row.from_minutes <= minutes]
        return reached[-1] if reached else None

    def missing(self, side: str) -> tuple[Class, int]:
        """The row that a missing tap falls in, and how many minutes it stands for."""
        said = self.get("no_arrival" if side == "late" else "no_departure")
        code, minutes = (said["code"], said["minutes"]) if isinstance(said, dict) else (said, None)
        row = next(row for row in self.table(side) if row.code == code)
        return row, row.from_minutes if minutes is None else minutes

    def excuse(self, code: str) -> Mapping[str, Any] | None:
        said = self.get("excuses", code)
        return None if said in (None, "off") else said

    def price(self, code: str, day_number: int) -> Decimal:
        said = self.excuse(code)
        assert said is not None
        return [exact(band["percent"]) for band in said["days"] if band["from_day"] <= day_number][-1]


@cache
def value_on(law: Law, path: tuple[str, ...]) -> Any:
    for values in law.layers():
        begun = [entry for entry in entry_at(values, path) if entry["from"] <= law.on]
        if not begun:
            continue
        entry = max(begun, key=lambda one: one["from"])
        if "until" not in entry or law.on < entry["until"]:
            return entry["value"]
    return None


def exact(number: object) -> Decimal:
    return Decimal(str(number))


@dataclass(frozen=True)
class Hours:
    """What a day asks. `arrive` and `leave` are when people arrive and go home; `counts` when a tap counts at all."""

    start: int
    end: int
    arrive: tuple[int, int]
    leave: tuple[int, int]
    counts: tuple[int, int]
    pause: tuple[int, int] | None = None
    flex: Mapping[str, Any] | None = None
    shift: bool = False
    dynamic: bool = False
    letter: str | None = None
    unsure: bool = False  # nobody knows yet which days of the year are free


@dataclass(frozen=True)
class Off:
    letter: str


@cache
def is_free(on: date) -> bool:
    return any(entry["date"] == on for file in calendar_files().values() for entry in file["days"] if frees(entry))


def frees(entry: Mapping[str, Any]) -> bool:
    return entry["kind"] != "school" and not entry.get("works", False)


@cache
def nobody_knows(on: date) -> bool:
    return not any(entry["date"].year == on.year for file in calendar_files().values() for entry in file["days"])


@cache
def in_ramadan(on: date) -> bool:
    seasons = [season for file in calendar_files().values() for season in file.get("ramadan", ())]
    return any(season["from"] <= on < season["until"] for season in seasons)


def week_hours(law: Law, duty: str) -> Hours | Off:
    """What a week asks on the date."""
    weekday = WEEKDAYS[law.on.weekday()]
    if is_free(law.on):
        return Off(law.get("codes", "free"))
    window = {way: window_of(law, duty, weekday, way) for way in ("arrive", "depart")}
    dynamic = law.get("duties", duty, "dynamic")
    if dynamic is not None:
        if weekday not in dynamic["days"]:
            return Off(law.get("codes", "free"))
        return replace(hours_of("05:00", "23:59", window), dynamic=True, unsure=nobody_knows(law.on))
    ramadan = law.get("duties", duty, "ramadan", weekday) if in_ramadan(law.on) else None
    row = ramadan or law.get("duties", duty, "hours", weekday)
    if row in (None, "off"):
        return Off(law.get("codes", "free"))
    pause = None if in_ramadan(law.on) else law.get("duties", duty, "breaks", weekday)
    return replace(
        hours_of(row["start"], row["end"], window),
        unsure=nobody_knows(law.on),
        flex=law.get("duties", duty, "flex"),
        pause=(clock(pause["start"]), clock(pause["end"])) if pause else None,
    )


def window_of(law: Law, duty: str, weekday: str, way: str) -> tuple[int, int]:
    said = law.get("duties", duty, "windows", weekday, way) or law.get("duties", duty, "windows", "every_day", way)
    last = clock(said["latest"]) + (MINUTE if way == "depart" else 0)  # the latest minute still counts
    return clock(said["earliest"]), last


def hours_of(start: str, end: str, window: Mapping[str, tuple[int, int]]) -> Hours:
    return Hours(
        start=clock(start),
        end=clock(end),
        arrive=window["arrive"],
        leave=window["depart"],
        counts=(window["arrive"][0], window["depart"][1]),
    )


def shift_hours(law: Law, roster: Mapping[date, Iterable[str]]) -> list[Hours] | Off:
    """What a roster asks on the date: its shifts, those that meet joined to one presence, also across dates."""
    begun: list[tuple[int, int, int]] = []
    for on in sorted(roster):
        for name in roster[on]:
            row, later = law.get("shifts", name), (on - law.on).days
            end = clock(row["end"], days_later=later + (1 if row["end_next_day"] else 0))
            begun.append((clock(row["start"], days_later=later), end, later))
    joined: list[tuple[int, int, int]] = []
    for start, end, later in sorted(begun):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]), joined[-1][2])
        else:
            joined.append((start, end, later))
    mine = [(start, end) for start, end, later in joined if later == 0]
    if mine:
        return [one_shift(law, start, end) for start, end in mine]
    after_night = any(end > DAY and later < 0 for _start, end, later in joined)
    return Off(law.get("codes", "night_before" if after_night else "free"))


def one_shift(law: Law, start: int, end: int) -> Hours:
    window = law.get("shift_window")
    first, last = start - window["before_minutes"] * MINUTE, end + window["after_minutes"] * MINUTE
    middle = (start + end) // 2
    return Hours(start=start, end=end, arrive=(first, middle), leave=(middle, last), counts=(first, last), shift=True)


def yesterday_to_tomorrow(on: date) -> list[date]:
    return [on + timedelta(days=by) for by in (-1, 0, 1)]
