"""What a phone does with a proof of consistency: the gate makes such proofs and checks none."""

from collections.abc import Sequence

from hadir.records.merkle import node_hash


def root_from_consistency(  # noqa: C901 - one algorithm of the RFC, step by step
    old: int, new: int, old_root: bytes, path: Sequence[bytes]
) -> bytes:
    """The new root that `path` proves from `old_root` (RFC 9162 section 2.1.4.2).

    ValueError when the proof does not hold.
    """
    if not 0 < old <= new:
        raise ValueError(f"no consistency proof from {old} to {new}")
    if old == new:
        if path:
            raise ValueError("consistency proof too long")
        return old_root
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        raise ValueError("consistency proof too short")
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    first = second = hashes[0]
    for value in hashes[1:]:
        if last == 0:
            raise ValueError("consistency proof too long")
        if position & 1 or position == last:
            first, second = node_hash(value, first), node_hash(value, second)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            second = node_hash(second, value)
        position >>= 1
        last >>= 1
    if last or first != old_root:
        raise ValueError("consistency proof does not lead from the old root")
    return second
