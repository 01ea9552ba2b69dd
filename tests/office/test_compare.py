"""Whatever is changed in the office's tables behind the acts' back is found and named."""

from __future__ import annotations

# ruff: noqa: S608 - names of our own tables
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client, RequestFactory

from hadir.ledger.sqlite import SqliteJournal
from hadir.office.accounts.actions import end_role, give_role
from hadir.office.accounts.log_ins import note_bad, note_good, settle
from hadir.office.accounts.models import LogIn, LogInOutcome, RoleGrant, User
from hadir.office.acts.actions import write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.acts.truth import (
    BASELINE,
    LEFT_OUT,
    LOG_IN_COLUMNS,
    LOG_INS,
    NO_TRUTH,
    RECORD_COLUMNS,
    RECORDS,
    TABLE_OF,
    TABLES,
    ColumnShape,
    TruthColumn,
    TruthTable,
)
from hadir.office.acts.writer import move_outbox
from hadir.office.comparing.actions import is_due, keep, write_baseline
from hadir.office.comparing.differing import WHATS, compare
from hadir.office.people.models import Person, Superior
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.records.kinds import Kind
from hadir.site import Site
from hadir.texts import catalogue
from rehearsal.demo import cast as demo
from tests.office.conftest import at

MODEL_OF = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
_CHECKS = f"""
SELECT relname, conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
WHERE contype = 'c' AND relname IN ({", ".join(f"'{table.name}'" for table in TABLES)})
"""
_OTHER = {
    ColumnShape.NUMBER: 9_876,
    ColumnShape.TEXT: "changed",
    ColumnShape.YES_OR_NO: True,
    ColumnShape.DATE: "2031-02-03",
    ColumnShape.DECIMAL: "7.25",
    ColumnShape.JSON: '{"changed": true}',
    ColumnShape.BYTES: b"changed",
}


def test_every_column_of_every_table_is_classified() -> None:
    """A new column stands in `TABLES`, or in `LEFT_OUT` or `NO_TRUTH` with its reason, before it comes into use."""
    for name, model in MODEL_OF.items():
        if name.startswith(tuple(NO_TRUTH)):
            assert name not in TABLE_OF, f"{name} is truth and is not"
            continue
        left_out = set(LEFT_OUT.get(name, ()))
        by_itself = {RECORDS: RECORD_COLUMNS, LOG_INS: LOG_IN_COLUMNS}
        told = set(by_itself.get(name) or (column.name for column in TABLE_OF[name].columns))
        there = {str(field.column) for field in model._meta.concrete_fields}
        assert told | left_out == there, f"{name}: say of each column whether it is truth"
        assert not told & left_out
    assert set(TABLE_OF) <= set(MODEL_OF), "a table that is no more"
    idle = [begin for begin in NO_TRUTH if not any(name.startswith(begin) for name in MODEL_OF)]
    assert not idle, "reasons for tables that are no more"


def test_shapes_are_those_of_the_fields() -> None:
    shapes: list[tuple[type[Any], ColumnShape]] = [
        (models.BooleanField, ColumnShape.YES_OR_NO),
        (models.DateField, ColumnShape.DATE),
        (models.DecimalField, ColumnShape.DECIMAL),
        (models.JSONField, ColumnShape.JSON),
        (models.BinaryField, ColumnShape.BYTES),
        (models.CharField, ColumnShape.TEXT),
        (models.TextField, ColumnShape.TEXT),
        (models.IntegerField, ColumnShape.NUMBER),
    ]
    for table in TABLES:
        for column in table.columns:
            field = _field(table, column)
            while isinstance(field, models.ForeignKey):
                field = field.target_field
            assert column.shape is next(shape for kind, shape in shapes if isinstance(field, kind)), column


