"""The gate's routes: check shapes, ask the writer, answer. What they are given is whole (`hadir.gate.wire`)."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

import msgspec

from hadir.gate.batch_writer import BatchWriter, Receipted, Reply
from hadir.gate.metrics import render
from hadir.gate.proofs import Done, Proofs
from hadir.gate.reading import Sent
from hadir.gate.refusing import json_response, refusal_members, refusal_response, with_retry_after
from hadir.gate.step import SentDetail
from hadir.gate.waiting import not_ready
from hadir.gate.wire import Answers, Request, Respond, WireResponse
from hadir.ledger.details import MAX_DETAIL_BYTES
from hadir.records.encoding import b64url, un_b64url
from hadir.records.kinds import PUNCH_KINDS, WITNESS_KINDS, Kind
from hadir.records.note import Signer, VerifierKey
from hadir.records.refusals import Refusal, Refused
from hadir.records.strict import decode
from hadir.records.times import TimeToken, issue_time

BATCH_MAX = 50
_DETAILS = "/v1/details/"
_TEXT_HEAD = b"content-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\n"

Handler = Callable[[Request, Respond], None]


class Punches(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"records": "punches"}):
    """The body of POST /v1/punches."""

    records: list[Sent]


class WitnessRecords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"records": "witnesses"}):
    """The body of POST /v1/witnesses."""

    records: list[Sent]


class Gate(Answers):
    def __init__(
        self, writer: BatchWriter, signer: Signer, *, key_list_note: str, root: VerifierKey, proofs: Proofs
    ) -> None:
        self._writer = writer
        self._signer = signer
        self._routes: dict[tuple[str, str], Handler] = {
            ("POST", "/v1/punches"): partial(self._take, Punches, PUNCH_KINDS),
            ("POST", "/v1/witnesses"): partial(self._take, WitnessRecords, WITNESS_KINDS),
            ("GET", "/v1/time"): self._time,
            ("GET", "/v1/checkpoint"): self._checkpoint,
            ("GET", "/v1/proof/consistency"): partial(self._proof, proofs.consistency),
            ("GET", "/v1/proof/inclusion"): partial(self._proof, proofs.inclusion),
            ("GET", "/v1/keys"): partial(self._say, key_list_note.encode()),
            # For a phone's first use: it pins this key and believes no other afterwards.
            ("GET", "/v1/root"): partial(self._say, f"{root.text}\n".encode()),
            ("GET", "/healthz"): self._health,
            ("GET", "/readyz"): self._ready,
            ("GET", "/metrics"): self._metrics,
        }

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer `request`, now or when it is on disk."""
        try:
            self._route(request)(request, respond)
        except Refused as refused:
            response = self._refused(refused)
            if refused.refusal is Refusal.METHOD:
                response.head += b"allow: %b\r\n" % self._methods(request.path)
            respond(response)

    def body_bytes_max(self, path: str) -> int:
        return MAX_DETAIL_BYTES if path.startswith(_DETAILS) else super().body_bytes_max(path)

    def refusal(self, refusal: Refusal, place: str = "") -> WireResponse:
        return self._refused(Refused(refusal, place))

    def _route(self, request: Request) -> Handler:
        if request.fault is not None:
            raise Refused(request.fault)
        method = "GET" if request.method == "HEAD" else request.method  # the same, and the wire leaves out the body
        handler = self._routes.get((method, request.path))
        if handler is not None:
            return handler
        if request.path.startswith(_DETAILS):
            return self._detail
        known = any(request.path == route for _, route in self._routes)
        raise Refused(Refusal.METHOD if known else Refusal.NOT_FOUND)

    def _methods(self, path: str) -> bytes:
        known = [method for method, route in self._routes if route == path] or ["PUT"]
        return ", ".join([*known, *(["HEAD"] if "GET" in known else [])]).encode()

    def _take(
        self, shape: type[Punches | WitnessRecords], kinds: frozenset[Kind], request: Request, respond: Respond
    ) -> None:
        """Admit, and answer for each record in order."""
        self._writer.queue.check_room()  # before anything that costs: a refusal must be cheap
        sent = decode(_json_body(request), shape).records
        if not sent:
            raise Refused(Refusal.EMPTY_BATCH)
        if len(sent) > BATCH_MAX:
            raise Refused(Refusal.TOO_MANY)
        self._writer.submit(sent, kinds, partial(self._taken, respond))

    def _taken(self, respond: Respond, outcome: Sequence[Reply] | Refused) -> None:
        if isinstance(outcome, Refused):
            respond(self._refused(outcome))
            return
        refused = [reply for reply in outcome if isinstance(reply, Refused)]
        if refused:
            self._writer.counts.refusals.update(reply.refusal for reply in refused)
        status = refused[0].refusal.status if len(refused) == len(outcome) else 200
        response = json_response(status, {"answers": [answer_of(reply) for reply in outcome]})
        respond(with_retry_after(response, self._retry_after_s()) if status == 503 else response)

    def _detail(self, request: Request, respond: Respond) -> None:
        """Keep a detail that a record of this journal names."""
        if request.method != "PUT":
            raise Refused(Refusal.METHOD)
        parts = request.path.split("/")
        if len(parts) != 5:
            raise Refused(Refusal.NOT_FOUND)
        sent = SentDetail(record_id=_record_id(parts[3]), digest=parts[4], salted=request.body)
        self._writer.keep_detail(sent, partial(self._kept, respond))

    def _kept(self, respond: Respond, outcome: Refused | None) -> None:
        respond(WireResponse(204, b"", b"") if outcome is None else self._refused(outcome))

    def _time(self, request: Request, respond: Respond) -> None:
        nonce = _nonce(request.query)
        now_ms, quality = self._writer.moment()
        time = TimeToken(v=1, nonce=nonce, at_ms=now_ms, clock=quality.word, error_ms=quality.error_ms)
        respond(json_response(200, {"token": issue_time(time, self._signer)}))

    def _checkpoint(self, _: Request, respond: Respond) -> None:
        respond(_text(self._writer.journal.checkpoint().encode()))

    def _proof(self, prove: Callable[[bytes, Done], None], request: Request, respond: Respond) -> None:
        prove(request.query, partial(self._proven, respond))

    def _proven(self, respond: Respond, outcome: bytes | Refused) -> None:
        respond(self._refused(outcome) if isinstance(outcome, Refused) else _text(outcome))

    def _say(self, text: bytes, _: Request, respond: Respond) -> None:
        respond(_text(text))

    def _health(self, _: Request, respond: Respond) -> None:
        writer, roster = self._writer, self._writer.roster
        state = {
            "alive": True,
            "ready": writer.ready,
            "origin": self._signer.name,
            "fast_verifier": writer.verifies_fast,
            "entries": writer.journal.size(),
            "waiting": writer.queue.waiting,
            "answered": writer.counts.answered,
            "batches": writer.counts.batches,
            "refused": writer.counts.refused,
            "clock": {"state": writer.quality.word, "error_ms": writer.quality.error_ms},
            "roster": {
                "version": None if roster.note is None else roster.note.version,
                "stale": roster.stale,
                "fault": roster.fault,
            },
        }
        respond(json_response(200, state))

    def _ready(self, _: Request, respond: Respond) -> None:
        respond(json_response(200, {"ready": True}) if self._writer.ready else not_ready(self._writer.reason))

    def _metrics(self, _: Request, respond: Respond) -> None:
        """On the gate's own port only: no proxy of ours passes it on."""
        writer, note = self._writer, self._writer.roster.note
        now = {
            "ready": int(writer.ready),
            "entries": writer.journal.size(),
            "waiting": writer.queue.waiting,
            "foretold_wait_seconds": writer.queue.wait_ms / 1000,
            "roster_version": 0 if note is None else note.version,
            "roster_stale": int(writer.roster.stale),
            "clock_ok": int(writer.quality.word == "ok"),
            "clock_error_seconds": writer.quality.error_ms / 1000,
        }
        respond(_text(render(writer.counts, now).encode()))

    def _refused(self, refused: Refused) -> WireResponse:
        self._writer.counts.refusals[refused.refusal] += 1
        return refusal_response(refused, self._retry_after_s)

    def _retry_after_s(self) -> int:
        return self._writer.queue.retry_after_s(self._writer.clock.mono_ms())


def _text(body: bytes) -> WireResponse:
    return WireResponse(200, _TEXT_HEAD, body)


def answer_of(reply: Reply) -> dict[str, object]:
    """What a phone gets for a record: the proof of what is on disk, or why it is not."""
    if not isinstance(reply, Receipted):
        return refusal_members(reply)
    return {
        "record_hash": b64url(reply.recorded.record_hash),
        "index": reply.recorded.index,
        "received_at_ms": reply.proof.leaf.received_at_ms,
        "repeat": reply.recorded.repeat,
        "flags": reply.recorded.flags,
        "receipt": reply.proof.receipt,
    }


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


def _json_body(request: Request) -> bytes:
    if request.content_type.partition(b";")[0].strip().lower() != b"application/json":
        raise Refused(Refusal.UNSUPPORTED_MEDIA)
    return request.body
