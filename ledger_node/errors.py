"""The errors of this package, by whose fault they are; the roots are drawn in `ledger_core.errors`.

::

    InputError
    ├── EndpointError          an address that can not be bound or connected to
    ├── ExportError            an export that can not be made, or taken in, as it was asked for
    ├── GenesisFileError       a genesis file: missing, cut short, of another ledger
    ├── NoLedgerError          a directory without the ledger that is asked for
    ├── PolicyFileError        a policy that can not be followed, or is for another log
    ├── StoreError             a store that can not be used as it was named
    └── RequestError           a request that no node would take: change it
    UnavailableError
    ├── NotFinalError          no quorum stands over the record (yet)
    ├── NodeSilentError        no answer in time; the sentence says what the connection did
    ├── NodeClosedError        this client was closed while the request was under way
    ├── PortInUseError         somebody else listens where this node should
    ├── DataInUseError         another node works on the same data
    ├── StoreAwayError         the database server that has the store can not be reached
    └── LogWriteError          the log could not be written: nothing of the batch was told
    RefusedError
    ├── BeginningPrunedError   a node has pruned what this validator would have to judge
    └── RequestRefusedError    the node did not understand or take a request, and names why
        ├── OtherTreeError     validators stand by another tree than the node has
        └── PrunedError        the node no longer has what was asked for
    DamagedError
    ├── LogDamagedError        the log is not what was written
    ├── CheckpointDamagedError  the stored checkpoints are not what was written
    ├── CheckpointMismatchError  the log is not the one under a checkpoint that was signed
    ├── ExportDamagedError     exported files are not what was written
    ├── LedgerMismatchError    the log is whole, but its replay is not a sound ledger
    ├── SnapshotDamagedError   a stored snapshot is not what was written, or not of this log
    └── IndexDamagedError      a look-up index is not what was written; it can be made anew
    CheckFailedError
    ├── DivergedError          a node's log is not what its validator derived
    └── ForgedRecordError      the node sent a record whose id or signature is false

A record that the ledger refuses is no error: it gets a verdict.
"""

from ledger_core import (
    CheckFailedError,
    DamagedError,
    InputError,
    RefusedError,
    UnavailableError,
)

__all__ = [
    "BeginningPrunedError",
    "CheckpointDamagedError",
    "CheckpointMismatchError",
    "DataInUseError",
    "DivergedError",
    "EndpointError",
    "ExportDamagedError",
    "ExportError",
    "ForgedRecordError",
    "GenesisFileError",
    "IndexDamagedError",
    "LedgerMismatchError",
    "LogDamagedError",
    "LogWriteError",
    "NoLedgerError",
    "NodeClosedError",
    "NodeSilentError",
    "NotFinalError",
    "OtherTreeError",
    "PolicyFileError",
    "PortInUseError",
    "PrunedError",
    "RequestError",
    "RequestRefusedError",
    "SnapshotDamagedError",
    "StoreAwayError",
    "StoreError",
]


class EndpointError(InputError):
    """Say that an endpoint is none that this machine can bind or connect to."""


class ExportError(InputError):
    """Say that an export can not be made, or taken in, as it was asked for."""


class GenesisFileError(InputError):
    """Say that a genesis file is missing, cut short, forged, or belongs to another ledger."""


class NoLedgerError(InputError):
    """Say that a directory holds no ledger, or none with the transaction that is asked for."""


class PolicyFileError(InputError):
    """Say that a policy can not be followed, or trusts another log than this one."""


class StoreError(InputError):
    """Say that a store can not be used as it was named: a wrong URL, rights, another store."""


class RequestError(InputError):
    """Say that a request would be refused by any node, so it was not sent."""


class NodeSilentError(UnavailableError):
    """Say that the node did not answer in time, and what the connection did meanwhile."""


class NodeClosedError(UnavailableError):
    """Say that the client was closed before the answer came."""


class NotFinalError(UnavailableError):
    """Say that no quorum stands over a record, or did not in time."""


class PortInUseError(UnavailableError):
    """Say that somebody else listens on the wanted port."""


class DataInUseError(UnavailableError):
    """Say that another node works on the same data directory, or in the same schema."""


class StoreAwayError(UnavailableError):
    """Say that the database server that has the store can not be reached, or not any more."""


class LogWriteError(UnavailableError):
    """Say that the log could not be written; nothing of the batch was told to anybody."""


class RequestRefusedError(RefusedError):
    """Say that the node refused a request as such, and why.

    Args:
        name: The refusal's name, one of `ledger_node.protocol.Refusal`.
        message: One sentence that says what is wrong and what to do.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class BeginningPrunedError(RefusedError):
    """Say that a node has pruned records that this validator would have to judge."""


class OtherTreeError(RequestRefusedError):
    """Say that validators stand by another tree than this node has: one of them has lied.

    Args:
        names: The validators.
        size: How many records both trees have.
    """

    def __init__(self, names: str, *, size: int) -> None:
        super().__init__(
            "OTHER_TREE",
            f"{names} stands by another tree of {size} records than this log has; compare the "
            "records of both logs.",
        )
        self.names = names
        self.size = size


class PrunedError(RequestRefusedError):
    """Say that a node no longer has what was asked for, or can not tell whether it ever had.

    Args:
        first: From which position on it has records.
        message: What was asked for, where the usual sentence does not say it.
    """

    def __init__(self, message: str = "", *, first: int) -> None:
        super().__init__(
            "PRUNED",
            message
            or f"Records before position {first} are not kept here any more; ask a node that keeps "
            "them, or use the receipt that was taken then.",
        )
        self.first = first


class CheckpointDamagedError(DamagedError):
    """Say that the stored checkpoints can not be read."""


class CheckpointMismatchError(DamagedError):
    """Say that the log is not the one under a checkpoint that was signed.

    Args:
        message: One sentence that says what is wrong and what to do.
        position: The first position that is missing; 0 where nobody can tell.
    """

    def __init__(self, message: str, *, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


class ExportDamagedError(DamagedError):
    """Say that exported files are not what was written, or not all of it."""


class LogDamagedError(DamagedError):
    """Say that the log is not what was written, and from which position on.

    Args:
        message: One sentence that says what is wrong and what to do.
        position: The first position that is not what was written, as far as that is known.
    """

    def __init__(self, message: str, *, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


class SnapshotDamagedError(DamagedError):
    """Say that a stored snapshot is not what was written, or not one of this log."""


class LedgerMismatchError(DamagedError):
    """Say that the log is whole, but replaying it does not give a sound ledger."""


class IndexDamagedError(DamagedError):
    """Say that a look-up index is not what was written; deleting it makes the node rebuild it."""


class DivergedError(CheckFailedError):
    """Say that a node's log is not what a validator derived from its records.

    Args:
        message: One sentence that says what differs.
        position: The position or size at which it does.
    """

    def __init__(self, message: str, *, position: int) -> None:
        super().__init__(message)
        self.position = position


class ForgedRecordError(CheckFailedError):
    """Say that the node sent a record whose id or signature is false; trust neither."""
