"""Acts of law and rosters that wait for a second person: to hold on days that had begun, or to be undone on them."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, time, timedelta

from django.db.models import (
    Case,
    CharField,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from hadir.office.duties.kinds import TEXT_KINDS, LawKind
from hadir.office.duties.models import LawAct, Membership, RosterWish, WishState
from hadir.office.duties.permissions import KEEP_ROSTER, MAKE_LAW
from hadir.office.duties.queries import LawDecision, is_open
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.people.queries import people_below, things_of
from hadir.office.roles import Actor, may
from hadir.records.days import DAY_MS
from hadir.rules.clocks import instant_ms

WAITS_DAYS = 31
"""How long an act is shown as waiting for the days that had begun; then it stands on the unit's own page only."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WaitingLaw:
    """An act, and what the reader would do as the second person."""

    row: LawAct
    act: LawDecision
    is_open: bool
    """Whether the reader may know for which group it is."""

    @property
    def button_code(self) -> str:
        return f"law.button.{self.act.value}"

    @property
    def why_code(self) -> str:
        if self.act is LawDecision.WITHDRAW:
            return "tasks.law.withdraw"
        return "tasks.law.needs_two" if self.row.needs_two else "tasks.law.agree"


def laws_waiting(actor: Actor, now_ms: int) -> list[WaitingLaw]:
    """For this person's word, the oldest first. One query."""
    rows = laws_to_back(actor, now_ms).select_related("unit", "group__unit", "person", "made_by", "ending_by")
    return [
        WaitingLaw(row, LawDecision.AGREE if row.ending_by_id is None else LawDecision.WITHDRAW, is_open(actor, row))
        for row in rows.order_by("number")
    ]


def laws_to_back(actor: Actor, now_ms: int) -> QuerySet[LawAct]:
    """Acts to which this person may be the second. He stands behind none that he made, and behind none for himself."""
    today = day_at(now_ms, HERE.site.zone)
    his = Membership.objects.current().filter(group=OuterRef("group"), person=actor.person)
    until = Q(until_date=None) | Q(until_date__gt=today - WAITS_DAYS * _DAY)
    needs_two = Q(kind__in=(LawKind.DISPENSATION, *TEXT_KINDS)) & until
    late_made = Q(from_date__lte=_day_made(today), made_at_ms__gte=now_ms - WAITS_DAYS * DAY_MS) & ~_founding()
    agree = Q(also_by=None, made_by__isnull=False, ending_by=None) & ~Q(made_by=actor.person) & (needs_two | late_made)
    begun = Q(from_date__lte=today) | Q(kind__in=TEXT_KINDS)
    withdraw = Q(ending_by__isnull=False) & begun & ~Q(ending_by=actor.person)
    rows = LawAct.objects.current().filter(_makable(actor, today), agree | withdraw)
    return rows.exclude(Q(kind=LawKind.DISPENSATION) & Exists(his))


def _makable(actor: Actor, today: date) -> Q:
    """As `may` and `MAKE_LAW` say it of each act: by its kind, and by where it or its person is."""
    found = Q(pk__in=())
    for rule in set(MAKE_LAW.values()):
        paths = actor.paths(rule.roles)
        people = people_below(paths, today).exclude(number=actor.person or 0).values("number")
        reached = Q(person__in=people)
        for path in paths:
            reached |= Q(unit__path__startswith=path) | Q(unit=None, group__unit__path__startswith=path)
        found |= Q(kind__in=[kind for kind, one in MAKE_LAW.items() if one == rule]) & reached
    return found


def _day_made(today: date) -> Case:
    """The site's date on which an act of the last `WAITS_DAYS` was made; before all of them for an older one."""
    days = [today - back * _DAY for back in range(WAITS_DAYS + 1)]
    begun = (When(made_at_ms__gte=instant_ms(day, time.min, HERE.site.zone), then=Value(day)) for day in days)
    return Case(*begun, default=Value(date.min), output_field=DateField())


def _founding() -> Q:
    """As `queries.founding`: the first duty of all for its unit holds from its first day on, without another's word."""
    earlier = Q(made_at_ms__lt=OuterRef("made_at_ms")) | Q(
        made_at_ms=OuterRef("made_at_ms"), number__lt=OuterRef("number")
    )
    duties = LawAct.objects.current().filter(earlier, kind=LawKind.DUTY, unit__isnull=False)
    above = duties.annotate(below=ExpressionWrapper(OuterRef("unit__path"), output_field=CharField()))
    is_there = Exists(above.filter(below__startswith=F("unit__path")))
    return Q(kind=LawKind.DUTY, unit__isnull=False) & Q(~is_there)


# --- rosters ----------------------------------------------------------------------------------------------------------

WISHES_MAX = 100


def rosters_waiting(actor: Actor, now_ms: int) -> list[RosterWish]:
    """Shifts on days that had begun, for this person's word. Three queries, whatever number."""
    rows = list(wishes_of_others(actor).select_related("made_by").order_by("number")[:WISHES_MAX])
    things = things_of({person for row in rows for person in row.people}, day_at(now_ms, HERE.site.zone))
    return [row for row in rows if all(may(actor, KEEP_ROSTER, things[person]) for person in row.people)]


def wishes_of_others(actor: Actor) -> QuerySet[RosterWish]:
    """Those that wait and that he did not make, if he may keep any roster; who is named in them is not looked at."""
    if not actor.paths(KEEP_ROSTER.roles):
        return RosterWish.objects.none()
    return RosterWish.objects.filter(state=WishState.WAITING).exclude(made_by=actor.person)


def wishes_about(people: AbstractSet[int]) -> list[RosterWish]:
    """Those that wait and are about one of these people. One query."""
    rows = RosterWish.objects.filter(state=WishState.WAITING).select_related("made_by")
    return [row for row in rows.order_by("number")[:WISHES_MAX] if row.people & people]
