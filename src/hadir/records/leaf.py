"""A leaf: what a journal keeps of one record (docs/record-format.md section 3)."""

import struct
from functools import lru_cache

import msgspec

from hadir.records.kinds import Kind
from hadir.records.merkle import leaf_hash

_VERSION = 1
_HEAD = struct.Struct(">BBB")
_TAIL = struct.Struct(">QQI")


class Leaf(msgspec.Struct, frozen=True):
    """`received_at_ms` is the writer's wall clock; `body` the exact bytes of the record."""

    kind: Kind
    origin: str
    index: int
    received_at_ms: int
    body: bytes

    @property
    def header(self) -> bytes:
        """Everything before the body."""
        return _begin(self.kind, self.origin) + _TAIL.pack(self.index, self.received_at_ms, len(self.body))

    @property
    def data(self) -> bytes:
        """The leaf's bytes, which the Merkle tree hashes."""
        return self.header + self.body

    @property
    def hash(self) -> bytes:
        return leaf_hash(self.data)


@lru_cache(256)
def _begin(kind: Kind, origin: str) -> bytes:
    """What all leaves of a kind begin with in one journal."""
    name = origin.encode("ascii")
    return _HEAD.pack(_VERSION, kind, len(name)) + name


def parse_leaf(data: bytes) -> Leaf:
    """The leaf in `data`. ValueError unless `data` is exactly one leaf of version 1."""
    leaf, rest = parse_leaf_header(data)
    if len(rest) != leaf[4]:
        raise ValueError("the leaf's body has another length")
    kind, origin, index, received_at_ms, _ = leaf
    return Leaf(kind=kind, origin=origin, index=index, received_at_ms=received_at_ms, body=rest)


def parse_leaf_header(data: bytes) -> tuple[tuple[Kind, str, int, int, int], bytes]:
    """((kind, origin, index, received_at_ms, body length), bytes after the header).

    ValueError for any other version or shape.
    """
    try:
        version, kind, origin_len = _HEAD.unpack_from(data)
        origin = data[_HEAD.size : _HEAD.size + origin_len].decode("ascii")
        index, received_at_ms, body_len = _TAIL.unpack_from(data, _HEAD.size + origin_len)
    except (struct.error, UnicodeDecodeError) as error:
        raise ValueError("not a leaf") from error
    if version != _VERSION or not origin:
        raise ValueError("a leaf of another version")
    return (Kind(kind), origin, index, received_at_ms, body_len), data[_HEAD.size + origin_len + _TAIL.size :]
