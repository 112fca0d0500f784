"""One engine that makes bad inputs out of good ones: seeded, and aware of how they are built.

Half of all inputs are changed as bytes: bits flipped, cut, spliced with another sample, a number
written over what may be a length. The other half are taken apart first, as MessagePack or JSON,
and put together again with another value, a huge number, the wrong type, or a deep nest in them.
"""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import msgspec

__all__ = ["Mutator"]

DEPTHS = (10, 100, 600, 1_500, 5_000)
"""How deep a nest is; Python's own limit lies at a thousand."""

SIZE_MAX = 64 * 1024
"""An input that grew beyond this is cut: its decoder refuses it unread. [bytes]"""

CHANGES_MAX = 4
"""Changes of one input."""

NUMBERS = (
    *(0, 1, -1, 2, 127, 128, 255, 256, 1_000, 32_767, 65_535, 65_536),
    *(2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1, -(2**63)),
)
"""Numbers at which something changes."""

TEXTS = (
    "", "\0", "a" * 300, "\N{RIGHT-TO-LEFT OVERRIDE}", "../../etc/passwd", "-", "1e999", "NaN",
    "\N{GRINNING FACE}" * 70, "tcp://[::1", "٣", "\ufeff", "true", "0x10", " 1 ", "__class__",
)  # fmt: skip
"""Texts that somebody has stumbled over."""

BROKEN_UTF8 = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\x00")
"""Bytes that are no text."""

NESTS = (b"\x91", b"\x81\xa1a", b"[", b'{"a":', b"[[", b"\xdd\x00\x00\x00\x01")
"""Beginnings of arrays and maps, in MessagePack and JSON."""

Change = Callable[[bytearray], bytearray]


class Mutator:
    """Makes bad inputs.

    Args:
        seed: Decides all chance.
    """

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._changes: Sequence[Change] = (
            self._flip,
            self._flip,
            self._cut,
            self._drop,
            self._repeat,
            self._insert,
            self._number,
            self._number,
            self._nest,
            self._digits,
        )

    def mutated(self, samples: Sequence[bytes], *, skip: int = 0) -> bytes:
        """Return a bad input.

        Args:
            samples: Good inputs.
            skip: Bytes at the beginning of each that stand before its structure.
        """
        sample = self._chance.choice(samples)
        if self._chance.random() < 0.5:
            built = self._rebuilt(sample[skip:])
            if built is not None:
                return (sample[:skip] + built)[:SIZE_MAX]
        data = bytearray(sample)
        if self._chance.random() < 0.1:
            data = self._spliced(data, self._chance.choice(samples))
        for _ in range(self._chance.randint(1, CHANGES_MAX)):
            data = self._chance.choice(self._changes)(data)
        return bytes(data[:SIZE_MAX])

    def _at(self, data: bytearray) -> int:
        """Return a place in an input, its end included."""
        return self._chance.randint(0, len(data))

    def _flip(self, data: bytearray) -> bytearray:
        if data:
            data[self._chance.randrange(len(data))] ^= 1 << self._chance.randrange(8)
        return data

    def _cut(self, data: bytearray) -> bytearray:
        return data[: self._at(data)] if self._chance.random() < 0.7 else data[self._at(data) :]

    def _drop(self, data: bytearray) -> bytearray:
        start = self._at(data)
        del data[start : start + self._chance.randint(1, 32)]
        return data

    def _repeat(self, data: bytearray) -> bytearray:
        start = self._at(data)
        part = data[start : start + self._chance.randint(1, 300)]
        data[start:start] = part * self._chance.choice((1, 1, 2, 50))
        return data

    def _insert(self, data: bytearray) -> bytearray:
        start = self._at(data)
        kind = self._chance.randrange(3)
        new = self._chance.choice(BROKEN_UTF8)
        if kind == 0:
            new = self._chance.randbytes(self._chance.randint(1, 40))
        elif kind == 1:
            new = self._chance.choice(TEXTS).encode("utf-8", "surrogatepass")
        data[start:start] = new
        return data

    def _number(self, data: bytearray) -> bytearray:
        """Write a number over bytes that may say how long something is."""
        size = self._chance.choice((1, 2, 4, 8))
        number = self._chance.choice(NUMBERS) % (1 << 8 * size)
        start = self._at(data)
        data[start : start + size] = number.to_bytes(size, self._chance.choice(("little", "big")))
        return data

    def _digits(self, data: bytearray) -> bytearray:
        """Write a number as text, where texts hold numbers."""
        start = self._at(data)
        data[start : start + self._chance.randint(0, 4)] = str(
            self._chance.choice((*NUMBERS, 10**40, -(10**400)))
        ).encode()
        return data

    def _nest(self, data: bytearray) -> bytearray:
        start = self._at(data)
        data[start:start] = self._chance.choice(NESTS) * self._chance.choice(DEPTHS)
        return data

    def _spliced(self, data: bytearray, other: bytes) -> bytearray:
        return data[: self._at(data)] + other[self._chance.randint(0, len(other)) :]

    def _rebuilt(self, data: bytes) -> bytes | None:
        """Return an input put together anew with something else in it, None where it has no parts.

        What is signed or checked by a sum is so no more; a target may do that again.
        """
        try:
            return msgspec.msgpack.encode(self._changed(msgspec.msgpack.decode(data)))
        except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError):
            pass
        try:
            text = json.dumps(self._changed(json.loads(data)))
        except (ValueError, TypeError, RecursionError):
            return None
        return text.encode()

    def _changed(self, value: Any) -> Any:  # noqa: ANN401 (anything that can be decoded)
        """Return a document with one of its values changed."""
        if isinstance(value, dict) and value and self._chance.random() < 0.9:
            key = self._chance.choice(list(value))
            roll = self._chance.random()
            rest = {name: each for name, each in value.items() if name != key}
            if roll < 0.08:
                return rest
            if roll < 0.12:
                return {**value, self._chance.choice(TEXTS): self._strange()}
            return {**value, key: self._changed(value[key])}
        if isinstance(value, list) and value and self._chance.random() < 0.8:
            at = self._chance.randrange(len(value))
            if self._chance.random() < 0.1:
                return value * self._chance.choice((0, 2, 100))
            return [*value[:at], self._changed(value[at]), *value[at + 1 :]]
        return self._strange()

    def _strange(self) -> Any:  # noqa: ANN401 (anything)
        """Return a value that nobody expects."""
        kind = self._chance.randrange(8)
        if kind == 0:
            return self._chance.choice(TEXTS)
        if kind == 1:
            return self._chance.randbytes(self._chance.choice((0, 1, 16, 31, 32, 33, 64, 256)))
        if kind == 2:
            nest: Any = None
            for _ in range(self._chance.choice((1, 5, 50, 400))):
                nest = [nest] if self._chance.random() < 0.5 else {"a": nest}
            return nest
        if kind == 3:
            return self._chance.choice((None, True, False, [], {}, [None] * 300))
        if kind == 4:
            return self._chance.choice((0.5, -1e300, 1e-300, 1e308))
        return self._chance.choice(NUMBERS)
