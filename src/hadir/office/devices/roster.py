"""The roster: the office's devices as one read-only file and a signed note, for gates to pick up.

1. Write the rows into a new SQLite file beside the others and sync it.
2. Sync the folder, so that the file's name survives a power cut.
3. Replace `current.note` (the commit point): from here gates load the new version.
4. Sync the folder again, note the version in the table, and remove files that no note can name any more.

A crash anywhere leaves the old note with its old file, or the new note with its new file.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from hadir.ledger.sqlite import sync_path
from hadir.office.devices.models import Device, RosterVersion
from hadir.records.encoding import b64url, sha256, un_b64url
from hadir.records.note import Signer
from hadir.records.office_notes import CURRENT_NOTE, SCHEMA, RosterNote
from hadir.site import write_durably

KEPT_VERSIONS = 3
REISSUE_AFTER_MS = 12 * 3_600_000
Row = tuple[bytes, bytes, int, int, "int | None"]


def publish_roster(folder: Path, *, office: Signer, site: str, now_ms: int) -> int | None:
    """Publish the devices as they stand, if they differ from what was last published, or that is half a day old or
    not what was signed any more.

    A gate calls a roster stale that nobody has issued for long. Returns the new version.
    """
    # Refused keys travel too, as keys whose time is over: the gate then flags them as revoked.
    devices = Device.objects.order_by("kid")
    rows = [(un_b64url(row.kid), bytes(row.key), row.person_id, row.from_ms, row.until_ms) for row in devices]
    content = sha256(repr((site, rows)).encode()).hex()
    last = RosterVersion.objects.order_by("-version").first()
    if last and last.content == content and now_ms - last.issued_ms < REISSUE_AFTER_MS and _stands(folder, last):
        return None
    version = last.version + 1 if last else 1
    note = _write(folder, rows, version=version, site=site, issued_ms=now_ms)
    write_durably(folder / CURRENT_NOTE, note.sign(office), mode=0o644)
    sync_path(folder)
    RosterVersion.objects.create(version=version, issued_ms=now_ms, sha256=b64url(note.sha256), content=content)
    for old in folder.glob("roster-*.sqlite"):
        if int(old.stem.removeprefix("roster-")) <= version - KEPT_VERSIONS:
            old.unlink()
    return version


def _stands(folder: Path, last: RosterVersion) -> bool:
    """Whether the gates can read what was published: a damaged file is published again as a new version."""
    file = folder / f"roster-{last.version}.sqlite"
    if not (folder / CURRENT_NOTE).exists() or not file.exists():
        return False
    with file.open("rb") as content:
        return b64url(hashlib.file_digest(content, "sha256").digest()) == last.sha256


def _write(folder: Path, rows: Sequence[Row], *, version: int, site: str, issued_ms: int) -> RosterNote:
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"roster-{version}.sqlite"
    draft = final.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    database = sqlite3.connect(draft)
    database.executescript(SCHEMA)
    meta = [("version", str(version)), ("site", site), ("issued_ms", str(issued_ms))]
    database.executemany("INSERT INTO meta VALUES (?, ?)", meta)
    database.executemany("INSERT INTO device VALUES (?, ?, ?, ?, ?)", rows)
    database.commit()
    database.execute("VACUUM")
    database.close()
    sync_path(draft)
    draft.replace(final)
    sync_path(folder)
    return RosterNote(version=version, issued_ms=issued_ms, sha256=sha256(final.read_bytes()))
