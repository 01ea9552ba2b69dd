"""A data folder: one site's name, keys, journals and roster, and which clock it lives by.

site.json             name, zone, year, gate, and which journal each writer is at (`turns`)
keys/                 *.key: 32 secret bytes in hex, mode 0400; keys.note: the public key list; root.vkey
journals/<writer>/    a writer's first journal and its details: gate1, office
journals/<writer>-<turn>/   the journals after it (docs/decisions/0011-one-turn-for-year-key-and-restore.md)
roster/               what the office issued last
office.sqlite         the office's own tables; in office/ where each program has its own user (`hadir.owners`)
run/                  process ids
clock.json            simulated time (rehearsals only)
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from hadir.clock import Clock, RehearsalClock, SystemClock
from hadir.records.days import local_date
from hadir.records.keys import REHEARSAL, DatedKey, KeyList, open_key_list
from hadir.records.note import NoteError, Signer, VerifierKey

SITE_FILE = "site.json"
LAW_FOLDER = "law"
OFFICE_DB_FILE = "office.sqlite"


class SiteError(Exception):
    """A data folder that cannot be used; the message says which and what to do."""


class SecretError(SiteError):
    """A secret key that is missing, not ours to read, or none."""


@dataclass(frozen=True)
class Site:
    data: Path
    name: str
    zone: str
    year: int
    gate: str = "gate1"
    #: Where people reach it, https://presensi.example.go.id; empty in a rehearsal and in older folders.
    public_url: str = ""
    #: writer -> the last part of its present origin; a writer that is not here is at its first journal, of `year`.
    turns: Mapping[str, str] = field(default_factory=dict, hash=False)
    #: Whose the files are: `gate` and `office` (users), `group` (of both); empty where one user runs everything.
    owners: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def rehearsal(self) -> bool:
        return self.name.startswith(REHEARSAL)

    @property
    def address(self) -> str:
        """Where people reach it. An older production folder is named by its host; empty where nothing says it."""
        named_by_host = not self.rehearsal and "." in self.name
        return self.public_url or (f"https://{self.name}" if named_by_host else "")

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def gate_origin(self) -> str:
        return self.origin(self.gate)

    def origin(self, writer: str) -> str:
        """The name of the journal that this writer writes now."""
        return f"{self.name}/{writer}/{self.turns.get(writer, str(self.year))}"

    @property
    def keys_folder(self) -> Path:
        return self.data / "keys"

    @property
    def roster_folder(self) -> Path:
        return self.data / "roster"

    @property
    def run_folder(self) -> Path:
        return self.data / "run"

    @property
    def clock_file(self) -> Path:
        return self.data / "clock.json"

    @property
    def office_db(self) -> Path:
        """In the data folder itself, until `hadir own` moves it into the office's own folder."""
        beside = self.data / OFFICE_DB_FILE
        return self.data / "office" / OFFICE_DB_FILE if self.owners and not beside.exists() else beside

    @property
    def exports_folder(self) -> Path:
        """Files that people asked for, each for a day: beside the office's database, where the office may write."""
        return self.data / "office" / "exports" if self.owners else self.data / "exports"

    @property
    def law_folder(self) -> Path:
        """Texts of the office's own law, each under its digest."""
        return self.data / "office" / LAW_FOLDER if self.owners else self.data / LAW_FOLDER

    def journal_folder(self, writer: str) -> Path:
        return self.data / "journals" / self._at_turn(writer)

    def origin_in(self, folder: str) -> str | None:
        """The name of the journal that lies in this folder of `journals/`; None for a folder of no writer."""
        names = {key.key.name.split("/")[-2] for key in self.key_list().keys}
        writer = max((one for one in names if folder == one or folder.startswith(f"{one}-")), key=len, default=None)
        if writer is None:
            return None
        return f"{self.name}/{writer}/{folder.removeprefix(writer).removeprefix('-') or self.year}"

    def journal_folders(self) -> list[Path]:
        """Every journal of this folder, for those who follow."""
        return sorted(found for found in (self.data / "journals").glob("*") if found.is_dir())

    def expected_journal_folders(self) -> list[Path]:
        """The same, and those of the writers of today, whether or not they are there."""
        return sorted({*self.journal_folders(), self.journal_folder(self.gate), self.journal_folder("office")})

    def gate_signer(self) -> Signer:
        return self.signer(self.gate)

    def office_signer(self) -> Signer:
        return self.signer("office")

    def signer(self, writer: str) -> Signer:
        """What signs this writer's present journal."""
        return Signer.from_seed(self.origin(writer), _read_secret(self.key_file(writer)))

    def key_file(self, writer: str) -> Path:
        return self.keys_folder / f"{self._at_turn(writer)}.key"

    def _at_turn(self, writer: str) -> str:
        turn = self.turns.get(writer)
        return writer if turn is None else f"{writer}-{turn}"

    def session_secret(self) -> str:
        return _read_secret(self.keys_folder / "session.key").hex()

    def factor_key(self) -> bytes:
        """What seals the seeds of the office's second factors. SiteError for a folder that was not upgraded."""
        return _read_secret(self.keys_folder / "factor.key")

    def make_factor_key(self) -> None:
        """For a folder that is older than second factors. Does nothing where there is one."""
        new_secret(self.keys_folder / "factor.key")

    @property
    def key_list_note(self) -> str:
        return (self.keys_folder / "keys.note").read_text(encoding="utf-8")

    def root_key(self) -> VerifierKey:
        return VerifierKey.parse((self.keys_folder / "root.vkey").read_text(encoding="utf-8").strip())

    def key_list(self) -> KeyList:
        """The key list, endorsed by this folder's root key."""
        return open_key_list(self.key_list_note, self.root_key())

    def clock(self) -> Clock:
        """Simulated time in a rehearsal that asks for it; in production the machine's, and a simulated clock is
        refused.
        """
        if not self.clock_file.exists():
            return SystemClock()
        if not self.rehearsal:
            raise SiteError(f"{self.clock_file} belongs to a rehearsal, and {self.name} is not one. Remove the file.")
        return RehearsalClock(self.clock_file)


