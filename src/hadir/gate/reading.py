"""How a record that was sent becomes one that can be decided about: its shape, not yet whether to believe it.

It is done by the writer, a batch at a time, when the records' turn has come: to let in costs little.
"""

import re
from functools import cache

import msgspec
import msgspec.inspect

from hadir.records.encoding import un_b64url
from hadir.records.jws import parse_jws
from hadir.records.kinds import Kind
from hadir.records.phone_records import PhoneRecord, PunchPayload, read_phone_record
from hadir.records.refusals import Refusal, Refused

INLINE_DETAIL_BYTES_MAX = 2_048
#: General category Cc, and the bidirectional controls.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One record of a request: a compact JWS, and details of at most 2,048 bytes each in base64url."""

    record: str
    details: list[str] = []


class Submission(msgspec.Struct, frozen=True):
    """A well-formed record, and the details that travelled with it (salt || content)."""

    record: PhoneRecord
    details: tuple[bytes, ...] = ()


def read_sent(sent: Sent, kinds: frozenset[Kind]) -> Submission | Refused:
    """`sent`, if it is well formed and of one of `kinds`; else the refusal to answer with."""
    try:
        record = read_phone_record(parse_jws(sent.record), kinds)
        _check_texts(record)
        return Submission(record, tuple(map(_read_inline, sent.details)))
    except Refused as refused:
        return refused.as_answer()


def _check_texts(record: PhoneRecord) -> None:
    """Texts that are shown somewhere some day: none that ends a string early, or turns its neighbours round. Only new
    records are asked, so that leaves of before stay readable.
    """
    payload = record.payload
    if not isinstance(payload, PunchPayload):
        return
    for name in _texts_of(type(payload)):
        text = getattr(payload, name) or ""
        if not text.isprintable() and _CONTROLS.search(text):
            raise Refused(Refusal.BAD_PAYLOAD, f"$.{name}: a control character")


@cache
def _texts_of(shape: type[PunchPayload]) -> tuple[str, ...]:
    """Its members that hold words: texts with a length that may differ, and none of few fixed ones."""
    told = msgspec.inspect.type_info(shape)
    assert isinstance(told, msgspec.inspect.StructType)
    return tuple(one.name for one in told.fields if any(map(_is_words, getattr(one.type, "types", (one.type,)))))


def _is_words(told: msgspec.inspect.Type) -> bool:
    return isinstance(told, msgspec.inspect.StrType) and told.min_length != told.max_length


def _read_inline(text: str) -> bytes:
    if len(text) > 2 * INLINE_DETAIL_BYTES_MAX:
        raise Refused(Refusal.DETAIL_TOO_LARGE)
    try:
        return un_b64url(text)
    except ValueError as error:
        raise Refused(Refusal.BAD_DETAIL, str(error)) from error
