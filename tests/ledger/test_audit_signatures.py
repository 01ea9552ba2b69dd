"""What no device signed is found, whoever has the gate's key; and what else an audit believes nobody about."""

import base64
import hashlib
import json
import shutil
import sqlite3
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from hadir.cli import main
from hadir.ledger import Entry, audit
from hadir.ledger.details import Detail, DetailStore
from hadir.ledger.sqlite import JOURNAL_FILE, SqliteJournal
from hadir.records.encoding import b64url, sha256
from hadir.records.kinds import KIND_OF_TYP, Kind
from hadir.records.note import Signer
from hadir.records.server_records import ClockRecord, DetailErased, GateStart
from hadir.records.strict import encode
from hadir.site import Site, found_site
from rehearsal.phones import Phone, compact, uuid7
from tests.conftest import NOW_MS, voucher_for
from tests.phonekit import countersignature, kiosk_punch, user_verification

ONES = b64url(b"\1" * 64)
Told = dict[str, Any]
MEMBERS = {
    "entries", "ok", "first_bad", "reason", "signatures", "after_mark", "details", "clock_back", "clock_back_count",
}  # fmt: skip


@dataclass
class Books:
    """A site's journals, written as its programs write them: with its keys, in its folders."""

    site: Site
    capsys: pytest.CaptureFixture[str]
    now_ms: int = NOW_MS
    acts: int = 0
    confirmed: list[Phone] = field(default_factory=list)

    @property
    def gate(self) -> Path:
        return self.site.journal_folder("gate1")

    def write(self, *records: str, at_ms: int | None = None) -> None:
        """As a thief of the gate's key would: nobody looks at a signature here."""
        self.leaves([self._entry(record) for record in records], at_ms=at_ms)

    def leaves(self, entries: list[Entry], *, at_ms: int | None = None) -> None:
        self.now_ms += 1_000
        journal = SqliteJournal(self.gate, self.site.gate_signer())
        journal.append(entries, now_ms=self.now_ms if at_ms is None else at_ms)
        journal.close()

    def _entry(self, record: str) -> Entry:
        header, payload, _ = (part + "=" * (-len(part) % 4) for part in record.split("."))
        kind = KIND_OF_TYP.get(json.loads(base64.urlsafe_b64decode(header))["typ"], Kind.PUNCH)
        record_id = json.loads(base64.urlsafe_b64decode(payload)).get("id", uuid7(NOW_MS, 1))
        return Entry(kind=kind, body=record.encode(), id=bytes.fromhex(record_id.replace("-", "")))

    def confirm(self, phone: Phone, *, after: str | None = None) -> Phone:
        """The office's act, spelt by hand from docs/record-format.md section 2.1."""
        self.acts += 1
        told = f"active person/{phone.person} slip/- from 0 until - key {b64url(phone.key)}"
        act = {
            "v": 1, "id": uuid7(NOW_MS, self.acts), "by": 1003, "at_ms": NOW_MS, "act": "device.enrol",
            "object": f"device/{phone.kid}", "before": "pending", "after": after or told, "reason": None, "basis": None,
        }  # fmt: skip
        journal = SqliteJournal(self.site.journal_folder("office"), self.site.office_signer())
        record_id = bytes.fromhex(act["id"].replace("-", ""))  # type: ignore[attr-defined]  # a text
        journal.append([Entry(kind=Kind.DECISION, body=compact(act), id=record_id)], now_ms=NOW_MS)
        journal.close()
        return phone

    def audit(self, *options: str) -> tuple[int, Told]:
        status = main(["audit", str(self.gate), "--json", *options])
        told: Told = json.loads(self.capsys.readouterr().out)
        assert told.keys() == MEMBERS, "what programs outside read"
        assert status == (0 if told["ok"] else 1)
        return status, told


@pytest.fixture
def books(site: Site, capsys: pytest.CaptureFixture[str]) -> Books:
    return Books(site, capsys)


@pytest.fixture
def sari(site: Site) -> Phone:
    return Phone(7, voucher_for(site, 7))


@pytest.fixture
def budi(books: Books) -> Phone:
    """Confirmed: his records bring neither key nor voucher."""
    return books.confirm(Phone(8))


