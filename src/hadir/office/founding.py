"""A new production site: its folder, its top unit and its first account. What is secret is handed back once."""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hadir.clock import SystemClock
from hadir.office.commands import migrate
from hadir.owners import set_right
from hadir.records.keys import REHEARSAL
from hadir.site import SiteError, found_site

if TYPE_CHECKING:
    from datetime import date

    from hadir.config import Settings

TOP_UNIT = 1
FIRST_PERSON = 1
ROOT_SEED_BYTES = 32
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


def found_production(
    settings: Settings, *, name: str, zone: str, first: FirstOffice, keep_root: bool = False
) -> Founded:
    """Make a production folder with its first personnel account.

    SiteError when anything is there already, or a name or zone is none.
    """
    _check(settings, name, zone, first)
    seed = None if keep_root else secrets.token_bytes(ROOT_SEED_BYTES)
    settings.data.mkdir(parents=True, exist_ok=True)
    settings.data.chmod(0o700)
    now_ms = SystemClock().now_ms()
    site = found_site(settings.data, name=name, zone=zone, now_ms=now_ms, root_seed=seed)
    migrate(settings)
    from django.db import connections

    from hadir.office.accounts.actions import PASSWORD_RANDOM_BYTES, typeable_password

    password = typeable_password(secrets.token_bytes(PASSWORD_RANDOM_BYTES))
    _first_account(first, zone=zone, password=password, now_ms=now_ms)
    connections.close_all()
    set_right(site)
    return Founded(root=None if seed is None else seed.hex(), password=password)


def _check(settings: Settings, name: str, zone: str, first: FirstOffice) -> None:
    if name.startswith(REHEARSAL):
        raise SiteError("a rehearsal is made by `hadir demo`; a production site is named by its address")
    if not _NAME.fullmatch(name):
        raise SiteError(f"{name!r} is no name of a site: write its address, presensi.example.go.id")
    if not _LOGIN.fullmatch(first.login):
        raise SiteError(f"{first.login!r} is no account name: 3 to 60 small letters, digits, dots and hyphens")
    zones = ("Asia/Jakarta", "Asia/Pontianak", "Asia/Makassar", "Asia/Jayapura")
    if zone not in zones:
        raise SiteError(f"{zone!r} is no zone of Indonesian work places: {', '.join(zones)}")
    if settings.office_db == "" and settings.data.exists():
        there = {path.name for path in settings.data.iterdir()} - _LEFT_BY_A_BROKEN_START
        if there or any(settings.data.glob("journals/*/*")):
            raise SiteError(f"{settings.data} is not empty: a new site needs a folder of its own")


def _first_account(first: FirstOffice, *, zone: str, password: str, now_ms: int) -> None:
    from django.db import transaction

    from hadir.office.accounts.actions import create_account, grant_role
    from hadir.office.accounts.permissions import Role
    from hadir.office.page.moments import day_at
    from hadir.office.people.actions import register
    from hadir.office.people.models import Employment, Person
    from hadir.office.units.actions import open_unit
    from hadir.office.units.models import Zone

    today: date = day_at(now_ms, zone)
    with transaction.atomic():
        unit = open_unit(
            number=TOP_UNIT, name=first.unit_name, parent=None, zone=Zone(zone), by=FIRST_PERSON, at_ms=now_ms
        )
        person = Person(number=FIRST_PERSON, full_name=first.person_name, employment=Employment.PNS)
        register(person=person, home=unit, from_date=today, by=FIRST_PERSON, at_ms=now_ms)
        user = create_account(person=person, login=first.login, password=password, once=True)
        grant_role(user=user, role=Role.PERSONNEL, unit=unit, from_date=today, by=FIRST_PERSON, at_ms=now_ms)
