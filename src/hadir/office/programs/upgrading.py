"""From one release to the next: newer data is refused, and a failed upgrade leaves everything as it was.

1. Ask each journal for its version: one that we do not know is not touched.
2. Ask the office's tables which steps were taken: one that this release does not know means that a newer one was here.
3. Copy the office's database with SQLite's backup, while readers may go on.
4. Take the missing steps, and look whether the database is whole.
5. If anything failed: put the copy back. Else keep it, for whoever wants to go back by hand.
"""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from hadir.clock import SystemClock
from hadir.ledger import JournalError
from hadir.ledger.sqlite import JOURNAL_FILE, JournalReader
from hadir.office.ground.installation import HERE
from hadir.records.kinds import Kind
from hadir.site import Site, SiteError

COPY_PREFIX = "office.before-"
COPIES_KEPT = 3
_BEGINNING_LEAVES = 2
"""The first one may only say that a journal was opened."""
LAST_BEFORE = "the commit before 0.2.0 (docs/operating.md, Upgrade)"


class UpgradeError(SiteError):
    """The data cannot be brought to this release; the message says why, and what state they are in."""


class DatabaseMissingError(SiteError):
    """The office's tables are gone, while its journals hold what it did."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The steps taken, `app.name`, in their order, and the copy of what was before, if there was anything to copy."""

    steps: tuple[str, ...]
    copy: Path | None
    differences: Mapping[str, int] = field(default_factory=dict)
    """How many stored verdicts the installed rules would make dearer, milder, or something else at the same price; and
    how many of closed months, which stay.
    """


def upgrade_tables() -> Upgraded:
    """Bring the office's tables to this release. UpgradeError with everything as it was.

    Django must be set up. A database that is still empty is filled; it needs no copy.
    """
    from django.db import connection

    steps = _missing_steps()
    file = None if HERE.settings.office_db else HERE.office_db  # PostgreSQL's copy is its keeper's
    if not steps:
        return Upgraded((), None)
    if not connection.introspection.table_names():
        _make_tables()
        return Upgraded(steps, None)
    if file is None or not _has_tables(file):
        _take_steps()
        return Upgraded(steps, None)
    copy = _copy(file)
    try:
        _take_steps()
        _check(file)
    except _failures() as error:
        _put_back(copy, file)
        raise UpgradeError(
            f"the upgrade failed and everything is as it was before ({error}); the copy stays in {copy}"
        ) from error
    for old in sorted(file.parent.glob(f"{COPY_PREFIX}*.sqlite"))[:-COPIES_KEPT]:
        old.unlink()
    return Upgraded(steps, copy)


def refuse_missing_database(site: Site, office_db: str) -> None:
    """DatabaseMissingError where the office has records and its SQLite file is gone or empty: nobody may begin a new
    one in its place. A site that never had records begins. `office_db` names PostgreSQL, whose loss is its keeper's.
    """
    if office_db or _has_tables(site.office_db) or not any(map(_has_records, site.journal_folders())):
        return
    raise DatabaseMissingError(
        f"{site.office_db} is missing or empty, while the office's journals hold records: restore the newest backup "
        "with hadir restore (docs/operating.md); nothing was changed"
    )


def _has_records(folder: Path) -> bool:
    """Whether a journal of the office holds more than its own beginning and end. One that cannot be read may."""
    if folder.name.partition("-")[0] != "office" or not (folder / JOURNAL_FILE).exists():
        return False
    try:
        with closing(JournalReader(folder)) as reader:
            first = reader.read(0, min(_BEGINNING_LEAVES, reader.size()))
    except JournalError:
        return True
    return any(leaf.kind not in {Kind.JOURNAL_OPENED, Kind.JOURNAL_SEALED} for leaf in first)


def refuse_old_tables() -> None:
    """UpgradeError unless the office's tables are those of this release. Django must be set up."""
    if _missing_steps():
        raise UpgradeError("the office's tables are those of an older release. Run hadir upgrade first.")


def check_journals(site: Site) -> None:
    """UpgradeError for a journal of a version that this release cannot read."""
    for folder in site.journal_folders():
        if not (folder / JOURNAL_FILE).exists():
            continue
        try:
            JournalReader(folder).close()
        except JournalError as error:
            raise UpgradeError(f"{error}. Nothing was changed.") from error


