"""A policy tried on a month before it is published: asked for on a page, worked off by the office's worker bit by bit.

A bit is a few people, so that a trial of thousands holds up no tap; where the worker starts again it goes on after the
last person that it had done. What was found is kept with the trial, and older trials are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import transaction

from hadir.office.duties.models import PolicyTrial, TrialPerson, TrialState
from hadir.office.duties.permissions import TRY_POLICY
from hadir.office.ground.act_error import ActError
from hadir.office.ground.yaml_texts import bounded_yaml, placed
from hadir.office.judging.dry_run import Trial, homes_of, proposed_documents, proposed_folder, try_some
from hadir.office.judging.judging import JudgeContext
from hadir.office.roles import ActBy, Thing, may
from hadir.office.units.models import Unit
from hadir.rules.differences import DayOutcome, PersonChange, PolicyComparison
from hadir.rules.faults import Said
from hadir.rules.policy import PolicyGapError
from hadir.rules.policy_file import parse_policies
from hadir.rules.reading import DocumentError, Fault

PEOPLE_AT_ONCE = 10
KEPT_MAX = 20
"""Trials that are kept; the oldest make room."""
WAITING_MAX = 3
FILE_BYTES_MAX = 256_000
VALUES_MAX = 50_000
"""Of a document, its repeated parts counted each time: a small file may unfold without end."""


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What would change for a number of people. `classes`: how often each letter and class occurs, before and after."""

    people: int = 0
    changed: int = 0
    changed_days: int = 0
    stricter: int = 0
    milder: int = 0
    more: Decimal = Decimal(0)
    """Percent points of the allowance that would be deducted in addition, of all people together."""
    less: Decimal = Decimal(0)
    minutes: tuple[int, int] = (0, 0)
    classes: dict[str, tuple[int, int]] = {}

    def plus(self, other: Totals) -> Totals:
        codes = [*self.classes, *(code for code in other.classes if code not in self.classes)]
        none = (0, 0)
        return Totals(
            people=self.people + other.people,
            changed=self.changed + other.changed,
            changed_days=self.changed_days + other.changed_days,
            stricter=self.stricter + other.stricter,
            milder=self.milder + other.milder,
            more=self.more + other.more,
            less=self.less + other.less,
            minutes=_both(self.minutes, other.minutes),
            classes={code: _both(self.classes.get(code, none), other.classes.get(code, none)) for code in codes},
        )

    @classmethod
    def of(cls, change: PersonChange) -> Totals:
        """Of one person for whom something changes; that he was looked at is counted elsewhere."""
        classes: dict[str, tuple[int, int]] = {}
        for day in change.days:
            for place, outcome in enumerate((day.before, day.after)):
                for code in _codes(outcome):
                    classes[code] = _both(classes.get(code, (0, 0)), (1 - place, place))
        return cls(
            changed=1,
            changed_days=len(change.days),
            stricter=int(change.change > 0),
            milder=int(change.change < 0),
            more=max(change.change, Decimal(0)),
            less=max(-change.change, Decimal(0)),
            minutes=(
                sum(day.before.minutes for day in change.days),
                sum(day.after.minutes for day in change.days),
            ),
            classes=classes,
        )


