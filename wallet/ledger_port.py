"""What the wallet asks of a ledger: a port that `ledger_node.LedgerClient` fits, and tests too."""

from typing import Protocol

from ledger_core import Records
from ledger_node import Account, Answer, HoldStatus, NodeInfo, Transaction

__all__ = ["LedgerPort"]


class LedgerPort(Protocol):
    """Answer for one ledger; every request ends, in an answer or in an `UnavailableError`."""

    async def info(self) -> NodeInfo:
        """Return which ledger this is."""
        ...

    async def tips(self) -> tuple[bytes, bytes]:
        """Return two ids to name as parents."""
        ...

    async def submit(self, records: Records) -> list[Answer]:
        """Hand in records; handing them in again is harmless."""
        ...

    async def account(self, public_key: bytes) -> Account:
        """Return how an account stands."""
        ...

    async def hold(self, hold_id: bytes) -> HoldStatus | None:
        """Return how a hold stands, None when there is none."""
        ...

    async def history(
        self, public_key: bytes, *, after: int = -1, limit: int = 100
    ) -> list[Transaction]:
        """Return the transactions that touch an account, in order, behind a position."""
        ...
