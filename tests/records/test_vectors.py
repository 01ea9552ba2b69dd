"""The vectors that TypeScript passes too."""

import json
from pathlib import Path
from typing import Any

import pytest

from hadir.records.encoding import b64url, sha256, un_b64url, un_base32
from hadir.records.jws import key_bytes, parse_jws, verify_es256
from hadir.records.keys import open_key_list
from hadir.records.kinds import KIND_OF_TYP, Kind
from hadir.records.leaf import parse_leaf
from hadir.records.merkle import inclusion_proof, leaf_hash, node_hash, root, root_from_inclusion
from hadir.records.note import NoteError, VerifierKey
from hadir.records.phone_records import read_phone_record
from hadir.records.receipt import ReceiptError, verify_receipt_file
from hadir.records.refusals import Refusal, Refused
from hadir.records.server_records import SERVER_SHAPES
from hadir.records.strict import decode, encode
from hadir.records.times import bound_nonce, nonce_binding, open_time
from hadir.records.voucher import open_voucher, typed_lines
from tests import make_vectors
from tests.consistency import root_from_consistency

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
ALL_KINDS = frozenset(KIND_OF_TYP.values())


def load(name: str) -> dict[str, Any]:
    return dict(json.loads((VECTORS / name).read_text(encoding="utf-8")))


def test_the_committed_vectors_are_what_the_generator_makes(tmp_path: Path) -> None:
    make_vectors.main(tmp_path)
    for name in make_vectors.FILES:
        assert (tmp_path / name).read_bytes() == (VECTORS / name).read_bytes(), name


# The roots of certificate-transparency's own tests, written here by hand so that no code of ours made them.
RFC6962_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_the_tree_has_the_roots_of_rfc_6962() -> None:
    assert load("merkle.json")["roots"] == RFC6962_ROOTS


def test_every_inclusion_proof_leads_to_its_root() -> None:
    vectors = load("merkle.json")
    leaves = [leaf_hash(bytes.fromhex(text)) for text in vectors["leaves"]]
    for case in vectors["inclusion"]:
        path = [bytes.fromhex(node) for node in case["path"]]
        found = root_from_inclusion(case["index"], case["size"], leaves[case["index"]], path)
        assert found.hex() == RFC6962_ROOTS[case["size"]]


def test_every_consistency_proof_leads_from_old_to_new() -> None:
    for case in load("merkle.json")["consistency"]:
        path = [bytes.fromhex(node) for node in case["path"]]
        found = root_from_consistency(case["old"], case["new"], bytes.fromhex(RFC6962_ROOTS[case["old"]]), path)
        assert found.hex() == RFC6962_ROOTS[case["new"]]


def test_no_proof_holds_for_another_leaf_position_or_length() -> None:
    vectors = load("merkle.json")
    leaves = [leaf_hash(bytes.fromhex(text)) for text in vectors["leaves"]]
    for case in vectors["inclusion"]:
        path = [bytes.fromhex(node) for node in case["path"]]
        size, index = case["size"], case["index"]
        for other in range(size):
            forged = _root_or_none(index, size, leaves[other], path)
            assert other == index or forged != RFC6962_ROOTS[size]
        assert _root_or_none(index, size, leaves[index], [*path, leaves[0]]) is None
        assert not path or _root_or_none(index, size, leaves[index], path[:-1]) is None


def _root_or_none(index: int, size: int, leaf: bytes, path: list[bytes]) -> str | None:
    try:
        return root_from_inclusion(index, size, leaf, path).hex()
    except ValueError:
        return None


def test_root_and_proof_agree_with_a_tree_written_another_way() -> None:
    def naive(hashes: list[bytes]) -> bytes:
        if len(hashes) == 1:
            return hashes[0]
        split = 1
        while split * 2 < len(hashes):
            split *= 2
        return node_hash(naive(hashes[:split]), naive(hashes[split:]))

    leaves = [leaf_hash(bytes([number])) for number in range(70)]
    for size in range(1, 71):

        def read(level: int, position: int) -> bytes:
            return naive(leaves[position << level : (position + 1) << level])

        assert root(size, read) == naive(leaves[:size])
        for index in range(0, size, 7):
            assert root_from_inclusion(index, size, leaves[index], inclusion_proof(index, size, read)) == root(
                size, read
            )


