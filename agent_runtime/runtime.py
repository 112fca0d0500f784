"""All that an agent gets from the world: its ports, opened in order and closed in reverse.

An agent takes a `Runtime` and knows neither whether its clock, broker and disk are real. `Runtime`
may be put together by hand (tests, simulation) or by `open_runtime` (a live process).
"""

import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.broker_link import BrokerLink
from agent_runtime.clock import SECOND_US, Clock, SystemClock
from agent_runtime.discovery import Discovery
from agent_runtime.errors import NetworkMismatchError
from agent_runtime.journal import Journal
from agent_runtime.ledger_port import LedgerPort
from agent_runtime.presence import Presence
from agent_runtime.proofs import Proofs
from agent_runtime.receipt_store import ReceiptFolder, ReceiptStore
from agent_runtime.settings import AgentSettings, LedgerSettings
from agent_runtime.telemetry import Telemetry
from agent_runtime.topics import Address
from agent_runtime.transport import Transport
from agent_runtime.wallet import Wallet
from agent_runtime.zmq_transport import ZmqTransport
from configuration import read_key
from ledger_core import KeyPair, Policy, UnavailableError, log_key
from ledger_node.client import LedgerClient, read_policy

NODE_WAIT_S = 30.0
"""How long a starting agent waits for the node: longer than the node's own start. [s]"""

NODE_AGAIN_S = 0.5
"""Between two tries to reach the node. [s]"""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The ports of one agent."""

    settings: AgentSettings
    """What its settings file says."""
    key_pair: KeyPair
    """Its identity and account."""
    boot: int
    """Number of this start."""
    network_number: int
    """The ledger's network, as records carry it."""
    clock: Clock
    """Both times."""
    random: random.Random
    """All chance in the agent; another sequence at each start."""
    transport: Transport
    """Messages to and from other agents."""
    discovery: Discovery
    """Making itself known, and finding others."""
    telemetry: Telemetry
    """Telling whoever watches."""
    journal: Journal
    """What survives a crash."""
    ledger: LedgerPort
    """Asking the node."""
    wallet: Wallet
    """Paying."""
    proofs: Proofs
    """What is final, and the receipts that show it."""
    receipts: ReceiptStore
    """Where receipts are kept."""
    log: FilteringBoundLogger
    """Its log; every line carries the agent's name."""


@contextlib.asynccontextmanager
async def open_runtime(
    settings: AgentSettings, *, role: str, transport: Transport | None = None
) -> AsyncIterator[Runtime]:
    """Open an agent's ports in a live process, for the length of a block.

    The broker may be away: it is reached for as long as it takes. The node must answer once.

    Args:
        settings: What the settings file says.
        role: What the agent is.
        transport: One that several agents of the process share; None for one of its own.

    Raises:
        KeyFileError: There is no usable key file.
        NodeSilentError: The node does not answer.
        NetworkMismatchError: It keeps the books of another network, or the policy is of another.
        PolicyFileError: The policy can not be followed.
        JournalUnavailableError: The journal can not be opened.
        JournalDamagedError: The journal is not what was written.
    """
    log = structlog.get_logger().bind(agent=settings.name, role=role)
    clock = SystemClock(speed=settings.clock.speed, epoch_us=settings.clock.epoch_us)
    from agent_runtime.sql_journal import SqlJournal  # 25 MB, which watchers do not need

    key_pair = read_key(settings.key_file)
    policy = trusted_policy(settings)
    async with contextlib.AsyncExitStack() as stack:
        journal = await SqlJournal.open(Path(settings.journal))
        stack.push_async_callback(journal.close)
        client = await stack.enter_async_context(_client(settings.ledger))
        number = await _network_number(client, settings, clock, log=log)
        if transport is None:
            transport = await stack.enter_async_context(ZmqTransport())
        boot = await journal.boot_number()
        link = BrokerLink(
            settings.broker, clock=clock, chance=_chance(settings, boot, "link"), log=log
        )
        presence = Presence(
            link,
            address=Address(settings.network, role, settings.name),
            boot=boot,
            key_pair=key_pair,
            clock=clock,
            log=log,
        )
        await stack.enter_async_context(link)
        discovery = await stack.enter_async_context(Discovery(link, presence=presence, clock=clock))
        yield Runtime(
            settings=settings,
            key_pair=key_pair,
            boot=boot,
            network_number=number,
            clock=clock,
            random=_chance(settings, boot, "agent"),
            transport=transport,
            discovery=discovery,
            telemetry=Telemetry(link, presence=presence, clock=clock, log=log),
            journal=journal,
            ledger=client,
            wallet=Wallet(key_pair, client, clock=clock, network_number=number),
            proofs=Proofs(client, policy, clock=clock, final_from=settings.ledger.final_from),
            receipts=ReceiptFolder(Path(settings.receipts)),
            log=log,
        )


def _chance(settings: AgentSettings, boot: int, purpose: str) -> random.Random:
    """Return a generator that no other agent, start or purpose has: names made by it are unique."""
    return random.Random(f"{settings.seed}/{settings.name}/{boot}/{purpose}")  # noqa: S311


def trusted_policy(settings: AgentSettings) -> Policy:
    """Return whom the agent trusts: as its policy says, or the node's log alone.

    Args:
        settings: The agent's.

    Raises:
        SettingsError: The policy can not be read.
        PolicyFileError: It can not be followed.
        NetworkMismatchError: It is about another network's log.
    """
    own = log_key(settings.network, bytes.fromhex(settings.ledger.node_key))
    if settings.ledger.policy_file is None:
        return Policy(own)
    policy = read_policy(settings.ledger.policy_file)
    if policy.log.name != own.name:
        raise NetworkMismatchError(
            f"{settings.ledger.policy_file} is about the log {policy.log.name!r}, not {own.name!r};"
            " name the policy of this network"
        )
    return policy


def _client(ledger: LedgerSettings) -> LedgerClient:
    """Return the client that the settings ask for."""
    return LedgerClient(
        ledger.endpoint,
        publish=ledger.publish,
        node_key=bytes.fromhex(ledger.node_key),
        timeout_s=ledger.timeout_s,
    )


async def _network_number(
    client: LedgerClient, settings: AgentSettings, clock: Clock, *, log: FilteringBoundLogger
) -> int:
    """Return the network's number, waiting for a node that is just starting."""
    until_us = clock.now_us() + NODE_WAIT_S * SECOND_US
    while True:
        try:
            info = await client.info()
            break
        except UnavailableError as error:
            if clock.now_us() >= until_us:
                raise
            log.warning("waiting for the node", reason=str(error))
            await clock.sleep(NODE_AGAIN_S)
    if info.network != settings.network:
        raise NetworkMismatchError(
            f"the node at {settings.ledger.endpoint} keeps the books of {info.network!r}, not of "
            f"{settings.network!r}; name another node, or that network"
        )
    return info.network_number
