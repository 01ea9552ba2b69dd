"""Acts as people read them: who did what and why, in words, and what the journal says of the record of it."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

from django.db.models import Q, QuerySet

from hadir.office.acts.actions import SALT_BYTES
from hadir.office.acts.models import ActStep, OutboxRow
from hadir.office.ground.installation import HERE
from hadir.office.ground.words import JOURNAL, journal_words
from hadir.office.ground.zones import Zone
from hadir.office.people.models import Person
from hadir.office.people.queries import people_below
from hadir.office.projection.models import JournaledAct
from hadir.records.days import local, local_date
from hadir.records.kinds import Kind
from hadir.texts import Lang, catalogue, date_words, render

NOBODY = 0
"""Who did what the program itself had to tell, once, at an upgrade."""
_PUBLIC_KEY = re.compile(r" key [\w-]{86}$", re.ASCII)
"""What a device's act says of its public key: for whoever checks the record's own file, and no word for a list."""
NO_ACTS = (Kind.FILE_LINE, Kind.OFFICE_ROWS)
"""Parts of an act: the lines of an import, and the rows that an act left."""
_DAY = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b", re.ASCII)
_MONTH = re.compile(r"\b(\d{4}-\d{2})\b(?!-)", re.ASCII)
_REF = re.compile(r"\b([a-z]+(?:-[a-z]+)*)/(\d+)\b", re.ASCII)
_KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b", re.ASCII)
_NAMED = ("role", "law.kind", "law.word", "law.field", "months.code", "register.column")
"""Where the catalogue has words for the keys that records keep, the nearest first."""

_WORDED = ("audit.word", "excuse.state", "devices.state", "months.state", "law.kind", "role")
_BODY = re.compile(r"\{.*\}", re.DOTALL)
_AT_MS = re.compile(r"\b\d{13}\b", re.ASCII)
_PATH = re.compile(r"(?<![\w/])/(?:\d+/)*(\d+)/(?!\w)", re.ASCII)
_MINUTES = re.compile(r"\+(\d+)min\b", re.ASCII)
_LONG = re.compile(r"\b([a-z]+)/([\w-]{20,})", re.ASCII)
"""A key or a digest: its first letters tell it from others."""
_ZONE = re.compile("|".join(map(re.escape, Zone.values)))
_WORD = re.compile(r"\b[a-z]{3,}\b", re.ASCII)
_DASH = "\N{EN DASH}"

S = TypeVar("S", bound=ActStep)


class ActProof(StrEnum):
    """How an act stands against the office journal, as the follower read it back."""

    WAITING = "waiting"
    PROVEN = "proven"
    DIFFERS = "differs"

    @property
    def code(self) -> str:
        return f"audit.proof.{self.value}"

    @property
    def tone(self) -> str:
        return {ActProof.PROVEN: "recorded", ActProof.DIFFERS: "problem"}.get(self, "waiting")


@dataclass(frozen=True, slots=True)
class ActShown:
    row: OutboxRow
    by: str
    about: str | None
    reason: str | None
    detail: str
    proof: ActProof

    @property
    def act_code(self) -> str:
        return f"act.{self.row.act}"


def acts_below(paths: Sequence[str], day: date) -> QuerySet[OutboxRow]:
    """Acts by or about people of these subtrees, newest first."""
    numbers = people_below(paths, day).values("number")
    acts = OutboxRow.objects.exclude(kind__in=NO_ACTS)
    return acts.filter(Q(person__in=numbers) | Q(by__in=numbers)).order_by("-seq")


def named_in(acts: QuerySet[OutboxRow], text: str) -> QuerySet[OutboxRow]:
    """Acts by or about people of whose names this is a part."""
    people = Person.objects.filter(full_name__icontains=text).values("number")
    return acts.filter(Q(person__in=people) | Q(by__in=people))


def act_kinds() -> list[str]:
    """Every kind of act that was ever done."""
    return list(OutboxRow.objects.exclude(kind__in=NO_ACTS).order_by("act").values_list("act", flat=True).distinct())


def described(rows: Sequence[OutboxRow], lang: Lang) -> list[ActShown]:
    """Each row with names and with what the journal says of it; two queries, whatever number of rows."""
    numbers = {row.by for row in rows} | {row.person for row in rows if row.person}
    names = {person.number: person.titled_name for person in Person.objects.filter(number__in=numbers)}
    names[NOBODY] = "Hadir"
    journaled = JournaledAct.objects.in_bulk([row.record_id for row in rows])
    return [
        ActShown(
            row=row,
            by=names.get(row.by, str(row.by)),
            about=names.get(row.person, str(row.person)) if row.person else None,
            reason=reason_of(row),
            detail=record_words(_detail(row), lang),
            proof=proof_of(row, journaled.get(row.record_id)),
        )
        for row in rows
    ]


def _detail(row: OutboxRow) -> str:
    """The record's own words: numbers and codes."""
    record = json.loads(bytes(row.body))
    if row.kind == Kind.MANUAL_LIST:
        return f"unit/{record['unit']} · {len(record['entries'])}"
    if row.kind == Kind.STAFF_FACT:
        return f"{record['value']} · {record['from']} → {record['until'] or '…'}"
    after = _PUBLIC_KEY.sub("", record["after"] or "")
    if row.by == NOBODY and "\n" in after:  # the columns of all tables, once
        return str(record["object"])
    change = " → ".join(part for part in (record["before"], after) if part)
    return f"{record['object']} · {change}" if change else str(record["object"])


