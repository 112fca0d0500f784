"""An agent as a process, or several in one: settings in, exit code out, signals end it cleanly.

On standard output one line a agent says that it is ready; everything else is logged to standard
error, a JSON object a line. What goes wrong is one sentence there, and an exit code of the error
tree (`ledger_core.errors`).
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import structlog

from agent_runtime.runtime import EarlyPorts, Runtime, open_runtime
from agent_runtime.settings import AgentSettings
from agent_runtime.transport import Transport
from agent_runtime.zmq_transport import ZmqTransport
from configuration import load
from ledger_core import TanglewayError

EXIT_UNEXPECTED = 1
"""A mistake in the program: the log has the traceback."""

EXIT_INTERRUPTED = 130
"""Ctrl+C, as shells count it: 128 and the number of SIGINT."""

STOPPING = (signal.SIGTERM, signal.SIGINT)
"""Signals that end the agents cleanly; the first one says how, more of them change nothing."""

STOP_S = 5.0
"""How long a clean end may take before it is asked for again. [s]"""

EPILOG = """\
Exit codes: 0 done, or stopped by SIGTERM; 2 wrong settings; 3 something needed is away (a port in
use, a node that does not answer); 5 the journal is damaged; 130 Ctrl+C.
"""

SettingsT = TypeVar("SettingsT", bound=AgentSettings)


class Agent(Protocol):
    """What runs: a vehicle ends by itself, a seller serves until it is cancelled."""

    async def run(self) -> None:
        """Live."""


class Household(Protocol):
    """What an agent has open before the node has ever answered, and the agent that lives in it."""

    def open(self, ports: EarlyPorts) -> AbstractAsyncContextManager[None]:
        """Open the devices, for the length of a block."""

    def agent(self, runtime: Runtime) -> Agent:
        """Return the agent, once all its ports are open."""


@dataclass(frozen=True, kw_only=True)
class AgentKind(Generic[SettingsT]):
    """One kind of agents."""

    role: str
    """What they are called in topics: `vehicle`, `charger`, `car_park`, `toll`."""
    agent_type: Callable[[SettingsT, Runtime], Agent]
    """Makes an agent from its settings and its ports."""
    household: Callable[[SettingsT], Household] | None = None
    """Makes what it has open before, instead; None where that is nothing."""


def run_agents(
    arguments: Sequence[str] | None,
    settings_type: type[SettingsT],
    agent_type: Callable[[SettingsT, Runtime], Agent],
    *,
    role: str,
    household: Callable[[SettingsT], Household] | None = None,
) -> int:
    """Run an agent for each settings file until all have ended; return the exit code.

    Args:
        arguments: Arguments of the command, None for those of the process.
        settings_type: What the files are read as.
        agent_type: Makes an agent from its settings and its ports.
        role: What the agents are called in topics: `vehicle`, `charger`, `car_park`, `toll`.
        household: Makes what each has open before the node answers, where there is such.
    """
    kind = AgentKind(role=role, agent_type=agent_type, household=household)
    files = _settings_files(arguments, role)
    set_up_logging()
    try:
        settings = [load(file, settings_type) for file in files]
        return asyncio.run(run_all(settings, kind))
    except Exception as error:  # noqa: BLE001  (the last line of defence; nothing is hidden)
        return report_failure(error, role)


def announce(event: str, **facts: object) -> None:
    """Say something to whoever has started the process: one line of JSON on standard output."""
    sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
    sys.stdout.flush()


def set_up_logging() -> None:
    """Log JSON lines with time and level to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    logging.basicConfig(handlers=[_Forwarder()], level=logging.WARNING, force=True)


class _Forwarder(logging.Handler):
    """Passes on what libraries log, so that every line of the log is a JSON object."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record on."""
        structlog.get_logger().log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info
        )


def _settings_files(arguments: Sequence[str] | None, role: str) -> list[str]:
    parser = argparse.ArgumentParser(
        description=f"Run a {role.replace('_', ' ')}, or several in one process.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--config",
        action="append",
        required=True,
        metavar="FILE",
        help="settings, a TOML file; give several to run several agents",
    )
    files: list[str] = parser.parse_args(arguments).config
    return files


async def run_all(settings: Sequence[SettingsT], kind: AgentKind[SettingsT]) -> int:
    """Run agents until all have ended or a signal stops them; the first that fails ends the others.

    Args:
        settings: One for each agent.
        kind: What they are.

    Returns:
        The process's exit code.
    """
    loop = asyncio.get_running_loop()
    living = asyncio.create_task(_live(settings, kind))
    stopped: asyncio.Future[signal.Signals] = loop.create_future()

    def stop(number: signal.Signals) -> None:
        if not stopped.done():  # Ctrl+C reaches the runner too, which then sends SIGTERM
            stopped.set_result(number)

    for number in STOPPING:
        loop.add_signal_handler(number, stop, number)
    either: set[asyncio.Future[Any]] = {living, stopped}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    while not living.done():
        living.cancel()  # again, for Python 3.11's `wait_for` may have swallowed the first
        await asyncio.wait({living}, timeout=STOP_S)
    if not living.cancelled():
        living.result()
    is_interrupted = stopped.done() and stopped.result() is signal.SIGINT
    return EXIT_INTERRUPTED if is_interrupted else 0


async def _live(settings: Sequence[SettingsT], kind: AgentKind[SettingsT]) -> None:
    async with ZmqTransport() as transport, asyncio.TaskGroup() as group:
        for each in settings:
            group.create_task(_live_one(each, kind, transport))


async def _live_one(settings: SettingsT, kind: AgentKind[SettingsT], transport: Transport) -> None:
    household = kind.household(settings) if kind.household else None
    opening = open_runtime(
        settings,
        role=kind.role,
        transport=transport,
        early=household.open if household else None,
    )
    async with opening as runtime:
        agent = household.agent(runtime) if household else kind.agent_type(settings, runtime)
        announce("ready", name=settings.name)
        runtime.log.info("ready")
        await agent.run()
        runtime.log.info("done")


def report_failure(error: Exception, role: str) -> int:
    """Tell what went wrong, in one sentence and in the log; return the exit code."""
    cause = _cause(error)
    if isinstance(cause, TanglewayError):
        structlog.get_logger().critical("failed", error=type(cause).__name__, reason=str(cause))
        _say(str(cause))
        return cause.exit_code
    structlog.get_logger().critical("failed", exc_info=error)
    _say(f"the {role} stopped because of a mistake in the program, see its log: {cause!r}")
    return EXIT_UNEXPECTED


def _cause(error: Exception) -> Exception:
    """Return the first real error in what may be a group of groups."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
