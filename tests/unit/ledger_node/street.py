"""A street of people who pay each other, and nodes that they pay on, without any socket."""

import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ledger_core import (
    MICROSECONDS,
    KeyPair,
    Policy,
    Records,
    Verdict,
    genesis,
    record_ids,
    transfer,
)
from ledger_node.checkpoint_store import CheckpointStore
from ledger_node.codec import decode_reply, encode
from ledger_node.data_directory import DataDirectory
from ledger_node.door import Door
from ledger_node.events import EventHeader, decode_header
from ledger_node.node import Message, Node
from ledger_node.notary import Notary
from ledger_node.opening import close_state, open_state
from ledger_node.protocol import Payload, Reply, Request, Submit, Verdicts
from ledger_node.state import State
from ledger_node.stores import open_stores
from ledger_node.submission import Submission

NETWORK = 7
SUPPLY = 1_000_000
START_US = 1_800_000_000 * MICROSECONDS
NODE_PAIR = KeyPair.from_seed(bytes([8]) * 32)
NETWORK_PAIR = KeyPair.from_seed(bytes([9]) * 32)
ANN, BEN, CLEO, STRANGER = (KeyPair.from_seed(bytes([number]) * 32) for number in (1, 2, 3, 4))
"""Ann has the supply at first; a stranger has no account."""

GENESIS = genesis(
    NETWORK_PAIR, network=NETWORK, target=ANN.public_key, amount=SUPPLY, issued_at=START_US
)
ORIGIN = record_ids(GENESIS).tobytes()


class HandClock:
    """A clock that shows what it is set to. [µs]"""

    def __init__(self, now_us: int = START_US) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        """Return the time. [µs]"""
        return self.now_us


def pay(
    payer: KeyPair,
    payee: KeyPair,
    *,
    sequence: int = 0,
    amount: int = 1,
    parents: tuple[bytes, bytes] = (ORIGIN, ORIGIN),
    issued_at: int = START_US,
) -> Records:
    """Sign a transfer, shape ()."""
    return transfer(
        payer,
        network=NETWORK,
        parents=parents,
        target=payee.public_key,
        amount=amount,
        sequence=sequence,
        issued_at=issued_at,
        valid_for=600,
    )


def payments(count: int, *, first: int = 0) -> list[Records]:
    """Sign payments of Ann to Ben in a row."""
    return [pay(ANN, BEN, sequence=number) for number in range(first, first + count)]


def id_of(record: Records) -> bytes:
    """Return a record's id."""
    return record_ids(record).tobytes()


def joined(records: Sequence[Records]) -> Records:
    """Return records as one array, shape (n,)."""
    return np.stack(records).reshape(-1)


def submission(
    records: Sequence[Records],
    *,
    peer: bytes = b"peer",
    payloads: Mapping[int, bytes] | None = None,
) -> Submission:
    """Make a submission that waits at a door."""
    return Submission(peer, 1, joined(records).tobytes(), dict(payloads or {}))


def request(
    records: Sequence[Records],
    *,
    number: int = 1,
    peer: bytes = b"peer",
    payloads: Mapping[int, bytes] | None = None,
) -> Message:
    """Make the message that hands records in."""
    given = sorted((payloads or {}).items())
    sizes = tuple(Payload(index, len(payload)) for index, payload in given)
    frames = [encode(Submit(request=number, payloads=sizes)), joined(records).tobytes()]
    if given:
        frames.append(b"".join(payload for _, payload in given))
    return [peer, *frames]


@dataclass(frozen=True)
class Told:
    """What a submission's reply says."""

    verdicts: list[Verdict]
    positions: list[int]
    retry_after_s: float | None


def told(message: Message | None) -> Told:
    """Read the reply to a submission."""
    assert message is not None
    _, header, body = message
    reply = decode_reply(header)
    assert isinstance(reply, Verdicts)
    count = len(body) // 9
    positions = np.frombuffer(body, "<i8", offset=count).tolist()
    return Told([Verdict(code) for code in body[:count]], positions, reply.retry_after_s)


def heard(event: Message) -> EventHeader:
    """Read an event's header."""
    header = decode_header(event[0], event[1])
    assert header is not None
    return header


def ask(node: Node, question: Request) -> tuple[Reply, list[bytes]]:
    """Ask a node and return reply and further frames."""
    answer = node.receive([b"peer", encode(question)])
    assert answer is not None
    reply = decode_reply(answer[1])
    assert reply is not None
    return reply, answer[2:]


async def submit(node: Node, records: Sequence[Records], *, number: int = 1) -> Told:
    """Hand records in and let the node judge everything that waits."""
    answer = node.receive(request(records, number=number))
    while node.waiting:
        for reply in await node.turn():
            answer = reply
        node.finish()
    return told(answer)


@asynccontextmanager
async def opened(path: Path, clock: HandClock, *, window: int = 1_000) -> AsyncIterator[State]:
    """Open the street's ledger in a directory."""
    with DataDirectory(path) as directory, open_stores(directory, None) as stores:
        state = await open_state(stores, GENESIS, window=window, clock=clock)
        try:
            yield state
        finally:
            close_state(state)


@contextmanager
def notary_of(
    state: State,
    path: Path,
    *,
    clock: HandClock | None = None,
    policy: Policy | None = None,
    key_pair: KeyPair = NODE_PAIR,
) -> Iterator[Notary]:
    """Give the notary of the street's log."""
    with closing(CheckpointStore(path / "checkpoints.sqlite")) as store:
        yield Notary(
            state.tree,
            store,
            key_pair=key_pair,
            network="street",
            policy=policy,
            clock=clock or HandClock(),
        )


@asynccontextmanager
async def running(
    path: Path,
    *,
    clock: HandClock | None = None,
    door: Door | None = None,
    window: int = 1_000,
    policy: Policy | None = None,
) -> AsyncIterator[Node]:
    """Run the core of the street's node."""
    clock = clock or HandClock()
    async with opened(path, clock, window=window) as state:
        with notary_of(state, path, clock=clock, policy=policy) as notary:
            node = Node(
                state, door=door or Door(), notary=notary, clock=clock, random=random.Random(1)
            )
            node.answers.network, node.answers.publish = "street", "tcp://127.0.0.1:9"
            yield node
