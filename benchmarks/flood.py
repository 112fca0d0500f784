"""Floods: one issuer who sends a hundred times as much as another, in every way that there is.

A flood comes from a process of its own, by several connections, as fast as it may and the machine
lets it; nobody waits for answers, which are read as they come. In reality it comes from other
machines, so its process is the last to get these cores (`nice`).
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import cycle
from multiprocessing.connection import Connection
from typing import Any

import msgspec
import zmq

from benchmarks.traffic import NETWORK
from ledger_core import KeyPair, Records, curve_public_key, data, transfer

__all__ = ["CONNECTIONS", "FloodKind", "FloodMessage", "FloodOrder", "flood", "messages"]

CONNECTIONS = 4
"""Connections of the one who floods: a lane each, if connections made shares."""

TOGETHER = 64
"""Records in a submission of a flood that hands in many at a time."""

PAYLOADS = 16
"""DATA records in a submission of large payloads: half a mebibyte."""

PAYLOAD_SIZE = 32 * 1_024
"""The largest payload that a node takes. [bytes]"""

QUESTIONS_FIRST = 4
"""Messages of ever the same kind that are made for each connection, where one can be repeated."""

QUEUED_MAX = 64
"""Messages that wait in the flooder for each connection when the node takes no more."""

NICE = 19
"""The flood gets the processor time that nobody else wants."""

_VALID_FOR_S = 3_600
_PAUSE_S = 0.0005


class FloodKind(StrEnum):
    """Say what a flood is made of."""

    VALID = "valid"
    """Good transfers, 64 at a time."""
    SINGLES = "singles"
    """Good transfers, one by one."""
    FORGED = "forged"
    """Transfers with bad signatures in the name of an account."""
    STRANGERS = "strangers"
    """Signed transfers of keys without an account."""
    ORPHANS = "orphans"
    """Transfers that name parents which nobody knows."""
    REPEATED = "repeated"
    """One accepted submission again and again."""
    PAYLOADS = "payloads"
    """DATA records with the largest payloads."""
    LOG_READERS = "log_readers"
    """`ask_log` requests all over the log."""
    DEAF_READERS = "deaf_readers"
    """The same, and nobody reads the answers."""


class FloodOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Say what to flood a node with."""

    kind: FloodKind
    """What the flood is made of."""
    endpoint: str
    """Where the node takes requests."""
    node_key: bytes
    """Its public key."""
    seed: bytes
    """Seed of the account that floods; it has sent nothing yet."""
    parents: tuple[bytes, bytes]
    """What its records name."""
    rate: float
    """Records a second, or requests; as many as the machine allows, up to this. [1/s]"""
    seconds: float
    """How long it may last at most; so much is signed beforehand. [s]"""


@dataclass(frozen=True, slots=True)
class FloodMessage:
    """A request without its number, and what it counts."""

    header: dict[str, object]
    """The header but for its number."""
    frames: list[bytes]
    """The frames behind it."""
    records: int
    """How many records it hands in, 1 for a question."""


def flood(order: FloodOrder, pipe: "Connection[Any, Any]") -> None:
    """Flood a node until told to stop; this is a process.

    Args:
        order: What to do.
        pipe: Says ``"ready"`` when everything is signed, waits for a word to begin, for another one
            to end, and says how many records or requests were sent.
    """
    os.nice(NICE)
    prepared = messages(order)
    pipe.send("ready")
    pipe.recv()
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    sockets = [_connected(context, order) for _ in range(CONNECTIONS)]
    try:
        pipe.send(_pour(prepared, sockets, order, stopped=pipe.poll))
    finally:
        for socket in sockets:
            socket.close(linger=0)
        context.term()


def _pour(
    messages: Iterator[FloodMessage],
    sockets: Sequence["zmq.Socket[bytes]"],
    order: FloodOrder,
    *,
    stopped: Callable[[], bool],
) -> int:
    """Send messages at the rate, and return how many records or requests they had."""
    encoder = msgspec.msgpack.Encoder()
    begin, sent, number = time.perf_counter(), 0, 0
    is_deaf = order.kind is FloodKind.DEAF_READERS
    while not stopped():
        if not is_deaf:
            _drain(sockets)
        due = (time.perf_counter() - begin) * order.rate
        progress = False
        while sent < due and (message := next(messages, None)) is not None:
            number += 1
            header = encoder.encode({**message.header, "request": number})
            try:
                sockets[number % len(sockets)].send_multipart(
                    [header, *message.frames], zmq.NOBLOCK
                )
            except zmq.Again:
                pass  # the node takes no more of this connection
            else:
                sent, progress = sent + message.records, True
                continue
            break
        if not progress:
            time.sleep(_PAUSE_S)
    return sent


