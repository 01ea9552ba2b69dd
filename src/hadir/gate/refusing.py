"""A refusal as it stands in an answer, the gate's and the door's."""

from functools import cache

import msgspec

from hadir.records.refusals import Refusal, Refused
from hadir.texts import both

JSON_HEAD = b"content-type: application/json\r\ncache-control: no-store\r\n"
PLACE_CHARACTERS_MAX = 200


def refusal_members(refused: Refused) -> dict[str, object]:
    texts = _texts(refused.refusal)
    place = refused.place[:PLACE_CHARACTERS_MAX]
    return {"refusal": {"code": refused.refusal.code, "id": texts["id"], "en": texts["en"], "place": place}}


def refusal_json(refused: Refused) -> bytes:
    return msgspec.json.encode(refusal_members(refused)) if refused.place else _plain(refused.refusal)


@cache
def _plain(refusal: Refusal) -> bytes:
    return msgspec.json.encode(refusal_members(Refused(refusal)))


@cache
def _texts(refusal: Refusal) -> dict[str, str]:
    return dict(both(f"refusal.{refusal.code}").items())
