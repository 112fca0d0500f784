"""The teller: pays out of an account and tells the truth about it.

A payment ends in one of four ways: durable (its id and position are returned), refused (the
ledger's verdict), not made since the node was away or busy from the beginning, or unknown since the
answer got lost. Only in the last case has the payer to look before paying again, and the error says
until when.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ledger_core import (
    CLOCK_SKEW_MAX_US,
    MICROSECONDS,
    KeyPair,
    Records,
    UnavailableError,
    Verdict,
    format_amount,
    record_ids,
    transfer,
)
from ledger_node import Account, Answer, NodeInfo
from wallet.errors import (
    NetworkMismatchError,
    NodeBusyError,
    PaymentRefusedError,
    PaymentUnknownError,
)
from wallet.ledger_port import LedgerPort

__all__ = ["Payment", "Teller"]

VALID_FOR_S = 60
"""How long a payment can be applied: short, so that a lost answer is no riddle for long. [s]"""

PATIENCE_S = 30.0
"""How long a node that is away or busy is asked again: longer than its restart. [s]"""

TRY_AGAIN_S = 0.25
"""Between two tries, where the node did not say. [s]"""

SIGNINGS_MAX = 5
"""How often a payment is signed anew when another program pays out of the same account meanwhile.
Each time the ledger has said that the one before was not made."""

NOT_YET = frozenset({Verdict.RATE_LIMITED, Verdict.BUSY})
"""Verdicts of the node's door: come again."""

OVERTAKEN = frozenset({Verdict.SEQUENCE_USED, Verdict.SEQUENCE_GAP})
"""Verdicts that say: somebody else has used this key since the account was looked at."""

ADVICE = {
    Verdict.UNKNOWN_ISSUER: "nobody has paid this account yet, so it has nothing to spend",
    Verdict.INSUFFICIENT_FUNDS: "the account has too little",
    Verdict.INVALID_TARGET: "the payee's key can not be an account",
    Verdict.NOT_YET_VALID: "this machine's clock is ahead of the node's: set it",
    Verdict.EXPIRED: "this machine's clock is behind the node's, or the node took too long: set "
    "the clock and pay again",
    Verdict.SEQUENCE_USED: "other programs keep paying from this account: try again",
    Verdict.SEQUENCE_GAP: "other programs keep paying from this account: try again",
}
"""What to make of a verdict; the others are faults of a program, and stand in docs/ledger.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment that is durable."""

    id: bytes
    """Id of its record, 32 bytes."""
    position: int
    """Its place in the ledger's order."""
    payer: bytes
    """Who paid, 32 bytes."""
    payee: bytes
    """Who was paid, 32 bytes."""
    amount: int
    """What was paid. [base units]"""


def _wall_clock_us() -> int:
    return time.time_ns() // 1_000


