"""Strict spellings of bytes: one byte string has one text, every other text is refused (ValueError).

Sources: RFC 4648 sections 4 and 5; Crockford base32 for what people type.
"""

import hashlib
import uuid

import pybase64

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#: By length modulo 4: what whole groups lack, and the last letters whose unused bits are zero; one letter alone spells
#: nothing.
_PADDING = ("", "===", "==", "=")
_LAST = (_DIGITS, "", _DIGITS[::16], _DIGITS[::4])
_CROCKFORD_VALUES = {digit: value for value, digit in enumerate(CROCKFORD)}


def sha256(data: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(data).digest()


def uuid8(digest: bytes) -> str:
    """The id that stands for a content, from its SHA-256 (32 bytes): UUIDv8 (RFC 9562 section 5.8)."""
    number = int.from_bytes(digest[:16], "big")
    number &= ~(0xF000 << 64) & ~(0xC000 << 48)
    return str(uuid.UUID(int=number | 0x8000 << 64 | 0x8000 << 48))


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648 section 5)."""
    return pybase64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def un_b64url(text: str) -> bytes:
    """The bytes of `text`; ValueError for padding, foreign letters or unused bits that are not zero."""
    over = len(text) & 3
    if (text and text[-1] not in _LAST[over]) or "+" in text or "/" in text:  # `pybase64` takes these two for - and _
        raise ValueError("not the one base64url spelling")
    try:
        return pybase64.b64decode(text + _PADDING[over], b"-_", validate=True)
    except ValueError as error:
        raise ValueError("not base64url") from error


def b64(data: bytes) -> str:
    """Base64 with padding (RFC 4648 section 4)."""
    return pybase64.b64encode_as_string(data)


def un_b64(text: str) -> bytes:
    """The bytes of `text`; ValueError for any but the one spelling."""
    try:
        data = pybase64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("not base64") from error
    if b64(data) != text:
        raise ValueError("not the one base64 spelling")
    return data


def base32(data: bytes) -> str:
    """Crockford base32, upper case, no padding; `data` is a multiple of 5 bytes long."""
    if len(data) % 5:
        raise ValueError("base32 here takes multiples of 5 bytes")
    number = int.from_bytes(data, "big")
    digits = len(data) * 8 // 5
    return "".join(CROCKFORD[number >> (5 * (digits - 1 - place)) & 31] for place in range(digits))


def un_base32(text: str) -> bytes:
    """The bytes of canonical Crockford base32; ValueError for any other letter or length."""
    if len(text) % 8:
        raise ValueError("base32 here comes in multiples of 8 letters")
    number = 0
    for letter in text:
        value = _CROCKFORD_VALUES.get(letter)
        if value is None:
            raise ValueError(f"{letter!r} is not a base32 digit")
        number = number << 5 | value
    return number.to_bytes(len(text) * 5 // 8, "big")
