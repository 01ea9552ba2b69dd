"""Which head of a request is taken (RFC 9112), by the gate and by the door.

The parser (llhttp) has found its parts; what it leaves open is decided here, strictly: a head that two programs could
read in two ways is read by none.
"""

import re
from collections.abc import Sequence

from hadir.records.refusals import Refusal, Refused

HEADERS_MAX = 100
#: What the office's server takes (gunicorn's `limit_request_line`, with the method and the version).
TARGET_BYTES_MAX = 4_000
Headers = Sequence[tuple[bytes, bytes]]

_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
#: Visible ASCII without `#` and the backslash, which some programs take for a slash.
_PATH = re.compile(rb"/(?:[!-\"$&-\[\]-~]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(rb"[!-\"$-~]*")
#: Decoded by a program behind, these would be another address: `.`, `/`, the backslash, control characters.
_CONCEALED = re.compile(rb"%(?:2[eE]|2[fF]|5[cC]|[01][0-9A-Fa-f]|7[fF])")
_LENGTH = re.compile(rb"[0-9]{1,15}")


def check_head(version: str, target: bytes, headers: Headers) -> None:
    """Refused when nobody may rely on where this request goes, or where it ends. Names are in small letters."""
    if version not in {"1.0", "1.1"}:
        raise Refused(Refusal.BAD_HTTP, "version")
    if len(headers) > HEADERS_MAX or len(target) > TARGET_BYTES_MAX:
        raise Refused(Refusal.HEAD_TOO_LARGE)
    _check_target(target)
    hosts = values(headers, b"host")
    if len(hosts) > 1 or (not hosts and version == "1.1") or not all(map(_HOST.fullmatch, hosts)):
        raise Refused(Refusal.BAD_HTTP, "host")
    _check_framing(version, headers)


def check_body(headers: Headers) -> None:
    """Refused when the body is not sent as it is: whoever unpacked it would change its length on the way."""
    if values(headers, b"content-encoding"):
        raise Refused(Refusal.ENCODED_BODY)


def values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for known, value in headers if known == name]


def length_of(headers: Headers) -> int:
    """The body's bytes as its sender has said, 0 where it has not. Of a head that was checked."""
    lengths = values(headers, b"content-length")
    return int(lengths[0]) if lengths else 0


def _check_target(target: bytes) -> None:
    """A path from the root that means the same before and after any decoding and joining: whoever lets `/v1/` through
    lets nothing else through.
    """
    path, _, query = target.partition(b"?")
    parts = path.split(b"/")
    is_plain = not _CONCEALED.search(path) and not {b".", b".."} & set(parts) and b"" not in parts[1:-1]
    if not (is_plain and _PATH.fullmatch(path) and _QUERY.fullmatch(query)) or b"%00" in query:
        raise Refused(Refusal.BAD_HTTP, "target")


def _check_framing(version: str, headers: Headers) -> None:
    lengths, codings = values(headers, b"content-length"), values(headers, b"transfer-encoding")
    if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
        raise Refused(Refusal.BAD_HTTP, "content-length")
    if codings and (lengths or version == "1.0" or [coding.lower() for coding in codings] != [b"chunked"]):
        raise Refused(Refusal.BAD_HTTP, "transfer-encoding")
    if any(value.lower() != b"100-continue" for value in values(headers, b"expect")):
        raise Refused(Refusal.BAD_HTTP, "expect")
    if values(headers, b"upgrade"):
        raise Refused(Refusal.BAD_HTTP, "upgrade")
