"""Files that appear whole or not at all, whatever ends the process or the power."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ledger_node.errors import ExportError

__all__ = ["make_folder", "settle_folder", "whole_file", "write_whole"]


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file beside its place; it takes its place when the block ends well.

    It is on the disk then, and so is its name. When the block fails, nothing has changed.

    Args:
        path: Where it shall be; its folder exists.

    Raises:
        ExportError: It can not be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        settle_folder(path.parent)
    except OSError as error:
        raise ExportError(
            f"{path} can not be written ({error.strerror or error}); make room, or name another "
            "place."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a small file whole; folders on the way to it are made.

    Args:
        path: Where it shall be.
        content: What it shall hold.

    Raises:
        ExportError: It can not be written.
    """
    make_folder(path.parent)
    with whole_file(path) as file:
        file.write(content)


def make_folder(folder: Path) -> None:
    """Make a folder with those above it, all of them on the disk.

    Raises:
        ExportError: It can not be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(exist_ok=True)
        settle_folder(folder.parent)
    except OSError as error:
        raise ExportError(
            f"{folder} can not be made ({error.strerror}); name another place."
        ) from error


def settle_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder.

    Raises:
        OSError: The folder can not be opened.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
