"""Answers as JSON, the gate's and the door's: above all refusals, in both languages."""

from collections.abc import Callable
from functools import cache

import msgspec

from hadir.gate.wire import WireResponse
from hadir.records.refusals import Refusal, Refused
from hadir.texts import both

JSON_HEAD = b"content-type: application/json\r\ncache-control: no-store\r\n"
PLACE_CHARACTERS_MAX = 200


def json_response(status: int, members: object) -> WireResponse:
    return WireResponse(status, JSON_HEAD, msgspec.json.encode(members))


def refusal_response(refused: Refused, retry_after_s: Callable[[], int]) -> WireResponse:
    """With a passing refusal, in how many seconds to come back; only then `retry_after_s` is asked."""
    response = WireResponse(refused.refusal.status, JSON_HEAD, refusal_json(refused))
    return with_retry_after(response, retry_after_s()) if refused.refusal.status == 503 else response


def with_retry_after(response: WireResponse, seconds: int) -> WireResponse:
    response.head += b"retry-after: %d\r\n" % seconds
    return response


def refusal_members(refused: Refused) -> dict[str, object]:
    code, place = refused.refusal.code, refused.place[:PLACE_CHARACTERS_MAX]
    return {"refusal": {"code": code, **_texts(code), "place": place}}


def refusal_json(refused: Refused) -> bytes:
    return msgspec.json.encode(refusal_members(refused)) if refused.place else _plain(refused.refusal)


@cache
def _plain(refusal: Refusal) -> bytes:
    return msgspec.json.encode(refusal_members(Refused(refusal)))


@cache
def _texts(code: str) -> dict[str, str]:
    return both(f"refusal.{code}")
