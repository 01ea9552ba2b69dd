"""One photographed slip: what its holders may send before the office has looked."""

import pytest

from hadir.gate import admission
from hadir.gate.admission import KEY_RECORDS_MAX, SLIP_NEW_KEYS_MAX, SLIP_RECORDS_MAX, WINDOW_MS, Quotas
from hadir.records.refusals import Refused
from hadir.site import Site
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.conftest import voucher_for


def kid(number: int) -> bytes:
    return number.to_bytes(32, "big")


def admitted(limits: Quotas, slip: int, number: int, now_ms: int = 0) -> bool:
    try:
        limits.admit(now_ms, slip, kid(number))
    except Refused:
        return False
    return True


def test_a_crowd_of_keys_by_one_slip_is_sent_away_and_comes_back() -> None:
    limits = Quotas()
    came = [number for number in range(500) if admitted(limits, 1, number)]
    assert came == list(range(SLIP_NEW_KEYS_MAX))
    assert admitted(limits, 1, 0), "who is known goes on"
    assert admitted(limits, 2, 999), "and another's slip is another's"
    assert admitted(limits, 1, 400, WINDOW_MS), "a minute later the next ones come in"


def test_one_key_and_one_slip_have_their_measure() -> None:
    limits = Quotas()
    assert sum(admitted(limits, 1, 7) for _ in range(1_000)) == KEY_RECORDS_MAX
    assert sum(admitted(limits, 1, 8 + number % 5) for number in range(2_000)) == SLIP_RECORDS_MAX - KEY_RECORDS_MAX
    assert sum(admitted(limits, 1, 7, WINDOW_MS) for _ in range(1_000)) == KEY_RECORDS_MAX


def test_a_clock_that_was_set_back_locks_nobody_out() -> None:
    limits = Quotas()
    assert sum(admitted(limits, 1, 7, 10**12) for _ in range(1_000)) == KEY_RECORDS_MAX
    assert admitted(limits, 1, 7, 0)


def test_memory_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "SLIPS_MAX", 3)
    monkeypatch.setattr(admission, "SLIP_KEYS_MAX", 2)
    limits = Quotas()
    for slip in range(10):
        for number in range(5):
            assert admitted(limits, slip, number)
    assert len(limits._slips) == 3
    assert all(len(slip.keys) == 2 for slip in limits._slips.values())


def test_a_flood_by_a_slip_is_told_to_come_back_and_keeps_nobody_else_out(gate: RunningGate, site: Site) -> None:
    slip = voucher_for(site, 7)
    answers = [gate.punch(Phone(7, slip).punch()) for _ in range(SLIP_NEW_KEYS_MAX + 5)]
    assert [answer.status for answer in answers] == [200] * SLIP_NEW_KEYS_MAX + [503] * 5
    assert answers[-1].json["answers"][0]["refusal"]["code"] == "busy"
    assert int(answers[-1].headers["retry-after"]) > 0
    assert gate.punch(Phone(8, voucher_for(site, 8)).punch()).status == 200


def test_what_was_taken_is_answered_again_however_crowded_it_is(gate: RunningGate, site: Site) -> None:
    slip = voucher_for(site, 7)
    first = Phone(7, slip)
    record = first.punch()
    assert gate.punch(record).status == 200
    for _ in range(SLIP_NEW_KEYS_MAX + 2):
        gate.punch(Phone(7, slip).punch())
    answer = gate.punch(record).json["answers"][0]
    assert answer["repeat"]
    assert gate.punch(first.punch("out")).status == 200, "the first key goes on"