def test_nothing_differs_in_a_site_that_people_filled(site: Site, db: None) -> None:
    found = compare(site)
    assert (found.count, found.tables) == (0, len(TABLES) + 2)
    assert found.acts > 100
    _journal(site)
    assert compare(site).count == 0


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_column_that_is_changed_is_named(site: Site, db: None, table: TruthTable) -> None:
    with _a_row(table) as key:
        assert compare(site).count == 0
        for column in table.columns:
            with _changed(table, key, column):
                told = [(one.table, one.key, one.column) for one in compare(site).differences]
                if column is table.key:
                    assert (table.name, key, None) in told, column
                else:
                    assert told == [(table.name, key, column.name)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_row_that_is_removed_or_put_in_is_named(site: Site, db: None, table: TruthTable) -> None:
    with _a_row(table) as key:
        with _rolled_back():
            _sql(f"DELETE FROM {_q(table.name)} WHERE {_q(table.key.name)} = %s", key)
            assert [(one.key, one.what) for one in compare(site).differences] == [(key, "missing")]
        with _rolled_back():
            other = _put_row(table, key="987654")
            assert [(one.key, one.what) for one in compare(site).differences] == [(other, "too_much")]


@pytest.mark.parametrize("column", RECORD_COLUMNS)
def test_each_column_of_a_record_that_is_changed_is_named(site: Site, db: None, column: str) -> None:
    write_decision(by=ActBy.of(demo.RINA, at(8, 0), "Saya lihat."), act="day.test", about="day/1")
    _journal(site)
    seq = OutboxRow.objects.filter(act="day.test").values_list("seq", flat=True)[0]
    field = OutboxRow._meta.get_field(column)
    value: object = 9_876 if isinstance(field, models.IntegerField) else "changed"
    with _rolled_back():
        changed = b"changed" if isinstance(field, models.BinaryField) else value
        _sql(f"UPDATE {_q(RECORDS)} SET {_q(column)} = %s WHERE seq = %s", changed, seq)
        told = {(one.table, one.column) for one in compare(site).differences}
        place = {(RECORDS, None)} if column in {"origin", "index"} else {(RECORDS, column)}
        assert told >= place
        assert {name for name, _ in told} == {RECORDS}


def test_a_role_that_nobody_gave_is_found(site: Site, db: None) -> None:
    _journal(site)
    unit = RoleGrant.objects.get(user__login="wati").unit_id
    user = User.objects.get(login="tono")
    RoleGrant.objects.create(
        user=user, role="personnel", unit_id=unit, from_date=date(2026, 1, 1), recorded_at_ms=at(8, 0)
    )
    told = compare(site).differences
    assert [(one.table, one.what) for one in told] == [("accounts_rolegrant", "too_much")]


def test_a_role_that_was_given_and_ended_is_told_with_both_rows(site: Site, db: None) -> None:
    rina = Actor(person=demo.RINA, grants=(Grant(role=Role.PERSONNEL, path=f"/{demo.REGENCY}/"),))
    unit, tono = RoleGrant.objects.get(user__login="wati").unit, User.objects.get(login="tono")
    given = give_role(
        user=tono,
        role=Role.OPERATOR,
        unit=unit,
        from_date=date(2026, 11, 1),
        until_date=None,
        by=ActBy(rina, at(8, 0), "Menggantikan."),
    )
    assert compare(site).count == 0
    end_role(grant=given, from_date=date(2026, 11, 24), by=ActBy(rina, at(9, 0), "Selesai."))
    assert RoleGrant.objects.filter(user=tono).count() == 2
    assert compare(site).count == 0


def test_words_that_were_changed_are_found(site: Site, db: None) -> None:
    write_decision(by=ActBy.of(demo.RINA, at(8, 0), "Saya lihat."), act="day.test", about="day/1")
    _journal(site)
    OutboxRow.objects.filter(act="day.test").update(reason=b"0" * 16 + b"Tidak.")
    assert [(one.table, one.column) for one in compare(site).differences] == [(RECORDS, "reason")]


def test_a_record_that_is_removed_is_found(site: Site, db: None) -> None:
    write_decision(by=ActBy.of(demo.RINA, at(8, 0)), act="day.test", about="day/1")
    _journal(site)
    OutboxRow.objects.filter(act="day.test").delete()
    assert [(one.table, one.what) for one in compare(site).differences] == [(RECORDS, "missing")]


def test_a_record_that_is_in_the_journal_before_the_outbox_knows_it_is_no_fault(site: Site, db: None) -> None:
    _journal(site)
    OutboxRow.objects.filter(seq__gt=50).update(index=None, origin="")
    assert compare(site).count == 0


def test_nothing_private_stands_in_what_is_told_or_in_a_leaf(site: Site, db: None) -> None:
    secrets = [Person.objects.get(pk=demo.SARI).full_name, User.objects.get(login="rina").password]
    _sql("UPDATE people_person SET full_name = 'Somebody Else' WHERE number = %s", demo.SARI)
    _sql("UPDATE accounts_user SET password = 'mine' WHERE login = 'rina'")
    told = json.dumps(compare(site).members)
    assert "people_person" in told
    assert "accounts_user" in told
    for secret in (*secrets, "Somebody Else", "mine"):
        assert secret not in told
    bodies = b"".join(bytes(row.body) for row in OutboxRow.objects.filter(kind=Kind.OFFICE_ROWS))
    assert all(secret.encode() not in bodies for secret in secrets)


def test_two_people_of_one_name_have_different_digests(site: Site, db: None) -> None:
    rows = [json.loads(bytes(row.body)) for row in OutboxRow.objects.filter(kind=Kind.OFFICE_ROWS)]
    told = [one["values"]["title_before"] for row in rows for one in row["rows"] if one["table"] == "people_person"]
    assert len(set(told)) == len(told) > 10


# --- log-ins ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def log_ins(site: Site, db: None) -> tuple[LogIn, LogIn, LogIn]:
    """A good one, two wrong passwords that became a record, and one that still waits."""
    wati = User.objects.get(login="wati")
    at_ms = at(8, 0)
    for minutes in (0, 0, 5):
        request = RequestFactory().post("/kantor/masuk/", REMOTE_ADDR="10.0.0.7")
        request.now_ms = at_ms + minutes * 60_000  # type: ignore[attr-defined] - what the middleware sets
        note_bad(request, wati, LogInOutcome.PASSWORD)  # type: ignore[arg-type]
    settle(at_ms + 61_000)
    note_good(request, wati)  # type: ignore[arg-type]
    bad, good = LogIn.objects.filter(user=wati).exclude(record=None).order_by("at_ms")
    _journal(site)
    assert (bad.times, good.outcome) == (2, LogInOutcome.GOOD)
    return good, bad, LogIn.objects.get(user=wati, record=None)


@pytest.mark.parametrize(
    "other", [{"user_id": None}, {"at_ms": 5}, {"outcome": "half"}, {"times": 9}, {"address": "x"}]
)
def test_a_log_in_that_says_something_else_than_its_record_is_found(
    site: Site, log_ins: tuple[LogIn, LogIn, LogIn], other: dict[str, object]
) -> None:
    assert compare(site).count == 0, "one that waits for its record is no difference"
    for row in log_ins[:2]:
        with transaction.atomic():
            LogIn.objects.filter(pk=row.pk).update(**other)
            told = [(one.table, one.key, one.column, one.what) for one in compare(site).differences]
            assert told == [(LOG_INS, str(row.pk), *other, "differs")]
            transaction.set_rollback(True)


def test_a_log_in_that_is_gone_or_belongs_to_another_record_is_found(
    site: Site, log_ins: tuple[LogIn, LogIn, LogIn]
) -> None:
    good, bad, waiting = log_ins
    with transaction.atomic():
        bad.delete()
        LogIn.objects.filter(pk=good.pk).update(record=None)
        assert [(one.table, one.what) for one in compare(site).differences] == [(LOG_INS, "missing")] * 2
        transaction.set_rollback(True)
    LogIn.objects.filter(pk=waiting.pk).update(record=OutboxRow.objects.filter(act="fact.role")[0])
    assert [(one.key, one.what) for one in compare(site).differences] == [(str(waiting.pk), "too_much")]


# --- baselines --------------------------------------------------------------------------------------------------------


def test_a_site_of_an_older_release_is_told_once(site: Site, db: None) -> None:
    """Before, no act told of rows: everything differs. One act at the upgrade tells what stands."""
    OutboxRow.objects.filter(kind=Kind.OFFICE_ROWS).delete()
    OutboxRow.objects.filter(act=BASELINE).delete()
    _journal(site)
    assert {one.what for one in compare(site).differences} == {"no_baseline", "too_much"}
    assert write_baseline(at(9, 0)) == len(TABLES)
    assert write_baseline(at(9, 1)) == 0
    _journal(site)
    assert compare(site).count == 0


def test_another_baseline_makes_nothing_good(site: Site, db: None) -> None:
    _journal(site)
    Superior.objects.filter(person=demo.SARI).update(superior=demo.HASAN)
    act = write_decision(
        by=ActBy.of(0, at(9, 0)), act=BASELINE, about="tables", after="people_superior id superior_id person_id"
    )
    write_rows(act, Superior.objects.all())
    assert [(one.table, one.column) for one in compare(site).differences] == [("people_superior", "superior_id")]


def test_an_act_that_has_no_business_with_a_table_is_found(site: Site, db: None) -> None:
    act = write_decision(by=ActBy.of(demo.RINA, at(9, 0)), act="day.confirm", about="day/1")
    grant = RoleGrant.objects.get(user__login="wati")
    grant.role = "personnel"
    grant.save()
    write_rows(act, grant)
    assert {(one.table, one.what) for one in compare(site).differences} >= {("accounts_rolegrant", "foreign_act")}


# --- by plain SQL -----------------------------------------------------------------------------------------------------


def _journal(site: Site) -> None:
    with closing(SqliteJournal(site.journal_folder("office"), site.office_signer())) as journal:
        move_outbox(journal, now_ms=at(9, 0))


def _q(name: str) -> str:
    return connection.ops.quote_name(name)


def _sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@contextmanager
def _rolled_back() -> Iterator[None]:
    with transaction.atomic():
        _check_constraints(on=False)
        yield
        _check_constraints(on=True)
        transaction.set_rollback(True)


def _check_constraints(*, on: bool) -> None:
    """Whoever changes tables by SQL is held up by none. In PostgreSQL they come back with the end of the test."""
    if connection.vendor == "sqlite":
        _sql(f"PRAGMA ignore_check_constraints = {'OFF' if on else 'ON'}")
        return
    with connection.cursor() as cursor:
        cursor.execute(_CHECKS)
        for table, constraint in [] if on else cursor.fetchall():
            cursor.execute(f"ALTER TABLE {_q(table)} DROP CONSTRAINT {_q(constraint)}")


@contextmanager
def _a_row(table: TruthTable) -> Iterator[str]:
    """A row of the table, told by an act that may; its key."""
    with _rolled_back():
        key = _put_row(table, key="876543")
        act = write_decision(by=ActBy.of(demo.RINA, at(8, 0)), act=f"{table.acts[0]}x", about="test")
        write_rows(act, MODEL_OF[table.name]._default_manager.filter(pk=key))
        yield key


def _put_row(table: TruthTable, *, key: str) -> str:
    values = [key if column is table.key else _first(_field(table, column), key) for column in table.columns]
    names = ", ".join(_q(column.name) for column in table.columns)
    marks = ", ".join(["%s"] * len(values))
    _sql(f"INSERT INTO {_q(table.name)} ({names}) VALUES ({marks})", *values)
    return key


def _first(field: models.Field[Any, Any], key: str) -> object:  # noqa: PLR0911 - one for each kind
    """A value of that kind; a unique one in a unique column."""
    if isinstance(field, models.ForeignKey):
        target = field.target_field
        return key if isinstance(target, models.CharField) or field.unique else int(key)
    if isinstance(field, models.JSONField):
        return '{"a": [1, "x"]}'
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.DateField):
        return "2030-01-02"
    if isinstance(field, models.DecimalField):
        return str(Decimal("1.50"))
    if isinstance(field, models.BinaryField):
        return b"bytes"
    if isinstance(field, models.IntegerField):
        return int(key) % 30_000
    return f"x{key}"[: field.max_length]


