"""The law once more, written as simply as it can be said: minutes of a day, plain loops, tables copied by hand.

It shares no code with `hadir.rules`, knows only five-day weeks and taps whose time is certain, and exists to disagree.
Times are seconds since midnight at the work place; periods of excuses are whole minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

# name: (late rows, early rows, no arrival, no departure, absent, flexible minutes early and late)
Rows = list[tuple[int, str, float]]
TABLES: dict[str, tuple[Rows, Rows, tuple[str, float], tuple[str, float], float, int]] = {
    "permentan-68-2012": (
        [(1, "TL1", 0.5), (31, "TL2", 1), (61, "TL3", 1.5), (91, "TL4", 2)],
        [(1, "PSW1", 0.5), (31, "PSW2", 1), (61, "PSW3", 1.5), (91, "PSW4", 2)],
        ("TL4", 2),
        ("PSW4", 2),
        4,
        0,
    ),
    "mataram": (
        [(1, "TL1", 0.5), (31, "TL2", 1), (61, "TL3", 1.5)],
        [(1, "PSW1", 0.5), (31, "PSW2", 1), (61, "PSW3", 1.5)],
        ("TL3", 1.5),
        ("PSW3", 1.5),
        4,
        0,
    ),
    "kemenkeu-pmk-221-2021": (
        [(1, "TL1", 1), (31, "TL2", 1.25), (61, "TL3", 2.5)],
        [(1, "PSW1", 0.5), (31, "PSW2", 1), (61, "PSW3", 1.25), (91, "PSW4", 2.5)],
        ("TL3", 2.5),
        ("PSW4", 2.5),
        5,
        90,
    ),
}
HOLIDAYS = {date(2026, 3, 18), date(2026, 3, 19), date(2026, 3, 20), date(2026, 3, 23), date(2026, 3, 24)}
HOLIDAYS |= {date(2026, 8, 17), date(2026, 8, 25), date(2026, 2, 16), date(2026, 2, 17)}
RAMADAN = (date(2026, 2, 19), date(2026, 3, 20))

Periods = list[tuple[str, int, int]]
NOON = 12 * 3600
FIRST, LAST = 5 * 3600, 23 * 3600


@dataclass
class Day:
    """What happened on a day: taps as (second, is_in), excuses as (kind, from minute, until minute)."""

    on: date
    taps: list[tuple[int, bool]]
    excuses: Periods = field(default_factory=list)


@dataclass
class Answer:
    """What a day amounts to."""

    status: str
    late: tuple[str | None, int] = (None, 0)
    early: tuple[str | None, int] = (None, 0)
    percent: float = 0


def hours(on: date) -> tuple[int, int] | None:
    """Start and end in minutes, or None on a free day."""
    if on.weekday() >= 5 or on in HOLIDAYS:
        return None
    friday = on.weekday() == 4
    if RAMADAN[0] <= on <= RAMADAN[1]:
        return 480, 930 if friday else 900
    return 450, 990 if friday else 960


def judge(day: Day, policy: str) -> Answer:
    """The day by the table of a policy, long after it is over."""
    when = hours(day.on)
    if when is None:
        return Answer("off_duty")
    start, end = when
    late_rows, early_rows, no_in, no_out, absent, flex = TABLES[policy]
    for kind, first, last in day.excuses:
        if kind != "outage" and first <= start and end <= last:
            return Answer("excused")
    taps = sorted(tap for tap in day.taps if FIRST <= tap[0] < LAST)
    came, pressed, went = sort_out(taps)
    arrived = came
    # Whoever pressed the wrong button first and the right one too late was there at the first press.
    if came is not None and pressed is not None and pressed < came and came // 60 - (start + flex) > 0:
        arrived = pressed
    # A half that only has a wrong button or a tap at an impossible hour is somebody's to decide, and costs nothing.
    odd = {is_in for second, is_in in day.taps if not FIRST <= second < LAST}
    ask_in, ask_out = came is None and (pressed is not None or True in odd), went is None and False in odd
    late = arrival(arrived, start + flex, end, day.excuses, late_rows, missing=0 if ask_in else no_in[1])
    moved = 0
    if arrived is not None and late[0] != "excused":
        moved = min(flex, max(0, arrived // 60 - start)) * 60 - min(flex * 60, max(0, start * 60 - arrived))
    early = departure(went, start, end * 60 + moved, day.excuses, early_rows, missing=0 if ask_out else no_out[1])
    if late[0] == "none" and ask_in:
        late = ("ask", None, 0, 0)
    if early[0] == "none" and ask_out:
        early = ("ask", None, 0, 0)
    return add_up(late, early, present=came is not None or went is not None, tables=(no_in, no_out, absent))


def sort_out(taps: list[tuple[int, bool]]) -> tuple[int | None, int | None, int | None]:
    """The first Masuk, the first Pulang that was pressed by mistake before it, and the last true Pulang."""
    ins = [second for second, is_in in taps if is_in]
    came = ins[0] if ins else None
    wrong, right = [], []
    for second, is_in in taps:
        if not is_in:
            (wrong if second < NOON and (came is None or second < came) else right).append(second)
    return came, wrong[0] if wrong else None, right[-1] if right else None


Half = tuple[str, str | None, int, float]


def class_of(minutes: int, rows: Rows) -> tuple[str | None, float]:
    found: tuple[str | None, float] = (None, 0)
    for first, code, percent in rows:
        if minutes >= first:
            found = (code, percent)
    return found


def blocks(excuses: Periods) -> list[tuple[int, int]]:
    """Outages, those that meet as one."""
    joined: list[tuple[int, int]] = []
    for kind, first, last in sorted(excuses):
        if kind == "outage":
            if joined and joined[-1][1] >= first:
                joined[-1] = (joined[-1][0], max(joined[-1][1], last))
            else:
                joined.append((first, last))
    return joined


def covered_whole(excuses: Periods, start: int, end: int) -> bool:
    return all(any(first <= minute < last for _, first, last in excuses) for minute in range(start, end))


def free_seconds(excuses: Periods, first: int, last: int) -> int:
    """Seconds from `first` to `last` that no permission covers, found by looking at each minute."""
    open_seconds = 0
    minute = first // 60
    while minute * 60 < last:
        piece = min(last, minute * 60 + 60) - max(first, minute * 60)
        if not any(kind == "I" and a <= minute < b for kind, a, b in excuses):
            open_seconds += piece
        minute += 1
    return open_seconds


def arrival(at: int | None, start: int, end: int, excuses: Periods, rows: Rows, *, missing: float) -> Half:
    if at is not None and class_of(max(0, at // 60 - start), rows)[0] is None:
        return ("on time", None, 0, 0)
    reached = start * 60 + 1 if at is None else at
    if any(kind == "DL" and first * 60 < reached and last > start for kind, first, last in excuses):
        return ("excused", None, 0, 0)
    moments = [] if at is None else [at]
    for first, last in blocks(excuses):
        inside = last > start and first * 60 < LAST if at is None else first * 60 <= at < last * 60
        if inside:
            moments.append(first * 60)
    if at is None and covered_whole(excuses, start, end):
        moments.append(end * 60)
    best: Half | None = ("none", None, 0, missing) if at is None else None
    for moment in moments:
        minutes = free_seconds(excuses, start * 60, moment) // 60
        code, percent = class_of(minutes, rows)
        half: Half = ("short" if code else "excused", code, minutes if code else 0, percent)
        if best is None or (half[3], half[0] != "excused", half[2]) < (best[3], best[0] != "excused", best[2]):
            best = half
    assert best is not None
    return best


def departure(at: int | None, start: int, end: int, excuses: Periods, rows: Rows, *, missing: float) -> Half:
    """`end` in seconds: flexible time may have moved it."""
    if at is not None and class_of(max(0, (end - at) // 60), rows)[0] is None:
        return ("on time", None, 0, 0)
    left = end - 1 if at is None else min(at, end - 1)
    if any(kind == "DL" and last * 60 > left and first * 60 < end for kind, first, last in excuses):
        return ("excused", None, 0, 0)
    moments = [] if at is None else [at]
    for first, last in blocks(excuses):
        inside = last > start and first * 60 < LAST if at is None else first * 60 <= at < last * 60
        if inside:
            moments.append(last * 60)
    if at is None and covered_whole(excuses, start, -(-end // 60)):
        moments.append(start * 60)
    best: Half | None = ("none", None, 0, missing) if at is None else None
    for moment in moments:
        minutes = free_seconds(excuses, moment, end) // 60 if moment < end else 0
        code, percent = class_of(minutes, rows)
        half: Half = ("short" if code else "excused", code, minutes if code else 0, percent)
        if best is None or (half[3], half[0] != "excused", half[2]) < (best[3], best[0] != "excused", best[2]):
            best = half
    assert best is not None
    return best


def add_up(
    late: Half, early: Half, *, present: bool, tables: tuple[tuple[str, float], tuple[str, float], float]
) -> Answer:
    no_in, no_out, absent = tables
    if late[0] == "none" and early[0] == "none":
        return Answer("absent", (no_in[0], 0), (no_out[0], 0), absent)
    if late[0] == "none":
        late = ("none", no_in[0], 0, no_in[1])
    if early[0] == "none":
        early = ("none", no_out[0], 0, no_out[1])
    status = "undecided" if "ask" in (late[0], early[0]) else "present" if present else "excused"
    percent = late[3] + early[3]
    if status == "excused":
        percent = min(percent, absent)
    return Answer(status, (late[1], late[2]), (early[1], early[2]), percent)
