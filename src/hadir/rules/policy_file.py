"""From what a policy file holds to a typed `PolicySet`, or to the list of its faults with their places.

The edge reads YAML and hands over plain mappings; nothing here opens a file. The format, in short (docs/rules.md):

    policy: permentan-68-2012         # the name
    title: {id: ..., en: ...}
    extends: national-base            # what is not said here is said there
    base: true                        # only a foundation; need not be complete
    sources: {...}                    # a place for YAML anchors
    likely: {absent: [...]}           # dated as values are: what is above it must be cited under exceptions
    values:
      late:
        TL1:
          - {from: 2013-01-01, value: {from_minutes: 1, percent: 0.5}, article: ..., source: ..., certainty: S}

Every value is a history; every entry has its first day, its article, where that was read, and how sure it is. A value
without a source does not load.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from itertools import zip_longest
from typing import cast

from hadir.rules.basis import regulations_of
from hadir.rules.evidence import Grade, Source
from hadir.rules.faults import Said
from hadir.rules.in_force import STATUS_CODES, in_force
from hadir.rules.plausible import implausible
from hadir.rules.policy import Certainty, Dated, PolicySet
from hadir.rules.policy_values import EVIDENCE_SPANS, likely_parser_of, meant, parser_of
from hadir.rules.reading import DocumentError, Fault, Form, day, nearest, one_of, text, yes_or_no

RULES_VERSION = "4"
"""Raised whenever the same records, duty and policy can give another verdict; it stands in every verdict."""


_Parser = Callable[[object], object]
_ParserOf = Callable[[str], _Parser | None]


class PolicyFileError(DocumentError):
    """Policy files do not load; `faults` says where and why."""


def parse_policies(documents: Mapping[str, object], *, are_in_force: bool = False) -> dict[str, PolicySet]:
    """The policy sets of a folder's documents, by name. The key of each document is the name its file bears.

    Raises PolicyFileError with all faults of all documents. Texts that `are_in_force` already are not asked again
    whether they are likely: no release refuses a law that two people have put in force.
    """
    faults: list[Fault] = []
    read = {key: _read(key, raw, faults) for key, raw in documents.items()}
    sets = {doc.name: _joined(doc, read, faults, asks=not are_in_force) for doc in read.values() if doc is not None}
    if faults:
        raise PolicyFileError(faults)
    return sets


# --- one document ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Document:
    name: str
    title: Mapping[str, str]
    extends: str | None
    base: bool
    values: Mapping[str, tuple[Dated, ...]]
    likely: Mapping[str, tuple[Dated, ...]]
    excepted: frozenset[str]
    sha256: str


_KEYS = {"policy", "title", "extends", "base", "sources", "values", "likely", "exceptions"}


def _read(key: str, raw: object, faults: list[Fault]) -> _Document | None:
    if not isinstance(raw, Mapping):
        faults.append(Fault(key, Said("no_mapping")))
        return None
    Form(key, raw, faults).only(_KEYS)
    if raw.get("policy") != key:
        faults.append(Fault(f"{key}: policy", Said("name", name=repr(key))))
    title = raw.get("title")
    if not (isinstance(title, Mapping) and {"id", "en"} <= set(title)):
        faults.append(Fault(f"{key}: title", Said("title")))
    extends = raw.get("extends")
    return _Document(
        name=key,
        title={str(k): str(v) for k, v in title.items()} if isinstance(title, Mapping) else {},
        extends=None if extends is None else str(extends),
        base=raw.get("base") is True,
        values=_histories(f"{key}: values", raw.get("values"), parser_of, faults),
        likely=_histories(f"{key}: likely", raw.get("likely", {}), likely_parser_of, faults),
        excepted=_exceptions(key, raw.get("exceptions"), faults),
        sha256=sha256(_canonical(raw).encode()).hexdigest(),
    )


def _exceptions(key: str, raw: object, faults: list[Fault]) -> frozenset[str]:
    """What stands against all likelihood and is cited for it, by path."""
    if raw is None:
        return frozenset()
    if not isinstance(raw, Mapping):
        faults.append(Fault(f"{key}: exceptions", Said("values")))
        return frozenset()
    for path, cited in raw.items():
        place = f"{key}: exceptions.{path}"
        if not isinstance(cited, Mapping):
            faults.append(Fault(place, Said("fields", words="article, source")))
            continue
        form = Form(place, cited, faults)
        form.only({"article", "source"})
        form.take("article", text)
        form.take("source", text)
    return frozenset(map(str, raw))


def _canonical(raw: object) -> str:
    """One spelling of a document, whatever the order of its keys."""

    def keyed(part: object) -> object:
        if isinstance(part, Mapping):
            return {str(name): keyed(below) for name, below in part.items()}
        return [keyed(one) for one in part] if isinstance(part, list) else part

    return json.dumps(keyed(raw), sort_keys=True, default=str)


def _histories(place: str, raw: object, parser: _ParserOf, faults: list[Fault]) -> dict[str, tuple[Dated, ...]]:
    if not isinstance(raw, Mapping):
        faults.append(Fault(place, Said("values")))
        return {}
    histories: dict[str, tuple[Dated, ...]] = {}
    for path, entries in _leaves(raw, ""):
        parse = parser(path)
        if parse is None:
            right, fault = _misspelt(place, path)
            faults.append(fault)
            histories.setdefault(right, ())
        elif not isinstance(entries, list) or not entries:
            faults.append(Fault(f"{place}.{path}", Said("dated")))
        else:
            histories[path] = _history(f"{place}.{path}", entries, parse, faults)
    return histories


def _misspelt(place: str, path: str) -> tuple[str, Fault]:
    """The path that was meant, so that it is not missed too, and what is said of the word that is wrong."""
    found = meant(path)
    if found is None:
        return path, Fault(f"{place}.{path}", Said("no_value"))
    wrong, near, right = found
    return right, Fault(f"{place}.{wrong}", Said("unknown_near", key=repr(wrong.rpartition(".")[2]), near=near))


def _leaves(raw: Mapping[object, object], prefix: str) -> Iterator[tuple[str, object]]:
    for name, below in raw.items():
        path = f"{prefix}{name}"
        if isinstance(below, Mapping):
            yield from _leaves(below, f"{path}.")
        else:
            yield path, below


def _history(place: str, entries: list[object], parse: _Parser, faults: list[Fault]) -> tuple[Dated, ...]:
    read = [_entry(f"{place}[{at}]", raw, parse, faults) for at, raw in enumerate(entries)]
    history = [entry for entry in read if entry is not None]
    days = [entry.from_date for entry in history]
    if days != sorted(set(days)):
        faults.append(Fault(place, Said("order")))
    return tuple(history) if len(history) == len(read) else ()


def _entry(place: str, raw: object, parse: _Parser, faults: list[Fault]) -> Dated | None:
    if not isinstance(raw, Mapping):
        faults.append(Fault(place, Said("entry")))
        return None
    before = len(faults)
    form = Form(place, raw, faults)
    form.only({"from", "until", "value", "article", "source", "certainty", "note", "borrowed"})
    from_date, until_date = form.take("from", day), form.may("until", day)
    if from_date is not None and until_date is not None and until_date <= from_date:
        faults.append(Fault(f"{place}.until", Said("before", first=from_date, last=until_date)))
    value = form.take("value", parse)
    article = form.take("article", text)
    source = form.take("source", text)
    certainty = form.take("certainty", one_of(Certainty))
    if len(faults) > before or from_date is None or article is None or source is None or certainty is None:
        return None
    return Dated(
        from_date=from_date,
        value=value,
        article=article,
        source=source,
        certainty=certainty,
        until_date=until_date,
        said_by=place.split(":", 1)[0],
        borrowed=form.may("borrowed", yes_or_no) or False,
    )


# --- documents together ----------------------------------------------------------------------------------------------


def _joined(doc: _Document, read: Mapping[str, _Document | None], faults: list[Fault], *, asks: bool) -> PolicySet:
    """The document over what it extends, nearest first; checked for completeness unless it is only a foundation. Where
    what it extends is not there, that is the one fault: all else is missing because of it.
    """
    before = len(faults)
    chain = _chain(doc, read, faults)
    values = _all_over([link.values for link in chain])
    if not doc.base and len(faults) == before:
        faults.extend(Fault(f"{doc.name}: values", message) for message in _incomplete(values))
        excepted = frozenset().union(*(link.excepted for link in chain))
        likely = _all_over([link.likely for link in chain])
        unread = {path for link in chain for path, history in link.values.items() if not history}
        found = implausible(values, likely, excepted, unread) if asks else ()
        faults.extend(Fault(f"{doc.name}: values.{path}", said) for path, said in found)
    return PolicySet(
        name=doc.name,
        title=doc.title,
        sha256=sha256("".join(link.sha256 for link in chain).encode()).hexdigest(),
        rules=RULES_VERSION,
        values=values,
        borrowed=_borrowed(doc, chain, values),
        lenders=frozenset(link.name for link in chain if link is not doc and not link.base),
        foundations=frozenset(link.name for link in chain if link is not doc and link.base),
        _read=in_force,
        _changes=tuple(sorted({day for history in values.values() for entry in history for day in _days_of(entry)})),
    )


def _all_over(histories: list[Mapping[str, tuple[Dated, ...]]]) -> dict[str, tuple[Dated, ...]]:
    """The histories of several sets as one, the nearest first."""
    values: dict[str, tuple[Dated, ...]] = {}
    for one in reversed(histories):
        values |= {path: laid_over(values.get(path, ()), own) for path, own in one.items()}
    return values


_OF_ONES_OWN = re.compile(r"duties\.[^.]+\.(hours|ramadan)\..+|(late|early|excuses)\..+|absent|no_arrival|no_departure")
"""What each government says for itself: when people work, and what it costs them not to."""


def _borrowed(doc: _Document, chain: list[_Document], values: Mapping[str, tuple[Dated, ...]]) -> dict[str, str]:
    """What is not of the government's own at any time since its first value: by path, whose set says it, or from whose
    regulation a file borrows it. Of a foundation, which is nobody's regulation, only what each government says for
    itself.
    """
    foundations = {link.name for link in chain if link.base and link is not doc}
    first = min((history[0].from_date for history in doc.values.values() if history), default=date.min)
    found: dict[str, str] = {}
    for path, history in sorted(values.items()):
        for entry, after in zip_longest(history, history[1:]):
            if after is not None and after.from_date <= first:
                continue
            if entry.borrowed and after is None:
                found[path] = ", ".join(regulations_of(entry.article))
            elif entry.said_by != doc.name and (entry.said_by not in foundations or _OF_ONES_OWN.fullmatch(path)):
                found[path] = entry.said_by
    return found


def laid_over(above: tuple[Dated, ...], own: tuple[Dated, ...]) -> tuple[Dated, ...]:
    """A set's own history over that of what it extends: before its first day, and after an end that it gives, the
    other's holds.
    """
    if not own:
        return above
    merged = [entry for entry in above if entry.from_date < own[0].from_date]
    for entry, after in zip(own, (*own[1:], None), strict=True):
        merged.append(entry)
        until = entry.until_date
        if until is None or (after is not None and after.from_date <= until):
            continue
        held = [one for one in above if one.from_date <= until][-1:]
        merged += [replace(one, from_date=until) for one in held]
        last = None if after is None else after.from_date
        merged += [one for one in above if until < one.from_date and (last is None or one.from_date < last)]
    return tuple(merged)


def _days_of(entry: Dated) -> tuple[date, ...]:
    return (entry.from_date,) if entry.until_date is None else (entry.from_date, entry.until_date)


def _chain(doc: _Document, read: Mapping[str, _Document | None], faults: list[Fault]) -> list[_Document]:
    chain = [doc]
    while (extends := chain[-1].extends) is not None:
        above = read.get(extends)
        if above is None or above in chain:
            faults.append(Fault(f"{doc.name}: extends", _no_foundation(extends, set(read) - {doc.name})))
            break
        chain.append(above)
    return chain


def _no_foundation(extends: str, known: set[str]) -> Said:
    near = None if extends in known else nearest(extends, known)
    return Said("extends", name=repr(extends)) if near is None else Said("extends_near", name=repr(extends), near=near)


_NEEDED = (
    "absent",
    "no_arrival",
    "no_departure",
    *(f"{rule}.{side}" for rule in ("seconds", "counts", "wrong_button") for side in ("arrival", "departure")),
    *(f"grades.{grade}" for grade in Grade),
    *(f"pairing.{source}" for source in Source),
    *(f"pairing_minutes.{name}" for name in ("same_presence", "apart")),
    "late_first_after",
    "shift_window",
    *(f"codes.{name}" for name in STATUS_CODES),
    *(f"month.{name}" for name in ("share_percent", "cap_percent", "classes", "day_minutes", "converts")),
    "warnings_consecutive",
    "warned",
    "unpaid",
    "silent_due_day",
    *(f"evidence.{name}_ms" for name in EVIDENCE_SPANS),
    "evidence.claim_age_days",
    "evidence.tokens",
)


def _incomplete(values: Mapping[str, tuple[Dated, ...]]) -> Iterator[str]:
    """What is missing, and what contradicts itself, in a set that is to be judged by."""
    yield from (Said("path_missing", path=path) for path in _NEEDED if path not in values)
    for no_punch, classes in (("no_arrival", "late"), ("no_departure", "early")):
        for entry in values.get(no_punch, ()):
            code, _ = cast("tuple[str, int | None]", entry.value)
            if f"{classes}.{code}" not in values:
                yield Said("no_class", path=no_punch, code=code, table=classes)
    for path in values:
        hours = re.fullmatch(r"(duties\.[^.]+)\.(hours|ramadan)\.(\w+)", path)
        if hours and any(entry.value is not None for entry in values[path]):
            yield from _without_window(hours[1], hours[3], values)


def _without_window(duty: str, weekday: str, values: Mapping[str, tuple[Dated, ...]]) -> Iterator[str]:
    for side in ("arrive", "depart"):
        if not any(f"{duty}.windows.{which}.{side}" in values for which in (weekday, "every_day")):
            yield Said("path_missing", path=f"{duty}.windows.{weekday}.{side}")
