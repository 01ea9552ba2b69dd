"""Security keys and passkeys (WebAuthn), as Yubico's fido2 checks them. One challenge, one answer, five minutes.

A key belongs to the host name under which it was added; browsers offer none at a bare address.
"""

import json
import struct
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from fido2.cose import UnsupportedKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hadir.office.accounts.models import Factor, FactorKind, User
from hadir.office.page.requests import OfficeRequest
from hadir.records.encoding import sha256

ANSWER_LENGTH_MAX = 16_384
CHALLENGE_MS_MAX = 300_000
_STATE = "key_challenge"
_NOT_AN_ANSWER = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    UnsupportedAlgorithm,
)
"""What the library raises for bytes that no browser sends."""


class KeyAnswerError(ValueError):
    """The browser's answer is none, is not to our challenge, or not of a key of this account."""


def can_use_keys(request: OfficeRequest) -> bool:
    """Whether browsers offer keys here: under a name, and over https or on the machine itself."""
    name = _host_name(request)
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return request.is_secure() or name == "localhost"
    return False


def ask_new_key(request: OfficeRequest, user: User, keys: Sequence[Factor]) -> str:
    """The challenge for a new key, as JSON for the page."""
    options, state = _server(request).register_begin(
        PublicKeyCredentialUserEntity(
            id=sha256(f"hadir account {user.pk}".encode()), name=user.login, display_name=user.person.full_name
        ),
        credentials=[_credential(key) for key in keys],
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    _keep(request, state)
    return json.dumps(dict(options.public_key))


def read_new_key(request: OfficeRequest, answer: str) -> tuple[bytes, int]:
    """A key's public part and how often it signed. KeyAnswerError."""
    state = _kept(request)
    try:
        found = _server(request).register_complete(state, _json(answer))
        key = found.credential_data
        if key is None or isinstance(key.public_key, UnsupportedKey):
            raise KeyAnswerError("a key of a kind that we cannot check")
    except _NOT_AN_ANSWER as error:
        raise KeyAnswerError(str(error)) from error
    return bytes(key), found.counter


def ask_key(request: OfficeRequest, user: User) -> str:
    """The challenge for one of the account's keys, as JSON for the page; empty where there is none to ask."""
    keys = list(Factor.objects.filter(user=user, kind=FactorKind.KEY, removed_at_ms=None))
    if not keys or not can_use_keys(request):
        return ""
    options, state = _server(request).authenticate_begin(
        [_credential(key) for key in keys], user_verification=UserVerificationRequirement.PREFERRED
    )
    _keep(request, state)
    return json.dumps(dict(options.public_key))


def read_key(request: OfficeRequest, user: User, answer: str) -> tuple[Factor, int]:
    """Which key of the account signed our challenge, and how often it says that it signed. KeyAnswerError."""
    state = _kept(request)
    keys = {bytes(_credential(key)): key for key in user.factors.filter(kind=FactorKind.KEY, removed_at_ms=None)}
    try:
        given = AuthenticationResponse.from_dict(_json(answer))
        used = _server(request).authenticate_complete(state, [AttestedCredentialData(key) for key in keys], given)
        return keys[bytes(used)], given.response.authenticator_data.counter
    except _NOT_AN_ANSWER as error:
        raise KeyAnswerError(str(error)) from error


def _server(request: OfficeRequest) -> Fido2Server:
    own = f"{request.scheme}://{request.get_host()}"
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=_host_name(request), name="Hadir"),
        attestation=AttestationConveyancePreference.NONE,
        verify_origin=lambda origin: bool(origin == own),
    )


def _host_name(request: OfficeRequest) -> str:
    """Of our own names only: Django refuses the others."""
    host = request.get_host()
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def _credential(key: Factor) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(key.credential))


def _json(answer: str) -> dict[str, Any]:
    if len(answer) > ANSWER_LENGTH_MAX:
        raise KeyAnswerError("longer than any key's answer")
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise KeyAnswerError("not an object")
    return found


def _keep(request: OfficeRequest, state: dict[str, Any]) -> None:
    request.session[_STATE] = {"challenge": state["challenge"], "user_verification": "preferred", "ms": request.now_ms}


def _kept(request: OfficeRequest) -> dict[str, Any]:
    """The challenge that was asked last, once."""
    state: dict[str, Any] | None = request.session.pop(_STATE, None)
    if state is None or not 0 <= request.now_ms - state["ms"] < CHALLENGE_MS_MAX:
        raise KeyAnswerError("nobody was asked, or long ago")
    return state