def _drain(sockets: Sequence["zmq.Socket[bytes]"]) -> None:
    """Read the answers that are there."""
    for socket in sockets:
        while True:
            try:
                socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break


def messages(order: FloodOrder) -> Iterator[FloodMessage]:
    """Make what is sent; what can not be sent twice is signed beforehand.

    Args:
        order: What the flood is made of.
    """
    pair = KeyPair.from_seed(order.seed)
    count = int(order.rate * order.seconds)
    match order.kind:
        case FloodKind.VALID:
            return iter(_submissions([_pay(order, pair, number) for number in range(count)]))
        case FloodKind.SINGLES:
            singles = [_pay(order, pair, number) for number in range(count)]
            return iter(_submissions(singles, together=1))
        case FloodKind.FORGED:
            good = [_pay(order, pair, number).copy() for number in range(TOGETHER)]
            for record in good:
                record["signature"][5] ^= 1
            return cycle(_submissions(good))
        case FloodKind.STRANGERS:
            strangers = [KeyPair.generate() for _ in range(TOGETHER)]
            return cycle(_submissions([_pay(order, one, 0) for one in strangers]))
        case FloodKind.ORPHANS:
            records = [
                _pay(order, pair, 0, parents=(os.urandom(32), os.urandom(32)))
                for _ in range(min(count, 64 * TOGETHER))
            ]
            return cycle(_submissions(records))
        case FloodKind.REPEATED:
            return cycle(_submissions([_pay(order, pair, number) for number in range(TOGETHER)]))
        case FloodKind.PAYLOADS:
            return iter([_large(order, pair, first) for first in range(0, count, PAYLOADS)])
        case FloodKind.LOG_READERS | FloodKind.DEAF_READERS:
            header = {"type": "ask_log", "version": 1, "first": 1}
            return cycle([FloodMessage(header, [], 1) for _ in range(QUESTIONS_FIRST)])


def _submissions(records: Sequence[Records], *, together: int = TOGETHER) -> list[FloodMessage]:
    """Put records into submissions."""
    header: dict[str, object] = {"type": "submit", "version": 1}
    return [
        FloodMessage(header, [b"".join(record.tobytes() for record in part)], len(part))
        for part in (records[at : at + together] for at in range(0, len(records), together))
    ]


def _large(order: FloodOrder, pair: KeyPair, first: int) -> FloodMessage:
    """Make a submission of DATA records with large payloads; all have the same one."""
    payload = bytes([first % 251]) * PAYLOAD_SIZE
    digest = sha256(payload).digest()
    records = [
        data(
            pair,
            network=NETWORK,
            parents=order.parents,
            sequence=number,
            issued_at=_now_us(),
            valid_for=_VALID_FOR_S,
            digest=digest,
        )
        for number in range(first, first + PAYLOADS)
    ]
    sizes = [(index, PAYLOAD_SIZE) for index in range(PAYLOADS)]
    header = {"type": "submit", "version": 1, "payloads": sizes}
    joined = b"".join(record.tobytes() for record in records)
    return FloodMessage(header, [joined, payload * PAYLOADS], PAYLOADS)


def _pay(
    order: FloodOrder,
    pair: KeyPair,
    sequence: int,
    *,
    parents: tuple[bytes, bytes] | None = None,
) -> Records:
    return transfer(
        pair,
        network=NETWORK,
        parents=parents or order.parents,
        target=KeyPair.from_seed(order.seed).public_key,
        amount=1,
        sequence=sequence,
        issued_at=_now_us(),
        valid_for=_VALID_FOR_S,
    )


def _connected(context: "zmq.Context[zmq.Socket[bytes]]", order: FloodOrder) -> "zmq.Socket[bytes]":
    own = KeyPair.generate()
    socket = context.socket(zmq.DEALER)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.SNDHWM, QUEUED_MAX)
    socket.curve_secretkey = own.curve_secret_key()
    socket.curve_publickey = curve_public_key(own.public_key)
    socket.curve_serverkey = curve_public_key(order.node_key)
    socket.connect(order.endpoint)
    return socket


def _now_us() -> int:
    return time.time_ns() // 1_000
