"""Proofs between any two sizes of a journal, against a head kept elsewhere (RFC 6962 section 2.1; C2SP tlog-tiles'
layout).

Read from what is stored, beside the writer. The work is bounded: a proof names at most 63 hashes, and a hash that no
stored tile holds is folded from at most 256 of them on each level, which is remembered.
"""

from functools import lru_cache
from pathlib import Path

from hadir.ledger import JournalError
from hadir.ledger.sqlite import JournalReader
from hadir.ledger.tree import HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, fold, split
from hadir.records.merkle import consistency_proof, inclusion_proof, leaf_hash

_REMEMBERED_MAX = 65_536
_CACHED_TILES_MAX = 64


class Prover(JournalReader):
    """Answers for one journal. Not for two threads at once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._tile = lru_cache(_CACHED_TILES_MAX)(self._split_tile)
        self._folded = lru_cache(_REMEMBERED_MAX)(self._fold_tile)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The audit path of leaf `index` among the first `size`. ValueError unless 0 <= index < size <= `size()`."""
        self._check(size)
        return inclusion_proof(index, size, self._node)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """That the first `new` leaves begin with the first `old`. ValueError unless 0 < old <= new <= `size()`."""
        self._check(new)
        return consistency_proof(old, new, self._node)

    def _check(self, size: int) -> None:
        here = self.size()
        if size > here:
            raise ValueError(f"the journal has {here} leaves, not {size}")

    def _node(self, level: int, position: int) -> bytes:
        """Hash of a perfect subtree that lies within the journal."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = position << height
        number, place = divmod(first, TILE_WIDTH)
        if self._db.execute("SELECT 1 FROM tile WHERE level = ? AND number = ?", (tile_level, number)).fetchone():
            return fold(self._tile(tile_level, number)[place : place + (1 << height)])
        return fold([self._edge(tile_level, at) for at in range(first, first + (1 << height))])

    def _edge(self, tile_level: int, position: int) -> bytes:
        """A hash that no full tile holds yet."""
        if tile_level:
            return self._folded(tile_level - 1, position)
        return leaf_hash(self._db.execute("SELECT data FROM leaf WHERE idx = ?", (position,)).fetchone()[0])

    def _fold_tile(self, level: int, number: int) -> bytes:
        return fold(self._tile(level, number))

    def _split_tile(self, level: int, number: int) -> list[bytes]:
        hashes = self._read_tile(level, number)
        if len(hashes) != TILE_WIDTH * HASH_BYTES:
            raise JournalError(f"tile {number} of level {level} has another length. Run hadir audit.")
        return split(hashes)
