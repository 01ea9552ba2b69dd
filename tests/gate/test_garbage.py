"""Whatever the gate answers leaves nothing that only Python's collector of garbage would find: it is switched off."""

import gc
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hadir.gate.app import Gate
from hadir.gate.batch_writer import ANSWERS_AT_ONCE_MAX, BatchWriter
from hadir.gate.proofs import Proofs
from hadir.gate.wire import Wire
from hadir.records.encoding import b64url, sha256
from hadir.records.refusals import Refusal
from hadir.site import Site
from rehearsal.phones import Phone
from rehearsal.simulation.gate import at_once
from tests.gate.test_clock import Wall, writer_of
from tests.gate.test_http import BAD_BODIES, bad_records
from tests.gate.test_wire import Loop, Net, ServerState

_SALTED = bytes(16) + b'{"samples":[]}'


class OpenGate:
    """A gate and its writer in this thread."""

    def __init__(self, site: Site) -> None:
        self.writer: BatchWriter = writer_of(site, Wall())
        at_once(self.writer.begin())
        proofs = Proofs(site.journal_folder("gate1"))
        self._gate = Gate(
            self.writer, site.gate_signer(), key_list_note=site.key_list_note, root=site.root_key(), proofs=proofs
        )

    def call(self, *requests: bytes) -> list[int]:
        """The statuses that so many connections got, each for its request, in one batch of the writer."""
        nets = [Net() for _ in requests]
        wires = [self._wire() for _ in requests]
        for wire, net, request in zip(wires, nets, requests, strict=True):
            wire.connection_made(net)
            wire.data_received(request)
        while self.writer.queue.waiting:
            at_once(self.writer.turn())
        for wire in wires:
            wire.connection_lost(None)
        return [status for net in nets for status in net.statuses]

    def _wire(self) -> Wire:
        return Wire(self._gate, config=None, server_state=ServerState(), app_state=None, _loop=Loop())  # type: ignore[arg-type]


def post(body: bytes, path: str = "/v1/punches", method: str = "POST") -> bytes:
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def punches(*records: str, details: tuple[str, ...] = ()) -> bytes:
    return post(json.dumps({"punches": [{"record": one, "details": list(details)} for one in records]}).encode())


#: The status of each request's answer, whatever it says inside.
STATUSES = {
    "many at once": {200},
    "again": {200},
    "a broken signature": {401, 200},
    "nobody we know": {401},
    "a detail": {200, 400},
    "a detail later": {204, 400},
    "a body that is wrong": {400, 413},
    "a record that is wrong": {400, 401},
    "an address that is wrong": {400, 404, 405},
    "no HTTP": {400},
    "a look": {200, 503},
}


def requests_of(sari: Phone, tono: Phone) -> Mapping[str, list[bytes]]:
    """Every kind of request."""
    punch, payload = sari.punch(), sari.payload(details=[{"kind": "location", "digest": b64url(sha256(_SALTED))}])
    detailed, later = sari.sign(payload), f"/v1/details/{payload['id']}/{b64url(sha256(_SALTED))}"
    changed = punch[:-2] + ("AA" if punch[-2:] != "AA" else "BA")
    return {
        "many at once": [punches(sari.punch()) for _ in range(ANSWERS_AT_ONCE_MAX + 9)],
        "again": [punches(punch), punches(punch), punches(punch, punch)],
        "a broken signature": [punches(changed), punches(sari.punch(), changed)],
        "nobody we know": [punches(tono.punch())],
        "a detail": [
            punches(detailed, details=(b64url(_SALTED + b"!"),)),
            punches(detailed, details=(b64url(_SALTED),)),
        ],
        "a detail later": [post(_SALTED, later, "PUT"), post(_SALTED + b"!", later, "PUT")],
        "a body that is wrong": [post(body) for body, _, _ in BAD_BODIES.values() if len(body) < 200_000],
        "a record that is wrong": [punches(record) for record, _ in bad_records(sari).values()],
        "an address that is wrong": [
            post(b"", "/nothing"),
            post(b"", "/v1/time"),
            b"GET /v1/time?nonce=x HTTP/1.1\r\n\r\n",
        ],
        "no HTTP": [b"hello\r\n\r\n"],
        "a look": [f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode() for path in ("/healthz", "/readyz", "/metrics")],
    }


@contextmanager
def nothing_left() -> Iterator[None]:
    """Fails when what is done inside left rings of objects that hold each other."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield
        gc.collect()
        assert Counter(type(one).__name__ for one in gc.garbage) == {}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_no_answer_leaves_a_ring(site: Site, sari: Phone, tono: Phone) -> None:
    gate = OpenGate(site)
    for requests in requests_of(sari, tono).values():
        gate.call(*requests)  # what is made once and kept
    for sort, requests in requests_of(sari, tono).items():
        with nothing_left():
            assert set(gate.call(*requests)) == STATUSES[sort], sort


def test_who_is_sent_away_leaves_no_ring(site: Site, sari: Phone) -> None:
    gate, request = OpenGate(site), punches(sari.punch())
    gate.writer.queue.close(Refusal.BUSY)
    gate.call(request)
    with nothing_left():
        assert gate.call(*[request] * 100) == [503] * 100


def test_the_second_by_second_look_leaves_no_ring(site: Site) -> None:
    writer = OpenGate(site).writer
    with nothing_left():
        at_once(writer._look_around())
