"""What the gate decides about a batch, as a function: records and the time in, appends and answers out.

Nothing here waits, writes or looks at a clock. A record is refused only when it carries neither a known key nor a
voucher of the office, or when it is malformed; all else is recorded, and what is odd about it is flagged for people to
look at.
"""

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from hadir.gate.reading import INLINE_DETAIL_BYTES_MAX, Submission
from hadir.ledger import Entry
from hadir.ledger.details import MAX_DETAIL_BYTES, SALT_BYTES, Detail
from hadir.records.encoding import b64url, sha256, un_b64url
from hadir.records.jws import Claim, Jws, Verify, is_mirrored, key_bytes, parse_jws, verify_each
from hadir.records.kinds import PUNCH_KINDS, WITNESS_KINDS, Kind
from hadir.records.leaf import Leaf
from hadir.records.note import VerifierKey
from hadir.records.office_notes import RosterKey
from hadir.records.phone_records import PhoneRecord, PunchPayload, read_phone_record
from hadir.records.refusals import Refusal, Refused
from hadir.records.server_records import Flag
from hadir.records.strict import encode
from hadir.records.voucher import open_voucher

#: Counts a new record of an unconfirmed key: its slip and thumbprint. Refused when it is one too many.
Admit = Callable[[int, bytes], None]


@dataclass(slots=True)
class Keys:
    """What a batch needs of the roster: which offices sign vouchers, and thumbprint -> device."""

    offices: Sequence[VerifierKey]
    devices: Mapping[bytes, RosterKey]


@dataclass(slots=True)
class KnownLeaves:
    """What a batch needs of the journal: how many leaves it has, those of each record id, and ids of damaged ones."""

    size: int
    leaves: Mapping[bytes, Sequence[Leaf]]
    damaged: Collection[bytes] = ()

    def find(self, record_id: bytes) -> Sequence[Leaf]:
        """The leaves with this record id. Refused when one is damaged: nothing can be promised, nor denied."""
        if record_id in self.damaged:
            raise Refused(Refusal.CANNOT_STORE)
        return self.leaves.get(record_id, ())


@dataclass(frozen=True, slots=True)
class SentDetail:
    """A detail that came by itself, after its record: whose it is said to be, and salt || content."""

    record_id: bytes
    digest: str
    salted: bytes


class Recorded(msgspec.Struct, frozen=True):
    """The record stands at `index`, once this step's appends are durable; `repeat` when it stood there before."""

    record_hash: bytes
    index: int
    flags: tuple[str, ...]
    repeat: bool


Read = Submission | Refused
Answer = Recorded | Refused


@dataclass
class StepResult:
    """What to make durable, details first, and then what to answer, in the order of the inputs. The first append stands
    at `first`.
    """

    first: int
    appends: list[Entry] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    #: Record hash -> each signature that got a position, and the answer.
    new: dict[bytes, list[tuple[bytes, Recorded]]] = field(default_factory=dict)
    #: Record id -> the record hashes that came with it.
    new_ids: dict[bytes, set[bytes]] = field(default_factory=dict)


class ResolvedRecord(msgspec.Struct, frozen=True):
    """Who signed a record, and what the journal has of its id; `claim` is what is left to verify, `slip` the slip that
    an unconfirmed key came by.
    """

    submission: Submission
    flags: tuple[str, ...]
    duplicate: Leaf | None
    id_taken: bool
    claim: Claim | None
    slip: int | None


def admit_all(slip: int, kid: bytes) -> None:
    """No limit."""


