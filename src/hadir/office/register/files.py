"""Files that people fill in and mend: a sample list, and the rows of a list that were not taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from hadir.office.register.plan import StaffPlan
from hadir.office.register.staff_rows import EXAMPLE_NAME
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


def faulty_rows(plan: StaffPlan, kind: str, lang: Lang) -> bytes:
    """The rows that are not taken, as they were written, each with what is wrong, to be mended and brought again."""
    wrong: dict[int, list[str]] = defaultdict(list)
    for cell in plan.bad:
        said = render(cell.code, lang, cell.params)
        wrong[cell.row].append(f"{render(f'register.column.{cell.column}', lang)}: {said}")
    kept = [place for place, head in enumerate(plan.table.headings) if head.strip() != FAULT_HEADING]
    with_others = render("register.with_others", lang)
    rows = [[*(plan.table.headings[place] for place in kept), FAULT_HEADING]]
    for row in plan.table.rows:
        if row.number in plan.left_out:
            cells = [row.written[place] if place < len(row.written) else "" for place in kept]
            rows.append([*cells, "; ".join(wrong[row.number]) or with_others])
    return table_file(kind, SheetOut(rows=rows))