def signed_by_nobody(record: str) -> str:
    return f"{record.rpartition('.')[0]}.{ONES}"


def test_what_phones_signed_is_believed(books: Books, sari: Phone, budi: Phone) -> None:
    punch = sari.punch()
    kiosk = books.confirm(Phone(30))
    books.write(punch, budi.punch(), user_verification(sari, punch), countersignature(budi, punch))
    books.write(kiosk_punch(kiosk, person=7), books.confirm(Phone(9)).punch())
    status, told = books.audit()
    assert (status, told["ok"], told["signatures"]) == (0, True, {"checked": 6, "bad": 0, "no_key": 0})


def test_a_punch_that_the_thief_of_the_gates_key_wrote_is_found(books: Books, sari: Phone, budi: Phone) -> None:
    books.write(budi.punch(), signed_by_nobody(budi.punch("out")), signed_by_nobody(sari.punch()))
    status, told = books.audit()
    assert (status, told["ok"], told["first_bad"]) == (1, False, 1)
    assert told["signatures"] == {"checked": 3, "bad": 2, "no_key": 0}
    assert "2 signatures of devices do not hold" in told["reason"]


def test_a_key_that_only_a_forged_record_brings_is_none(books: Books, sari: Phone) -> None:
    books.write(signed_by_nobody(sari.punch()))
    sari.voucher = None
    books.write(sari.punch("out"))
    assert books.audit()[1]["signatures"] == {"checked": 1, "bad": 1, "no_key": 1}


def test_a_key_that_nobody_vouches_for_signs_nothing(books: Books, site: Site, budi: Phone) -> None:
    tono = Phone(99)
    with_key = Phone(7, voucher_for(site, 8))
    from_elsewhere = Phone(7, voucher="0" * 120)
    for stranger in (tono, with_key, from_elsewhere):
        books.write(stranger.punch())
    jwk_only = tono.header("hadir-punch+jws", jwk={"crv": "P-256", "kty": "EC", "x": "A" * 43, "y": "A" * 43})
    books.write(tono.sign(tono.payload(), header=jwk_only))
    status, told = books.audit()
    assert (status, told["signatures"], told["first_bad"]) == (1, {"checked": 0, "bad": 0, "no_key": 4}, 0)


def test_a_signed_request_is_no_punch(books: Books, budi: Phone) -> None:
    """Its signature holds, and it was never meant as presence."""
    request = budi.sign({"v": 1, "id": uuid7(NOW_MS, 5), "person": 8, "path": "/x"}, typ="hadir-request+jws")
    books.write(request, budi.punch().rpartition(".")[0] + ".AAAA")
    status, told = books.audit()
    assert (status, told["signatures"], told["first_bad"]) == (1, {"checked": 2, "bad": 2, "no_key": 0}, 0)


def test_an_audit_that_did_not_look_says_so(books: Books, budi: Phone) -> None:
    books.write(signed_by_nobody(budi.punch()))
    status, told = books.audit("--no-signatures")
    assert (status, told["signatures"]) == (0, {"checked": 0, "bad": 0, "no_key": 0, "skipped": True})
    assert main(["audit", str(books.gate), "--no-signatures"]) == 0
    assert "signatures of devices NOT looked at" in books.capsys.readouterr().out


def test_another_record_of_the_same_key_may_bring_it_along(books: Books, sari: Phone) -> None:
    """A site whose office has not yet told its devices' keys."""
    first, forged = sari.punch(), None
    books.write(first)
    sari.voucher = None
    books.write(sari.punch("out"), forged := signed_by_nobody(sari.punch()))
    assert forged
    assert books.audit()[1]["signatures"] == {"checked": 3, "bad": 1, "no_key": 0}
    books.confirm(sari, after="active")
    assert books.audit()[1]["signatures"] == {"checked": 3, "bad": 1, "no_key": 0}, "an act of before tells no key"


def test_an_act_that_tells_another_key_is_no_voucher(books: Books, budi: Phone) -> None:
    thief = Phone(8)
    books.confirm(Phone(8), after=f"active person/8 slip/- from 0 until - key {b64url(thief.key)}")
    books.write(budi.punch(), thief.punch())
    assert books.audit()[1]["signatures"] == {"checked": 1, "bad": 0, "no_key": 1}


