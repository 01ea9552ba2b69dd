"""Whoever kept a head can ask the gate to stand by it."""

import random
from pathlib import Path

import pymerkle
import pytest

from hadir.ledger import Entry
from hadir.ledger.proofs import Prover
from hadir.ledger.sqlite import JournalReader, SqliteJournal
from hadir.records.encoding import un_b64
from hadir.records.kinds import Kind
from hadir.records.merkle import root_from_inclusion
from hadir.records.note import Checkpoint, Signer
from hadir.site import Site
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.consistency import root_from_consistency

SIGNER = Signer.from_seed("rehearsal/tests/gate1/2026", bytes(32))


def head(gate: RunningGate) -> Checkpoint:
    return Checkpoint.parse(gate.call("GET", "/v1/checkpoint").body.decode().rpartition("\n\n")[0] + "\n")


def hashes(gate: RunningGate, path: str) -> list[bytes]:
    reply = gate.call("GET", f"/v1/proof/{path}")
    assert reply.status == 200, reply.body
    return [un_b64(line) for line in reply.body.decode().splitlines()]


def test_a_phone_that_kept_a_head_sees_that_the_journal_went_on_from_it(gate: RunningGate, sari: Phone) -> None:
    old = head(gate)
    for _ in range(5):
        gate.punch(sari.punch(), sari.punch())
        new = head(gate)
        proof = hashes(gate, f"consistency?old={old.size}&new={new.size}")
        assert root_from_consistency(old.size, new.size, old.root, proof) == new.root
    assert hashes(gate, f"consistency?old={new.size}&new={new.size}") == []


def test_every_position_is_proven_in_every_later_tree(gate: RunningGate, sari: Phone, site: Site) -> None:
    heads = [head(gate)]
    for _ in range(4):
        gate.punch(sari.punch())
        heads.append(head(gate))
    reader = JournalReader(site.journal_folder("gate1"))
    leaves = [leaf.hash for leaf in reader.read(0, reader.size())]
    reader.close()
    for checkpoint in heads:
        for index in range(checkpoint.size):
            proof = hashes(gate, f"inclusion?index={index}&size={checkpoint.size}")
            assert root_from_inclusion(index, checkpoint.size, leaves[index], proof) == checkpoint.root


@pytest.mark.parametrize(
    "query",
    [
        "consistency",
        "consistency?old=1",
        "consistency?new=1&old=1",
        "consistency?old=0&new=1",
        "consistency?old=2&new=1",
        "consistency?old=1&new=999999",
        "consistency?old=01&new=1",
        "consistency?old=-1&new=1",
        "consistency?old=1&new=9999999999999999999999",
        "inclusion?index=1&size=1",
        "inclusion?index=0&size=0",
        "inclusion?index=0&size=1&x=1",
        "inclusion?index=%30&size=1",
    ],
)
def test_a_proof_of_nothing_is_refused_plainly(gate: RunningGate, query: str) -> None:
    reply = gate.call("GET", f"/v1/proof/{query}")
    assert (reply.status, reply.code) == (400, "bad_range")


def test_proofs_agree_with_an_independent_tree_across_tiles(tmp_path: Path) -> None:
    journal, other = SqliteJournal(tmp_path, SIGNER), pymerkle.InmemoryTree(algorithm="sha256")
    for batch in (1, 254, 1, 1, 255, 600, 88):
        journal.append([Entry(kind=Kind.GATE_PULSE, body=b"%d" % at) for at in range(batch)], now_ms=1)
    for leaf in journal.read(0, journal.size()):
        other.append_entry(leaf.data)
    prover, dice = Prover(tmp_path), random.Random(7)
    for _ in range(300):
        new = dice.randint(1, journal.size())
        old, index = dice.randint(1, new), dice.randrange(new)
        assert root_from_consistency(old, new, other.get_root(old), prover.consistency(old, new)) == other.get_root(new)
        leaf = journal.read(index, 1)[0].hash
        assert root_from_inclusion(index, new, leaf, prover.inclusion(index, new)) == other.get_root(new)
    prover.close()
    journal.close()
