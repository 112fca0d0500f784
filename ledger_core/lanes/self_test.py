"""The test that lanes pass each time they are loaded: libsodium's verdicts, good and bad."""

from collections.abc import Iterator

import numpy as np

from ledger_core.errors import EngineError
from ledger_core.keys import KeyPair
from ledger_core.lanes.curve import ORDER, PRIME, SMALL_ORDER_YS
from ledger_core.lanes.verifier import Verifier
from ledger_core.sodium import verify_by_sodium

__all__ = ["check_lanes"]

_LENGTHS = (0, 47, 48, 111, 192)
"""Lengths of messages: none, around the ends of SHA-512's blocks, and a record's."""

_PAIRS = 3

_ROUNDS = 3
"""The first time keys are new, the second time they get their combs, the third time they have."""

Case = tuple[bytes, bytes, bytes]
"""Key, message and signature."""


def check_lanes(verifier: Verifier) -> None:
    """Compare verdicts of lanes with those of libsodium; takes 20 ms.

    Args:
        verifier: The lanes.

    Raises:
        EngineError: They differ.
    """
    for length in _LENGTHS:
        cases = list(_cases(length))
        arrays = [
            np.frombuffer(b"".join(column), np.uint8).reshape(len(cases), -1)
            for column in zip(*cases, strict=True)
        ]
        expected = verify_by_sodium(arrays[0], arrays[1], arrays[2])
        assert expected.any(), "some cases are good"
        assert not expected.all(), "and some are not"
        for _ in range(_ROUNDS):
            if (verifier.verify(arrays[0], arrays[1], arrays[2]) != expected).any():
                raise EngineError(
                    "The engine 'lanes' fails its self-test on this machine: "
                    "choose the engine 'sodium', and report this."
                )


def _cases(length: int) -> Iterator[Case]:
    """Yield good signatures over messages of some length, and each of them spoilt in many ways."""
    for number in range(_PAIRS):
        pair = KeyPair.from_seed(bytes([number + 1]) * 32)
        message = bytes((number + index) % 256 for index in range(length))
        signature = pair.sign(message)
        yield pair.public_key, message, signature
        yield from ((key, message, signature) for key in _changed(pair.public_key))
        yield from ((pair.public_key, message, other) for other in _changed(signature))
        if message:
            yield pair.public_key, message[:-1] + bytes([message[-1] ^ 1]), signature
        scalar = int.from_bytes(signature[32:], "little") + ORDER
        yield pair.public_key, message, signature[:32] + scalar.to_bytes(32, "little")
        for point in _awkward_points():
            yield point, message, point + bytes(32)
            yield pair.public_key, message, point + signature[32:]


def _changed(data: bytes) -> Iterator[bytes]:
    """Yield bytes with one bit changed, in several places."""
    for bit in range(0, 8 * len(data), 61):
        number = int.from_bytes(data, "little") ^ (1 << bit)
        yield number.to_bytes(len(data), "little")


def _awkward_points() -> Iterator[bytes]:
    """Yield points of small order, and some whose y is not below the prime."""
    for y in (*SMALL_ORDER_YS, PRIME, PRIME + 1, PRIME + 3):
        yield y.to_bytes(32, "little")
        yield (y | 1 << 255).to_bytes(32, "little")
