"""Everybody may read whether recording works, since when, and that one taps anyway."""

from collections.abc import Callable

import pytest
from django.test import Client

from hadir.ledger import Entry
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.ground.installation import HERE
from hadir.records.kinds import Kind
from hadir.records.note import Signer
from hadir.records.server_records import ClockRecord, Decision, GatePulse, GateStop
from hadir.records.strict import encode
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_days import text_of

pytestmark = pytest.mark.django_db


def told(client: Client) -> str:
    answer = client.get("/kantor/status/")
    assert answer.status_code == 200
    return text_of(answer.content.decode())


def test_a_gate_that_pulses_is_running_since_its_start(morning: Morning, client: Client) -> None:
    morning.starts(at(5, 0))
    morning.fact(Kind.GATE_PULSE, GatePulse(v=1, answered=0, refused=0), at(8, 11))
    morning.follow(at(8, 12))
    page = told(client)
    assert "Berjalan" in page
    assert "Sejak 24 November 2026 pukul 05.00 WITA" in page


def test_a_clock_that_the_phones_contradict_is_told_and_that_nobody_is_late_by_it(
    morning: Morning, client: Client
) -> None:
    morning.starts(at(8, 10))
    morning.fact(Kind.CLOCK_STATE, ClockRecord(v=1, clock="wrong", error_ms=495_000, step_ms=0), at(8, 11))
    morning.follow(at(8, 12))
    page = told(client)
    assert "Berjalan" in page
    assert "Jam server sedang diragukan. Absen tetap diterima. Tidak ada yang menjadi terlambat" in page


def test_two_missing_pulses_are_a_silence_even_before_the_follower_knows(
    morning: Morning, client: Client, clock: Callable[[int], None]
) -> None:
    morning.starts(at(7, 0))
    clock(at(7, 2, 31))
    page = told(client)
    assert "Sedang terganggu" in page
    assert "Sejak 24 November 2026 pukul 07.00" in page
    assert "Tetap absen di HP seperti biasa" in page


HELD = Decision(
    v=1, id="0193a8c0-0000-7000-8000-000000000001", by=1, at_ms=1, act="x", object="x", before=None, after=None,
    reason=None, basis=None,
)  # fmt: skip


def test_the_offices_second_journal_is_no_gate(morning: Morning, client: Client, clock: Callable[[int], None]) -> None:
    """After its turn at year's end it goes on to be written while the gate is silent."""
    morning.starts(at(7, 0))
    site = HERE.site
    journal = SqliteJournal(site.data / "journals" / "office-2027", Signer.from_seed("x/office/2027", bytes(32)))
    journal.append([Entry(kind=Kind.DECISION, body=encode(HELD))], now_ms=at(7, 9))
    journal.close()
    clock(at(7, 10))
    assert "Sedang terganggu" in told(client)


def test_a_gate_that_stopped_in_order_is_down_at_once(
    morning: Morning, client: Client, clock: Callable[[int], None]
) -> None:
    morning.starts(at(7, 0))
    morning.fact(Kind.GATE_STOP, GateStop(v=1, reason="signal"), at(7, 1))
    clock(at(7, 1, 5))
    assert "Sedang terganggu" in told(client)


def test_before_anything_began_it_says_so(client: Client, context: object) -> None:
    assert "Belum dimulai" in told(client)


def test_nothing_personal_is_there(morning: Morning, client: Client) -> None:
    morning.tap(demo.SARI, "in", at(7, 28))
    morning.follow(at(8, 12))
    page = told(client)
    assert "Sari" not in page
    assert str(demo.SARI) not in page


def test_it_speaks_english_too(morning: Morning, client: Client) -> None:
    client.post("/kantor/bahasa/", {"bahasa": "en", "next": "/kantor/status/"})
    assert "Status of attendance" in told(client)
