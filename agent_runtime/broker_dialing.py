"""How a broker is dialled: again for ever, with growing waits and some chance in them.

Shared by the agents' own link (`broker_link`) and the link to a device (`device_link`).
"""

import logging
import random
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import aiomqtt

from agent_runtime.settings import BrokerSettings

KEEP_ALIVE_S = 10
"""A silent link is given up, and our will published, after one and a half times so long. [s]"""

ANSWER_S = 5.0
"""How long the broker may take to acknowledge. [s]"""

HEARD_MAX = 20_000
"""Messages that wait to be read: all adverts of a large city at once."""

WAIT_S = 0.1
"""First wait before dialling again; it doubles. [s]"""

WAIT_MAX_S = 5.0
"""Longest wait before dialling again: what an operator accepts after mending a broker. [s]"""

JITTER = 0.5
"""Part of a wait that chance decides, so that a city does not come back in one instant."""

AT_ONCE = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
"""Small messages go at once: TCP would hold each back for 40 ms, waiting for a larger one."""

AWAY = (aiomqtt.MqttError, OSError, TimeoutError)
"""What a broker that is away looks like."""

_quiet = logging.getLogger("agent_runtime.mqtt")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class WaitingClock(Protocol):
    """The part of a clock that a link needs."""

    async def sleep(self, real_s: float) -> None:
        """Wait. [real s]"""

    def timeout(self, real_s: float) -> AbstractAsyncContextManager[object]:
        """Return a block that is left with `TimeoutError` when it takes too long. [real s]"""


async def stay_connected(
    new_client: Callable[[], aiomqtt.Client],
    serve: Callable[[aiomqtt.Client], Awaitable[None]],
    went: Callable[[Exception], None],
    *,
    clock: WaitingClock,
    chance: random.Random,
) -> None:
    """Dial, serve, wait, and begin again, for ever.

    Args:
        new_client: Returns what dials once.
        serve: Lives on a connection until that breaks.
        went: Takes why a connection broke or did not come about.
        clock: For the waits.
        chance: For the jitter in them.
    """
    wait_s = WAIT_S
    while True:
        client = new_client()
        try:
            async with client:
                wait_s = WAIT_S
                await serve(client)
        except AWAY as error:
            went(error)
        finally:
            _forget_reason(client)
        await clock.sleep(wait_s * (1 - JITTER * chance.random()))
        wait_s = min(2 * wait_s, WAIT_MAX_S)


def client_of(
    broker: BrokerSettings,
    *,
    will: aiomqtt.Will | None = None,
    protocol: aiomqtt.ProtocolVersion = aiomqtt.ProtocolVersion.V311,
) -> aiomqtt.Client:
    """Return what dials a broker once.

    Args:
        broker: Where it is.
        will: What it shall keep for us when we vanish.
        protocol: How MQTT is spoken.
    """
    return aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.user,
        password=broker.password,
        logger=_quiet,
        will=will,
        protocol=protocol,
        timeout=ANSWER_S,
        keepalive=KEEP_ALIVE_S,
        socket_options=[AT_ONCE],
        max_queued_incoming_messages=HEARD_MAX,
        tls_context=ssl.create_default_context() if broker.is_encrypted else None,
    )


def _forget_reason(client: aiomqtt.Client) -> None:
    """Take a lost link's reason from where asyncio would complain that nobody asked for it."""
    lost = client._disconnected  # noqa: SLF001 (aiomqtt leaves it there)
    if lost.done() and not lost.cancelled():
        lost.exception()
