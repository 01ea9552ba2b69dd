"""A leaf's body taken apart again: what a phone's record says. The gate read it strictly before it wrote the leaf."""

from __future__ import annotations

import msgspec

from hadir.records.encoding import un_b64url
from hadir.records.jws import parse_jws
from hadir.records.kinds import Kind
from hadir.records.phone_records import PhoneRecord, PunchPayload, read_phone_record
from hadir.records.refusals import Refused

MISSHAPEN = (msgspec.DecodeError, ValueError, IndexError, Refused)
"""What taking a body apart raises when it is not what its kind says."""
_PUNCHES = msgspec.json.Decoder(PunchPayload)


def phone_record(body: bytes, kind: Kind) -> PhoneRecord:
    """The typed record in a leaf's body, whose signature was verified before."""
    return read_phone_record(parse_jws(body.decode("ascii")), frozenset({kind}))


def punch_payload(body: bytes) -> PunchPayload:
    """What a punch says. The gate read it strictly before it wrote the leaf; here it is only taken apart."""
    return _PUNCHES.decode(un_b64url(body.split(b".", 2)[1].decode("ascii")))
