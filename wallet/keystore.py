"""The keystore: one JSON file that holds a wallet, sealed under its password.

What is in the file: the network's name, what Argon2id was told, the sealed seed, and a checksum by
which a damaged file is told from a wrong password. The checksum is over what anybody can read, so
it helps nobody to guess. The network's name stands in the sealed part as well, so that it can not
be exchanged.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from wallet.addresses import address_prefix
from wallet.errors import KeystoreDamagedError, SecretFileMissingError
from wallet.sealing import MODERATE, Box, Cost, open_box, seal
from wallet.secret_files import read_secret, write_secret
from wallet.words import SEED_SIZE, Seed

__all__ = ["SCHEMA", "OpenWallet", "create_keystore", "keystore_network", "open_keystore"]

SCHEMA: Final = "tangleway.keystore/1"
"""What the file says it is. A later form gets another number and is read beside this one."""


@dataclass(frozen=True, slots=True)
class OpenWallet:
    """A wallet that was opened."""

    network: str
    """The network whose addresses it writes."""
    seed: Seed
    """The secret of all its accounts; its text form shows nothing."""


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: Literal["tangleway.keystore/1"] = SCHEMA
    network: str
    derivation: Literal["argon2id13"] = "argon2id13"
    cipher: Literal["xsalsa20-poly1305"] = "xsalsa20-poly1305"
    box: Box


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    wallet: _Body
    sha256: str


class _Secret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    network: str
    seed: bytes


def create_keystore(
    path: Path, wallet: OpenWallet, password: bytes, *, cost: Cost = MODERATE
) -> None:
    """Write a wallet to a new file that its owner alone can read, whole or not at all.

    Args:
        path: The file to make; its folder exists.
        wallet: What to keep there.
        password: What opens it again.
        cost: What a guess at the password shall cost.

    Raises:
        SecretFileExistsError: The file is there already.
        SecretFileError: It can not be written.
        MemoryShortError: The machine lacks the memory.
        AddressError: No network can be called like the wallet's.
    """
    address_prefix(wallet.network)  # a wallet without addresses would be of no use
    content = msgspec.json.encode(_Secret(network=wallet.network, seed=wallet.seed.secret))
    body = _Body(network=wallet.network, box=seal(content, password, cost=cost))
    write_secret(path, _encoded(_File(wallet=body, sha256=_checksum(body))))


def open_keystore(path: Path, password: bytes) -> OpenWallet:
    """Return the wallet in a file.

    Raises:
        SecretFileMissingError: There is no such file.
        SecretFileExposedError: Others can read it.
        SecretFileError: It can not be read.
        KeystoreDamagedError: It is not what was written.
        WrongPasswordError: The password is wrong.
        MemoryShortError: The machine lacks the memory.
    """
    body = _read(path)
    content = open_box(body.box, password)
    try:
        sealed = msgspec.json.decode(content, type=_Secret)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _damaged(path) from None
    if sealed.network != body.network or len(sealed.seed) != SEED_SIZE:
        raise _damaged(path)
    return OpenWallet(network=sealed.network, seed=Seed(sealed.seed))


def keystore_network(path: Path) -> str:
    """Return the network of the wallet in a file, for which no password is needed.

    Raises:
        SecretFileError: The file can not be read; the leaf says why.
        KeystoreDamagedError: It is not what was written.
    """
    return _read(path).network


def _read(path: Path) -> _Body:
    """Return what anybody who can read the file can read in it."""
    try:
        content = read_secret(path)
    except SecretFileMissingError as error:
        raise SecretFileMissingError(
            f"{path}: there is no wallet here; make one with tangleway wallet new, or name another."
        ) from error
    try:
        file = msgspec.json.decode(content, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _damaged(path) from None
    if file.sha256 != _checksum(file.wallet) or content != _encoded(file):
        raise _damaged(path)
    return file.wallet


def _encoded(file: _File) -> bytes:
    """Return the file as it is written, and only ever like this."""
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def _checksum(body: _Body) -> str:
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest()


def _damaged(path: Path) -> KeystoreDamagedError:
    return KeystoreDamagedError(
        f"{path}: this is no wallet, or it is damaged: take a copy of it, or make it anew from its "
        "words with tangleway wallet restore."
    )
