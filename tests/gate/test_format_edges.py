"""What docs/record-format.md leaves to nobody's guess: its sentence stands there, and the gate does as it says."""

from pathlib import Path

import pytest

from hadir.records.days import DAY_MS
from hadir.records.voucher import Voucher
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.phonekit import countersignature

PAGE = " ".join((Path(__file__).parents[2] / "docs" / "record-format.md").read_text(encoding="utf-8").split())
SENTENCES = {
    "record id": "no address and no answer takes the hash in its place",
    "order": "A detail that comes by itself (`PUT`) comes after its record",
    "code points": "Lengths of texts are counted in code points",
    "negative": "may be negative: a clock may show anything",
    "integers": "`1.0` and `1e0` are refused",
    "tokens": "A `token` may be anybody's",
    "kiosk": "A kiosk is enrolled as a phone is",
    "countersignature": "a countersignature of nothing, or of the witness's own punch, is recorded",
    "empty": "possibly empty; the challenge",
    "voucher": "good through the last moment of that day in UTC",
    "half-open": "Periods `from` … `until` hold from the first moment on and end before the last one",
    "path": "`%7e` is not `~`",
    "kind 24": "A leaf of kind 24 holds, for example",
}


@pytest.mark.parametrize("about", SENTENCES)
def test_it_is_said(about: str) -> None:
    assert SENTENCES[about] in PAGE


def is_taken(gate: RunningGate, path: str, record: str) -> bool:
    name = path.rpartition("/")[2]
    answer = gate.post(path, {name: [{"record": record}]}).json["answers"][0]
    return "receipt" in answer


def test_a_clock_may_show_anything(gate: RunningGate, sari: Phone) -> None:
    assert is_taken(gate, "/v1/punches", sari.sign_next({**sari.payload(), "wall_ms": -1, "origin_ms": -(2**53) + 1}))


@pytest.mark.parametrize("figure", [b"1.0", b"1e0"])
def test_integers_are_written_as_such(gate: RunningGate, sari: Phone, figure: bytes) -> None:
    record = sari.sign(b'{"v":' + figure + b"}")
    assert gate.punch(record).code in {"bad_payload", "bad_json", "wrong_type"}


def test_lengths_are_counted_in_code_points(gate: RunningGate, sari: Phone) -> None:
    assert is_taken(gate, "/v1/punches", sari.punch(app="\U0001f600" * 32))
    assert gate.punch(sari.punch(app="\U0001f600" * 33)).code == "bad_payload"


def test_a_token_may_be_anybodys(gate: RunningGate, sari: Phone) -> None:
    token = {"token": "x", "wall_ms": 1, "mono_ms": 1, "origin_ms": 1}
    assert is_taken(gate, "/v1/punches", sari.punch(signed_time=token))


def test_a_countersignature_of_nothing_and_by_oneself_is_recorded(gate: RunningGate, sari: Phone) -> None:
    assert is_taken(gate, "/v1/witnesses", countersignature(sari, sari.punch()))


def test_an_empty_user_verification_is_recorded(gate: RunningGate, sari: Phone) -> None:
    punch = sari.punch()
    members = {"v": 1, "id": sari.payload()["id"], "punch": sari.prev, "person": sari.person}
    proof = dict.fromkeys(("credential", "authenticator_data", "client_data", "signature"), "")
    assert punch
    record = sari.sign({**members, **proof}, typ="hadir-user-verification+jws")
    assert is_taken(gate, "/v1/witnesses", record)


def test_a_voucher_ends_with_its_last_day_in_utc() -> None:
    voucher = Voucher(person=1, slip=1, last_day=20_000)
    assert not voucher.expired(20_001 * DAY_MS - 1)
    assert voucher.expired(20_001 * DAY_MS)
