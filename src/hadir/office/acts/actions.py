"""Every act writes its canonical record here, in the transaction of the act itself (transactional outbox)."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date

from hadir.office.acts.models import OutboxRow
from hadir.office.ground.ids import RANDOM_BYTES, uuid7
from hadir.office.ground.rows import listed, put_values
from hadir.office.roles import ActBy
from hadir.records.encoding import b64url, sha256, uuid8
from hadir.records.kinds import Kind
from hadir.records.server_records import Decision, FileLine, ManualList, StaffFact
from hadir.records.strict import encode

SALT_BYTES = 16
_LINE_FIELDS = ("record_id", "kind", "body", "body_hash", "at_ms", "by", "act", "origin")


def write_decision(  # noqa: PLR0913 - a record has as many members as the format gives it
    *,
    by: ActBy,
    act: str,
    about: str,
    person: int | None = None,
    before: str | None = None,
    after: str | None = None,
    basis: str | None = None,
) -> OutboxRow:
    """A decision of a person (kind 32). `about` is numbers and codes; the reason's text stays out of the journal."""
    row = decision(by=by, act=act, about=about, person=person, before=before, after=after, basis=basis)
    row.save(force_insert=True)
    return row


def decision(  # noqa: PLR0913 - a record has as many members as the format gives it
    *,
    by: ActBy,
    act: str,
    about: str,
    person: int | None = None,
    before: str | None = None,
    after: str | None = None,
    basis: str | None = None,
) -> OutboxRow:
    """The row of a decision, not written yet: whoever has hundreds writes them with `put_rows`."""
    salted = secrets.token_bytes(SALT_BYTES) + by.reason.strip().encode() if by.reason.strip() else None
    record = Decision(
        v=1,
        id=uuid7(by.at_ms, secrets.token_bytes(RANDOM_BYTES)),
        by=by.number,
        at_ms=by.at_ms,
        act=act,
        object=about,
        before=before,
        after=after,
        reason=None if salted is None else b64url(sha256(salted)),
        basis=basis,
    )
    return _row(Kind.DECISION, record, at_ms=by.at_ms, act=act, person=person, reason=salted)


def write_staff_fact(  # noqa: PLR0913 - a fact has as many members
    *, by: ActBy, person: int, fact: str, value: str, from_date: date | None, until_date: date | None
) -> OutboxRow:
    """A dated fact of the register (kind 33)."""
    row = staff_fact(by=by, person=person, fact=fact, value=value, from_date=from_date, until_date=until_date)
    row.save(force_insert=True)
    return row


def staff_fact(  # noqa: PLR0913 - a fact has as many members
    *, by: ActBy, person: int, fact: str, value: str, from_date: date | None, until_date: date | None
) -> OutboxRow:
    """The row of a dated fact, not written yet: whoever has thousands writes them with `put_rows`."""
    record = StaffFact(
        v=1,
        id=uuid7(by.at_ms, secrets.token_bytes(RANDOM_BYTES)),
        by=by.number,
        person=person,
        fact=fact,
        value=value,
        from_=None if from_date is None else from_date.isoformat(),
        until=None if until_date is None else until_date.isoformat(),
        recorded_ms=by.at_ms,
    )
    return _row(Kind.STAFF_FACT, record, at_ms=by.at_ms, act=f"fact.{fact}", person=person, reason=None)


def write_file_lines(lines: Mapping[str, FileLine], *, at_ms: int) -> set[str]:
    """Lines of an imported file (kind 7), each under an id that stands for what it says. Returns the ids that are new.

    An id that is already here is the same press of the same finger: it was kept once, and stays as it was.
    """
    known = set(OutboxRow.objects.filter(record_id__in=listed(lines)).values_list("record_id", flat=True))
    rows = (_file_line_row(ref, line, at_ms) for ref, line in lines.items() if ref not in known)
    put_values(OutboxRow, _LINE_FIELDS, rows)
    return lines.keys() - known


def known_lines(ids: Sequence[str]) -> int:
    """How many of these ids stand in the outbox or the journal already."""
    return OutboxRow.objects.filter(record_id__in=listed(ids)).count()


def _file_line_row(ref: str, line: FileLine, at_ms: int) -> tuple[object, ...]:
    """The values of `_LINE_FIELDS`."""
    body = encode(line)
    return ref, Kind.FILE_LINE.value, body, sha256(body).hex(), at_ms, line.imported_by, "intake.line", ""


def write_manual_list(record: ManualList, *, at_ms: int) -> OutboxRow:
    """Who was present on paper (kind 8), under an id that stands for what it says: the record itself has none."""
    body = encode(record)
    return OutboxRow.objects.create(
        record_id=uuid8(sha256(body)),
        kind=Kind.MANUAL_LIST,
        body=body,
        body_hash=sha256(body).hex(),
        at_ms=at_ms,
        by=record.attester,
        act="manual.record",
    )


def _row(  # noqa: PLR0913 - a fact has as many members
    kind: Kind, record: Decision | StaffFact, *, at_ms: int, act: str, person: int | None, reason: bytes | None
) -> OutboxRow:
    body = encode(record)
    return OutboxRow(
        record_id=record.id,
        kind=kind,
        body=body,
        body_hash=sha256(body).hex(),
        at_ms=at_ms,
        by=record.by,
        person=person,
        act=act,
        reason=reason,
    )
