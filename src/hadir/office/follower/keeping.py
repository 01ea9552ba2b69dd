"""Verdicts kept: what was marked is judged from the start and stands in place of what stood there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import NamedTuple

from hadir.office.excuses.covering import leave_days_after, leave_of
from hadir.office.follower.absence_scan import forget_later_sweeps, forget_lost_beginnings
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import counted_codes
from hadir.office.ground.rows import Json, put_rows, put_values
from hadir.office.judging.facts import Facts
from hadir.office.judging.installed import InstalledRules
from hadir.office.judging.judge import DaysAsked, JudgeRequest, is_limited, judge, prepare, used_on
from hadir.office.judging.judging import JudgeContext, Judged, PersonDayKey, day_line, place, punches_of
from hadir.office.months.following import CurrentRules, put_lines
from hadir.office.months.kept_verdict import encode_verdict
from hadir.office.months.lines import LineRow
from hadir.office.projection.invalidation import mark_dark_dirty, mark_dirty
from hadir.office.projection.models import Punch, VerdictRow
from hadir.records.days import DAY_MS, local_date
from hadir.rules.clocks import Period, local_day
from hadir.rules.evidence import Source
from hadir.rules.verdict import DayStatus

_STATUS = ("person", "day", "status")
EVIDENCE_FIELDS = ("grade", "lo_ms", "hi_ms", "judged_ms", "day")


OnPlaced = Callable[["Sequence[Punch]", "Facts"], object]
"""Who wants the punches that were weighed and put on their days, and the facts by which that was done."""


def place_punches(
    context: JudgeContext, punches: Sequence[Punch], on_placed: OnPlaced | None = None
) -> set[tuple[int, date | None]]:
    """Weigh punches and put them on their days. Returns the person-days that this touches, those left included."""
    touched, facts = put_on_days(context, punches)
    _write_places(punches, facts)
    if on_placed is not None:
        on_placed(punches, facts)
    return touched


def put_on_days(context: JudgeContext, punches: Sequence[Punch]) -> tuple[set[tuple[int, date | None]], Facts]:
    """The same, written nowhere; with the facts by which it was done."""
    facts = context.gather(punches)
    touched = {(punch.person, punch.day) for punch in punches}
    for punch in punches:
        place(context, facts, punch)
    return touched | {(punch.person, punch.day) for punch in punches}, facts


class KeptDay(NamedTuple):
    """A row of `VerdictRow` as it is written: a model's object would cost more than the judging of a free day."""

    person: int
    day: date
    unit: int
    status: str
    dark: str
    taps: int
    body: Json
    open_until_ms: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules say of some person-days, not written yet."""

    rows: list[KeptDay]
    lines: list[LineRow]
    without: list[PersonDayKey]
    """Days that have no verdict, or none any more."""
    flex_changed: list[PersonDayKey]
    freed: list[tuple[PersonDayKey, int]]
    """Days that are free and were not, or the other way, of people with counted leave; and when each began."""


def judge_days(context: JudgeContext, days: Sequence[PersonDayKey], now_ms: int) -> None:
    """Compute the verdicts of these person-days from the start and keep them in place of the old ones."""
    punches = punches_of(days)
    request = JudgeRequest(days=days, punches=punches, now_ms=now_ms, days_asked=DaysAsked.KEPT)
    ready = prepare(context, request)
    _place_again(context, ready.facts, punches)
    forget_lost_beginnings(key for key in days if not punches.get(key))
    keep(_found(judge(context, request, ready), days, now_ms=now_ms), InstalledRules(context, now_ms))


def judge_by_installed(context: JudgeContext, days: Sequence[PersonDayKey], now_ms: int) -> dict[PersonDayKey, Judged]:
    """What the installed rules say of stored days, with each tap on the day to which it belongs by them."""
    while True:
        punches = punches_of(days)
        request = JudgeRequest(
            days=days, punches=punches, now_ms=now_ms, days_asked=DaysAsked.KEPT, by_installed_rules=True
        )  # fmt: skip
        ready = prepare(context, request)
        if not _place_again(context, ready.facts, punches):
            return judge(context, request, ready)


def keep_judged(
    context: JudgeContext, judged: Mapping[PersonDayKey, Judged], days: Iterable[PersonDayKey], now_ms: int
) -> None:
    """Put verdicts that somebody has asked for in place of what stood there."""
    keep(_found(judged, days, now_ms=now_ms), InstalledRules(context, now_ms))


def find_days(context: JudgeContext, days: Sequence[PersonDayKey], now_ms: int) -> Found:
    """The same, written nowhere: for days of which nothing was known before."""
    return _found(
        judge(context, JudgeRequest(days=days, now_ms=now_ms, days_asked=DaysAsked.KEPT)), days, now_ms=now_ms
    )


def _found(judged: Mapping[PersonDayKey, Judged], days: Iterable[PersonDayKey], *, now_ms: int) -> Found:
    shared: dict[int, tuple[KeptDay, LineRow]] = {}
    """A free day's verdict is many people's (`decide`), and so is what is kept of it."""
    rows, lines = [], []
    for one in judged.values():
        row, line = shared.get(id(one.verdict)) or shared.setdefault(id(one.verdict), _stored(one, now_ms))
        rows.append(row if row.person == one.where.person else row._replace(person=one.where.person))
        lines.append(line if line.person == one.where.person else line._replace(person=one.where.person))
    return Found(
        rows=rows,
        lines=lines,
        without=[key for key in days if key not in judged],
        flex_changed=_flex_changed(judged),
        freed=_freed(judged),
    )


def keep(found: Found, rules: CurrentRules | None = None) -> None:
    """Put what was found in place of what stood there."""
    gone = _let_go(found.without)
    put_values(VerdictRow, KeptDay._fields, found.rows, unique=["person", "day"], update=KeptDay._fields[2:])
    _mark_later_days(found.flex_changed)
    for (person, _), from_ms in found.freed:
        mark_dirty(leave_days_after([person], counted_codes(HERE.settings.policies), from_ms))
    put_lines(found.lines, gone, rules=rules)
    forget_later_sweeps((row.unit, row.day) for row in found.rows if row.taps)


def _stored(judged: Judged, now_ms: int) -> tuple[KeptDay, LineRow]:
    where = judged.where
    until_ms = max((day.counts.until_ms for day in where.duty_days), default=0)
    stored = encode_verdict(judged.kept)
    row = KeptDay(
        person=where.person,
        day=where.day,
        unit=where.unit.number,
        status=judged.verdict.status.value,
        dark=judged.dark_ref,
        taps=len(judged.weighed),
        body=Json(stored.decode()),
        open_until_ms=until_ms if now_ms < until_ms else None,
    )
    return row, day_line(judged, stored)


def _let_go(days: Sequence[PersonDayKey]) -> list[PersonDayKey]:
    """Drop the verdicts of these days. Returns those that had one."""
    wanted = set(days)
    near = VerdictRow.objects.filter(person__in={person for person, _ in wanted}, day__in={day for _, day in wanted})
    found = {
        pk: (person, day) for pk, person, day in near.values_list("pk", "person", "day") if (person, day) in wanted
    }
    VerdictRow.objects.filter(pk__in=found).delete()
    return list(found.values())


# --- what else a verdict touches -------------------------------------------------------------------------------------


def _place_again(context: JudgeContext, facts: Facts, punches: dict[PersonDayKey, list[Punch]]) -> bool:
    """Where a roster changed, a tap may belong to another date. It goes there, and that date is judged, too. Whether
    any moved.
    """
    moved: list[Punch] = []
    for (person, day), found in punches.items():
        home, is_rostered = facts.home(person, day), facts.law.is_rostered(person, day)
        for punch in list(found):
            if is_rostered or (home is not None and local_date(punch.judged_ms, home.zone) != day):
                place(context, facts, punch)
                if punch.day != day:
                    found.remove(punch)
                    moved.append(punch)
    if moved:
        _write_places(moved, facts)
        mark_dirty((punch.person, punch.day) for punch in moved)
    return bool(moved)


def _write_places(punches: Sequence[Punch], facts: Facts) -> None:
    in_order = sorted(punches, key=attrgetter("record_hash"))  # neighbours in the table's index
    put_rows(in_order, unique=["record_hash"], update=EVIDENCE_FIELDS)
    heard: set[tuple[str, date]] = set()
    spoke: dict[int, date] = {}
    for person, day in {(punch.person, punch.day) for punch in punches if punch.source == Source.PHONE}:
        home = facts.home(person, day) if day is not None else None
        if day is not None and home is not None:
            heard.add((f"phones/{home.number}", day))
            spoke[person] = max(day, spoke.get(person, day))
    mark_dark_dirty(heard, spoke)


def _flex_changed(judged: Mapping[PersonDayKey, Judged]) -> list[PersonDayKey]:
    """Where flexible time is counted in the month: days that use it otherwise than the kept verdicts say."""
    limited = {key: one.verdict.flex_used for key, one in judged.items() if is_limited(one.where.duty_day)}
    if not limited:
        return []
    before = used_on({person for person, _ in limited}, min(d for _, d in limited), max(d for _, d in limited))
    return [(person, day) for (person, day), used in limited.items() if (day in before[person]) != used]


def _freed(judged: Mapping[PersonDayKey, Judged]) -> list[tuple[PersonDayKey, int]]:
    """Where work days of leave are counted, a day that became free, or is free no more, moves the later ones."""
    if not judged:
        return []
    near = Period(min(_began(one) for one in judged.values()), max(_began(one) for one in judged.values()) + DAY_MS)
    wide = Period(near.from_ms - 366 * DAY_MS, near.until_ms + 366 * DAY_MS)
    rows = leave_of({person for person, _ in judged}, counted_codes(HERE.settings.policies), wide)
    people = set(rows.values_list("person", flat=True))
    if not people:
        return []
    kept = VerdictRow.objects.filter(person__in=people, day__in={day for _, day in judged})
    was_free = {(person, day): status == DayStatus.OFF_DUTY for person, day, status in kept.values_list(*_STATUS)}
    return [
        (key, _began(one))
        for key, one in judged.items()
        if was_free.get(key, one.verdict.status is DayStatus.OFF_DUTY) != (one.verdict.status is DayStatus.OFF_DUTY)
    ]


def _began(judged: Judged) -> int:
    return local_day(judged.where.day, judged.where.unit.zone).from_ms


def _mark_later_days(changed: Sequence[PersonDayKey]) -> None:
    """Once the rows stand: the later days of the month are counted anew, those of the same batch among them."""
    for person, day in changed:
        later = VerdictRow.objects.filter(person=person, day__gt=day, day__year=day.year, day__month=day.month)
        mark_dirty(later.values_list("person", "day"))
