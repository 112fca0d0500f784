"""Receipts in a folder: whole or not at all, and the owner's alone."""

import stat
from pathlib import Path

import pytest

from agent_runtime import ReceiptFolder, ReceiptUnwritableError


async def test_a_receipt_is_a_file_of_its_owner(tmp_path: Path) -> None:
    """The folder is made when it is needed, and nothing else stands in it."""
    folder = tmp_path / "deep" / "receipts"
    await ReceiptFolder(folder).keep("a.json", b"one")
    await ReceiptFolder(folder).keep("a.json", b"two")
    assert [file.name for file in folder.iterdir()] == ["a.json"]
    assert (folder / "a.json").read_bytes() == b"two"
    assert stat.S_IMODE((folder / "a.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    """The error says which folder, and is one that goes away."""
    (tmp_path / "receipts").write_bytes(b"a file")
    with pytest.raises(ReceiptUnwritableError, match="receipts: a receipt can not be written"):
        await ReceiptFolder(tmp_path / "receipts").keep("a.json", b"one")
    assert (tmp_path / "receipts").read_bytes() == b"a file"
