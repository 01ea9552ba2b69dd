"""An office of its own whose database another program locks: `python -m tests.office.locked_office FOLDER` says as
JSON what Rina was answered. A program of its own, since Django's database is chosen once for a process.
"""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hadir.clock import SystemClock
from hadir.config import read_settings
from hadir.office.programs.founding import FirstOffice, NewSite, found_production

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

OLD, NEW = "sandi-yang-lama-sekali", "sandi-yang-baru-sekali"
_WAIT_S = 0.1
_IDLE_MS = 120_000
"""After so long a session is written again."""
_BEGIN = "BEGIN IMMEDIATE"


def main(folder: Path) -> None:
    first = FirstOffice(unit_name="Kantor", person_name="Rina", login="rina")
    settings = read_settings({"HADIR_DATA": str(folder)})
    site = NewSite(name="absen.example.go.id", zone="Asia/Makassar")
    found_production(settings, site, first=first, keep_root=True)
    _prepare()
    busy, after_a_while = _browser(idle_ms=0), _browser(idle_ms=_IDLE_MS)
    with closing(sqlite3.connect(folder / "office.sqlite", isolation_level=None)) as other:
        other.execute(_BEGIN)
        told = {"asked": _ask(after_a_while), "sent": _send(busy), "sent_after_a_while": _send(after_a_while)}
        other.rollback()
        told["free"] = _ask(after_a_while)
        with _before_transaction(2, lambda: other.execute(_BEGIN)):
            told["half"] = _send(busy)
    sys.stdout.write(json.dumps(told))


def _prepare() -> None:
    from django.db import connection

    from hadir.office.accounts.models import User

    rina = User.objects.get()
    rina.set_password(OLD)
    rina.has_one_time_password = False
    rina.asks_factor = True  # as everybody of personnel has
    rina.save()
    connection.settings_dict["OPTIONS"]["timeout"] = _WAIT_S
    connection.close()


def _browser(*, idle_ms: int) -> Client:
    from django.test import Client

    from hadir.office.accounts.models import User

    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    client.force_login(User.objects.get())
    session = client.session
    session["began_ms"] = session["active_ms"] = SystemClock().now_ms() - idle_ms
    session.save()
    return client


@contextmanager
def _before_transaction(number: int, act: Callable[[], object]) -> Iterator[None]:
    from django.db import connection

    begun = 0

    def look(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        nonlocal begun
        begun += sql == _BEGIN
        if sql == _BEGIN and begun == number:
            act()
        return execute(sql, *more)

    with connection.execute_wrapper(look):
        yield


def _ask(client: Client) -> dict[str, Any]:
    return _answer(lambda: client.get("/kantor/pegawai/"))


def _send(client: Client) -> dict[str, Any]:
    return _answer(lambda: client.post("/kantor/sandi/", {"old": OLD, "new": NEW, "again": NEW}))


def _answer(request: Callable[[], Any]) -> dict[str, Any]:
    from django.db import connection

    from hadir.office.accounts.models import User
    from hadir.office.acts.models import OutboxRow

    connection.close()  # each request has a connection of its own
    records, answer = OutboxRow.objects.count(), request()
    return {
        "status": answer.status_code,
        "again_s": int(answer.headers.get("Retry-After", 0)),
        "page": answer.content.decode(),
        "changed": User.objects.get().check_password(NEW) or OutboxRow.objects.count() > records,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
