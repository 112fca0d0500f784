"""The port to the ledger: what an agent asks of a node. `ledger_node.client` is the real one.

Every question ends: in an answer, or in an `UnavailableError`. A refusal is an answer.
"""

from collections.abc import Sequence
from typing import Protocol

from ledger_core import Hold, Receipt, Records, Verdict


class Answer(Protocol):
    """What became of one submitted record."""

    @property
    def verdict(self) -> Verdict:
        """The ledger's word."""

    @property
    def position(self) -> int | None:
        """Its position in the ledger's order, None when it was not accepted."""

    @property
    def retry_after_s(self) -> float | None:
        """When to come again, where it was turned away at the door. [s]"""


class Account(Protocol):
    """How an account stands."""

    @property
    def balance(self) -> int:
        """What it has. [base units]"""

    @property
    def next_sequence(self) -> int:
        """Number of its next TRANSFER, DATA or HOLD."""

    @property
    def exists(self) -> bool:
        """Whether anybody has paid it yet."""


class Transaction(Protocol):
    """An accepted transaction."""

    @property
    def record(self) -> Records:
        """The record."""

    @property
    def position(self) -> int:
        """Its position in the ledger's order."""


class HoldStatus(Protocol):
    """How a hold stands."""

    @property
    def hold(self) -> Hold:
        """What was set aside."""

    @property
    def open(self) -> bool:
        """Whether it is still set aside."""

    @property
    def closed_by(self) -> bytes | None:
        """Id of the SETTLE, RELEASE or RECLAIM that closed it, if that is known."""


class LedgerPort(Protocol):
    """What an agent asks of a node; every call may raise an `UnavailableError`."""

    async def tips(self) -> tuple[bytes, bytes]:
        """Return two accepted transactions to name as parents."""

    async def submit(self, records: Records) -> Sequence[Answer]:
        """Hand in records and return what became of them; again is harmless."""

    async def account(self, public_key: bytes) -> Account:
        """Return how an account stands."""

    async def transaction(
        self, transaction_id: bytes, *, issued_at_us: int | None = None
    ) -> Transaction | None:
        """Return an accepted transaction, None if there is none of that id.

        May raise a `RefusedError`, when the node has pruned it, or can not tell whether it has;
        with the time at which it was issued it mostly can.
        """

    async def receipt(self, transaction_id: bytes) -> Receipt | None:
        """Return the proof of a transaction, not verified; None if there is none of that id.

        May raise a `RefusedError`, when the node has it no more, and a `CheckFailedError`.
        """

    async def hold(self, hold_id: bytes) -> HoldStatus | None:
        """Return how a hold stands, None if there never was one of that id."""
