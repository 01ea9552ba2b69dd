"""Which person-days must be judged again. Whoever changes a fact marks them; the follower judges them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from django.db.models import Model, Q

from hadir.office.ground.rows import put_values
from hadir.office.people.models import AT_HOME, Assignment
from hadir.office.projection.models import DirtyDay, DirtyPin, Punch, SeenKey, SweptUnit, VerdictRow
from hadir.rules.evidence import Source

_DAY = timedelta(days=1)
_PIN_DAY = ("terminal", "pin", "day")

PinDay = tuple[str, str, "date"]
PersonDay = tuple[int, "date | None"]


def mark_dirty(days: Iterable[PersonDay]) -> None:
    marked = {(person, day) for person, day in days if day is not None}
    put_values(DirtyDay, ("person", "day"), marked, unique=("person", "day"))


def mark_key_dirty(kid: str, *, holder: int) -> None:
    """A decision on a key touches every day on which it signed, and those on which its holder lacks a tap."""
    mark_dirty(Punch.objects.filter(kid=kid).values_list("person", "day").distinct())
    holders = {holder, *SeenKey.objects.filter(kid=kid).values_list("person", flat=True)}
    mark_known_dirty(Q(person__in=holders))


def mark_known_dirty(
    whom: Q,
    *,
    from_date: date | None = None,
    until_date: date | None = None,
    weekdays: frozenset[int] = frozenset(),
    models: Sequence[type[Model]] = (VerdictRow, Punch),
) -> None:
    """Of the person-days that are judged or recorded, those of `whom` in `[from_date, until_date)`.

    `weekdays` (as `date.weekday()` numbers them) leave the others out; none: all.
    """
    within = Q()
    if from_date is not None:
        within &= Q(day__gte=from_date)
    if until_date is not None:
        within &= Q(day__lt=until_date)
    if weekdays:
        within &= Q(day__iso_week_day__in=[day + 1 for day in weekdays])
    for model in models:
        mark_dirty(model._default_manager.filter(whom & within).values_list("person", "day").distinct())  # noqa: SLF001 - Django's name


def forget_sweep() -> None:
    """From when on days without a record are owed has changed: look for such days from the start again."""
    SweptUnit.objects.all().delete()


def mark_dark_dirty(heard: Iterable[tuple[str, date]], spoke: Mapping[int, date]) -> None:
    """Days that were left undecided because a source was silent, now that it was heard.

    `heard`: (source, date) of what it recorded; `spoke`: person -> the latest day of his own phone's taps.
    """
    near = {(ref, day + off * _DAY) for ref, day in heard for off in (-1, 0, 1)}
    if not near:
        return
    rows = VerdictRow.objects.exclude(dark="").filter(Q(dark__in={ref for ref, _ in near}) | Q(person__in=spoke.keys()))
    mark_dirty(
        (person, day)
        for person, day, dark in rows.values_list("person", "day", "dark")
        if (dark, day) in near or (person in spoke and day <= spoke[person])
    )


def mark_unit_dirty(path: str, from_date: date) -> None:
    """A fact of a unit touches every known day of the subtree's people from `from_date` on."""
    people = Assignment.objects.current().filter(unit__path__startswith=path).values("person")
    mark_known_dirty(Q(person__in=people), from_date=from_date)


def mark_pins_dirty(days: Iterable[PinDay]) -> None:
    """(terminal, pin, day) whose lines are new."""
    put_values(DirtyPin, _PIN_DAY, set(days), unique=_PIN_DAY)


def mark_person_dirty(person: int, from_date: date) -> None:
    """A new fact about a person touches his known days from `from_date` on, and days that nobody looked for yet."""
    mark_known_dirty(Q(person=person), from_date=from_date)
    _mark_colleagues(person, from_date)
    forget_sweep()


def _mark_colleagues(person: int, from_date: date) -> None:
    """A unit's phones were heard where its people's were: whoever moved takes that away from one unit and gives it to
    another, on the days when his phone spoke.
    """
    units = set(Assignment.objects.filter(AT_HOME, person=person).values_list("unit", flat=True))
    if len(units) < 2:
        return
    spoke = Punch.objects.filter(source=Source.PHONE, person=person, day__gte=from_date)
    days = {day + off for day in spoke.values_list("day", flat=True) if day for off in (-_DAY, timedelta(0), _DAY)}
    mark_known_dirty(Q(unit__in=units, day__in=days), models=(VerdictRow,))
