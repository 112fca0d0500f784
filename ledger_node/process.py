"""A node as a process: settings in, exit code out; a signal ends it cleanly.

On standard output one line says that the node serves; everything else is logged to standard error,
a JSON object a line. Keys are never logged.
"""

import asyncio
import json
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

import structlog

from configuration import load, read_key
from ledger_core import (
    EngineChoice,
    EngineName,
    KeyPair,
    Policy,
    Records,
    TanglewayError,
    log_key,
)
from ledger_node.data_directory import DataDirectory
from ledger_node.door import Door
from ledger_node.engine_start import EngineStart
from ledger_node.garbage import set_aside
from ledger_node.genesis import read_genesis
from ledger_node.node import Node
from ledger_node.notary import Notary
from ledger_node.opening import close_state, open_state
from ledger_node.payees import Payees
from ledger_node.policy_files import read_policy
from ledger_node.pruning import Pruner
from ledger_node.server import Server
from ledger_node.settings import LimitSettings, NodeSettings, SignatureSettings
from ledger_node.snapshot_desk import SnapshotDesk, SnapshotSigner
from ledger_node.snapshot_folder import SnapshotFolder
from ledger_node.state import State
from ledger_node.stores import open_stores
from ledger_node.upkeep import Upkeep

if TYPE_CHECKING:
    from ledger_node.exporter import Exporter

__all__ = ["choosing_engine", "now_us", "run_node", "say_ready", "set_up_logging"]


def run_node(settings_file: str | Path) -> int:
    """Run a node until SIGTERM or SIGINT, and return its exit code.

    Args:
        settings_file: TOML file, see `NodeSettings`.
    """
    log = structlog.get_logger()
    try:
        settings = load(settings_file, NodeSettings)
        key_pair = read_key(settings.key_file)
        genesis = read_genesis(settings.genesis_file)
        asyncio.run(_run(settings, key_pair, genesis))
    except TanglewayError as error:
        log.critical("failed", error=type(error).__name__, message=str(error))
        sys.stderr.write(f"{error}\n")  # the same for people, without the JSON around it
        return error.exit_code
    return 0


def set_up_logging() -> None:
    """Log JSON lines with time and level to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


async def _run(settings: NodeSettings, key_pair: KeyPair, genesis: Records) -> None:
    """Open the ledger, serve it, close it."""
    log = structlog.get_logger().bind(network=settings.network, data=settings.data)
    with ExitStack() as stack:
        directory = stack.enter_context(DataDirectory(Path(settings.data)))
        started_us = now_us()
        engine = stack.enter_context(choosing_engine(settings.engine, settings.signatures))
        stores = stack.enter_context(
            open_stores(directory, settings.store, schema=settings.network)
        )
        policy = read_policy(settings.policy_file) if settings.policy_file else None
        desk = _desk(settings, directory, key_pair=key_pair, policy=policy)
        state = await open_state(
            stores, genesis, window=settings.limits.window, clock=now_us, snapshots=desk
        )
        stack.callback(close_state, state)
        log.info("opened", size=state.log.size, took_s=(now_us() - started_us) / 1e6)
        door = _door(settings.limits)
        notary = Notary(
            state.tree, stores.checkpoints, key_pair=key_pair, network=settings.network,
            policy=policy, clock=now_us,
        )  # fmt: skip
        payees = Payees(state.ledger, clock=now_us) if settings.settle_by_payee else None
        chance = SystemRandom()
        node = Node(state, door=door, notary=notary, clock=now_us, random=chance, payees=payees)
        upkeep = Upkeep(desk, Pruner(state, directory.path, clock=now_us), settings.prune)
        asks_who = settings.settle_by_payee
        server = Server(node, state.index, key_pair=key_pair, upkeep=upkeep, asks_who=asks_who)
        stack.callback(server.close)
        endpoint, publish = server.bind(settings.bind, settings.publish)
        node.answers.network, node.answers.publish = settings.network, publish
        served = {"endpoint": endpoint, "publish": publish}
        if settings.metrics.bind is not None:
            exporter = _exporter(settings, state, node, door=door, notary=notary)
            served["metrics"] = stack.enter_context(exporter).url
        engine.on_alarm(node.evidence.warn)
        engine.settle()  # first: a signal still ends the process at once
        _stop_on_signals(server)
        set_aside()
        log.info("serving", **served)
        say_ready(
            **served,
            network=settings.network,
            node_key=key_pair.public_key.hex(),
            size=state.log.size,
        )
        await server.serve()
        notary.close()
        log.info("stopped", size=state.log.size)


def _door(limits: LimitSettings) -> Door:
    """Make the door where submissions wait."""
    return Door(
        lane_max=limits.lane_records, room_max=limits.room_records, quantum=limits.turn_records
    )


def _desk(
    settings: NodeSettings, directory: DataDirectory, *, key_pair: KeyPair, policy: Policy | None
) -> SnapshotDesk:
    """Make who takes the node's snapshots."""
    key = log_key(settings.network, key_pair.public_key)
    return SnapshotDesk(
        SnapshotFolder(directory.snapshots),
        policy=policy or Policy(key),
        signer=SnapshotSigner(key_pair, key.name),
    )


def _exporter(
    settings: NodeSettings, state: State, node: Node, *, door: Door, notary: Notary
) -> "Exporter":
    """Make what answers Prometheus; who is not scraped never loads its library."""
    from ledger_node.exporter import Exporter
    from ledger_node.exposition import NodeExposition

    exposition = NodeExposition(
        state=state,
        door=door,
        notary=notary,
        evidence=node.evidence,
        counts=node.counts,
        clock=now_us,
    )
    assert settings.metrics.bind is not None, "metrics were asked for"
    return Exporter(settings.metrics.bind, gather=exposition.gather, data=Path(settings.data))


def choosing_engine(name: EngineName, settings: SignatureSettings) -> EngineStart:
    """Choose what verifies signatures, beside all else, and log what came of it if it was open.

    Args:
        name: The engine, as settings name it.
        settings: How lanes verify.
    """
    log = structlog.get_logger()

    def on_choice(choice: EngineChoice) -> None:
        set_aside()  # lanes may have come with Numba long after the start
        if name != "sodium":
            log.info("engine", name=choice.name, reason=choice.reason)

    start = EngineStart(
        name,
        on_choice=on_choice,
        recheck_every=settings.recheck_every,
        table_bytes=settings.table_bytes,
    )
    start.on_alarm(lambda what: log.critical("alarm", message=what))
    return start


def now_us() -> int:
    """Return the time. [µs]"""
    return time.time_ns() // 1_000


def _stop_on_signals(server: Server) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)


def say_ready(**facts: str | int) -> None:
    """Say on standard output, in one line of JSON, that the process serves."""
    sys.stdout.write(json.dumps({"event": "ready", **facts}) + "\n")
    sys.stdout.flush()
