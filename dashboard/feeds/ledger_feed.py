"""The feed from a node: its events, and a question whenever some of them were missed.

The node's metrics come once a second, so they are the heartbeat. A connection that breaks off is
told by ZeroMQ at once, is made anew by ZeroMQ for ever, and then the node is asked how the ledger
stands: two small questions and at most a few pages of the log, however long the viewer was away.
Whoever was killed and starts anew shows by another boot number, which counts as missed events.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent_runtime import Clock
from dashboard.feeds.records import chained, observe, signers, told_records
from dashboard.model import LEDGER
from dashboard.observed import (
    AccountSeen,
    LedgerState,
    Observation,
    Record,
    SourceDown,
    SourceUp,
)
from ledger_core import Policy, TanglewayError, UnavailableError, parse_records
from ledger_node import LedgerClient, LostEvents, PrunedError, read_policy

__all__ = ["LedgerFeed", "LedgerTarget"]

Tell = Callable[[Observation], None]
"""Takes what was observed; it returns at once."""

HISTORY_RECORDS = 1_000
"""How far back a viewer that comes later asks the node for records; a city's last minutes."""

PAGES_MAX = 8
"""Questions about the log at one time; what they do not bring is counted as missed."""

LOOK_EVERY_S = 0.2
"""How often it is looked whether the connection stands. [s]"""

ATTEMPT_EVERY_S = 1.0
"""How often a lost connection is told again, which is how often ZeroMQ tries at least. [s]"""

TURN_EVENTS = 64
"""After so many events somebody else gets a turn: the screen, above all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerTarget:
    """Where a node is."""

    endpoint: str
    """Where it takes requests."""
    node_key: bytes
    """Its public key, 32 bytes."""
    publish: str | None = None
    """Where it publishes events; None for where it says."""
    network: str = ""
    """The network that it should keep, empty for any."""
    policy_file: Path | None = None
    """Whose signatures count; without one the node is believed."""


class LedgerFeed:
    """Tell what a node says, for ever.

    Args:
        target: Where it is.
        tell: Takes what was observed.
        clock: For times and waits.
    """

    def __init__(self, target: LedgerTarget, *, tell: Tell, clock: Clock) -> None:
        self._target = target
        self._tell = tell
        self._clock = clock
        self._policy: Policy | None = None
        self._size = 0
        self._stale = asyncio.Event()
        self._client: LedgerClient | None = None
        self._stranger = ""

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            InputError: The node's key, its endpoint or the policy is none.
        """
        if self._target.policy_file is not None:
            self._policy = read_policy(self._target.policy_file)
        target = self._target
        client = LedgerClient(target.endpoint, publish=target.publish, node_key=target.node_key)
        async with client, asyncio.TaskGroup() as group:
            self._client = client
            group.create_task(self._watch_link(client))
            group.create_task(self._hear(client))
            group.create_task(self._answer(client))

    async def ask_account(self, key: str) -> None:
        """Ask the node how an account stands, and tell it; silence is no answer.

        Args:
            key: The account, hexadecimal.
        """
        if self._client is None or self._client.trouble:
            return
        with contextlib.suppress(TanglewayError, ValueError):
            account = await self._client.account(bytes.fromhex(key))
            self._tell(AccountSeen(at_us=self._now(), key=key, balance=account.balance))

    async def _watch_link(self, client: LedgerClient) -> None:
        """Tell when the connection breaks off, and when it is back."""
        trouble: str | None = None
        told_us = self._now()  # the first attempt has not failed yet
        while True:
            now = client.trouble or self._stranger
            is_due = self._now() - told_us > ATTEMPT_EVERY_S * 1e6
            if now and (is_due or (trouble is not None and now != trouble)):
                self._tell(SourceDown(at_us=self._now(), source=LEDGER, reason=now))
                told_us = self._now()
            elif trouble != "" and not now:
                self._tell(SourceUp(at_us=self._now(), source=LEDGER, place=self._target.endpoint))
                self._stale.set()
            trouble = now
            await self._clock.sleep(LOOK_EVERY_S)

    async def _hear(self, client: LedgerClient) -> None:
        """Pass on events for ever."""
        turn = 0
        while True:
            with contextlib.suppress(UnavailableError):
                async for event in client.events():
                    if isinstance(event, LostEvents) and event.topic != "metrics":
                        self._stale.set()
                    observation = observe(event, self._now(), self._policy)
                    if observation is not None and not self._stranger:
                        self._tell(observation)
                    turn += 1
                    if turn % TURN_EVENTS == 0:
                        await asyncio.sleep(0)
            await self._clock.sleep(ATTEMPT_EVERY_S)

    async def _answer(self, client: LedgerClient) -> None:
        """Ask how the ledger stands whenever something was missed."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                state = await self._ask(client)
                if state is not None:
                    self._tell(state)
            except TanglewayError as error:
                if not client.trouble:
                    self._tell(SourceDown(at_us=self._now(), source=LEDGER, reason=str(error)))
                await self._clock.sleep(ATTEMPT_EVERY_S)
                self._stale.set()

    async def _ask(self, client: LedgerClient) -> LedgerState | None:
        """Return how the ledger stands, None where it is another network's."""
        info = await client.info()
        if self._target.network and info.network != self._target.network:
            self._stranger = f"it keeps the network {info.network}, not {self._target.network}"
            return None
        self._stranger = ""
        finality = await client.checkpoint()
        first = max(self._size, info.size - HISTORY_RECORDS, info.first)
        records, times = await self._history(client, first)
        self._size = max(self._size, info.size)
        names = () if self._policy is None else tuple(key.name for key in self._policy.validators)
        return LedgerState(
            at_us=self._now(),
            network=info.network,
            size=info.size,
            supply=info.supply,
            balances=info.balances,
            holds=info.holds,
            final_size=finality.final_size if finality.quorum else 0,
            quorum=finality.quorum,
            validators=names,
            signers=signers(finality.final_note, self._policy) if finality.final_note else (),
            records=records,
            records_at_us=times,
        )

    async def _history(
        self, client: LedgerClient, first: int
    ) -> tuple[tuple[Record, ...], tuple[int, ...]]:
        """Return the log's records from a position on, as far as a few questions bring them."""
        parts: list[tuple[Record, ...]] = []
        times: list[int] = []
        for _ in range(PAGES_MAX):
            try:
                entries = await client.log(first)
            except PrunedError as error:
                first = error.first
                continue
            if not entries:
                break
            for entry in entries:
                told = told_records(parse_records(entry.records), entry.first)
                parts.append(told)
                times.extend([entry.at_us] * len(told))
            first = entries[-1].first + entries[-1].count
        return chained(parts), tuple(times)

    def _now(self) -> int:
        """Return the viewer's time. [µs]"""
        return self._clock.now_us()
