"""Key files: the 32 bytes that an identity and its account stand on, as 64 hexadecimal digits.

Whoever reads such a file owns the account, so it is written for its owner alone (mode 0600), one
that others can read is refused, and no error ever shows what is in it.
"""

import os
import secrets
import stat
from pathlib import Path

from configuration.errors import KeyFileError
from ledger_core import KeyPair

KEY_FILE_MODE = 0o600
"""Read and written by the owner alone."""

SEED_SIZE = 32
"""An Ed25519 seed. [bytes]"""

KEY_FILE_SIZE_MAX = 128
"""64 digits, a line end and some spaces; more is another kind of file. [bytes]"""


def read_key(path: str | Path) -> KeyPair:
    """Return the key pair that a key file holds.

    Args:
        path: The key file.

    Raises:
        KeyFileError: The file is missing or unreadable, others can read it, or it does not hold
            64 hexadecimal digits.
    """
    return KeyPair.from_seed(_seed(_text(Path(path)), path))


def write_key(path: str | Path, key_pair: KeyPair) -> None:
    """Write a key pair to a new key file, whole or not at all, readable by its owner alone.

    Args:
        path: The file to make; its folder exists.
        key_pair: What to keep there.

    Raises:
        KeyFileError: The file exists already (an overwritten key is lost money) or can not be
            written.
    """
    target = Path(path)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        _write_new(draft, key_pair.seed.hex() + "\n")
        try:
            os.link(draft, target)
        finally:
            draft.unlink()
    except FileExistsError as error:
        raise KeyFileError(
            f"{path}: a key file is there already; move it away before a new key is made"
        ) from error
    except OSError as error:
        raise KeyFileError(f"{path}: the key file can not be written: {error.strerror}") from error


def _write_new(path: Path, text: str) -> None:
    """Write a file that must not exist yet and wait until the disk has it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _text(path: Path) -> bytes:
    """Return what stands in a key file after checking that only its owner can read it."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_IMODE(mode) & 0o077:
                raise KeyFileError(
                    f"{path}: others can read this key file; give it to its owner alone: "
                    f"chmod 600 {path}"
                )
            return file.read(KEY_FILE_SIZE_MAX + 1)
    except FileNotFoundError as error:
        raise KeyFileError(
            f"{path}: there is no such key file; name another one or make one first"
        ) from error
    except OSError as error:
        raise KeyFileError(f"{path}: the key file can not be read: {error.strerror}") from error


def _seed(text: bytes, path: str | Path) -> bytes:
    """Return the seed that a key file's text stands for."""
    wrong = KeyFileError(
        f"{path}: a key file holds {2 * SEED_SIZE} hexadecimal digits and nothing else; "
        "restore it from a copy or make a new one"
    )
    digits = text.strip()
    if len(text) > KEY_FILE_SIZE_MAX or len(digits) != 2 * SEED_SIZE:
        raise wrong
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        raise wrong from None
