"""A charging site with a ledger of its own, for a pilot team's first hour: one command, no set-up.

Beside the agent run a ledger node, as a process of its own that is started again when it dies, and
the built-in broker. Both listen where the agent's settings say that node and broker are. Keys,
ledger, journal and logs are kept in one folder and found again at the next start.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import structlog

from agent_runtime import (
    AgentKind,
    LedgerSettings,
    SystemClock,
    announce,
    embedded_broker,
    report_failure,
    run_all,
    set_up_logging,
)
from charger_agent import ChargerSettings
from charger_agent.agent import ChargerAgent, ChargerHousehold
from configuration import SettingsError, dump, load, read_key, write_key
from ledger_core import SUPPLY_MAX, KeyPair, genesis
from ledger_node import NodeSettings, write_genesis
from scenarios import FOLDER_MODE, Happening, Keeper, Part, state_folder

ROLE = "charger"

NETWORK_NUMBER = 1
"""Number of the network, as its records carry it: nobody else's records ever come here."""

EVENTS = "tcp://127.0.0.1:*"
"""Where the node publishes when the settings do not say it."""


def run_charger(configurations: Sequence[Path], *, data: Path | None) -> int:
    """Run a charging site with a ledger of its own; return the exit code.

    Args:
        configurations: Its settings file.
        data: Where all of it is kept; None for the usual folder of its name.
    """
    set_up_logging()
    try:
        settings = load(_only(configurations), ChargerSettings)
        folder = data or state_folder(os.environ) / "chargers" / settings.name
        return asyncio.run(_run(settings, folder.absolute()))
    except Exception as error:  # noqa: BLE001  (as in every agent's process; nothing is hidden)
        return report_failure(error, ROLE)


def _only(configurations: Sequence[Path]) -> Path:
    if len(configurations) != 1:
        raise SettingsError("--with-ledger goes with one --config: give one settings file")
    return configurations[0]


async def _run(settings: ChargerSettings, folder: Path) -> int:
    _make(folder)
    async with _node(settings.ledger, settings.network, folder) as node_key:
        host = settings.broker
        async with embedded_broker(host.port) as broker:
            announce(
                "ledger",
                node=settings.ledger.endpoint,
                node_key=node_key.hex(),
                broker=broker,
                treasury=str(folder / "treasury.key"),
                data=str(folder),
            )
            own = _own_settings(settings, folder, node_key)
            kind = AgentKind(role=ROLE, agent_type=ChargerAgent, household=ChargerHousehold)
            return await run_all([own], kind)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        (folder / "logs").mkdir(exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{folder} can not be made ({error.strerror}): name another folder with --data"
        ) from error


def _own_settings(settings: ChargerSettings, folder: Path, node_key: bytes) -> ChargerSettings:
    """Return the settings with this ledger's node, and with everything kept in its folder."""
    return msgspec.structs.replace(
        settings,
        key_file=str(_key_file(folder / "charger.key")),
        journal=str(folder / "journal.db"),
        receipts=str(folder / "receipts"),
        ledger=msgspec.structs.replace(settings.ledger, node_key=node_key.hex()),
    )


@contextlib.asynccontextmanager
async def _node(ledger: LedgerSettings, network: str, folder: Path) -> AsyncIterator[bytes]:
    """Run a node for the length of a block, and yield its key.

    Raises:
        ProcessFailedError: It does not come up.
    """
    node_key = read_key(_key_file(folder / "node.key")).public_key
    part = Part(
        name="node",
        role="node",
        agents=("node",),
        module="ledger_node",
        configurations=(_node_file(ledger, network, folder),),
    )
    keeper = Keeper(part, folder=folder, tell=_tell)
    try:
        await keeper.start()
        yield node_key
    finally:
        await keeper.stop()


def _node_file(ledger: LedgerSettings, network: str, folder: Path) -> Path:
    """Write what the node needs, where it is not there yet; return its settings file."""
    first = folder / "genesis.bin"
    treasury = read_key(_key_file(folder / "treasury.key"))
    if not first.exists():
        record = genesis(
            KeyPair.generate(),
            network=NETWORK_NUMBER,
            target=treasury.public_key,
            amount=SUPPLY_MAX,
            issued_at=SystemClock().now_us(),
        )
        write_genesis(first, record)
    settings = NodeSettings(
        network=network,
        key_file="node.key",
        genesis_file="genesis.bin",
        data="ledger",
        engine="sodium",  # a site has some payments a second, and lanes take 90 MB
        bind=ledger.endpoint,
        publish=ledger.publish or EVENTS,
    )
    file = folder / "node.toml"
    file.write_text(dump(settings), "utf-8")
    return file


def _key_file(file: Path) -> Path:
    """Return a key's file, made if it is not there yet."""
    if not file.exists():
        write_key(file, KeyPair.generate())
    return file


def _tell(happening: Happening) -> None:
    """Log what becomes of the node."""
    structlog.get_logger().info("the node", happens=str(happening))
