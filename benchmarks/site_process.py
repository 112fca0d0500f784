"""A process of a site: what an operator runs, started, killed and started anew.

Its settings file is one that operators write. Its ports are free ones at first and stay the same
when it is started anew, so that whoever talked to it finds it again.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from configuration import dump
from ledger_core import UnavailableError
from ledger_node import NodeSettings
from ledger_node.validator_settings import ValidatorSettings

__all__ = ["NotReadyError", "SiteProcess"]

READY_S = 120.0
"""How long a process may take until it serves: millions of records are replayed in half of it. [s]
"""

STOP_S = 20.0
"""How long a process may take to end when it is asked to. [s]"""

ENGINE_S = 120.0
"""How long a process may take to choose its signature engine; it compiles lanes once. [s]"""

ENGINE_CHOSEN = b'"event": "engine"'
"""What a process logs once its engine verifies."""

LOOK_EVERY_S = 0.002
"""How often it is looked whether a process serves. [s]"""


class NotReadyError(UnavailableError):
    """Say that a process ended, or did not serve in time."""


class SiteProcess:
    """A process in its folder: start it, kill it, start it anew.

    Args:
        name: What to call it.
        folder: Its own folder, made here.
        module: What runs.
        settings: What its settings file says; written at each start.
    """

    def __init__(
        self, name: str, *, folder: Path, module: str, settings: NodeSettings | ValidatorSettings
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.folder = folder
        self.settings = settings
        self.ready: dict[str, Any] = {}
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """Its data directory."""
        return Path(self.settings.data)

    @property
    def pid(self) -> int:
        """The process at hand."""
        assert self._process is not None, "it was started"
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether there is no process, or it ended by itself."""
        return self._process is None or self._process.poll() is not None

    def spawn(self) -> None:
        """Start the process, and do not wait for it."""
        assert self._process is None, "there is one at a time"
        path = self.folder / "settings.toml"
        path.write_text(dump(self.settings), "utf-8")
        command = [sys.executable, "-m", self._module, "--config", str(path)]
        with self._said.open("wb") as said, self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=said, stderr=log)  # noqa: S603 (ours)

    def wait_ready(self, timeout_s: float = READY_S) -> None:
        """Wait until the process serves.

        Args:
            timeout_s: When to give up. [s]

        Raises:
            NotReadyError: It ended before, or took too long; the sentence has its last words.
        """
        deadline_s = time.monotonic() + timeout_s
        while b"\n" not in (said := self._said.read_bytes()):
            if self.has_ended:
                raise NotReadyError(f"{self.name} ended before it served: {self.last_words}")
            if time.monotonic() > deadline_s:
                raise NotReadyError(f"{self.name} did not serve within {timeout_s:.0f} s.")
            time.sleep(LOOK_EVERY_S)
        self.ready = json.loads(said.splitlines()[0])
        if isinstance(self.settings, NodeSettings):
            self.settings = msgspec.structs.replace(
                self.settings, bind=self.ready["endpoint"], publish=self.ready["publish"]
            )

    def start(self) -> None:
        """Start the process and wait until it serves.

        Raises:
            NotReadyError: It did not come to that.
        """
        self.spawn()
        self.wait_ready()

    def wait_engine(self) -> None:
        """Wait until the process has chosen its signature engine: lanes may have to be compiled.

        Raises:
            NotReadyError: It did not say in time which one verifies.
        """
        deadline_s = time.monotonic() + ENGINE_S
        while ENGINE_CHOSEN not in self._log.read_bytes():
            if time.monotonic() > deadline_s:
                raise NotReadyError(f"{self.name} chose no engine within {ENGINE_S:.0f} s.")
            time.sleep(LOOK_EVERY_S)

    def kill(self) -> None:
        """Kill the process at once (SIGKILL), if there is one."""
        self._end(signal.SIGKILL)

    def kill_alive(self) -> None:
        """Kill the process at once (SIGKILL); it was started and has to be there still.

        Raises:
            NotReadyError: It had ended by itself.
        """
        has_ended = self.has_ended
        self.kill()
        if has_ended:
            raise NotReadyError(f"{self.name} ended by itself: {self.last_words}")

    def stop(self) -> None:
        """End the process as an operator does (SIGTERM), if there is one."""
        self._end(signal.SIGTERM)

    @property
    def last_words(self) -> str:
        """The last line that it logged."""
        lines = self._log.read_text("utf-8", errors="replace").splitlines()
        return lines[-1] if lines else "nothing"

    @property
    def _said(self) -> Path:
        return self.folder / "said"

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
