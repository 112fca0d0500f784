"""The document `tangleway.status/1`: how everything stands, for programs.

Fields may be added to it; none is renamed or removed. Amounts are base units, times are
microseconds since 1970, ids and keys are hexadecimal and whole.
"""

import msgspec

from dashboard.model import SourceState

__all__ = [
    "SCHEMA",
    "AgentStatus",
    "AlertStatus",
    "LedgerStatus",
    "RunStatus",
    "SessionStatus",
    "SourceStatus",
    "Status",
    "ValidatorStatus",
]

SCHEMA = "tangleway.status/1"
"""Name and version of the document."""


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a source is."""

    name: str
    """`ledger`, `broker` or `run`."""
    state: SourceState
    """LIVE, QUIET, STALE, LOST, WAIT or ENDED."""
    place: str
    """Where it is."""
    age_s: float
    """How long it has not been heard. [s]"""
    reason: str
    """What is wrong with it."""


class AgentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How an agent is."""

    name: str
    """Its name."""
    role: str
    """Its role."""
    state: SourceState
    """LIVE, STALE, LOST, WAIT or ENDED."""
    age_s: float
    """How long it has not been heard. [s]"""
    doing: str
    """What it does."""
    key: str
    """Its account, where that is known."""
    position_m: tuple[float, float] | None
    """Where it is. [m]"""
    charge_percent: float | None
    """A vehicle's state of charge. [%]"""
    power_w: float
    """What a charger gives. [W]"""
    places: int
    """Outlets or bays."""
    places_taken: int
    """How many of them are taken."""
    paid: int
    """What it has paid in sessions that were heard. [base units]"""
    earned: int
    """What it has earned in them. [base units]"""


class SessionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a session stands."""

    dialogue: str
    """Its id."""
    service: str
    """`charge`, `park` or `toll`."""
    buyer: str
    """The buyer's name."""
    seller: str
    """The seller's."""
    state: str
    """Where it stands."""
    ended: bool
    """Whether it has ended."""
    reason: str
    """Why."""
    quantity: int
    """How much was delivered."""
    unit: str
    """What that is counted in."""
    billed: int
    """The bill so far. [base units]"""
    vouched: int
    """What vouchers cover. [base units]"""
    paid: int
    """What was paid. [base units]"""
    transactions: tuple[str, ...]
    """Its transactions."""


class ValidatorStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a validator is."""

    name: str
    """Its name."""
    size: int
    """Records that it stands by."""
    behind: int
    """Final checkpoints since then."""
    alarms: int
    """How often it stood by another tree."""


class LedgerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the ledger stands."""

    network: str
    """Its name."""
    size: int
    """Accepted records."""
    final_size: int | None
    """Positions below are final; none where nobody signs."""
    supply: int
    """What was minted. [base units]"""
    balances: int
    """What lies in accounts. [base units]"""
    holds: int
    """What lies in open holds. [base units]"""
    conserved: bool | None
    """Whether they agree; none while nothing is known."""
    quorum: int
    """How many validators have to agree."""
    validators: tuple[ValidatorStatus, ...]
    """Who they are."""
    accepted_per_s: float | None
    """Records accepted. [1/s]"""
    final_p50_ms: float | None
    """Half of the latest records waited no longer for their quorum. [ms]"""
    final_p95_ms: float | None
    """And nineteen in twenty no longer than this. [ms]"""
    queue_records: int | None
    """Records waiting at the node's door."""
    refusals: dict[str, int]
    """Refused records by verdict, since this viewer looks."""
    tips: int
    """Transactions that nobody stands on, of the latest."""


class AlertStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody should look at."""

    id: str
    """Its number."""
    level: str
    """INFO, WARN or ERR."""
    at_us: int
    """When it was raised. [µs]"""
    subject: str
    """Whom it is about."""
    text: str
    """What is the matter."""
    count: int
    """How often."""
    over: bool
    """Whether its cause is gone."""


class RunStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the run is."""

    title: str
    """The story's title."""
    story: str
    """Its name."""
    step: str
    """What the runner does."""
    ended: bool
    """Whether it is over."""
    ok: bool | None
    """Whether all held."""
    story_time: str
    """The story's time of day."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How everything stands."""

    schema: str = SCHEMA
    """Name and version of this document."""
    as_of_us: int
    """When it was so. [µs since 1970]"""
    sources: tuple[SourceStatus, ...]
    """The sources."""
    run: RunStatus | None
    """The run, where one was told of."""
    ledger: LedgerStatus
    """The ledger."""
    agents: tuple[AgentStatus, ...]
    """The agents."""
    sessions: tuple[SessionStatus, ...]
    """The sessions that were heard of."""
    alerts: tuple[AlertStatus, ...]
    """What somebody should look at."""
    evicted: dict[str, int]
    """What is not kept any more, by kind."""
