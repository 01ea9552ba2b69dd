"""Leave whose later days cost something else: the documents of the year, and what its people owed on their days.

Which day of leave a day is, the rules count (`rules/leave_days.py`). Asked only for those whom such leave covers: what
their documents of this year and the one before cover, in one question for all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hadir.office.excuses.covering import Cover, covers_for
from hadir.office.ground.laws import counted_codes
from hadir.office.judging.law_facts import LawFacts, gather_law
from hadir.records.days import local_date


@dataclass(frozen=True, slots=True)
class LeaveFacts:
    """`others` are documents beside those that cover the judged days; `law` what held on the days of all of them."""

    others: tuple[Cover, ...] = ()
    law: LawFacts | None = None

    def taken(self, person: int, code: str, near: Iterable[Cover], zone: str) -> frozenset[date]:
        """Every date of the person's leave of that code, in the documents `near` and in the others."""
        mine = (one for one in (*near, *self.others) if one.excuse.code == code and person in (one.named or ()))
        return frozenset(day for one in mine for day in one.dates(zone))


def gather_leave(
    folder: Path,
    covers: Iterable[Cover],
    people: Collection[int],
    days: Collection[date],
    *,
    known_at_ms: int | None = None,
) -> LeaveFacts:
    """For those of these people whom counted leave covers on these days."""
    codes = counted_codes(folder)
    near = [one for one in covers if one.excuse.code in codes and one.named is not None]
    on_leave = {person for one in near for person in one.named or () if person in people}
    if not on_leave:
        return LeaveFacts()
    first, last = date(max(min(days).year - 1, 1), 1, 1), max(days)
    known = {one.number for one in near}
    found = covers_for(on_leave, (first, last), known_at_ms, kinds=codes)
    others = tuple(one for one in found if one.number not in known)
    begun = min((local_date(one.excuse.period.from_ms, "UTC") for one in (*near, *others)), default=first)
    law = gather_law(folder, (max(first, begun), last), on_leave, known_at_ms=known_at_ms)
    return LeaveFacts(others, law)
