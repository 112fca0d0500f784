"""Signatures in batches: exactly libsodium's verdict on every input."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl import bindings
from nacl.exceptions import BadSignatureError

from ledger_core import BatchError, Bytes, KeyPair, verify_batch, verify_signature
from ledger_core.sodium import CHUNK, THREADS

VECTORS = Path(__file__).parents[4] / "shared" / "vectors"
"""Other people's test vectors, which stand beside the project where they are at hand."""

ORDER = 2**252 + 27742317777372353535851937790883648493
"""Order of the prime subgroup."""

SMALL_ORDER = [
    bytes(32),
    bytes([1]) + bytes(31),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    bytes.fromhex("ec" + "ff" * 30 + "7f"),
    bytes.fromhex("ed" + "ff" * 30 + "7f"),
]
"""Points of small order, the last one written in a way that is not canonical."""

PAIRS = [KeyPair.from_seed(bytes([number]) * 32) for number in range(1, 5)]


def rows(items: list[bytes], width: int) -> Bytes:
    """Put bytes of one length into rows."""
    return np.frombuffer(b"".join(items), dtype=np.uint8).reshape(len(items), width)


def verify_one(key: bytes, message: bytes, signature: bytes) -> bool:
    """Verify one signature as a batch of one, and alone."""
    [good] = verify_batch(rows([key], 32), rows([message], len(message)), rows([signature], 64))
    assert verify_signature(key, message, signature) == bool(good)
    return bool(good)


def by_libsodium(key: bytes, message: bytes, signature: bytes) -> bool:
    """Ask libsodium itself."""
    try:
        bindings.crypto_sign_open(signature + message, key)
    except BadSignatureError:
        return False
    return True


def signed(count: int, width: int = 192) -> tuple[Bytes, Bytes, Bytes]:
    """Sign messages of one length: keys, messages and signatures, writable."""
    messages = [bytes([number % 256]) * width for number in range(count)]
    pairs = [PAIRS[number % len(PAIRS)] for number in range(count)]
    signatures = [pair.sign(text) for pair, text in zip(pairs, messages, strict=True)]
    keys = rows([pair.public_key for pair in pairs], 32)
    return keys.copy(), rows(messages, width).copy(), rows(signatures, 64).copy()


@pytest.mark.parametrize("width", [0, 1, 63, 192, 1000])
def test_messages_of_any_length(width: int) -> None:
    """The length of the messages does not matter, not even none at all."""
    keys, messages, signatures = signed(3, width)
    assert verify_batch(keys, messages, signatures).tolist() == [True] * 3


def test_empty_batch() -> None:
    """No signatures have no verdicts."""
    keys, messages, signatures = signed(0)
    good = verify_batch(keys, messages, signatures)
    assert good.shape == (0,)
    assert good.dtype == np.bool_


@pytest.mark.parametrize(
    "count", [1, CHUNK, THREADS * CHUNK - 1, THREADS * CHUNK, THREADS * CHUNK + 1, 5 * CHUNK - 7]
)
def test_each_row_has_its_own_verdict(count: int) -> None:
    """Whether checked here or on threads, exactly the bad rows are found, in their places."""
    keys, messages, signatures = signed(count)
    bad = np.arange(count) % 37 == 5
    bad[-1] = True
    signatures[bad, 2] ^= 4
    assert verify_batch(keys, messages, signatures).tolist() == (~bad).tolist()


