"""What outlives a machine: a journal's turn at year end, key change and restore, backups, and their return.

Turn, in six steps; a crash between any two is mended by running it again:

1. Seal the old journal (kind 25). A restored copy is never sealed: nothing is signed for it again, since its gate may
   have signed more than the copy holds.
2. Make the next key.
3. Endorse it: the root key signs a list that ends the old key and begins the new.
4. Begin the next journal with kind 24: the old origin and its last signed checkpoint.
5. Write `site.json`: the commit point. Until then the old journal is the present one, and refuses to be written.
6. Put the old journal away, read-only, and destroy its key.
"""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from hadir.gate.erasing import carry_out
from hadir.ledger import Entry, JournalError, JournalSealedError
from hadir.ledger.audit import audit_journal, open_heads
from hadir.ledger.details import DETAILS_FILE
from hadir.ledger.sqlite import JOURNAL_FILE, JournalReader, SqliteJournal, is_missing, sync_path
from hadir.owners import check_users, make_private, set_right
from hadir.records.days import DAY_MS, local, local_date
from hadir.records.keys import DatedKey, KeyList, Use, open_key_list
from hadir.records.kinds import Kind
from hadir.records.note import Signer
from hadir.records.office_notes import ERASURES_NOTE
from hadir.records.server_records import JournalOpened, JournalSealed, TurnReason
from hadir.records.strict import decode, encode
from hadir.site import Site, SiteError, keep_site, new_secret, open_site, write_durably

MANIFEST_FILE = "manifest.json"
HEADS_FILE = "heads.txt"
_LAST_BACKUP_FILE = "backup.json"
#: A backup holds what was erased since. On the day that stands in its manifest it is destroyed.
BACKUP_KEPT_DAYS = 90


