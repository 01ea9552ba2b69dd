"""What waits for the asker's act, gathered once for a request: the frame counts it, and the page of tasks lists it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Value

from hadir.office.day_pages.soft import SoftTaps, soft_taps
from hadir.office.days.seeing import days_to_confirm, lines_to_confirm
from hadir.office.duties.waiting import laws_to_back, laws_waiting, rosters_waiting, wishes_of_others
from hadir.office.excuses.waiting import INBOX_MAX, excuses_waiting, waits_for
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.month_pages.asked import reopenings_to_answer, reopenings_waiting
from hadir.office.roles import NOBODY

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from hadir.office.days.seeing import UnseenDay
    from hadir.office.duties.models import RosterWish
    from hadir.office.duties.waiting import WaitingLaw
    from hadir.office.excuses.models import Excuse
    from hadir.office.months.models import Closing
    from hadir.office.roles import Actor


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

    @cached_property
    def soft(self) -> SoftTaps:
        """What the superior is shown beside the list; nothing that is waited for."""
        return soft_taps(self.actor, day_at(self.now_ms, HERE.site.zone))

    @cached_property
    def count(self) -> int:
        """How many the lists would hold, without gathering them. One query, and three more while a roster or several
        days wait."""
        actor, today = self.actor, day_at(self.now_ms, HERE.site.zone)
        if not actor.grants:
            return 0
        found = _counts(
            excuses_waiting(actor),
            laws_to_back(actor, self.now_ms),
            reopenings_to_answer(actor),
            lines_to_confirm(actor, today),
            wishes_of_others(actor),
        )
        excuses, laws, reopenings, unseen, wishes = found
        rosters = len(self.wishes) if wishes else 0
        questions = len(self.unseen) if unseen > 1 else unseen  # days that came in together are one
        return min(excuses, INBOX_MAX) + laws + reopenings + questions + rosters


def _counts(*lists: QuerySet[Any]) -> list[int]:
    """The length of each, by one query for all."""
    parts = [
        rows.order_by().annotate(place=Value(place)).values_list("place").annotate(n=Count("pk"))
        for place, rows in enumerate(lists)
    ]
    found = dict(parts[0].union(*parts[1:], all=True))
    return [found.get(place, 0) for place in range(len(lists))]


def waiting_of(request: HttpRequest) -> Waiting:
    """The request's own: asked for twice, it is gathered once."""
    kept: Waiting | None = getattr(request, "waiting", None)
    if kept is None:
        kept = Waiting(getattr(request, "actor", NOBODY), getattr(request, "now_ms", 0))
        request.waiting = kept  # type: ignore[attr-defined]  # a memo of one request
    return kept
