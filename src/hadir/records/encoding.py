"""Strict spellings of bytes: one byte string has one text, every other text is refused (ValueError).

Sources: RFC 4648 sections 4 and 5; Crockford base32 for what people type.
"""

import base64
import binascii
import hashlib

import msgspec

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TO_URL = bytes.maketrans(b"+/", b"-_")
#: The letters of plain base64, its padding and what ends or escapes a JSON string become foreign ones, so that they are
#: refused.
_FROM_URL = bytes.maketrans(b'-_+/="\\', b"+/!!!!!")
#: Reads base64 twice as fast as `binascii`.
_JSON_BYTES = msgspec.json.Decoder(bytes)
_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#: Length modulo 4 -> the last letters whose unused bits are zero; one letter alone spells nothing.
_LAST = (_DIGITS, b"\n", _DIGITS[::16], _DIGITS[::4])
_CROCKFORD_VALUES = {digit: value for value, digit in enumerate(CROCKFORD)}


def sha256(data: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(data).digest()


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648 section 5)."""
    return _b64url(data).decode("ascii")


def un_b64url(text: str) -> bytes:
    """The bytes of `text`; ValueError for padding, foreign letters or unused bits that are not zero."""
    try:
        spelt = text.encode("ascii")
        data = _JSON_BYTES.decode(b'"' + spelt.translate(_FROM_URL) + b"=" * (-len(spelt) % 4) + b'"')
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise ValueError("not base64url") from error
    if spelt[-1:] not in _LAST[len(spelt) % 4]:
        raise ValueError("not the one base64url spelling")
    return data


def _b64url(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")


def b64(data: bytes) -> str:
    """Base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def un_b64(text: str) -> bytes:
    """The bytes of `text`; ValueError for any but the one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, UnicodeError, ValueError) as error:
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
