"""The gate over HTTP (ASGI, RFC 9110): reads with limits, checks shapes, asks the desk, writes the answer."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec

from hadir.gate.desk import Desk, Receipted, Reply
from hadir.gate.line import Done
from hadir.gate.proofs import Proofs
from hadir.gate.step import INLINE_DETAIL_BYTES_MAX, SentDetail, Submission
from hadir.ledger.details import MAX_DETAIL_BYTES
from hadir.records.encoding import b64url, un_b64url
from hadir.records.jws import parse_jws
from hadir.records.kinds import PUNCH_KINDS, WITNESS_KINDS, Kind
from hadir.records.note import Signer, VerifierKey
from hadir.records.phone_records import read_phone_record
from hadir.records.refusals import Refusal, Refused
from hadir.records.strict import decode
from hadir.records.times import SignedTime, issue_time
from hadir.texts import both

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
T = TypeVar("T")

BATCH_MAX = 50
BODY_BYTES_MAX = 262_144
BODY_SECONDS_MAX = 10
RETRY_SECONDS_MIN = 2
RETRY_SECONDS_MAX = 120
_JSON = b"application/json"
_TEXT = b"text/plain; charset=utf-8"


class SentRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One record of a request."""

    record: str
    details: list[str] = []


class Punches(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /v1/punches."""

    punches: list[SentRecord]


class Witnesses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /v1/witnesses."""

    witnesses: list[SentRecord]


class Gate:
    """An ASGI application over one desk."""

    def __init__(self, desk: Desk, signer: Signer, *, key_list_note: str, root: VerifierKey, proofs: Proofs) -> None:
        self._desk = desk
        self._proofs = proofs
        self._signer = signer
        self._key_list = key_list_note.encode()
        self._root = f"{root.text}\n".encode()
        self._routes: dict[tuple[str, str], Callable[[Scope, Receive], Awaitable[_Response]]] = {
            ("POST", "/v1/punches"): self._punches,
            ("POST", "/v1/witnesses"): self._witnesses,
            ("GET", "/v1/time"): self._time,
            ("GET", "/v1/checkpoint"): self._checkpoint,
            ("GET", "/v1/proof/consistency"): self._consistency,
            ("GET", "/v1/proof/inclusion"): self._inclusion,
            ("GET", "/v1/keys"): self._keys,
            ("GET", "/v1/root"): self._root_key,
            ("GET", "/healthz"): self._health,
            ("GET", "/readyz"): self._ready,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            response = await self._answer(scope, receive)
        except Refused as refused:
            response = self._refusal(refused)
        headers = [*response.headers, (b"content-length", str(len(response.body)).encode())]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _answer(self, scope: Scope, receive: Receive) -> "_Response":
        path = scope["path"]
        handler = self._routes.get((scope["method"], path))
        if handler is not None:
            return await handler(scope, receive)
        if path.startswith("/v1/details/"):
            return await self._detail(scope, receive)
        known = any(path == route for _, route in self._routes)
        raise Refused(Refusal.METHOD if known else Refusal.NOT_FOUND)

    async def _punches(self, scope: Scope, receive: Receive) -> "_Response":
        self._desk.line.check_room()  # before anything that costs: a refusal must be cheap
        body = decode(await _read_json(scope, receive), Punches)
        return await self._take(body.punches, PUNCH_KINDS)

    async def _witnesses(self, scope: Scope, receive: Receive) -> "_Response":
        body = decode(await _read_json(scope, receive), Witnesses)
        return await self._take(body.witnesses, WITNESS_KINDS)

    async def _take(self, sent: Sequence[SentRecord], kinds: frozenset[Kind]) -> "_Response":
        """Admit what is well formed, and answer for each record in order."""
        if not sent:
            raise Refused(Refusal.EMPTY_BATCH)
        if len(sent) > BATCH_MAX:
            raise Refused(Refusal.TOO_MANY)
        read = [_read_submission(one, kinds) for one in sent]
        good = [one for one in read if isinstance(one, Submission)]
        given: list[Reply] = await _waited(partial(self._desk.submit, good)) if good else []
        replies = iter(given)
        answers: list[Reply] = [next(replies) if isinstance(one, Submission) else one for one in read]
        first_refusal = next((answer for answer in answers if isinstance(answer, Refused)), None)
        all_refused = all(isinstance(answer, Refused) for answer in answers)
        status = first_refusal.refusal.status if first_refusal is not None and all_refused else 200
        return _json(status, {"answers": [_answer(answer) for answer in answers]})

    async def _detail(self, scope: Scope, receive: Receive) -> "_Response":
        """Keep a detail that a record of this journal names."""
        if scope["method"] != "PUT":
            raise Refused(Refusal.METHOD)
        parts = scope["path"].split("/")
        if len(parts) != 5:
            raise Refused(Refusal.NOT_FOUND)
        record_id = _record_id(parts[3])
        salted = await _read_body(receive, MAX_DETAIL_BYTES, Refusal.DETAIL_TOO_LARGE)
        sent = SentDetail(record_id=record_id, digest=parts[4], salted=salted)
        await _waited(partial(self._desk.keep_detail, sent))
        return _Response(204, [], b"")

    async def _time(self, scope: Scope, _: Receive) -> "_Response":
        nonce = _nonce(scope["query_string"])
        quality, now_ms = self._desk.quality, self._desk.clock.now_ms()
        time = SignedTime(v=1, nonce=nonce, at_ms=now_ms, clock=quality.word, error_ms=quality.error_ms)
        return _json(200, {"token": issue_time(time, self._signer)})

    async def _checkpoint(self, _: Scope, __: Receive) -> "_Response":
        return _text(self._desk.journal.checkpoint().encode())

    async def _consistency(self, scope: Scope, _: Receive) -> "_Response":
        return _text(await self._proofs.consistency(scope["query_string"]))

    async def _inclusion(self, scope: Scope, _: Receive) -> "_Response":
        return _text(await self._proofs.inclusion(scope["query_string"]))

    async def _keys(self, _: Scope, __: Receive) -> "_Response":
        return _text(self._key_list)

    async def _root_key(self, _: Scope, __: Receive) -> "_Response":
        """For a phone's first use: it pins this key and believes no other afterwards."""
        return _text(self._root)

    async def _health(self, _: Scope, __: Receive) -> "_Response":
        desk, roster = self._desk, self._desk.roster
        state = {
            "alive": True,
            "ready": desk.ready,
            "origin": self._signer.name,
            "entries": desk.journal.size(),
            "waiting": desk.line.waiting,
            "answered": desk.counts.answered,
            "refused": desk.counts.refused,
            "clock": {"state": desk.quality.word, "error_ms": desk.quality.error_ms},
            "roster": {
                "version": None if roster.note is None else roster.note.version,
                "stale": roster.stale,
                "fault": roster.fault,
            },
        }
        return _json(200, state)

    async def _ready(self, _: Scope, __: Receive) -> "_Response":
        ready = self._desk.ready
        return _json(200 if ready else 503, {"ready": ready})

    def _refusal(self, refused: Refused) -> "_Response":
        response = _json(refused.refusal.status, _refusal_members(refused))
        if refused.refusal.status == 503:
            response.headers.append((b"retry-after", str(self._retry_after_s()).encode()))
        return response

    def _retry_after_s(self) -> int:
        """A random second in a window that grows with the queue: the gate, not the crowd, decides when the crowd
        comes back.
        """
        window_s = min(RETRY_SECONDS_MAX, RETRY_SECONDS_MIN + 3 + int(self._desk.line.wait_ms) // 100)
        return random.randint(RETRY_SECONDS_MIN, window_s)  # noqa: S311 - it spreads load and guards nothing


_NO_STORE = (b"cache-control", b"no-store")


class _Response(msgspec.Struct):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def _text(body: bytes) -> _Response:
    return _Response(200, [(b"content-type", _TEXT), _NO_STORE], body)


def _json(status: int, members: object) -> _Response:
    return _Response(status, [(b"content-type", _JSON), _NO_STORE], msgspec.json.encode(members))


def _refusal_members(refused: Refused) -> dict[str, object]:
    texts = both(f"refusal.{refused.refusal.code}")
    members = {"code": refused.refusal.code, "id": texts["id"], "en": texts["en"], "place": refused.place[:200]}
    return {"refusal": members}


class Answer(msgspec.Struct, frozen=True):
    """What a phone gets for a record that is on disk."""

    record_hash: str
    index: int
    received_at_ms: int
    repeat: bool
    flags: tuple[str, ...]
    receipt: str


def _answer(reply: Reply) -> Answer | dict[str, object]:
    if not isinstance(reply, Receipted):
        return _refusal_members(reply)
    recorded, leaf = reply.recorded, reply.proof.leaf
    return Answer(
        record_hash=b64url(recorded.record_hash),
        index=recorded.index,
        received_at_ms=leaf.received_at_ms,
        repeat=recorded.repeat,
        flags=recorded.flags,
        receipt=reply.proof.receipt,
    )


def _read_submission(sent: SentRecord, kinds: frozenset[Kind]) -> Submission | Refused:
    try:
        record = read_phone_record(parse_jws(sent.record), kinds)
        return Submission(record=record, details=tuple(_read_inline(text) for text in sent.details))
    except Refused as refused:
        return refused


def _read_inline(text: str) -> bytes:
    if len(text) > 2 * INLINE_DETAIL_BYTES_MAX:
        raise Refused(Refusal.DETAIL_TOO_LARGE)
    try:
        return un_b64url(text)
    except ValueError as error:
        raise Refused(Refusal.BAD_DETAIL, str(error)) from error


def _record_id(text: str) -> bytes:
    try:
        return UUID(text).bytes
    except ValueError as error:
        raise Refused(Refusal.NOT_FOUND) from error


def _nonce(query: bytes) -> str:
    """The nonce, exactly `nonce=<b64url>` and nothing else."""
    name, _, value = query.decode("latin-1").partition("=")
    try:
        data = un_b64url(value)
    except ValueError as error:
        raise Refused(Refusal.BAD_NONCE) from error
    if name != "nonce" or not 16 <= len(data) <= 32:
        raise Refused(Refusal.BAD_NONCE)
    return value


async def _waited(ask: Callable[[Done[T]], None]) -> T:
    """The outcome of what `ask` queues."""
    future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    ask(partial(_settle, future))
    return await future


def _settle(future: "asyncio.Future[T]", outcome: T | Refused) -> None:
    if future.cancelled():
        return  # its client has left
    if isinstance(outcome, Refused):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


async def _read_json(scope: Scope, receive: Receive) -> bytes:
    content_type = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    if content_type.partition(b";")[0].strip().lower() != _JSON:
        raise Refused(Refusal.UNSUPPORTED_MEDIA)
    return await _read_body(receive, BODY_BYTES_MAX, Refusal.BODY_TOO_LARGE)


async def _read_body(receive: Receive, bytes_max: int, too_large: Refusal) -> bytes:
    """The whole body, within its size and `BODY_SECONDS_MAX`: uvicorn itself would wait for ever."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(Refusal.BAD_JSON, "the connection ended")
                part = cast("bytes", message.get("body", b""))
                size += len(part)
                if size > bytes_max:
                    raise Refused(too_large)
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError as error:
        raise Refused(Refusal.BODY_TOO_SLOW) from error
