"""What stands on the regional form, whatever it is printed with: heads, rows, legend, what waits, who signs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from hadir.office.accounts.models import RoleGrant
from hadir.office.duties.calendar_notes import calendar_notes
from hadir.office.ground.moments import day_at
from hadir.office.ground.rows import grouped
from hadir.office.ground.words import say
from hadir.office.month_pages.columns import RecapColumn, columns, policies_of
from hadir.office.month_pages.plots import letter_on
from hadir.office.month_pages.recap import MonthRecap, RecapRow
from hadir.office.month_pages.sheet import basis_lines, charged_lines, decimal, sum_text, warning_name, why_text
from hadir.office.month_pages.waiting import WaitingDay, notes_at_closing, notes_of, source_text, undecided_days
from hadir.office.months.letters import meanings_of, printed
from hadir.office.people.models import Career, CareerKind, Person
from hadir.office.roles import Role
from hadir.records.days import local
from hadir.rules.policy import Policy
from hadir.texts import Lang, date_words

BLANK = "." * 30


@dataclass(frozen=True, slots=True)
class PaperSigner:
    """Above the line stands who signs as what; below it a name and NIP, or dots."""

    lead: str
    office: str
    name: str
    nip: str


@dataclass(frozen=True, slots=True)
class PaperRow:
    """`daily` by date; `sums` by column: how often, or `3/47` with the minutes."""

    number: int
    row: RecapRow
    daily: list[str]
    sums: list[str]
    remarks: str


@dataclass(frozen=True, slots=True)
class Paper:
    title: str
    subtitle: str
    state: str
    days: list[date]
    columns: list[RecapColumn]
    heads: list[str]
    rows: list[PaperRow]
    legend: list[tuple[str, str]]
    basis: list[str]
    """By which law what was taken; what of it is borrowed or was not read, and what of the calendar is not decreed."""
    waiting: list[str]
    notes: list[str]
    adjustments: list[str]
    place_day: str
    signers: tuple[PaperSigner, PaperSigner]
    digest: str
    letters: Mapping[str, str]
    lang: Lang

    @property
    def sections(self) -> list[tuple[str, list[str]]]:
        """Head and lines of what stands by name above the signatures."""
        found = [("months.paper.undecided", self.waiting or [say("months.paper.undecided_none", self.lang)])]
        found += [("months.paper.notes", self.notes), ("months.paper.adjustments", self.adjustments)]
        return [(say(head, self.lang), told) for head, told in found if told]


def paper_of(  # noqa: PLR0913 - all that a form is made of
    month: MonthRecap, rows: Sequence[RecapRow], *, letters: Mapping[str, str], policies: Path, lang: Lang, now_ms: int
) -> Paper:
    """The form of these rows of a unit's month."""
    found, laws = columns(policies, month, letters), policies_of(policies, month)
    closing = month.closings[0] if month.is_closed and len(month.closings) == 1 else None
    on = day_at(closing.closed_at_ms if closing else now_ms, month.unit.zone)
    notes = notes_by_person(rows, month, lang)
    return Paper(
        title=say("months.paper.title", lang),
        subtitle=f"{month.unit.name} · {month_words(month.first, lang)}",
        state=_state(month, lang),
        days=month.days,
        columns=found,
        heads=[say(column.head, lang) if column.is_text else column.head for column in found],
        rows=[
            PaperRow(
                number=number,
                row=row,
                daily=[letter_on(row, day, letters) for day in month.days],
                sums=[_sum(column, row, lang) for column in found],
                remarks="; ".join(one for one in (remarks(row, lang), *notes[row.unit.number, row.person]) if one),
            )
            for number, row in enumerate(rows, start=1)
        ],
        legend=_legend(laws, letters, lang),
        basis=[
            *charged_lines(rows, letters, policies, lang),
            *basis_lines(laws, lang),
            *calendar_notes(month.days, lang, month.unit),
        ],
        waiting=_waiting(undecided_days(rows), closing.due if closing else None, lang),
        notes=[f"{row.name} · {told}" for row in rows for told in notes[row.unit.number, row.person]],
        adjustments=[text for row in rows for text in _adjustments(row, month.unit.zone, lang)],
        place_day=say("months.paper.place", lang, {"place": BLANK[:20], "day": on}),
        signers=_signers(month, on, lang),
        digest=say("months.paper.digest", lang, {"digest": closing.digest}) if closing else "",
        letters=letters,
        lang=lang,
    )


def month_words(first: date, lang: Lang) -> str:
    return say("months.paper.month", lang, {"month": say(f"month.{first.month}", lang), "year": first.year})


def _state(month: MonthRecap, lang: Lang) -> str:
    if not month.is_closed:
        return say("months.paper.draft", lang)
    newest = max(month.closings, key=lambda one: one.closed_at_ms)
    at = f"{local(newest.closed_at_ms, month.unit.zone):%Y-%m-%d %H:%M}"  # the sentence writes it for people
    refs = ", ".join(one.ref for one in month.closings)
    return say("months.paper.closed", lang, {"at": at, "name": newest.closed_by.titled_name, "ref": refs})


