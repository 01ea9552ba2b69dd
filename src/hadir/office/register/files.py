"""Files that people fill in and mend: a sample list, and the rows of a list that were not taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct, json

from hadir.office.register.plan import StaffPlan
from hadir.office.register.staff_rows import EXAMPLE_NAME
from hadir.office.tables.faults import RowFault
from hadir.office.tables.table import is_workbook
from hadir.office.tables.writing import WIDTH, SheetOut, table_file
from hadir.texts import Lang, render

FAULT_HEADING = "Kesalahan"
"""No column that the import knows: it passes it over when the file comes back."""
_SAMPLE = {
    "NIP": "198001012005011001",
    "Nama": EXAMPLE_NAME,
    "Gelar depan": "Dra.",
    "Gelar belakang": "M.Pd.",
    "Jenis pegawai": "PNS",
    "Unit": "Dinas Pendidikan > SDN Contoh 1",
    "Atasan": "",
    "Mulai": "01/12/2026",
    "Sampai": "",
    "Hari kerja": "",
    "Pangkat/golongan": "III/a",
    "Jabatan": "Guru Kelas",
}


def sample_list(kind: str, helps: Sequence[str], lang: Lang) -> bytes:
    """A list with its headings and one row that shows how; in a workbook a second sheet says what each column means."""
    told = [[render(code, lang)] for code in helps]
    meant = SheetOut(title=render("register.template_help", lang), rows=told, widths=[4 * WIDTH], has_heads=False)
    return table_file(kind, SheetOut(rows=[list(_SAMPLE), list(_SAMPLE.values())]), meant)


class LeftRow(Struct, frozen=True):
    """A row as it was written, and what is wrong with it: empty where it is left out with another of its person."""

    cells: tuple[str, ...]
    wrong: tuple[RowFault, ...]


class LeftOut(Struct, frozen=True):
    """What is not taken of a list, so that it can be mended: its headings and rows, and the kind of file it was."""

    kind: str
    headings: tuple[str, ...]
    rows: tuple[LeftRow, ...]


def left_out_of(plan: StaffPlan, data: bytes) -> LeftOut:
    """The rows that the plan for the list in `data` leaves out."""
    wrong: dict[int, list[RowFault]] = defaultdict(list)
    for cell in plan.bad:
        wrong[cell.row].append(cell)
    kept = [place for place, head in enumerate(plan.table.headings) if head.strip() != FAULT_HEADING]
    rows = [row for row in plan.table.rows if row.number in plan.left_out]
    return LeftOut(
        kind="xlsx" if is_workbook(data) else "csv",
        headings=tuple(plan.table.headings[place] for place in kept),
        rows=tuple(
            LeftRow(
                cells=tuple(row.written[place] if place < len(row.written) else "" for place in kept),
                wrong=tuple(wrong[row.number]),
            )
            for row in rows
        ),
    )


def faulty_rows(left: LeftOut, lang: Lang) -> bytes:
    """The rows that are not taken, each with what is wrong, to be mended and brought again."""
    with_others = render("register.with_others", lang)
    rows = [[*left.headings, FAULT_HEADING]]
    for row in left.rows:
        told = (
            f"{render(f'register.column.{cell.column}', lang)}: {render(cell.code, lang, cell.params)}"
            for cell in row.wrong
        )
        rows.append([*row.cells, "; ".join(told) or with_others])
    return table_file(left.kind, SheetOut(rows=rows))


def packed(left: LeftOut) -> bytes:
    """As an upload keeps it once the other rows were taken; empty for none."""
    return json.encode(left) if left.rows else b""


def unpacked(data: bytes) -> LeftOut | None:
    return json.decode(data, type=LeftOut) if data else None
