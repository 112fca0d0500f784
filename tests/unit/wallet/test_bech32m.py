"""Bech32m: the published vectors, round trips, and slips that are always noticed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wallet.published import vectors
from wallet import AddressError
from wallet.bech32m import TEXT_LENGTH_MAX, decode, encode, from_symbols, to_symbols

PUBLISHED = vectors("bip_0350")

prefixes = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1)
"""Human-readable parts."""


@pytest.mark.parametrize("text", PUBLISHED["valid"])
def test_published_texts(text: str) -> None:
    """Each valid text is read, and writing what was read gives it again."""
    prefix, symbols = decode(text)
    assert encode(prefix, symbols) == text.lower()


@pytest.mark.parametrize("case", PUBLISHED["invalid"], ids=lambda case: case["reason"])
def test_published_refusals(case: dict[str, str]) -> None:
    """Each invalid text is refused."""
    with pytest.raises(AddressError):
        decode(case["text"])


@pytest.mark.parametrize("case", PUBLISHED["segwit"], ids=lambda case: case["text"][:12])
def test_published_bytes(case: dict[str, Any]) -> None:
    """Addresses of another ledger, whose bytes are published, hold these bytes."""
    _, (version, *symbols) = decode(case["text"])
    script = bytes.fromhex(case["script"])
    assert version == script[0] - 0x50
    assert from_symbols(symbols) == script[2:]


@pytest.mark.parametrize("case", PUBLISHED["invalid_padding"], ids=lambda case: case["reason"])
def test_published_padding(case: dict[str, str]) -> None:
    """What fills the last symbol up is less than a symbol, and zero."""
    _, (_, *symbols) = decode(case["text"])
    with pytest.raises(AddressError, match="not made by a sound program"):
        from_symbols(symbols)


@given(prefixes, st.binary(max_size=32))
def test_round_trip(prefix: str, data: bytes) -> None:
    """Any bytes come back, under any prefix that leaves room for them."""
    prefix = prefix.lower()[: TEXT_LENGTH_MAX - 59]
    text = encode(prefix, to_symbols(data))
    for written in (text, text.upper()):
        read, symbols = decode(written)
        assert (read, from_symbols(symbols)) == (prefix, data)


@given(st.binary(min_size=32, max_size=32), st.data())
def test_slips_are_noticed(data: bytes, chance: st.DataObject) -> None:
    """Up to four other characters, or a neighbour's place taken, never pass."""
    text = encode("commute", to_symbols(data))
    places = chance.draw(st.sets(st.integers(8, len(text) - 1), min_size=1, max_size=4))
    slipped = list(text)
    for place in places:
        others = sorted(set("qpzry9x8gf2tvdw0s3jn54khce6mua7l") - {text[place]})
        slipped[place] = chance.draw(st.sampled_from(others))
    with pytest.raises(AddressError, match="mistyped"):
        decode("".join(slipped))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a" * 91, "too long"),
        ("com mute1qqqqqqqq", "no spaces"),
        ("Commute1qqqqqqqqq", "does not mix"),
        ("commute", "only part of one"),
        ("commute1qqq", "only part of one"),
        ("commute1qqqqbqqqq", "never has the character 'b'"),
        ("commute1qqqqqqqqq", "checksum is wrong"),
    ],
)
def test_sentences(text: str, sentence: str) -> None:
    """Each way to go wrong is told."""
    with pytest.raises(AddressError, match=sentence):
        decode(text)
