"""`hadir bench gate --profile`: where a punch spends its time, part by part, in one process and without sockets.

The gate's own functions in the gate's own order, on batches of a real crowd. A part's figure is the lower quartile of
its batches, in microseconds of processor time for each punch. What the parts leave of `cpu_us_per_punch` is the kernel,
the event loop, and caches that are colder there.
"""

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from hadir.clock import SystemClock
from hadir.gate.app import Punches, answer_of
from hadir.gate.batch_writer import Receipted
from hadir.gate.log import silent
from hadir.gate.program import quickest_verifier
from hadir.gate.reading import Submission
from hadir.gate.roster import Roster
from hadir.gate.step import Keys, KnownLeaves, Recorded, step
from hadir.gate.wire import Answers, Request, Respond, Wire, WireResponse
from hadir.ledger.sqlite import SqliteJournal
from hadir.records.jws import Claim, Verify, parse_jws, verify_each
from hadir.records.kinds import PUNCH_KINDS
from hadir.records.phone_records import read_phone_record
from hadir.records.refusals import Refusal
from hadir.records.strict import decode
from rehearsal.bench.crowd import make_crowd, requests_of
from rehearsal.bench.tools import fresh_sites

BATCH = 128
BATCHES = 100


@dataclass
class _Watch:
    """Microseconds for each punch, by part."""

    took_us: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        begun = time.process_time_ns()
        yield
        self.took_us[name].append((time.process_time_ns() - begun) / 1_000 / BATCH)


class _Door(Answers):
    """Keeps what the connection hands over."""

    def __init__(self) -> None:
        self.asked: list[tuple[Request, Respond]] = []

    def handle(self, request: Request, respond: Respond) -> None:
        self.asked.append((request, respond))
        respond(WireResponse(100, b"", b""))  # so that the connection takes the next one

    def refusal(self, refusal: Refusal, place: str = "") -> WireResponse:  # noqa: ARG002 - as a connection asks
        raise AssertionError(refusal)


class _Net(asyncio.Transport):
    """Takes bytes and throws them away."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def is_closing(self) -> bool:
        return False


@dataclass(frozen=True)
class _Kept:
    """What a writer has at hand."""

    journal: SqliteJournal
    roster: Roster
    verify: Verify


def bench_profile(work: Path, *, plain_verifier: bool = False) -> dict[str, Any]:
    crowd, watch = make_crowd(work, BATCH * BATCHES), _Watch()
    with fresh_sites(work, crowd, 1) as (site,):
        now_ms = SystemClock().now_ms()
        journal = SqliteJournal(site.journal_folder(site.gate), site.gate_signer())
        roster = Roster(site.roster_folder, site.key_list().verifiers("office"))
        roster.refresh(now_ms)
        verify = verify_each if plain_verifier else quickest_verifier(silent)
        requests = requests_of(crowd)
        while batch := list(islice(requests, BATCH)):
            submissions = _take_in(watch, batch)
            _serve(watch, submissions, _Kept(journal, roster, verify), now_ms)
        journal.close()
    parts = {name: round(statistics.quantiles(took, n=4)[0], 1) for name, took in watch.took_us.items()}
    return {**parts, "sum": round(sum(parts.values()), 1)}


def _take_in(watch: _Watch, batch: list[bytes]) -> list[Submission]:
    """What the event loop does: bytes to well-formed records."""
    door = _Door()
    shared: Any = SimpleNamespace(connections=set(), default_headers=[(b"date", b"Tue, 24 Nov 2026 00:00:00 GMT")])
    wire = Wire(door, config=None, server_state=shared, app_state=None, _loop=asyncio.new_event_loop())
    wire.connection_made(_Net())
    with watch.part("http in and out"):
        for data in batch:
            wire.data_received(data)
    with watch.part("body"):
        sent = [decode(request.body, Punches).records[0].record for request, _ in door.asked]
    with watch.part("record: base64, header, hash"):
        taken = [parse_jws(record) for record in sent]
    with watch.part("record: payload"):
        return [Submission(read_phone_record(jws, PUNCH_KINDS)) for jws in taken]


def _serve(watch: _Watch, submissions: list[Submission], kept: _Kept, now_ms: int) -> None:
    """What the writer does: records to receipts."""
    journal, roster = kept.journal, kept.roster
    with watch.part("keys"):
        keys = roster.some(one.record.jws.kid for one in submissions)
    with watch.part("ids"):
        journal.find_all(one.record.id_bytes for one in submissions)
    with watch.part("verification"):
        assert all(kept.verify([_claim(one, keys) for one in submissions]))
    with watch.part("decision"):
        known = KnownLeaves(journal.size(), {})
        result = step(submissions, now_ms, keys=keys, known=known, verify=lambda claims: [True] * len(claims))
    with watch.part("append and sync"):
        journal.append(result.appends, now_ms=now_ms)
    recorded = [answer for answer in result.answers if isinstance(answer, Recorded)]
    with watch.part("proofs"):
        proofs = journal.prove([answer.index for answer in recorded])
    with watch.part("answer"):
        for answer, proof in zip(recorded, proofs, strict=True):
            msgspec.json.encode({"answers": [answer_of(Receipted(answer, proof))]})


def _claim(one: Submission, keys: Keys) -> Claim:
    device = keys.devices.get(one.record.jws.kid)
    assert device is not None
    return device.key, one.record.jws.hash, one.record.jws.signature
