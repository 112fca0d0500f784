"""A validator as a process: settings in, exit code out; a difference is an alarm, not an end."""

import asyncio
import signal
from contextlib import ExitStack, suppress
from pathlib import Path

import structlog

from configuration import load, read_key
from ledger_core import KeyPair, Records, TanglewayError, log_key, validator_key
from ledger_node.checkpoint_store import CheckpointStore
from ledger_node.client import LedgerClient
from ledger_node.data_directory import DataDirectory
from ledger_node.errors import DivergedError
from ledger_node.following import Follower
from ledger_node.genesis import read_genesis
from ledger_node.judge import Judge
from ledger_node.opening import close_state, open_state
from ledger_node.process import now_us, say_ready
from ledger_node.validator_settings import ValidatorSettings

__all__ = ["run_validator"]

ALARM_WAIT_FIRST_S = 1.0
"""How long a validator waits behind an alarm before it judges the same log again. [s]"""

ALARM_WAIT_LAST_S = 60.0
"""How long it waits at most: each time it reads its own ledger anew. [s]"""


def run_validator(settings_file: str | Path) -> int:
    """Run a validator until SIGTERM or SIGINT, and return its exit code.

    Args:
        settings_file: TOML file, see `ValidatorSettings`.
    """
    log = structlog.get_logger()
    try:
        settings = load(settings_file, ValidatorSettings)
        key_pair = read_key(settings.key_file)
        genesis = read_genesis(settings.genesis_file)
        asyncio.run(_run(settings, key_pair, genesis))
    except TanglewayError as error:
        log.critical("failed", error=type(error).__name__, message=str(error))
        return error.exit_code
    return 0


async def _run(settings: ValidatorSettings, key_pair: KeyPair, genesis: Records) -> None:
    """Validate until a signal comes."""
    watching = asyncio.ensure_future(_watch(settings, key_pair, genesis))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, watching.cancel)
    with suppress(asyncio.CancelledError):
        await watching
    structlog.get_logger().info("stopped", name=settings.name)


async def _watch(settings: ValidatorSettings, key_pair: KeyPair, genesis: Records) -> None:
    """Follow the node; behind an alarm begin anew from what was found right."""
    log = structlog.get_logger().bind(name=settings.name)
    is_ready = False
    wait_s = ALARM_WAIT_FIRST_S
    with DataDirectory(Path(settings.data)) as directory:
        while True:
            with ExitStack() as stack:
                judge = await _open(settings, key_pair, genesis, directory=directory, stack=stack)
                if not is_ready:
                    is_ready = True
                    key = validator_key(settings.name, key_pair.public_key).encode()
                    say_ready(name=settings.name, validator_key=key, size=judge.size)
                size = judge.size
                try:
                    await _follow(settings, judge)
                except DivergedError as error:
                    log.critical("alarm", message=str(error), position=error.position)
                if judge.size > size:
                    wait_s = ALARM_WAIT_FIRST_S
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, ALARM_WAIT_LAST_S)


async def _open(
    settings: ValidatorSettings,
    key_pair: KeyPair,
    genesis: Records,
    *,
    directory: DataDirectory,
    stack: ExitStack,
) -> Judge:
    """Open the validator's own ledger, and whatever it signed."""
    state = await open_state(directory, genesis, window=settings.window, clock=now_us)
    stack.callback(close_state, state)
    store = CheckpointStore(directory.checkpoints)
    stack.callback(store.close)
    return Judge(
        state,
        store,
        name=settings.name,
        key_pair=key_pair,
        log=log_key(settings.network, bytes.fromhex(settings.node.node_key)),
        clock=now_us,
    )


async def _follow(settings: ValidatorSettings, judge: Judge) -> None:
    client = LedgerClient(
        settings.node.endpoint,
        publish=settings.node.publish,
        node_key=bytes.fromhex(settings.node.node_key),
    )
    async with client:
        await Follower(client, judge).follow()
