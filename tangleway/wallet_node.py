"""How the verbs of `wallet` ask a node: connect, work, and say so when that takes long."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from ledger_core import KeyFormatError
from ledger_node import LedgerClient
from wallet import Teller

KEY_SIZE = 32
"""A public key. [bytes]"""

SILENCE_S = 2.0
"""Longer than this nobody waits without being told what for. [s]"""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """Which node to ask."""

    endpoint: str
    """Where it takes requests."""
    key: bytes
    """Its public key, 32 bytes."""


def node_address(endpoint: str, key: str) -> NodeAddress:
    """Return which node is meant.

    Args:
        endpoint: Where it takes requests, like ``tcp://127.0.0.1:5600``.
        key: Its public key, 64 hexadecimal digits.

    Raises:
        KeyFormatError: The key is something else.
    """
    return NodeAddress(endpoint, public_key(key, option="--node-key"))


def public_key(text: str, *, option: str) -> bytes:
    """Return a public key that was given in hexadecimal digits.

    Args:
        text: The digits.
        option: Which option they came with.

    Raises:
        KeyFormatError: They are no 64 hexadecimal digits.
    """
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:
        digits = 2 * KEY_SIZE
        raise KeyFormatError(f"{option} wants a public key, {digits} hexadecimal digits: copy it.")
    return key


def ask(
    node: NodeAddress,
    network: str,
    work: Callable[[LedgerClient, Teller], Coroutine[Any, Any, _T]],
) -> _T:
    """Do something with a node's help and return what came of it.

    Args:
        node: The node.
        network: Name of the network that is meant.
        work: What to do with a client of the node and a teller there.

    Raises:
        UnavailableError: The node is away.
    """
    return asyncio.run(_connected(node, network, work))


async def _connected(
    node: NodeAddress,
    network: str,
    work: Callable[[LedgerClient, Teller], Coroutine[Any, Any, _T]],
) -> _T:
    async with LedgerClient(node.endpoint, node_key=node.key) as client:
        notice = asyncio.create_task(_say_later(f"waiting for the node at {node.endpoint} …"))
        try:
            return await work(client, Teller(client, network=network))
        finally:
            notice.cancel()


async def _say_later(sentence: str) -> None:
    await asyncio.sleep(SILENCE_S)
    say(sentence)


def say(sentence: str) -> None:
    """Write a sentence to standard error."""
    print(f"tangleway: {sentence}", file=sys.stderr, flush=True)
