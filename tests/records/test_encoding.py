"""One byte string has one text: held against the standard library, which is slower and takes more."""

import base64
import itertools
import random

import pytest

from hadir.records.encoding import b64url, un_b64url

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def slowly(text: str) -> bytes | None:
    """The bytes, or None where `text` is not the one spelling."""
    if len(text) % 4 == 1 or set(text) - set(DIGITS):
        return None
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return data if base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text else None


def quickly(text: str) -> bytes | None:
    try:
        return un_b64url(text)
    except ValueError:
        return None


def test_every_text_of_up_to_two_letters_is_taken_or_refused_as_it_should_be() -> None:
    letters = list(map(chr, range(256)))
    for length in range(3):
        for text in map("".join, itertools.product(letters, repeat=length)):
            assert quickly(text) == slowly(text), repr(text)


@pytest.mark.parametrize("odd", [*map(chr, range(256)), "\\n", "\\/", '","', "=", "==", "===", "\\_" * 4])
def test_a_foreign_piece_anywhere_is_refused(odd: str) -> None:
    dice = random.Random(odd)
    for length in range(1, 40):
        text = b64url(dice.randbytes(length))
        place = dice.randrange(len(text) + 1)
        for changed in (text[:place] + odd + text[place:], text[:place] + odd + text[place + len(odd) :]):
            assert quickly(changed) == slowly(changed), repr(changed)


def test_only_one_last_letter_spells_the_bytes() -> None:
    for begin in ("", "A", "-_", "Az9", "AAAA", "AAAAA", "AAAA__"):
        for last in map(chr, range(256)):
            assert quickly(begin + last) == slowly(begin + last), begin + last