def test_keys_out_of_a_bad_journal_of_the_office_count_for_nothing(books: Books, budi: Phone) -> None:
    books.write(budi.punch())
    db = sqlite3.connect(books.site.journal_folder("office") / JOURNAL_FILE)
    db.execute("UPDATE leaf SET data = CAST(replace(CAST(data AS TEXT), 'pending', 'PENDING') AS BLOB) WHERE idx = 0")
    db.commit()
    status, told = books.audit()
    assert status == 1
    assert "the office's journal office tells the devices' keys and is bad" in told["reason"]


def test_processes_that_share_a_journal_look_at_signatures_too(
    books: Books, budi: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.write(*[budi.punch() for _ in range(300)], signed_by_nobody(budi.punch()))
    alone = books.audit()
    monkeypatch.setattr(audit, "_ALONE_LEAVES_MAX", 0)
    assert books.audit() == alone
    assert (alone[0], alone[1]["first_bad"], alone[1]["signatures"]["checked"]) == (1, 300, 301)


def test_a_stranger_with_the_document_finds_the_same(books: Books, sari: Phone, budi: Phone) -> None:
    punch = sari.punch()
    books.write(punch, budi.punch(), signed_by_nobody(budi.punch()), countersignature(budi, punch), Phone(99).punch())
    told = books.audit()[1]["signatures"]
    assert told == by_hand(books.gate, books.site.journal_folder("office"))
    assert told == {"checked": 4, "bad": 1, "no_key": 1}


def by_hand(gate: Path, office: Path) -> dict[str, int]:
    """Sections 1, 2.1 and 3 of the document, `sqlite3` and `cryptography`; vouchers' signatures are left to others."""

    def bodies(folder: Path) -> list[tuple[int, bytes]]:
        rows = sqlite3.connect(folder / JOURNAL_FILE).execute("SELECT data FROM leaf ORDER BY idx").fetchall()
        found = []
        for (data,) in rows:
            begin = 3 + data[2]
            (size,) = struct.unpack_from(">I", data, begin + 16)
            assert len(data) == begin + 20 + size
            found.append((data[1], data[begin + 20 :]))
        return found

    def unpadded(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    keys: dict[str, bytes] = {}
    for kind, body in bodies(office):
        act = json.loads(body)
        if kind == 32 and act["act"].startswith("device.") and " key " in (act["after"] or ""):
            keys[act["object"].removeprefix("device/")] = unpadded(act["after"].rpartition(" key ")[2])
    counts = {"checked": 0, "bad": 0, "no_key": 0}
    for kind, body in bodies(gate):
        if not 1 <= kind <= 5:
            continue
        signed, _, signature = body.decode().rpartition(".")
        header = json.loads(unpadded(signed.partition(".")[0]))
        jwk = header.get("jwk") if header.get("voucher") else None
        key = keys.get(header["kid"]) or (unpadded(jwk["x"]) + unpadded(jwk["y"]) if jwk else None)
        if key is None:
            counts["no_key"] += 1
            continue
        x, y = (base64.urlsafe_b64encode(half).decode().rstrip("=") for half in (key[:32], key[32:]))
        named = hashlib.sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode()).digest()
        assert unpadded(header["kid"]) == named
        raw = unpadded(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + key)
        counts["checked"] += 1
        try:
            public.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            counts["bad"] += 1
    return counts


# --- marks -----------------------------------------------------------------------------------------------------------


def test_what_an_audit_found_good_is_not_verified_again(books: Books, budi: Phone, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    books.write(budi.punch(), budi.punch())
    assert books.audit("--mark", str(mark))[0] == 0
    books.write(budi.punch())
    status, told = books.audit("--mark", str(mark))
    assert (status, told["signatures"]["checked"], told["after_mark"]) == (0, 1, 2)
    books.write(signed_by_nobody(budi.punch()))
    kept = mark.read_text()
    assert books.audit("--mark", str(mark))[0] == 1
    assert mark.read_text() == kept, "an audit that found something leaves the mark where it was"
    assert books.audit("--mark", str(mark), "--no-signatures")[1]["signatures"]["skipped"]
    assert mark.read_text() == kept, "nor one that did not look"


def test_a_history_that_was_rewritten_before_the_mark_is_found(books: Books, budi: Phone, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    books.write(budi.punch(), budi.punch())
    assert books.audit("--mark", str(mark))[0] == 0
    shutil.rmtree(books.gate)
    books.write(budi.punch(), signed_by_nobody(budi.punch()))
    status, told = books.audit("--mark", str(mark))
    assert (status, told["first_bad"]) == (1, 0)
    assert "the head that an earlier audit marked" in told["reason"]


def test_a_mark_of_another_journal_or_of_nothing_is_no_mark(books: Books, budi: Phone, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    books.write(budi.punch())
    mark.write_text(f"hadir-audit-mark/v1\nrehearsal/tests/gate2/2026\n0\n{base64.b64encode(sha256(b'')).decode()}\n")
    assert books.audit("--mark", str(mark))[0] == 1
    mark.write_text("hadir-keys/v1\n")
    assert main(["audit", str(books.gate), "--mark", str(mark)]) == 1
    assert "is no mark of an audit" in books.capsys.readouterr().err


# --- roots -----------------------------------------------------------------------------------------------------------


def forged_list(books: Books, folder: Path, *, signed: bool) -> Path:
    """A list with the right names, and keys of the forger."""
    other = found_site(folder / "forged", name=books.site.name, zone="Asia/Makassar", now_ms=NOW_MS)
    keys = folder / "elsewhere" / "keys.note"
    keys.parent.mkdir()
    note = other.key_list_note
    keys.write_text(note if signed else note.partition("\n\n")[0] + "\n\n\n")
    return keys


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("beside", [True, False])
def test_no_list_is_believed_that_the_trusted_root_did_not_sign(
    books: Books, budi: Phone, tmp_path: Path, *, signed: bool, beside: bool
) -> None:
    books.write(budi.punch())
    keys = forged_list(books, tmp_path, signed=signed)
    root = books.site.keys_folder / "root.vkey"
    if beside:
        shutil.copy(root, keys.parent)
    options = ["--keys", str(keys), *([] if beside else ["--root", str(root)])]
    assert main(["audit", str(books.gate), *options]) == 1
    assert "is not one that the root key of" in books.capsys.readouterr().err
    assert main(["verify", "receipt", str(keys), *options]) == 1
    assert "not valid: the key list" in books.capsys.readouterr().out


def test_without_a_root_nothing_is_believed(books: Books, budi: Phone, tmp_path: Path) -> None:
    books.write(budi.punch())
    keys = Path(shutil.copy(books.site.keys_folder / "keys.note", tmp_path))
    for command in (["audit", str(books.gate)], ["verify", "receipt", str(keys)]):
        assert main([*command, "--keys", str(keys)]) == 1
        told = books.capsys.readouterr()
        assert "no root key to trust: give it with --root FILE" in told.out + told.err


def test_a_root_that_nobody_named_is_said_aloud(books: Books, budi: Phone) -> None:
    books.write(budi.punch())
    assert main(["audit", str(books.gate), "--json"]) == 0
    told = books.capsys.readouterr()
    assert f"trusting the root key in {books.site.keys_folder / 'root.vkey'}" in told.err
    assert json.loads(told.out)["ok"]
    assert main(["audit", str(books.gate), "--json", "--root", str(books.site.keys_folder / "root.vkey")]) == 0
    assert not books.capsys.readouterr().err


# --- what else nobody is believed about ------------------------------------------------------------------------------


def test_a_leaf_before_the_first_is_found(books: Books, budi: Phone) -> None:
    books.write(budi.punch())
    db = sqlite3.connect(books.gate / JOURNAL_FILE)
    db.execute("INSERT INTO leaf SELECT -1, data FROM leaf WHERE idx = 0")
    db.commit()
    status, told = books.audit()
    assert (status, told["first_bad"]) == (1, -1)


def test_a_journal_in_anothers_place_is_found(books: Books, budi: Phone) -> None:
    books.write(budi.punch())
    office = books.site.journal_folder("office")
    for source, target in ((books.gate, "kept"), (office, "gate1"), (books.gate.with_name("kept"), "office")):
        source.rename(source.with_name(target))
    for folder in ("gate1", "office"):
        assert main(["audit", str(books.site.data / "journals" / folder), "--json"]) == 1
        told = json.loads(books.capsys.readouterr().out)
        assert "lies where" in told["reason"]


def clock_state(step_ms: int) -> Entry:
    return Entry(kind=Kind.CLOCK_STATE, body=encode(ClockRecord(v=1, clock="stepped", error_ms=50, step_ms=step_ms)))


def gate_start() -> Entry:
    return Entry(kind=Kind.GATE_START, body=encode(GateStart(v=1, program="gate", app="t", previous_size=0)))


@pytest.mark.parametrize("explanation", [clock_state(-1_800_000), gate_start(), None])
def test_a_time_that_runs_backwards_wants_a_word_of_the_gate(
    books: Books, budi: Phone, explanation: Entry | None
) -> None:
    books.leaves([gate_start()])
    books.write(budi.punch())
    earlier = books.now_ms - 1_800_000
    if explanation is not None:
        books.leaves([explanation], at_ms=earlier)
    books.write(budi.punch(), at_ms=earlier)
    status, told = books.audit()
    assert told["clock_back"] == [{"index": 2, "ms": 1_800_000, "explained": explanation is not None}]
    assert (status, told["first_bad"]) == ((1, 2) if explanation is None else (0, None))


def test_a_writer_that_never_tells_of_its_clock_is_not_asked(books: Books, budi: Phone) -> None:
    books.write(budi.punch())
    books.write(budi.punch(), at_ms=books.now_ms - 60_000)
    status, told = books.audit()
    assert (status, told["clock_back_count"]) == (0, 1)


def named(digest: bytes) -> dict[str, Any]:
    return {"details": [{"kind": "location", "digest": b64url(digest)}]}


def erase(store: DetailStore, books: Books, digest: bytes) -> None:
    record = DetailErased(v=1, digest=b64url(digest), reason="retention")
    books.leaves([Entry(kind=Kind.DETAIL_ERASED, body=encode(record))])
    store.drop([digest])


def damage(_: DetailStore, books: Books, digest: bytes) -> None:
    db = sqlite3.connect(books.gate / "details.sqlite")
    db.execute("UPDATE detail SET salted = ? WHERE digest = ?", (bytes(40), digest))
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("change", "status", "held"), [(None, 0, 1), (erase, 0, 0), (damage, 1, 1)], ids=["kept", "erased", "changed"]
)
def test_details_are_held_against_their_digests(
    books: Books,
    budi: Phone,
    change: Callable[[DetailStore, Books, bytes], None] | None,
    status: int,
    held: int,
) -> None:
    salted, never_came = bytes(range(50)), sha256(b"never came")
    books.write(budi.punch(), budi.punch(**named(never_came)))
    record = budi.punch(**named(sha256(salted)))
    store = DetailStore(books.gate)
    store.put([Detail(digest=sha256(salted), record_hash=bytes(32), salted=salted)])
    books.write(record)
    if change is not None:
        change(store, books, sha256(salted))
    store.close()
    found, told = books.audit()
    assert (found, told["details"], told["first_bad"]) == (
        status, {"held": held, "wrong": status}, 2 if status else None
    )  # fmt: skip


def test_a_thief_of_the_key_may_have_every_other_key_too(books: Books, budi: Phone) -> None:
    """Not the office's: an act that the gate's key signs tells nothing."""
    thief = Phone(8)
    act = compact({
        "v": 1, "id": uuid7(NOW_MS, 9), "by": 1003, "at_ms": NOW_MS, "act": "device.enrol",
        "object": f"device/{thief.kid}", "before": "pending",
        "after": f"active person/8 slip/- from 0 until - key {b64url(thief.key)}", "reason": None, "basis": None,
    })  # fmt: skip
    entry = Entry(kind=Kind.DECISION, body=act, id=bytes.fromhex(uuid7(NOW_MS, 9).replace("-", "")))
    books.leaves([entry])
    forged = books.site.data / "journals" / "office-forged"
    journal = SqliteJournal(forged, Signer(books.site.origin("office") + "x", books.site.gate_signer().private))
    journal.append([entry], now_ms=NOW_MS)
    journal.close()
    books.write(thief.punch())
    assert books.audit()[1]["signatures"] == {"checked": 0, "bad": 0, "no_key": 1}
