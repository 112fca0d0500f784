"""All that an agent gets from the world: its ports, opened in order and closed in reverse.

An agent takes a `Runtime` and knows neither whether its clock, broker and disk are real. `Runtime`
may be put together by hand (tests, simulation) or by `open_runtime` (a live process).
"""

import contextlib
import math
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.broker_link import BrokerLink
from agent_runtime.clock import Clock, SystemClock, physics_s
from agent_runtime.discovery import Discovery
from agent_runtime.errors import NetworkMismatchError
from agent_runtime.home_assistant import announce
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

BUYER_ROLE = "vehicle"
"""Who buys, and shows its key to no node: it may pay from another account on each trip."""

NODE_AGAIN_S = 0.5
"""Between the first two tries to reach the node. [s]"""

NODE_AGAIN_FACTOR = 1.5
"""How much longer each pause between two tries is than the one before it."""

NODE_AGAIN_MAX_S = 5.0
"""Between two tries at most: a node that comes back is noticed in seconds. [s]"""


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


@dataclass(frozen=True)
class EarlyPorts:
    """The ports that are there before the node is: what devices need."""

    key_pair: KeyPair
    """The agent's identity and account."""
    _: KW_ONLY
    clock: Clock
    """Both times."""
    random: random.Random
    """Chance for devices."""
    journal: Journal
    """What survives a crash."""
    log: FilteringBoundLogger
    """Its log."""


Early = Callable[[EarlyPorts], AbstractAsyncContextManager[None]]
"""Opens what an agent has open before the node has ever answered, and as long as it lives."""


@contextlib.asynccontextmanager
async def open_runtime(
    settings: AgentSettings,
    *,
    role: str,
    transport: Transport | None = None,
    early: Early | None = None,
) -> AsyncIterator[Runtime]:
    """Open an agent's ports in a live process, for the length of a block.

    The broker may be away: it is reached for as long as it takes. The node must answer once.

    Args:
        settings: What the settings file says.
        role: What the agent is.
        transport: One that several agents of the process share; None for one of its own.
        early: Opens the agent's devices; an agent that has such serves them while the node is
            away, so the node is waited for as long as it takes.

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
    key_pair = read_key(settings.key_file)
    policy = trusted_policy(settings)
    payee = None if role == BUYER_ROLE else key_pair
    async with contextlib.AsyncExitStack() as stack:
        journal, boot = await _open_journal(settings.journal, stack)
        if early is not None:
            chance = _chance(settings, boot, "devices")
            ports = EarlyPorts(key_pair, clock=clock, random=chance, journal=journal, log=log)
            await stack.enter_async_context(early(ports))
        client = await stack.enter_async_context(_client(settings.ledger, payee))
        until_s = math.inf if early else NODE_WAIT_S
        number = await _network_number(client, settings, clock, log=log, wait_s=until_s)
        if transport is None:
            transport = await stack.enter_async_context(ZmqTransport())
        link_chance = _chance(settings, boot, "link")
        link = BrokerLink(settings.broker, clock=clock, chance=link_chance, log=log)
        own = Address(settings.network, role, settings.name)
        presence = Presence(link, address=own, boot=boot, key_pair=key_pair, clock=clock, log=log)
        if settings.home_assistant:
            announce(link, own)
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


async def _open_journal(path: str, stack: contextlib.AsyncExitStack) -> tuple[Journal, int]:
    """Open the journal for as long as the stack lasts; return it and the number of this start."""
    from agent_runtime.sql_journal import SqlJournal  # 25 MB, which watchers do not need

    journal = await SqlJournal.open(Path(path))
    stack.push_async_callback(journal.close)
    return journal, await journal.boot_number()


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


def _client(ledger: LedgerSettings, payee: KeyPair | None) -> LedgerClient:
    """Return the client that the settings ask for; a payee is known to the node by its key."""
    return LedgerClient(
        ledger.endpoint,
        publish=ledger.publish,
        node_key=bytes.fromhex(ledger.node_key),
        timeout_s=ledger.timeout_s,
        key_pair=payee,
    )


async def _network_number(
    client: LedgerClient,
    settings: AgentSettings,
    clock: Clock,
    *,
    log: FilteringBoundLogger,
    wait_s: float,
) -> int:
    """Return the network's number, waiting for a node that is just starting. [real s]"""
    until_s, pause_s = physics_s(clock) + wait_s, NODE_AGAIN_S
    while True:
        try:
            info = await client.info()
            break
        except UnavailableError as error:
            if physics_s(clock) >= until_s:
                raise
            log.warning("waiting for the node", reason=str(error))
            await clock.sleep(pause_s)
            pause_s = min(NODE_AGAIN_MAX_S, pause_s * NODE_AGAIN_FACTOR)
    if info.network != settings.network:
        raise NetworkMismatchError(
            f"the node at {settings.ledger.endpoint} keeps the books of {info.network!r}, not of "
            f"{settings.network!r}; name another node, or that network"
        )
    return info.network_number
