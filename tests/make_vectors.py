"""Makes the vectors that Python and TypeScript must both pass. Deterministic: a test runs it and compares.

python vectors/make.py FOLDER
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from hadir.ledger.tree import Tree
from hadir.records.encoding import b64url, sha256
from hadir.records.keys import DatedKey, KeyList
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.records.merkle import EMPTY_ROOT, consistency_proof, inclusion_proof, leaf_hash, root
from hadir.records.note import Checkpoint, Signer, sign_note
from hadir.records.receipt import path_line, receipt_file, receipt_of_lines
from hadir.records.server_records import (
    ClockRecord,
    Decision,
    DetailErased,
    DetailFinding,
    ErasureDone,
    FileLine,
    Finding,
    Flag,
    GatePulse,
    GateStart,
    GateStop,
    JournalOpened,
    JournalSealed,
    ManualEntry,
    ManualList,
    OfficeRow,
    OfficeRows,
    RosterLoaded,
    StaffFact,
    TerminalLine,
)
from hadir.records.strict import encode
from hadir.records.times import TimeToken, bound_nonce, issue_time
from hadir.records.voucher import Voucher, typed_lines
from rehearsal.phones import EPOCH_MS, Phone, record_hash, uuid7
from tests.phonekit import countersignature, kiosk_punch, user_verification

SITE = "rehearsal/vectors"
GATE = Signer.from_seed(f"{SITE}/gate1/2026", sha256(b"vectors gate"))
OFFICE = Signer.from_seed(f"{SITE}/office/2026", sha256(b"vectors office"))
ROOT = Signer.from_seed(f"{SITE}/root", sha256(b"vectors root"))
OTHER_ROOT = Signer.from_seed(f"{SITE}/root", sha256(b"another root"))
KEYS = KeyList(
    site=SITE,
    keys=(
        DatedKey(use="gate", key=GATE.verifier, from_ms=0, until_ms=None),
        DatedKey(use="office", key=OFFICE.verifier, from_ms=0, until_ms=EPOCH_MS + 10**12),
    ),
)
#: The leaves of certificate-transparency's own tests of RFC 6962.
RFC6962_LEAVES = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip


def _phone(person: int, voucher: str | None = None) -> Phone:
    return Phone(person, voucher, private=ec.derive_private_key(1_000_003 * person, ec.SECP256R1()))


def _voucher(person: int, last_day: int = 21_000) -> str:
    return Voucher(person=person, slip=40 + person, last_day=last_day).issue(OFFICE)


def merkle() -> dict[str, Any]:
    """RFC 6962 section 2.1 over the well-known leaves: roots, inclusion and consistency proofs for every size."""
    leaves = [bytes.fromhex(text) for text in RFC6962_LEAVES]
    hashes = [leaf_hash(leaf) for leaf in leaves]

    def read(level: int, position: int) -> bytes:
        part = hashes[position << level : (position + 1) << level]
        while len(part) > 1:
            part = [sha256(b"\x01" + part[at] + part[at + 1]) for at in range(0, len(part), 2)]
        return part[0]

    sizes = range(1, len(leaves) + 1)
    return {
        "leaves": RFC6962_LEAVES,
        "roots": [root(size, read).hex() for size in [0, *sizes]],
        "inclusion": [
            {"index": index, "size": size, "path": [node.hex() for node in inclusion_proof(index, size, read)]}
            for size in sizes
            for index in range(size)
        ],
        "consistency": [
            {"old": old, "new": new, "path": [node.hex() for node in consistency_proof(old, new, read)]}
            for new in sizes
            for old in range(1, new + 1)
        ],
    }


def records() -> dict[str, Any]:
    """Punches and witnesses that a gate takes, and records that it refuses, with the code."""
    sari = _phone(7, _voucher(7))
    held = {"token": _time(), "wall_ms": EPOCH_MS + 40, "mono_ms": 12, "origin_ms": EPOCH_MS - 5_000}
    first = sari.punch()
    second = sari.punch("out", wall_ms=EPOCH_MS + 30_000_000, signed_time=held, details=[
        {"kind": "location", "digest": b64url(sha256(b"0123456789abcdef" + b"{}"))},
    ])  # fmt: skip
    delivery = sari.delivery(second, held)
    good = [{"record": text, "hash": record_hash(text), "kind": int(kind)} for text, kind in (
        (first, Kind.PUNCH), (second, Kind.PUNCH), (delivery, Kind.DELIVERY),
        (user_verification(sari, second), Kind.USER_VERIFICATION),
        (countersignature(_phone(8, _voucher(8)), second), Kind.COUNTERSIGNATURE),
        (kiosk_punch(_phone(70_001, _voucher(70_001)), person=7), Kind.KIOSK_PUNCH),
    )]  # fmt: skip
    jwk = sari.header("hadir-punch+jws")["jwk"]
    return {"key": {"jwk": jwk, "kid": sari.kid}, "good": good, "refused": _refused()}


def _refused() -> list[dict[str, str]]:
    phone = _phone(9, _voucher(9))
    whole = phone.payload()

    def with_(**changes: Any) -> str:
        return phone.sign({**whole, **changes})

    good = phone.sign(whole)
    head, body, signature = good.split(".")
    cases: list[tuple[str, str]] = [
        ("bad_record", f"{head}.{body}"),
        ("bad_record", f"{head}.{body}=.{signature}"),
        ("bad_record", f"{head}.{body}!.{signature}"),
        ("record_too_large", good + "A" * 4_096),
        ("wrong_algorithm", phone.sign(whole, header=phone.header("hadir-punch+jws", alg="none"))),
        ("wrong_algorithm", phone.sign(whole, header=phone.header("hadir-punch+jws", alg="HS256"))),
        ("bad_header", phone.sign(whole, header=phone.header("hadir-punch+jws", crit=["exp"]))),
        ("wrong_kind", phone.sign(whole, typ="hadir-unknown+jws")),
        ("unsupported_version", with_(v=2)),
        ("bad_payload", with_(direction="sideways")),
        ("bad_payload", with_(person=0)),
        ("bad_payload", with_(person="9")),
        ("bad_payload", with_(role="admin")),
        ("bad_payload", with_(id="0193a0f2-0000-4000-8000-000000000000")),
        ("bad_payload", with_(seq=2, prev=None)),
        ("bad_payload", phone.sign({key: value for key, value in whole.items() if key != "app"})),
        ("duplicate_member", phone.sign(_bytes(whole).replace(b'"v":1', b'"v":1,"v":1'))),
        ("not_finite", phone.sign(_bytes(whole).replace(b'"mono_ms":1000', b'"mono_ms":NaN'))),
        ("too_deep", phone.sign(_bytes(whole).replace(b'"site_code":null', b'"site_code":' + b"[" * 60 + b"]" * 60))),
        ("bad_json", phone.sign(_bytes(whole)[:-1])),
        ("bad_signature", good[:-6] + ("AAAAAA" if good[-6:] != "AAAAAA" else "BBBBBA")),
    ]
    return [{"code": code, "record": record} for code, record in cases]


def _bytes(members: dict[str, Any]) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode()


def leaves() -> dict[str, Any]:
    """One body of every kind that servers write, the leaf it stands in, and the leaf's hash."""
    digest = b64url(sha256(b"detail"))
    bodies: list[tuple[Kind, msgspec.Struct]] = [
        (
            Kind.TERMINAL_LINE,
            TerminalLine(v=1, terminal="Mesin-1", line="MQ==", network="10.0.0.7", trust="registered"),
        ),
        (Kind.FILE_LINE, FileLine(1, digest, 12, "MQ==", "Mesin-1", 1003)),
        (Kind.MANUAL_LIST, ManualList(1, 3, 1004, digest, [ManualEntry(person=7, direction="in", at_ms=EPOCH_MS)])),
        (Kind.GATE_START, GateStart(v=1, program="gate", app="0.1.0", previous_size=0)),
        (Kind.GATE_STOP, GateStop(v=1, reason="asked to stop")),
        (Kind.GATE_PULSE, GatePulse(v=1, answered=12, refused=1)),
        (Kind.ROSTER_LOADED, RosterLoaded(v=1, version=4, sha256=digest, issued_ms=EPOCH_MS, stale=False)),
        (Kind.CLOCK_STATE, ClockRecord(v=1, clock="stepped", error_ms=3_600_000, step_ms=-3_600_000)),
        (Kind.FLAG, Flag(v=1, about=digest, at=7, flags=["unconfirmed", "voucher"])),
        (Kind.DETAIL_FINDING, DetailFinding(1, digest, Finding(place="3", distance_m=40, inside=True))),
        (Kind.DETAIL_ERASED, DetailErased(v=1, digest=digest, reason="retention")),
        (
            Kind.JOURNAL_OPENED,
            JournalOpened(1, "restore", GATE.name, sign_note(Checkpoint(GATE.name, 0, EMPTY_ROOT).body, GATE)),
        ),
        (Kind.JOURNAL_SEALED, JournalSealed(v=1, reason="year", next=GATE.name.replace("2026", "2027"))),
        (Kind.DECISION, Decision(1, _UUID, 1005, EPOCH_MS, "device.enrol", "kid", None, "active", None, None)),
        (Kind.ERASURE_DONE, ErasureDone(v=1, number=3, before_ms=EPOCH_MS, erased=120)),
        (Kind.STAFF_FACT, StaffFact(1, _UUID, 1005, 7, "home", "3", "2026-01-01", None, EPOCH_MS)),
        (
            Kind.OFFICE_ROWS,
            OfficeRows(
                1,
                _UUID,
                1005,
                EPOCH_MS,
                _UUID,
                [
                    OfficeRow("accounts_rolegrant", "4", {"id": 4, "role": "auditor", "until_date": None}),
                    OfficeRow("accounts_user", "9", None),
                ],
            ),
        ),
    ]
    made = []
    for index, (kind, body) in enumerate(bodies):
        leaf = Leaf(kind=kind, origin=GATE.name, index=index, received_at_ms=EPOCH_MS + index, body=encode(body))
        made.append({"kind": int(kind), "body": leaf.body.decode(), "leaf": leaf.data.hex(), "hash": leaf.hash.hex()})
    return {"origin": GATE.name, "leaves": made}