def step(  # noqa: PLR0913 - the things a decision depends on, each by name
    inputs: Sequence[Read],
    now_ms: int,
    *,
    keys: Keys,
    known: KnownLeaves,
    verify: Verify = verify_each,
    admit: Admit = admit_all,
    before: StepResult | None = None,
) -> StepResult:
    """Decide about `inputs` as of `now_ms`: who signed them, whether the signatures hold, what follows from it. The
    same bytes twice, in one batch or years apart, have one position.

    A batch may be decided in parts: with `before`, the step of the parts before, this part is added to it. Nothing may
    be appended to the journal between the parts.
    """
    batch = StepResult(first=known.size) if before is None else before
    resolved = [_resolve(one, now_ms, keys, known) for one in inputs]
    holds = iter(verify([one.claim for one in resolved if isinstance(one, ResolvedRecord) and one.claim]))
    for one in resolved:
        try:
            batch.answers.append(one if isinstance(one, Refused) else _decide(one, batch, holds, admit))
        except Refused as refused:
            batch.answers.append(refused.as_answer())
    return batch


def _resolve(read: Read, now_ms: int, keys: Keys, known: KnownLeaves) -> ResolvedRecord | Refused:
    """Look up whose record it is. What was refused when it was read stays so."""
    if isinstance(read, Refused):
        return read
    record, jws = read.record, read.record.jws
    try:
        leaves = known.find(record.id_bytes)
        key, flags, slip = identify(record, now_ms, keys)
    except Refused as refused:
        return refused.as_answer()
    same = [leaf for leaf in leaves if _record_hash(leaf) == jws.hash]
    duplicate = _duplicate(same, jws) if same else None
    claim = None if duplicate is not None and duplicate.body == jws.record else (key, jws.hash, jws.signature)
    return ResolvedRecord(
        submission=read, flags=flags, duplicate=duplicate, id_taken=len(same) < len(leaves), claim=claim, slip=slip
    )


def _duplicate(same: Sequence[Leaf], jws: Jws) -> Leaf | None:
    """The leaf that stands for this record already: the one of these bytes, else the first one of this record.

    None where only the mirror image of its signature is here. Anybody who sees a record can make that, (r, n - s) out
    of (r, s), and send it first; the receipt of those bytes would be no proof for the phone's own.
    """
    exact = next((leaf for leaf in same if leaf.body == jws.record), None)
    mirrored = exact is None and any(is_mirrored(_signature_of(leaf), jws.signature) for leaf in same)
    return None if mirrored else exact or same[0]


def _decide(resolved: ResolvedRecord, batch: StepResult, holds: Iterator[bool], admit: Admit) -> Recorded:
    record, record_hash = resolved.submission.record, resolved.submission.record.jws.hash
    if resolved.claim and not next(holds):
        raise Refused(Refusal.BAD_SIGNATURE)
    details = _details(resolved.submission) if resolved.submission.details else []
    before = batch.new.get(record_hash, [])
    if resolved.duplicate is not None:
        answer = Recorded(record_hash=record_hash, index=resolved.duplicate.index, flags=resolved.flags, repeat=True)
    elif before and (same := _repeated(before, record.jws.signature)) is not None:
        answer = replace(same, repeat=True)
    else:
        if resolved.slip is not None:
            admit(resolved.slip, record.jws.kid)
        conflict = resolved.id_taken or bool(batch.new_ids.get(record.id_bytes, set()) - {record_hash})
        answer = _append(record, (*resolved.flags, "id_conflict") if conflict else resolved.flags, batch)
    batch.details.extend(details)  # a detail may come with a repeat, when its first answer was lost
    return answer


def _repeated(before: Sequence[tuple[bytes, Recorded]], signature: bytes) -> Recorded | None:
    """As `_duplicate`, of records that came in this very batch."""
    exact = next((answer for one, answer in before if one == signature), None)
    mirrored = exact is None and any(is_mirrored(one, signature) for one, _ in before)
    return None if mirrored else exact or before[0][1]


def _append(record: PhoneRecord, flags: tuple[str, ...], batch: StepResult) -> Recorded:
    """Give the record its position. What is odd about it follows it in the same batch."""
    answer = Recorded(record_hash=record.jws.hash, index=batch.first + len(batch.appends), flags=flags, repeat=False)
    batch.appends.append(Entry(kind=record.kind, body=record.jws.record, id=record.id_bytes))
    if flags:
        flag = Flag(v=1, about=b64url(answer.record_hash), at=answer.index, flags=list(flags))
        batch.appends.append(Entry(kind=Kind.FLAG, body=encode(flag)))
    batch.new.setdefault(answer.record_hash, []).append((record.jws.signature, answer))
    batch.new_ids.setdefault(record.id_bytes, set()).add(answer.record_hash)
    return answer


