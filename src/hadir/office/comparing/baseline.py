"""One act that tells what stands in columns of which no act told before this release. Once for each column."""

from __future__ import annotations

from django.apps import apps
from django.db import transaction

from hadir.office.acts.actions import write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.acts.truth import BASELINE, TABLES, TruthTable
from hadir.office.comparing.folding import columns_of
from hadir.office.roles import ActBy
from hadir.records.server_records import Decision
from hadir.records.strict import decode

NOBODY = 0
"""In place of a person: the program wrote it, at an upgrade."""


@transaction.atomic
def write_baseline(now_ms: int) -> int:
    """Tell of every column that no baseline covers yet; how many tables have one. Nothing where all are covered.

    What an earlier baseline told is not told anew: whoever reads the journal would not believe it.
    """
    covered = _covered()
    open_tables = {table: columns for table in TABLES if (columns := _open_columns(table, covered))}
    if not open_tables:
        return 0
    told = "\n".join(f"{table.name} {' '.join(columns)}" for table, columns in open_tables.items())
    act = write_decision(by=ActBy.of(NOBODY, now_ms), act=BASELINE, about="tables", after=told)
    models = {model._meta.db_table: model for model in apps.get_models()}  # noqa: SLF001 - Django's name
    write_rows(act, *(models[table.name]._default_manager.all() for table in open_tables))  # noqa: SLF001 - Django's name
    return len(open_tables)


def _covered() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for body in OutboxRow.objects.filter(act=BASELINE).values_list("body", flat=True):
        for name, columns in columns_of(decode(bytes(body), Decision).after or "").items():
            found.setdefault(name, set()).update(columns)
    return found


def _open_columns(table: TruthTable, covered: dict[str, set[str]]) -> list[str]:
    return [column.name for column in table.columns if column.name not in covered.get(table.name, set())]
