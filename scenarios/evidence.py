"""What a run leaves behind, as plain values: the journals' sessions and the ledger's records.

The invariants are checked on this and nothing else, so a live run, a simulation and a test that
plants a lie all go through the same checks. Ids and keys are hexadecimal text, money is in base
units.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ledger_core import Kind
from negotiation import ENDS, Role, Service, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side's own record of a dialogue, from its journal."""

    agent: str
    """Name of the agent whose journal this is."""
    account: str
    """Its account."""
    role: Role
    """Which side it was."""
    dialogue: str
    """The dialogue's id."""
    service: Service
    """What was sold."""
    partner: str
    """The partner's account."""
    state: State
    """How far it came."""
    reason: str = ""
    """Why it ended early."""
    agreed: Mapping[str, object] = field(default_factory=dict)
    """The terms that both signed; empty where none were."""
    slice_amount: int = 0
    """The most that may be delivered and not yet vouched for. [base units]"""
    unit: str = ""
    """What the delivery is counted in."""
    quantity: int = 0
    """How much was delivered."""
    delivered_cost: int = 0
    """What the delivery is worth by the tariff, whether it was billed or not. [base units]"""
    open_max: int = 0
    """The most that was ever delivered and not yet vouched for. [base units]"""
    chunk_costs: tuple[int, ...] = ()
    """What each piece of the bill that both agreed on costs. [base units]"""
    billed: int = 0
    """The bill. [base units]"""
    paid: int = 0
    """What the agent believes to have paid or received. [base units]"""
    credited: int = 0
    """What a credit note has given back. [base units]"""
    transactions: tuple[str, ...] = ()
    """Ids of the records on the ledger that it knows to belong to this dialogue."""
    opened_at_us: int = 0
    """When it began. [µs since the Unix epoch]"""

    @property
    def ended(self) -> bool:
        """Whether its state is one of the named ends."""
        return self.state in ENDS


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRecord:
    """One accepted record, read back from the ledger's log."""

    id: str
    """Its id."""
    kind: Kind
    """What it does."""
    issuer: str
    """Who signed it."""
    target: str
    """Payee, or the hold it closes."""
    amount: int
    """How much. [base units]"""
    digest: str = ""
    """What it commits to: of a payment or hold between agents, their agreed terms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of the cast."""

    agent: str
    """Whose it is."""
    key: str
    """Its public key."""
    balance: int
    """What the ledger says at the end. [base units]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHold:
    """A hold that nobody has closed."""

    id: str
    """Its id."""
    payer: str
    """Whose tokens are set aside."""
    amount: int
    """How much. [base units]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Where all tokens are, in base units."""

    minted: int
    """What genesis brought into being."""
    balances: int
    """The sum of all accounts."""
    holds: int
    """The sum of all open holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a run leaves behind."""

    sides: tuple[Side, ...]
    """Every dialogue, once from each journal that knows of it."""
    records: tuple[LedgerRecord, ...]
    """All accepted records in the ledger's order."""
    accounts: tuple[Account, ...]
    """The agents' accounts."""
    told: Totals
    """Where all tokens are, as the node says."""
    replayed: Totals
    """The same, from applying all records anew with the readable rules."""
    refused_by_replay: tuple[str, ...] = ()
    """Ids of records that the readable rules would not have accepted."""
    open_holds: tuple[OpenHold, ...] = ()
    """What nobody has closed."""
    absent: frozenset[str] = frozenset()
    """Sellers that were away until their holds had expired: vouchers they could not hand in are
    their own loss."""
    heard: frozenset[str] = frozenset()
    """Ids of records that the node has announced as accepted."""
    adversaries: frozenset[str] = frozenset()
    """Names of agents that cheat: their journals prove nothing, and they may lose what they like.
    """

    confessed: tuple[Side, ...] = ()
    """What those have written down for themselves, once it stands apart."""

    @property
    def told_by_honest(self) -> "Evidence":
        """The same without what adversaries say of themselves."""
        if not self.adversaries:
            return self
        cheats = tuple(each for each in self.sides if each.agent in self.adversaries)
        sides = tuple(each for each in self.sides if each.agent not in self.adversaries)
        return replace(self, sides=sides, confessed=cheats)

    @property
    def cheats(self) -> frozenset[str]:
        """The accounts of those who cheat."""
        return frozenset(each.key for each in self.accounts if each.agent in self.adversaries)

    @property
    def dialogues(self) -> dict[str, dict[Role, Side]]:
        """The sides by dialogue and role, in the order in which the dialogues were opened.

        A stranger may bring a call to another seller than the one it was meant for: the same id at
        another seller is another dialogue.
        """
        found: dict[str, dict[Role, Side]] = {}
        for side in sorted(self.sides, key=lambda side: side.opened_at_us):
            seller = side.account if side.role is Role.SELLER else side.partner
            found.setdefault(f"{side.dialogue}/{seller}", {})[side.role] = side
        return found
