"""A real gate over real sockets: what comes in, what is answered, and what is kept."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hadir.cli import main
from hadir.ledger.audit import audit_journal
from hadir.ledger.details import DETAILS_FILE, Detail, DetailStore
from hadir.ledger.sqlite import JournalReader
from hadir.records.encoding import b64url, sha256
from hadir.records.keys import open_key_list
from hadir.records.kinds import Kind
from hadir.records.note import Checkpoint, NoteError, VerifierKey, open_note
from hadir.records.receipt import receipt_file, verify_receipt
from hadir.records.times import open_time
from hadir.site import Site, found_site
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone, compact
from tests.conftest import NOW_MS, voucher_for
from tests.gate.test_step import mirrored
from tests.phonekit import countersignature, kiosk_punch, user_verification

NONCE = b64url(bytes(range(16)))


#: The gate's own connection, and the ASGI application behind uvicorn's.
ROADS = [pytest.param([], id="wire"), pytest.param(["--asgi"], id="asgi")]


@pytest.fixture(params=ROADS)
def gate(site: Site, request: pytest.FixtureRequest) -> Iterator[RunningGate]:
    running = RunningGate(site, arguments=request.param)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module", params=ROADS)
def open_gate(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[RunningGate]:
    """One gate for all the bad input: each test shows that it left nothing behind."""
    folder = tmp_path_factory.mktemp("open") / "data"
    site = found_site(folder, name="rehearsal/tests", zone="Asia/Makassar", now_ms=NOW_MS)
    running = RunningGate(site, arguments=request.param)
    running.start()
    yield running
    assert running.stop() == 0


def test_a_punch_is_answered_with_a_receipt_that_verifies(gate: RunningGate, site: Site, sari: Phone) -> None:
    record = sari.punch()
    answer = gate.punch(record).json["answers"][0]
    proven = verify_receipt(record, answer["receipt"], site.key_list())
    assert (proven.leaf.index, proven.leaf.kind) == (answer["index"], Kind.PUNCH)
    assert len(answer["receipt"]) <= 2_048


def test_the_same_punch_again_gets_the_same_position_also_after_a_restart(
    gate: RunningGate, site: Site, sari: Phone
) -> None:
    record = sari.punch()
    first = gate.punch(record).json["answers"][0]
    gate.stop()
    gate.start()
    again = gate.punch(record).json["answers"][0]
    assert (again["index"], again["received_at_ms"], again["repeat"]) == (first["index"], first["received_at_ms"], True)
    verify_receipt(record, again["receipt"], site.key_list())


def test_each_record_of_a_request_has_its_own_answer(gate: RunningGate, sari: Phone, tono: Phone) -> None:
    reply = gate.punch(sari.punch(), tono.punch(), "nonsense", sari.punch("out"))
    answers = reply.json["answers"]
    assert reply.status == 200
    assert ["index" in answer for answer in answers] == [True, False, False, True]
    assert [answers[1]["refusal"]["code"], answers[2]["refusal"]["code"]] == ["unknown_key", "bad_record"]


def test_a_delivery_statement_is_a_record_with_a_receipt(gate: RunningGate, site: Site, sari: Phone) -> None:
    punch = sari.punch()
    gate.punch(punch)
    token = gate.call("GET", f"/v1/time?nonce={NONCE}").json["token"]
    witness = sari.delivery(punch, {"token": token, "wall_ms": 1, "mono_ms": 1, "origin_ms": 1})
    answer = gate.post("/v1/witnesses", {"witnesses": [{"record": witness}]}).json["answers"][0]
    assert verify_receipt(witness, answer["receipt"], site.key_list()).leaf.kind is Kind.DELIVERY
    assert gate.post("/v1/punches", {"punches": [{"record": witness}]}).code == "wrong_kind"


def test_user_verification_and_countersignature_are_records_too(gate: RunningGate, site: Site, sari: Phone) -> None:
    budi = Phone(8, voucher_for(site, 8))
    punch = sari.punch()
    gate.punch(punch)
    seen = [user_verification(sari, punch), countersignature(budi, punch)]
    answers = gate.post("/v1/witnesses", {"witnesses": [{"record": record} for record in seen]}).json["answers"]
    kinds = [
        verify_receipt(record, answer["receipt"], site.key_list()).leaf.kind
        for record, answer in zip(seen, answers, strict=True)
    ]
    assert kinds == [Kind.USER_VERIFICATION, Kind.COUNTERSIGNATURE]


def test_a_kiosk_punch_is_a_punch(gate: RunningGate, site: Site) -> None:
    kiosk = Phone(70_001, voucher_for(site, 70_001))
    record = kiosk_punch(kiosk, person=7)
    answer = gate.punch(record).json["answers"][0]
    assert verify_receipt(record, answer["receipt"], site.key_list()).leaf.kind is Kind.KIOSK_PUNCH


def test_signed_time_checkpoint_and_keys_verify(gate: RunningGate, site: Site) -> None:
    root = VerifierKey.parse(gate.call("GET", "/v1/root").body.decode().strip())
    keys = open_key_list(gate.call("GET", "/v1/keys").body.decode(), root)
    assert root == site.root_key()
    time = open_time(gate.call("GET", f"/v1/time?nonce={NONCE}").json["token"], keys.time_keys())
    assert time.nonce == NONCE
    body, _ = open_note(gate.call("GET", "/v1/checkpoint").body.decode(), keys.verifiers("gate"))
    assert Checkpoint.parse(body).size == gate.entries()


def test_a_detail_may_come_along_or_later_and_is_on_disk(gate: RunningGate, site: Site, sari: Phone) -> None:
    near, photo = bytes(16) + b'{"samples":[]}', bytes(16) + b"JPEG" * 1_000
    payload = sari.payload(
        details=[
            {"kind": "location", "digest": b64url(sha256(near))},
            {"kind": "photo", "digest": b64url(sha256(photo))},
        ]
    )
    assert gate.punch(sari.sign(payload), details=[b64url(near)]).status == 200
    path = f"/v1/details/{payload['id']}/{b64url(sha256(photo))}"
    assert [gate.call("PUT", path, photo).status, gate.call("PUT", path, photo).status] == [204, 204]
    assert gate.call("PUT", path, photo + b"!").code == "bad_detail"
    assert gate.call("PUT", path[:-1] + "_", photo).status in {400, 404}
    store = DetailStore(site.journal_folder("gate1"))
    assert [store.get(sha256(salted)) for salted in (near, photo)] == [near, photo]


def test_an_erased_detail_leaves_no_byte_behind(tmp_path: Path) -> None:
    store, salted = DetailStore(tmp_path), bytes(16) + b"LATITUDE-3.1415926"
    store.put([Detail(digest=sha256(salted), record_hash=bytes(32), salted=salted)])
    store.drop([sha256(salted)])
    store.close()
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert store is not None
    assert b"LATITUDE" not in left
    with sqlite3.connect(tmp_path / DETAILS_FILE) as db:
        assert db.execute("SELECT count(*) FROM detail").fetchone() == (0,)


BAD_BODIES: dict[str, tuple[bytes, str, int]] = {
    "truncated": (b'{"punches":[{"record":"a"', "bad_json", 400),
    "empty": (b"", "bad_json", 400),
    "not json": (b"hello", "bad_json", 400),
    "not utf-8": (b'{"punches":[{"record":"\xff"}]}', "bad_json", 400),
    "wrong type": (b'{"punches":7}', "wrong_type", 400),
    "a list": (b"[]", "wrong_type", 400),
    "unknown member": (b'{"punches":[],"role":"admin"}', "wrong_type", 400),
    "number as record": (b'{"punches":[{"record":7}]}', "wrong_type", 400),
    "duplicate member": (b'{"punches":[],"punches":[]}', "duplicate_member", 400),
    "NaN": (b'{"punches":NaN}', "not_finite", 400),
    "1e999": (b'{"punches":1e999}', "not_finite", 400),
    "deep": (b'{"punches":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep", 400),
    "none": (b'{"punches":[]}', "empty_batch", 400),
    "too many": (json.dumps({"punches": [{"record": "a"}] * 51}).encode(), "too_many", 400),
    "oversized": (b'{"punches":[{"record":"' + b"A" * 300_000 + b'"}]}', "body_too_large", 413),
    "record too large": (b'{"punches":[{"record":"' + b"A" * 5_000 + b'"}]}', "record_too_large", 413),
    "detail not base64": (b'{"punches":[{"record":"a.b.c","details":["!"]}]}', "bad_record", 400),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_has_its_own_code_and_text_and_stores_nothing(open_gate: RunningGate, name: str) -> None:
    body, code, status = BAD_BODIES[name]
    before = open_gate.entries()
    reply = open_gate.post_raw("/v1/punches", body)
    refusal: dict[str, Any] = reply.json.get("refusal") or reply.json["answers"][0]["refusal"]
    assert (reply.status, refusal["code"]) == (status, code)
    assert refusal["id"] != refusal["en"]
    assert open_gate.entries() == before


def bad_records(phone: Phone) -> dict[str, tuple[str, str]]:
    whole = phone.payload()
    seq = b'"seq":%d' % whole["seq"]
    return {
        "other algorithm": (phone.sign(whole, header=phone.header("hadir-punch+jws", alg="RS256")), "wrong_algorithm"),
        "no algorithm": (phone.sign(whole, header=phone.header("hadir-punch+jws", alg="none")), "wrong_algorithm"),
        "kid of another length": (phone.sign(whole, header=phone.header("hadir-punch+jws", kid="AAAA")), "bad_header"),
        "neither key nor voucher": (Phone(7).punch(), "unknown_key"),
        "duplicate member": (phone.sign(compact(whole).replace(seq, seq + b"," + seq)), "duplicate_member"),
        "NaN inside": (phone.sign(compact(whole).replace(seq, b'"seq":NaN')), "not_finite"),
        "deep inside": (
            phone.sign(compact(whole).replace(b'"details":[]', b'"details":' + b"[" * 90 + b"]" * 90)),
            "too_deep",
        ),
        "wrong type inside": (phone.sign({**whole, "wall_ms": "07:28"}), "bad_payload"),
        "a fraction": (phone.sign({**whole, "wall_ms": 1.5}), "bad_payload"),
        "huge number": (phone.sign({**whole, "wall_ms": 2**60}), "bad_payload"),
        "mass assignment": (phone.sign({**whole, "received_at_ms": 1}), "bad_payload"),
        "version 2": (phone.sign({**whole, "v": 2}), "unsupported_version"),
        "voucher cut short": (
            phone.sign(whole, header=phone.header("hadir-punch+jws", voucher=(phone.voucher or "")[:-8])),
            "bad_voucher",
        ),
    }


@pytest.mark.parametrize("name", list(bad_records(Phone(7, "0" * 120))))
def test_a_bad_record_has_its_own_code_and_stores_nothing(open_gate: RunningGate, name: str) -> None:
    record, code = bad_records(Phone(7, voucher_for(open_gate.site, 7)))[name]
    before = open_gate.entries()
    reply = open_gate.punch(record)
    assert (reply.code, 400 <= reply.status < 500) == (code, True)
    assert open_gate.entries() == before


@pytest.mark.parametrize(
    ("method", "path", "code", "status"),
    [
        ("GET", "/nothing", "not_found", 404),
        ("GET", "/v1/punches", "method", 405),
        ("GET", "/v1/time", "bad_nonce", 400),
        ("GET", "/v1/time?nonce=short", "bad_nonce", 400),
        ("GET", "/v1/details/x/y", "method", 405),
        ("PUT", "/v1/details/x/y", "not_found", 404),
        ("PUT", "/v1/details/x", "not_found", 404),
    ],
)
def test_a_wrong_address_is_answered_plainly(
    open_gate: RunningGate, method: str, path: str, code: str, status: int
) -> None:
    reply = open_gate.call(method, path, b"" if method == "PUT" else None)
    assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/v1/checkpoint", "/v1/keys", "/nothing"])
def test_a_head_is_answered_as_a_get_without_its_body(open_gate: RunningGate, path: str) -> None:
    asked, full = open_gate.call("HEAD", path), open_gate.call("GET", path)
    assert (asked.status, asked.body) == (full.status, b"")


@pytest.mark.parametrize(
    ("path", "methods"), [("/v1/punches", "POST"), ("/v1/keys", "GET, HEAD"), ("/v1/details/x/y", "PUT")]
)
def test_another_method_is_told_which_ones_there_are(open_gate: RunningGate, path: str, methods: str) -> None:
    reply = open_gate.call("DELETE", path)
    assert (reply.code, reply.headers["allow"]) == ("method", methods)


def test_another_content_type_is_refused(open_gate: RunningGate) -> None:
    assert open_gate.call("POST", "/v1/punches", b"{}", content_type="text/plain").code == "unsupported_media"


def test_start_roster_clock_and_stop_stand_in_the_journal(gate: RunningGate, site: Site, sari: Phone) -> None:
    gate.punch(sari.punch())
    assert gate.stop() == 0
    kinds = [leaf.kind for leaf in JournalReader(site.journal_folder("gate1")).read(0, 100)]
    assert kinds == [Kind.GATE_START, Kind.CLOCK_STATE, Kind.PUNCH, Kind.FLAG, Kind.GATE_STOP]
    assert audit_journal(site.journal_folder("gate1"), site.key_list()).ok


def test_a_second_gate_on_the_same_journal_refuses_to_start(gate: RunningGate, site: Site) -> None:
    second = RunningGate(site)
    with pytest.raises(AssertionError, match="ended at start"):
        second.start()


@pytest.mark.parametrize("gate", ROADS[:1], indirect=True)
def test_verify_receipt_refuses_each_of_a_thousand_changed_files(
    gate: RunningGate, site: Site, sari: Phone, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = sari.punch()
    for _ in range(5):
        gate.punch(sari.punch())
    text = receipt_file(record, gate.punch(record).json["answers"][0]["receipt"]).encode()
    keys, file = site.keys_folder / "keys.note", tmp_path / "receipt.txt"
    file.write_bytes(text)
    assert main(["verify", "receipt", str(file), "--keys", str(keys)]) == 0
    step = max(1, len(text) * 3 // 1_000)
    changed = 0
    for place in range(len(text)):
        for bit in (1, 2, 32)[: 1 + (place % step == 0) * 2]:
            file.write_bytes(text[:place] + bytes([text[place] ^ bit]) + text[place + 1 :])
            assert main(["verify", "receipt", str(file), "--keys", str(keys)]) == 1, (place, bit)
            changed += 1
    assert changed >= 1_000
    assert all(line.count("\n") == 0 for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize("gate", ROADS[:1], indirect=True)
def test_the_phones_own_receipt_verifies_whoever_sent_its_mirror_image_first(
    gate: RunningGate, site: Site, sari: Phone
) -> None:
    record = sari.punch()
    for sent in (mirrored(record), record, mirrored(record), record):
        answer = gate.punch(sent).json["answers"][0]
        assert verify_receipt(sent, answer["receipt"], site.key_list()).leaf.index == answer["index"]
    assert answer["repeat"]


def test_a_production_key_list_refuses_a_rehearsals_receipt(gate: RunningGate, sari: Phone, tmp_path: Path) -> None:
    production = found_site(tmp_path / "real", name="presensi.example.go.id", zone="Asia/Makassar", now_ms=1)
    record = sari.punch()
    file = tmp_path / "receipt.txt"
    file.write_text(receipt_file(record, gate.punch(record).json["answers"][0]["receipt"]))
    assert main(["verify", "receipt", str(file), "--keys", str(production.keys_folder / "keys.note")]) == 1


def test_the_key_list_must_be_signed_by_its_root(site: Site) -> None:
    stranger = VerifierKey(name=f"{site.name}/root", public=bytes(32))
    with pytest.raises(NoteError):
        open_key_list(site.key_list_note, stranger)
