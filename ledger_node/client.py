"""The client of a node: what agents and tools ask a ledger, from within one event loop.

Light on purpose: no database, no logging. Every request ends within its time limit, in an answer or
in a named error; a record that the ledger refuses is an answer. Requests may run side by side, they
share one connection, which comes back by itself when the node was away.

The client believes nothing that it can check itself: parents are named only after their signature
was found true, and ids are computed from the records that the node sent.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence

import zmq

from ledger_core import KeyPair, Records, record_ids
from ledger_node.checked_records import CheckedTips, whole_records
from ledger_node.errors import RequestError
from ledger_node.facts import Account, Answer, Event, HoldStatus, NodeInfo, Transaction
from ledger_node.limits import HISTORY_MAX
from ledger_node.node_link import TIMEOUT_S
from ledger_node.policy_files import read_policy
from ledger_node.protocol import (
    AccountState,
    AskAccount,
    AskHistory,
    AskHold,
    AskInfo,
    AskTips,
    AskTransaction,
    History,
    HoldState,
    Info,
    Payload,
    Submit,
    Tips,
    TransactionState,
    Verdicts,
)
from ledger_node.reading import (
    answers,
    check_submission,
    node_info,
    one_batch,
    opened_hold,
    reachable,
    record_with_id,
)
from ledger_node.snapshot_client import SnapshotClient
from ledger_node.sockets import Socket
from ledger_node.subscription import Subscription
from ledger_node.trust_client import TrustClient

__all__ = ["TIMEOUT_S", "LedgerClient", "read_policy"]


class LedgerClient(TrustClient, SnapshotClient):
    """Ask one node; use it as an asynchronous context manager.

    Args:
        endpoint: Where the node takes requests, like ``tcp://127.0.0.1:5600``.
        publish: Where it publishes events; None means where it says itself.
        node_key: The node's Ed25519 public key, 32 bytes.
        timeout_s: When a request gives up. [s]
        context: ZeroMQ's context, if several clients are to share one; otherwise it has its own.
        key_pair: Account under whose CURVE key to connect, so that the node knows whose connection
            it is; None takes a fresh key.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        publish: str | None = None,
        node_key: bytes,
        timeout_s: float = TIMEOUT_S,
        context: "zmq.Context[Socket] | None" = None,
        key_pair: KeyPair | None = None,
    ) -> None:
        super().__init__(
            endpoint,
            publish=publish,
            node_key=node_key,
            timeout_s=timeout_s,
            context=context,
            key_pair=key_pair,
        )
        self._tips = CheckedTips()

    async def info(self) -> NodeInfo:
        """Return what ledger the node keeps.

        Raises:
            NodeSilentError: No answer came in time.
        """
        info, _ = await self._ask(Info, lambda number: AskInfo(request=number))
        return node_info(info)

    async def tips(self) -> tuple[bytes, bytes]:
        """Return two ids to name as parents; their records were fetched and checked here.

        Raises:
            NodeSilentError: No answer came in time.
            ForgedRecordError: A record's signature is false.
        """
        _, frames = await self._ask(Tips, lambda number: AskTips(request=number))
        return self._tips.ids(b"".join(frames))

    async def submit(
        self,
        records: Records | Sequence[Records],
        payloads: Mapping[int, bytes] | None = None,
    ) -> list[Answer]:
        """Hand in records, judged in this order; handing them in again is harmless.

        Args:
            records: One record, shape (), or several, shape (n,) or a sequence; at most 4,096.
            payloads: Payloads of DATA records, by index.

        Returns:
            What became of each, in order.

        Raises:
            NodeSilentError: No answer came in time; hand the same in again to learn what became.
            RequestError: There are no records, or more than a node takes at a time.
        """
        batch = one_batch(records)
        given = sorted((payloads or {}).items())
        check_submission(batch, given)
        sizes = tuple(Payload(index, len(payload)) for index, payload in given)
        frames = [batch.tobytes()]
        if given:
            frames.append(b"".join(payload for _, payload in given))
        verdicts, further = await self._ask(
            Verdicts, lambda number: Submit(request=number, payloads=sizes), frames
        )
        return answers(verdicts, further, count=len(batch))

    async def account(self, public_key: bytes) -> Account:
        """Return how an account stands.

        Args:
            public_key: The account, 32 bytes.

        Raises:
            NodeSilentError: No answer came in time.
        """
        state, _ = await self._ask(
            AccountState, lambda number: AskAccount(request=number, public_key=public_key)
        )
        return Account(
            balance=state.balance, next_sequence=state.next_sequence, exists=state.exists
        )

    async def transaction(
        self, transaction_id: bytes, *, issued_at_us: int | None = None
    ) -> Transaction | None:
        """Return an accepted transaction, None when there is none with this id.

        Args:
            transaction_id: Its id, 32 bytes.
            issued_at_us: When it was issued, if you know: a node that has pruned old records can
                then tell that it was never accepted. [µs]

        Raises:
            NodeSilentError: No answer came in time.
            PrunedError: It is not kept any more, or the node can not tell whether it ever was.
            ForgedRecordError: The node sent another record.
        """
        state, frames = await self._ask(
            TransactionState,
            lambda number: AskTransaction(
                request=number, id=transaction_id, issued_at_us=issued_at_us
            ),
        )
        if state.position < 0:
            return None
        return Transaction(
            id=transaction_id,
            record=record_with_id(frames, transaction_id),
            position=state.position,
            at_us=state.at_us,
            vouchers=state.vouchers,
            vouchers_exact=state.vouchers_exact,
            payload=frames[1] if state.has_payload and len(frames) > 1 else None,
            payload_pruned=state.payload_pruned,
        )

    async def hold(self, hold_id: bytes) -> HoldStatus | None:
        """Return how a hold stands, None when the node knows none with this id.

        Open holds are always known; one that was closed may be gone with what a node has pruned.

        Args:
            hold_id: Id of the HOLD record, 32 bytes.

        Raises:
            NodeSilentError: No answer came in time.
            ForgedRecordError: The node sent another record.
        """
        state, frames = await self._ask(
            HoldState, lambda number: AskHold(request=number, id=hold_id)
        )
        if state.position < 0:
            return None
        return HoldStatus(
            hold=opened_hold(record_with_id(frames, hold_id), hold_id),
            open=state.is_open,
            closed_by=state.closed_by,
        )

    async def history(
        self, public_key: bytes, *, after: int = -1, limit: int = 100
    ) -> list[Transaction]:
        """Return the transactions that touch an account, in the ledger's order.

        Args:
            public_key: The account, 32 bytes.
            after: Only those behind this position (exclusive), for the next page.
            limit: At most so many, 1 to 256.

        Raises:
            NodeSilentError: No answer came in time.
            PrunedError: The node does not keep the records from there on any more; ask for those
                behind the position before `PrunedError.first`.
            RequestError: The limit is out of range.
        """
        if not 1 <= limit <= HISTORY_MAX:
            raise RequestError(f"The limit is {limit}, but has to be from 1 to {HISTORY_MAX}.")
        history, frames = await self._ask(
            History,
            lambda number: AskHistory(
                request=number, public_key=public_key, after=after, limit=limit
            ),
        )
        records = whole_records(b"".join(frames))
        found = zip(record_ids(records), records, history.positions, history.at_us, strict=True)
        return [
            Transaction(id=row.tobytes(), record=record, position=position, at_us=at_us)
            for row, record, position, at_us in found
        ]

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield the node's events from now on, until the client is closed.

        Raises:
            NodeSilentError: The node did not say in time where it publishes.
        """
        publish = self._publish or reachable((await self.info()).publish, self._endpoint)
        if self._context is None:
            raise self._closed()
        subscription = Subscription(self._context, publish, node_key=self._node_key)
        self._subscriptions.add(subscription)
        try:
            async for event in subscription.events():
                yield event
        finally:
            subscription.close()
            self._subscriptions.discard(subscription)
