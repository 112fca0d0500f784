"""What clients and the node say to each other: small headers, and raw buffers for what is many.

A request is one ZeroMQ message of one to three frames, a reply is one of one to four:

==================  ====================================  =====================================
request             further frames                        reply, further frames
==================  ====================================  =====================================
`Submit`            records (n * 256 bytes), payloads     `Verdicts`, n verdict bytes with n int64
                    one behind the other                  positions behind them (-1 for none)
`AskInfo`                                                 `Info`
`AskTips`                                                 `Tips`, two records
`AskAccount`                                              `AccountState`
`AskTransaction`                                          `TransactionState`, record, payload
`AskHold`                                                 `HoldState`, HOLD record
`AskHistory`                                              `History`, records
`AskCheckpoint`                                           `CheckpointState`, latest note, final note
`AskLog`                                                  `LogPart`, records
`AskReceipt`                                              `ReceiptState`, record, HOLD record or
                                                          nothing, path with the final note behind
`Cosign`            note                                  `CheckpointState`, as for `AskCheckpoint`
`AskSnapshot`                                             `SnapshotPart`, note, a piece of the
                                                          snapshot; both empty when there is none
`CosignSnapshot`    snapshot note                         `SnapshotPart`, note with all signatures
`AskInclusion`                                            `InclusionState`, paths one behind the
                                                          other
anything else                                             `Refused`, with a name and a sentence
==================  ====================================  =====================================

A header is a MessagePack map with its class in `type`. Whoever reads one ignores keys it does not
know, so fields may be added; `version` changes only when old readers would go wrong. Repeating a
request (same `request` number or not) is always harmless.
"""

from typing import Annotated

import msgspec

from ledger_node.headers import Header, Id, Refusal, RequestHeader
from ledger_node.limits import HISTORY_MAX
from ledger_node.snapshot_protocol import SnapshotReply, SnapshotRequest
from ledger_node.trust_protocol import TrustReply, TrustRequest

__all__ = [
    "AccountState",
    "AskAccount",
    "AskHistory",
    "AskHold",
    "AskInfo",
    "AskTips",
    "AskTransaction",
    "History",
    "HoldState",
    "Id",
    "Info",
    "Payload",
    "Refusal",
    "Refused",
    "Reply",
    "Request",
    "Submit",
    "Tips",
    "TransactionState",
    "Verdicts",
]


class Payload(msgspec.Struct, frozen=True, array_like=True):
    """Say which record of a submission a payload belongs to."""

    index: Annotated[int, msgspec.Meta(ge=0)]
    """Index of the DATA record in the submission."""
    size: Annotated[int, msgspec.Meta(ge=0)]
    """Length of the payload. [bytes]"""


class Submit(RequestHeader, frozen=True, kw_only=True, tag="submit"):
    """Hand in records; they are judged in this order."""

    payloads: tuple[Payload, ...] = ()
    """Payloads in the third frame, one behind the other, in rising order of their records."""


class AskInfo(RequestHeader, frozen=True, kw_only=True, tag="ask_info"):
    """Ask what ledger this is and how large."""


class AskTips(RequestHeader, frozen=True, kw_only=True, tag="ask_tips"):
    """Ask for two transactions to name as parents."""


class AskAccount(RequestHeader, frozen=True, kw_only=True, tag="ask_account"):
    """Ask how an account stands."""

    public_key: Id
    """The account."""


class AskTransaction(RequestHeader, frozen=True, kw_only=True, tag="ask_transaction"):
    """Ask for an accepted transaction."""

    id: Id
    """Its id."""
    issued_at_us: int | None = None
    """When it was issued, where the asker knows: then a node that has pruned older ones can tell
    one that was never accepted from one that is gone. [µs]"""


class AskHold(RequestHeader, frozen=True, kw_only=True, tag="ask_hold"):
    """Ask how a hold stands."""

    id: Id
    """Id of the HOLD record."""


class AskHistory(RequestHeader, frozen=True, kw_only=True, tag="ask_history"):
    """Ask for the transactions that touch an account, in the ledger's order."""

    public_key: Id
    """The account."""
    after: Annotated[int, msgspec.Meta(ge=-1, le=(1 << 63) - 1)] = -1
    """Only transactions behind this position (exclusive)."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=HISTORY_MAX)] = 100
    """At most so many."""


class Verdicts(Header, frozen=True, kw_only=True, tag="verdicts"):
    """Answer a submission, once all of its records have their verdict."""

    retry_after_s: float | None = None
    """When to come again, where a record was turned away at the door. [s]"""


class Info(Header, frozen=True, kw_only=True, tag="info"):
    """Answer `AskInfo`."""

    network: str
    """Name of the network."""
    network_number: int
    """Its number, which every record carries."""
    genesis_id: Id
    """Id of the first record."""
    size: int
    """Accepted records, the first one included."""
    supply: int
    """What was minted. [base units]"""
    balances: int
    """What lies in accounts. [base units]"""
    holds: int
    """What lies in open holds. [base units]"""
    at_us: int
    """The node's time. [µs]"""
    publish: str
    """Endpoint at which the node publishes events."""
    first: int = 0
    """From which position on it still has all records."""


class Tips(Header, frozen=True, kw_only=True, tag="tips"):
    """Answer `AskTips`; both records are the same as long as there is only one."""


class AccountState(Header, frozen=True, kw_only=True, tag="account"):
    """Answer `AskAccount`."""

    balance: int
    """What the account has. [base units]"""
    next_sequence: int
    """Number of its next TRANSFER, DATA or HOLD."""
    exists: bool
    """Whether anybody has paid it yet."""


class TransactionState(Header, frozen=True, kw_only=True, tag="transaction"):
    """Answer `AskTransaction`."""

    position: int
    """Place in the ledger's order, or -1 when there is no such transaction."""
    at_us: int = 0
    """The ledger's time at which it was accepted. [µs]"""
    vouchers: int = 0
    """Distinct issuers of later transactions that stand on it, itself excluded."""
    vouchers_exact: bool = True
    """False when there are more than were counted."""
    has_payload: bool = False
    """Whether the third frame is its payload."""
    payload_pruned: bool = False
    """Whether it may have had one that is not kept any more."""


class HoldState(Header, frozen=True, kw_only=True, tag="hold"):
    """Answer `AskHold`."""

    position: int
    """Place of the HOLD in the ledger's order, or -1 when there is none."""
    is_open: bool = False
    """Whether its money is still set aside."""
    closed_by: Id | None = None
    """Id of the record that closed it."""


class History(Header, frozen=True, kw_only=True, tag="history"):
    """Answer `AskHistory`; the records stand in the second frame."""

    positions: tuple[int, ...]
    """Place of each in the ledger's order."""
    at_us: tuple[int, ...]
    """The ledger's time at which each was accepted. [µs]"""


class Refused(Header, frozen=True, kw_only=True, tag="refused"):
    """Answer a request that is none, or that the node does not take."""

    name: str
    """One of `Refusal`; a text, so that older clients can pass on newer names."""
    text: str
    """One sentence that says what is wrong and what to do."""
    first: int = 0
    """From which position on the node has records, where the name is `PRUNED`."""


Request = (
    Submit
    | AskInfo
    | AskTips
    | AskAccount
    | AskTransaction
    | AskHold
    | AskHistory
    | TrustRequest
    | SnapshotRequest
)
"""All that a node can be asked."""

Reply = (
    Verdicts
    | Info
    | Tips
    | AccountState
    | TransactionState
    | HoldState
    | History
    | TrustReply
    | SnapshotReply
    | Refused
)
"""All that a node answers."""
