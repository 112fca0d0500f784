"""All errors of the project grow from the tree drawn here, so a caller knows whose fault it was.

::

    TanglewayError                  exit code 1   the root
    ├── InputError                              2   what was given is wrong: change it
    │   ├── AmountError                             no amount of tokens, or out of range
    │   ├── BatchError                              arrays of the wrong shape or type
    │   ├── GenesisError                            no genesis record, or a forged one
    │   ├── KeyFormatError                          no Ed25519 key
    │   ├── MalformedRecordError                    bytes that are not whole records
    │   └── RecordFieldError                        a value that does not fit into its field
    ├── UnavailableError                        3   something needed is away: start it, or try again
    ├── RefusedError                            4   the other side said no, with a named reason
    ├── DamagedError                            5   stored data is not what was written
    └── CheckFailedError                        6   a check was made and found false

The leaves of other packages live in their own ``errors.py``. ``str(error)`` is always one sentence
that says what is wrong and what to do. A record that the ledger refuses is no error: it gets a
`Verdict`.
"""

from typing import ClassVar

__all__ = [
    "AmountError",
    "BatchError",
    "CheckFailedError",
    "DamagedError",
    "GenesisError",
    "InputError",
    "KeyFormatError",
    "MalformedRecordError",
    "RecordFieldError",
    "RefusedError",
    "TanglewayError",
    "UnavailableError",
]


class TanglewayError(Exception):
    """Be the root of every error that the project raises on purpose."""

    exit_code: ClassVar[int] = 1
    """The code with which a command ends that fails with this error."""


class InputError(TanglewayError):
    """Say that what was given is wrong; the same input will fail again."""

    exit_code: ClassVar[int] = 2
    """The code with which a command ends that fails with this error."""


class UnavailableError(TanglewayError):
    """Say that something needed is away; the same request may succeed later.

    Args:
        message: One sentence that says what is away and what to do.
        retry_after_s: When to try again, if that is known. [s]
    """

    exit_code: ClassVar[int] = 3
    """The code with which a command ends that fails with this error."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RefusedError(TanglewayError):
    """Say that the other side understood and said no, with a named reason."""

    exit_code: ClassVar[int] = 4
    """The code with which a command ends that fails with this error."""


class DamagedError(TanglewayError):
    """Say that stored data is not what was written; restore it or fetch it anew."""

    exit_code: ClassVar[int] = 5
    """The code with which a command ends that fails with this error."""


class CheckFailedError(TanglewayError):
    """Say that a check was made and its answer is no: an invariant, a receipt."""

    exit_code: ClassVar[int] = 6
    """The code with which a command ends that fails with this error."""


class AmountError(InputError):
    """Say that a text or number is no amount of tokens."""


class BatchError(InputError):
    """Say that arrays given for a batch have a wrong shape, type or time."""


class GenesisError(InputError):
    """Say that a record can not begin a ledger."""


class KeyFormatError(InputError):
    """Say that bytes given as a key are none."""


class MalformedRecordError(InputError):
    """Say that bytes are not a whole number of records."""


class RecordFieldError(InputError):
    """Say that a value does not fit into its field of the record."""