def root_signer(site: Site, file: Path | None) -> Signer:
    """The offline root key, from `file` or from the data folder. SiteError when it is not this site's."""
    path = file or site.keys_folder / "root.key"
    try:
        root = Signer.from_seed(f"{site.name}/root", bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except (OSError, ValueError) as error:
        raise SiteError(f"the root key cannot be read from {path}; give it with --root-key FILE") from error
    if root.verifier != site.root_key():
        raise SiteError(f"{path} is not the root key of {site.name}")
    return root


def writers(site: Site) -> list[str]:
    """Who writes journals of this site: each has one key without an end."""
    keys = [key.key.name.split("/")[-2] for key in site.key_list().keys if key.until_ms is None]
    return sorted(writer for writer in set(keys) if (site.journal_folder(writer) / JOURNAL_FILE).exists())


def roll(site: Site, writer: str, *, reason: TurnReason, root: Signer, now_ms: int) -> Site:
    """The site after this writer's turn. JournalBusyError while a program writes the journal: stop it first."""
    turned = _turn(site, writer, reason=reason, root=root, now_ms=now_ms)
    keep_site(turned)  # the commit point
    _put_away(site, writer)
    set_right(turned)
    return turned


def _turn(site: Site, writer: str, *, reason: TurnReason, root: Signer, now_ms: int) -> Site:
    next_turn, checkpoint, last_ms = _end(site, writer, reason, now_ms)
    turned = replace(site, turns={**site.turns, writer: next_turn})
    new_secret(turned.key_file(writer))
    _endorse(site, turned, writer, root=root, at_ms=max(now_ms, last_ms))
    opened = JournalOpened(v=1, reason=reason, previous=site.origin(writer), checkpoint=checkpoint)
    _begin(turned, writer, opened, now_ms=now_ms)
    return turned


def _end(site: Site, writer: str, reason: TurnReason, now_ms: int) -> tuple[str, str, int]:
    """Seal the journal, or find it sealed by a turn that did not come to its end; leave a restored copy as it is."""
    folder, turn = site.journal_folder(writer), _next_turn(site, writer, now_ms)
    if reason != "restore":
        try:
            journal = SqliteJournal(folder, site.signer(writer))
        except JournalSealedError:
            return _ended(folder, turn)
        seal = JournalSealed(v=1, reason=reason, next=f"{site.name}/{writer}/{turn}")
        with closing(journal):
            journal.append([Entry(kind=Kind.JOURNAL_SEALED, body=encode(seal))], now_ms=now_ms)
    return _ended(folder, turn)


def _ended(folder: Path, turn: str) -> tuple[str, str, int]:
    """Where the journal goes on, its last checkpoint, and when its last leaf was received."""
    with closing(JournalReader(folder)) as reader:
        size, checkpoint = reader.size(), reader.checkpoint()
        last = reader.read(size - 1, 1)[0] if size else None
    if last is not None and last.kind is Kind.JOURNAL_SEALED:
        turn = decode(last.body, JournalSealed).next.rpartition("/")[2]
    return turn, checkpoint, 0 if last is None else last.received_at_ms


def _next_turn(site: Site, writer: str, now_ms: int) -> str:
    """The year, for the first journal of a year; else with the moment, so that no two restores take one name."""
    year = str(local_date(now_ms, site.zone).year)
    taken = {key.key.name for key in site.key_list().keys} | {site.origin(writer)}
    moment = local(now_ms, "UTC").strftime("%m%dT%H%M%SZ")
    turn = next((one for one in (year, f"{year}-{moment}") if f"{site.name}/{writer}/{one}" not in taken), None)
    if turn is None:
        raise SiteError(f"{writer} took a turn in this very second; wait a moment")
    return turn


def _endorse(site: Site, turned: Site, writer: str, *, root: Signer, at_ms: int) -> None:
    """End the old key after its last leaf, begin the new one, and let the root key sign both."""
    fresh, old = turned.signer(writer).verifier, site.origin(writer)
    second_ms = at_ms // 1000 * 1000
    known = [key for key in site.key_list().keys if key.key.name != fresh.name]
    ended = [
        replace(key, until_ms=second_ms + 1000) if key.key.name == old and key.until_ms is None else key
        for key in known
    ]
    use: Use = next((key.use for key in known if key.key.name == old), "gate")
    keys = KeyList(site=site.name, keys=(*ended, DatedKey(use=use, key=fresh, from_ms=second_ms, until_ms=None)))
    write_durably(site.keys_folder / "keys.note", keys.sign(root), mode=0o644)


def _begin(turned: Site, writer: str, opened: JournalOpened, *, now_ms: int) -> None:
    with closing(SqliteJournal(turned.journal_folder(writer), turned.signer(writer))) as journal:
        if journal.size() == 0:
            journal.append([Entry(kind=Kind.JOURNAL_OPENED, body=encode(opened))], now_ms=now_ms)


def _put_away(site: Site, writer: str) -> None:
    """Nobody writes the old journal again: no key, no log beside it, read-only. Its details stay erasable."""
    put_away(site.journal_folder(writer))
    site.key_file(writer).unlink(missing_ok=True)


def put_away(folder: Path) -> None:
    """Make a journal's file one that is only read. Reading it needs no file beside it any more."""
    with closing(sqlite3.connect(folder / JOURNAL_FILE)) as db:
        db.execute("PRAGMA journal_mode = delete")
    (folder / JOURNAL_FILE).chmod(0o444)


def backup(site: Site, to: Path, *, now_ms: int) -> list[str]:
    """Copy everything that cannot be made again into the new folder `to`, while all programs go on; the files' names.

    The office's database comes first and the journals after it, so that no act is noted as journaled that the copy of
    the journal lacks. No secret key is in a backup; details (locations, photos) and the office's tables are.
    """
    if to.exists() and any(to.iterdir()):
        raise SiteError(f"{to} is not empty; a backup never overwrites")
    if gone := [str(folder) for folder in site.expected_journal_folders() if is_missing(folder)]:
        raise SiteError(f"nothing was copied: the journal that was begun in {', '.join(gone)} is gone")
    if site.owners and os.geteuid() != 0:
        raise SiteError("gate and office have a user each here, and neither may read everything: run it as root")
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    to.chmod(0o700)  # before anything lies in it
    heads = []
    for name in _kept_files(site):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".sqlite") and not name.startswith("roster/"):
            _copy_database(site.data / name, to / name)
        else:
            shutil.copyfile(site.data / name, to / name)
        if name.endswith(f"/{JOURNAL_FILE}"):
            with closing(JournalReader((to / name).parent)) as reader:
                heads.append(reader.checkpoint())
        sync_path(to / name)
        sync_path((to / name).parent)
    write_durably(to / HEADS_FILE, "\n".join(heads), mode=0o644)
    names = [*_kept_files(site), HEADS_FILE]
    digests = {name: _digest(to / name) for name in names}
    lapses = local_date(now_ms + BACKUP_KEPT_DAYS * DAY_MS, site.zone).isoformat()
    manifest = {"v": 1, "site": site.name, "made_ms": now_ms, "lapses": lapses, "files": digests}
    write_durably(to / MANIFEST_FILE, json.dumps(manifest, indent=1) + "\n", mode=0o644)  # its last act: half is none
    make_private(to)
    site.run_folder.mkdir(exist_ok=True)
    write_durably(site.run_folder / _LAST_BACKUP_FILE, json.dumps({"made_ms": now_ms}) + "\n", mode=0o600)
    return names


def read_last_backup(site: Site) -> int | None:
    """When this folder was last backed up, in UTC milliseconds; None where it never was, as far as it knows."""
    try:
        return int(json.loads((site.run_folder / _LAST_BACKUP_FILE).read_text(encoding="utf-8"))["made_ms"])
    except (OSError, ValueError, KeyError):
        return None


def _kept_files(site: Site) -> list[str]:
    found = [site.office_db, site.data / "site.json", site.keys_folder / "keys.note", site.keys_folder / "root.vkey"]
    for folder in site.journal_folders():
        found += [folder / JOURNAL_FILE, folder / DETAILS_FILE]
    found += sorted(site.law_folder.glob("*.yaml")) + sorted(site.law_folder.glob("own-*.json"))
    found += sorted(site.roster_folder.glob("*.note")) + sorted(site.roster_folder.glob("*.sqlite"))
    return [str(path.relative_to(site.data)) for path in found if path.exists()]


