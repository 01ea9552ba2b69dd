"""What the system can see of its own absence, proposed as outages that a person confirms, corrects or rejects.

* **A journal** that fell silent: from its last sign of life (a pulse each minute) to its next start. Everybody is
  concerned.
* **Phones** that tried in vain while the journal was alive: their delivery statements name the first try. Where at
  least three people's phones waited at once, something lay between them and the gate; the units they belong to are
  concerned. The phones' own clocks are believed only between the tap and its receipt.
* **A clock** of ours that the phones found wrong, once it is right again: from its last word before to its next one.

A proposal excuses nobody. What people have looked at is never proposed again and never changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from posixpath import commonpath

from django.db import transaction
from django.db.models import F

from hadir.office.acts.actions import write_decision
from hadir.office.acts.rows import write_rows
from hadir.office.excuses.kinds import DEFAULT_TAIL_MINUTES, OUTAGE, OUTAGE_BASIS, Cause, ExcuseState, Scope
from hadir.office.excuses.models import Excuse
from hadir.office.judging.gate_clocks import gate_clocks
from hadir.office.people.models import Assignment, AssignmentKind
from hadir.office.projection.models import MeasuredOutage, Punch, ServerFact, Witness
from hadir.office.roles import ActBy
from hadir.office.units.models import Unit
from hadir.records.days import DAY_MS
from hadir.records.kinds import Kind
from hadir.rules.clocks import Period

OUTAGE_MS_MIN = 120_000
"""Shorter silences are restarts: every phone tries again within them."""
WAIT_MS_MIN = 180_000
PHONES_MIN = 3
PROPOSE_BACK_MS = 62 * DAY_MS
"""This month and the one before it: older months are closed."""
PHONES_BACK_MS = 2 * DAY_MS
_SIGNS_OF_LIFE = (Kind.GATE_START, Kind.GATE_STOP, Kind.GATE_PULSE)
MEASURED = 0
"""In place of a person, in the record of what nobody did."""
MEASURED_BY_PHONES = "phones"
MEASURED_BY_CLOCK = "clock/"
"""And the journal of the gate whose clock it was."""


def propose_outages(now_ms: int, *, ask_phones: bool = True) -> int:
    """Propose what was measured and nobody has looked at yet. Returns how many proposals are new."""
    return _propose_from_journals(now_ms) + (_propose_from_phones(now_ms) if ask_phones else 0)


# --- the journals' own pulse, and their clocks ------------------------------------------------------------------------


def _propose_from_journals(now_ms: int) -> int:
    silences = MeasuredOutage.objects.filter(until_ms__gte=F("from_ms") + OUTAGE_MS_MIN).order_by("from_ms")
    measured = [(row.origin, Period(row.from_ms, row.until_ms), Cause.UNKNOWN) for row in silences]
    for origin, period in gate_clocks().wrong_periods():
        if period.until_ms <= now_ms:
            measured.append((f"{MEASURED_BY_CLOCK}{origin}", period, Cause.PROGRAM))
    known = set(Excuse.objects.exclude(measured_by="").values_list("measured_by", "measured_until_ms"))
    recent = [one for one in measured if one[1].until_ms >= now_ms - PROPOSE_BACK_MS]
    fresh = [one for one in recent if (one[0], one[1].until_ms) not in known]
    for measured_by, period, cause in fresh:
        _keep(_proposal(measured_by, period, now_ms, cause), now_ms)
    return len(fresh)


def _proposal(measured_by: str, period: Period, now_ms: int, cause: Cause, unit: Unit | None = None) -> Excuse:
    return Excuse.within(
        period,
        kind=OUTAGE,
        scope=Scope.ALL if unit is None else Scope.UNIT,
        unit=unit,
        tail_minutes=DEFAULT_TAIL_MINUTES,
        basis=OUTAGE_BASIS,
        cause=cause,
        state=ExcuseState.PROPOSED,
        entered_at_ms=now_ms,
        measured_by=measured_by,
        measured_from_ms=period.from_ms,
        measured_until_ms=period.until_ms,
    )


def _keep(row: Excuse, now_ms: int) -> None:
    """What was measured is nobody's act, and a record all the same."""
    with transaction.atomic():
        row.save()
        told = f"{row.measured_by} {row.measured_from_ms}..{row.measured_until_ms}"
        record = write_decision(
            by=ActBy.of(MEASURED, now_ms), act="excuse.measure", about=f"excuse/{row.number}", after=told
        )
        write_rows(record, row)


# --- phones that waited -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PhoneWait:
    """From a phone's first try to the receipt of what it tried to send."""

    person: int
    period: Period


def phone_waits(within: Period) -> list[PhoneWait]:
    """The waits that touch `within` and lasted minutes. Two queries."""
    rows = Witness.objects.filter(
        kind=Kind.DELIVERY, received_at_ms__gte=within.from_ms, received_at_ms__lt=within.until_ms + DAY_MS
    )
    statements = list(rows.order_by("received_at_ms", "record_hash"))
    punches = Punch.objects.in_bulk([row.punch for row in statements])
    waits = (_wait(row, punches.get(row.punch)) for row in statements)
    return [wait for wait in waits if wait is not None and wait.period.touches(within)]


