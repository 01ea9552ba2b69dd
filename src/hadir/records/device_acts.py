"""What the office's journal says of a device: whose it is, since when, and its key, so that anybody can check what it
signed (docs/record-format.md section 2.1).
"""

import re
from typing import Literal

import msgspec

from hadir.records.encoding import b64url, un_b64url
from hadir.records.jws import jwk_of, thumbprint
from hadir.records.server_records import Decision

DeviceState = Literal["active", "revoked", "refused"]
#: `device.key` tells of a device on which the office had decided before its acts told of keys.
DEVICE_ACTS = frozenset({"device.enrol", "device.refuse", "device.revoke", "device.key"})
_OBJECT = "device/"
_SAID = re.compile(
    r"(?P<state>active|revoked|refused) person/(?P<person>[1-9]\d{0,9}) slip/(?P<slip>-|\d{1,19})"
    r" from (?P<from_ms>-?\d{1,16}) until (?P<until_ms>-|-?\d{1,16}) key (?P<key>[A-Za-z0-9_-]{86})",
    re.ASCII,
)
_KEY_BYTES = 64


class DeviceSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A device after an act: it signs for `person` during `[from_ms, until_ms)`, with the key x || y."""

    state: DeviceState
    person: int
    slip: int | None
    from_ms: int
    until_ms: int | None
    key: bytes

    @property
    def text(self) -> str:
        """As it stands in the act's `after`."""
        return (
            f"{self.state} person/{self.person} slip/{_or_none(self.slip)}"
            f" from {self.from_ms} until {_or_none(self.until_ms)} key {b64url(self.key)}"
        )

    @property
    def kid(self) -> str:
        """The key's RFC 7638 thumbprint."""
        return thumbprint(jwk_of(self.key))


def read_device_act(act: Decision) -> DeviceSaid | None:
    """The device of which this act tells; None for any other act, one of before keys were told, or a key that is not
    the one that its object names.
    """
    if act.act not in DEVICE_ACTS or act.after is None:
        return None
    found = _SAID.fullmatch(act.after)
    if found is None:
        return None
    try:
        key = un_b64url(found["key"])
    except ValueError:
        return None
    said = DeviceSaid(
        state=found["state"],  # type: ignore[arg-type]  # one of the three that the pattern allows
        person=int(found["person"]),
        slip=None if found["slip"] == "-" else int(found["slip"]),
        from_ms=int(found["from_ms"]),
        until_ms=None if found["until_ms"] == "-" else int(found["until_ms"]),
        key=key,
    )
    return said if len(key) == _KEY_BYTES and act.object == _OBJECT + said.kid else None


def _or_none(number: int | None) -> str:
    return "-" if number is None else str(number)
