"""An account with its key: it signs, numbers and submits, one record at a time.

The node decides what the account has and which number comes next; the wallet asks it before each
numbered record, so a crash, a lost answer or a second program on the same key leaves nothing to
repair. Submitting goes on until the ledger has answered: sending the same record again is harmless.
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from agent_runtime.clock import SECOND_US, Clock, physics_s
from agent_runtime.errors import LedgerAwayError
from agent_runtime.ledger_port import Answer, LedgerPort
from ledger_core import (
    ZERO,
    KeyPair,
    Records,
    UnavailableError,
    Verdict,
    data,
    hold,
    reclaim,
    record_ids,
    release,
    settle,
    transfer,
)

TRY_AGAIN_S = 0.25
"""Between two tries to reach a node that is away; its restart takes about a second. [real s]"""

PATIENCE_S = 30.0
"""How long a question waits for a node that is away: longer than its restart. [real s]"""

VALID_FOR_S = 300
"""How long a record that is submitted at once can be applied: longer than any outage that a
session survives. [s]"""

TIPS_S = 1.0
"""How long the node may take to name fresh parents before the latest are named again: a delivery
is not to pause for it, and an answer takes a millisecond. [real s]"""

NOT_YET = frozenset({Verdict.RATE_LIMITED, Verdict.BUSY})
"""Verdicts of the node's door: come again."""

_AnswerT = TypeVar("_AnswerT")