def _wait(row: Witness, punch: Punch | None) -> PhoneWait | None:
    payload = row.delivery
    if punch is None or payload.first_try_ms is None or payload.tries == 1:
        return None
    from_ms = max(payload.first_try_ms, punch.judged_ms)
    if punch.received_at_ms - from_ms < WAIT_MS_MIN:
        return None
    return PhoneWait(punch.person, Period(from_ms, punch.received_at_ms))


def _propose_from_phones(now_ms: int) -> int:
    within = Period(now_ms - PHONES_BACK_MS, now_ms)
    outages = list(Excuse.objects.filter(kind=OUTAGE, until_ms__gt=within.from_ms).select_related("unit"))
    silent = [row.period for row in outages if not row.measured_by.startswith((MEASURED_BY_PHONES, MEASURED_BY_CLOCK))]
    waits = [wait for wait in phone_waits(within) if not any(wait.period.touches(period) for period in silent)]
    found = ((_common_unit(people), period) for period, people in crowded(waits))
    return sum(_propose_or_widen(unit, period, outages, now_ms) for unit, period in found if unit is not None)


def crowded(waits: Sequence[PhoneWait]) -> list[tuple[Period, frozenset[int]]]:
    """The periods in which at least `PHONES_MIN` people's phones waited at once, and who they were."""
    begins_at = [(wait.period.from_ms, True, wait.person) for wait in waits]
    ends_at = [(wait.period.until_ms, False, wait.person) for wait in waits]
    found: list[tuple[Period, frozenset[int]]] = []
    waiting: list[int] = []
    began_ms, people = 0, set[int]()
    for at_ms, begins, person in sorted(begins_at + ends_at):
        before = len(set(waiting)) >= PHONES_MIN
        if begins:
            waiting.append(person)
        else:
            waiting.remove(person)
        now = len(set(waiting)) >= PHONES_MIN
        if now and not before:
            began_ms, people = at_ms, set()
        if now:
            people |= set(waiting)
        elif before and at_ms > began_ms:
            found.append((Period(began_ms, at_ms), frozenset(people)))
    return found


def _common_unit(people: Iterable[int]) -> Unit | None:
    """The smallest unit above everybody's home."""
    homes = Assignment.objects.current().filter(person__in=list(people), kind=AssignmentKind.HOME, until_date=None)
    paths = list(homes.values_list("unit__path", flat=True))
    return Unit.objects.filter(path=f"{commonpath(paths)}/").first() if paths else None


def _propose_or_widen(unit: Unit, period: Period, outages: Sequence[Excuse], now_ms: int) -> int:
    """A new proposal, or the same one wider since more phones have come back. What people looked at stays."""
    same = [row for row in outages if row.period.touches(period) and unit.path.startswith(row.path)]
    if not same:
        _keep(_proposal(f"{MEASURED_BY_PHONES}{unit.path}", period, now_ms, Cause.NETWORK, unit), now_ms)
        return 1
    row = same[0]
    is_untouched = row.state == ExcuseState.PROPOSED and row.measured_by == f"{MEASURED_BY_PHONES}{unit.path}"
    if is_untouched and row.period != period:
        row.from_ms = row.measured_from_ms = period.from_ms
        row.until_ms = row.measured_until_ms = period.until_ms
        _keep(row, now_ms)
    return 0


# --- the Berita Acara's facts ----------------------------------------------------------------------------------------


def measurement(row: Excuse) -> dict[str, object]:
    """What the journals and the phones say of an outage. Three queries."""
    waits = phone_waits(row.period)
    return {
        "grounds": _grounds(row),
        "phones": len({wait.person for wait in waits}),
        "first_try_ms": min((wait.period.from_ms for wait in waits), default=None),
        "last_receipt_ms": max((wait.period.until_ms for wait in waits), default=None),
    }


def _grounds(row: Excuse) -> list[tuple[str, ServerFact]]:
    """The journal's last sign of life before the silence, and its next start; of a wrong clock, its words."""
    is_clock = row.measured_by.startswith(MEASURED_BY_CLOCK)
    kinds, first, last = (
        ((Kind.CLOCK_STATE,), "outage.ground.clock", "outage.ground.clock")
        if is_clock
        else (_SIGNS_OF_LIFE, "outage.ground.last_sign", "outage.ground.start")
    )
    facts = ServerFact.objects.filter(origin=row.measured_by.removeprefix(MEASURED_BY_CLOCK), kind__in=kinds)
    near = facts.filter(received_at_ms__in=(row.measured_from_ms, row.measured_until_ms)).order_by("index")
    return [(first if fact.received_at_ms == row.measured_from_ms else last, fact) for fact in near]
