"""Ids that stand for a content: UUIDv8 (RFC 9562 section 5.8)."""

from __future__ import annotations

import uuid

_UUID_BYTES = 16


def uuid8(digest: bytes) -> str:
    """The id that stands for a content, from its SHA-256 (32 bytes): the same content, the same id."""
    number = int.from_bytes(digest[:_UUID_BYTES], "big")
    number &= ~(0xF000 << 64) & ~(0xC000 << 48)
    return str(uuid.UUID(int=number | 0x8000 << 64 | 0x8000 << 48))