@contextmanager
def _changed(table: TruthTable, key: str, column: TruthColumn) -> Iterator[None]:
    with _rolled_back():
        statement = f"UPDATE {_q(table.name)} SET {_q(column.name)} = %s WHERE {_q(table.key.name)} = %s"
        other = _OTHER[column.shape]
        _sql(statement, other[: _field(table, column).max_length] if isinstance(other, str) else other, key)
        yield


def _field(table: TruthTable, column: TruthColumn) -> models.Field[Any, Any]:
    return next(field for field in MODEL_OF[table.name]._meta.concrete_fields if field.column == column.name)


# --- by itself, on a page, in figures, by command ---------------------------------------------------------------------


def test_it_is_due_once_a_month_at_night_or_late_in_a_quiet_hour() -> None:
    zone = "Asia/Makassar"
    assert is_due(None, at(2, 0), zone)
    assert not is_due(None, at(7, 30), zone)
    assert is_due(None, at(14, 0), zone), "the machine slept through its nights"
    assert not is_due(at(2, 0, day=1), at(2, 0), zone)
    assert is_due(at(2, 0, day=1), at(2, 0) + 31 * 86_400_000, zone)


def test_the_result_stands_on_a_page_for_who_may_see_it_and_in_figures(
    site: Site, joko: Client, rina: Client, wati: Client
) -> None:
    assert "Belum pernah dicek" in joko.get("/kantor/cek-jurnal/").content.decode()
    keep(compare(site), at_ms=at(2, 0))
    assert "Semua data sama dengan jurnal" in rina.get("/kantor/cek-jurnal/").content.decode()
    Superior.objects.filter(person=demo.SARI).update(superior=demo.HASAN)
    keep(compare(site), at_ms=at(3, 0))
    page = joko.get("/kantor/cek-jurnal/").content.decode()
    assert "1 hal berbeda dari jurnal" in page
    assert "Atasan langsung" in page
    assert wati.get("/kantor/cek-jurnal/").status_code == 403
    figures = Client().get("/kantor/metrics").content.decode()
    assert "hadir_office_differences 1\n" in figures
    assert Client().get("/kantor/metrics", headers={"X-Forwarded-For": "10.0.0.7"}).status_code == 404


