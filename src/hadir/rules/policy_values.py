"""The single values of a policy file: for each path what may stand there, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from decimal import Decimal, InvalidOperation

from hadir.rules.duty import Weekday
from hadir.rules.evidence import Source, TokenRule
from hadir.rules.excuse import OUTAGE, Band, CountedOver, DaysCounted, ExcuseRule, Reach
from hadir.rules.faults import Said
from hadir.rules.in_force import STATUS_CODES
from hadir.rules.policy import (
    ClassesOver,
    DayCap,
    Halves,
    MakeUp,
    OutageProven,
    PairingMode,
    Response,
    SecondsRule,
    Which,
    WrongButton,
)
from hadir.rules.reading import (
    BadValueError,
    clock_time,
    fields_of,
    nearest,
    one_of,
    shown,
    text,
    texts,
    whole,
    yes_or_no,
)

MINUTES_MAX = 24 * 60
WEEK_MINUTES_MAX = 7 * MINUTES_MAX
MS_MAX = MINUTES_MAX * 60 * 1000
DAYS_MAX = 366
CODE_CHARS_MAX = 8


def parser_of(path: str) -> Callable[[object], object] | None:
    """The reader of the value at a path such as `late.TL1`, or None for a path that no policy has."""
    return next((parse for pattern, parse in _PARSERS if re.fullmatch(pattern, path)), None)


def likely_parser_of(path: str) -> Callable[[object], object] | None:
    """The reader of what the value at a path is likely not above, or None for a value of which nobody says it."""
    return _percent if path == "absent" else None


def meant(path: str) -> tuple[str, str, str] | None:
    """What a misspelt path may mean: the part of it that ends with the misspelt word, the word that was meant, and the
    path with it. None for one that is like none.
    """
    steps = path.split(".")
    for at, step in enumerate(steps):
        word = nearest(step, _WORDS)
        right = ".".join((*steps[:at], word or step, *steps[at + 1 :]))
        if word is not None and parser_of(right) is not None:
            return ".".join(steps[: at + 1]), word, right
    return None


def _percent(raw: object) -> Decimal:
    """YAML's 0.5 comes as a float; its shortest text is what the clerk wrote."""
    try:
        percent = Decimal(str(raw))
    except InvalidOperation:
        percent = Decimal(-1)
    if isinstance(raw, str) and re.fullmatch(r"\d+,\d+", raw):
        raise BadValueError(Said("point", raw=shown(raw)))
    if isinstance(raw, bool) or not Decimal(0) <= percent <= Decimal(100):
        raise BadValueError(Said("percentage", raw=shown(raw)))
    return percent


def _span_ms(raw: object) -> int:
    return whole(raw, least=0, most=MS_MAX)


def _class(raw: object) -> tuple[int, Decimal, int | None] | None:
    """`"off"`: the class has ended, and what it cost is what the class before it costs."""
    if raw == "off":
        return None
    fields = fields_of(raw, {"from_minutes", "percent"}, frozenset({"each_minutes"}))
    return (
        whole(fields["from_minutes"], least=1, most=MINUTES_MAX),
        _percent(fields["percent"]),
        whole(fields["each_minutes"], least=1, most=MINUTES_MAX) if "each_minutes" in fields else None,
    )


def _no_punch(raw: object) -> tuple[str, int | None]:
    """A class, and for a class that is a rate how many minutes a missing tap stands for."""
    if isinstance(raw, str):
        return text(raw), None
    fields = fields_of(raw, {"code", "minutes"})
    return text(fields["code"]), whole(fields["minutes"], least=1, most=MINUTES_MAX)


def _absent(raw: object) -> tuple[str, Decimal]:
    fields = fields_of(raw, {"code", "percent"})
    return text(fields["code"]), _percent(fields["percent"])


def _hours(raw: object) -> tuple[time, time] | None:
    if raw == "off":
        return None
    fields = fields_of(raw, {"start", "end"})
    return _span_of_day(fields["start"], fields["end"])


