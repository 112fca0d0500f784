"""Where an agent keeps the receipts of its sessions: a port, a folder, and a memory for tests."""

import asyncio
import os
from pathlib import Path
from typing import Protocol

from agent_runtime.errors import ReceiptUnwritableError

FOLDER_MODE = 0o700
FILE_MODE = 0o600
"""What was agreed and when is nobody else's business."""


class ReceiptStore(Protocol):
    """The port: where receipts are kept."""

    async def keep(self, name: str, content: bytes) -> None:
        """Keep a receipt; when this returns, no crash can take it back, and again is harmless.

        Args:
            name: Its name, one that a file can have.
            content: The receipt.

        Raises:
            ReceiptUnwritableError: It can not be written.
        """


class ReceiptFolder:
    """Receipts as files of one folder.

    Args:
        folder: The folder; it is made when the first receipt is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, name: str, content: bytes) -> None:
        """Keep a receipt in a file of this name: whole, or not at all."""
        await asyncio.to_thread(self._write, name, content)

    def _write(self, name: str, content: bytes) -> None:
        draft = self._folder / f".{name}.draft"
        try:
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            with open(draft, "wb", opener=_private) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._folder / name)
            _sync_folder(self._folder)
        except OSError as error:
            raise ReceiptUnwritableError(
                f"{self._folder}: a receipt can not be written: {error.strerror}; see to the "
                "folder and the disk"
            ) from error


class MemoryReceipts:
    """Receipts in memory: for tests and simulations."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        """The receipts by name."""

    async def keep(self, name: str, content: bytes) -> None:
        """Keep a receipt."""
        self.kept[name] = content


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