def proof_of(row: OutboxRow, journaled: JournaledAct | None) -> ActProof:
    """What the journal, as it was read back, says of a record in the outbox."""
    if row.index is None or journaled is None:
        return ActProof.WAITING
    same = (journaled.origin, journaled.index, journaled.body_hash) == (row.origin, row.index, row.body_hash)
    return ActProof.PROVEN if same else ActProof.DIFFERS


@dataclass(frozen=True, slots=True)
class ToldStep(Generic[S]):
    """A step with its words, if this reader may see them."""

    step: S
    reason: str | None
    is_reason_hidden: bool
    proof: ActProof


def told_steps(steps: Sequence[S], *, is_open: bool = True, in_words: Callable[[str], str] = str) -> list[ToldStep[S]]:
    """The steps in their order. `is_open`: the reader may see reasons; `in_words`: what of a reason is for him.

    One query.
    """
    journaled = JournaledAct.objects.in_bulk([step.record.record_id for step in steps])
    return [
        ToldStep(
            step=step,
            reason=in_words(reason) if is_open and (reason := reason_of(step.record)) is not None else None,
            is_reason_hidden=not is_open and step.record.reason is not None,
            proof=proof_of(step.record, journaled.get(step.record.record_id)),
        )
        for step in steps
    ]


def reason_of(record: OutboxRow) -> str | None:
    return None if record.reason is None else bytes(record.reason)[SALT_BYTES:].decode()


def record_words(text: str, lang: Lang) -> str:
    """`orang 1007 1 November 2026` of `person/1007 2026-11-01..…`, without what only a program reads."""
    text = _BODY.sub("", text).partition("\n")[0].strip()
    text = _AT_MS.sub(lambda found: _moment(int(found.group()), lang), text)
    text = _PATH.sub(lambda found: f"unit/{found.group(1)}", text)
    text = JOURNAL.sub(lambda found: journal_words(found.group(), lang), text)
    text = _ZONE.sub(lambda found: Zone(found.group()).short, text)
    text = _MINUTES.sub(lambda found: f" + {render('audit.minutes', lang, {'n': found.group(1)})}", text)
    text = _LONG.sub(lambda found: _ref(found.group(1), f"{found.group(2)[:8]}…", lang), text)
    text = text.replace("..", _DASH).replace("@", " · ")
    text = _DAY.sub(lambda found: _day(found.group(1), lang), text)
    text = _MONTH.sub(lambda found: _day(f"{found.group(1)}-01", lang).partition(" ")[2] or found.group(), text)
    text = _REF.sub(lambda found: _ref(found.group(1), found.group(2), lang), text)
    text = _KEY.sub(lambda found: _key(found.group(), lang), text)
    return _WORD.sub(lambda found: _word(found.group(), lang), text)


def _moment(at_ms: int, lang: Lang) -> str:
    zone = HERE.site.zone
    return render("date.at", lang, {"day": local_date(at_ms, zone), "time": f"{local(at_ms, zone):%H:%M}"})


def _word(word: str, lang: Lang) -> str:
    """A word that records use, where the catalogue has one for people."""
    code = next((code for place in _WORDED if (code := f"{place}.{word}") in catalogue()), None)
    return render(code, lang).lower() if code else word


def _day(text: str, lang: Lang) -> str:
    try:
        return date_words(date.fromisoformat(text), lang)
    except ValueError:
        return text


def _ref(kind: str, number: str, lang: Lang) -> str:
    code = f"audit.ref.{kind}"
    return render(code, lang, {"n": number}) if code in catalogue() else f"{kind} {number}"


def _key(key: str, lang: Lang) -> str:
    code = next((code for place in _NAMED if (code := f"{place}.{key}") in catalogue()), None)
    return render(code, lang) if code else key.replace("_", " ")
