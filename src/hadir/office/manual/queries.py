from collections.abc import Iterable
from contextlib import closing

import msgspec
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from hadir.ledger.details import SALT_BYTES, DetailStore
from hadir.office.ground.dated import told_by
from hadir.office.ground.installation import HERE
from hadir.office.manual.models import ManualSheet
from hadir.office.roles import Actor, Rule
from hadir.office.units.models import Unit
from hadir.office.units.queries import units_in_sight
from hadir.records.encoding import un_b64url
from hadir.records.server_records import ManualList


def withdrawn_lists(hashes: Iterable[str], known_at_ms: int | None = None) -> frozenset[str]:
    """Which of these lists another record has withdrawn. No query where there is no list."""
    wanted = set(hashes)
    if not wanted:
        return frozenset()
    withdrawn = told_by("withdrawal__at_ms", known_at_ms)
    rows = ManualSheet.objects.filter(withdrawn, record_hash__in=wanted).exclude(withdrawn_by=None)
    return frozenset(rows.values_list("record_hash", flat=True))


def sheets_of_unit(unit: Unit) -> QuerySet[ManualSheet]:
    rows = ManualSheet.objects.filter(unit__path__startswith=unit.path)
    return rows.select_related("unit", "attester").order_by("-day", "-number")


def sheet_in_sight(actor: Actor, rule: Rule, number: int) -> ManualSheet:
    """The sheet, or 404 as if there were none."""
    rows = ManualSheet.objects.select_related("unit", "attester", "record", "withdrawal", "withdrawn_by")
    return get_object_or_404(rows, number=number, unit__in=units_in_sight(actor, rule))


def listed(sheet: ManualSheet) -> ManualList:
    """What its record says."""
    return msgspec.json.decode(bytes(sheet.record.body), type=ManualList)


def photo_of(sheet: ManualSheet) -> bytes | None:
    """The photo's bytes; None when it was erased."""
    with closing(DetailStore(HERE.site.journal_folder("office"))) as store:
        salted = store.get(un_b64url(sheet.sheet))
    return None if salted is None else salted[SALT_BYTES:]