def test_every_table_and_every_finding_has_its_words() -> None:
    told = {f"compare.table.{table.name}" for table in TABLES} | {
        f"compare.table.{RECORDS}",
        f"compare.table.{LOG_INS}",
    }
    told |= {f"compare.what.{what}" for what in WHATS}
    assert told <= catalogue().keys()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="changes the tables in the demo's own file")
def test_the_command_tells_every_difference(tmp_path: Path) -> None:
    """A demo site, and one of a newcomer, compare clean; a change by plain SQL does not."""
    data = tmp_path / "demo"
    assert _hadir("demo", "--data", str(data)).returncode == 0
    done = _hadir("office", "compare", "--data", str(data), "--json")
    told = json.loads(done.stdout)
    assert told.keys() == {"acts", "tables", "differences"}
    assert (done.returncode, told["differences"]) == (0, [])
    assert told["acts"] > 100
    assert "people_person" in done.stderr
    with closing(sqlite3.connect(data / "office.sqlite")) as database, database:
        database.execute("UPDATE accounts_rolegrant SET role = 'personnel' WHERE role = 'operator'")
    done = _hadir("office", "compare", "--data", str(data), "--json")
    found = json.loads(done.stdout)["differences"]
    assert done.returncode == 1
    assert {(one["table"], one["column"], one["expected"], one["found"]) for one in found} == {
        ("accounts_rolegrant", "role", "operator", "personnel")
    }