@pytest.mark.parametrize("case", load("records.json")["good"], ids=lambda case: f"kind {case['kind']}")
def test_a_good_record_reads_and_its_signature_holds(case: dict[str, Any]) -> None:
    jws = parse_jws(case["record"])
    record = read_phone_record(jws, ALL_KINDS)
    assert (b64url(jws.hash), record.kind) == (case["hash"], case["kind"])
    assert verify_es256(key_bytes(jws.header), jws.signing_input, jws.signature)


@pytest.mark.parametrize("case", load("records.json")["refused"], ids=lambda case: case["code"])
def test_a_bad_record_is_refused_with_its_own_code(case: dict[str, str]) -> None:
    with pytest.raises(Refused) as caught:
        read_and_verify(case["record"])
    assert caught.value.refusal.code == case["code"]


def read_and_verify(text: str) -> None:
    jws = parse_jws(text)
    read_phone_record(jws, ALL_KINDS)
    if not verify_es256(key_bytes(jws.header), jws.signing_input, jws.signature):
        raise Refused(Refusal.BAD_SIGNATURE)


@pytest.mark.parametrize("case", load("leaves.json")["leaves"], ids=lambda case: f"kind {case['kind']}")
def test_a_servers_record_reads_back_and_stands_in_its_leaf(case: dict[str, Any]) -> None:
    leaf = parse_leaf(bytes.fromhex(case["leaf"]))
    assert (leaf.kind, leaf.body.decode(), leaf.hash.hex()) == (case["kind"], case["body"], case["hash"])
    assert encode(decode(leaf.body, SERVER_SHAPES[leaf.kind])) == leaf.body


def test_every_kind_has_a_vector() -> None:
    seen = {
        case["kind"]
        for name in ("records.json", "leaves.json")
        for case in load(name).get("good", load(name).get("leaves"))
    }
    assert seen == set(Kind)


def test_vouchers_hold_or_do_not() -> None:
    vectors = load("vouchers.json")
    office = VerifierKey.parse(vectors["office"])
    for case in vectors["good"]:
        voucher = open_voucher(case["text"], [office])
        assert (voucher.person, voucher.slip, voucher.last_day) == (case["person"], case["slip"], case["last_day"])
        assert typed_lines(case["text"]) == case["typed"]
        assert len(un_base32(case["text"])) == 75
    for text in vectors["bad"]:
        with pytest.raises(ValueError, match=r"voucher|base32"):
            open_voucher(text, [office])


def test_key_lists_and_signed_times_hold_or_do_not() -> None:
    vectors = load("notes.json")
    root_key = VerifierKey.parse(vectors["root"])
    keys = open_key_list(vectors["key_list"], root_key)
    for note in vectors["key_list_bad"]:
        with pytest.raises(NoteError):
            open_key_list(note, root_key)
    good = vectors["signed_time"]
    time = open_time(good["token"], keys.time_keys())
    assert (time.at_ms, time.error_ms, time.clock, time.nonce) == tuple(
        good[name] for name in ("at_ms", "error_ms", "clock", "nonce")
    )
    for one in vectors["bound_nonces"]:
        assert un_b64url(one["nonce"]) == bound_nonce(un_b64url(one["random"]), one["kid"])
        assert nonce_binding(one["nonce"], one["kid"]) == "bound"
        assert nonce_binding(one["nonce"], b64url(sha256(b"another phone"))) == "foreign"
        assert nonce_binding(one["random"], one["kid"]) == "unbound"
    for token in vectors["signed_time_bad"]:
        with pytest.raises(ValueError, match=r"signed time|no gate"):
            open_time(token, keys.time_keys())


def test_receipts_hold_or_do_not() -> None:
    vectors = load("receipts.json")
    keys = open_key_list(vectors["key_list"], VerifierKey.parse(vectors["root"]))
    for text in vectors["good"]:
        assert len(text.split("\n\n", 1)[1]) <= 2_048
        verify_receipt_file(text.encode(), keys)
    for text in vectors["bad"]:
        with pytest.raises(ReceiptError):
            verify_receipt_file(text.encode(), keys)
