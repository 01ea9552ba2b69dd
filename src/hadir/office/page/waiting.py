"""What waits for the asker's act, gathered once for a request: the frame counts it, and the page of tasks lists it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hadir.office.accounts.permissions import NOBODY
from hadir.office.days.seeing import days_to_confirm
from hadir.office.duties.waiting import laws_waiting, rosters_waiting
from hadir.office.excuses.queries import waits_for
from hadir.office.installation import HERE
from hadir.office.months.asked import reopenings_waiting
from hadir.office.page.moments import day_at

if TYPE_CHECKING:
    from django.http import HttpRequest

    from hadir.office.accounts.permissions import Actor
    from hadir.office.days.seeing import UnseenDay
    from hadir.office.duties.models import RosterWish
    from hadir.office.duties.waiting import WaitingLaw
    from hadir.office.excuses.models import Excuse
    from hadir.office.months.models import Closing


@dataclass(frozen=True)
class Waiting:
    actor: Actor
    now_ms: int

    @cached_property
    def excuses(self) -> list[Excuse]:
        return waits_for(self.actor)

    @cached_property
    def laws(self) -> list[WaitingLaw]:
        return laws_waiting(self.actor, self.now_ms)

    @cached_property
    def wishes(self) -> list[RosterWish]:
        return rosters_waiting(self.actor, self.now_ms)

    @cached_property
    def reopenings(self) -> list[Closing]:
        return reopenings_waiting(self.actor)

    @cached_property
    def unseen(self) -> list[UnseenDay]:
        return days_to_confirm(self.actor, day_at(self.now_ms, HERE.site.zone))

    @property
    def count(self) -> int:
        of_law = len(self.laws) + len(self.wishes) + len(self.reopenings)
        return len(self.excuses) + of_law + len(self.unseen)


def waiting_of(request: HttpRequest) -> Waiting:
    """The request's own: asked for twice, it is gathered once."""
    kept: Waiting | None = getattr(request, "waiting", None)
    if kept is None:
        kept = Waiting(getattr(request, "actor", NOBODY), getattr(request, "now_ms", 0))
        request.waiting = kept  # type: ignore[attr-defined]  # a memo of one request
    return kept