_UUID = uuid7(EPOCH_MS, 1)


def vouchers() -> dict[str, Any]:
    """Vouchers that hold, their typed code, and some that do not."""
    text = _voucher(7)
    forged = Voucher(person=7, slip=1, last_day=21_000).issue(ROOT)
    changed = ("1" if text[0] != "1" else "2") + text[1:]
    return {
        "office": OFFICE.verifier.text,
        "good": [{"text": text, "person": 7, "slip": 47, "last_day": 21_000, "typed": typed_lines(text)}],
        "bad": [forged, changed, text[:-1], text[:-1] + "U", text.lower()],
    }


def _time(**changes: Any) -> str:
    fields: dict[str, Any] = {
        "v": 1,
        "nonce": b64url(bytes(range(16))),
        "at_ms": EPOCH_MS,
        "clock": "ok",
        "error_ms": 5,
    }
    return issue_time(TimeToken(**{**fields, **changes}), GATE)


def notes() -> dict[str, Any]:
    """Key lists, checkpoints and signed times."""
    good = _time()
    return {
        "root": ROOT.verifier.text,
        "key_list": KEYS.sign(ROOT),
        "key_list_bad": [KEYS.sign(OTHER_ROOT), KEYS.sign(ROOT).replace("gate 1970", "gate 1971"), KEYS.sign(GATE)],
        "signed_time": {
            "token": good,
            "at_ms": EPOCH_MS,
            "error_ms": 5,
            "clock": "ok",
            "nonce": b64url(bytes(range(16))),
        },
        "bound_nonces": [
            {"random": b64url(random), "kid": kid, "nonce": b64url(bound_nonce(random, kid))}
            for random, kid in ((bytes(range(16)), b64url(sha256(b"a phone"))), (bytes(16), b64url(bytes(32))))
        ],
        "signed_time_bad": [
            good[:-4] + "AAAA",
            issue_time(TimeToken(v=1, nonce="AAAA", at_ms=1, clock="ok", error_ms=0), OFFICE),
        ],
    }


