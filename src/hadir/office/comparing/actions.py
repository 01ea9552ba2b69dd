"""A comparison that is kept, when the next one is due, and the act that tells what stood before acts told of it."""

from collections import Counter
from dataclasses import dataclass, field
from threading import Thread

from django.apps import apps
from django.db import connection, transaction

from hadir.office.acts.actions import write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.acts.truth import BASELINE, TABLES
from hadir.office.comparing.differing import Compared, compare
from hadir.office.comparing.folding import columns_of
from hadir.office.comparing.models import Comparison
from hadir.office.roles import ActBy
from hadir.records.days import local
from hadir.records.server_records import Decision
from hadir.records.strict import decode
from hadir.site import Site

KEPT_MAX = 24
LOOK_EVERY_MS = 60_000
QUIET_HOURS = range(1, 5)
"""On the site's clock: nobody taps, and nobody waits for a page."""
LATE_AFTER_DAY = 5
BUSY_HOURS = range(6, 10)
NOBODY = 0
"""In place of a person: the program wrote it, at an upgrade."""


def keep(found: Compared, *, at_ms: int) -> Comparison:
    """What is shown and measured of it."""
    kinds = Counter((one.table, one.what) for one in found.differences)
    row = Comparison.objects.create(
        at_ms=at_ms,
        acts=found.acts,
        tables=found.tables,
        count=found.count,
        kinds=[[table, what, count] for (table, what), count in kinds.most_common()],
    )
    old = Comparison.objects.values_list("pk", flat=True)[KEPT_MAX:]
    Comparison.objects.filter(pk__in=list(old)).delete()
    return row


def is_due(last_ms: int | None, now_ms: int, zone: str) -> bool:
    """Once a month in a night of it; where the machine slept through its nights, at any hour that is not busy."""
    now = local(now_ms, zone)
    if last_ms is not None:
        last = local(last_ms, zone)
        if (last.year, last.month) >= (now.year, now.month):
            return False
    return now.hour in QUIET_HOURS or (now.day > LATE_AFTER_DAY and now.hour not in BUSY_HOURS)


@dataclass
class Comparer:
    """Compares by itself, beside the worker's own work."""

    site: Site
    looked_ms: int | None = None
    thread: Thread | None = field(default=None, repr=False)

    def look(self, now_ms: int, mono_ms: int) -> None:
        """Begin a comparison if one is due; cheap otherwise."""
        if self.looked_ms is not None and mono_ms - self.looked_ms < LOOK_EVERY_MS:
            return
        self.looked_ms = mono_ms
        if self.thread is not None and self.thread.is_alive():
            return
        last_ms = Comparison.objects.values_list("at_ms", flat=True).first()
        if is_due(last_ms, now_ms, self.site.zone):
            self.thread = Thread(target=self._run, args=(now_ms,), name="compare", daemon=True)
            self.thread.start()

    def _run(self, now_ms: int) -> None:
        try:
            keep(compare(self.site), at_ms=now_ms)
        finally:
            connection.close()  # a thread has a connection of its own


@transaction.atomic
def write_baseline(now_ms: int) -> int:
    """Tell of every column that no baseline covers yet; how many tables have one. Nothing where all are covered.

    What an earlier baseline told is not told anew: whoever reads the journal would not believe it.
    """
    covered = _covered()
    told = {one: [each.name for each in one.columns if each.name not in covered.get(one.name, ())] for one in TABLES}
    open_tables = {table: columns for table, columns in told.items() if columns}
    if not open_tables:
        return 0
    after = "\n".join(f"{table.name} {' '.join(columns)}" for table, columns in open_tables.items())
    act = write_decision(by=ActBy.of(NOBODY, now_ms), act=BASELINE, about="tables", after=after)
    models = {model._meta.db_table: model for model in apps.get_models()}  # noqa: SLF001 - Django's name
    write_rows(act, *(models[table.name]._default_manager.all() for table in open_tables))  # noqa: SLF001 - Django's name
    return len(open_tables)


def _covered() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for body in OutboxRow.objects.filter(act=BASELINE).values_list("body", flat=True):
        for name, columns in columns_of(decode(bytes(body), Decision).after or "").items():
            found.setdefault(name, set()).update(columns)
    return found
