"""A policy tried on a real office's month before it is published: nothing is written, every day is judged twice."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hadir.office.follower.judging import Court, ask_days
from hadir.office.people.models import Assignment, AssignmentKind
from hadir.rules.differences import Comparison, JudgedMonth, compare, joined
from hadir.rules.months import MonthDay
from hadir.rules.reading import DocumentError, Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hadir.site import Site

_PEOPLE_AT_ONCE = 200
_FILE_BYTES_MAX = 4_000_000


@dataclass(frozen=True, slots=True)
class Trial:
    """A month and the folders of the law in force and of the law that is proposed."""

    site: Site
    policies: Path
    proposed: Path
    year: int
    month: int

    @property
    def dates(self) -> list[date]:
        first = date(self.year, self.month, 1)
        return [day for at in range(31) if (day := first + timedelta(days=at)).month == self.month]


def try_policy(trial: Trial, now_ms: int, say: Callable[[str], None] = lambda _: None) -> Comparison:
    """What would change for everybody at home in the office in that month."""
    first, last = trial.dates[0], trial.dates[-1]
    homes = Assignment.objects.current().filter(kind=AssignmentKind.HOME, from_date__lte=last)
    people = sorted(set(homes.exclude(until_date__lte=first).values_list("person_id", flat=True)))
    courts = (Court(trial.site, trial.policies), Court(trial.site, trial.proposed))
    parts = []
    for at in range(0, len(people), _PEOPLE_AT_ONCE):
        some = people[at : at + _PEOPLE_AT_ONCE]
        before, after = (_months(court, some, trial.dates, now_ms) for court in courts)
        parts.append(compare(before, after))
        say(f"{at + len(some)} of {len(people)} people")
    return joined(parts)


def _months(court: Court, people: Sequence[int], dates: Sequence[date], now_ms: int) -> dict[int, JudgedMonth]:
    judged = ask_days(court, [(person, day) for person in people for day in dates], now_ms)
    months = {}
    for person in people:
        found = [judged[person, day] for day in dates if (person, day) in judged]
        if found:
            days = [MonthDay(date=one.where.day, verdict=one.verdict, sources=one.counted_sources) for one in found]
            months[person] = JudgedMonth(days=days, policy=found[-1].where.policy)
    return months


# --- the folder of the law that is proposed --------------------------------------------------------------------------


@contextmanager
def proposed_folder(policies: Path, proposed: str) -> Iterator[Path]:
    """The policies with the proposed one in force, in a folder of their own while it is needed.

    A file whose policy is in use already stands in its place: it concerns whoever is judged by it or by a set that
    extends it. Any other file, and the name of a set, are tried on everybody. DocumentError when it does not load.
    """
    file = Path(proposed)
    documents = {path.stem: _document(path) for path in sorted(policies.glob("*.yaml"))}
    if file.is_file():
        raw = _document(file)
        name = str(raw.get("policy"))
        changed = documents | {name: raw}
        if name not in documents:
            changed = _for_everybody(changed, name)
    elif proposed in documents:
        changed = _for_everybody(documents, proposed)
    else:
        raise DocumentError([Fault(proposed, "is neither a file nor one of " + ", ".join(documents))])
    with tempfile.TemporaryDirectory(prefix="hadir-law-") as made:
        folder = Path(made)
        if (policies / "calendars").is_dir():
            shutil.copytree(policies / "calendars", folder / "calendars")
        for name, document in changed.items():
            text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        yield folder


def _document(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    if len(data) > _FILE_BYTES_MAX:
        raise DocumentError([Fault(path.name, f"has more than {_FILE_BYTES_MAX} bytes")])
    try:
        raw = yaml.safe_load(data.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DocumentError([Fault(path.name, "is not YAML: " + " ".join(str(error).split()))]) from error
    if not isinstance(raw, dict):
        raise DocumentError([Fault(path.name, "holds no mapping")])
    return raw


def _for_everybody(documents: dict[str, dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    """Every set that can be judged by says what this one says, with all that it inherits."""
    values: dict[str, Any] = {}
    for link in reversed(_chain(documents, name)):
        values = _over(values, documents[link].get("values") or {})
    title = documents[name].get("title")
    flat = {
        each: {"policy": each, "title": title, "values": values}
        for each, document in documents.items()
        if not document.get("base")
    }
    return documents | flat


def _chain(documents: dict[str, dict[str, Any]], name: str) -> list[str]:
    chain = [name]
    while (above := documents[chain[-1]].get("extends")) in documents and above not in chain:
        chain.append(str(above))
    return chain


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Values by their paths, those of `above` where both say something."""
    both = {key: _over(below[key], above[key]) for key in below.keys() & above.keys() if isinstance(above[key], dict)}
    return below | above | both
