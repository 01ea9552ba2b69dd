"""The growing tree, held against one that is worked out anew from its leaves."""

import random
from collections.abc import Iterable

import pytest

from hadir.ledger.tree import TILE_WIDTH, Tree, fold
from hadir.records.merkle import inclusion_lines, inclusion_proof, node_hash
from hadir.records.receipt import path_line

#: Beside the places where a tile of leaves, and one of tiles, becomes full.
SIZES = [0, 1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 1_000, 65_535, 65_536, 65_537, 65_800, 66_048, 66_100]
LEAVES = [number.to_bytes(32, "big") for number in range(SIZES[-1])]


class Grown:
    """A tree and the tiles that it completed."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.tree = Tree(self.tile)

    def tile(self, level: int, number: int) -> bytes:
        return self.tiles[level, number]

    def grow(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            for level, number, hashes in self.tree.append(leaf):
                self.tiles[level, number] = hashes


def root_of(leaves: list[bytes]) -> bytes:
    """By the perfect subtrees of the binary digits, from the right."""
    whole, begin = [], 0
    for bit in reversed(range(len(leaves).bit_length())):
        if len(leaves) >> bit & 1:
            whole.append(fold(leaves[begin : begin + (1 << bit)]))
            begin += 1 << bit
    value = whole.pop()
    while whole:
        value = node_hash(whole.pop(), value)
    return value


def test_a_tree_grown_or_resumed_answers_for_every_subtree_and_for_no_other() -> None:
    dice, grown = random.Random(1), Grown()
    for size in SIZES:
        grown.grow(LEAVES[grown.tree.size : size])
        resumed = Tree(grown.tile)
        resumed.resume(size, LEAVES[size - size % TILE_WIDTH : size])
        for tree in (grown.tree, resumed):
            assert not size or tree.root() == root_of(LEAVES[:size])
            for level in range(18):
                whole = size >> level
                for position in {0, whole - 1, whole // 2, dice.randrange(whole + 1)} - {-1, whole}:
                    assert tree.node(level, position) == fold(LEAVES[position << level : (position + 1) << level])
                with pytest.raises(IndexError):
                    tree.node(level, whole)


def test_a_batch_shares_what_is_above_it_and_each_has_its_own_proof() -> None:
    dice, grown = random.Random(2), Grown()
    for size in SIZES[1:]:
        grown.grow(LEAVES[grown.tree.size : size])
        wanted = {0, size - 1, *range(max(0, size - 40), size, 3), *(dice.randrange(size) for _ in range(20))}
        lines = inclusion_lines(wanted, size, grown.tree.node, path_line)
        assert lines == {
            index: "".join(map(path_line, inclusion_proof(index, size, grown.tree.node))) for index in wanted
        }
    assert inclusion_lines([], size, grown.tree.node, path_line) == {}
    for index in (-1, size):
        with pytest.raises(ValueError, match="not in a tree"):
            inclusion_lines([index], size, grown.tree.node, path_line)
