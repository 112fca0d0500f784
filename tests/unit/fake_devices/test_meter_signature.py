"""The meter's signature is one of secp256r1, as anybody's library would check it."""

import hashlib

from fake_devices.meter_signature import BASE, KEY_HEAD, ORDER, MeterKey, P, _add, _multiply

PUBLISHED_SECRET = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
PUBLISHED_POINT = (
    0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
    0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
)
"""The key pair of RFC 6979, A.2.5."""


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Check a signature as FIPS 186 says."""
    assert public_key.startswith(KEY_HEAD + b"\x04")
    point = public_key[len(KEY_HEAD) + 1 :]
    key = (int.from_bytes(point[:32]), int.from_bytes(point[32:]))
    length = signature[3]
    first = int.from_bytes(signature[4 : 4 + length])
    second = int.from_bytes(signature[6 + length :])
    digest = int.from_bytes(hashlib.sha256(message).digest())
    inverse = pow(second, -1, ORDER)
    total = _add(_multiply(digest * inverse % ORDER, BASE), _multiply(first * inverse % ORDER, key))
    return total is not None and total[0] % ORDER == first


def test_the_curve_is_the_published_one() -> None:
    """A published secret has its published point, and the order leads to infinity."""
    assert _multiply(PUBLISHED_SECRET, BASE) == PUBLISHED_POINT
    assert _multiply(ORDER, BASE) is None
    assert _add(BASE, (BASE[0], P - BASE[1])) is None


def test_a_signature_holds_for_its_message_alone() -> None:
    """Another message, or another meter's key, does not fit."""
    meter, other = MeterKey("CP1"), MeterKey("CP2")
    signature = meter.sign(b"0.266 kWh")
    assert verify(meter.public_key, b"0.266 kWh", signature)
    assert not verify(meter.public_key, b"0.267 kWh", signature)
    assert not verify(other.public_key, b"0.266 kWh", signature)
    assert MeterKey("CP1").public_key == meter.public_key
