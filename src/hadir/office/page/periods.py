"""Periods as people say them: inside, each is `[from, until)`; shown is the last day that belongs to it."""

from datetime import date, timedelta

from hadir.office.ground.moments import day_at, is_a_time
from hadir.office.ground.zones import Zone
from hadir.rules.clocks import clock
from hadir.texts import Lang, date_words, render, time_words

_DAY = timedelta(days=1)
_TO = "\N{EN DASH}"


def month_after(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def month_before(first: date) -> date:
    return (first - _DAY).replace(day=1)


def month_end(first: date) -> date:
    return month_after(first) - _DAY


def period_words(from_date: date, until_date: date | None, lang: Lang) -> str:
    """The days `[from_date, until_date)`: `25 November 2026`, `26-27 November 2026`; without an end, since when."""
    if until_date is None:
        return render("period.open", lang, {"day": date_words(from_date, lang)})
    last = until_date - _DAY
    if last < from_date:
        return render("period.none", lang)
    if last == from_date:
        return date_words(last, lang)
    if (last.year, last.month) == (from_date.year, from_date.month):
        return f"{from_date.day}-{date_words(last, lang)}"
    day_and_month = f"{from_date.day} {render(f'month.{from_date.month}', lang)}"
    first = day_and_month if last.year == from_date.year else date_words(from_date, lang)
    return f"{first} - {date_words(last, lang)}"


def span_words(from_ms: int, until_ms: int, *, zone: str, is_whole_days: bool, lang: Lang) -> str:
    """The instants `[from_ms, until_ms)`: whole days by their dates, others by the times of the work place's clock."""
    if not (is_a_time(from_ms) and is_a_time(until_ms)):
        return "—"
    first, last = day_at(from_ms, zone), day_at(max(from_ms, until_ms - 1), zone)
    if is_whole_days:
        return period_words(first, last + _DAY, lang)
    begin, end = (time_words(clock(at_ms, zone).removesuffix(":00"), lang) for at_ms in (from_ms, until_ms))
    end_day = day_at(until_ms, zone)
    at = render("date.before_time", lang)
    to = f" - {date_words(end_day, lang)}{at}{end}" if end_day != first else f"{_TO}{end}"
    return f"{date_words(first, lang)}{at}{begin}{to} {Zone(zone).short}"
