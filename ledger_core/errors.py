"""All errors of the project grow from the tree drawn here, so a caller knows whose fault it was.

::

    TanglewayError                  exit code 1   the root
    ├── InputError                              2   what was given is wrong: change it
    │   ├── AmountError                             no amount of tokens, or out of range
    │   ├── BatchError                              arrays of the wrong shape or type
    │   ├── CheckpointFormatError                   no checkpoint, or one of another log
    │   ├── EngineError                             a signature engine that can not run here
    │   ├── GenesisError                            no genesis record, or a forged one
    │   ├── KeyFormatError                          no Ed25519 key
    │   ├── MalformedRecordError                    bytes that are not whole records
    │   ├── NoteFormatError                         no signed note, or one beyond the limits
    │   ├── PolicyError                             a policy that can not be followed
    │   ├── ReceiptFormatError                      no receipt, or one beyond the limits
    │   ├── RecordFieldError                        a value that does not fit into its field
    │   ├── SnapshotFormatError                     no snapshot of a ledger, or no note about one
    │   └── TreeSizeError                           a tree has no such leaf or subtree
    ├── UnavailableError                        3   something needed is away: start it, or try again
    ├── RefusedError                            4   the other side said no, with a named reason
    ├── DamagedError                            5   stored data is not what was written
    │   └── DamagedFrontierError                    bytes that are no frontier of a tree
    └── CheckFailedError                        6   a check was made and found false
        ├── ConsistencyError                        a tree does not continue an earlier one
        ├── InclusionError                          a record is not in a tree
        ├── NoteSignatureError                      a signature is missing or forged
        ├── QuorumError                             too few validators have signed
        └── ReceiptError                            a receipt does not prove what it says

The leaves of other packages live in their own ``errors.py``. ``str(error)`` is always one sentence
that says what is wrong and what to do. A record that the ledger refuses is no error: it gets a
`Verdict`.
"""

from typing import ClassVar

__all__ = [
    "AmountError",
    "BatchError",
    "CheckFailedError",
    "CheckpointFormatError",
    "ConsistencyError",
    "DamagedError",
    "DamagedFrontierError",
    "EngineError",
    "GenesisError",
    "InclusionError",
    "InputError",
    "KeyFormatError",
    "MalformedRecordError",
    "NoteFormatError",
    "NoteSignatureError",
    "PolicyError",
    "QuorumError",
    "ReceiptError",
    "ReceiptFormatError",
    "RecordFieldError",
    "RefusedError",
    "SnapshotFormatError",
    "TanglewayError",
    "TreeSizeError",
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


class CheckpointFormatError(InputError):
    """Say that a text is no checkpoint, or one of another log."""


class EngineError(InputError):
    """Say that a signature engine can not run on this machine, or is not to be trusted."""


class GenesisError(InputError):
    """Say that a record can not begin a ledger."""


class KeyFormatError(InputError):
    """Say that bytes given as a key are none."""


class MalformedRecordError(InputError):
    """Say that bytes are not a whole number of records."""


class NoteFormatError(InputError):
    """Say that bytes are no signed note, or one beyond the limits."""


class PolicyError(InputError):
    """Say that a policy can not be followed: a key twice, or no possible quorum."""


class ReceiptFormatError(InputError):
    """Say that bytes are no receipt, or one beyond the limits."""


class RecordFieldError(InputError):
    """Say that a value does not fit into its field of the record."""


class SnapshotFormatError(InputError):
    """Say that bytes are no snapshot of a ledger, or a text no note about one."""


class TreeSizeError(InputError):
    """Say that a tree of some size has no such leaf, subtree or beginning."""


class DamagedFrontierError(DamagedError):
    """Say that bytes are no frontier of a tree."""


class ConsistencyError(CheckFailedError):
    """Say that a tree does not continue an earlier one: history was rewritten."""


class InclusionError(CheckFailedError):
    """Say that a record was not shown to be in a tree."""


class NoteSignatureError(CheckFailedError):
    """Say that a signature of a known key is missing or forged."""


class QuorumError(CheckFailedError):
    """Say that too few validators have signed a checkpoint: wait for more.

    Args:
        signed: Names of the validators that have signed.
        missing: Names of those that have not.
        quorum: How many have to.
    """

    def __init__(self, *, signed: tuple[str, ...], missing: tuple[str, ...], quorum: int) -> None:
        super().__init__(
            f"{len(signed)} of the {quorum} validators that have to sign have signed "
            f"({', '.join(signed) or 'nobody'}); missing: {', '.join(missing)}."
        )
        self.signed = signed
        self.missing = missing
        self.quorum = quorum


class ReceiptError(CheckFailedError):
    """Say that a receipt does not prove what it says."""
