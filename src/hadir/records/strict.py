"""JSON without surprises: no duplicate members, no NaN, no unknown members, bounded depth, and a code for each fault.

`msgspec` checks shapes but takes the last of two equal members. Bytes that equal their own re-encoding cannot hold two;
all others take the slow road through the standard library, which sees pairs (RFC 8259 section 4; I-JSON, RFC 7493
section 2.3).
"""

import json
from typing import Any, NoReturn, TypeVar

import msgspec

from hadir.records.refusals import Refusal, Refused

S = TypeVar("S", bound=msgspec.Struct)
MAX_DEPTH = 16

_encoder = msgspec.json.Encoder()
_decoders: dict[type, Any] = {}


def decode(data: bytes, shape: type[S], *, shape_refusal: Refusal = Refusal.WRONG_TYPE) -> S:
    """`data` as a `shape`.

    Refused with BAD_JSON, DUPLICATE_MEMBER, NOT_FINITE, TOO_DEEP, or `shape_refusal` with the place.
    """
    decoder = _decoders.get(shape)
    if decoder is None:
        decoder = _decoders[shape] = msgspec.json.Decoder(shape)
    try:
        value: S = decoder.decode(data)
    except msgspec.ValidationError as error:
        _look_closely(data)
        raise Refused(shape_refusal, str(error)) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        _look_closely(data)
        raise Refused(Refusal.BAD_JSON, str(error)) from error
    if _encoder.encode(value) != data:
        _look_closely(data)
    return value


def encode(value: msgspec.Struct) -> bytes:
    """Canonical bytes of a record of ours: members in declared order, no white space."""
    return _encoder.encode(value)


def _look_closely(data: bytes) -> None:
    """Raise the fault that the quick look could not name; return when there is none."""
    if _depth(data) > MAX_DEPTH:
        raise Refused(Refusal.TOO_DEEP)
    try:
        json.loads(data, object_pairs_hook=_no_twins, parse_constant=_not_finite, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise Refused(Refusal.BAD_JSON, str(error)) from error


def _depth(data: bytes) -> int:
    """An upper bound of the nesting: brackets inside strings count too, which no honest record comes near."""
    depth = deepest = 0
    for byte in data:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused(Refusal.DUPLICATE_MEMBER)
    return members


def _not_finite(_: str) -> NoReturn:
    raise Refused(Refusal.NOT_FINITE)


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise Refused(Refusal.NOT_FINITE)
    return number
