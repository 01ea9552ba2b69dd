"""Ids of the office's own records: UUIDv7 by time, UUIDv8 by content (RFC 9562 sections 5.7 and 5.8)."""

import uuid

RANDOM_BYTES = 10


def uuid7(at_ms: int, random: bytes) -> str:
    """`random` is ten bytes, from `secrets` in the office and from a seed in a rehearsal that must repeat itself."""
    assert len(random) == RANDOM_BYTES
    bits = at_ms.to_bytes(6, "big") + random
    number = int.from_bytes(bits, "big")
    number &= ~(0xF000 << 64) & ~(0xC000 << 48)
    return str(uuid.UUID(int=number | 0x7000 << 64 | 0x8000 << 48))
