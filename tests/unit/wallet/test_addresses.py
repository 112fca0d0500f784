"""Addresses: prefixes of networks, round trips, and refusals with a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import KeyFormatError, KeyPair
from wallet import (
    AddressError,
    AddressNetworkError,
    address_prefix,
    decode_address,
    encode_address,
)
from wallet.addresses import PREFIX_LENGTH_MAX
from wallet.bech32m import encode, to_symbols

KEY = KeyPair.from_seed(bytes(32)).public_key
ADDRESS = encode_address(KEY, network="commute")

networks = st.text(min_size=1, max_size=64).filter(str.isprintable)
"""Names of networks."""


def test_known_address() -> None:
    """This one never changes: people have written addresses down."""
    assert ADDRESS == "commute18d4z00xwk6jz6c4r4rgz5mcdwdjny9thrh3y8f36cpy2rz6emg5s37gty0"
    assert decode_address(ADDRESS, network="commute") == KEY
    assert decode_address(f" {ADDRESS.upper()}\n", network="commute") == KEY


@pytest.mark.parametrize(
    ("network", "prefix"),
    [
        ("one-charge", "one-charge"),
        ("city.of_1", "city.of_1"),
        ("x" * 31, "x" * 31),
        ("Commute", "commute-abc00ba1"),
        ("x" * 32, "x" * 22 + "-c62e4615"),
        ("Köln", "k-ln-430b4fc5"),
    ],
)
def test_prefixes(network: str, prefix: str) -> None:
    """Plain names are their own prefix; others are made plain and told apart by a hash."""
    assert address_prefix(network) == prefix


@given(networks, st.binary(min_size=32, max_size=32))
def test_round_trip_on_any_network(network: str, seed: bytes) -> None:
    """Whatever a network is called, its addresses fit and come back."""
    key = KeyPair.from_seed(seed).public_key
    prefix = address_prefix(network)
    assert 1 <= len(prefix) <= PREFIX_LENGTH_MAX
    assert decode_address(encode_address(key, network=network), network=network) == key


@given(networks, networks)
def test_networks_are_told_apart(one: str, other: str) -> None:
    """Two names never share a prefix."""
    assert (address_prefix(one) == address_prefix(other)) is (one == other)


@pytest.mark.parametrize("network", ["", "x" * 65, "two\nlines", "\udcff"])
def test_no_names_of_networks(network: str) -> None:
    """A name that no node can have is refused before anything is kept under it."""
    with pytest.raises(AddressError, match="1 to 64 printable characters"):
        address_prefix(network)


def test_another_network_is_refused() -> None:
    """The sentence names what was given and what is wanted."""
    with pytest.raises(AddressNetworkError, match="'commute1…', but city writes 'city1…'"):
        decode_address(ADDRESS, network="city")


def test_bare_keys_are_refused() -> None:
    """A key in hexadecimal digits has no checksum; the sentence says how to get one."""
    with pytest.raises(AddressError, match="wallet address --public-key"):
        decode_address(KEY.hex(), network="commute")


@pytest.mark.parametrize("size", [20, 31, 33])
def test_other_sizes_are_refused(size: int) -> None:
    """What stands for fewer or more bytes than a key is no address, although its sum is right."""
    text = encode("commute", to_symbols(bytes(size)))
    with pytest.raises(AddressError, match=f"32 bytes, not {size}"):
        decode_address(text, network="commute")


def test_keys_that_no_account_can_have() -> None:
    """A key off the curve's good points is refused when written and when read."""
    with pytest.raises(AddressError, match="nobody could spend"):
        encode_address(bytes(32), network="commute")
    with pytest.raises(AddressError, match="nobody could spend"):
        decode_address(encode("commute", to_symbols(bytes(32))), network="commute")
    with pytest.raises(KeyFormatError):
        encode_address(bytes(31), network="commute")


@given(st.integers(0, len(ADDRESS) - 1), st.characters(codec="ascii"))
def test_one_wrong_character_is_refused(place: int, other: str) -> None:
    """No single slip, in the prefix or behind it, gives another account."""
    slipped = ADDRESS[:place] + other + ADDRESS[place + 1 :]
    try:
        key = decode_address(slipped, network="commute")
    except AddressError:
        return
    assert (key, slipped.strip()) == (KEY, ADDRESS)
