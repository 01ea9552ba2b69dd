"""A new production site: its folder, its top unit and its first account. What is secret is handed back once."""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

import re
import secrets
import shutil
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connections, transaction

from hadir.clock import SystemClock
from hadir.config import SettingError, Settings, is_address, phone_shell
from hadir.office.ground.installation import database_of
from hadir.office.ground.staff_kinds import unsaid_kind
from hadir.office.ground.zones import Zone
from hadir.office.programs.commands import migrate
from hadir.office.programs.conditions import require_law
from hadir.office.roles import ActBy, Role
from hadir.owners import set_right
from hadir.records.days import local_date
from hadir.records.keys import REHEARSAL
from hadir.site import SiteError, found_site

TOP_UNIT = 1
FIRST_PERSON = 1
ROOT_SEED_BYTES = 32
DATABASE_SECONDS_MAX = 10
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,98}[a-z0-9])?")
_LOGIN = re.compile(r"[a-z0-9._-]{3,60}")
_LEFT_BY_A_BROKEN_START = frozenset({"keys", "journals", "roster", "run"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOffice:
    """What the first page of the register says."""

    unit_name: str
    person_name: str
    login: str


@dataclass(frozen=True, slots=True)
class Founded:
    """What is told once. `root` is None when the root key stays in the folder."""

    root: str | None
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSite:
    """How it is called, where its people work, and where they reach it: its name, with https, when nothing is said."""

    name: str
    zone: str
    public_url: str = ""

    @property
    def address(self) -> str:
        return self.public_url or (f"https://{self.name}" if "." in self.name else "")


def found_production(settings: Settings, site: NewSite, *, first: FirstOffice, keep_root: bool = False) -> Founded:
    """Make a production folder with its first personnel account, whole or not at all.

    SiteError, SettingError when anything is there already, a name or zone is none, or something is missing without
    which it could not serve: it is found out before anything is made.
    """
    _check(settings, site, first)
    _check_machine(settings)
    was_there = settings.data.exists()
    is_made = False
    try:
        founded = _found(settings, site, first=first, keep_root=keep_root)
        is_made = True
    finally:
        if not is_made:
            _clear(settings.data, itself=not was_there)
    return founded


def _found(settings: Settings, site: NewSite, *, first: FirstOffice, keep_root: bool) -> Founded:
    seed = None if keep_root else secrets.token_bytes(ROOT_SEED_BYTES)
    settings.data.mkdir(parents=True, exist_ok=True)
    settings.data.chmod(0o700)
    now_ms = SystemClock().now_ms()
    name, zone = site.name, site.zone
    founded = found_site(settings.data, name=name, zone=zone, now_ms=now_ms, root_seed=seed, public_url=site.address)
    migrate(settings)
    from hadir.office.accounts.actions import PASSWORD_BYTES, typeable

    password = typeable(PASSWORD_BYTES)
    _first_account(first, zone=zone, password=password, now_ms=now_ms)
    connections.close_all()
    set_right(founded)
    return Founded(root=None if seed is None else seed.hex(), password=password)


def _clear(folder: Path, *, itself: bool) -> None:
    """Of a site that could not be made nothing stays: its root key was told to nobody."""
    for path in folder.glob("*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if itself and folder.exists():
        folder.rmdir()


def _check_machine(settings: Settings) -> None:
    """What a site needs of the machine: the law, the built phone, and a database that answers and is empty."""
    require_law(settings)
    phone_shell()
    database_of(settings.office_db, settings.data / "office.sqlite")
    if settings.office_db:
        _check_database(settings.office_db)


def _check_database(url: str) -> None:
    psycopg: Any = import_module("psycopg")  # an extra: not on every machine
    try:
        with psycopg.connect(url, connect_timeout=DATABASE_SECONDS_MAX) as database:
            tables = database.execute("SELECT to_regclass('accounts_user')").fetchone()
            used = tables is not None and tables[0] is not None
            if used and database.execute("SELECT 1 FROM accounts_user LIMIT 1").fetchone():
                raise SiteError("the database in HADIR_OFFICE_DB is in use by a site: a new one needs its own")
    except psycopg.Error as error:
        raise SettingError(f"the database in HADIR_OFFICE_DB cannot be used: {str(error).strip()}") from error


def _check(settings: Settings, site: NewSite, first: FirstOffice) -> None:
    name, zone = site.name, site.zone
    if name.startswith(REHEARSAL):
        raise SiteError("a rehearsal is made by `hadir demo`; a production site is named by its address")
    if not _NAME.fullmatch(name):
        raise SiteError(f"{name!r} is no name of a site: write its address, presensi.example.go.id")
    if not is_address(site.address):
        raise SiteError(
            f"{site.address or name!r} does not say where people reach the site: give it with "
            "--public-url https://presensi.example.go.id"
        )
    if not _LOGIN.fullmatch(first.login):
        raise SiteError(f"{first.login!r} is no account name: 3 to 60 small letters, digits, dots and hyphens")
    if zone not in Zone.values:
        raise SiteError(f"{zone!r} is no zone of Indonesian work places: {', '.join(Zone.values)}")
    if settings.data.exists():
        there = {path.name for path in settings.data.iterdir()} - _LEFT_BY_A_BROKEN_START
        if there or any(settings.data.glob("journals/*/*")):
            raise SiteError(f"{settings.data} is not empty: a new site needs a folder of its own")


def _first_account(first: FirstOffice, *, zone: str, password: str, now_ms: int) -> None:
    from hadir.office.accounts.actions import create_account, grant_role
    from hadir.office.people.models import Person
    from hadir.office.register.acts import open_unit, register

    by, today = ActBy.of(FIRST_PERSON, now_ms), local_date(now_ms, zone)
    with transaction.atomic():
        unit = open_unit(number=TOP_UNIT, name=first.unit_name, parent=None, zone=Zone(zone), by=by)
        person = Person(number=FIRST_PERSON, full_name=first.person_name, employment=unsaid_kind(has_nip=True))
        register(person=person, home=unit, from_date=today, by=by)
        user = create_account(person=person, login=first.login, password=password, once=True)
        grant_role(user=user, role=Role.PERSONNEL, unit=unit, from_date=today, by=by)
