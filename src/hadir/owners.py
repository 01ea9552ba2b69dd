"""Whose each path of a data folder is, and who may read and write it: one table, and the one place that sets it.

With one user (`hadir serve`) everything is private to the folder's owner. With a user each for gate and office
(deploy/, docs/operating.md "Install") the gate's key is readable by the gate alone, and nobody else writes in a gate's
journal folder (docs/decisions/0050-who-reads-a-journal-cannot-write-it.md).
"""

import grp
import json
import os
import pwd
import sqlite3
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from hadir.ledger.sqlite import JOURNAL_FILE, WAL_FILE, close_readable
from hadir.site import LAW_FOLDER, OFFICE_DB_FILE, SITE_FILE, Site, SiteError, keep_site

OPERATOR, GATE, OFFICE, BOTH = "operator", "gate", "office", "group"
#: Path below the data folder, owner, group, mode. The first that fits counts; `*` is one part of the path. A folder's
#: group goes on to what is made in it (2xxx). What is read-only already stays so.
TABLE: tuple[tuple[str, str, str, int], ...] = (
    (".", OPERATOR, BOTH, 0o750),
    ("keys", OPERATOR, BOTH, 0o750),
    ("keys/root.key", OPERATOR, OPERATOR, 0o400),
    ("keys/gate*.key", GATE, GATE, 0o400),
    ("keys/*.key", OFFICE, OFFICE, 0o400),
    ("keys/*", OPERATOR, BOTH, 0o640),
    ("journals", OPERATOR, BOTH, 0o750),
    ("journals/office*", OFFICE, OFFICE, 0o700),
    ("journals/office*/*", OFFICE, OFFICE, 0o600),
    ("journals/*", GATE, OFFICE, 0o2750),
    ("journals/*/journal.sqlite*", GATE, OFFICE, 0o640),
    ("journals/*/*", GATE, GATE, 0o600),
    ("roster", OFFICE, BOTH, 0o2750),
    ("roster/*", OFFICE, BOTH, 0o640),
    ("office", OFFICE, OFFICE, 0o700),
    ("office/exports", OFFICE, OFFICE, 0o700),
    ("office/exports/*", OFFICE, OFFICE, 0o600),
    ("office/law", OFFICE, OFFICE, 0o700),
    ("office/law/*", OFFICE, OFFICE, 0o600),
    ("office/*", OFFICE, OFFICE, 0o600),
    ("run", OPERATOR, BOTH, 0o750),
    ("*", OPERATOR, BOTH, 0o640),
)
_ROOT = 0
_READ_ONLY_BITS = 0o222
_PRIVATE_UMASK, _SHARED_UMASK = 0o077, 0o027
_DATABASE_WAIT_SECONDS = 2


#: The user, group and mode that a path is to have.
Right = tuple[int, int, int]


def own(site: Site, *, gate: str, office: str, group: str) -> Site:
    """Give gate and office a user each, for ever: kept in `site.json`, and the office's database gets its own folder.

    SiteError when we are not root, a user or the group is missing, or the office still runs. Repeating it is harmless.
    """
    if os.geteuid() != _ROOT:
        raise SiteError("only root can give files to other users")
    owned = replace(site, owners={GATE: gate, OFFICE: office, BOTH: group})
    _ids(owned.owners)
    _move_office_db(site.data)
    if (site.data / LAW_FOLDER).exists():
        (site.data / LAW_FOLDER).replace(site.data / "office" / LAW_FOLDER)
    keep_site(owned)
    set_right(owned)
    return owned


def set_right(site: Site) -> None:
    """Every path of the data folder as the table says, under any user: the end of each command that makes files there.

    SiteError when one of the users is missing. Where users are kept apart only root can do it, and only root need.
    """
    if not site.owners:
        make_private(site.data)
    elif os.geteuid() == _ROOT:
        ids = _ids(site.owners)
        _make_readable(site)
        for name, handle in _walk(site.data):
            _set(handle, _right(name, ids))


def check_users(site: Site) -> None:
    """SiteError when root is about to make files here for users that this machine does not have."""
    if site.owners and os.geteuid() == _ROOT:
        _ids(site.owners)


def refuse_foreign_root(folder: Path) -> None:
    """SiteError when root is about to run a program on a folder of somebody else: what it makes there its owner could
    not read.
    """
    if os.geteuid() == _ROOT and folder.exists() and folder.stat().st_uid != _ROOT:
        owner = _name_of(folder.stat().st_uid)
        raise SiteError(f"{folder} belongs to {owner}: run this as that user, `runuser -u {owner} -- hadir …`")


