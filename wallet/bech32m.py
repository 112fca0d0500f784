"""Bech32m: bytes as text that a person can copy, with a checksum that notices slips (BIP-350).

Pure, and nothing in here knows about Tangleway. A text is a human-readable part, the digit 1, and
symbols of five bits, the last six of which are the checksum: up to four wrong characters are
always noticed, more with a chance of one in a billion to be missed.
"""

from collections.abc import Iterable, Sequence

from wallet.errors import AddressError

__all__ = ["TEXT_LENGTH_MAX", "decode", "encode", "from_symbols", "to_symbols"]

TEXT_LENGTH_MAX = 90
"""The longest text for which the checksum's promise holds. [characters]"""

CHECKSUM_LENGTH = 6
"""Symbols at the end that check all before them."""

SEPARATOR = "1"
"""Ends the human-readable part; no symbol is written like this."""

_SYMBOLS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
"""How each symbol is written: what looks alike differs in few bits."""

_VALUES = {character: value for value, character in enumerate(_SYMBOLS)}
_CONSTANT = 0x2BC830A3
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def encode(prefix: str, symbols: Sequence[int]) -> str:
    """Return the text of symbols under a human-readable part.

    Args:
        prefix: 1 or more printable ASCII characters, no capital letters.
        symbols: Values from 0 to 31.
    """
    assert prefix, "a network has a name"
    assert _is_printable(prefix), "a prefix is printable ASCII"
    assert prefix == prefix.lower(), "the checksum is that of small letters"
    assert all(0 <= symbol < 32 for symbol in symbols), "symbols have five bits"
    known = [*_expanded(prefix), *symbols]
    remainder = _remainder([*known, *[0] * CHECKSUM_LENGTH]) ^ _CONSTANT
    checksum = [remainder >> 5 * (CHECKSUM_LENGTH - 1 - i) & 31 for i in range(CHECKSUM_LENGTH)]
    text = prefix + SEPARATOR + "".join(_SYMBOLS[symbol] for symbol in [*symbols, *checksum])
    assert len(text) <= TEXT_LENGTH_MAX, "the caller keeps within the length"
    return text


def decode(text: str) -> tuple[str, list[int]]:
    """Return a text's human-readable part, in small letters, and its symbols without the checksum.

    Args:
        text: All in small letters or all in capitals.

    Raises:
        AddressError: It is no bech32m; the sentence says what is wrong.
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise AddressError(f"That is too long for an address: at most {TEXT_LENGTH_MAX} fit.")
    if not _is_printable(text):
        raise AddressError("An address has no spaces and no letters outside ASCII: type it again.")
    if text != text.lower() and text != text.upper():
        raise AddressError("An address does not mix small and capital letters: copy it whole.")
    prefix, separator, coded = text.lower().rpartition(SEPARATOR)
    if not separator or not prefix or len(coded) < CHECKSUM_LENGTH:
        raise AddressError("That is no address, or only part of one: copy it whole.")
    if odd := next((character for character in coded if character not in _VALUES), None):
        raise AddressError(
            f"An address never has the character {odd!r} after its last '1': compare it again."
        )
    symbols = [_VALUES[character] for character in coded]
    if _remainder([*_expanded(prefix), *symbols]) != _CONSTANT:
        raise AddressError("The address is mistyped: its checksum is wrong, so compare it again.")
    return prefix, symbols[:-CHECKSUM_LENGTH]


def to_symbols(data: bytes) -> list[int]:
    r"""Return bytes as symbols of five bits, the last one filled up with zeros.

    >>> to_symbols(b"\xff\xff")
    [31, 31, 31, 16]
    """
    bits = "".join(f"{byte:08b}" for byte in data)
    return [int(bits[start : start + 5].ljust(5, "0"), 2) for start in range(0, len(bits), 5)]


def from_symbols(symbols: Sequence[int]) -> bytes:
    """Return symbols of five bits as bytes.

    Raises:
        AddressError: What fills the last symbol up is a whole symbol, or not zero.

    >>> from_symbols([31, 31, 31, 16]).hex()
    'ffff'
    """
    bits = "".join(f"{symbol:05b}" for symbol in symbols)
    whole = len(bits) - len(bits) % 8
    if len(bits) - whole >= 5 or "1" in bits[whole:]:
        raise AddressError("The address was not made by a sound program: ask for another one.")
    return bytes(int(bits[start : start + 8], 2) for start in range(0, whole, 8))


def _is_printable(text: str) -> bool:
    return all(33 <= ord(character) <= 126 for character in text)


def _expanded(prefix: str) -> list[int]:
    """Return the human-readable part as the checksum sees it."""
    codes = prefix.encode("ascii")
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _remainder(values: Iterable[int]) -> int:
    """Return what is left when the values are divided by the code's generator."""
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                remainder ^= generator
    return remainder
