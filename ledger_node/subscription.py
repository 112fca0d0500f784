"""A client's subscription: events as values, with gaps made visible."""

from collections.abc import AsyncIterator, Iterator

import numpy as np
import zmq

from ledger_core import ID_SIZE, MalformedRecordError, Verdict, parse_records
from ledger_node.events import (
    AcceptedHeader,
    AlarmHeader,
    CheckpointHeader,
    EventHeader,
    FinalHeader,
    MetricsHeader,
    RefusedHeader,
    decode_header,
)
from ledger_node.facts import (
    AcceptedEvent,
    AlarmEvent,
    CheckpointEvent,
    Event,
    FinalEvent,
    LostEvents,
    MetricsEvent,
    RefusedEvent,
)
from ledger_node.sockets import Readable, Socket, client_socket, connect

__all__ = ["GapWatch", "Subscription", "read_event"]

FRAMES = 3
"""Frames of an event: topic, header, buffer."""

REFUSED_ROW = 2 * ID_SIZE + 1
"""What a refused record takes in the buffer: issuer, id, verdict. [bytes]"""


class Subscription:
    """Receive a node's events, within one event loop.

    Args:
        context: ZeroMQ's context.
        endpoint: Where the node publishes.
        node_key: The node's Ed25519 public key, 32 bytes.

    Raises:
        KeyFormatError: The key is none.
        EndpointError: The endpoint is none.
    """

    def __init__(self, context: "zmq.Context[Socket]", endpoint: str, *, node_key: bytes) -> None:
        self._watch = GapWatch()
        self._socket = client_socket(context, zmq.SUB, node_key=node_key)
        try:
            self._socket.setsockopt(zmq.SUBSCRIBE, b"")
            connect(self._socket, endpoint)
        except BaseException:
            self._socket.close()
            raise
        self._readable = Readable(self._socket)

    async def events(self) -> AsyncIterator[Event]:
        """Yield events as they come, until `close`; a node's restart shows as lost events."""
        while not self._socket.closed:
            try:
                message = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                await self._readable.wait()
                continue
            for event in read_event(message, self._watch):
                yield event

    def close(self) -> None:
        """End the subscription; whoever waits for events gets no more."""
        if not self._socket.closed:
            self._readable.close()
            self._socket.close(linger=0)
            self._readable.wake()


class GapWatch:
    """Notice missing numbers, topic by topic."""

    def __init__(self) -> None:
        self._next: dict[str, tuple[int, int]] = {}

    def missing(self, topic: str, header: EventHeader) -> Iterator[LostEvents]:
        """Yield what is missing before an event.

        Args:
            topic: The event's topic.
            header: The event's header.
        """
        if isinstance(header, MetricsHeader):
            for other, count in header.published.items():
                yield from self._missing(other, header.boot, count)
        else:
            yield from self._missing(topic, header.boot, header.number)
        self._next[topic] = (header.boot, header.number + 1)

    def _missing(self, topic: str, boot: int, number: int) -> Iterator[LostEvents]:
        """Yield what is missing of a topic before a number; the first look misses nothing."""
        seen, expected = self._next.get(topic, (boot, number))
        self._next[topic] = (boot, number)
        if boot != seen:
            yield LostEvents(topic=topic, count=None)
        elif number > expected:
            yield LostEvents(topic=topic, count=number - expected)


def read_event(message: list[bytes], watch: GapWatch) -> Iterator[Event]:
    """Yield what a message tells, behind what is missing before it; nothing if it is no event.

    Args:
        message: The frames.
        watch: Notices what is missing.
    """
    if len(message) != FRAMES:
        return
    header = decode_header(message[0], message[1])
    event = None if header is None else _event(header, message[2])
    if header is None or event is None:
        return
    yield from watch.missing(message[0].decode(), header)
    yield event


def _event(header: EventHeader, body: bytes) -> Event | None:
    """Return an event, or None when its buffer says what this client can not read."""
    try:
        match header:
            case AcceptedHeader():
                records = parse_records(body)
                return AcceptedEvent(first=header.first, at_us=header.at_us, records=records)
            case RefusedHeader():
                return _refused(header, body)
            case CheckpointHeader():
                return CheckpointEvent(size=header.size, at_us=header.at_us, note=body)
            case FinalHeader():
                return FinalEvent(
                    size=header.size,
                    signatures=header.signatures,
                    at_us=header.at_us,
                    signed_at_us=header.signed_at_us,
                    note=body,
                )
            case AlarmHeader():
                return AlarmEvent(
                    size=header.size,
                    at_us=header.at_us,
                    names=header.names,
                    reason=header.reason,
                    note=body,
                )
            case MetricsHeader():
                return MetricsEvent(metrics=header)
    except (MalformedRecordError, ValueError):
        return None


def _refused(header: RefusedHeader, body: bytes) -> RefusedEvent:
    count = len(body) // REFUSED_ROW
    rows = np.frombuffer(body, np.uint8, count=2 * count * ID_SIZE).reshape(2, count, ID_SIZE)
    verdicts = tuple(Verdict(code) for code in body[2 * count * ID_SIZE :])
    return RefusedEvent(at_us=header.at_us, issuers=rows[0], ids=rows[1], verdicts=verdicts)
