"""What is told of the ledger: by the node's events, or because a viewer has asked."""

import msgspec

from dashboard.observed.base import Observed

__all__ = [
    "AccountSeen",
    "AlarmRaised",
    "EventsLost",
    "LedgerState",
    "MetricsTold",
    "Record",
    "RecordsAccepted",
    "RecordsFinal",
    "RecordsRefused",
    "RefusedRecord",
]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One accepted record; ids and keys are hexadecimal."""

    id: str
    """Its id."""
    position: int
    """Its place in the order."""
    kind: str
    """TRANSFER, HOLD, SETTLE …, in lower case."""
    issuer: str
    """Who signed it."""
    target: str = ""
    """Payee, or the hold that it closes."""
    amount: int = 0
    """What it moves. [base units]"""
    sequence: int = 0
    """The issuer's number; of a settlement the voucher's."""
    issued_at_us: int = 0
    """When it was issued, as it says. [µs]"""
    parents: tuple[str, ...] = ()
    """The earlier ones that it vouches for."""


class RecordsAccepted(Observed, frozen=True, kw_only=True, tag="ledger.records"):
    """Tell of records that are durable now."""

    ledger_at_us: int
    """The ledger's time at which they were applied. [µs]"""
    first: int
    """Position of the first of them."""
    count: int
    """How many there are; not all of them need be told one by one."""
    records: tuple[Record, ...]
    """The latest of them."""


class RefusedRecord(msgspec.Struct, frozen=True, array_like=True):
    """One refused record; ids and keys are hexadecimal."""

    id: str
    """Its id."""
    issuer: str
    """Who is said to have signed it."""
    verdict: str
    """Why it was refused, by its name."""


class RecordsRefused(Observed, frozen=True, kw_only=True, tag="ledger.refused"):
    """Tell of records that the rules have refused."""

    ledger_at_us: int
    """The ledger's time at which they were judged. [µs]"""
    count: int
    """How many there are; not all of them need be told one by one."""
    records: tuple[RefusedRecord, ...]
    """The latest of them."""


class RecordsFinal(Observed, frozen=True, kw_only=True, tag="ledger.final"):
    """Tell that a quorum stands by more of the ledger."""

    size: int
    """All records at positions below this are final."""
    names: tuple[str, ...] = ()
    """Who has signed."""
    ledger_at_us: int = 0
    """The node's time. [µs]"""


class AlarmRaised(Observed, frozen=True, kw_only=True, tag="ledger.alarm"):
    """Tell that somebody stands by another ledger."""

    by: str
    """Who says so: the node, or a validator."""
    about: str
    """Of whom."""
    reason: str = ""
    """Why, a sentence."""


class MetricsTold(Observed, frozen=True, kw_only=True, tag="ledger.metrics"):
    """Tell how the node does; once a second, so this is also its heartbeat."""

    ledger_at_us: int
    """The node's time. [µs]"""
    boot: int
    """When it started. [µs]"""
    size: int
    """Accepted records."""
    supply: int
    """What was minted. [base units]"""
    balances: int
    """What lies in accounts. [base units]"""
    holds: int
    """What lies in open holds. [base units]"""
    accepted_per_s: float = 0.0
    """Records accepted. [1/s]"""
    refused_per_s: float = 0.0
    """Records refused. [1/s]"""
    batch_records: float = 0.0
    """Records in a batch, mean."""
    write_ms: float = 0.0
    """Time that the log took for a batch, mean. [ms]"""
    queue_records: int = 0
    """Records waiting at the door."""
    queue_lanes: int = 0
    """Lanes in which they wait."""
    verdicts: dict[str, int] = msgspec.field(default_factory=dict)
    """How often each verdict was given since the node's start."""


class EventsLost(Observed, frozen=True, kw_only=True, tag="ledger.lost"):
    """Tell that events were missed; what matters of them is asked for again."""

    topic: str
    """Of which kind."""
    count: int | None = None
    """How many; none where the node has started anew and nobody can tell."""


class LedgerState(Observed, frozen=True, kw_only=True, tag="ledger.state"):
    """Tell how the ledger stands, on the viewer's request."""

    network: str
    """Its name."""
    size: int
    """Accepted records."""
    supply: int
    """What was minted. [base units]"""
    balances: int
    """What lies in accounts. [base units]"""
    holds: int
    """What lies in open holds. [base units]"""
    final_size: int = 0
    """Records below this position are final."""
    quorum: int = 0
    """How many validators have to agree; 0 where there are none."""
    validators: tuple[str, ...] = ()
    """Who they are, where the viewer has a policy."""
    signers: tuple[str, ...] = ()
    """Who stands by the final ones."""
    records: tuple[Record, ...] = ()
    """The latest records, in order."""
    records_at_us: tuple[int, ...] = ()
    """The ledger's time of each. [µs]"""


class AccountSeen(Observed, frozen=True, kw_only=True, tag="ledger.account"):
    """Tell how an account stands."""

    key: str
    """The account."""
    balance: int
    """What it has. [base units]"""
