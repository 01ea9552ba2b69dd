"""An edition of the rules begins: every stored verdict is held against what it says, before anything new is read.

1. Ask by which edition the stored verdicts were judged. Nothing to do where it is the installed one.
2. Note the new one: an act of the program (`Edition`).
3. Judge the stored days anew, some at a time. Where the new edition says something else, keep the older verdict whole
   (`OlderVerdict`), and go on with it (`months.older`); elsewhere the new reasons take the place of the old ones.

Days that had not ended, or that were marked and not judged again yet, were not judged to their end: they are judged by
the new edition like days to come. A break between two steps repeats work and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q

from hadir.office.acts.actions import write_decision
from hadir.office.acts.rows import write_rows
from hadir.office.follower.keeping import judge_by_installed, keep_judged
from hadir.office.ground.laws import edition_digest
from hadir.office.ground.rows import listed, put_values
from hadir.office.judging.judge import with_older
from hadir.office.judging.judging import JudgeContext, Judged, PersonDayKey, day_line
from hadir.office.months.lines import is_same
from hadir.office.months.models import DayLine, Edition, EditionState, OlderVerdict
from hadir.office.months.older import price_change
from hadir.office.projection.models import DirtyDay, JudgedBy, VerdictRow
from hadir.office.roles import ActBy
from hadir.rules.policy_file import RULES_VERSION

HELD_AT_ONCE = 2_500
DAY_ZERO = date(1970, 1, 1)
NOBODY = 0
"""In place of a person: the program acts."""
_OLDER_FIELDS = ("edition", "person", "day", "unit", "body", "line", "said", "change")


def begin_edition(context: JudgeContext, *, now_ms: int, say: Callable[[str], object] = lambda _: None) -> bool:
    """Hold the stored verdicts against the installed rules, if others judged them. Whether there was anything to do."""
    digest = edition_digest(context.policies)
    last = JudgedBy.objects.first()
    if last is not None and last.digest == digest and last.person is None:
        return False
    if not VerdictRow.objects.exists():
        _note(digest, None)
        return False
    edition = _edition(digest, last, now_ms)
    at, done = _beginning(digest, last), 0
    while batch := _next(at):
        at = batch[-1].key
        with transaction.atomic():
            _hold(context, edition, batch, now_ms)
            _note(digest, at)
        done += len(batch)
        say(f"{done} stored verdicts held against the installed rules")
    with transaction.atomic():
        _take_over(edition)
        _note(digest, None)
    return True


@dataclass(frozen=True, slots=True)
class _Stored:
    """A verdict as it stands in the tables."""

    key: PersonDayKey
    unit: int
    body: Mapping[str, Any]
    is_over: bool


def _edition(digest: str, last: JudgedBy | None, now_ms: int) -> Edition:
    newest = Edition.objects.select_related("record").first()
    if newest is not None and last is not None and last.digest == digest == newest.digest:
        return newest  # a break came between
    with transaction.atomic():
        record = write_decision(
            by=ActBy.of(NOBODY, now_ms), act="edition.begin", about="edition", after=f"{RULES_VERSION} sha256/{digest}"
        )
        edition = Edition.objects.create(digest=digest, rules=RULES_VERSION, began_at_ms=now_ms, record=record)
        write_rows(record, edition)
        _note(digest, (0, DAY_ZERO))
    return edition


def _beginning(digest: str, last: JudgedBy | None) -> PersonDayKey:
    if last is None or last.digest != digest or last.person is None or last.day is None:
        return 0, DAY_ZERO
    return last.person, last.day


def _note(digest: str, at: PersonDayKey | None) -> None:
    person, day = at or (None, None)
    JudgedBy.objects.update_or_create(pk=1, defaults={"digest": digest, "person": person, "day": day})


def _next(at: PersonDayKey) -> list[_Stored]:
    """The next stored verdicts, person by person."""
    person, day = at
    rows = VerdictRow.objects.filter(Q(person__gt=person) | Q(person=person, day__gt=day)).order_by("person", "day")
    told = rows.values_list("person", "day", "unit", "body", "open_until_ms")[:HELD_AT_ONCE]
    return [_Stored((one[0], one[1]), one[2], one[3], is_over=one[4] is None) for one in told]


def _hold(context: JudgeContext, edition: Edition, batch: Sequence[_Stored], now_ms: int) -> None:
    days = [one.key for one in batch]
    judged = judge_by_installed(context, days, now_ms)
    _keep_older(edition, batch, judged)
    keep_judged(context, with_older(judged), days, now_ms)


def _keep_older(edition: Edition, batch: Sequence[_Stored], judged: Mapping[PersonDayKey, Judged]) -> None:
    people, dates = {one.key[0] for one in batch}, {one.key[1] for one in batch}
    near = {"person__in": listed(people), "day__in": dates}
    found_lines = DayLine.objects.filter(**near).values_list("person", "day", "line")
    lines = {(person, day): line for person, day, line in found_lines}
    had = set(OlderVerdict.objects.filter(**near).values_list("person", "day"))
    marked = set(DirtyDay.objects.filter(**near).values_list("person", "day")) - had
    rows = []
    for one in batch:
        now, line = judged.get(one.key), lines.get(one.key)
        if now is None or line is None or not one.is_over or one.key in marked:
            continue
        said = day_line(now).line
        if one.key in had or not is_same(line, said):
            change = price_change(line, said)
            rows.append((edition.pk, *one.key, one.unit, one.body, line, said, change.value))
    put_values(OlderVerdict, _OLDER_FIELDS, rows, unique=("person", "day"), update=("edition", *_OLDER_FIELDS[3:]))
    keys = {(row[1], row[2]) for row in rows}
    found = OlderVerdict.objects.filter(edition=edition, **near).values_list("pk", "person", "day")
    told = [pk for pk, person, day in found if (person, day) in keys]
    if told:
        write_rows(edition.record, OlderVerdict.objects.filter(pk__in=listed(told)))


def _take_over(edition: Edition) -> None:
    """Every stored verdict was held against it: what an edition before it still asks of people is asked with it."""
    edition.days = VerdictRow.objects.count()
    edition.save(update_fields=["days"])
    write_rows(edition.record, edition)
    waiting = ~Q(edition=edition) & ~Q(edition__state=EditionState.ACCEPTED)
    rows = OlderVerdict.objects.filter(waiting)
    pks = list(rows.values_list("pk", flat=True))
    if pks:
        OlderVerdict.objects.filter(pk__in=listed(pks)).update(edition=edition)
        write_rows(edition.record, OlderVerdict.objects.filter(pk__in=listed(pks)))
