"""The office's part of `hadir erase details`: what was decided, and the signed list of it for the gates."""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

from hadir.office.ground import installation
from hadir.office.ground.act_error import ActError
from hadir.office.programs.commands import migrate
from hadir.office.roles import ActBy
from hadir.site import SiteError
from hadir.texts import render

if TYPE_CHECKING:
    from datetime import date

    from hadir.config import Settings


def decide_erasure(
    settings: Settings, *, before: date, by: int | None, agreed_by: int | None, reason: str
) -> list[int]:
    """The numbers of all erasures that hold and reach that day, published to the gates; none where nobody decided any.

    With `by` and `agreed_by`, two people of the personnel agency, their two acts are recorded first. SiteError with
    nothing written when they may not.
    """
    migrate(settings)
    from hadir.office.erasing.actions import publish_erasures
    from hadir.office.erasing.models import Erasure, State
    from hadir.office.programs.imports import move_waiting_records

    site, now_ms = installation.HERE.site, installation.HERE.clock.now_ms()
    if by is not None and agreed_by is not None:
        _record(before, by, agreed_by, reason=reason, now_ms=now_ms)
        move_waiting_records(now_ms)
    publish_erasures(site.roster_folder, site.office_signer())
    rows = Erasure.objects.filter(state=State.AGREED, before__gte=before).order_by("number")
    return list(rows.values_list("number", flat=True))


def _record(before: date, by: int, agreed_by: int, *, reason: str, now_ms: int) -> None:
    from django.core.exceptions import PermissionDenied
    from django.db import transaction

    from hadir.office.erasing.actions import agree_to_erasure, ask_erasure
    from hadir.office.programs.imports import ImportCommandError, actor_for

    try:
        with transaction.atomic():
            row = ask_erasure(before=before, by=ActBy(actor_for(by, now_ms), now_ms, reason))
            agree_to_erasure(number=row.number, by=ActBy(actor_for(agreed_by, now_ms), now_ms, reason))
    except ActError as error:
        raise SiteError(render(error.code, "en")) from error
    except (PermissionDenied, ImportCommandError) as error:
        raise SiteError("both must be people of the personnel agency who answer for the whole site") from error
