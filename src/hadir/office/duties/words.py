"""The names that forms offer and rosters know, out of the policies in force, and people as they are typed."""

import re
from collections.abc import Mapping
from datetime import date

from django.db.models import Q

from hadir.office.duties.forms import OfferedNames, Option
from hadir.office.duties.own import in_force_on
from hadir.office.duties.queries import groups_in_sight
from hadir.office.duties.said import policy_title, word_of
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import law_on, laws
from hadir.office.ground.own_laws import OWN
from hadir.office.page.tree import in_tree_order
from hadir.office.people.models import Person
from hadir.office.people.queries import people_below
from hadir.office.roles import Actor
from hadir.office.units.models import Unit
from hadir.office.units.queries import units_below
from hadir.rules.duty import ShiftRow
from hadir.rules.policy import Policy, PolicyGapError
from hadir.texts import Lang

PLACES_MAX = 200
NIP_LENGTH = 18
_NIP = re.compile(r"\d{4,18}")


def policies_on(day: date) -> Mapping[str, Policy]:
    """The policy sets that have a whole law on that day, by name; own ones by the names that acts give people.

    Foundations for others are none.
    """
    found = {}
    shipped = {name: name for name in sorted(laws(HERE.settings.policies)) if not name.startswith(OWN)}
    for name, version in {**shipped, **in_force_on(day)}.items():
        try:
            found[name] = law_on(HERE.settings.policies, version, day)
        except (PolicyGapError, KeyError):
            continue
    return found


def shifts_on(day: date) -> dict[str, ShiftRow]:
    """Every shift of any policy, by name, in order of time."""
    found = {name: row for policy in policies_on(day).values() for name, row in policy.shifts.items()}
    return dict(sorted(found.items(), key=lambda pair: (pair[1].start, pair[0])))


def words_for(actor: Actor, unit: Unit, day: date, lang: Lang) -> OfferedNames:
    """What the form offers for an act on the unit."""
    policies = policies_on(day)
    duties = dict.fromkeys(name for policy in policies.values() for name in policy.duties)
    ceremonies = dict.fromkeys(code for policy in policies.values() for code in policy.ceremonies)
    groups = groups_in_sight(actor, [unit.path])
    units = in_tree_order(units_below([unit.path])[:PLACES_MAX])
    return OfferedNames(
        duties=tuple(Option(name, label=word_of(name, lang)) for name in duties),
        policies=tuple(Option(name, label=policy_title(name, lang)) for name in policies),
        ceremonies=tuple(Option(code, label=word_of(code, lang)) for code in ceremonies),
        groups=tuple(Option(str(one.number), label=f"{one.name} ({one.unit.name})") for one in groups),
        units=tuple(Option(str(one.number), label=one.name) for one in units),
    )


def people_typed(typed: str, unit: Unit, day: date) -> list[Person]:
    """People of the unit that the words may mean: a NIP, Hadir's number, or a whole name."""
    words = typed.strip()
    if not words:
        return []
    wanted = Q(full_name__iexact=words.partition(",")[0].strip())
    if (number := _NIP.fullmatch(words.replace(" ", ""))) is not None:
        wanted = Q(nip=number[0]) | Q(number=int(number[0]))
    return list(people_below([unit.path], day).filter(wanted)[:2])


def listed(typed: str, unit: Unit, day: date) -> tuple[list[Person], list[str]]:
    """One person a line; and the lines that mean nobody, or more than one."""
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    numbers = [line.replace(" ", "") for line in lines]
    small = [int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) < NIP_LENGTH]
    known = people_below([unit.path], day).filter(Q(nip__in=numbers) | Q(number__in=small))
    by_number = {key: one for one in known for key in (one.nip, str(one.number)) if key}
    found = [by_number[number] for number in numbers if number in by_number]
    return found, [line for line, number in zip(lines, numbers, strict=True) if number not in by_number]
