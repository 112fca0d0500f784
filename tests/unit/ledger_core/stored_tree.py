"""A tree whose complete subtrees are all kept, to make any proof from, and its published vectors.

The vectors are those of the Certificate Transparency project (`merkletree/merkle_tree_test.cc`),
which most implementations of RFC 6962 are held to.
"""

from hashlib import sha256

import numpy as np

from ledger_core import HASH_SIZE, Bytes, Frontier

LEAVES = [
    sha256(b"\x00" + bytes.fromhex(content)).digest()
    for content in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
"""Hashes of the eight published leaves."""

ROOTS = [
    bytes.fromhex(root)
    for root in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
"""The root over the first leaf, the first two, and so on."""


class StoredTree:
    """Grow a tree and keep all its complete subtrees."""

    def __init__(self) -> None:
        self.frontier = Frontier()
        self._levels: list[list[bytes]] = []

    def append(self, leaves: list[bytes]) -> None:
        """Add leaves as one batch, and store the subtrees that this brings."""
        before = self.frontier.size
        for level, rows in enumerate(self.frontier.append(rows_of(leaves))):
            if level == len(self._levels):
                self._levels.append([])
            assert len(self._levels[level]) == before >> level
            self._levels[level] += [row.tobytes() for row in rows]

    def read(self, level: int, index: int) -> bytes:
        """Give the hash of a complete subtree."""
        return self._levels[level][index]

    @property
    def size(self) -> int:
        """Leaves."""
        return self.frontier.size


def rows_of(leaves: list[bytes]) -> Bytes:
    """Put hashes into rows, shape (n, 32)."""
    return np.frombuffer(b"".join(leaves), np.uint8).reshape(-1, HASH_SIZE)


def numbered(count: int, *, start: int = 0) -> list[bytes]:
    """Return leaf hashes that all differ."""
    return [sha256(number.to_bytes(8, "little")).digest() for number in range(start, start + count)]


def tree_of(leaves: list[bytes]) -> StoredTree:
    """Return a tree over some leaves."""
    tree = StoredTree()
    tree.append(leaves)
    return tree
