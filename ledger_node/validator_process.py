"""A validator as a process: settings in, exit code out; a difference is an alarm, not an end."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from configuration import load, read_key
from ledger_core import (
    KeyPair,
    Policy,
    Records,
    TanglewayError,
    VerifierKey,
    log_key,
    validator_key,
)
from ledger_node.client import LedgerClient
from ledger_node.data_directory import DataDirectory
from ledger_node.errors import DivergedError, NodeSilentError, PolicyFileError
from ledger_node.following import Follower
from ledger_node.garbage import set_aside
from ledger_node.genesis import read_genesis
from ledger_node.joining import join_from_snapshot
from ledger_node.judge import Judge
from ledger_node.log import Log
from ledger_node.metrics import ValidatorCounts
from ledger_node.opening import close_state, open_state
from ledger_node.policy_files import read_policy
from ledger_node.process import choosing_engine, now_us, say_ready
from ledger_node.pruning import Pruner
from ledger_node.snapshot_desk import SnapshotDesk, SnapshotSigner
from ledger_node.snapshot_folder import SnapshotFolder
from ledger_node.stores import open_stores
from ledger_node.validator_settings import ValidatorSettings
from ledger_node.validator_upkeep import ValidatorUpkeep

__all__ = ["MakeJudge", "run_validator"]

MakeJudge = Callable[..., Judge]
"""Makes the judge of a validator; takes what `Judge` takes."""

ALARM_WAIT_FIRST_S = 1.0
"""How long a validator waits behind an alarm before it judges the same log again. [s]"""

ALARM_WAIT_LAST_S = 60.0
"""How long it waits at most: each time it reads its own ledger anew. [s]"""


def run_validator(settings_file: str | Path, *, make_judge: MakeJudge = Judge) -> int:
    """Run a validator until SIGTERM or SIGINT, and return its exit code.

    Args:
        settings_file: TOML file, see `ValidatorSettings`.
        make_judge: Makes who judges and signs; a story may put one in who lies.
    """
    log = structlog.get_logger()
    try:
        settings = load(settings_file, ValidatorSettings)
        key_pair = read_key(settings.key_file)
        genesis = read_genesis(settings.genesis_file)
        asyncio.run(_Validator(settings, key_pair, genesis, make_judge).run())
    except TanglewayError as error:
        log.critical("failed", error=type(error).__name__, message=str(error))
        return error.exit_code
    return 0


@dataclass(frozen=True, slots=True)
class _Validator:
    """One validator: who it is, and whose ledger it judges."""

    settings: ValidatorSettings
    key_pair: KeyPair
    genesis: Records
    make_judge: MakeJudge
    counts: ValidatorCounts = field(default_factory=ValidatorCounts)

    async def run(self) -> None:
        """Validate until a signal comes."""
        watching = asyncio.ensure_future(self._watch())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, watching.cancel)
        with suppress(asyncio.CancelledError):
            await watching
        structlog.get_logger().info("stopped", name=self.settings.name)

    async def _watch(self) -> None:
        """Follow the node; behind an alarm begin anew from what was found right."""
        is_ready = False
        wait_s = ALARM_WAIT_FIRST_S
        with ExitStack() as whole:
            directory = whole.enter_context(DataDirectory(Path(self.settings.data)))
            engine = whole.enter_context(
                choosing_engine(self.settings.engine, self.settings.signatures)
            )
            served = self._export(whole)
            while True:
                with ExitStack() as stack:
                    judge = await self._open(directory, stack)
                    if not is_ready:
                        engine.settle()
                        is_ready = True
                        set_aside()
                        self._say_ready(judge.size, served)
                    size = judge.size
                    pruner = Pruner(judge.state, directory.path, clock=now_us)
                    try:
                        await self._follow(judge, pruner)
                    except DivergedError as error:
                        self._raise_alarm(error)
                    if judge.size > size:
                        wait_s = ALARM_WAIT_FIRST_S
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, ALARM_WAIT_LAST_S)

    async def _open(self, directory: DataDirectory, stack: ExitStack) -> Judge:
        """Open the validator's own ledger, and whatever it signed."""
        settings = self.settings
        schema = f"{settings.network}_{settings.name}"
        stores = stack.enter_context(open_stores(directory, settings.store, schema=schema))
        desk = self._desk(directory)
        if settings.join == "snapshot" and not stores.log.size:
            await self._join(stores.log, desk)
        state = await open_state(
            stores, self.genesis, window=settings.window, clock=now_us, snapshots=desk
        )
        stack.callback(close_state, state)
        judge = self.make_judge(
            state,
            stores.checkpoints,
            name=settings.name,
            key_pair=self.key_pair,
            log=self._log_key,
            clock=now_us,
        )
        self.counts.reopened(size=judge.size, cosigned_size=judge.counts.cosigned_size)
        judge.counts = self.counts
        return judge

    def _export(self, stack: ExitStack) -> dict[str, str]:
        """Answer Prometheus if that is wanted, and say where."""
        bind = self.settings.metrics.bind
        if bind is None:
            return {}
        from ledger_node.exporter import Exporter
        from ledger_node.exposition import ValidatorExposition

        exposition = ValidatorExposition(counts=self.counts)
        data = Path(self.settings.data)
        exporter = Exporter(bind, gather=exposition.gather, data=data)
        return {"metrics": stack.enter_context(exporter).url}

    def _desk(self, directory: DataDirectory) -> SnapshotDesk:
        """Make who takes this validator's snapshots."""
        settings = self.settings
        policy = None if settings.policy_file is None else read_policy(settings.policy_file)
        if policy is None and settings.join == "snapshot":
            raise PolicyFileError(
                'Who joins with a snapshot (join = "snapshot") has to say whom it believes: name a '
                "policy_file."
            )
        return SnapshotDesk(
            SnapshotFolder(directory.snapshots),
            policy=policy or Policy(self._log_key),
            signer=SnapshotSigner(self.key_pair, settings.name),
            is_final_known=policy is not None,
        )

    @property
    def _log_key(self) -> VerifierKey:
        return log_key(self.settings.network, bytes.fromhex(self.settings.node.node_key))

    def _client(self) -> LedgerClient:
        return LedgerClient(
            self.settings.node.endpoint,
            publish=self.settings.node.publish,
            node_key=bytes.fromhex(self.settings.node.node_key),
        )

    async def _join(self, log: Log, desk: SnapshotDesk) -> None:
        """Begin with the latest snapshot, once the node is there."""
        say = structlog.get_logger()
        async with self._client() as client:
            while True:
                try:
                    position = await join_from_snapshot(client, log, desk, genesis=self.genesis)
                except NodeSilentError as error:
                    say.warning("away", message=str(error))
                    continue
                say.info("joined", position=position or 0)
                return

    async def _follow(self, judge: Judge, pruner: Pruner) -> None:
        desk = judge.state.snapshots
        assert desk is not None, "a validator's ledger is opened with its snapshots"
        upkeep = ValidatorUpkeep(desk, pruner, self.settings.prune)
        async with self._client() as client:
            await Follower(client, judge, upkeep=upkeep).follow()

    def _say_ready(self, size: int, served: dict[str, str]) -> None:
        name = self.settings.name
        key = validator_key(name, self.key_pair.public_key).encode()
        say_ready(name=name, validator_key=key, size=size, **served)

    def _raise_alarm(self, error: DivergedError) -> None:
        """Tell operators (the log) and whoever started this process (its output)."""
        self.counts.alarm(error.position)
        facts = {"name": self.settings.name, "position": error.position, "message": str(error)}
        structlog.get_logger().critical("alarm", **facts)
        sys.stdout.write(json.dumps({"event": "alarm", **facts}) + "\n")
        sys.stdout.flush()
