"""Signatures, good ones and all kinds of bad ones, and libsodium's verdict on each."""

import hashlib
from collections.abc import Iterator
from random import Random

import numpy as np

from ledger_core import Bytes, KeyPair
from ledger_core.lanes.curve import (
    BASE,
    IDENTITY,
    ORDER,
    PRIME,
    SMALL_ORDER_YS,
    Point,
    add,
    affine,
    decode,
    encode,
    times,
)

Case = tuple[bytes, bytes, bytes]
"""Key, message and signature."""

PAIRS = [KeyPair.from_seed(bytes([number]) * 32) for number in range(1, 25)]


def arrays(cases: list[Case]) -> tuple[Bytes, Bytes, Bytes]:
    """Put cases with messages of one length into arrays."""
    widths = [len(part) for part in cases[0]]
    columns = [
        np.frombuffer(b"".join(column), np.uint8).reshape(len(cases), width)
        for column, width in zip(zip(*cases, strict=True), widths, strict=True)
    ]
    return columns[0], columns[1], columns[2]


def signed(random: Random, length: int) -> Case:
    """Sign a random message."""
    pair, message = random.choice(PAIRS), random.randbytes(length)
    return pair.public_key, message, pair.sign(message)


def flipped(random: Random, data: bytes) -> bytes:
    """Change one bit."""
    number = int.from_bytes(data, "little") ^ 1 << random.randrange(8 * len(data))
    return number.to_bytes(len(data), "little")


def spoilt(random: Random, length: int) -> Iterator[Case]:
    """Yield a good signature, and what becomes of it in many ways."""
    key, message, signature = signed(random, length)
    r, s = signature[:32], signature[32:]
    yield key, message, signature
    yield key, message, flipped(random, r) + s
    yield key, message, r + flipped(random, s)
    yield flipped(random, key), message, signature
    if message:
        yield key, flipped(random, message), signature
    multiple = random.randrange(1, 15)
    yield key, message, r + (int.from_bytes(s, "little") + multiple * ORDER).to_bytes(32, "little")
    yield random.choice(PAIRS[:3]).public_key, message, signature
    yield random.randbytes(32), message, random.randbytes(64)
    yield key, message, random.randbytes(32) + s


def awkward() -> list[bytes]:
    """Return points of small order, points that are not canonical, and 1 and -1 with a sign."""
    ys = [*SMALL_ORDER_YS, *range(PRIME, 2**255)]
    return [(y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1)]


def with_awkward_points(random: Random, length: int) -> Iterator[Case]:
    """Yield signatures whose A, or R, or both are points that libsodium refuses."""
    points = awkward()
    for point in points:
        key, message, signature = signed(random, length)
        yield key, message, point + signature[32:]
        yield point, message, signature
        yield point, message, random.choice(points) + bytes(32)
        yield point, message, point + bytes(32)


def torsion() -> list[Point]:
    """Return the eight points whose order divides eight."""
    for y in range(2, 100):
        point = decode(y.to_bytes(32, "little"))
        generator = IDENTITY if point is None else times(ORDER, point)
        if affine(times(4, generator)) != affine(IDENTITY):
            return [times(factor, generator) for factor in range(8)]
    raise AssertionError("half of all y have a point")


def of_mixed_order(random: Random, length: int) -> Iterator[Case]:
    """Yield signatures of keys outside the prime-order subgroup: the equation's edge cases.

    With A = aB + T and R = rB + T' the equation holds for some T and T' with cofactor, for fewer
    without: where libraries differ.
    """
    small = torsion()
    for own in small:
        for other in small:
            secret, nonce = random.randrange(1, ORDER), random.randrange(1, ORDER)
            key = encode(add(times(secret, BASE), own))
            r = encode(add(times(nonce, BASE), other))
            yield _solved(random.randbytes(length), (key, r), (secret, nonce))
            yield _solved(random.randbytes(length), (key, encode(other)), (secret, 0))


def _solved(message: bytes, points: tuple[bytes, bytes], scalars: tuple[int, int]) -> Case:
    (key, r), (secret, nonce) = points, scalars
    digest = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little")
    return key, message, r + ((nonce + digest * secret) % ORDER).to_bytes(32, "little")


def with_edge_scalars(random: Random, length: int) -> Iterator[Case]:
    """Yield signatures whose S lies at an edge."""
    edges = (0, 1, ORDER - 1, ORDER, ORDER + 1, 2**252, 2**253 - 1, 2**255, 2**256 - 1)
    for scalar in edges:
        key, message, signature = signed(random, length)
        yield key, message, signature[:32] + scalar.to_bytes(32, "little")


def secret_scalar(pair: KeyPair) -> int:
    """Return the number that a key is that many times the base point of."""
    digest = int.from_bytes(hashlib.sha512(pair.seed).digest()[:32], "little")
    return digest & (1 << 254) - 8 | 1 << 254


def forged(pair: KeyPair, key: bytes, message: bytes) -> bytes:
    """Sign with one key under the name of another: good wherever the one stands for the other."""
    nonce = int.from_bytes(hashlib.sha512(message).digest(), "little") % ORDER
    r = encode(times(nonce, BASE))
    return _solved(message, (key, r), (secret_scalar(pair), nonce))[2]
