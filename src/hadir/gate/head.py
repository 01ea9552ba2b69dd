"""Which head of a request is taken (RFC 9112), by the gate and by the door.

The parser (llhttp) has found its parts; what it leaves open is decided here, strictly: a head that two programs could
read in two ways is read by none.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from hadir.records.refusals import Refusal, Refused

HEADERS_MAX = 100
#: What the office's server takes (gunicorn's `limit_request_line`, with the method and the version).
TARGET_BYTES_MAX = 4_000
Headers = Sequence[tuple[bytes, bytes]]

#: Each of these at most once: of two, one program would believe the first and another the last.
_ONCE = frozenset(
    {
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"expect",
        b"host",
        b"transfer-encoding",
        b"upgrade",
    }
)
_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
#: Visible ASCII without `#` and the backslash, which some programs take for a slash.
_PATH = re.compile(rb"/(?:[!-\"$&-\[\]-~]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(rb"[!-\"$-~]*")
#: Decoded by a program behind, these would be another address: `.`, `/`, the backslash, control characters.
_CONCEALED = re.compile(rb"%(?:2[eE]|2[fF]|5[cC]|[01][0-9A-Fa-f]|7[fF])")
_LENGTH = re.compile(rb"[0-9]{1,15}")


class Head(NamedTuple):
    """What the rest of a request is read by."""

    content_type: bytes
    #: The body's bytes as its sender has said, 0 where it has not.
    length: int
    #: Whether its sender waits for leave to send it.
    waits: bool
    #: Whether it is not sent as it is: unpacking would change its length on the way.
    is_packed: bool


def read_head(version: str, target: bytes, headers: Headers) -> Head:
    """Refused when nobody may rely on where this request goes, or where it ends. Names are in small letters."""
    if version not in {"1.0", "1.1"}:
        raise Refused(Refusal.BAD_HTTP, "version")
    if len(headers) > HEADERS_MAX or len(target) > TARGET_BYTES_MAX:
        raise Refused(Refusal.HEAD_TOO_LARGE)
    path, _, query = target.partition(b"?")
    if not _is_plain(path) or (query and (not _QUERY.fullmatch(query) or b"%00" in query)):
        raise Refused(Refusal.BAD_HTTP, "target")
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _ONCE:
            if name in found:
                raise Refused(Refusal.BAD_HTTP, name.decode("ascii"))
            found[name] = value
    host = found.get(b"host")
    if (version == "1.1") if host is None else not _is_host(host):
        raise Refused(Refusal.BAD_HTTP, "host")
    return Head(
        content_type=found.get(b"content-type", b""),
        length=_length(version, found),
        waits=_waits(found),
        is_packed=b"content-encoding" in found,
    )


def values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for known, value in headers if known == name]


@lru_cache(maxsize=256)
def _is_plain(path: bytes) -> bool:
    """A path from the root that means the same before and after any decoding and joining: a proxy that lets `/v1/`
    through lets nothing else through.
    """
    parts = path.split(b"/")
    is_joined = b"" in parts[1:-1] or b"." in parts or b".." in parts
    return not is_joined and not _CONCEALED.search(path) and _PATH.fullmatch(path) is not None


@lru_cache(maxsize=256)
def _is_host(host: bytes) -> bool:
    return _HOST.fullmatch(host) is not None


def _length(version: str, found: dict[bytes, bytes]) -> int:
    length, coding = found.get(b"content-length"), found.get(b"transfer-encoding")
    if length is not None and not _LENGTH.fullmatch(length):
        raise Refused(Refusal.BAD_HTTP, "content-length")
    if coding is not None and (length is not None or version == "1.0" or coding.lower() != b"chunked"):
        raise Refused(Refusal.BAD_HTTP, "transfer-encoding")
    return int(length or 0)


def _waits(found: dict[bytes, bytes]) -> bool:
    if b"upgrade" in found:
        raise Refused(Refusal.BAD_HTTP, "upgrade")
    expected = found.get(b"expect")
    if expected is not None and expected.lower() != b"100-continue":
        raise Refused(Refusal.BAD_HTTP, "expect")
    return expected is not None
