"""The errors of this package, by whose move it is; the roots are drawn in `ledger_core.errors`.

::

    InputError
    ├── WordsError                   words that stand for no wallet
    │   ├── WordCountError               neither 12 nor 24 of them
    │   ├── UnknownWordError             one is not in the list; says which by its number
    │   └── WordChecksumError            all are in the list, but one is wrong or misplaced
    ├── PathError                    a number that no derivation path can have
    ├── AddressError                 no address: mistyped, cut short, or something else
    │   └── AddressNetworkError          a good address, but of another network
    ├── NetworkMismatchError         the node keeps another network's ledger
    ├── PasswordError                a password that is too short, or was not given
    ├── WrongPasswordError           the password does not open the wallet
    ├── ConfirmationError            nobody said that the words are written down
    └── SecretFileError              a file with a secret: can not be read or written
        ├── SecretFileMissingError       it is not there
        ├── SecretFileExistsError        it is there already, and is never overwritten
        └── SecretFileExposedError       others can read it
    UnavailableError
    ├── MemoryShortError             the machine lacks the memory that the password's check takes
    ├── NodeBusyError                the node turned the payment away at its door, time and again
    └── PaymentUnknownError          the answer got lost: it may have been paid, or not
    RefusedError
    └── PaymentRefusedError          the ledger said no, with a verdict
    DamagedError
    └── KeystoreDamagedError         a wallet's file is not what was written

No sentence shows a word, a password or a key; addresses, paths and ids may stand in them.
"""

from ledger_core import DamagedError, InputError, RefusedError, UnavailableError, Verdict

__all__ = [
    "AddressError",
    "AddressNetworkError",
    "ConfirmationError",
    "KeystoreDamagedError",
    "MemoryShortError",
    "NetworkMismatchError",
    "NodeBusyError",
    "PasswordError",
    "PathError",
    "PaymentRefusedError",
    "PaymentUnknownError",
    "SecretFileError",
    "SecretFileExistsError",
    "SecretFileExposedError",
    "SecretFileMissingError",
    "UnknownWordError",
    "WordChecksumError",
    "WordCountError",
    "WordsError",
    "WrongPasswordError",
]


class WordsError(InputError):
    """Say that some words stand for no wallet."""


class WordCountError(WordsError):
    """Say that there are too few or too many words."""


class UnknownWordError(WordsError):
    """Say which word is not in the list, by its number: the word itself may be half a secret.

    Args:
        message: One sentence that says what to do.
        number: Which word, counted from 1.
    """

    def __init__(self, message: str, *, number: int) -> None:
        super().__init__(message)
        self.number = number


class WordChecksumError(WordsError):
    """Say that the words are known, but do not belong together."""


class PathError(InputError):
    """Say that a number can not stand in a derivation path."""


class AddressError(InputError):
    """Say that a text is no address."""


class AddressNetworkError(AddressError):
    """Say that an address belongs to another network."""


class NetworkMismatchError(InputError):
    """Say that the node keeps the ledger of another network."""


class PasswordError(InputError):
    """Say that a password is missing, or no good as one."""


class WrongPasswordError(InputError):
    """Say that a wallet does not open with this password."""


class ConfirmationError(InputError):
    """Say that nothing was made, since nobody said that the words are written down."""


class SecretFileError(InputError):
    """Say that a file that holds a secret can not be read or written."""


class SecretFileMissingError(SecretFileError):
    """Say that a file that holds a secret is not there."""


class SecretFileExistsError(SecretFileError):
    """Say that a file is there already: an overwritten secret is lost money."""


class SecretFileExposedError(SecretFileError):
    """Say that a file with a secret can be read by others."""


class MemoryShortError(UnavailableError):
    """Say that the machine lacks the memory that the password's check takes."""


class NodeBusyError(UnavailableError):
    """Say that the node had no room for the payment; nothing was paid."""


class PaymentUnknownError(UnavailableError):
    """Say that nobody knows whether a payment was made, and when it will be known.

    Args:
        message: One sentence that says what to do.
        transaction_id: The payment's id, 32 bytes.
        expires_at_us: From when on it can not be made any more, by this machine's clock. [µs]
    """

    def __init__(self, message: str, *, transaction_id: bytes, expires_at_us: int) -> None:
        super().__init__(message)
        self.transaction_id = transaction_id
        self.expires_at_us = expires_at_us


class PaymentRefusedError(RefusedError):
    """Say that the ledger refused a payment; nothing was paid.

    Args:
        message: One sentence that says what to do.
        verdict: The ledger's word.
    """

    def __init__(self, message: str, *, verdict: Verdict) -> None:
        super().__init__(message)
        self.verdict = verdict


class KeystoreDamagedError(DamagedError):
    """Say that a wallet's file is not what was written."""
