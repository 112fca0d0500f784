"""Files with a secret in them: made for their owner alone, whole or not at all, never overwritten.

A wallet's keystore, written-down words and a password in a file are all such files. One that others
can read is refused, so that nobody gets used to it.
"""

import os
import secrets
import stat
from pathlib import Path

from wallet.errors import (
    SecretFileError,
    SecretFileExistsError,
    SecretFileExposedError,
    SecretFileMissingError,
)

__all__ = [
    "SECRET_FILE_MODE",
    "SECRET_FILE_SIZE_MAX",
    "check_absent",
    "read_secret",
    "write_secret",
]

SECRET_FILE_MODE = 0o600
"""Read and written by the owner alone."""

SECRET_FILE_SIZE_MAX = 4096
"""Several times what the largest of these files has; more is another kind of file. [bytes]"""


def check_absent(path: Path) -> None:
    """Make sure that a file can be made, before its owner is asked for anything.

    Raises:
        SecretFileExistsError: It is there already.
        SecretFileError: Its folder is none, or can not be written to.
    """
    if path.exists() or path.is_symlink():
        raise _exists(path)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise SecretFileError(f"{path}: {path.parent} is no folder that you can write to.")


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file and wait until the disk has it.

    The content goes to a draft beside it, which gets the name once it is whole; unlike a rename,
    that fails when somebody else was quicker.

    Args:
        path: The file to make; its folder exists.
        content: What to keep there.

    Raises:
        SecretFileExistsError: It is there already.
        SecretFileError: It can not be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        try:
            _write_new(draft, content)
            os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
        _settle(path.parent)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        raise SecretFileError(f"{path}: can not be written: {error.strerror}.") from error


def read_secret(path: Path) -> bytes:
    """Return what a file holds, after checking that its owner alone can read it.

    Args:
        path: A file; a pipe will do as well, such as /dev/fd/3.

    Raises:
        SecretFileMissingError: It is not there.
        SecretFileExposedError: Others can read or change it.
        SecretFileError: It can not be read, or is larger than such a file can be.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and stat.S_IMODE(status.st_mode) & 0o077:
                raise SecretFileExposedError(
                    f"{path}: others can read or change this file; give it to its owner alone: "
                    f"chmod 600 {path}"
                )
            content = file.read(SECRET_FILE_SIZE_MAX + 1)
    except FileNotFoundError as error:
        raise SecretFileMissingError(f"{path}: there is no such file; name another one.") from error
    except OSError as error:
        raise SecretFileError(f"{path}: can not be read: {error.strerror}.") from error
    if len(content) > SECRET_FILE_SIZE_MAX:
        raise SecretFileError(
            f"{path}: this file is larger than {SECRET_FILE_SIZE_MAX} bytes, so it is not what "
            "is wanted here; name another one."
        )
    return content


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that must not exist yet and wait until the disk has it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Wait until the disk has a folder's new names."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exists(path: Path) -> SecretFileExistsError:
    return SecretFileExistsError(
        f"{path}: there is a file already, and it may be the only copy of a secret: name another "
        "one, or move it away."
    )