def require_tables() -> None:
    """UpgradeError unless the office's tables are of this very release."""
    if _missing_steps():
        raise UpgradeError(
            "the office's tables are of an older release: stop the office and the follower, run "
            "`hadir upgrade --data DIR`, and start them again"
        )


def _missing_steps() -> tuple[str, ...]:
    """What this release has and the database has not. UpgradeError when it is the other way round."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    steps = executor.loader.disk_migrations or {}
    replaced = {step.app_label: set(step.replaces) for step in steps.values() if step.replaces}
    # Also the steps that one step of ours stands for by now.
    taken = {step for step in executor.recorder.applied_migrations() if step[0] in {app for app, _ in steps}}
    _refuse_unfinished(replaced, taken)
    foreign = sorted(f"{app}.{name}" for app, name in taken - steps.keys() - set().union(*replaced.values()))
    if foreign:
        raise UpgradeError(
            f"these data were written by a newer release ({', '.join(foreign)}): install it. Nothing was changed."
        )
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return tuple(f"{step.app_label}.{step.name}" for step, _ in plan)


def _refuse_unfinished(replaced: Mapping[str, set[tuple[str, str]]], taken: set[tuple[str, str]]) -> None:
    """UpgradeError for tables from between two releases: which steps are still to be taken is known there alone."""
    missing = sorted(f"{app}.{name}" for steps in replaced.values() if steps & taken for app, name in steps - taken)
    started = any(steps & taken for steps in replaced.values())
    none = sorted(app for app, steps in replaced.items() if started and not any(one == app for one, _ in taken))
    if missing or none:
        lacking = ", ".join([*missing, *(f"all of {app}" for app in none)])
        raise UpgradeError(
            f"these data are of a state before 0.2.0 that was never released; they lack {lacking}. Upgrade them with "
            f"{LAST_BEFORE} first, then with this release. Nothing was changed."
        )


def _take_steps() -> None:
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def _make_tables() -> None:
    """A new database's tables, all or none, as the steps would leave them (a test holds one against the other). Taken
    one by one, each step draws up anew the models that it touches, which was half of what a new site costs.
    """
    from django.apps import apps
    from django.core.management.sql import emit_post_migrate_signal
    from django.db import DEFAULT_DB_ALIAS, connection

    with connection.schema_editor() as editor:
        for model in apps.get_models():
            editor.create_model(model)
        note_steps()
    emit_post_migrate_signal(verbosity=0, interactive=False, db=DEFAULT_DB_ALIAS)


def note_steps() -> None:
    """The database says from now on that every step of this release was taken."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    executor.recorder.ensure_schema()
    for step, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        executor.record_migration(step)
    executor.check_replacements()


def _failures() -> tuple[type[Exception], ...]:
    """What SQLite and Django raise for a step that cannot be taken."""
    from django.core.exceptions import FieldError
    from django.db import DatabaseError
    from django.db.migrations.exceptions import InconsistentMigrationHistory

    return sqlite3.Error, DatabaseError, FieldError, InconsistentMigrationHistory, RuntimeError, ValueError


def _has_tables(file: Path) -> bool:
    if not file.exists():
        return False
    try:
        with closing(sqlite3.connect(file)) as database:
            return bool(database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    except sqlite3.DatabaseError:
        return True  # damaged or not ours to read: who opens it next says so


def _copy(file: Path) -> Path:
    copy = file.with_name(f"{COPY_PREFIX}{SystemClock().now_ms()}.sqlite")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    copy.chmod(0o600)
    return copy


def _put_back(copy: Path, file: Path) -> None:
    """Page by page into the same file, so that whoever has it open sees the old state and no broken one."""
    from django.db import connections

    connections.close_all()
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)


def _check(file: Path) -> None:
    """sqlite3.DatabaseError for a database that is not whole any more."""
    checks: tuple[tuple[str, Callable[[list[tuple[object, ...]]], bool]], ...] = (
        ("PRAGMA quick_check", lambda rows: rows == [("ok",)]),
        ("PRAGMA foreign_key_check", lambda rows: not rows),
    )
    with closing(sqlite3.connect(file)) as database:
        for question, is_well in checks:
            answer = database.execute(question).fetchall()
            if not is_well(answer):
                raise sqlite3.DatabaseError(f"{question}: {answer[:3]}")
