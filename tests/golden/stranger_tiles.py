"""A stranger's reader of published tiles: from C2SP tlog-tiles and RFC 6962, nothing of ours.

    python tests/golden/stranger_tiles.py http://127.0.0.1:8000 KEY POSITION

fetches the checkpoint, checks the log's signature (KEY is its verifier key, `name+id+key`), fetches
what it needs of the tiles, and proves that the record at a position is under that checkpoint.
"""

import base64
import hashlib
import sys
import urllib.request

from nacl.signing import VerifyKey

WIDTH = 256


class Log:
    """Read a published log.

    Args:
        url: Its address.
        key: Its verifier key.
    """

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        note = self.fetch("checkpoint").decode()
        text = note[: note.index("\n\n") + 1]
        self.origin, size, root = text.splitlines()[:3]
        self.size, self.root = int(size), base64.b64decode(root)
        self.tiles: dict[str, bytes] = {}
        _check(text, note[len(text) :], key)

    def fetch(self, path: str) -> bytes:
        """Fetch a file."""
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=10) as answer:
            content: bytes = answer.read()
        return content

    def prove(self, position: int) -> bytes:
        """Return the record at a position; anything wrong fails an assertion."""
        record = self.entry(position)
        leaf = hashlib.sha256(b"\x00" + record).digest()
        assert leaf == self.subtree(0, position)
        assert self.climbed(leaf, position, (0, self.size)) == self.root
        return record

    def climbed(self, leaf: bytes, position: int, place: tuple[int, int]) -> bytes:
        """Return the root over a stretch of the tree, with a leaf put in its place."""
        start, count = place
        if count == 1:
            return leaf
        left = 1 << (count - 1).bit_length() - 1
        if position < start + left:
            one = self.climbed(leaf, position, (start, left))
            other = self.root_of(start + left, count - left)
        else:
            one = self.root_of(start, left)
            other = self.climbed(leaf, position, (start + left, count - left))
        return hashlib.sha256(b"\x01" + one + other).digest()

    def root_of(self, start: int, count: int) -> bytes:
        """Return the root over a stretch of the tree, from its complete subtrees."""
        level = count.bit_length() - 1
        if count == 1 << level:
            return self.subtree(level, start >> level)
        left = 1 << level
        halves = self.root_of(start, left), self.root_of(start + left, count - left)
        return hashlib.sha256(b"\x01" + b"".join(halves)).digest()

    def subtree(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree, from the tile that has its leaves."""
        tile_level, height = divmod(level, 8)
        first = index << height
        tile, offset = divmod(first, WIDTH)
        width = min(WIDTH, (self.size >> 8 * tile_level) - tile * WIDTH)
        content = self.tile(f"tile/{tile_level}/{_numbered(tile, width)}")
        hashes = [content[32 * n : 32 * n + 32] for n in range(offset, offset + (1 << height))]
        while len(hashes) > 1:
            pairs = zip(hashes[::2], hashes[1::2], strict=True)
            hashes = [hashlib.sha256(b"\x01" + one + other).digest() for one, other in pairs]
        return hashes[0]

    def entry(self, position: int) -> bytes:
        """Return a record from its bundle: each stands behind its length."""
        tile, offset = divmod(position, WIDTH)
        width = min(WIDTH, self.size - tile * WIDTH)
        content = self.tile(f"tile/entries/{_numbered(tile, width)}")
        for _ in range(offset):
            content = content[2 + int.from_bytes(content[:2], "big") :]
        return content[2 : 2 + int.from_bytes(content[:2], "big")]

    def tile(self, path: str) -> bytes:
        """Fetch a file once."""
        if path not in self.tiles:
            self.tiles[path] = self.fetch(path)
        return self.tiles[path]


def _numbered(tile: int, width: int) -> str:
    digits = f"{tile:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[n : n + 3] for n in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == WIDTH else f"{path}.p/{width}"


def _check(text: str, signatures: str, key: str) -> None:
    """Check the log's own signature; those of others are for who knows their keys."""
    name, key_id, encoded = key.split("+", 2)
    kind, *public = base64.b64decode(encoded)
    assert kind == 1
    assert text.startswith(f"{name}\n")
    for line in signatures.splitlines():
        if line.startswith(f"— {name} "):
            data = base64.b64decode(line.rpartition(" ")[2])
            assert data[:4].hex() == key_id
            VerifyKey(bytes(public)).verify(text.encode(), data[4:])
            return
    raise AssertionError(f"{name} has not signed the checkpoint")


if __name__ == "__main__":
    found = Log(sys.argv[1], sys.argv[2])
    proved = found.prove(int(sys.argv[3]))
    sys.stdout.write(
        f"{found.origin} signed {found.size} records; the one at {sys.argv[3]} is\n{proved.hex()}\n"
    )
