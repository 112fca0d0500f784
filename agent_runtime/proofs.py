"""What an agent can prove about the ledger, under its own policy and nobody else's.

A node says what is durable; that others stand by it, it has to show. Every receipt is verified here
before it counts, so a node that lies about finality is found out by the agent that it lies to.
"""

from agent_runtime.clock import Clock, physics_s
from agent_runtime.ledger_port import LedgerPort
from ledger_core import (
    CheckFailedError,
    Policy,
    Receipt,
    RefusedError,
    UnavailableError,
    parse_records,
    record_ids,
    verify_receipt,
)

LOOK_AGAIN_S = 0.1
"""Between two looks for a receipt: as often as a busy log signs a checkpoint. [real s]"""

FINAL_S = 15.0
"""How long a settlement waits until it is final: longer than the restart of a validator, and half
of a partner's patience. After that it counts as it is, durable, and is looked at again later.
[real s]"""


class Proofs:
    """Receipts of one ledger, verified under one policy.

    Args:
        ledger: The node.
        policy: Whom the agent trusts.
        clock: Real time, for the waits.
        final_from: Amount from which a settlement waits until it is final, None: never.
            [base units]
    """

    def __init__(
        self, ledger: LedgerPort, policy: Policy, *, clock: Clock, final_from: int | None = None
    ) -> None:
        self.policy = policy
        self._ledger = ledger
        self._clock = clock
        self._final_from = final_from

    def waits_for_final(self, amount: int) -> bool:
        """Say whether a settlement of `amount` counts only when it is final. [base units]"""
        return self._final_from is not None and amount >= self._final_from

    async def receipt(self, transaction: bytes) -> Receipt:
        """Return the receipt of a transaction that is final under the policy.

        Args:
            transaction: The transaction's id, 32 bytes.

        Raises:
            UnavailableError: The node is away, or does not show that it is final yet.
            RefusedError: The node does not have it any more, and says so.
            CheckFailedError: What the node shows proves nothing under this policy.
        """
        receipt = await self._ledger.receipt(transaction)
        if receipt is None:
            raise UnavailableError("the node knows no such transaction; ask again later")
        verify_receipt(receipt.encode(), self.policy)
        if record_ids(parse_records(receipt.record))[0].tobytes() != transaction:
            raise CheckFailedError("the node sent the receipt of another transaction; ask another")
        return receipt

    async def until_final(self, transaction: bytes, *, within_s: float = FINAL_S) -> str:
        """Wait until a transaction is final; return why it is not, or an empty text.

        Args:
            transaction: The transaction's id, 32 bytes.
            within_s: How long to wait at most. [real s]
        """
        until_s = physics_s(self._clock) + within_s
        while True:
            try:
                await self.receipt(transaction)
            except RefusedError as error:
                return str(error)
            except (UnavailableError, CheckFailedError) as error:
                if physics_s(self._clock) >= until_s:
                    return str(error)
            else:
                return ""
            await self._clock.sleep(LOOK_AGAIN_S)