def _sum(column: RecapColumn, row: RecapRow, lang: Lang) -> str:
    value = column.value(row)
    if not value:
        return ""
    return f"{value}/{column.minutes(row)}" if column.minutes else decimal(value, lang)


def remarks(row: RecapRow, lang: Lang) -> str:
    """What a reader must know beside the numbers."""
    told = []
    if row.recap.undecided:
        told.append(say("months.remark.undecided", lang, {"n": len(row.recap.undecided)}))
    if row.unproven:
        told.append(say("months.remark.unproven", lang, {"n": len(row.unproven)}))
    told += [f"{say('months.remark.warned', lang, {'days': one.days})} ({warning_name(one.row.code, lang)})"
             for one in row.warned]  # fmt: skip
    if row.adjustments:
        told.append(say("months.remark.adjusted", lang, {"n": len(row.adjustments)}))
    return "; ".join(told)


def notes_by_person(rows: Sequence[RecapRow], month: MonthRecap, lang: Lang) -> dict[tuple[int, int], list[str]]:
    """(unit, person) -> what was said of days of the month and nobody has decided yet, or had when it was closed.

    Whoever signs sees that it is open. Only that there is a note, and of which days: what it says is for those who
    decide.
    """
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    open_rows = grouped((row for row in rows if not row.is_closed), lambda row: row.person)
    notes = notes_of(list(open_rows), month, lang) if open_rows else ()
    waiting = [(row, *note) for note in notes for row in open_rows[note[0].person_id]]
    closed = notes_at_closing(rows, month, lang) if month.closings else ()
    for code, told in (("note", waiting), ("note_at_closing", closed)):
        for row, named, days in told:
            words = say(f"months.remark.{code}", lang, {"ref": named.excuse.ref, "days": days})
            found[row.unit.number, row.person].append(words)
    return found


def _waiting(days: Iterable[WaitingDay], due: date | None, lang: Lang) -> list[str]:
    """Undecided days by name, each with what has not reported and until when it is to be decided."""
    told = []
    for one in days:
        until = one.due or due
        by = say("months.paper.due", lang, {"due": until}) if until else ""
        parts = [one.row.name, date_words(one.day, lang), source_text(one.source, one.row.unit, lang), by]
        told.append(" · ".join(part for part in parts if part))
    return told


def _adjustments(row: RecapRow, zone: str, lang: Lang) -> list[str]:
    told = []
    for line in row.adjustments:
        month = {"month": say(f"month.{line.first.month}", lang), "year": line.first.year}
        head = say("months.paper.adjusted", lang, {"name": row.name, **month, "sum": sum_text(line, lang)})
        moved = [
            say("months.paper.moved", lang, {"day": one.day, "before": one.before or "-", "after": one.after or "-"})
            + f" ({', '.join(why_text(why, zone, lang) for why in one.why)})"
            for one in line.moved
        ]
        told.append(f"{head}. {'; '.join(moved)}")
    return told


def _legend(policies: Sequence[Policy], letters: Mapping[str, str], lang: Lang) -> list[tuple[str, str]]:
    """Letter and meaning of every code that the form can print."""
    others = {row.code for policy in policies for table in (policy.arrival, policy.departure) for row in table.classes}
    others |= {policy.codes["not_yet"] for policy in policies}
    named = {code: say(text, lang).lower() for code, text in meanings_of(policies).items() if code not in others}
    for policy in policies:
        for missing, counted, table in (
            ("no_arrival", "late", policy.arrival),
            ("no_departure", "early", policy.departure),
        ):
            what, counts_as = say(f"months.code.{missing}", lang), printed(table.no_punch.code, letters)
            told = say("months.code.as_class", lang, {"what": what, "code": counts_as})
            named.setdefault(policy.codes[missing], told)
            told = say("months.code.counted", lang, {"what": say(f"months.code.{counted}", lang)})
            for row in table.classes:
                named.setdefault(row.code, told)
    # Letters in a row that mean the same stand together.
    same = groupby(named, key=lambda code: named[code])
    return [(", ".join(printed(code, letters) for code in codes), text) for text, codes in same]


def _signers(month: MonthRecap, day: date, lang: Lang) -> tuple[PaperSigner, PaperSigner]:
    grants = RoleGrant.objects.on(day).filter(role__in=(Role.UNIT_HEAD, Role.OPERATOR), unit=month.unit)
    people = {grant.role: grant.user.person for grant in grants.select_related("user__person").order_by("-from_date")}
    head, officer = people.get(Role.UNIT_HEAD.value), people.get(Role.OPERATOR.value)
    office = _position(head, day) or say("months.paper.head", lang, {"unit": month.unit.name})
    return (
        _signer(say("months.paper.know", lang), office, head),
        _signer("", say("months.paper.officer", lang), officer),
    )


def _position(head: Person | None, day: date) -> str:
    """What the signer is on that day, as the register says it: Camat, Direktur."""
    if head is None:
        return ""
    row = Career.objects.on(day).filter(person=head, kind=CareerKind.POSITION).first()
    return row.value if row else ""


def _signer(lead: str, office: str, person: Person | None) -> PaperSigner:
    return PaperSigner(
        lead=lead,
        office=office,
        name=person.titled_name if person else BLANK,
        nip=(person.nip or BLANK) if person else BLANK,
    )
