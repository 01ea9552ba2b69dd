"""The one reader of the environment: typed, read once, and failing at start with what to change.

Every setting stands in docs/operating.md; a test holds the two together.
"""

import os
import random
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: Below the kernel's range for connections that go out (ip_local_port_range), or one of those may take the port before
#: the program listens, or while it is started again.
_PORTS = range(20_000, 32_000)
_PORTS_TRIED = 200


class SettingError(ValueError):
    """A setting that cannot be used; the message names it and says what to change."""


#: name -> (default, what it is). The only environment variables Hadir reads.
SETTINGS: dict[str, tuple[str, str]] = {
    "HADIR_DATA": ("data", "the data folder"),
    "HADIR_PUBLIC_URL": (
        "",
        "where people reach this site, https://presensi.example.go.id; empty: what site.json says",
    ),
    "HADIR_OFFICE_DB": (
        "",
        "the office's database, postgresql://user:password@host/name; empty: SQLite in the data folder",
    ),
    "HADIR_SLIP_KEYS": ("5", "phones that may come by one slip; the rest are set apart"),
    "HADIR_POLICIES": ("", "folder of the policy files; empty: those that ship with Hadir"),
}


@dataclass(frozen=True)
class Settings:
    """What the environment says, checked."""

    data: Path
    public_url: str
    office_db: str
    policies: Path
    slip_keys: int = 5


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. SettingError names the first that cannot be used."""
    source = os.environ if environ is None else environ
    values = {name: source.get(name) or default for name, (default, _) in SETTINGS.items()}
    public_url = values["HADIR_PUBLIC_URL"].rstrip("/")
    if public_url and not is_address(public_url):
        raise SettingError(f"HADIR_PUBLIC_URL is {public_url!r}: write it as https://presensi.example.go.id")
    office_db = values["HADIR_OFFICE_DB"]
    if office_db and not office_db.startswith("postgresql://"):
        raise SettingError("HADIR_OFFICE_DB must begin with postgresql://, or be empty for SQLite in the data folder")
    slip_keys = values["HADIR_SLIP_KEYS"]
    if not (slip_keys.isascii() and slip_keys.isdigit() and 1 <= int(slip_keys[:6]) <= 1_000):
        raise SettingError("HADIR_SLIP_KEYS must be a whole number from 1 to 1000")
    policies = Path(values["HADIR_POLICIES"]) if values["HADIR_POLICIES"] else shipped("policies")
    return Settings(
        data=Path(values["HADIR_DATA"]).absolute(),
        public_url=public_url,
        office_db=office_db,
        policies=policies,
        slip_keys=int(slip_keys),
    )


_ADDRESS = re.compile(r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?")


def is_address(url: str) -> bool:
    """Whether it names a host and nothing below it, as `https://presensi.example.go.id`."""
    return _ADDRESS.fullmatch(url) is not None


def wanted_signs() -> tuple[str, float]:
    """Where the supervisor wants this program's signs of life (sd_notify(3)), and after how many seconds without one it
    is taken for dead (0: never). The address is empty where nobody wants any.
    """
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return os.environ.get("NOTIFY_SOCKET", ""), int(microseconds) / 1e6 if microseconds.isdecimal() else 0.0


def child_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `settings` laid over it, for a program that we start."""
    return {**os.environ, **settings}


def shipped(name: str) -> Path:
    """What ships with Hadir beside its code: `policies`, the built phone `phone/dist`, `deploy`.

    In an installed package it lies in `hadir/shipped`, where `setup.py` puts it; in a source tree, at the top. The only
    place that knows.
    """
    package = Path(__file__).resolve().parent
    inside = package / "shipped"
    return (inside if inside.is_dir() else package.parents[1]) / name


def phone_shell() -> Path:
    """The built phone. SettingError when it was never built."""
    built = shipped("phone") / "dist"
    if not (built / "index.html").is_file():
        raise SettingError(
            f"the phone's app is not in {built}: build it with scripts/setup.sh env, or install a wheel that holds it"
        )
    return built


def free_port() -> int:
    """A port of this machine for a program that is about to listen. Random, or two who look at once find the same."""
    for port in random.sample(_PORTS, _PORTS_TRIED):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"all of {_PORTS_TRIED} ports between {_PORTS.start} and {_PORTS.stop} are taken")