_EDITS = {
    "a date that no calendar has": (
        "UPDATE duties_lawact SET from_date = '9999-99-99' WHERE number = 1",
        ("duties_lawact", "1", "from_date", "differs"),
    ),
    "a name that is bytes": (
        "UPDATE people_person SET full_name = x'ff00' WHERE number = 1001",
        ("people_person", "1001", "full_name", "differs"),
    ),
    "a text that is no UTF-8": (
        "UPDATE people_person SET employment = CAST(x'ff' AS TEXT) WHERE number = 1001",
        ("people_person", "1001", "employment", "differs"),
    ),
    "a yes that is seven": (
        "UPDATE accounts_user SET is_active = 7 WHERE id = 1",
        ("accounts_user", "1", "is_active", "differs"),
    ),
    "a waiting record that is none": (
        f"UPDATE {RECORDS} SET body = x'ff' WHERE seq = (SELECT max(seq) FROM {RECORDS})",
        (RECORDS, None, "body", "differs"),
    ),
    "a table that is gone": ("DROP TABLE months_carried", ("months_carried", "", None, "missing")),
    "a column that is gone": (
        "ALTER TABLE people_person DROP COLUMN title_after",
        ("people_person", "", "title_after", "missing"),
    ),
    "a list of log-ins that is gone": ("DROP TABLE accounts_login", ("accounts_login", "", None, "missing")),
    "an outbox that is gone": ("DROP TABLE acts_outboxrow", ("acts_outboxrow", "", None, "missing")),
}


@pytest.mark.parametrize("edit", _EDITS)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone holds such values")
def test_no_edit_hides_the_others(site: Site, db: None, edit: str) -> None:
    """What no converter can read is a difference beside all others, and JSON can tell it."""
    statement, wanted = _EDITS[edit]
    Superior.objects.filter(person=demo.SARI).update(superior=demo.HASAN)
    _sql("PRAGMA defer_foreign_keys = ON")
    with _rolled_back():
        _sql(statement)
        found = compare(site)
    told = [(one.table, one.key, one.column, one.what) for one in found.differences]
    assert any(one == (wanted[0], wanted[1] or one[1], *wanted[2:]) for one in told), told
    assert ("people_superior", "superior_id") in {(one[0], one[2]) for one in told}
    json.dumps(found.members, allow_nan=False).encode()


def _hadir(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "hadir.cli", *words], capture_output=True, text=True, check=False)
