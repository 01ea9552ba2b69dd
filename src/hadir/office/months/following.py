"""The follower's part: day lines beside the verdicts, and which days of closed months are no more what they were.

1. Write the lines of the days that were judged; remove those of days on which nobody judges any more.
2. Hold those that lie in closed months against what was closed, or last carried into a later month.
3. Where another edition of the rules judged then, the installed one judges twice: without what was told since, and with
   it. So newer rules alone take nothing and give nothing.
4. Note each day that differs, with both lines; forget each that does not. An adjustment is made of the notes when a
   later month is read.

It runs in the transaction that keeps the verdicts, and gives the same again from the start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

from hadir.office.ground.rows import listed, put_values
from hadir.office.months.lines import LineRow, is_same
from hadir.office.months.models import (
    Carried,
    ClosedRow,
    Closing,
    ClosingState,
    DayLine,
    Edition,
    LateDay,
    OlderVerdict,
)

Key = tuple[int, date]
Lines = dict[str, str]
_Change = tuple[str | None, str | None]
"""The line without what was told since, and with it; None where there is no verdict."""
_FIELDS = ("unit", "status", "line", "arrival_ms", "version")
_LATE_FIELDS = ("closing", "person", "day", "without", "told")


class CurrentRules(Protocol):
    """The installed rules, asked about days that were judged before."""

    def told_since(self, days: Collection[Key], at_ms: int) -> Container[Key]:
        """Of which of these person-days the office was told anything after that moment."""

    def lines(self, days: Collection[Key], known_at_ms: int | None) -> Mapping[Key, LineRow]:
        """What they say of these days by what was known at that moment (None: now), whatever is stored."""


def put_lines(rows: Sequence[LineRow], gone: Iterable[Key] = (), *, rules: CurrentRules | None = None) -> None:
    """These lines in place of the old ones; `gone` are days that have none any more. Without `rules` all of them were
    judged by one edition.
    """
    removed = list(gone)
    for person, day in removed:
        DayLine.objects.filter(person=person, day=day).delete()
    put_values(DayLine, LineRow._fields, rows, unique=["person", "day"], update=_FIELDS)
    _note_late({(row.person, row.day): row for row in rows}, removed, rules)


def _note_late(lines: Mapping[Key, LineRow], removed: Sequence[Key], rules: CurrentRules | None) -> None:
    keys = [*lines, *removed]
    firsts = {day.replace(day=1) for _, day in keys}
    closings = list(Closing.objects.filter(first__in=firsts, state=ClosingState.CLOSED))
    if not closings:
        return
    before = baselines(closings, {person for person, _ in keys})
    held: dict[int, dict[Key, _Change]] = {}
    for closing in closings:
        mine = [key for key in keys if closing.first == key[1].replace(day=1)]
        held[closing.number] = {
            (person, day): (
                before.get((closing.number, person), {}).get(day.isoformat()),
                _line_in(closing, lines.get((person, day))),
            )
            for person, day in mine
        }
    if rules is not None:
        _judge_anew(rules, closings, held, lines)
    changes = {(number, *key): change for number, found in held.items() for key, change in found.items()}
    late = {where for where, change in changes.items() if not is_same(*change)}
    values = [(*where, *changes[where]) for where in sorted(late)]
    put_values(LateDay, _LATE_FIELDS, values, unique=_LATE_FIELDS[:3], update=_LATE_FIELDS[3:])
    noted = LateDay.objects.filter(closing__in=closings).values_list("pk", "closing_id", "person", "day")
    same = changes.keys() - late
    forgotten = [pk for pk, *where in noted if tuple(where) in same]
    LateDay.objects.filter(pk__in=listed(forgotten)).delete()


def _line_in(closing: Closing, row: LineRow | None) -> str | None:
    """The line, if the day belongs to the closing's unit."""
    return row.line if row is not None and row.unit == closing.unit_id else None


def note_all_late(rules: CurrentRules) -> None:
    """After a rebuild: a day that had a verdict when its month was closed may have none now, and nobody judged it."""
    for closing in Closing.objects.filter(state=ClosingState.CLOSED):
        people = closing.rows.values_list("person", flat=True)
        for (_, person), paid in baselines([closing], people).items():
            there = DayLine.objects.filter(person=person, day__in=list(paid)).values_list("day", flat=True)
            gone = {date.fromisoformat(day) for day in paid} - set(there)
            _note_late({}, [(person, day) for day in gone], rules)


# --- judged by another edition ---------------------------------------------------------------------------------------


def _judge_anew(
    rules: CurrentRules, closings: Sequence[Closing], held: dict[int, dict[Key, _Change]], lines: Mapping[Key, LineRow]
) -> None:
    """What changed, by the installed rules on both sides, where those of another edition judged what was closed."""
    began_ms = Edition.objects.order_by("-number").values_list("began_at_ms", flat=True).first()
    if began_ms is None:
        return
    keys = {key for found in held.values() for key in found}
    near = OlderVerdict.objects.filter(person__in=listed({person for person, _ in keys}))
    older = set(near.filter(day__in={day for _, day in keys}).values_list("person", "day")) & keys
    for closing in closings:
        found = held[closing.number]
        asked = [key for key in found if closing.closed_at_ms <= began_ms or key in older]
        for at_ms, some in _by_moment(closing, asked).items():
            told = rules.told_since(some, at_ms)
            again = [key for key in some if key in told or not is_same(*found[key])]
            found.update(dict.fromkeys(set(some).difference(again), (None, None)))
            then, now = rules.lines(again, at_ms), rules.lines([key for key in again if key in older], None)
            for key in again:
                found[key] = _line_in(closing, then.get(key)), _line_in(closing, now.get(key, lines.get(key)))


def _by_moment(closing: Closing, keys: Collection[Key]) -> dict[int, list[Key]]:
    """The days by when what was paid of them was reckoned: at the closing, or at the last one that carried more."""
    carried = Carried.objects.filter(source=closing, person__in=listed({person for person, _ in keys})).order_by("pk")
    last = dict(carried.values_list("person_id", "into__closed_at_ms"))
    found: dict[int, list[Key]] = defaultdict(list)
    for key in keys:
        found[last.get(key[0], closing.closed_at_ms)].append(key)
    return found


# --- what was paid ---------------------------------------------------------------------------------------------------


def baselines(closings: Iterable[Closing], people: Iterable[int]) -> dict[tuple[int, int], Lines]:
    """(closing, person) -> the lines that have been paid: as closed, or as the last adjustment left them."""
    numbers, wanted = [one.number for one in closings], list(people)
    rows = ClosedRow.objects.filter(closing__in=numbers, person__in=wanted)
    found = {(row.closing_id, row.person_id): row.lines for row in rows}
    # In the order in which they were carried, so that the last one stays.
    for carried in Carried.objects.filter(source__in=numbers, person__in=wanted).order_by("pk"):
        found[carried.source_id, carried.person_id] = carried.lines
    return found