class Wallet:
    """One account.

    Args:
        key_pair: The account's key.
        ledger: The node.
        clock: Real time.
        network_number: The ledger's network; every record carries it.
    """

    def __init__(
        self, key_pair: KeyPair, ledger: LedgerPort, *, clock: Clock, network_number: int
    ) -> None:
        self._key_pair = key_pair
        self._ledger = ledger
        self._clock = clock
        self._network = network_number
        self._lock = asyncio.Lock()
        self._tips: tuple[bytes, bytes] | None = None

    @property
    def public_key(self) -> bytes:
        """The account."""
        return self._key_pair.public_key

    @property
    def key_pair(self) -> KeyPair:
        """The account's key."""
        return self._key_pair

    def of(self, key_pair: KeyPair) -> "Wallet":
        """Return a wallet on another account of the same ledger."""
        return Wallet(key_pair, self._ledger, clock=self._clock, network_number=self._network)

    async def exists(self) -> bool:
        """Return whether anybody has paid this account yet.

        Raises:
            LedgerAwayError: The node was away for longer than PATIENCE_S.
        """
        account = await self._patiently(lambda: self._ledger.account(self.public_key))
        return account.exists

    async def balance(self) -> int:
        """Return what the account has. [base units]

        Raises:
            LedgerAwayError: The node was away for longer than PATIENCE_S.
        """
        account = await self._patiently(lambda: self._ledger.account(self.public_key))
        return account.balance

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until no other numbered record of this account is on its way, and keep it so."""
        async with self._lock:
            yield

    async def sign_hold(
        self, *, target: bytes, amount: int, digest: bytes, valid_for_s: int
    ) -> Records:
        """Return a signed HOLD with the account's next number; only within `turn`.

        Raises:
            LedgerAwayError: The node was away for longer than PATIENCE_S; nothing was signed.
            RecordFieldError: A value does not fit into its field.
        """
        return await self._sign_numbered(
            hold, target=target, amount=amount, digest=digest, valid_for_s=valid_for_s
        )

    async def sign_transfer(
        self, *, target: bytes, amount: int, digest: bytes, valid_for_s: int
    ) -> Records:
        """Return a signed TRANSFER with the account's next number; only within `turn`.

        Raises:
            LedgerAwayError: The node was away for longer than PATIENCE_S; nothing was signed.
            RecordFieldError: A value does not fit into its field.
        """
        return await self._sign_numbered(
            transfer, target=target, amount=amount, digest=digest, valid_for_s=valid_for_s
        )

    async def voucher(
        self, *, hold_id: bytes, amount: int, number: int, digest: bytes, valid_for_s: int
    ) -> Records:
        """Return a signed SETTLE over a bill of this digest, with fresh parents, for the payee.

        While the node is away the latest parents are named again: the payee knows them to be on
        the ledger, and a delivery need not stop for a node's restart.

        Raises:
            UnavailableError: The node is away and no parents are known yet.
        """
        return settle(
            self._key_pair,
            network=self._network,
            parents=await self._parents(),
            hold_id=hold_id,
            amount=amount,
            number=number,
            issued_at=self._clock.now_us(),
            valid_for=valid_for_s,
            digest=digest,
        )

    async def submit(self, record: Records, *, deadline_us: int | None = None) -> Answer:
        """Submit a signed record until the ledger has judged it.

        Args:
            record: The record, shape ().
            deadline_us: When to give up, None for never. [µs since the Unix epoch]

        Raises:
            LedgerAwayError: The node gave no answer in time; the record may or may not be accepted.
        """
        began_s, began_us = physics_s(self._clock), self._clock.now_us()
        left_s = math.inf if deadline_us is None else (deadline_us - began_us) / SECOND_US
        while True:
            wait_s = TRY_AGAIN_S
            try:
                (answer,) = await self._ledger.submit(record.reshape(1))
            except UnavailableError as error:
                reason = str(error)
            else:
                if answer.verdict not in NOT_YET:
                    return answer
                reason, wait_s = answer.verdict.name, answer.retry_after_s or TRY_AGAIN_S
            if physics_s(self._clock) + wait_s >= began_s + left_s:
                raise LedgerAwayError(
                    f"the node gave no answer in time ({reason}): submit the record again",
                    record=record,
                )
            await self._clock.sleep(wait_s)

    async def pay(self, target: bytes, amount: int, *, digest: bytes, deadline_us: int) -> Answer:
        """Move `amount` [base units] to `target` and return the ledger's word."""
        async with self.turn():
            record = await self.sign_transfer(
                target=target, amount=amount, digest=digest, valid_for_s=VALID_FOR_S
            )
            return await self.submit(record, deadline_us=deadline_us)

    async def void(self, sequence: int) -> None:
        """Give a number to a record without effect, so that another one with it never comes.

        Args:
            sequence: The number; if the account has used it already, nothing is done.

        Raises:
            LedgerAwayError: The node was away for longer than PATIENCE_S.
        """
        async with self.turn():
            if await self._next_sequence() != sequence:
                return
            record = data(
                self._key_pair,
                network=self._network,
                parents=await self._patiently(self._parents),
                sequence=sequence,
                issued_at=self._clock.now_us(),
                valid_for=VALID_FOR_S,
                digest=ZERO,
            )
            await self.submit(record)

    async def release(self, hold_id: bytes) -> tuple[Answer, bytes]:
        """Give a hold back to its payer; return the ledger's word and the RELEASE's id.

        Raises:
            LedgerAwayError: The node was away for longer than PATIENCE_S; nothing was released.
        """
        record = release(
            self._key_pair,
            network=self._network,
            parents=await self._patiently(self._parents),
            hold_id=hold_id,
            issued_at=self._clock.now_us(),
            valid_for=VALID_FOR_S,
        )
        return await self.submit(record), record_ids(record)[0].tobytes()

    async def reclaim(self, hold_id: bytes) -> Answer:
        """Take back an expired hold; return the ledger's word.

        Raises:
            LedgerAwayError: The node was away for longer than PATIENCE_S; nothing was reclaimed.
        """
        record = reclaim(
            self._key_pair,
            network=self._network,
            parents=await self._patiently(self._parents),
            hold_id=hold_id,
            issued_at=self._clock.now_us(),
            valid_for=VALID_FOR_S,
        )
        return await self.submit(record)

    async def _sign_numbered(
        self,
        build: Callable[..., Records],
        *,
        target: bytes,
        amount: int,
        digest: bytes,
        valid_for_s: int,
    ) -> Records:
        """Return what `build` makes of these fields, fresh parents and the next number."""
        return build(
            self._key_pair,
            network=self._network,
            parents=await self._patiently(self._parents),
            target=target,
            amount=amount,
            sequence=await self._next_sequence(),
            issued_at=self._clock.now_us(),
            valid_for=valid_for_s,
            digest=digest,
        )

    async def _next_sequence(self) -> int:
        assert self._lock.locked(), "a numbered record is signed in the wallet's turn"
        account = await self._patiently(lambda: self._ledger.account(self.public_key))
        return account.next_sequence

    async def _parents(self) -> tuple[bytes, bytes]:
        """Return fresh tips; while the node is away the latest ones, which are still true."""
        if self._tips is None:
            self._tips = await self._ledger.tips()
            return self._tips
        with contextlib.suppress(UnavailableError, TimeoutError):
            async with self._clock.timeout(TIPS_S):
                self._tips = await self._ledger.tips()
        return self._tips

    async def _patiently(self, question: Callable[[], Awaitable[_AnswerT]]) -> _AnswerT:
        """Ask again while the node is away."""
        deadline_s = physics_s(self._clock) + PATIENCE_S
        while True:
            try:
                return await question()
            except UnavailableError as error:
                if physics_s(self._clock) + TRY_AGAIN_S >= deadline_s:
                    raise LedgerAwayError(
                        f"the node is away ({error}): start it, or try again later"
                    ) from error
            await self._clock.sleep(TRY_AGAIN_S)
