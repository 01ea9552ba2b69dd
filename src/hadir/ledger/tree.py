"""The Merkle tree of a growing journal, in tiles of 256 hashes (the layout of C2SP tlog-tiles).

Tile level L holds hashes of tree level 8 L. Full tiles never change and are stored; the one unfinished tile of each
level is the *edge*, held in memory and rebuilt from the leaves at start.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence

from hadir.records.merkle import node_hash, root

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
HASH_BYTES = 32
_CACHED_NODES_MAX = 8_192
#: Height within a tile -> its last place there, which is a mask too.
_PLACES = [(TILE_WIDTH >> height) - 1 for height in range(TILE_HEIGHT + 1)]

#: (tile level, tile number) -> the tile's 256 hashes, 8,192 bytes.
TileReader = Callable[[int, int], bytes]


class Tree:
    """Grows by leaf hashes and answers for any perfect subtree."""

    def __init__(self, read_tile: TileReader) -> None:
        self._read_tile = read_tile
        self._edge = [_Tile()]
        self._nodes: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self.size = 0

    def append(self, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Add a leaf hash; yields (tile level, tile number, hashes) for each tile that it completes."""
        self.size += 1
        level, value = 0, leaf
        while True:
            if level == len(self._edge):
                self._edge.append(_Tile())
            tile = self._edge[level]
            tile.add(value)
            if len(tile.rows[0]) < TILE_WIDTH:
                return
            self._edge[level] = _Tile(before=tile)
            yield level, (self.size >> TILE_HEIGHT * (level + 1)) - 1, b"".join(tile.rows[0])
            level, value = level + 1, tile.rows[TILE_HEIGHT][0]

    def resume(self, size: int, last_leaves: Iterable[bytes]) -> None:
        """Stand where a journal of `size` leaves stands; `last_leaves` are the hashes of its last `size % 256`."""
        self.size = size
        self._edge = [_Tile(last_leaves)]
        count = size >> TILE_HEIGHT
        while count:
            level, begin = len(self._edge) - 1, count & ~(TILE_WIDTH - 1)
            self._edge.append(_Tile(fold(split(self._read_tile(level, number))) for number in range(begin, count)))
            count >>= TILE_HEIGHT

    def root(self) -> bytes:
        """Root hash of all leaves so far."""
        return root(self.size, self.node)

    def node(self, level: int, position: int) -> bytes:
        """Hash of the perfect subtree of `2 ** level` leaves at `position`. IndexError when it is not complete."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        ago = (self.size >> TILE_HEIGHT * (tile_level + 1)) - (position >> TILE_HEIGHT - height)
        if ago == 0:
            return self._edge[tile_level].rows[height][position & _PLACES[height]]
        before = self._edge[tile_level].before if ago == 1 else None
        if before is not None:
            return before.rows[height][position & _PLACES[height]]
        return self._old_node(level, position)

    def _old_node(self, level: int, position: int) -> bytes:
        """As `node`, of a tile that was stored a while ago."""
        key = (level, position)
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = self._compute(level, position)
            if len(self._nodes) > _CACHED_NODES_MAX:
                self._nodes.popitem(last=False)
        return found

    def _compute(self, level: int, position: int) -> bytes:
        if (position + 1) << level > self.size:
            raise IndexError(f"subtree {position} of level {level} is not complete")
        tile_level, height = divmod(level, TILE_HEIGHT)
        if height:
            return node_hash(self.node(level - 1, 2 * position), self.node(level - 1, 2 * position + 1))
        number, place = divmod(position, TILE_WIDTH)
        begin = place * HASH_BYTES
        return self._read_tile(tile_level, number)[begin : begin + HASH_BYTES]


class _Tile:
    """A tile that fills: `rows[0]` its hashes, the rows above them what each two lead to.

    `before` is its left neighbour, if that was filled a moment ago.
    """

    __slots__ = ("before", "rows")

    def __init__(self, hashes: Iterable[bytes] = (), *, before: "_Tile | None" = None) -> None:
        self.rows: list[list[bytes]] = [[] for _ in range(TILE_HEIGHT + 1)]
        self.before = before
        if before is not None:
            before.before = None
        for value in hashes:
            self.add(value)

    def add(self, value: bytes) -> None:
        for row in self.rows:
            row.append(value)
            if len(row) & 1:
                return
            value = node_hash(row[-2], value)


def split(tile: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def fold(hashes: Sequence[bytes]) -> bytes:
    """Root over a power of two of hashes (RFC 6962 section 2.1), written flat: this is half of an audit's time."""
    digest, level = hashlib.sha256, hashes
    while len(level) > 1:
        pairs = iter(level)
        level = [digest(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return level[0]