def test_arrays_apart_in_memory_are_verified() -> None:
    """Columns of a structured array are strided; they give the same verdicts."""
    keys, messages, signatures = signed(8)
    wide = np.zeros((8, 288), np.uint8)
    wide[:, :32], wide[:, 32:224], wide[:, 224:] = keys, messages, signatures
    assert verify_batch(wide[:, :32], wide[:, 32:224], wide[:, 224:]).all()
    assert verify_batch(wide[::2, :32], wide[::2, 32:224], wide[::2, 224:]).shape == (4,)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda keys, messages, signatures: (keys[:-1], messages, signatures),
        lambda keys, messages, signatures: (keys[:, :-1], messages, signatures),
        lambda keys, messages, signatures: (keys, messages[:-1], signatures),
        lambda keys, messages, signatures: (keys, messages[0], signatures),
        lambda keys, messages, signatures: (keys, messages, signatures[:, :-1]),
        lambda keys, messages, signatures: (keys, messages, signatures.astype(np.int64)),
        lambda keys, messages, signatures: (keys[0, 0], messages, signatures),
    ],
)
def test_other_shapes_are_refused(
    spoil: Callable[[Bytes, Bytes, Bytes], tuple[Bytes, Bytes, Bytes]],
) -> None:
    """Arrays that do not fit together are refused by name."""
    with pytest.raises(BatchError, match="give one row for each signature"):
        verify_batch(*spoil(*signed(4)))


def test_s_has_one_way_to_be_written() -> None:
    """S plus the group's order verifies by the equation, and is refused."""
    message, pair = b"pay", PAIRS[0]
    signature = pair.sign(message)
    s = int.from_bytes(signature[32:], "little") + ORDER
    malleable = signature[:32] + s.to_bytes(32, "little")
    assert verify_one(pair.public_key, message, signature)
    assert not verify_one(pair.public_key, message, malleable)


@pytest.mark.parametrize("point", SMALL_ORDER, ids=lambda point: point.hex()[:8])
def test_points_of_small_order_verify_nothing(point: bytes) -> None:
    """Neither as a key nor as R does a point of small order pass, whatever S is."""
    signature = PAIRS[0].sign(b"pay")
    assert not verify_one(point, b"pay", point + bytes(32))
    assert not verify_one(point, b"pay", signature)
    assert not verify_one(PAIRS[0].public_key, b"pay", point + signature[32:])


@settings(max_examples=200)
@given(
    number=st.integers(0, 3),
    place=st.integers(0, 32 + 5 + 64 - 1),
    bit=st.integers(0, 7),
)
def test_any_changed_bit_is_judged_as_libsodium_does(number: int, place: int, bit: int) -> None:
    """Whichever bit of key, message or signature changes, the verdict is libsodium's own."""
    pair = PAIRS[number]
    whole = bytearray(pair.public_key + b"hello" + pair.sign(b"hello"))
    whole[place] ^= 1 << bit
    key, message, signature = bytes(whole[:32]), bytes(whole[32:37]), bytes(whole[37:])
    assert verify_one(key, message, signature) == by_libsodium(key, message, signature)


def read_vectors(name: str) -> object:
    """Read a file of vectors, or skip the test where it is not at hand."""
    path = VECTORS / name
    if not path.exists():
        pytest.skip(f"{path} is not at hand")
    return json.loads(path.read_bytes())


@pytest.mark.parametrize(("key_size", "signature_size"), [(31, 64), (32, 63), (32, 65), (0, 0)])
def test_a_single_signature_has_its_length(key_size: int, signature_size: int) -> None:
    """What is no key or no signature is refused before libsodium sees it."""
    with pytest.raises(BatchError, match="Expected a key of 32 and a signature of 64 bytes"):
        verify_signature(bytes(key_size), b"hello", bytes(signature_size))


def test_speccheck() -> None:
    """The twelve edge cases on which libraries differ: libsodium's row of the published table."""
    cases = read_vectors("ed25519_speccheck.json")
    assert isinstance(cases, list)
    fields = ("pub_key", "message", "signature")
    verdicts = [verify_one(*(bytes.fromhex(case[field]) for field in fields)) for case in cases]
    assert "".join("V" if good else "X" for good in verdicts) == "XXXVXXXXXXXX"


def test_wycheproof() -> None:
    """Every case gets its published result; signatures of another length can not even be given."""
    found = read_vectors("ed25519_wycheproof.json")
    assert isinstance(found, dict)
    checked = 0
    for group in found["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
            if len(signature) != 64:
                assert test["result"] == "invalid"
                continue
            assert verify_one(key, message, signature) == (test["result"] == "valid"), test
            checked += 1
    assert checked == 139
