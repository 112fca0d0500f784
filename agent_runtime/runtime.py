"""All ports of one agent in one place, and how they are opened live.

An agent touches the world through this bundle alone, so a simulation that fills it otherwise runs
the same agent.
"""

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from agent_runtime.broker_link import BrokerLink
from agent_runtime.clock import Clock, SystemClock
from agent_runtime.discovery import Discovery, MqttDiscovery
from agent_runtime.errors import NetworkMismatchError
from agent_runtime.journal import Journal
from agent_runtime.ledger_port import LedgerPort
from agent_runtime.settings import AgentSettings
from agent_runtime.sql_journal import SqlJournal
from agent_runtime.telemetry import MqttTelemetry, Telemetry
from agent_runtime.topics import Address
from agent_runtime.transport import Transport
from agent_runtime.wallet import Wallet
from agent_runtime.zmq_transport import ZmqTransport
from configuration import read_key
from ledger_core import KeyPair
from ledger_node.client import LedgerClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What an agent knows of the world."""

    settings: AgentSettings
    """What it was told."""
    key_pair: KeyPair
    """Its identity and account."""
    boot: int
    """How often it has started."""
    network_number: int
    """The ledger's network; every record carries it."""
    clock: Clock
    """Both times."""
    transport: Transport
    """The way to other agents."""
    discovery: Discovery
    """Who is there."""
    telemetry: Telemetry
    """What it tells whoever watches."""
    journal: Journal
    """What it must not forget."""
    ledger: LedgerPort
    """The node."""
    wallet: Wallet
    """Its account."""
    random: random.Random
    """Its chance."""
    log: structlog.stdlib.BoundLogger
    """Its log."""


@asynccontextmanager
async def open_runtime(settings: AgentSettings, *, role: str) -> AsyncIterator[Runtime]:
    """Open all ports of an agent, and close them at the end.

    Args:
        settings: What the agent is told.
        role: What it is called in topics.

    Raises:
        KeyFileError: Its identity is missing or readable by others.
        JournalUnavailableError: Its journal can not be opened.
        NodeSilentError: The node does not answer.
        NetworkMismatchError: The node keeps the books of another network.
    """
    log = structlog.get_logger().bind(agent=settings.name)
    key_pair = read_key(settings.key_file)
    async with AsyncExitStack() as stack:
        journal = await SqlJournal.open(settings.journal)
        stack.push_async_callback(journal.close)
        boot = await journal.boot_number()
        clock = SystemClock(speed=settings.clock.speed, epoch_us=settings.clock.epoch_us)
        ledger = await stack.enter_async_context(
            LedgerClient(
                settings.ledger.endpoint,
                publish=settings.ledger.publish,
                node_key=bytes.fromhex(settings.ledger.node_key),
                timeout_s=settings.ledger.timeout_s,
            )
        )
        network_number = await _network_number(ledger, settings)
        transport = await stack.enter_async_context(ZmqTransport())
        # Chance that began anew at each start would give new dialogues the ids of old ones.
        chance = random.Random(f"{settings.seed}/{settings.name}/{boot}")  # noqa: S311
        link = await stack.enter_async_context(
            BrokerLink(
                settings.broker,
                address=Address(settings.network, role, settings.name),
                boot=boot,
                clock=clock,
                chance=chance,
                log=log,
            )
        )
        discovery = await stack.enter_async_context(
            MqttDiscovery(link, key_pair=key_pair, clock=clock, log=log)
        )
        yield Runtime(
            settings=settings,
            key_pair=key_pair,
            boot=boot,
            network_number=network_number,
            clock=clock,
            transport=transport,
            discovery=discovery,
            telemetry=MqttTelemetry(link, clock=clock),
            journal=journal,
            ledger=ledger,
            wallet=Wallet(key_pair, ledger, clock=clock, network_number=network_number),
            random=chance,
            log=log,
        )


async def _network_number(ledger: LedgerClient, settings: AgentSettings) -> int:
    info = await ledger.info()
    if info.network != settings.network:
        raise NetworkMismatchError(
            f"the node at {settings.ledger.endpoint} keeps the books of {info.network!r}, not of"
            f" {settings.network!r}: correct network or ledger.endpoint"
        )
    return info.network_number
