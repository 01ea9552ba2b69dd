"""What must be usable and yet not be read by whoever steals the database: sealed with a key from the data folder."""

import secrets
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hadir.office.ground.installation import HERE
from hadir.records.encoding import b64url, sha256

SALT_BYTES = 16
_NONCE_BYTES = 12
_KEY_BYTES = 32


class SealError(ValueError):
    """Sealed with another key, for another account, or changed."""


def seal(secret: bytes, about: str) -> bytes:
    """Opens again only with the same key and `about`."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _box(HERE.site.factor_key()).encrypt(nonce, secret, about.encode())


def unseal(sealed: bytes | memoryview, about: str) -> bytes:
    data = bytes(sealed)
    try:
        return _box(HERE.site.factor_key()).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], about.encode())
    except (InvalidTag, ValueError) as error:
        raise SealError("this seal does not open with the folder's factor key") from error


def salted_digest(salt: bytes | memoryview, secret: bytes) -> str:
    """What a record may say of a secret."""
    return b64url(sha256(bytes(salt) + secret))


@cache
def _box(key: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"hadir second factor: seeds").derive(key))