def identify(record: PhoneRecord, now_ms: int, keys: Keys) -> tuple[bytes, tuple[str, ...], int | None]:
    """(public key, flags, slip) of the record's signer; the slip is None for a key that the roster knows.

    Refused when it has neither a known key nor a voucher of the office for this person.
    """
    known = keys.devices.get(record.jws.kid)
    if known is None:
        return _by_voucher(record, now_ms, keys)
    flags = []
    if known.until_ms is not None and now_ms >= known.until_ms:
        flags.append("revoked_key")
    if now_ms < known.from_ms:
        flags.append("key_not_yet_valid")
    if known.person != record.person:
        flags.append("person_mismatch")
    return known.key, ("unconfirmed", *flags) if flags else (), None


def _by_voucher(record: PhoneRecord, now_ms: int, keys: Keys) -> tuple[bytes, tuple[str, ...], int]:
    header = record.jws.header
    if header.voucher is None:
        raise Refused(Refusal.UNKNOWN_KEY)
    key = key_bytes(header)
    try:
        voucher = open_voucher(header.voucher, keys.offices)
    except ValueError as error:
        raise Refused(Refusal.BAD_VOUCHER, str(error)) from error
    if voucher.person != record.person:
        raise Refused(Refusal.VOUCHER_PERSON)
    expired = ("voucher_expired",) if voucher.expired(now_ms) else ()
    return key, ("unconfirmed", "voucher", *expired), voucher.slip


def _record_hash(leaf: Leaf) -> bytes:
    return sha256(leaf.body.rpartition(b".")[0])


def _signature_of(leaf: Leaf) -> bytes:
    return un_b64url(leaf.body.rpartition(b".")[2].decode("ascii"))


def check_sent_detail(sent: SentDetail, leaves: Sequence[Leaf]) -> Detail:
    """The detail, if one of these leaves, which have its record id, names it.

    Refused DETAIL_UNNAMED, BAD_DETAIL or DETAIL_TOO_LARGE otherwise.
    """
    for leaf in leaves:
        record = read_phone_record(parse_jws(leaf.body.decode("ascii")), PUNCH_KINDS | WITNESS_KINDS)
        if sent.digest in _named(record):
            found = _check_detail(sent.salted, {sent.digest}, record, MAX_DETAIL_BYTES)
            return dataclasses.replace(found, taken_ms=min(found.taken_ms or leaf.received_at_ms, leaf.received_at_ms))
    raise Refused(Refusal.DETAIL_UNNAMED)


def _details(submission: Submission) -> list[Detail]:
    """The details that came along, each one named by its record. Refused BAD_DETAIL or DETAIL_TOO_LARGE otherwise."""
    record = submission.record
    return [_check_detail(salted, _named(record), record, INLINE_DETAIL_BYTES_MAX) for salted in submission.details]


def _named(record: PhoneRecord) -> set[str]:
    return {ref.digest for ref in record.payload.details} if isinstance(record.payload, PunchPayload) else set()


def _check_detail(salted: bytes, named: set[str], record: PhoneRecord, bytes_max: int) -> Detail:
    if len(salted) > bytes_max:
        raise Refused(Refusal.DETAIL_TOO_LARGE)
    digest = sha256(salted)
    if len(salted) <= SALT_BYTES or b64url(digest) not in named:
        raise Refused(Refusal.BAD_DETAIL)
    made_ms = record.payload.wall_ms if isinstance(record.payload, PunchPayload) else None
    return Detail(digest=digest, record_hash=record.jws.hash, salted=salted, taken_ms=made_ms)
