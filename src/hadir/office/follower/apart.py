"""Records that no phone signed are set apart: on which day and in whose name they claim to be, and what they take back.

Leaves that were read by a release before this one are looked at later (`look_back`), some at a time: the taps of a
morning never wait for them.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db import transaction
from django.db.models import F

from hadir.ledger.sqlite import readers
from hadir.office.follower.keeping import put_on_days
from hadir.office.follower.proving import prove
from hadir.office.ground.moments import day_at
from hadir.office.ground.rows import listed, put_rows
from hadir.office.judging.judging import JudgeContext
from hadir.office.projection.invalidation import mark_dirty
from hadir.office.projection.models import MISSHAPEN, FaultyLeaf, Place, Position, Punch, Witness, punch_payload
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf

BACK_LEAVES_MAX = 5_000


def set_apart(context: JudgeContext, faulty: Sequence[FaultyLeaf]) -> set[tuple[int, date | None]]:
    """Write them down, each on the day on which it would have counted. Returns the person-days that this touches."""
    claims = {id(row): punch for row in faulty if (punch := _claim(row)) is not None}
    put_on_days(context, list(claims.values()))
    for row in faulty:
        punch = claims.get(id(row))
        if punch is None:
            row.day = day_at(row.received_at_ms, context.site.zone)
        else:
            row.person, row.direction, row.wall_ms, row.day = punch.person, punch.direction, punch.wall_ms, punch.day
    put_rows(faulty, unique=["origin", "index"])
    return {(row.person, row.day) for row in faulty if row.person is not None}


def _claim(row: FaultyLeaf) -> Punch | None:
    """The punch that the record would be; None for other kinds, and where it cannot be read."""
    if row.kind != Kind.PUNCH:
        return None
    try:
        payload = punch_payload(bytes(row.body))
    except MISSHAPEN:
        return None
    return Punch.first_seen(
        row, record_hash=row.record_hash, kid=row.kid, person=payload.person, direction=payload.direction,
        wall_ms=payload.wall_ms,
    )  # fmt: skip


def look_back(context: JudgeContext) -> int:
    """Look at the signatures of some leaves that were read before anybody looked. Returns how many; 0 when none are
    left.
    """
    behind = Position.objects.filter(proven_index__lt=F("next_index")).order_by("origin").first()
    if behind is None:
        return 0
    for reader in readers(context.site.journal_folders()):
        if reader.origin == behind.origin:
            wanted = min(BACK_LEAVES_MAX, behind.next_index - behind.proven_index)
            return _look_back(context, behind, reader.read(behind.proven_index, wanted))
    return _move_on(behind, behind.next_index)  # the journal is not here any more: `hadir audit` where it lies


@transaction.atomic
def _look_back(context: JudgeContext, behind: Position, leaves: Sequence[Leaf]) -> int:
    _, faulty = prove(leaves, context.time_tokens.keys)
    if faulty:
        mark_dirty(_take_back(faulty))
        mark_dirty(set_apart(context, faulty))
    return _move_on(behind, behind.proven_index + len(leaves) if leaves else behind.next_index)


def _move_on(behind: Position, to: int) -> int:
    Position.objects.filter(origin=behind.origin).update(proven_index=to)
    return to - behind.proven_index


def _take_back(faulty: Iterable[FaultyLeaf]) -> set[tuple[int, date | None]]:
    """What these leaves brought into the projection goes out of it. Returns the person-days that this touches."""
    touched: set[tuple[int, date | None]] = set()
    for row in faulty:
        at = {"origin": row.origin, "index": row.index}
        Place.objects.filter(**at).delete()
        witnessed = list(Witness.objects.filter(**at).values_list("punch", flat=True))
        Witness.objects.filter(**at).delete()
        touched.update(Punch.objects.filter(record_hash__in=listed(witnessed)).values_list("person", "day"))
        for punch in Punch.objects.filter(**at):
            touched.add((punch.person, punch.day))
            _stand_elsewhere(punch)
    return touched


def _stand_elsewhere(punch: Punch) -> None:
    """Another journal may hold the same record: then that is its place; each leaf is looked at by itself."""
    other = punch.places.order_by("received_at_ms", "origin").first()
    if other is None:
        punch.delete()
        return
    punch.origin, punch.index, punch.received_at_ms = other.origin, other.index, other.received_at_ms
    other.delete()
    punch.save(update_fields=["origin", "index", "received_at_ms"])
