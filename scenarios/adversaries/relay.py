"""A way to the node that passes everything on: what a liar changes one call of."""

from collections.abc import Sequence

from agent_runtime import Account, Answer, HoldStatus, LedgerPort, Transaction
from ledger_core import Receipt, Records


class Relay:
    """A ledger port in front of another one.

    Args:
        ledger: The true one.
    """

    def __init__(self, ledger: LedgerPort) -> None:
        self._ledger = ledger

    async def tips(self) -> tuple[bytes, bytes]:
        """Return two accepted transactions to name as parents."""
        return await self._ledger.tips()

    async def submit(self, records: Records) -> Sequence[Answer]:
        """Hand in records and return what became of them."""
        return await self._ledger.submit(records)

    async def account(self, public_key: bytes) -> Account:
        """Return how an account stands."""
        return await self._ledger.account(public_key)

    async def transaction(
        self, transaction_id: bytes, *, issued_at_us: int | None = None
    ) -> Transaction | None:
        """Return an accepted transaction."""
        return await self._ledger.transaction(transaction_id, issued_at_us=issued_at_us)

    async def receipt(self, transaction_id: bytes) -> Receipt | None:
        """Return the proof of a transaction, not verified."""
        return await self._ledger.receipt(transaction_id)

    async def hold(self, hold_id: bytes) -> HoldStatus | None:
        """Return how a hold stands."""
        return await self._ledger.hold(hold_id)