def _both(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


def _codes(outcome: DayOutcome) -> list[str]:
    return [code for code in (outcome.code, outcome.arrival, outcome.departure) if code]


def totals_by_unit(row: PolicyTrial) -> dict[int, Totals]:
    return {int(number): msgspec.convert(raw, Totals, strict=False) for number, raw in row.units.items()}


def whole(parts: Sequence[Totals]) -> Totals:
    found = Totals()
    for one in parts:
        found = found.plus(one)
    return found


# --- asking -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be tried: an installed set by its name, or a document that was brought."""

    unit: Unit
    first: date
    policy: str = ""
    document: bytes = b""


@transaction.atomic
def ask_trial(wish: Wish, *, policies: Path, by: ActBy, today: date) -> PolicyTrial:
    """Let the worker try it. ActError where it cannot be tried at all."""
    if not may(by.actor, TRY_POLICY, Thing(paths=(wish.unit.path,))):
        raise PermissionDenied
    if wish.first > today:
        raise ActError("law.trial.trouble.not_begun", field="bulan")
    if PolicyTrial.objects.filter(state=TrialState.WAITING).count() >= WAITING_MAX:
        raise ActError("law.trial.trouble.busy")
    name, title = _looked_through(wish, policies)
    row = PolicyTrial.objects.create(
        unit=wish.unit, first=wish.first, policy=name, title=title, by_id=by.number, at_ms=by.at_ms,
        document=wish.document.decode() if wish.document else "",
    )  # fmt: skip
    old = PolicyTrial.objects.exclude(state=TrialState.WAITING).order_by("-number").values_list("pk", flat=True)
    PolicyTrial.objects.filter(pk__in=list(old[KEPT_MAX - 1 :])).delete()
    return row


def _looked_through(wish: Wish, policies: Path) -> tuple[str, dict[str, str]]:
    """The policy's name and title, once everything of it is known to load and to hold in that month."""
    name = wish.policy
    try:
        raw = _read(wish.document) if wish.document else wish.policy
        name = raw if isinstance(raw, str) else str(raw.get("policy"))
        sets = parse_policies(proposed_documents(policies, raw))
    except DocumentError as error:
        # Every policy that is put under a bad one lacks the same: what is wrong in the file itself is told alone.
        own = [fault for fault in error.faults if re.match(rf"{re.escape(name)}\b", fault.place)]
        raise ActError(
            "law.trial.trouble.file", field="berkas", faults=placed(own or error.faults, wish.document, name)
        ) from error
    try:
        sets[name].on(wish.first)
    except (PolicyGapError, KeyError) as error:
        raise ActError("law.trial.trouble.gap", field="berkas") from error
    return name, {lang: sets[name].title[lang] for lang in ("id", "en")}


def _read(document: bytes) -> dict[str, Any]:
    raw = bounded_yaml(document, "policy", bytes_max=FILE_BYTES_MAX, values_max=VALUES_MAX)
    if not isinstance(raw, dict):
        raise DocumentError([Fault("policy", Said("no_mapping"))])
    return raw


# --- working it off ---------------------------------------------------------------------------------------------------


@dataclass
class Trier:
    """What the worker keeps open between the bits of a trial: the folder of the law that is proposed."""

    number: int = 0
    folder: Path | None = None
    opened: ExitStack = field(default_factory=ExitStack)

    def step(self, context: JudgeContext) -> bool:
        """Try the oldest waiting trial on a few more people. Returns whether there was one."""
        row = PolicyTrial.objects.select_related("unit").filter(state=TrialState.WAITING).order_by("number").first()
        if row is None:
            return False
        try:
            self._try_some(context, row)
        except (DocumentError, PolicyGapError, KeyError) as error:
            PolicyTrial.objects.filter(pk=row.pk).update(state=TrialState.FAILED, fault=str(error))
        return True

    def close(self) -> None:
        self.opened.close()
        self.number, self.folder = 0, None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _try_some(self, context: JudgeContext, row: PolicyTrial) -> None:
        folder = self._folder(context, row)
        trial = Trial(context.site, context.policies, folder, row.first.year, row.first.month, row.unit.path)
        homes = homes_of(trial)
        left = sorted(person for person in homes if person > row.last_person)
        some = left[:PEOPLE_AT_ONCE]
        found = try_some(trial, some, row.at_ms) if some else None
        with transaction.atomic():
            if found is not None:
                row.days += found.days
                _keep(row, found, {person: homes[person] for person in some})
            row.done, row.of = len(homes) - len(left) + len(some), len(homes)
            row.last_person = some[-1] if some else row.last_person
            row.state = TrialState.WAITING if len(left) > len(some) else TrialState.DONE
            row.save(update_fields=["done", "of", "last_person", "days", "units", "state"])
        if row.state == TrialState.DONE:
            self.close()

    def _folder(self, context: JudgeContext, row: PolicyTrial) -> Path:
        if self.folder is None or self.number != row.number:
            self.close()
            proposed = _read(row.document.encode()) if row.document else row.policy
            self.folder = self.opened.enter_context(proposed_folder(context.policies, proposed))
            self.number = row.number
        return self.folder


def _keep(row: PolicyTrial, found: PolicyComparison, homes: dict[int, int]) -> None:
    """What came of a few people, added to the trial."""
    totals = totals_by_unit(row)
    for unit in homes.values():
        totals[unit] = totals.get(unit, Totals()).plus(Totals(people=1))
    for change in found.changes:
        unit = homes[change.person]
        totals[unit] = totals.get(unit, Totals()).plus(Totals.of(change))
    row.units = {str(unit): msgspec.to_builtins(one) for unit, one in totals.items()}
    TrialPerson.objects.bulk_create(
        [
            TrialPerson(
                trial=row, person_id=one.person, unit_id=homes[one.person], before=one.before, after=one.after,
                weight=abs(one.change), days=[[f"{day.date}", _told(day.before), _told(day.after)] for day in one.days],
            )
            for one in found.changes
        ]
    )  # fmt: skip


def _told(outcome: DayOutcome) -> dict[str, Any]:
    return {
        "codes": _codes(outcome),
        "minutes": outcome.minutes,
        "percent": f"{outcome.percent.normalize():f}",
    }
