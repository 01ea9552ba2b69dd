"""A policy tried on a real office's month before it is published: nothing is written, every day is judged twice."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from hadir.office.ground.moments import days_of_month
from hadir.office.ground.own_laws import OWN, named, own_names, versions_of
from hadir.office.ground.yaml_texts import bounded_yaml
from hadir.office.judging.judge import JudgeRequest, judge
from hadir.office.judging.judging import JudgeContext, Judged, PersonDayKey, punches_of
from hadir.office.people.models import AT_HOME, Assignment
from hadir.rules.differences import JudgedMonth, PolicyComparison, compare, joined
from hadir.rules.faults import Said
from hadir.rules.months import MonthDay
from hadir.rules.policy import Certainty, Dated
from hadir.rules.policy_file import laid_over, parse_policies
from hadir.rules.reading import DocumentError, Fault, day, shown
from hadir.site import Site

_PEOPLE_AT_ONCE = 200
_DUMPER: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@dataclass(frozen=True, slots=True)
class Trial:
    """A month and the folders of the law in force and of the law that is proposed."""

    site: Site
    policies: Path
    proposed: Path
    year: int
    month: int
    path: str = "/"
    """The subtree whose people it is tried on."""

    @property
    def dates(self) -> list[date]:
        return days_of_month(date(self.year, self.month, 1))


def try_policy(trial: Trial, now_ms: int, say: Callable[[str], None] = lambda _: None) -> PolicyComparison:
    """What would change for everybody at home in the trial's subtree in that month."""
    people = sorted(homes_of(trial))
    parts = []
    for at in range(0, len(people), _PEOPLE_AT_ONCE):
        some = people[at : at + _PEOPLE_AT_ONCE]
        parts.append(try_some(trial, some, now_ms))
        say(f"{at + len(some)} of {len(people)} people")
    return joined(parts)


def homes_of(trial: Trial) -> dict[int, int]:
    """Whom the trial is about, each with the number of his last home of the month. One query."""
    first, last = trial.dates[0], trial.dates[-1]
    rows = Assignment.objects.current().filter(AT_HOME, from_date__lte=last)
    rows = rows.exclude(until_date__lte=first).filter(unit__path__startswith=trial.path)
    return dict(rows.order_by("from_date", "pk").values_list("person_id", "unit_id"))


def try_some(trial: Trial, people: Sequence[int], now_ms: int) -> PolicyComparison:
    contexts = (JudgeContext(trial.site, trial.policies), JudgeContext(trial.site, trial.proposed))
    days = [(person, day) for person in people for day in trial.dates]
    punches = punches_of(days)
    # What a verdict says of its evidence is never compared, hence never told.
    request = JudgeRequest(days=days, punches=punches, now_ms=now_ms, by_installed_rules=True)
    before, after = (_months(judge(context, request), people, trial.dates) for context in contexts)
    return compare(before, after)


def _months(
    judged: Mapping[PersonDayKey, Judged], people: Sequence[int], dates: Sequence[date]
) -> dict[int, JudgedMonth]:
    known = {person: [judged[person, day] for day in dates if (person, day) in judged] for person in people}
    return {
        person: JudgedMonth(
            days=[MonthDay(date=one.where.day, verdict=one.verdict, sources=one.counted_sources) for one in found],
            policy=found[-1].where.policy,
        )
        for person, found in known.items()
        if found
    }


# --- the folder of the law that is proposed --------------------------------------------------------------------------