class Teller:
    """Pay out of any account whose key is at hand.

    Args:
        ledger: The node.
        network: Name of the network that is meant; another one is refused.
        now_us: Real time. [µs]
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        ledger: LedgerPort,
        *,
        network: str,
        now_us: Callable[[], int] = _wall_clock_us,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ledger = ledger
        self._network = network
        self._now_us = now_us
        self._sleep = sleep

    async def pay(self, payer: KeyPair, payee: bytes, amount: int) -> Payment:
        """Pay an amount, and return when that is durable.

        Args:
            payer: The account that pays.
            payee: The account that is paid, 32 bytes.
            amount: What is paid, more than 0. [base units]

        Raises:
            NetworkMismatchError: The node keeps another network's ledger; nothing was paid.
            PaymentRefusedError: The ledger refused; nothing was paid.
            NodeBusyError: The node had no room; nothing was paid.
            PaymentUnknownError: The answer got lost; see when that will be known.
            UnavailableError: The node was away from the beginning; nothing was paid.
        """
        payment = await self._transfer(payer, payee, lambda _: amount)
        assert payment is not None, "an amount was named"
        return payment

    async def sweep(self, payer: KeyPair, payee: bytes) -> Payment | None:
        """Pay all that an account has, and return when that is durable; None if it has nothing.

        What comes in while this runs is left; sweep again. Money in open holds is not there to be
        swept until they close.

        Args:
            payer: The account to empty.
            payee: The account that gets it, 32 bytes.

        Raises:
            As `pay` does.
        """
        return await self._transfer(payer, payee, lambda account: account.balance)

    async def network_number(self) -> int:
        """Return the number of the network that is meant, once the node has shown it keeps it.

        Raises:
            NetworkMismatchError: The node keeps another network's ledger.
            UnavailableError: The node is away.
        """
        info: NodeInfo = await self._ledger.info()
        if info.network != self._network:
            raise NetworkMismatchError(
                f"The node keeps the ledger of network {info.network}, but {self._network} is "
                "meant: name another node, or give --network."
            )
        return info.network_number

    async def _transfer(
        self, payer: KeyPair, payee: bytes, amount_of: Callable[[Account], int]
    ) -> Payment | None:
        """Sign and submit until one record is accepted or truly refused."""
        number = await self.network_number()
        for signing in range(1, SIGNINGS_MAX + 1):
            account = await self._ledger.account(payer.public_key)
            amount = amount_of(account)
            if amount == 0:
                return None
            if not account.exists or amount > account.balance:
                raise _poor(account, amount)
            record = transfer(
                payer,
                network=number,
                parents=await self._ledger.tips(),
                target=payee,
                amount=amount,
                sequence=account.next_sequence,
                issued_at=self._now_us(),
                valid_for=VALID_FOR_S,
            )
            answer = await self._submit(record)
            if answer.is_accepted:
                return _payment(record, answer)
            if answer.verdict not in OVERTAKEN or signing == SIGNINGS_MAX:
                raise _refused(answer.verdict)
        raise AssertionError("the last signing returns or raises")

    async def _submit(self, record: Records) -> Answer:
        """Hand a record in until the ledger has judged it or patience ends."""
        deadline_us = self._now_us() + int(PATIENCE_S * MICROSECONDS)
        is_unknown = False
        while True:
            wait_s = TRY_AGAIN_S
            try:
                (answer,) = await self._ledger.submit(record.reshape(1))
            except UnavailableError:
                is_unknown = True
            else:
                if answer.verdict not in NOT_YET:
                    return answer
                wait_s = answer.retry_after_s or TRY_AGAIN_S
            if self._now_us() + wait_s * MICROSECONDS >= deadline_us:
                raise _unknown(record) if is_unknown else _busy(wait_s)
            await self._sleep(wait_s)


def _payment(record: Records, answer: Answer) -> Payment:
    assert answer.position is not None, "what is accepted has a place"
    return Payment(
        id=record_ids(record)[0].tobytes(),
        position=answer.position,
        payer=record["issuer"].tobytes(),
        payee=record["target"].tobytes(),
        amount=int(record["amount"]),
    )


def _poor(account: Account, amount: int) -> PaymentRefusedError:
    """Return the refusal that the ledger would give, with the figures it does not say."""
    if not account.exists:
        return _refused(Verdict.UNKNOWN_ISSUER)
    verdict = Verdict.INSUFFICIENT_FUNDS
    return PaymentRefusedError(
        f"Nothing was paid ({verdict.name}): the account has {format_amount(account.balance)} "
        f"tokens, not {format_amount(amount)}.",
        verdict=verdict,
    )


def _refused(verdict: Verdict) -> PaymentRefusedError:
    advice = ADVICE.get(verdict, "docs/ledger.md says what that means")
    return PaymentRefusedError(f"Nothing was paid ({verdict.name}): {advice}.", verdict=verdict)


def _busy(retry_after_s: float) -> NodeBusyError:
    return NodeBusyError(
        f"Nothing was paid: the node has no room for it; try again in {retry_after_s:g} s.",
        retry_after_s=retry_after_s,
    )


def _unknown(record: Records) -> PaymentUnknownError:
    identity = record_ids(record)[0].tobytes()
    expires_at_us = int(record["issued_at"]) + VALID_FOR_S * MICROSECONDS + CLOCK_SKEW_MAX_US
    until = datetime.fromtimestamp(expires_at_us / MICROSECONDS, tz=UTC)
    return PaymentUnknownError(
        f"The node's answer got lost, so payment {identity.hex()} may have been made or not: "
        f"after {until:%H:%M:%S} UTC look for it with tangleway wallet history before you pay "
        "again.",
        transaction_id=identity,
        expires_at_us=expires_at_us,
    )
