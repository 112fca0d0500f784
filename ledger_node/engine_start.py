"""Choosing a signature engine beside what runs already: nobody waits for a compiler.

A process verifies with libsodium and judges with NumPy from its first moment. Where lanes and
kernels are compiled already it waits a second for them before it serves; otherwise it serves,
another process compiles them for 20 to 35 s, a thread loads them (others may wait up to 0.1 s once,
since loading holds the GIL), and they take over. Where lanes can not run kernels judge all the
same; with `sodium` nothing compiled is used at all.
"""

import subprocess
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ledger_core import (
    RECHECK_EVERY,
    TABLE_BYTES,
    EngineChoice,
    EngineError,
    EngineName,
    use_engine,
    use_judging,
)
from ledger_node.compiled_code import WATCH, find_folder, is_compiled, name_to_numba

__all__ = ["EngineStart"]


class EngineStart:
    """Choose an engine, in a thread; a context manager that ends it with the block.

    Args:
        name: The engine.
        on_choice: Hears which engine verifies, in that thread.
        recheck_every: One acceptance of the lanes in so many is checked again by libsodium.
        table_bytes: What lanes may keep of keys that come again. [bytes]
    """

    def __init__(
        self,
        name: EngineName,
        *,
        on_choice: Callable[[EngineChoice], None] = lambda _choice: None,
        recheck_every: int = RECHECK_EVERY,
        table_bytes: int = TABLE_BYTES,
    ) -> None:
        self._name = name
        self._on_choice = on_choice
        self._recheck_every = recheck_every
        self._table_bytes = table_bytes
        self._listeners: list[Callable[[str], None]] = []
        self._compiler: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()
        self._settled = threading.Event()
        self._error: EngineError | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def on_alarm(self, listener: Callable[[str], None]) -> None:
        """Say who hears, in the thread that verifies, when lanes and libsodium differ.

        Args:
            listener: Takes one sentence; those named before hear it, too.
        """
        self._listeners.append(listener)

    def wait(self) -> None:
        """Wait until the engine is chosen.

        Raises:
            EngineError: `lanes` were asked for by name, and can not run here.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error

    def settle(self) -> None:
        """Wait until the engine is chosen, or `auto` has to wait for a compiler.

        Raises:
            EngineError: `lanes` were asked for by name, and can not run here.
        """
        self._settled.wait()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """End it, whatever it is at."""
        self._closing.set()
        compiler = self._compiler
        if compiler is not None:
            compiler.terminate()
        self._thread.join()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            choice = self._chosen()
        except EngineError as error:
            self._error = error
        else:
            self._on_choice(choice)
        finally:
            self._settled.set()

    def _chosen(self) -> EngineChoice:
        if self._name == "sodium":
            use_judging("numpy")
            return use_engine("sodium")
        try:
            folder = find_folder()
            if not is_compiled(folder):
                if self._name == "auto":
                    self._settled.set()
                self._compile()
            if self._closing.is_set():
                return use_engine("sodium")
            name_to_numba(folder)
            use_judging("kernels")
        except (EngineError, ImportError) as error:
            if self._name == "lanes":
                raise EngineError(str(error)) from error
            return EngineChoice("sodium", str(error))
        return use_engine(
            self._name,
            on_alarm=self._raise_alarm,
            recheck_every=self._recheck_every,
            table_bytes=self._table_bytes,
        )

    def _raise_alarm(self, what: str) -> None:
        for listener in self._listeners:
            listener(what)

    def _compile(self) -> None:
        """Let another process compile: in a thread it would take the GIL from everybody."""
        command = [sys.executable, "-m", "ledger_node.compiled_code", WATCH]
        with subprocess.Popen(  # noqa: S603 (this Python, and a module of this package)
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as compiler:
            self._compiler = compiler
            if self._closing.is_set():
                compiler.terminate()
            assert compiler.stderr is not None, "its complaints come by a pipe"
            complaint = compiler.stderr.read().decode(errors="replace").strip()
            compiler.wait()
        if compiler.returncode and not self._closing.is_set():
            raise EngineError(
                complaint.rpartition("\n")[2]
                or f"Compiling the engine 'lanes' ended with code {compiler.returncode}: "
                "choose the engine 'sodium'."
            )
