"""The server: the node's sockets, and the loop that drives its core.

One task does everything in turn: take in what has arrived, judge a batch, answer, publish. It never
does two things at once, on purpose. Signatures are checked by two threads while this one waits:
beside a thread that is busy in Python, the same checks take ten times as long (each of them asks
for the interpreter anew, and gets it when its switch interval ends); and handing records to other
processes costs about what it gains on two cores. What arrives meanwhile waits in ZeroMQ's own
threads, decrypted already.
"""

import asyncio
import time
from collections.abc import Callable

import zmq

from ledger_core import KeyPair
from ledger_node.connection_keys import ConnectionKeys
from ledger_node.index import Index
from ledger_node.index_store import RunDraft
from ledger_node.node import Node
from ledger_node.notary import CHECKPOINT_EVERY_S
from ledger_node.outbox import Outbox
from ledger_node.reception import Message
from ledger_node.sockets import CLOSE_WAIT_MS, Readable, bind, send, server_socket
from ledger_node.upkeep import Upkeep

__all__ = ["Server"]

RECEIVED_MAX = 1_024
"""Messages taken in between two batches: as many as wait for eight connections."""

RECEIVE_S = 0.001
"""Time for taking messages in while others wait to be judged. [s]"""

METRICS_EVERY_S = 1.0
"""How often the node says how it does. [s]"""

RUNS_BEHIND_MAX = 16
"""Runs that the index may be behind (20 MB of entries in memory) before the node waits for it."""


class Server:
    """Serve a node over ZeroMQ.

    Args:
        node: The node's core.
        index: Its look-up indexes, filled from here beside the loop.
        key_pair: The node's identity.
        upkeep: What is done behind the work.
        asks_who: Whether the node is told with which key each connection was made.
    """

    def __init__(
        self,
        node: Node,
        index: Index,
        *,
        key_pair: KeyPair,
        upkeep: Upkeep | None = None,
        asks_who: bool = False,
    ) -> None:
        self._upkeep = upkeep
        self._node = node
        self._index = index
        self._filling: asyncio.Task[None] | None = None
        self._stopping = False
        self._metrics_due = False
        self._checkpoint_due = False
        self._wake: Callable[[], None] = lambda: None
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._keys = ConnectionKeys(self._context) if asks_who else None
        self._requests = server_socket(self._context, zmq.ROUTER, key_pair=key_pair)
        self._outbox = Outbox(self._requests)
        node.questions.deaf = self._outbox.deaf
        self._events = server_socket(self._context, zmq.PUB, key_pair=key_pair)
        self._events.setsockopt(zmq.XPUB_NODROP, 1)  # so that we hear when one is dropped

    def bind(self, requests: str, events: str) -> tuple[str, str]:
        """Bind both sockets and return their real endpoints.

        Args:
            requests: Where requests come in.
            events: Where events go out.

        Raises:
            PortInUseError: Somebody else listens there.
            EndpointError: This machine has no such endpoint.
        """
        return bind(self._requests, requests), bind(self._events, events)

    def stop(self) -> None:
        """Ask the loop to end after the batch it is at."""
        self._stopping = True
        self._wake()

    async def serve(self) -> None:
        """Serve until `stop` is called.

        Raises:
            LogWriteError: The log or a checkpoint could not be written.
            DamagedError: Index or log can not be read.
        """
        if self._keys is not None:
            self._keys.listen()
        tickers = asyncio.gather(self._tick(), self._tick_checkpoints())
        try:
            with Readable(self._requests) as readable:
                self._wake = readable.wake
                while not self._stopping:
                    await self._round(readable)
            self._outbox.send(self._node.stop())
        finally:
            tickers.cancel()
            await asyncio.gather(tickers, return_exceptions=True)
            if self._filling is not None:
                await asyncio.gather(self._filling, return_exceptions=True)
            if self._upkeep is not None:
                await self._upkeep.close()

    def close(self) -> None:
        """Close the sockets once the last answers have left, or soon after."""
        if self._keys is not None:
            self._keys.close()
        self._requests.close(linger=CLOSE_WAIT_MS)
        self._events.close(linger=CLOSE_WAIT_MS)
        self._context.term()

    async def _round(self, readable: Readable) -> None:
        """Do what there is to do, or wait for it."""
        received = self._receive()
        is_busy = self._node.waiting
        if is_busy:
            self._outbox.send(await self._node.turn())
            self._publish(self._node.finish())
        self._outbox.send(self._node.answer())
        self._outbox.flush()
        if is_busy or received or self._node.asked:
            await asyncio.sleep(0)  # signals and the ticker get their turn
        else:
            await readable.wait()
        if self._checkpoint_due:
            self._checkpoint_due = False
            self._outbox.forgive()
            self._node.evidence.sign_if_due()
        self._publish(self._node.take_events())
        if self._metrics_due:
            self._metrics_due = False
            self._publish([self._node.metrics()])
        await self._fill_index()
        if self._upkeep is not None:
            self._upkeep.step()

    def _receive(self) -> int:
        """Take in what has arrived, and return how many messages that was.

        Where somebody waits already, that ends soon; what is left waits in ZeroMQ.
        """
        receive = self._receive_one if self._keys is None else self._receive_from
        end_s = time.perf_counter() + RECEIVE_S
        for count in range(RECEIVED_MAX):
            if time.perf_counter() > end_s:
                return count
            try:
                reply = receive()
            except zmq.Again:
                return count
            if reply is not None:
                self._outbox.send([reply])
        return RECEIVED_MAX

    def _receive_one(self) -> Message | None:
        """Hand in the next message, and return what to send back at once."""
        return self._node.receive(self._requests.recv_multipart(zmq.NOBLOCK))

    def _receive_from(self) -> Message | None:
        """The same, with the key of the connection that it came by."""
        frames = self._requests.recv_multipart(zmq.NOBLOCK, copy=False)
        message = [frame.bytes for frame in frames]
        return self._node.receive(message, ConnectionKeys.of(frames[-1]))

    def _publish(self, events: list[Message]) -> None:
        """Publish events; subscribers that are too slow do not get them, which is counted."""
        for event in events:
            try:
                send(self._events, event)
            except zmq.Again:
                self._node.counts.events_dropped += 1
                self._events.setsockopt(zmq.XPUB_NODROP, 0)
                send(self._events, event)
                self._events.setsockopt(zmq.XPUB_NODROP, 1)

    async def _tick(self) -> None:
        """Have metrics published, whatever else goes on."""
        while True:
            await asyncio.sleep(METRICS_EVERY_S)
            self._metrics_due = True
            self._wake()

    async def _tick_checkpoints(self) -> None:
        """Have checkpoints signed when they are due, whatever else goes on."""
        while True:
            await asyncio.sleep(CHECKPOINT_EVERY_S)
            self._checkpoint_due = True
            self._wake()

    async def _fill_index(self) -> None:
        """Start writing a run when there is one; wait for it only when far behind."""
        if self._filling is not None and (
            self._filling.done() or self._index.behind > RUNS_BEHIND_MAX
        ):
            await self._filling
            self._filling = None
        if self._filling is None and self._index.behind:
            self._filling = asyncio.create_task(self._fill(self._index.draft()))

    async def _fill(self, draft: RunDraft) -> None:
        await asyncio.to_thread(self._index.write, draft)
        self._index.finish(draft)
        self._wake()  # for the next run