def _pause(raw: object) -> tuple[time, time]:
    fields = fields_of(raw, {"start", "end"})
    return _span_of_day(fields["start"], fields["end"])


def _window(raw: object) -> tuple[time, time]:
    fields = fields_of(raw, {"earliest", "latest"})
    return _span_of_day(fields["earliest"], fields["latest"])


def _span_of_day(first: object, last: object) -> tuple[time, time]:
    span = clock_time(first), clock_time(last)
    if span[0] >= span[1]:
        raise BadValueError(Said("before", first=first, last=last))
    return span


def _shift(raw: object) -> tuple[time, time, bool]:
    fields = fields_of(raw, {"start", "end", "end_next_day"})
    start, end = clock_time(fields["start"]), clock_time(fields["end"])
    next_day = yes_or_no(fields["end_next_day"])
    if not next_day and start >= end:
        raise BadValueError(Said("before_or_next_day", first=start, last=end))
    return start, end, next_day


def _shift_window(raw: object) -> tuple[int, int]:
    fields = fields_of(raw, {"before_minutes", "after_minutes"})
    return _minutes(fields["before_minutes"]), _minutes(fields["after_minutes"])


def _flex(raw: object) -> tuple[int, int, int | None, bool]:
    fields = fields_of(raw, {"early_minutes", "late_minutes", "times_per_month"}, frozenset({"make_up"}))
    times = fields["times_per_month"]
    return (
        _minutes(fields["early_minutes"]),
        _minutes(fields["late_minutes"]),
        None if times == "unlimited" else whole(times, least=0, most=31),
        "make_up" in fields and one_of(MakeUp)(fields["make_up"]) is MakeUp.ALL,
    )


def _dynamic(raw: object) -> tuple[int, int, tuple[Weekday, ...], tuple[int, int] | None]:
    fields = fields_of(raw, {"weekly_minutes", "break_minutes", "days"}, frozenset({"ramadan"}))
    season = fields_of(fields["ramadan"], {"weekly_minutes", "break_minutes"}) if "ramadan" in fields else None
    named = {day.key: day for day in Weekday}
    days = fields["days"]
    if not isinstance(days, list) or not days or not set(map(str, days)) <= named.keys():
        raise BadValueError(Said("weekdays", words=", ".join(named)))
    weekly, pause = _week_of(fields)
    return weekly, pause, tuple(named[str(day)] for day in days), None if season is None else _week_of(season)


def _week_of(fields: Mapping[str, object]) -> tuple[int, int]:
    return whole(fields["weekly_minutes"], least=1, most=WEEK_MINUTES_MAX), _minutes(fields["break_minutes"])


def _excuse(raw: object) -> ExcuseRule | None:
    """`"off"`: the government does not have it."""
    if raw == "off":
        return None
    fields = fields_of(raw, {"kind", "reach", "days"}, frozenset({"name", "counts", "per"}))
    kind = text(fields["kind"])
    if kind == OUTAGE:
        raise BadValueError(Said("outage"))
    name = fields_of(fields["name"], {"id", "en"}) if "name" in fields else None
    bands = fields["days"]
    if not isinstance(bands, list) or not bands:
        raise BadValueError(Said("bands"))
    read = tuple(_band(band) for band in bands)
    if [band.from_day for band in read] != sorted({band.from_day for band in read}) or read[0].from_day != 1:
        raise BadValueError(Said("band_order"))
    if len(read) > 1 and not {"counts", "per"} <= fields.keys():
        raise BadValueError(Said("counted"))
    return ExcuseRule(
        code="",
        kind=kind,
        reach=one_of(Reach)(fields["reach"]),
        bands=read,
        article="",
        counts=one_of(DaysCounted)(fields["counts"]) if "counts" in fields else DaysCounted.CALENDAR_DAYS,
        per=one_of(CountedOver)(fields["per"]) if "per" in fields else CountedOver.YEAR,
        name=None if name is None else (text(name["id"]), text(name["en"])),
    )


