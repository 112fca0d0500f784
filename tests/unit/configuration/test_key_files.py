"""Key files: written for the owner alone, read back, refused in one sentence without the secret."""

import stat
from pathlib import Path

import pytest

from configuration import KeyFileError, read_key, write_key
from ledger_core import KeyPair

SEED = bytes(range(32))


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    """Return the path of a new file with the given text and mode."""
    path = folder / "car.key"
    path.write_text(text, encoding="ascii")
    path.chmod(mode)
    return path


def test_comes_back(tmp_path: Path) -> None:
    """A written key is read back, from a file that only its owner can read, and nothing else."""
    path = tmp_path / "car.key"
    write_key(path, KeyPair.from_seed(SEED))
    assert read_key(path).public_key == KeyPair.from_seed(SEED).public_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["car.key"]


def test_never_overwrites(tmp_path: Path) -> None:
    """A key that is there already is kept, for losing it is losing the account."""
    path = tmp_path / "car.key"
    write_key(path, KeyPair.from_seed(SEED))
    with pytest.raises(KeyFileError, match="a key file is there already"):
        write_key(path, KeyPair.generate())
    assert read_key(path).public_key == KeyPair.from_seed(SEED).public_key
    assert [file.name for file in tmp_path.iterdir()] == ["car.key"]


def test_names_what_can_not_be_written(tmp_path: Path) -> None:
    """A missing folder is named."""
    with pytest.raises(KeyFileError, match="can not be written: No such file or directory"):
        write_key(tmp_path / "nowhere" / "car.key", KeyPair.generate())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_refuses_what_others_can_read(tmp_path: Path, mode: int) -> None:
    """A key that others can read is no secret; the sentence says how to mend it."""
    path = key_file(tmp_path, SEED.hex(), mode)
    with pytest.raises(KeyFileError, match=f"chmod 600 {path}$"):
        read_key(path)


@pytest.mark.parametrize(
    "text",
    ["", SEED.hex()[:-1], SEED.hex() + "00", "x" * 64, SEED.hex() + " " * 100],
    ids=["empty", "short", "long", "not hexadecimal", "too large"],
)
def test_refuses_what_is_no_key(tmp_path: Path, text: str) -> None:
    """A damaged key file is refused without showing what is in it."""
    path = key_file(tmp_path, text)
    with pytest.raises(KeyFileError) as caught:
        read_key(path)
    assert "holds 64 hexadecimal digits and nothing else" in str(caught.value)
    assert SEED.hex()[:16] not in str(caught.value)
    assert caught.value.__context__ is None or SEED.hex()[:16] not in repr(caught.value.__context__)


def test_names_a_missing_file(tmp_path: Path) -> None:
    """A key file that is not there, or is a folder, is named."""
    with pytest.raises(KeyFileError, match=r"car\.key: there is no such key file"):
        read_key(tmp_path / "car.key")
    with pytest.raises(KeyFileError, match="can not be read: Is a directory"):
        read_key(tmp_path)