@contextmanager
def proposed_folder(policies: Path, proposed: dict[str, Any] | str) -> Iterator[Path]:
    """The policies with the proposed one in force, in a folder of their own while it is needed.

    A file, or its document, whose policy is in use already stands in its place: it concerns whoever is judged by it or
    by a set that extends it. Any other, and the name of a set, are tried on everybody. DocumentError when it does not
    load.
    """
    if isinstance(proposed, str) and (file := Path(proposed)).is_file():
        proposed = document_of(file.read_bytes(), file.name)
    changed = proposed_documents(policies, proposed)
    parse_policies(changed)
    with tempfile.TemporaryDirectory(prefix="hadir-law-") as made:
        folder = Path(made)
        if (policies / "calendars").is_dir():
            shutil.copytree(policies / "calendars", folder / "calendars")
        for name, document in changed.items():
            text = yaml.dump(document, Dumper=_DUMPER, allow_unicode=True, sort_keys=False)
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        yield folder


def proposed_documents(policies: Path, proposed: dict[str, Any] | str) -> dict[str, dict[str, Any]]:
    """Every policy file by name with the proposed document, or the set of that name, in force. DocumentError where the
    document does not load.
    """
    documents = {path.stem: document_of(path.read_bytes(), path.name) for path in sorted(policies.glob("*.yaml"))}
    if isinstance(proposed, dict):
        name = str(proposed.get("policy"))
        if not _NAME.fullmatch(name):
            raise DocumentError([Fault("policy", Said("slug"))])
        above = proposed.get("extends")
        if above is not None and str(above) not in documents:
            raise DocumentError([Fault(f"{name}: extends", Said("extends", name=shown(above)))])
        changed = documents | {name: proposed}
        parse_policies(changed)
        if name in documents:
            return changed
        if own := versions_of(f"{OWN}{name.removeprefix(OWN)}"):
            return changed | {version: named(_whole(changed, name), version) for version in own}
        return _for_everybody(changed, name)
    if proposed not in documents:
        raise DocumentError([Fault(proposed, Said("neither", words=", ".join(documents)))])
    return _for_everybody(documents, proposed)


def document_of(data: bytes, name: str) -> dict[str, Any]:
    raw = bounded_yaml(data, name)
    if not isinstance(raw, dict):
        raise DocumentError([Fault(name, Said("no_mapping"))])
    return raw


def _for_everybody(documents: dict[str, dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    """Every set that can be judged by says what this one says, with all that it inherits."""
    whole = _whole(documents, name)
    judged_by = [each for each, document in documents.items() if not document.get("base")]
    return documents | {each: named(whole, each) for each in (*judged_by, *own_names())}


def _whole(documents: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """The set with all that it inherits, which extends none."""
    values: dict[str, Any] = {}
    exceptions: dict[str, Any] = {}
    likely: dict[str, Any] = {}
    for link in reversed(_chain(documents, name)):
        values = _over(values, documents[link].get("values") or {})
        exceptions |= documents[link].get("exceptions") or {}
        likely |= documents[link].get("likely") or {}
    return {
        "policy": name,
        "title": documents[name].get("title"),
        "values": values,
        "likely": likely,
        "exceptions": exceptions,
    }


def _chain(documents: dict[str, dict[str, Any]], name: str) -> list[str]:
    chain = [name]
    while (above := documents[chain[-1]].get("extends")) in documents and above not in chain:
        chain.append(str(above))
    return chain


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Values by their paths; where both say something, the history of `above` over that of `below`."""
    return below | above | {key: _both(below[key], above[key]) for key in below.keys() & above.keys()}


def _both(below: object, above: object) -> object:
    if isinstance(below, dict) and isinstance(above, dict):
        return _over(below, above)
    return [_written(one) for one in laid_over(_history(below), _history(above))]


def _history(entries: object) -> tuple[Dated, ...]:
    """The entries of a file, which are known to load, with the days from which and until which they hold."""
    assert isinstance(entries, list)
    return tuple(
        Dated(
            from_date=day(one["from"]),
            until_date=day(one["until"]) if "until" in one else None,
            value=one,
            article=one["article"],
            source=one["source"],
            certainty=Certainty(one["certainty"]),
        )
        for one in entries
    )


def _written(one: Dated) -> dict[str, Any]:
    assert isinstance(one.value, dict)
    return one.value | {"from": one.from_date}