def refuse_one_user(site: Site) -> None:
    """SiteError where gate and office have a user each: no single user can run both."""
    if site.owners:
        raise SiteError(
            f"{site.data} belongs to {site.owners[GATE]} and {site.owners[OFFICE]}, and one user cannot run both: "
            "start the units, `systemctl start hadir-gate hadir-office hadir-follower hadir-exports`"
        )


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def umask_for(data: Path) -> int:
    """What is made in this folder is for one user alone, or for gate and office as the table says."""
    try:
        is_shared = bool(json.loads((data / SITE_FILE).read_text(encoding="utf-8")).get("owners"))
    except (OSError, ValueError, AttributeError):
        is_shared = False
    return _SHARED_UMASK if is_shared else _PRIVATE_UMASK


def make_private(folder: Path) -> None:
    """A folder of one user, or a backup: nobody else sees into it. By root: to the folder's owner."""
    top = folder.stat()
    for name, handle in _walk(folder):
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        mode = 0o700 if is_folder else 0o400 if name.endswith(".key") else 0o600
        _set(handle, (top.st_uid, top.st_gid, mode))


def wrong_paths(site: Site) -> list[str]:
    """The paths that are not as the table says; for a folder of one user, those that are another's or that another user
    could look into.
    """
    ids = _ids(site.owners) if site.owners else None
    wrong, top = [], site.data.stat()
    for name, handle in _walk(site.data):
        found = os.fstat(handle)
        if ids is None:
            is_wrong = bool(found.st_mode & 0o077) or found.st_uid != top.st_uid
        else:
            *ours, mode = _right(name, ids)
            is_wrong = [found.st_uid, found.st_gid] != ours or bool(stat.S_IMODE(found.st_mode) & ~mode)
        if is_wrong:
            wrong.append(name)
    return wrong


def _right(name: str, ids: Mapping[str, tuple[int, int]]) -> Right:
    parts = name.split("/")
    owner, group, mode = next(
        (owner, group, mode)
        for pattern, owner, group, mode in TABLE
        if pattern == "*" or (len(parts) == pattern.count("/") + 1 and all(map(fnmatch, parts, pattern.split("/"))))
    )
    return ids[owner][0], ids[group][1], mode


def _ids(owners: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """Who in the table -> (uid, gid)."""
    try:
        gate, office = pwd.getpwnam(owners[GATE]), pwd.getpwnam(owners[OFFICE])
        both = grp.getgrnam(owners[BOTH])
    except KeyError as error:
        raise SiteError(
            f"{error.args[0]}: this machine lacks a user or group of this site "
            f"({owners[GATE]}, {owners[OFFICE]}, {owners[BOTH]}); docs/operating.md, Install, makes them"
        ) from error
    return {
        OPERATOR: (_ROOT, _ROOT),
        GATE: (gate.pw_uid, gate.pw_gid),
        OFFICE: (office.pw_uid, office.pw_gid),
        BOTH: (_ROOT, both.gr_gid),
    }


def _walk(folder: Path) -> Iterator[tuple[str, int]]:
    """(path below, open handle) of every folder and plain file; nothing is followed out of the folder.

    A user who may write in a part of it must not be able to name us a file elsewhere: no symbolic links, no second
    names of a file.
    """
    for top, _, files, top_handle in os.fwalk(folder, follow_symlinks=False):
        below = str(Path(top).relative_to(folder))
        yield below, top_handle
        for file in files:
            with suppress(FileNotFoundError, OSError):
                handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=top_handle)
                try:
                    found = os.fstat(handle)
                    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
                        yield file if below == "." else f"{below}/{file}", handle
                finally:
                    os.close(handle)


def _set(handle: int, right: Right) -> None:
    found = os.fstat(handle)
    uid, gid, mode = right
    if stat.S_ISREG(found.st_mode) and not found.st_mode & _READ_ONLY_BITS:
        mode &= ~_READ_ONLY_BITS
    if os.geteuid() == _ROOT:
        os.fchown(handle, uid, gid)
        os.fchmod(handle, mode)
    elif found.st_uid == os.geteuid():
        os.fchmod(handle, mode)


def _make_readable(site: Site) -> None:
    """A journal that an older release closed lacks what a reader needs beside it."""
    for folder in site.journal_folders():
        file = folder / JOURNAL_FILE
        if not file.exists() or (folder / WAL_FILE).exists():
            continue
        with closing(sqlite3.connect(file, isolation_level=None)) as database:
            if database.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                close_readable(database, file)


def _move_office_db(data: Path) -> None:
    """Whole and at once: its log goes into the file first, which SQLite does only when nobody else has it open."""
    before, folder = data / OFFICE_DB_FILE, data / "office"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not before.exists():
        return
    try:
        with closing(sqlite3.connect(before, timeout=_DATABASE_WAIT_SECONDS)) as database:
            database.execute("PRAGMA journal_mode = delete")
    except sqlite3.OperationalError as error:
        raise SiteError(f"the office still runs ({error}): stop it first. Nothing was changed.") from error
    for copy in data.glob("office.before-*.sqlite"):
        copy.replace(folder / copy.name)
    before.replace(folder / before.name)
