"""Secret files: their owner's alone, whole or not at all, never overwritten."""

import os
import stat
from pathlib import Path

import pytest

from ledger_core import InputError
from wallet import (
    SecretFileError,
    SecretFileExistsError,
    SecretFileExposedError,
    SecretFileMissingError,
    check_absent,
    read_secret,
    write_secret,
)
from wallet.secret_files import SECRET_FILE_SIZE_MAX


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a secret is to be kept."""
    return tmp_path / "secret"


def test_round_trip(path: Path) -> None:
    """What was written is read; the file is its owner's alone, whatever the umask says."""
    before = os.umask(0)
    try:
        check_absent(path)
        write_secret(path, b"secret\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_secret(path) == b"secret\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["secret"]


def test_nothing_is_overwritten(path: Path) -> None:
    """A file that is there stays as it is, also when it appears at the last moment."""
    write_secret(path, b"old")
    with pytest.raises(SecretFileExistsError, match="may be the only copy"):
        check_absent(path)
    with pytest.raises(SecretFileExistsError, match="may be the only copy"):
        write_secret(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in path.parent.iterdir()] == ["secret"]


def test_links_count_as_files(path: Path) -> None:
    """A link that leads nowhere is not written through."""
    path.symlink_to(path.with_name("elsewhere"))
    with pytest.raises(SecretFileExistsError):
        check_absent(path)
    with pytest.raises(SecretFileExistsError):
        write_secret(path, b"new")
    assert not path.exists()


def test_a_failure_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk refuses, neither the file nor its draft is there."""

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(SecretFileError, match="can not be written: No space left"):
        write_secret(path, b"secret")
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o660])
def test_files_that_others_can_read_or_change(path: Path, mode: int) -> None:
    """Such a file is refused with the command that mends it."""
    write_secret(path, b"secret")
    path.chmod(mode)
    with pytest.raises(SecretFileExposedError, match=f"chmod 600 {path}") as caught:
        read_secret(path)
    assert "secret\n" not in str(caught.value)


def test_missing_file(path: Path) -> None:
    """A file that is not there is its own error."""
    with pytest.raises(SecretFileMissingError, match="there is no such file") as caught:
        read_secret(path)
    assert isinstance(caught.value, InputError)


def test_folders(path: Path) -> None:
    """A folder is no secret, and a folder that is not there can not hold one."""
    with pytest.raises(SecretFileError, match="can not be read: Is a directory"):
        read_secret(path.parent)
    with pytest.raises(SecretFileError, match="no folder that you can write to"):
        check_absent(path / "inside")
    with pytest.raises(SecretFileError, match="can not be written: No such file"):
        write_secret(path / "inside", b"secret")


def test_large_files(path: Path) -> None:
    """A file of the largest size is read, a larger one was named by mistake."""
    write_secret(path, bytes(SECRET_FILE_SIZE_MAX))
    assert len(read_secret(path)) == SECRET_FILE_SIZE_MAX
    write_secret(path.with_name("large"), bytes(SECRET_FILE_SIZE_MAX + 1))
    with pytest.raises(SecretFileError, match="larger than 4096 bytes"):
        read_secret(path.with_name("large"))


def test_pipes_are_read() -> None:
    """A descriptor that a script opened will do, since nobody else can open it."""
    receiving, sending = os.pipe()
    try:
        os.write(sending, b"secret\n")
        os.close(sending)
        assert read_secret(Path(f"/dev/fd/{receiving}")) == b"secret\n"
    finally:
        os.close(receiving)
