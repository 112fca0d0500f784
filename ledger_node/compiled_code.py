"""Where compiled code is kept, so that only the first process on a machine compiles.

Numba keeps compiled functions as pickles, and whoever can write a pickle can run code in the
process that loads it. So the folder is private to the user, below ``$XDG_CACHE_HOME/tangleway``
(usually ``~/.cache/tangleway``), and one that anybody else could write to is not used at all.

Numba notices changes in the file of a function, not in the files that function calls. So the
folder's name is a digest over all of their sources, the versions and the processor's features:
whenever one of them changes, there is a new folder.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ledger_core import EngineError, use_engine, use_judging

__all__ = [
    "CONSTANTS",
    "WATCH",
    "compile_everything",
    "find_folder",
    "is_compiled",
    "main",
    "name_to_numba",
]

PRIVATE = 0o700
"""The mode of folders with compiled code: the user alone."""

NICENESS = 10
"""How far compiling steps back for what else runs: 15 s of work, and nobody waits for it."""

WATCH = "--watch"
"""The argument that lets the compiler end with its standard input."""

FORGOTTEN_AFTER_S = 30 * 86_400.0
"""How long compiled code of other versions is kept unused. [s]"""

CONSTANTS = ("amounts", "hold_book", "key_index", "limits", "records", "verdicts")
"""Modules of `ledger_core` whose numbers and layouts stand in compiled code, too."""

_PACKAGES = ("numba", "llvmlite", "numpy")

_DONE = "compiled"
"""The file that says that everything is in the folder."""


def find_folder(base: Path | None = None) -> Path:
    """Return the private folder for compiled code of this version, made where it is not there.

    Args:
        base: The user's folder for caches; None finds it.

    Raises:
        EngineError: It can not be made, or others could write to it.
    """
    parent = (base or _cache_home()) / "tangleway" / "lanes"
    folder = parent / _version()
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        _check_private(folder.resolve())
        _forget_others(folder)
    except OSError as error:
        raise EngineError(
            f"{folder} can not be made for compiled code ({error.strerror}): "
            "point XDG_CACHE_HOME to a folder of your own, or choose the engine 'sodium'."
        ) from error
    return folder


def is_compiled(folder: Path) -> bool:
    """Tell whether everything is compiled and in a folder."""
    return (folder / _DONE).exists()


def name_to_numba(folder: Path) -> None:
    """Let Numba load compiled code from a folder, and put it there; before lanes are imported."""
    from numba.core import config

    settings: Any = config
    settings.CACHE_DIR = str(folder)


def compile_everything(folder: Path) -> None:
    """Compile everything into a folder; a second process waits for the first, and finds it done.

    Raises:
        EngineError: Kernels can not run on this machine, or fail their test.
    """
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_compiled(folder):
            name_to_numba(folder)
            use_judging("kernels")
            with suppress(EngineError):  # whoever asks for lanes hears it anew, and why
                use_engine("lanes")
            (folder / _DONE).touch()


def main(arguments: Sequence[str] = ()) -> int:
    """Compile, in a process of its own that steps back for others; return its exit code.

    Args:
        arguments: With `WATCH` the process ends when its standard input does: whoever wanted this
            holds the other end, and may be killed.
    """
    if WATCH in arguments:
        threading.Thread(target=_end_with_input, daemon=True).start()
    os.nice(NICENESS)
    os.umask(0o077)
    try:
        compile_everything(find_folder())
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _end_with_input() -> None:
    while os.read(0, 1):  # not sys.stdin: at the end nobody may wait for its lock
        continue
    os._exit(128 + signal.SIGTERM)


def _cache_home() -> Path:
    named = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".cache"


def _version() -> str:
    """Return a digest over all that compiled code depends on."""
    digest = hashlib.sha256(_processor())
    digest.update(f"{sys.version} {os.environ.get('NUMBA_BOUNDSCHECK', '')}".encode())
    for package in _PACKAGES:
        try:
            digest.update(f"{package} {metadata.version(package)} ".encode())
        except metadata.PackageNotFoundError as error:
            raise EngineError(
                f"The engine 'lanes' needs {package}, which is not installed: "
                "install it, or choose the engine 'sodium'."
            ) from error
    for source in _sources():
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:32]


def _sources() -> Iterator[Traversable]:
    """Yield all sources that decide about what is compiled."""
    for package in ("ledger_core.lanes", "ledger_core.kernels"):
        for source in sorted(resources.files(package).iterdir(), key=lambda source: source.name):
            if source.name.endswith(".py"):
                yield source
    for name in CONSTANTS:
        source = resources.files("ledger_core") / f"{name}.py"
        if source.is_file():
            yield source


def _processor() -> bytes:
    """Return what Linux says about the processor's model and features; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_bytes().splitlines()
    except OSError:
        return b""
    return b"".join(sorted({line for line in lines if line.startswith((b"model", b"flags"))}))


def _check_private(folder: Path) -> None:
    """Refuse a folder that others can write to, or whose place others could give to another one."""
    mine = {0, os.geteuid()}
    for path in (folder, *folder.parents):
        facts = path.lstat()
        writable = facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        is_open = bool(writable) and (path == folder or not facts.st_mode & stat.S_ISVTX)
        is_foreign = facts.st_uid not in mine or (path == folder and facts.st_uid != os.geteuid())
        if is_open or is_foreign:
            raise EngineError(
                f"Compiled code is not kept in {folder}, since others can write to {path}: "
                "point XDG_CACHE_HOME to a folder of your own, or choose the engine 'sodium'."
            )


def _forget_others(folder: Path) -> None:
    """Remove what other versions compiled long ago."""
    forgotten_before = time.time() - FORGOTTEN_AFTER_S
    os.utime(folder)
    for other in folder.parent.iterdir():
        if other != folder and other.lstat().st_mtime < forgotten_before:
            shutil.rmtree(other, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