def receipts() -> dict[str, Any]:
    """Receipt files from a journal of 300 leaves, and files that must be refused."""
    sari = _phone(7, _voucher(7))
    leaves: list[Leaf] = []
    tiles: dict[tuple[int, int], bytes] = {}
    tree = Tree(lambda level, number: tiles[level, number])
    for index in range(300):
        body = (
            sari.punch(wall_ms=EPOCH_MS + index).encode()
            if index in {0, 130, 299}
            else f'{{"v":1,"n":{index}}}'.encode()
        )
        kind = Kind.PUNCH if index in {0, 130, 299} else Kind.GATE_PULSE
        leaf = Leaf(kind=kind, origin=GATE.name, index=index, received_at_ms=EPOCH_MS + index, body=body)
        leaves.append(leaf)
        tiles.update({(level, number): hashes for level, number, hashes in tree.append(leaf.hash)})
    note = sign_note(Checkpoint(origin=GATE.name, size=tree.size, root=tree.root()).body, GATE)
    good = [_file(leaves[index], tree, note) for index in (0, 130, 299)]
    stranger = sign_note(
        Checkpoint(origin=GATE.name, size=tree.size, root=tree.root()).body, Signer.from_seed(GATE.name, sha256(b"x"))
    )
    other = good[0].split("\n")[1]
    bad = [
        good[0].replace(other, other[:-2] + ("AA" if other[-2:] != "AA" else "BA")),
        good[0].replace("index 0\n", "index 1\n"),
        good[0].replace("\n300\n", "\n299\n"),
        good[0] + "\n",
        good[0][:-1],
        good[0].replace("hadir-receipt/v1", "hadir-receipt/v2"),
        _file(leaves[0], tree, stranger),
        good[1].split("\n\n")[0] + "\n\n" + good[0].split("\n\n", 1)[1],
        good[2].replace(f"— {GATE.name}", f"— {OFFICE.name}"),
    ]
    return {"key_list": KEYS.sign(ROOT), "root": ROOT.verifier.text, "good": good, "bad": bad}


def _file(leaf: Leaf, tree: Tree, note: str) -> str:
    path = inclusion_proof(leaf.index, tree.size, tree.node)
    return receipt_file(leaf.body.decode(), receipt_of_lines(leaf, "".join(map(path_line, path)), note))


FILES: dict[str, Callable[[], dict[str, Any]]] = {
    "merkle.json": merkle,
    "records.json": records,
    "leaves.json": leaves,
    "vouchers.json": vouchers,
    "notes.json": notes,
    "receipts.json": receipts,
}


def main(folder: Path) -> None:
    for name, make in FILES.items():
        (folder / name).write_text(json.dumps(make(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
