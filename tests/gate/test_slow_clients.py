"""Clients that never finish do not take the gate from those who do."""

import asyncio
from pathlib import Path

from rehearsal.bench.connections import HONEST, Target, slow_morning
from rehearsal.bench.crowd import first_requests, make_crowd
from rehearsal.gates import RunningGate
from tests.conftest import NOW_MS


def test_two_thousand_slow_heads_and_five_hundred_slow_bodies_hurt_nobody(tmp_path: Path) -> None:
    crowd = make_crowd(tmp_path, 1_000)
    gate = RunningGate(crowd.found(tmp_path / "data", now_ms=NOW_MS))
    gate.start()
    try:
        figures = asyncio.run(slow_morning(Target(gate.port), first_requests(crowd, HONEST), heads=2_000, bodies=500))
    finally:
        assert gate.stop() == 0
    assert figures["succeeded"] == figures["honest"], figures
    assert figures["slow_ended_by_server"] >= 2_000, figures
