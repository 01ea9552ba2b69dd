"""One row of a staff list: texts in, a `StaffRow` or its faults out. Pure; knows nothing of who is there already."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from hadir.office.ground.ranks import rank_code
from hadir.office.ground.staff_kinds import staff_kinds
from hadir.office.ground.zones import Zone
from hadir.office.page.asked import YEARS
from hadir.office.people.models import AssignmentKind
from hadir.office.tables.faults import RowFault
from hadir.office.tables.table import Table, TableRow, heading, table_of

_Choice = TypeVar("_Choice")

NAME_LENGTH_MAX = 200
TITLE_LENGTH_MAX = 60
POSITION_LENGTH_MAX = 120
CODE_LENGTH_MAX = 40
DEPTH_MAX = 12
PLACES_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitName:
    """A unit as a row names it: by its code, or by the names from the top down to it."""

    code: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRow:
    """What a row says. None is where it says nothing: then as it is known, or (`from_date`) from the import's day."""

    number: int
    person_number: int | None
    nip: str | None
    full_name: str
    title_before: str | None
    title_after: str | None
    employment: str | None
    unit: UnitName
    kind: AssignmentKind
    further: tuple[UnitName, ...]
    superior: str
    from_date: date | None
    until_date: date | None
    weekdays: str | None
    """`012` for Monday to Wednesday, empty for all; None where the row says nothing."""
    rank: str | None
    position: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit with its code, its parent's code (empty: below the top) and its zone (None: its parent's)."""

    number: int
    code: str
    name: str
    parent: str
    zone: Zone | None


@dataclass(frozen=True, slots=True)
class StaffList:
    """Everything that a file says, and every cell that says nothing."""

    table: Table
    staff: tuple[StaffRow, ...]
    units: tuple[UnitRow, ...]
    bad: tuple[RowFault, ...]

    @property
    def rows(self) -> int:
        return len(self.table.rows)


EXAMPLE_NAME = "CONTOH (hapus baris ini)"
"""The name in the row that shows how to fill the list in; such a row is no person."""

#: our name of a column -> how people head it.
COLUMNS = {
    "number": ("nomor", "nomor hadir", "number"),
    "nip": ("nip", "nip/nipppk", "nipppk", "nip baru"),
    "name": ("nama", "nama lengkap", "nama pegawai", "name", "full name"),
    "title_before": ("gelar depan", "title before"),
    "title_after": ("gelar belakang", "title after"),
    "employment": ("jenis", "jenis pegawai", "status pegawai", "status kepegawaian", "employment"),
    "unit": ("unit", "unit kerja", "unit organisasi"),
    "unit_code": ("kode unit", "unit code"),
    "unit_name": ("nama unit", "unit name"),
    "parent_code": ("kode unit atasan", "kode induk", "kode unit induk", "parent code"),
    "zone": ("zona", "zona waktu", "zone"),
    "kind": ("penugasan", "jenis penugasan", "assignment"),
    "further": ("unit lain", "unit tambahan", "further units"),
    "superior": ("atasan", "nip atasan", "superior"),
    "from": ("mulai", "tmt", "berlaku mulai", "from"),
    "until": ("sampai", "berlaku sampai", "until"),
    "weekdays": ("hari kerja", "hari", "weekdays"),
    "rank": ("pangkat", "golongan", "pangkat/golongan", "pangkat/gol", "gol", "rank"),
    "position": ("jabatan", "nama jabatan", "position"),
}
_HEADINGS = {heading(spelling): name for name, spellings in COLUMNS.items() for spelling in spellings}
_KINDS = {
    "": AssignmentKind.HOME,
    "induk": AssignmentKind.HOME,
    "utama": AssignmentKind.HOME,
    "home": AssignmentKind.HOME,
    "tambahan": AssignmentKind.FURTHER,
    "further": AssignmentKind.FURTHER,
}
_ZONES = {
    "wib": Zone.WIB,
    "wita": Zone.WITA,
    "wit": Zone.WIT,
    **{heading(zone.value): zone for zone in Zone},
}
_DAY_NAMES = (
    ("senin", "sen", "monday", "mon"), ("selasa", "sel", "tuesday", "tue"), ("rabu", "rab", "wednesday", "wed"),
    ("kamis", "kam", "thursday", "thu"), ("jumat", "jum'at", "jum", "friday", "fri"),
    ("sabtu", "sab", "saturday", "sat"), ("minggu", "ahad", "min", "sunday", "sun"),
)  # fmt: skip
_WEEKDAYS = {name: place for place, names in enumerate(_DAY_NAMES) for name in names}
_EVERY_DAY = {heading(text) for text in ("semua", "semua hari", "setiap hari", "every day", "all")}
_NIP = re.compile(r"\d{18}", re.ASCII)
_NUMBER = re.compile(r"\d{1,10}", re.ASCII)
_CODE = re.compile(rf"[A-Za-z0-9._/-]{{1,{CODE_LENGTH_MAX}}}")
_AS_NUMBER = re.compile(r"\d([.,]\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)
_STEP = re.compile(r"\s*(?:>|\s/\s)\s*")


def read_staff(data: bytes) -> StaffList:
    """The list in `data` (CSV or XLSX). TableRefusedError when it is none."""
    table = table_of(data, _HEADINGS, one_of=("name", "unit_name"))
    staff: list[StaffRow] = []
    units: list[UnitRow] = []
    bad: list[RowFault] = []
    for row in table.rows:
        if row.cells.get("name") == EXAMPLE_NAME:
            continue
        cells = _Cells(row)
        unit = cells.unit_row()
        person = None if cells.is_unit_only else cells.staff_row()
        bad += cells.bad
        if unit is not None and not cells.bad:
            units.append(unit)
        if person is not None and not cells.bad:
            staff.append(person)
    return StaffList(table=table, staff=tuple(staff), units=tuple(units), bad=tuple(bad))


def _employments() -> dict[str, str]:
    return {heading(spelt): code for code, kind in staff_kinds().items() for spelt in (code, *kind.spelt)}


@dataclass
class _Cells:
    """A row while it is read: each reader takes its cell, and notes what is wrong with it."""

    row: TableRow
    bad: list[RowFault] = field(default_factory=list)

    @property
    def is_unit_only(self) -> bool:
        """A row that speaks of a unit and of nobody."""
        return bool(self.text("unit_name")) and not self.text("name") and not self.text("nip")

    def text(self, column: str) -> str:
        return self.row.cells.get(column, "")

    def wrong(self, column: str, fault: str) -> None:
        self.bad.append(RowFault(self.row.number, column, fault))

    def staff_row(self) -> StaffRow | None:
        row = StaffRow(
            number=self.row.number,
            person_number=self.person_number(),
            nip=self.nip(),
            full_name=self.full_name(),
            title_before=self.title("title_before"),
            title_after=self.title("title_after"),
            employment=self.chosen("employment", _employments(), "register.fault.bad_employment")
            if self.text("employment")
            else None,
            unit=self.unit(),
            kind=self.chosen("kind", _KINDS, "register.fault.bad_kind") or AssignmentKind.HOME,
            further=self.further(),
            superior=self.superior(),
            from_date=self.day("from"),
            until_date=self.day("until"),
            weekdays=self.weekdays(),
            rank=self.rank(),
            position=self.short("position", POSITION_LENGTH_MAX) or None,
        )
        if row.from_date and row.until_date and row.until_date <= row.from_date:
            self.wrong("until", "register.fault.backward")
        return None if self.bad else row

    def unit_row(self) -> UnitRow | None:
        """A row with a unit's code and name opens that unit, whether or not a person stands in it too."""
        if not self.text("unit_name") or not self.text("unit_code"):
            return None
        return UnitRow(
            number=self.row.number,
            code=self.code("unit_code"),
            name=self.short("unit_name", NAME_LENGTH_MAX),
            parent=self.code("parent_code") if self.text("parent_code") else "",
            zone=self.chosen("zone", _ZONES, "register.fault.bad_zone") if self.text("zone") else None,
        )

    def person_number(self) -> int | None:
        text = self.text("number")
        if text and not _NUMBER.fullmatch(text):
            self.wrong("number", "register.fault.bad_number")
            return None
        return int(text) if text else None

    def nip(self) -> str | None:
        text = self.text("nip").lstrip("'").replace(" ", "")
        if text in {"", "-"}:
            return None
        if _AS_NUMBER.fullmatch(text):
            self.wrong("nip", "register.fault.nip_as_number")
        elif not _NIP.fullmatch(text) or _iso_day(f"{text[:4]}-{text[4:6]}-{text[6:8]}") is None:
            self.wrong("nip", "register.fault.bad_nip")
        return text

    def full_name(self) -> str:
        name = " ".join(self.text("name").split())
        if not any(letter.isalpha() for letter in name):
            self.wrong("name", "register.fault.no_name")
        return self.checked("name", name, NAME_LENGTH_MAX)

    def title(self, column: str) -> str | None:
        return self.short(column, TITLE_LENGTH_MAX) if column in self.row.cells else None

    def short(self, column: str, length_max: int) -> str:
        return self.checked(column, " ".join(self.text(column).split()), length_max)

    def checked(self, column: str, text: str, length_max: int) -> str:
        if len(text) > length_max:
            self.wrong(column, "register.fault.name_too_long")
        if any(unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cn"} for letter in text):
            self.wrong(column, "register.fault.bad_letters")
        return text

    def chosen(self, column: str, choices: Mapping[str, _Choice], fault: str) -> _Choice | None:
        found = choices.get(heading(self.text(column)))
        if found is None:
            self.wrong(column, fault)
        return found

    def code(self, column: str) -> str:
        text = self.text(column)
        if not _CODE.fullmatch(text):
            self.wrong(column, "register.fault.bad_unit")
        return text

    def unit(self) -> UnitName:
        if self.text("unit_code"):
            return UnitName(code=self.code("unit_code"))
        if not self.text("unit"):
            self.wrong("unit", "register.fault.no_unit")
        return self.unit_name("unit", self.text("unit"))

    def unit_name(self, column: str, text: str) -> UnitName:
        steps = tuple(" ".join(step.split()) for step in _STEP.split(text))
        if len(steps) > DEPTH_MAX or (text and not all(steps)):
            self.wrong(column, "register.fault.bad_unit")
        for step in steps:
            self.checked(column, step, NAME_LENGTH_MAX)
        return UnitName(path=steps)

    def further(self) -> tuple[UnitName, ...]:
        parts = [part.strip() for part in re.split(r"[;|]", self.text("further")) if part.strip()]
        if len(parts) > PLACES_MAX:
            self.wrong("further", "register.fault.bad_unit")
            return ()
        by_code = bool(self.text("unit_code"))
        return tuple(UnitName(code=part) if by_code else self.unit_name("further", part) for part in parts)

    def weekdays(self) -> str | None:
        if "weekdays" not in self.row.cells or not self.text("weekdays"):
            return None
        found = weekdays_of(self.text("weekdays"))
        if found is None:
            self.wrong("weekdays", "register.fault.bad_weekdays")
        return found

    def rank(self) -> str | None:
        text = self.text("rank")
        if text in {"", "-"}:
            return None
        found = rank_code(text)
        if found is None:
            self.wrong("rank", "register.fault.bad_rank")
        return found

    def superior(self) -> str:
        text = self.text("superior").lstrip("'").replace(" ", "")
        if text in {"", "-"}:
            return ""
        if not (_NIP.fullmatch(text) or _NUMBER.fullmatch(text)):
            self.wrong(
                "superior",
                "register.fault.nip_as_number" if _AS_NUMBER.fullmatch(text) else "register.fault.bad_superior",
            )
        return text

    def day(self, column: str) -> date | None:
        text = self.text(column)
        if text in {"", "-"}:
            return None
        found = _iso_day(text) or _indonesian_day(text)
        if found is None or found.year not in YEARS:
            self.wrong(column, "register.fault.bad_day")
            return None
        return found


def _iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _indonesian_day(text: str) -> date | None:
    """`24/11/2026` or `24-11-2026`: here the day comes first."""
    try:
        return datetime.strptime(text.replace("-", "/"), "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def weekdays_of(text: str) -> str | None:
    """`012` of `Senin-Rabu` or `Senin, Selasa, Rabu`; empty for every day; None where it is neither."""
    if heading(text) in _EVERY_DAY:
        return ""
    found: set[int] = set()
    for part in re.split(r"[,;+]| dan ", text.casefold()):
        ends = [_WEEKDAYS.get(name.strip()) for name in re.split(r"\s*[-\N{EN DASH}]\s*|\bs/d\b|\bsampai\b", part)]
        first, last = ends[0], ends[-1]
        if len(ends) > 2 or first is None or last is None or first > last:
            return None
        found.update(range(first, last + 1))
    return "" if len(found) == len(_DAY_NAMES) else "".join(map(str, sorted(found)))
