"""Genesis files: the 256 bytes with which everybody on a network begins."""

import os
from pathlib import Path

from ledger_core import RECORD_SIZE, GenesisError, Ledger, Records, parse_records
from ledger_node.errors import GenesisFileError

__all__ = ["read_genesis", "write_genesis"]


def write_genesis(path: str | Path, record: Records) -> None:
    """Write a genesis record to a new file and wait until the disk has it.

    Args:
        path: The file to make; its folder exists.
        record: The genesis record, shape ().

    Raises:
        GenesisFileError: The record can not begin a ledger, the file exists already, or it can not
            be written.
    """
    _check(record, path)
    try:
        with Path(path).open("xb") as file:
            file.write(record.tobytes())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise GenesisFileError(
            f"{path}: a genesis file is there already; move it away to begin another ledger."
        ) from error
    except OSError as error:
        raise GenesisFileError(f"{path}: can not be written: {error.strerror}.") from error


def read_genesis(path: str | Path) -> Records:
    """Read a genesis record, shape ().

    Args:
        path: The file.

    Raises:
        GenesisFileError: The file is missing, unreadable, not 256 bytes long, or holds no genesis.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(RECORD_SIZE + 1)
    except FileNotFoundError as error:
        raise GenesisFileError(
            f"{path}: there is no such genesis file; get the one of the network."
        ) from error
    except OSError as error:
        raise GenesisFileError(f"{path}: can not be read: {error.strerror}.") from error
    if len(content) != RECORD_SIZE:
        size = len(content) if len(content) < RECORD_SIZE else f"more than {RECORD_SIZE}"
        raise GenesisFileError(
            f"{path}: a genesis file has {RECORD_SIZE} bytes, not {size}; get it anew."
        )
    record = parse_records(content).reshape(())
    _check(record, path)
    return record


def _check(record: Records, path: str | Path) -> None:
    try:
        Ledger(record, window=1)
    except GenesisError as error:
        raise GenesisFileError(f"{path}: {error}") from error
