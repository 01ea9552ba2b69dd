"""P-256 signatures eight at a time, by `libcrypto_mb` (Debian: libcrypto-mb11), where the machine has what it needs.

It gives the same verdicts as `verify_each` for a quarter of the cost. Its yes counts once it has passed an examination
at start, and for keys on the curve only; its no is a reason to ask `cryptography`, so nobody is refused by it alone.
Without the library, or a processor with AVX512-IFMA, programs work as they do anywhere
(docs/decisions/0020-eight-signatures-at-a-time.md).
"""

import ctypes
from collections.abc import Sequence
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from hadir.records.encoding import sha256
from hadir.records.jws import ORDER, OVER_DIGEST, Claim, Verify, verify_each

LIBRARY = "libcrypto_mb.so.11"
LANES = 8
#: Claims that are laid out for the library at once.
ROOM = 32 * LANES
_FIELD = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


class NotUsableError(Exception):
    """This machine verifies without the library; the message says why."""


class NotTrustedError(NotUsableError):
    """The library is there and gives wrong verdicts."""


class FastVerifier:
    """`hadir.records.jws.Verify` by the library. One thread at a time: what is verified lies in memory of its own."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """NotUsableError when the library does not know this processor, NotTrustedError when it is wrong."""
        library.mbx_get_cpu_features.restype = ctypes.c_uint64
        library.mbx_is_crypto_mb_applicable.argtypes = [ctypes.c_uint64]
        if library.mbx_is_crypto_mb_applicable(library.mbx_get_cpu_features()) != 1:
            raise NotUsableError("the processor has no AVX512-IFMA")
        self._verify = library.mbx_nistp256_ecdsa_verify_mb8
        self._verify.restype = ctypes.c_uint32
        self._memory = ctypes.create_string_buffer(ROOM * 160)
        self._keys = ctypes.addressof(self._memory)
        self._digests = self._keys + ROOM * 64
        self._signatures = self._digests + ROOM * 32
        self._calls = [self._call(first) for first in range(0, ROOM, LANES)]
        _examine(self)

    def __call__(self, claims: Sequence[Claim]) -> list[bool]:
        """Whether each signature holds, in order."""
        believed: list[bool] = []
        for begin in range(0, len(claims), ROOM):
            believed += self.believed(claims[begin : begin + ROOM])
        if not all(believed):
            for place, claim in enumerate(claims):
                if not believed[place]:
                    (believed[place],) = verify_each([claim])
        return believed

    def believed(self, claims: Sequence[Claim]) -> list[bool]:
        """What the library alone says of at most `ROOM` claims, for keys that are points of the curve: it takes any."""
        keys, digests, signatures = zip(*claims, strict=True)
        # Coordinates are little endian there: all keys turned round at once, so that y stands before x.
        _lay(self._keys, b"".join(reversed(keys))[::-1])
        _lay(self._digests, b"".join(digests))
        _lay(self._signatures, b"".join(signatures))
        believed: list[bool] = []
        for call in self._calls[: -(-len(claims) // LANES)]:
            faults = self._verify(*call)  # four bits for each lane
            believed += _ALL_HOLD if faults == 0 else [faults >> 4 * lane & 15 == 0 for lane in range(LANES)]
        return [yes and on_curve(key) for yes, key in zip(believed, keys, strict=False)]

    def _call(self, first: int) -> tuple[object, ...]:
        """The arguments for claims `first` to `first + 7`: where r, s, digest, x and y of each lie."""
        places = range(first, first + LANES)
        r, digest, y = (
            [begin + size * place for place in places]
            for begin, size in ((self._signatures, 64), (self._digests, 32), (self._keys, 64))
        )
        s, x = ([half + 32 for half in halves] for halves in (r, y))
        return (*((ctypes.c_void_p * LANES)(*pointers) for pointers in (r, s, digest, x, y)), None, None)


_ALL_HOLD = [True] * LANES


def on_curve(key: bytes) -> bool:
    """Whether x || y is a point of P-256, in its one spelling (SEC 1 section 3.2.2.1)."""
    x, y = int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big")
    return x < _FIELD and y < _FIELD and (y * y - (x * x - 3) * x - _B) % _FIELD == 0


def _lay(place: int, data: bytes) -> None:
    ctypes.memmove(place, data, len(data))


def open_fast_verifier(name: str = LIBRARY) -> FastVerifier:
    """NotUsableError where the machine does not have it."""
    try:
        # PyDLL keeps the interpreter's lock for the tenth of a millisecond of a call.
        return FastVerifier(ctypes.PyDLL(name))
    except OSError as error:
        raise NotUsableError(f"{name} is not installed") from error
    except AttributeError as error:
        raise NotUsableError(f"{name} is another library: {error}") from error


@cache
def quickest_verify() -> tuple[Verify, str]:
    """Eight at a time where this machine can, one by one elsewhere; and why not, empty where it can. For one thread."""
    try:
        return open_fast_verifier(), ""
    except NotUsableError as error:
        return verify_each, str(error)


def _examine(verifier: FastVerifier) -> None:
    """One good and one bad claim of each sort in each lane, beside good ones. NotTrustedError at the first mistake."""
    good = _good_claims()
    if verifier.believed(good) != _ALL_HOLD:
        raise NotTrustedError("the library refused a good signature")
    for lane, claim in enumerate(good):
        for bad in _bad_claims(claim):
            mixed = [*good[:lane], bad, *good[lane + 1 :]]
            if verifier.believed(mixed) != [place != lane for place in range(LANES)]:
                raise NotTrustedError("the library took a bad signature for a good one")


def _good_claims() -> list[Claim]:
    claims = []
    for number in range(1, LANES + 1):
        private = ec.derive_private_key(number << 200 | 7, ec.SECP256R1())
        point, digest = private.public_key().public_numbers(), sha256(bytes([number]))
        r, s = decode_dss_signature(private.sign(digest, OVER_DIGEST))
        claims.append((_two(point.x, point.y), digest, _two(r, s)))
    return claims


def _bad_claims(good: Claim) -> list[Claim]:
    """What must not hold: another digest, another key, numbers out of their range, a point off the curve."""
    key, digest, signature = good
    x, y = _one_two(key)
    r, s = _one_two(signature)
    return [
        (key, sha256(digest), signature),
        (_two(x, _FIELD - y), digest, signature),
        *((key, digest, _two(*pair)) for pair in ((0, s), (r, 0), (0, 0), (r, s ^ 1), (r ^ 1, s), (s, r))),
        *((key, digest, _two(*pair)) for pair in ((ORDER, s), (r, ORDER), (2**256 - 1, s), (r, 2**256 - 1))),
        (_two(x, y ^ 1), digest, signature),
        (_two(0, 0), digest, signature),
        (_two(2**256 - 1, y), digest, signature),
    ]


def _two(first: int, second: int) -> bytes:
    return first.to_bytes(32, "big") + second.to_bytes(32, "big")


def _one_two(pair: bytes) -> tuple[int, int]:
    return int.from_bytes(pair[:32], "big"), int.from_bytes(pair[32:], "big")