def _band(raw: object) -> Band:
    fields = fields_of(raw, {"from_day", "percent"})
    return Band(whole(fields["from_day"], least=1, most=DAYS_MAX), _percent(fields["percent"]))


def _noon(raw: object) -> time | None:
    return None if raw == "off" else clock_time(raw)


def _code(raw: object) -> str:
    code = text(raw)
    if len(code) > CODE_CHARS_MAX:
        raise BadValueError(Said("at_most", most=CODE_CHARS_MAX))
    return code


def _minutes(raw: object) -> int:
    return whole(raw, least=0, most=MINUTES_MAX)


def _days(raw: object) -> int:
    return whole(raw, least=1, most=DAYS_MAX)


def _days_of_month(raw: object) -> int:
    return whole(raw, least=0, most=31)


EVIDENCE_SPANS = (
    "prompt", "witness", "terminal_skew", "skew_tolerance", "elapsed_tolerance", "second_time"
)  # fmt: skip
_WEEKDAYS = "|".join(day.key for day in Weekday)
_CODE = r"[A-Za-z0-9]{1,8}"
_SLUG = r"[a-z0-9-]{1,40}"

_PARSERS: tuple[tuple[str, Callable[[object], object]], ...] = (
    (rf"(late|early)\.{_CODE}", _class),
    (r"absent", _absent),
    (r"no_arrival|no_departure", _no_punch),
    (r"seconds\.(arrival|departure)", one_of(SecondsRule)),
    (r"counts\.(arrival|departure)", one_of(Which)),
    (r"wrong_button\.(arrival|departure)", one_of(WrongButton)),
    (r"grades\.[A-E]", one_of(Response)),
    (rf"evidence\.({'|'.join(EVIDENCE_SPANS)})_ms", _span_ms),
    (r"evidence\.claim_age_days", _days),
    (r"evidence\.tokens", one_of(TokenRule)),
    (rf"duties\.{_SLUG}\.hours\.({_WEEKDAYS})", _hours),
    (rf"duties\.{_SLUG}\.ramadan\.({_WEEKDAYS})", _hours),
    (rf"duties\.{_SLUG}\.windows\.({_WEEKDAYS}|every_day)\.(arrive|depart)", _window),
    (rf"duties\.{_SLUG}\.breaks\.({_WEEKDAYS})", _pause),
    (rf"duties\.{_SLUG}\.flex", _flex),
    (rf"duties\.{_SLUG}\.dynamic", _dynamic),
    (rf"shifts\.{_SLUG}", _shift),
    (r"shift_window", _shift_window),
    (rf"pairing\.({'|'.join(Source)})", one_of(PairingMode)),
    (r"pairing_minutes\.(same_presence|apart)", _minutes),
    (r"late_first_after", _noon),
    (rf"excuses\.{_CODE}", _excuse),
    (rf"ceremonies\.{_CODE}", _percent),
    (rf"codes\.({'|'.join(STATUS_CODES)})", _code),
    (r"month\.(share_percent|cap_percent)", _percent),
    (r"month\.classes", one_of(ClassesOver)),
    (r"month\.day_minutes", _minutes),
    (r"month\.converts", yes_or_no),
    (r"warnings\.[a-z0-9_]{1,40}|warnings_consecutive", _days),
    (rf"most_days\.{_CODE}", _days_of_month),
    (r"halves", one_of(Halves)),
    (r"day_cap", one_of(DayCap)),
    (r"outage_proven", one_of(OutageProven)),
    (r"silent_due_day", lambda raw: whole(raw, least=1, most=28)),
    (r"warned|unpaid", texts),
)
_WORDS = sorted({word for pattern, _ in _PARSERS for word in re.findall(r"[a-z_]{3,}", pattern)})
