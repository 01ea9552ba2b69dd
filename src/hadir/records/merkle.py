"""The Merkle tree of RFC 6962 section 2.1, as functions of hashes.

A tree of n leaves is the perfect subtrees of its binary digits, read from the left. `Node(level, position)` names the
perfect subtree over leaves [position << level, (position + 1) << level); a store of a tree only has to answer for
perfect subtrees, which never change once complete.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()

#: (level, position) -> hash of that perfect subtree.
NodeReader = Callable[[int, int], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf's bytes, 32 bytes (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node, 32 bytes (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def _range_hash(begin: int, end: int, read: NodeReader) -> bytes:
    """Hash of the tree over leaves [begin, end), where `begin` is aligned as RFC 6962 splits are."""
    width = end - begin
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return read(level, begin >> level)
    split = begin + (1 << ((width - 1).bit_length() - 1))
    return node_hash(_range_hash(begin, split, read), _range_hash(split, end, read))


def root(size: int, read: NodeReader) -> bytes:
    """Root hash of the first `size` leaves (RFC 6962 section 2.1)."""
    return _range_hash(0, size, read) if size else EMPTY_ROOT


def grown(size: int, peaks: Sequence[bytes], hashes: Iterable[bytes]) -> tuple[int, tuple[bytes, ...]]:
    """(size, peaks) of a tree once these leaf hashes are added. Peaks are the roots of its largest perfect subtrees,
    from the left: one for each binary digit of its size.
    """
    stack = list(peaks)
    for value in hashes:
        size += 1
        peak, left = value, size
        while left & 1 == 0:
            peak, left = node_hash(stack.pop(), peak), left >> 1
        stack.append(peak)
    return size, tuple(stack)


def root_of_peaks(peaks: Sequence[bytes]) -> bytes:
    """Root hash of the tree that has these peaks."""
    if not peaks:
        return EMPTY_ROOT
    *lefts, found = peaks
    for left in reversed(lefts):
        found = node_hash(left, found)
    return found


def inclusion_proof(index: int, size: int, read: NodeReader) -> list[bytes]:
    """Audit path of leaf `index` among `size` leaves, from the leaf's sibling upward (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"index {index} is not in a tree of {size}")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        split = begin + (1 << ((end - begin - 1).bit_length() - 1))
        if index < split:
            path.append(_range_hash(split, end, read))
            end = split
        else:
            path.append(_range_hash(begin, split, read))
            begin = split
    path.reverse()
    return path


def inclusion_lines(
    indices: Iterable[int], size: int, read: NodeReader, spell: Callable[[bytes], str]
) -> dict[int, str]:
    """Audit paths as `inclusion_proof` gives them, by index, each as its hashes' lines, one after the other; what lies
    above several leaves is worked out and spelt once.
    """
    wanted = sorted(set(indices))
    if wanted and not 0 <= wanted[0] <= wanted[-1] < size:
        raise ValueError(f"an index is not in a tree of {size}")
    paths: dict[int, str] = {}
    open_ranges = [(0, size, 0, len(wanted), "")] if wanted else []
    while open_ranges:
        begin, end, first, last, above = open_ranges.pop()
        if end - begin == 1:
            paths[begin] = above
            continue
        split = begin + (1 << ((end - begin - 1).bit_length() - 1))
        place = bisect_left(wanted, split, first, last)
        if place > first:
            open_ranges.append((begin, split, first, place, spell(_range_hash(split, end, read)) + above))
        if place < last:
            open_ranges.append((split, end, place, last, spell(_range_hash(begin, split, read)) + above))
    return paths


def root_from_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root that `path` leads to from the leaf hash `leaf` (RFC 9162 section 2.1.3.2).

    ValueError when the path's length is wrong.
    """
    if not 0 <= index < size:
        raise ValueError(f"index {index} is not in a tree of {size}")
    position, last, value = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ValueError("inclusion proof too long")
        if position & 1 or position == last:
            value = node_hash(sibling, value)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            value = node_hash(value, sibling)
        position >>= 1
        last >>= 1
    if last:
        raise ValueError("inclusion proof too short")
    return value


def consistency_proof(old: int, new: int, read: NodeReader) -> list[bytes]:
    """Proof that the tree of `new` leaves begins with the tree of `old` leaves (RFC 6962 section 2.1.2)."""
    if not 0 < old <= new:
        raise ValueError(f"no consistency proof from {old} to {new}")
    path: list[bytes] = []
    begin, end, whole = 0, new, True
    while old != end:
        split = begin + (1 << ((end - begin - 1).bit_length() - 1))
        if old <= split:
            path.append(_range_hash(split, end, read))
            end = split
        else:
            path.append(_range_hash(begin, split, read))
            begin, whole = split, False
    if not whole:
        path.append(_range_hash(begin, end, read))
    path.reverse()
    return path
