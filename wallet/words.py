"""Words: the twelve or twenty-four by which a person keeps a whole wallet on paper (BIP-39).

The library `mnemonic` knows the list, the checksum and the stretching. This module stands before
it, since the library's own errors repeat the words.
"""

import hmac
from functools import cache

from mnemonic import Mnemonic

from wallet.errors import UnknownWordError, WordChecksumError, WordCountError

__all__ = ["SEED_SIZE", "WORD_COUNTS", "Seed", "check_words", "new_words"]

WORD_COUNTS = (12, 24)
"""How many words there may be: 128 or 256 bits of chance. BIP-39 knows lengths between the two;
leaving them out makes a forgotten word an error of its own."""

SEED_SIZE = 64
"""Length of what the words stand for. [bytes]"""


class Seed:
    """Hold the secret from which all keys of a wallet derive; its text form shows nothing.

    Args:
        secret: 64 bytes.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        assert len(secret) == SEED_SIZE, "a seed comes from words or from a keystore"
        self._secret = bytes(secret)

    @classmethod
    def from_words(cls, words: str, *, passphrase: str = "") -> "Seed":
        """Stretch words, with a passphrase if there is one, into the seed they stand for.

        Args:
            words: 12 or 24 English words.
            passphrase: Whatever was chosen beside the words. Each one opens a wallet of its own,
                so a mistyped one shows only in the addresses.

        Raises:
            WordsError: The words stand for no wallet; the leaf says why.
        """
        return cls(Mnemonic.to_seed(check_words(words), passphrase))

    @property
    def secret(self) -> bytes:
        """The 64 bytes themselves: for the derivation and the keystore only."""
        return self._secret

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seed) and hmac.compare_digest(self._secret, other.secret)

    def __hash__(self) -> int:
        return hash(self._secret)

    def __repr__(self) -> str:
        return "Seed(hidden)"


def new_words(count: int = 24) -> str:
    """Draw new words from the operating system's randomness.

    Args:
        count: 12 or 24.

    Raises:
        WordCountError: It is another number.
    """
    _check_count(count)
    return _english().generate(count * 32 // 3)


def check_words(text: str) -> str:
    """Return words as BIP-39 wants them: in small letters, one space between two.

    Args:
        text: Words as somebody typed them.

    Raises:
        WordCountError: They are neither 12 nor 24.
        UnknownWordError: One is not in the list of English words.
        WordChecksumError: All are in the list, but they do not belong together.
    """
    words = Mnemonic.normalize_string(text).lower().split()
    _check_count(len(words))
    known = frozenset(_english().wordlist)
    for number, word in enumerate(words, 1):
        if word not in known:
            raise UnknownWordError(
                f"Word {number} of {len(words)} is not in the BIP-39 list of English words: "
                "look at how it is spelled.",
                number=number,
            )
    if not _english().check(" ".join(words)):
        raise WordChecksumError(
            "Each word is in the list, but their checksum is wrong: one was mistaken for another, "
            "or two changed places; compare them with what you wrote down."
        )
    return " ".join(words)


def _check_count(count: int) -> None:
    if count not in WORD_COUNTS:
        raise WordCountError(f"A wallet has 12 or 24 words, not {count}: give all of them.")


@cache
def _english() -> Mnemonic:
    """Return the list, read when it is first needed."""
    return Mnemonic("english")
