"""Codes of an authenticator app (RFC 6238, as RFC 4226 counts): six digits, another every thirty seconds.

A clock may be one step off. No code is taken twice, nor one that is older than one that was taken.
"""

import hmac
import secrets

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SEED_BYTES = 20
DIGITS = 6
STEP_SECONDS = 30
DRIFT_STEPS = 1


def new_seed() -> bytes:
    return secrets.token_bytes(SEED_BYTES)


def code_at(seed: bytes, step: int) -> str:
    return _totp(seed).generate(step * STEP_SECONDS).decode("ascii")


def step_of(at_ms: int) -> int:
    return at_ms // 1000 // STEP_SECONDS


def matching_step(seed: bytes, code: str, *, at_ms: int, after_step: int) -> int | None:
    """The step whose code this is, among those that are near and were not used up."""
    now = step_of(at_ms)
    steps = range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)
    found = [step for step in steps if hmac.compare_digest(code_at(seed, step).encode(), code.encode())]
    return max((step for step in found if step > after_step), default=None)


def app_address(seed: bytes, *, login: str, site: str) -> str:
    """What the app reads from the QR code."""
    return _totp(seed).get_provisioning_uri(login, site)


def _totp(seed: bytes) -> TOTP:
    return TOTP(seed, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - what RFC 6238 and every app use; HMAC needs no more
