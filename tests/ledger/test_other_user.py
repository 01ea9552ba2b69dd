"""A journal is read by a user who can write neither it nor anything in its folder, in every state in which its writer
may have left it.
"""

import os
import pwd
import signal
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from hadir.continuity import put_away
from hadir.ledger import Entry, JournalError
from hadir.ledger.sqlite import JOURNAL_FILE, JournalReader, SqliteJournal
from hadir.records.kinds import Kind
from hadir.records.note import Signer
from tests.other_user import GATE, OFFICE, STRANGER, as_user, become, common_folder, needs_root

pytestmark = needs_root
SIGNER = Signer.from_seed("rehearsal/tests/gate1/2026", bytes(32))


@pytest.fixture
def folder() -> Iterator[Path]:
    """The gate's, as `hadir own` makes it: the office may look in."""
    with common_folder() as common:
        made = common / "gate1"
        made.mkdir()
        os.chown(made, GATE, pwd.getpwuid(OFFICE).pw_gid)
        made.chmod(0o2750)
        yield made


def append(journal: SqliteJournal, count: int) -> None:
    journal.append([Entry(kind=Kind.GATE_PULSE, body=b"pulse")] * count, now_ms=1_000)


def stopped(folder: Path) -> None:
    journal = SqliteJournal(folder, SIGNER)
    append(journal, 300)
    journal.close()


def killed(folder: Path) -> None:
    """In a process of its own: a log full of what was never moved into the file."""
    child = os.fork()
    if child == 0:
        journal = SqliteJournal(folder, SIGNER)
        append(journal, 300)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def killed_and_begun_again(folder: Path) -> None:
    killed(folder)
    SqliteJournal(folder, SIGNER).close()


def sealed(folder: Path) -> None:
    stopped(folder)
    put_away(folder)


def closed_by_sqlite(folder: Path) -> None:
    """As it does by itself: it removes `-wal` and `-shm`."""
    database = sqlite3.connect(folder / JOURNAL_FILE)
    database.execute("SELECT * FROM head").fetchall()
    database.close()


def read(folder: Path) -> tuple[int, int]:
    reader = JournalReader(folder)
    found = reader.size(), len(reader.read(0, 1_000))
    reader.close()
    return found


def changed(folder: Path) -> list[str]:
    """What this user could write."""
    could = []
    for file in folder.iterdir():
        for flags in (os.O_WRONLY, os.O_RDWR):
            try:
                os.close(os.open(file, flags))
                could.append(file.name)
            except PermissionError:
                pass
    try:
        (folder / "new").touch()
        could.append("new")
    except PermissionError:
        pass
    return could


@pytest.mark.parametrize("state", [stopped, killed, killed_and_begun_again, sealed])
def test_it_is_read_and_cannot_be_written(folder: Path, state: Callable[[Path], None]) -> None:
    as_user(GATE, partial(state, folder))
    for _ in range(2):  # who reads leaves nothing behind that the next one needs
        assert as_user(OFFICE, partial(read, folder)) == (300, 300)
        assert as_user(OFFICE, partial(changed, folder)) == []
    as_user(GATE, lambda: None if state is sealed else SqliteJournal(folder, SIGNER).close())


def test_it_is_read_while_it_is_written(folder: Path) -> None:
    """What was committed is there at once; a reader that stays does not keep the log from beginning again."""
    asked, answered = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        become(GATE)
        journal = SqliteJournal(folder, SIGNER, wal_bytes_max=1)
        while os.read(asked[0], 1) == b"w":
            append(journal, 10)
            os.write(answered[1], b".")
        os._exit(0)

    def follow() -> list[int]:
        sizes, reader = [], None
        for _ in range(20):
            os.write(asked[1], b"w")
            os.read(answered[0], 1)
            reader = reader or JournalReader(folder)
            sizes.append(reader.size())
        return sizes

    sizes = as_user(OFFICE, follow)
    os.write(asked[1], b"q")
    os.waitpid(child, 0)
    assert sizes == list(range(10, 210, 10))


def test_it_is_never_given_to_a_third(folder: Path) -> None:
    as_user(GATE, partial(stopped, folder))
    with pytest.raises(PermissionError):
        as_user(STRANGER, lambda: list(folder.iterdir()))


def test_one_that_an_older_release_closed_says_what_to_do(folder: Path) -> None:
    """SQLite removed what a reader needs: one start of its writer brings it back."""
    as_user(GATE, partial(stopped, folder))
    as_user(GATE, partial(closed_by_sqlite, folder))
    assert [file.name for file in folder.glob(f"{JOURNAL_FILE}*")] == [JOURNAL_FILE]
    with pytest.raises(JournalError, match="start the writer once"):
        as_user(OFFICE, partial(read, folder))
    as_user(GATE, lambda: SqliteJournal(folder, SIGNER).close())
    assert as_user(OFFICE, partial(read, folder)) == (300, 300)
