"""A person's month as a calendar: a short code for each day, as the law and the office write them."""

from __future__ import annotations

from calendar import Calendar
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hadir.office.days.groups import group_of, headline, tone_of
from hadir.office.excuses.models import Excuse
from hadir.office.follower.known import ask_as_known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hadir.office.follower.judging import Court, Judged
    from hadir.office.people.models import Person

PRESENT, OFF, UNDECIDED, NOT_YET, NOTHING = "H", "L", "?", "…", "\u2013"


@dataclass(frozen=True, slots=True)
class Cell:
    """One day; `codes` are texts, so that nobody has to know a colour."""

    day: date
    codes: tuple[str, ...]
    headline: dict[str, Any] | None
    tone: str
    is_future: bool
    unit: str = ""
    """Where the person was at home on that day."""


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    weeks: list[list[Cell | None]]
    counts: list[tuple[str, int]]
    deduction: str
    kinds: list[tuple[str, str]]
    """Codes of excuses in this month, each with the code of its text."""

    @property
    def before(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> date:
        return (self.first + timedelta(days=32)).replace(day=1)


def month_of(court: Court, person: Person, first: date, *, today: date, now_ms: int) -> Month:
    """Every day of the month judged as the court knows the records. The same queries, whatever number of days."""
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    days = [day for week in weeks for day in week if day.month == first.month]
    asked = ask_as_known(court, [(person.number, day) for day in days], now_ms)
    judged = {day: one for (_, day), one in asked.items()}
    kinds = _kinds(judged)
    cells = {day: _cell(day, judged.get(day), kinds, today) for day in days}
    past = [cell for cell in cells.values() if not cell.is_future]
    counted = Counter(code for cell in past for code in cell.codes)
    percents = [one.verdict.deduction_percent for day, one in judged.items() if day <= today]
    return Month(
        first=first,
        weeks=[[cells.get(day) for day in week] for week in weeks],
        counts=sorted(counted.items()),
        deduction=f"{sum(percents, Decimal(0)).normalize():f}",
        kinds=sorted({(kind, f"excuse.kind.{kind}") for kind in kinds.values()}),
    )


def _covering(judged: Judged) -> list[int]:
    where = judged.where
    return [cover.number for cover in judged.facts.covering(where.person, where.unit, where.day)]


def _kinds(judged: Mapping[date, Judged]) -> dict[str, str]:
    """Reference -> kind of the excuses that cover a day of the month."""
    numbers = {number for one in judged.values() for number in _covering(one)}
    return {row.ref: str(row.kind) for row in Excuse.objects.filter(number__in=numbers)}


def _cell(day: date, judged: Judged | None, kinds: Mapping[str, str], today: date) -> Cell:
    if judged is None:
        return Cell(day, (NOTHING,), None, "plain", is_future=day > today)
    body = judged.body
    codes = _codes(judged, body, kinds)
    if day >= today and codes == (NOT_YET,):
        # What is granted for a day that has not ended is known already; of the rest nothing is.
        granted = tuple(dict.fromkeys(kinds[f"K-{number}"] for number in _covering(judged)))
        codes = granted or (() if day > today else codes)
    if day > today:
        return Cell(day, codes, None, "waiting" if codes and codes != (OFF,) else "plain", is_future=True)
    tone = tone_of(group_of(body, is_day_off=False), body)
    return Cell(day, codes, headline(body), tone, is_future=False, unit=judged.where.unit.name)


def _codes(judged: Judged, body: Mapping[str, Any], kinds: Mapping[str, str]) -> tuple[str, ...]:
    """The codes of a day in the order of its halves, each once."""
    whole = {"off_duty": OFF, "absent": judged.where.policy.absent.code}
    if body["status"] in whole:
        return (whole[body["status"]],)
    halves = (body["arrival"], body["departure"])
    if {half["status"] for half in halves} == {"not_yet"}:
        return (NOT_YET,)
    codes = dict.fromkeys(code for half in halves for code in _half(half, kinds))
    if body["status"] == "present" and not codes.keys() - {NOT_YET}:
        return (PRESENT,)
    return tuple(codes) or (PRESENT,)


def _half(half: Mapping[str, Any], kinds: Mapping[str, str]) -> list[str]:
    excused = [kinds[ref] for ref in half["excuses"] if ref in kinds]
    if half["status"] == "on_time":
        return []
    if half["status"] == "excused":
        return excused
    code = {"undecided": UNDECIDED, "not_yet": NOT_YET}.get(half["status"], half["class"])
    return [*excused, code] if code else excused
