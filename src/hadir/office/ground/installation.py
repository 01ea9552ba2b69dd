"""Where this office is installed: the settings of `hadir.config` and the data folder, opened when first needed."""

from contextlib import suppress
from datetime import date
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from hadir.clock import Clock
from hadir.config import SettingError, Settings, read_settings
from hadir.records.days import local_date
from hadir.site import OFFICE_DB_FILE, Site, SiteError, open_site

SQLITE_WAIT_SECONDS = 20
# A verdict is 1.8 KB: of smaller pages half would be air. It is for new files; PostgreSQL has such pages anyway.
_PRAGMAS = "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"


class Installation:
    """The site is opened on first use, so that tools which only read Django's settings need no data folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def use(self, settings: Settings) -> None:
        """Stand somewhere else. Only before Django is set up: its settings are read from here once."""
        self.settings = settings
        for opened in ("site", "clock", "public_url"):
            self.__dict__.pop(opened, None)

    @cached_property
    def site(self) -> Site:
        return open_site(self.settings.data)

    @cached_property
    def clock(self) -> Clock:
        return self.site.clock()

    def day_at(self, at_ms: int) -> date:
        """The date at the site: roles and assignments begin and end at its midnight."""
        return local_date(at_ms, self.site.zone)

    @property
    def rehearsal(self) -> bool:
        return self.site.rehearsal

    @cached_property
    def public_url(self) -> str:
        """The environment's word goes before the folder's; empty where neither says it, or there is no folder yet."""
        if self.settings.public_url:
            return self.settings.public_url
        try:
            return self.site.address
        except SiteError:
            return ""

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def hosts(self) -> tuple[str, ...]:
        named = urlsplit(self.public_url).hostname or "localhost"
        return tuple(dict.fromkeys((named, "127.0.0.1", "localhost")))

    @property
    def office_db(self) -> Path:
        """The SQLite file of the tables. In a folder without a site, which tools and a first start see, the usual."""
        with suppress(SiteError):
            return self.site.office_db
        return self.settings.data / OFFICE_DB_FILE


def database_of(url: str, sqlite_file: Path) -> dict[str, Any]:
    """Django's entry for the office's database: PostgreSQL when `url` names one, else one SQLite file."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": sqlite_file,
            "OPTIONS": {"init_command": _PRAGMAS, "transaction_mode": "IMMEDIATE", "timeout": SQLITE_WAIT_SECONDS},
        }
    if find_spec("psycopg") is None:
        raise SettingError(
            "HADIR_OFFICE_DB is a PostgreSQL database whose driver is missing: install psycopg[binary] beside Hadir"
        )
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }


HERE = Installation(read_settings())
