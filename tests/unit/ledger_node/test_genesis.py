"""Genesis files: written once, read only when they are what they should be."""

from pathlib import Path

import pytest

from ledger_node import GenesisFileError, read_genesis, write_genesis
from tests.unit.ledger_node.street import ANN, BEN, GENESIS, pay


def test_a_genesis_comes_back_as_it_was(tmp_path: Path) -> None:
    """The file is the record."""
    write_genesis(tmp_path / "genesis", GENESIS)
    assert (tmp_path / "genesis").read_bytes() == GENESIS.tobytes()
    assert read_genesis(tmp_path / "genesis") == GENESIS


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    """A second genesis in the same place is refused, and the first one stays."""
    write_genesis(tmp_path / "genesis", GENESIS)
    with pytest.raises(GenesisFileError, match="there already"):
        write_genesis(tmp_path / "genesis", GENESIS)
    assert read_genesis(tmp_path / "genesis") == GENESIS


def test_only_a_genesis_is_written(tmp_path: Path) -> None:
    """Another record can not begin a ledger, and no file is left behind."""
    with pytest.raises(GenesisFileError, match="can not begin a ledger"):
        write_genesis(tmp_path / "genesis", pay(ANN, BEN))
    assert not (tmp_path / "genesis").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Writing into nowhere says so."""
    with pytest.raises(GenesisFileError, match="nowhere"):
        write_genesis(tmp_path / "nowhere" / "genesis", GENESIS)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GENESIS.tobytes()[:-1], "not 255"),
        (GENESIS.tobytes() + b"\0", "not more than 256"),
        (b"", "not 0"),
        (GENESIS.tobytes()[:-1] + bytes([GENESIS.tobytes()[-1] ^ 1]), "signature"),
        (pay(ANN, BEN).tobytes(), "can not begin a ledger"),
    ],
    ids=["cut short", "too long", "empty", "forged", "another kind"],
)
def test_what_is_no_genesis_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    """Anything but 256 bytes that begin a ledger is refused with the reason."""
    (tmp_path / "genesis").write_bytes(content)
    with pytest.raises(GenesisFileError, match=reason):
        read_genesis(tmp_path / "genesis")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """No file, or a folder in its place: the sentence names it."""
    with pytest.raises(GenesisFileError, match="no such genesis file"):
        read_genesis(tmp_path / "genesis")
    with pytest.raises(GenesisFileError, match="can not be read"):
        read_genesis(tmp_path)
