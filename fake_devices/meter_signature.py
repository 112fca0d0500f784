"""ECDSA over secp256r1 as meters sign: enough for a fake, whose key guards nothing.

Plain integers, a nonce made from key and message, no protection against anybody who measures time.
Real keys are signed with by real libraries.
"""

import hashlib

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
"""The field's prime."""

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points there are."""

BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
"""The point that all others are multiples of."""

KEY_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""Beginning of a public key of this curve as a DER SubjectPublicKeyInfo."""

Point = tuple[int, int] | None
"""A point of the curve; None for the one at infinity."""


class MeterKey:
    """A meter's key, made from its name, so that it stays the same.

    Args:
        serial: The meter's serial number.
    """

    def __init__(self, serial: str) -> None:
        self._secret = _number(serial.encode()) % (ORDER - 1) + 1
        point = _multiply(self._secret, BASE)
        assert point is not None
        self.public_key = KEY_HEAD + b"\x04" + b"".join(each.to_bytes(32) for each in point)
        """As a DER SubjectPublicKeyInfo."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message's SHA-256, as DER."""
        digest = _number(message)
        nonce = _number(self._secret.to_bytes(32) + digest.to_bytes(32)) % (ORDER - 1) + 1
        point = _multiply(nonce, BASE)
        assert point is not None
        first = point[0] % ORDER
        second = pow(nonce, -1, ORDER) * (digest + first * self._secret) % ORDER
        body = _integer(first) + _integer(second)
        return b"\x30" + bytes([len(body)]) + body


def _number(message: bytes) -> int:
    return int.from_bytes(hashlib.sha256(message).digest())


def _integer(value: int) -> bytes:
    """Return a number as DER: with a zero in front where it would look negative."""
    text = value.to_bytes(value.bit_length() // 8 + 1)
    return b"\x02" + bytes([len(text)]) + text


def _multiply(times: int, point: Point) -> Point:
    total: Point = None
    while times:
        if times & 1:
            total = _add(total, point)
        point = _add(point, point)
        times >>= 1
    return total


def _add(left: Point, right: Point) -> Point:
    if left is None or right is None:
        return right if left is None else left
    (x1, y1), (x2, y2) = left, right
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    if left == right:
        slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, P) % P
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, P) % P
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P
