"""A list of excuses: read, held against the unit and against what is entered already, shown, and only then entered.

Rows that say the same of several people become one excuse that names them all, so that a head attests a training of
forty people once. A row that is entered already is no fault and no change: the same list twice enters nothing new.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hadir.office.excuses.forms import AbsenceForm
from hadir.office.excuses.kinds import PEOPLE_MAX, ExcuseState, Scope, absence_kinds
from hadir.office.excuses.models import Excuse, ExcusedPerson
from hadir.office.ground.rows import grouped
from hadir.office.ground.words import say
from hadir.office.people.models import Person
from hadir.office.tables.faults import RowFault
from hadir.office.tables.table import TableFault, TableRefusedError, TableRow, heading, read_table
from hadir.office.units.models import Unit
from hadir.records.encoding import sha256
from hadir.texts import LANGS

ROWS_MAX = 2_000
_NIP_DIGITS = 18
_ANY_KIND = "S"
"""Stands in for a kind that cannot be read, so that the other cells of the row are looked at."""

#: our name of a column -> how people head it; the first is the template's.
COLUMNS = {
    "nip": ("NIP", "nip/nipppk", "nipppk"),
    "number": ("Nomor Hadir", "nomor", "number"),
    "name": ("Nama", "nama pegawai", "nama lengkap", "name"),
    "kind": ("Jenis", "kode", "jenis keterangan", "kind", "code"),
    "from_date": ("Mulai", "tanggal mulai", "dari", "from"),
    "until_date": ("Sampai", "tanggal selesai", "selesai", "until"),
    "from_time": ("Jam mulai", "from time"),
    "until_time": ("Jam selesai", "until time"),
    "document": ("Nomor surat", "nomor dokumen", "dokumen", "surat", "document"),
    "basis": ("Dasar", "dasar hukum", "basis"),
    "reason": ("Alasan", "keterangan", "reason"),
}
_NAMES = {heading(spelt): name for name, spellings in COLUMNS.items() for spelt in spellings}
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")


@dataclass(frozen=True, slots=True)
class ListedExcuse:
    """One excuse to be: what its rows say alike, and whom they name."""

    excuse: Excuse
    reason: str
    people: tuple[Person, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ListedExcuses:
    """What a list would do. `repeated` rows are entered already."""

    rows: int
    groups: tuple[ListedExcuse, ...]
    repeated: int
    bad: tuple[RowFault, ...]

    @property
    def people(self) -> int:
        return sum(len(group.people) for group in self.groups)

    @property
    def digest(self) -> str:
        """Stands for exactly this: somebody confirms what he was shown."""
        said = [(*_said(group.excuse, group.reason), [one.number for one in group.people]) for group in self.groups]
        return sha256(json.dumps([said, len(self.bad)], sort_keys=True).encode()).hex()


@dataclass(frozen=True, slots=True)
class _Read:
    """A good row."""

    number: int
    person: Person
    excuse: Excuse
    reason: str

    @property
    def key(self) -> tuple[int, str, int, int]:
        return self.person.number, self.excuse.kind, self.excuse.from_ms, self.excuse.until_ms


def read_excuses(data: bytes, *, unit: Unit, people: Sequence[Person], by: int) -> ListedExcuses:
    """Hold a list against a unit's `people`. TableRefusedError when the file as a whole is none.

    Two queries, whatever number of rows.
    """
    table = read_table(data, _NAMES, ("nip", "number", "name"))
    if len(table) > ROWS_MAX:
        raise TableRefusedError(TableFault.TOO_MANY_ROWS)
    known = _by_key(people)
    good: list[_Read] = []
    bad: list[RowFault] = []
    for row in table:
        read = _read(row, _find(row.cells, known, by), unit)
        if isinstance(read, _Read):
            good.append(read)
        else:
            bad += read
    fresh = {read.key: read for read in reversed(good)}
    twice = [RowFault(read.number, "name", "excuse_list.fault.twice") for read in good if fresh[read.key] is not read]
    entered = _entered(list(fresh.values()))
    new = [read for read in good if fresh[read.key] is read and read.key not in entered]
    return ListedExcuses(rows=len(table), groups=_groups(new), repeated=len(fresh) - len(new), bad=(*bad, *twice))


def _by_key(people: Iterable[Person]) -> dict[tuple[str, str], list[Person]]:
    """(column, what stands in it) -> the people whom a row may mean."""
    keys = [
        (column, key, person)
        for person in people
        for column, key in (("nip", person.nip), ("number", f"{person.number}"), ("name", _plain(person.full_name)))
        if key
    ]
    return {key: [one[2] for one in same] for key, same in grouped(keys, lambda one: one[:2]).items()}


def _find(
    cells: Mapping[str, str], known: Mapping[tuple[str, str], Sequence[Person]], by: int
) -> Person | tuple[str, str]:
    """The person, or (column, code of why not)."""
    nip, name = cells.get("nip", "").replace(" ", ""), _plain(cells.get("name", ""))
    if nip and (not nip.isdecimal() or len(nip) != _NIP_DIGITS):
        return "nip", "register.fault.nip_as_number" if "E" in nip.upper() else "register.fault.bad_nip"
    said = {"nip": nip, "number": cells.get("number", ""), "name": name}
    column = next((one for one in said if said[one]), "name")
    one, *others = known.get((column, said[column]), ()) or (None,)
    if one is None or others:
        return column, "register.fault.ambiguous" if others else "excuse_list.fault.not_here"
    if one.number == by:
        return column, "excuse.trouble.not_yourself"
    if name and not set(name.split()) & set(_plain(one.full_name).split()):
        return "name", "excuse_list.fault.other_name"
    return one


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _read(row: TableRow, person: Person | tuple[str, str], unit: Unit) -> _Read | list[RowFault]:
    """The row, or everything that is wrong with it."""
    bad = [RowFault(row.number, *person)] if isinstance(person, tuple) else []
    data = {name: row.cells.get(name, "") for name in AbsenceForm.base_fields if name != "people"}
    kind = _kind(data["kind"])
    if kind is None:
        bad.append(RowFault(row.number, "kind", "excuse_list.fault.kind"))
    for name in ("from_date", "until_date"):
        data[name] = _iso(data[name])
    is_one_day = not data["until_date"]
    data |= {"kind": kind or _ANY_KIND, "until_date": data["until_date"] or data["from_date"]}
    form = AbsenceForm({**data, "people": ["0"]}, people=(0,))
    told = {name: found for name, found in form.errors.items() if not (is_one_day and name == "until_date")}
    bad += [RowFault(row.number, name, str(found[0])) for name, found in told.items()]
    if bad or isinstance(person, tuple):
        return bad
    return _Read(row.number, person, form.excuse(unit), form.cleaned_data["reason"])


def _kind(text: str) -> str | None:
    """By code, or by the name in either language."""
    wanted = _plain(text)
    for kind in absence_kinds():
        if wanted in {kind.value.casefold(), *(_plain(say(kind.name_code, lang)) for lang in LANGS)}:
            return kind.value
    return None


def _iso(text: str) -> str:
    for written in _DAYS:
        try:
            return datetime.strptime(text, written).date().isoformat()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return text


def _entered(reads: Sequence[_Read]) -> set[tuple[int, str, int, int]]:
    """What stands in the office already, whoever entered it, and was neither rejected nor withdrawn."""
    if not reads:
        return set()
    rows = ExcusedPerson.objects.filter(
        person__in={read.person.number for read in reads},
        excuse__from_ms__gte=min(read.excuse.from_ms for read in reads),
        excuse__until_ms__lte=max(read.excuse.until_ms for read in reads),
        excuse__scope=Scope.PEOPLE,
    ).exclude(excuse__state__in=(ExcuseState.REJECTED, ExcuseState.WITHDRAWN))
    return set(rows.values_list("person", "excuse__kind", "excuse__from_ms", "excuse__until_ms"))


def _said(one: Excuse, reason: str) -> tuple[object, ...]:
    """What is alike in the rows of one excuse."""
    return one.kind, one.from_ms, one.until_ms, one.is_whole_days, one.document, one.basis, reason


def _groups(reads: Sequence[_Read]) -> tuple[ListedExcuse, ...]:
    alike = grouped(reads, lambda read: _said(read.excuse, read.reason)).values()
    parts = [same[at : at + PEOPLE_MAX] for same in alike for at in range(0, len(same), PEOPLE_MAX)]
    return tuple(
        ListedExcuse(
            excuse=part[0].excuse,
            reason=part[0].reason,
            people=tuple(read.person for read in part),
            rows=tuple(read.number for read in part),
        )
        for part in parts
    )


def template_rows() -> list[list[str]]:
    """The template's headings and two rows that say how to fill it in."""
    return [
        [spellings[0] for spellings in COLUMNS.values()],
        ["198804122011012004", "", "Sari Wulandari", "DL", "2026-12-01", "2026-12-03", "", "", "ST-101/2026",
         "Surat tugas", "Pelatihan kurikulum"],
        ["", "1002", "Budi Rahman", "I", "2026-12-01", "2026-12-01", "08:00", "10:00", "", "", "Mengantar anak"],
    ]  # fmt: skip