def _copy_database(source: Path, target: Path) -> None:
    """One consistent state, in one step, while others write. SiteError for a file that is damaged: a copy of it would
    replace good ones.
    """
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as read,
        closing(sqlite3.connect(target)) as written,
    ):
        try:
            read.backup(written)
            found = str(written.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise SiteError(f"{source} is damaged ({found}): there is no backup of it. Keep the older ones.")


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def restore(  # noqa: PLR0913 - what a restore is made of
    source: Path, data: Path, *, root_key: Path, keys: Path | None, now_ms: int | None, erasures: Path | None = None
) -> Site:
    """Make the new data folder `data` from a backup. Every writer takes a turn: an older copy never forks a log.

    `keys` and `erasures` are the newest published key list and list of erasures, when there are newer ones than the
    backup's: whatever they name is erased before the folder is a site. SiteError when the backup is damaged, its
    journals do not lead to their heads, or `data` is not empty. Whatever fails, nothing of it is left in `data`.
    """
    if data.exists() and any(data.iterdir()):
        raise SiteError(f"{data} is not empty; a restore never overwrites")
    files = _read_manifest(source)
    site = open_site(source)
    check_users(site)
    root = root_signer(site, root_key)
    site = replace(site, data=data)
    with _all_or_nothing(data):
        _copy_back(source, site, files, keys)
        _check_journals(source, site)
        turned = site
        for writer in writers(site):
            turned = _turn(turned, writer, reason="restore", root=root, now_ms=now_ms or site.clock().now_ms())
        _erase_again(turned, erasures, now_ms=now_ms or site.clock().now_ms())
        keep_site(turned)  # the commit point: half a restore is none
    for writer in writers(site):
        _put_away(site, writer)
    if os.geteuid() == 0:
        set_right(turned)
    else:
        make_private(data)
    return turned


@contextmanager
def _all_or_nothing(folder: Path) -> Iterator[None]:
    """Make a folder; after a failure it is as it was before, empty or not there."""
    was_there = folder.exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    is_whole = False
    try:
        yield
        is_whole = True
    finally:
        for path in [] if is_whole else list(folder.iterdir()) if was_there else [folder]:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _copy_back(source: Path, site: Site, files: list[str], keys: Path | None) -> None:
    """The backup's files, the newest key list, and fresh secrets."""
    for name in files:
        if name not in {HEADS_FILE, "site.json"}:
            (site.data / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, site.data / name)
    if keys is not None:
        try:
            open_key_list(keys.read_text(encoding="utf-8"), site.root_key())
        except UnicodeDecodeError as error:
            raise SiteError(f"{keys} is no key list: it is not text") from error
        shutil.copyfile(keys, site.keys_folder / "keys.note")
    site.keys_folder.chmod(0o700)
    site.run_folder.mkdir()
    new_secret(site.keys_folder / "session.key")
    site.make_factor_key()


def _check_journals(source: Path, site: Site) -> None:
    """SiteError unless each journal that was copied leads to its head."""
    heads = open_heads((source / HEADS_FILE).read_text(encoding="utf-8"), site.key_list())
    for folder in site.journal_folders():
        audit = audit_journal(folder, site.key_list(), heads)
        if not audit.ok:
            raise SiteError(f"{folder.name} in {source} does not hold: position {audit.first_bad}: {audit.reason}")


def _erase_again(site: Site, erasures: Path | None, *, now_ms: int) -> None:
    """The copy is older than what was erased since: none of that comes back."""
    listed = site.roster_folder / ERASURES_NOTE
    if erasures is not None:
        site.roster_folder.mkdir(exist_ok=True)
        shutil.copyfile(erasures, listed)
    if not listed.exists() or not (site.journal_folder(site.gate) / JOURNAL_FILE).exists():
        return
    carry_out(site, now_ms=now_ms)


def _read_manifest(source: Path) -> list[str]:
    """The names of the backup's files, all there and unchanged."""
    try:
        manifest = json.loads((source / MANIFEST_FILE).read_text(encoding="utf-8"))
        files: dict[str, str] = manifest["files"]
    except (OSError, ValueError, KeyError) as error:
        raise SiteError(f"{source} is not a complete backup: {error}") from error
    for name, digest in files.items():
        path = source / name
        if not path.resolve().is_relative_to(source.resolve()) or not path.is_file() or _digest(path) != digest:
            raise SiteError(f"{name} in {source} is missing or was changed")
    return list(files)


def journals(site: Site) -> Iterator[tuple[str, int]]:
    """(origin, leaves) of each journal of the folder, oldest first."""
    for folder in site.journal_folders():
        with suppress(JournalError), closing(JournalReader(folder)) as reader:
            yield reader.origin, reader.size()
