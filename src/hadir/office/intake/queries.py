from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.http import Http404

from hadir.office.ground.dated import in_force
from hadir.office.ground.installation import HERE
from hadir.office.ground.rows import grouped
from hadir.office.intake.models import ImportedFile, PinHolder, Terminal, TerminalPlace
from hadir.office.intake.permissions import SEE_TERMINALS
from hadir.office.projection.models import MachineLine
from hadir.office.roles import Actor, Rule, Thing, may
from hadir.office.units.models import Unit


@dataclass(slots=True)
class PinHolders:
    """Everybody who ever held a PIN of one terminal, in order of first days."""

    terminal: Terminal
    by_pin: dict[str, list[PinHolder]]

    @classmethod
    def of(cls, terminal: Terminal) -> "PinHolders":
        rows = PinHolder.objects.current().filter(terminal=terminal).order_by("from_date")
        return cls(terminal, grouped(rows, lambda row: row.pin))

    def on(self, pin: str, day: date) -> PinHolder | None:
        return in_force(self.by_pin.get(pin, []), day)

    def overlapping(self, pin: str, from_date: date, until_date: date | None) -> list[PinHolder]:
        return [
            row
            for row in self.by_pin.get(pin, [])
            if (until_date is None or row.from_date < until_date)
            and (row.until_date is None or from_date < row.until_date)
        ]

    def add(self, row: PinHolder) -> None:
        self.by_pin[row.pin] = sorted([*self.by_pin.get(row.pin, []), row], key=lambda one: one.from_date)


@dataclass(frozen=True, slots=True)
class WaitingPin:
    """A PIN with lines that belong to nobody yet."""

    pin: str
    lines: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class TerminalRow:
    terminal: Terminal
    place: TerminalPlace | None
    lines: int
    last: date | None
    last_clock: time | None
    waiting: int

    @property
    def zone(self) -> str:
        return self.place.unit.zone if self.place else HERE.site.zone

    @property
    def where_code(self) -> str:
        return f"intake.directions.{self.place.directions}" if self.place else "intake.no_place"


def place_of(terminal: Terminal, day: date) -> TerminalPlace | None:
    """Where the terminal stands on `day`; its first place for days before that."""
    return _places([terminal.serial], day).get(terminal.serial)


def thing_of_terminal(terminal: Terminal, day: date) -> Thing:
    """A terminal lies where it stands; one that nobody has placed is the whole site's."""
    return _thing(place_of(terminal, day), _tops())


def terminals_in_sight(actor: Actor, rule: Rule, day: date) -> list[TerminalRow]:
    """Terminals that `rule` lets the actor see, with what waits on each; six queries, whatever number."""
    every = list(Terminal.objects.all())
    places, tops = _places([one.serial for one in every], day), _tops()
    seen = [one for one in every if may(actor, rule, _thing(places.get(one.serial), tops))]
    lines = MachineLine.objects.filter(terminal__in=[one.serial for one in seen])
    counted = {row["terminal"]: row for row in lines.values("terminal").annotate(n=Count("pk"), last=Max("day"))}
    last_days = Q(pk__in=())
    for row in counted.values():
        last_days |= Q(terminal=row["terminal"], day=row["last"])
    newest = lines.filter(last_days).values("terminal", "day").annotate(clock=Max("clock"))
    clocks = {(row["terminal"], row["day"]): row["clock"] for row in newest}
    waiting = {row["terminal"]: row["n"] for row in _waiting(lines).values("terminal").annotate(n=Count("pk"))}
    return [
        TerminalRow(
            terminal=one,
            place=places.get(one.serial),
            lines=counted.get(one.serial, {}).get("n", 0),
            last=counted.get(one.serial, {}).get("last"),
            last_clock=clocks.get((one.serial, counted.get(one.serial, {}).get("last"))),
            waiting=waiting.get(one.serial, 0),
        )
        for one in seen
    ]


def _places(serials: Sequence[str], day: date) -> dict[str, TerminalPlace]:
    found = TerminalPlace.objects.current().filter(terminal__in=serials).select_related("unit")
    rows = grouped(found.order_by("from_date"), lambda row: row.terminal_id)
    return {serial: in_force(stood, day) or stood[0] for serial, stood in rows.items()}


def _tops() -> tuple[str, ...]:
    return tuple(Unit.objects.filter(parent=None).values_list("path", flat=True))


def _thing(place: TerminalPlace | None, tops: tuple[str, ...]) -> Thing:
    return Thing(paths=(place.unit.path,) if place else tops)


def terminal_in_sight(actor: Actor, serial: str, day: date, rule: Rule = SEE_TERMINALS) -> TerminalRow:
    """The terminal, if it is in sight (else 404) and the actor may do this there (else 403)."""
    seen = terminals_in_sight(actor, SEE_TERMINALS, day)
    row = next((row for row in seen if row.terminal.serial == serial), None)
    if row is None:
        raise Http404
    if rule is not SEE_TERMINALS and not may(actor, rule, thing_of_terminal(row.terminal, day)):
        raise PermissionDenied
    return row


def waiting_pins(serial: str) -> list[WaitingPin]:
    """PINs with lines that belong to nobody, those with most lines first."""
    rows = (
        _waiting(MachineLine.objects.filter(terminal=serial))
        .values("pin")
        .annotate(lines=Count("pk"), first=Min("day"), last=Max("day"))
        .order_by("-lines", "pin")
    )
    return [WaitingPin(**row) for row in rows]


def holders_of(serial: str) -> QuerySet[PinHolder]:
    return PinHolder.objects.current().filter(terminal=serial).select_related("person").order_by("pin", "from_date")


def files_of(serial: str) -> QuerySet[ImportedFile]:
    return ImportedFile.objects.filter(terminal=serial).select_related("by")


def _waiting(lines: QuerySet[MachineLine]) -> QuerySet[MachineLine]:
    holders = (
        PinHolder.objects.current()
        .filter(terminal=OuterRef("terminal"), pin=OuterRef("pin"), from_date__lte=OuterRef("day"))
        .filter(Q(until_date=None) | Q(until_date__gt=OuterRef("day")))
    )
    return lines.filter(~Exists(holders))