def open_site(data: Path) -> Site:
    """The site in `data`. SiteError when there is none or its keys do not fit."""
    try:
        site = Site(data=data, **json.loads((data / SITE_FILE).read_text(encoding="utf-8")))
        keys = site.key_list()
    except FileNotFoundError as error:
        raise SiteError(f"{data} is not a data folder of Hadir ({error.filename} is missing)") from error
    except (TypeError, ValueError, NoteError) as error:
        raise SiteError(f"{data} cannot be read: {error}") from error
    if keys.site != site.name:
        raise SiteError(f"the keys in {data} belong to {keys.site}, not to {site.name}")
    return site


def found_site(  # noqa: PLR0913 - what a site is, each by name
    data: Path, *, name: str, zone: str, now_ms: int, root_seed: bytes | None = None, public_url: str = ""
) -> Site:
    """Make a new data folder with fresh keys.

    With `root_seed` (32 bytes) the root key is the caller's and is written nowhere here; without, it stays in the
    folder. SiteError if a site is there. Its last act is `site.json`: half a folder is none.
    """
    if (data / SITE_FILE).exists():
        raise SiteError(f"{data} is already the data folder of a site")
    site = Site(data=data, name=name, zone=zone, year=local_date(now_ms, zone).year, public_url=public_url)
    for folder in (site.keys_folder, site.roster_folder, site.run_folder, site.journal_folder(site.gate)):
        folder.mkdir(parents=True, exist_ok=True)
    site.journal_folder("office").mkdir(parents=True, exist_ok=True)
    site.keys_folder.chmod(0o700)
    _make_keys(site, from_ms=now_ms // 1000 * 1000, root_seed=root_seed)
    keep_site(site)
    return site


def keep_site(site: Site) -> None:
    """Write `site.json`, whole: from now on the folder is this site."""
    fields = {key: value for key, value in asdict(site).items() if key != "data"}
    write_durably(site.data / SITE_FILE, json.dumps(fields, indent=1) + "\n", mode=0o644)


def _make_keys(site: Site, *, from_ms: int, root_seed: bytes | None) -> None:
    root = Signer.from_seed(f"{site.name}/root", root_seed or new_secret(site.keys_folder / "root.key"))
    new_secret(site.keys_folder / f"{site.gate}.key")
    new_secret(site.keys_folder / "office.key")
    new_secret(site.keys_folder / "session.key")
    site.make_factor_key()
    first_ms = 0 if site.rehearsal else from_ms
    gate = DatedKey(use="gate", key=site.gate_signer().verifier, from_ms=first_ms, until_ms=None)
    office = DatedKey(use="office", key=site.office_signer().verifier, from_ms=first_ms, until_ms=None)
    keys = KeyList(site=site.name, keys=(gate, office))
    write_durably(site.keys_folder / "root.vkey", root.verifier.text + "\n", mode=0o644)
    write_durably(site.keys_folder / "keys.note", keys.sign(root), mode=0o644)


def new_secret(path: Path) -> bytes:
    """A fresh secret, or the one that an interrupted founding left."""
    if not path.exists():
        write_durably(path, secrets.token_hex(32) + "\n", mode=0o400)
    return _read_secret(path)


def _read_secret(path: Path) -> bytes:
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise SecretError(f"the key {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SecretError(f"{path} is no key: 64 hexadecimal digits are expected") from error
    if len(secret) != 32:
        raise SecretError(f"{path} is no key: 64 hexadecimal digits are expected")
    return secret


def write_durably(path: Path, text: str, *, mode: int) -> None:
    """Durable and whole: written beside, synced, then renamed."""
    draft = path.with_name(path.name + ".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
