"""Derivation: from one seed to as many keys as there are accounts (SLIP-0010, Ed25519).

Only hardened steps exist for Ed25519: from one account's key nobody can compute another's, neither
up nor sideways, so a key that leaks from a vehicle costs that account alone. The standard is two
HMACs; it is written out here because the libraries that have it bring a whole tool box of other
chains with them (see the decision record).
"""

import hashlib
import hmac
from collections.abc import Iterable

from ledger_core import KeyPair
from wallet.errors import PathError
from wallet.words import Seed

__all__ = ["COIN_TYPE", "HARDENED", "Branch", "account_path", "derive", "path_text"]

HARDENED = 1 << 31
"""Added to each number of a path; the numbers themselves are below it."""

PURPOSE = 44
"""What BIP-44 begins its paths with."""

COIN_TYPE = int.from_bytes(b"TWAY")
"""Tangleway's number where SLIP-0044 lists coins: 1415004505. It is not registered there; four
letters as a number are far from those given out in order."""

CHAIN = 0
"""The fourth number: BIP-44 keeps 1 for change, which a ledger of accounts does not have."""

_CURVE = b"ed25519 seed"
"""What SLIP-0010 calls the curve."""

_KEY_SIZE = 32


class Branch:
    """Hold a key and the chain code with which its children are derived; show neither.

    Args:
        key: Secret key, 32 bytes.
        chain_code: 32 bytes.
    """

    __slots__ = ("_chain_code", "_key")

    def __init__(self, key: bytes, chain_code: bytes) -> None:
        assert len(key) == len(chain_code) == _KEY_SIZE, "both are halves of one hash"
        self._key = key
        self._chain_code = chain_code

    @classmethod
    def root(cls, seed: bytes) -> "Branch":
        """Return the branch from which all others grow.

        Args:
            seed: 16 to 64 bytes of chance.
        """
        return cls._halves(_CURVE, seed)

    def child(self, number: int) -> "Branch":
        """Return one hardened child.

        Args:
            number: Its number, 0 to 2³¹ - 1; hardening is added here.

        Raises:
            PathError: The number is out of that range.
        """
        if not 0 <= number < HARDENED:
            raise PathError(f"{number} can not stand in a path: numbers go from 0 to 2147483647.")
        step = (number + HARDENED).to_bytes(4, "big")
        return self._halves(self._chain_code, b"\0" + self._key + step)

    def descendant(self, path: Iterable[int]) -> "Branch":
        """Return the branch at the end of a path from here.

        Args:
            path: Numbers, each 0 to 2³¹ - 1.

        Raises:
            PathError: One of them is out of that range.
        """
        branch = self
        for number in path:
            branch = branch.child(number)
        return branch

    def key_pair(self) -> KeyPair:
        """Return the key pair of this branch."""
        return KeyPair.from_seed(self._key)

    @property
    def chain_code(self) -> bytes:
        """What children are derived with, 32 bytes; as secret as the key."""
        return self._chain_code

    @classmethod
    def _halves(cls, key: bytes, data: bytes) -> "Branch":
        digest = hmac.new(key, data, hashlib.sha512).digest()
        return cls(digest[:_KEY_SIZE], digest[_KEY_SIZE:])

    def __repr__(self) -> str:
        return "Branch(hidden)"


def account_path(purse: int, index: int) -> tuple[int, ...]:
    """Return the path of an account: m / 44' / coin' / purse' / 0' / index'.

    Args:
        purse: Which part of the wallet, what BIP-44 calls account: one for each vehicle.
        index: Which account in it: 0 is the main one, the others serve for a trip each.

    >>> account_path(0, 3)
    (44, 1415004505, 0, 0, 3)
    """
    return PURPOSE, COIN_TYPE, purse, CHAIN, index


def path_text(path: Iterable[int]) -> str:
    """Return a path as people write it.

    >>> path_text(account_path(0, 3))
    "m/44'/1415004505'/0'/0'/3'"
    """
    return "/".join(["m", *(f"{number}'" for number in path)])


def derive(seed: Seed, path: Iterable[int]) -> KeyPair:
    """Return the key pair at the end of a path.

    Args:
        seed: The wallet's seed.
        path: Numbers, each 0 to 2³¹ - 1.

    Raises:
        PathError: One of them is out of that range.
    """
    return Branch.root(seed.secret).descendant(path).key_pair()
