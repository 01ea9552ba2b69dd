"""`hadir rules laws` and `hadir rules check`: the law held against itself, and a policy file of one's own.

The seven laws are searched for a break over every set, every duty and every shift. A policy file is read beside the
sets in use; what is wrong in it is said at once and in both languages, and what it takes over from another government.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from hadir.cli.command import Commands, add_command, tell
from hadir.cli.law_files import document, faults_of, policies_in_use, policy_documents
from hadir.clock import SystemClock
from hadir.rules import CaseFileError, Fault, PolicySet, parse_policies
from hadir.rules.faults import Said
from hadir.rules.laws import LAWS, Broken, search
from hadir.rules.reading import DocumentError
from hadir.rules.search import LawPlace, places_of
from hadir.texts import both

SEEDS_AT_A_TIME = 10
SHOWN = 20
"""Of each law so many breaks are told; the first ones are enough to mend it."""


def add_laws(acts: Commands) -> None:
    """The commands that hold the law against itself."""
    seconds = {"type": float, "default": 20, "help": "how long to search; every place is tried at least once"}
    seed = {"type": int, "default": 0, "help": "where to begin; the same seed finds the same"}
    file = {"type": Path, "help": "a policy file, as docs/rules.md describes"}
    add_command(
        acts,
        "laws",
        _laws,
        "search for a day on which one of the seven laws does not hold, over all sets, duties and shifts",
        data=None,
        as_json='print {"laws","tried","broken"}',
        options={"--seconds": seconds, "--seed": seed},
    )
    add_command(
        acts,
        "check",
        _check,
        "whether a policy file of one's own can be used: all faults at once, and what it borrows",
        data=None,
        as_json='print {"faults","borrowed"}',
        options={"file": file},
    )


@dataclass
class _Search:
    """What was tried so far, for each law, set and duty, and what broke."""

    tried: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)

    def ask(self, law: str, place: LawPlace, seed: int) -> None:
        found = search(law, place, range(seed, seed + SEEDS_AT_A_TIME))
        duties = self.tried.setdefault(law, {}).setdefault(place.set_name, {})
        duties[place.duty] = duties.get(place.duty, 0) + found.tried
        shown = sum(one.law == law for one in self.broken)
        self.broken += found.broken[: max(0, SHOWN - shown)]

    def has_asked(self, law: str, place: LawPlace) -> bool:
        return bool(self.tried.get(law, {}).get(place.set_name, {}).get(place.duty))


def _laws(arguments: argparse.Namespace) -> int:
    """1 when a law is broken anywhere."""
    clock, found = SystemClock(), _Search()
    end_ms = clock.mono_ms() + arguments.seconds * 1000
    every = list(places_of(policies_in_use()))
    places = [(law, place) for law in LAWS for place in every]
    for seed in _seeds(arguments.seed):
        for law, place in places:
            if not found.has_asked(law, place) or clock.mono_ms() < end_ms:
                found.ask(law, place, seed)
        if clock.mono_ms() >= end_ms and all(found.has_asked(*place) for place in places):
            break
    told = {"laws": list(LAWS), "tried": found.tried, "broken": [asdict(one) for one in found.broken]}
    tell(arguments, told, _lines(found))
    return 1 if found.broken else 0


def _seeds(first: int) -> Iterator[int]:
    while True:
        yield first
        first += SEEDS_AT_A_TIME


def _lines(found: _Search) -> Iterator[str]:
    for law, sets in found.tried.items():
        every = [number for duties in sets.values() for number in duties.values()]
        broken = [one for one in found.broken if one.law == law]
        yield f"{law}: {sum(every)} days in {len(every)} places, {len(broken)} broken"
        for one in broken:
            yield f"  {one.set_name}, {one.duty}, seed {one.seed}: {one.found}"


# --- a policy file of one's own --------------------------------------------------------------------------------------

_UNREADABLE = 2


def _check(arguments: argparse.Namespace) -> int:
    """1 when the file has faults, 2 when it cannot be read at all."""
    name, faults, own = arguments.file.stem, list[Fault](), None
    try:
        raw = document(arguments.file, twice=faults)
    except CaseFileError as error:
        return _tell_check(arguments, error.faults, None, _UNREADABLE)
    faults = [replace(one, place=one.place.replace(arguments.file.name, name, 1)) for one in faults]
    try:
        own = parse_policies({**policy_documents(), name: raw})[name]
    except DocumentError as error:
        faults += [one for one in error.faults if one.place.partition(":")[0] == name] or error.faults
    if faults:
        return _tell_check(arguments, faults_of(arguments.file, faults, name), None, 1)
    return _tell_check(arguments, (), own, 0)


def _tell_check(arguments: argparse.Namespace, faults: Sequence[Fault], own: PolicySet | None, status: int) -> int:
    borrowed = {path: _owner(own, path) for path in own.borrowed} if own is not None else {}
    told = {
        "faults": [{"place": one.place, "line": one.line, **_in_both(one)} for one in faults],
        "borrowed": [{"value": path, "from": owner} for path, owner in borrowed.items()],
    }
    lines = [f"{_at(one)}: {_in_both(one)['id']}" for one in faults] or ["no faults"]
    tell(arguments, told, [*lines, *_together(own, borrowed)])
    return status


def _owner(own: PolicySet, path: str) -> str:
    """Whose a value is that is not the government's own, of the national base with the article that it rests on; and
    between which days, where its own regulation says it at other times.
    """
    lender, history = own.borrowed[path], own.values[path]
    at = max((at for at, one in enumerate(history) if one.said_by == lender), default=None)
    if at is None:
        return lender
    since = f" since {history[at].from_date}" if at and history[at - 1].said_by == own.name else ""
    until = f" until {history[at + 1].from_date}" if history[at + 1 :] else ""
    return f"{lender}{f': {history[at].article}' if lender in own.foundations else ''}{since}{until}"


def _together(own: PolicySet | None, borrowed: Mapping[str, str]) -> Iterator[str]:
    """One line for all values of one section that have one owner: `duties.office-6-day.hours.monday, tuesday …`."""
    keys: dict[tuple[str, str, bool], list[str]] = {}
    for path, owner in borrowed.items():
        section, dot, key = path.rpartition(".")
        is_base = own is not None and own.borrowed[path] in own.foundations
        keys.setdefault((f"{section}{dot}", owner, is_base), []).append(key)
    for (section, owner, is_base), found in keys.items():
        why = "because this file does not say it" if is_base else "until one's own regulation is read"
        yield f"{section}{', '.join(found)} is that of {owner}, {why}"


def _at(fault: Fault) -> str:
    return fault.place if fault.line is None else both("faults.line", {"place": fault.place, "line": fault.line})["id"]


def _in_both(fault: Fault) -> dict[str, str]:
    said = fault.message
    return both(f"fault.{said.code}", said.params) if isinstance(said, Said) else {"id": said, "en": said}
