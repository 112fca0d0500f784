"""Keys: pairs from seeds, signatures, and the curve keys that belong to them."""

import pytest
from nacl import bindings

from ledger_core import KeyFormatError, KeyPair, curve_public_key, is_account_key

PAIR = KeyPair.from_seed(bytes(range(32)))

NO_ACCOUNTS = {
    "zeros, a point of order 4": bytes(32),
    "the neutral point": bytes([1]) + bytes(31),
    "order 8": bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    "not reduced": bytes.fromhex("ee" + "ff" * 30 + "7f"),
    "no point": bytes([2]) + bytes(31),
    "ones": bytes([255]) * 32,
}
"""Keys that can not be accounts, and why."""


def test_seed_decides_both_halves() -> None:
    """RFC 8032's first test: the seed gives this public key and this signature."""
    seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    pair = KeyPair.from_seed(bytes.fromhex(seed))
    assert pair.public_key.hex() == (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )
    assert pair.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873")
    assert pair.seed.hex() == seed


def test_generated_pairs_differ() -> None:
    """Every new pair is another one, and works."""
    one, other = KeyPair.generate(), KeyPair.generate()
    assert one != other
    assert is_account_key(one.public_key)
    assert bindings.crypto_sign_open(one.sign(b"hello") + b"hello", one.public_key) == b"hello"


def test_pairs_are_compared_by_identity() -> None:
    """Two objects with the same seed are the same pair; other things are not."""
    assert KeyPair.from_seed(PAIR.seed) == PAIR
    assert len({PAIR, KeyPair.from_seed(PAIR.seed)}) == 1
    assert PAIR.public_key != PAIR


def test_secret_is_never_shown() -> None:
    """Whatever is printed names the public half alone."""
    for text in (repr(PAIR), str(PAIR), f"{PAIR}"):
        assert PAIR.public_key.hex() in text
        assert PAIR.seed.hex() not in text
        assert repr(PAIR.seed) not in text


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_keys_of_another_length_are_refused(size: int) -> None:
    """A seed or key that is too short or too long is refused by name."""
    with pytest.raises(KeyFormatError, match=f"A seed has 32 bytes, not {size}"):
        KeyPair.from_seed(bytes(size))
    with pytest.raises(KeyFormatError, match=f"A public key has 32 bytes, not {size}"):
        is_account_key(bytes(size))
    with pytest.raises(KeyFormatError, match=f"A public key has 32 bytes, not {size}"):
        curve_public_key(bytes(size))


@pytest.mark.parametrize("key", NO_ACCOUNTS.values(), ids=NO_ACCOUNTS.keys())
def test_doubtful_keys_are_no_accounts(key: bytes) -> None:
    """Keys outside the prime-order subgroup, or written in another way, are told apart."""
    assert not is_account_key(key)


def test_key_with_a_small_part_is_no_account() -> None:
    """A good key plus a point of order 8 is on the curve, and still outside the subgroup."""
    mixed = bindings.crypto_core_ed25519_add(PAIR.public_key, NO_ACCOUNTS["order 8"])
    assert is_account_key(PAIR.public_key)
    assert not is_account_key(mixed)


def test_curve_keys_belong_together() -> None:
    """Both sides of a connection compute the same secret from each other's identities."""
    other = KeyPair.from_seed(bytes(32))
    shared = bindings.crypto_scalarmult(PAIR.curve_secret_key(), curve_public_key(other.public_key))
    assert shared == bindings.crypto_scalarmult(
        other.curve_secret_key(), curve_public_key(PAIR.public_key)
    )
    assert bindings.crypto_scalarmult_base(PAIR.curve_secret_key()) == curve_public_key(
        PAIR.public_key
    )


def test_what_is_no_key_has_no_curve_key() -> None:
    """Bytes that are no good point are refused by name."""
    with pytest.raises(KeyFormatError, match="is no Ed25519 public key"):
        curve_public_key(bytes([2]) + bytes(31))
