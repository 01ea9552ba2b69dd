from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from hadir.office.ground.installation import HERE
from hadir.office.home.menu import menu_for
from hadir.office.home.waiting import waiting_of
from hadir.office.roles import NOBODY


def frame(request: HttpRequest) -> dict[str, object]:
    """What the frame of every page needs: language, actor, menu, and whether this is a rehearsal."""
    actor = getattr(request, "actor", NOBODY)
    return {
        "lang": getattr(request, "lang", "id"),
        "actor": actor,
        "menu": menu_for(actor, request.path),
        "waiting_acts": SimpleLazyObject(lambda: waiting_of(request).count),
        "rehearsal": HERE.rehearsal,
        "here": request.get_full_path(),
    }
