from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.functional import SimpleLazyObject

from hadir.office.accounts.permissions import NOBODY
from hadir.office.days.seeing import days_to_confirm
from hadir.office.duties.waiting import laws_waiting, rosters_waiting
from hadir.office.excuses.queries import waits_for
from hadir.office.installation import HERE
from hadir.office.months.asked import reopenings_waiting
from hadir.office.page.menu import menu_for
from hadir.office.page.moments import day_at

if TYPE_CHECKING:
    from django.http import HttpRequest

    from hadir.office.accounts.permissions import Actor


def frame(request: HttpRequest) -> dict[str, object]:
    """What the frame of every page needs: language, actor, menu, and whether this is a rehearsal."""
    actor = getattr(request, "actor", NOBODY)
    return {
        "lang": getattr(request, "lang", "id"),
        "actor": actor,
        "menu": menu_for(actor, request.path),
        "waiting_acts": SimpleLazyObject(lambda: _open_tasks(request, actor)),
        "rehearsal": HERE.rehearsal,
        "here": request.get_full_path(),
    }


def _open_tasks(request: HttpRequest, actor: Actor) -> int:
    """How much waits for this person's act."""
    now_ms = getattr(request, "now_ms", 0)
    unseen = days_to_confirm(actor, day_at(now_ms, HERE.site.zone))
    of_law = [*laws_waiting(actor, now_ms), *rosters_waiting(actor, now_ms), *reopenings_waiting(actor)]
    return len(waits_for(actor)) + len(of_law) + len(unseen)
