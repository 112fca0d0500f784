"""Addresses: an account's key as text that can be copied, read out and checked.

An address is bech32m: the network's prefix, `1`, the 32 bytes of the key in 52 characters, and six
characters of checksum. One slip is always noticed, and so is the address of another network.
"""

import hashlib
import re

from ledger_core import is_account_key
from wallet.bech32m import (
    CHECKSUM_LENGTH,
    TEXT_LENGTH_MAX,
    decode,
    encode,
    from_symbols,
    to_symbols,
)
from wallet.errors import AddressError, AddressNetworkError

__all__ = ["PREFIX_LENGTH_MAX", "address_prefix", "decode_address", "encode_address"]

KEY_SIZE = 32
"""An account's key. [bytes]"""

_KEY_SYMBOLS = (8 * KEY_SIZE + 4) // 5

PREFIX_LENGTH_MAX = TEXT_LENGTH_MAX - 1 - _KEY_SYMBOLS - CHECKSUM_LENGTH
"""What bech32m's longest text leaves for the network: 31. [characters]"""

NETWORK_LENGTH_MAX = 64
"""As long as a node's settings let a network's name be. [characters]"""

_PLAIN = re.compile(rf"[a-z0-9._-]{{1,{PREFIX_LENGTH_MAX}}}")
"""Names that are prefixes as they are."""

_MARK_LENGTH = 8
"""Hexadecimal digits that tell longer or other names apart."""


def address_prefix(network: str) -> str:
    """Return how the addresses of a network begin.

    A name of at most 31 small letters, digits, dots, hyphens and underscores is its own prefix.
    Any other name is written in small letters with a hyphen for whatever else it has, cut to 22
    characters, and followed by a hyphen and the first 8 hexadecimal digits of its SHA-256.

    Args:
        network: The network's name.

    Raises:
        AddressError: No network can be called so.

    >>> address_prefix("commute")
    'commute'
    >>> address_prefix("Karlsruhe Nord")
    'karlsruhe-nord-2e0a7e97'
    """
    if not (1 <= len(network) <= NETWORK_LENGTH_MAX and network.isprintable()):
        raise AddressError(
            f"A network's name has 1 to {NETWORK_LENGTH_MAX} printable characters: give it as the "
            "node has it."
        )
    if _PLAIN.fullmatch(network):
        return network
    readable = re.sub(r"[^a-z0-9._-]", "-", network.lower())
    mark = hashlib.sha256(network.encode()).hexdigest()[:_MARK_LENGTH]
    return f"{readable[: PREFIX_LENGTH_MAX - 1 - _MARK_LENGTH]}-{mark}"


def encode_address(public_key: bytes, *, network: str) -> str:
    """Return the address of an account.

    Args:
        public_key: The account, 32 bytes.
        network: The network's name.

    Raises:
        AddressError: No account can have this key, or no network this name.
        KeyFormatError: It is not 32 bytes long.
    """
    _check_key(public_key)
    return encode(address_prefix(network), to_symbols(public_key))


def decode_address(text: str, *, network: str) -> bytes:
    """Return the account that an address stands for.

    Args:
        text: The address, in small letters or in capitals; spaces around it do not matter.
        network: Name of the network on which it is to be used.

    Returns:
        The account's key, 32 bytes.

    Raises:
        AddressError: It is mistyped or no address at all.
        AddressNetworkError: It is an address of another network.
    """
    text = text.strip()
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise AddressError(
            "That is a bare public key, in which a slip would go unnoticed: turn it into an "
            "address with tangleway wallet address --public-key."
        )
    prefix, symbols = decode(text)
    if prefix != address_prefix(network):
        raise AddressNetworkError(
            f"That address is for the network that writes '{prefix}1…', but {network} writes "
            f"'{address_prefix(network)}1…': ask for an address there."
        )
    public_key = from_symbols(symbols)
    if len(public_key) != KEY_SIZE:
        raise AddressError(
            f"An address stands for {KEY_SIZE} bytes, not {len(public_key)}: ask for another one."
        )
    _check_key(public_key)
    return public_key


def _check_key(public_key: bytes) -> None:
    if not is_account_key(public_key):
        raise AddressError(
            "No account can have that key, so nobody could spend what is sent there."
        )
