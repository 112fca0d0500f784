"""The keystore: opens with its password, and tells damage, exposure and a wrong password apart."""

import base64
import hashlib
import json
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import DamagedError, InputError, UnavailableError
from tests.unit.wallet.published import PASSWORD, WORDS
from wallet import (
    MODERATE,
    AddressError,
    Cost,
    KeystoreDamagedError,
    MemoryShortError,
    OpenWallet,
    SecretFileExistsError,
    SecretFileExposedError,
    SecretFileMissingError,
    Seed,
    WrongPasswordError,
    create_keystore,
    keystore_network,
    open_keystore,
)
from wallet.sealing import MEMORY_MAX, OPERATIONS_MAX, open_box, seal

CHEAP = Cost(operations=1, memory_bytes=8192)
"""The least that libsodium takes: tests guess quickly."""

WALLET = OpenWallet("commute", Seed.from_words(WORDS))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a wallet's file."""
    create_keystore(tmp_path / "wallet.json", WALLET, PASSWORD, cost=CHEAP)
    return tmp_path / "wallet.json"


def test_round_trip(path: Path) -> None:
    """The password brings back the wallet; the network is readable without it."""
    assert open_keystore(path, PASSWORD) == WALLET
    assert keystore_network(path) == "commute"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_real_cost(tmp_path: Path) -> None:
    """Without saying anything else, a guess takes libsodium's moderate advice."""
    assert (MODERATE.operations, MODERATE.memory_bytes) == (3, 256 << 20)
    create_keystore(tmp_path / "wallet.json", WALLET, PASSWORD)
    box = json.loads((tmp_path / "wallet.json").read_text())["wallet"]["box"]
    assert box["cost"] == {"operations": 3, "memory_bytes": 256 << 20}
    assert open_keystore(tmp_path / "wallet.json", PASSWORD) == WALLET


def test_two_files_have_nothing_in_common(path: Path) -> None:
    """The same wallet under the same password is another salt, nonce and text."""
    create_keystore(path.with_name("other"), WALLET, PASSWORD, cost=CHEAP)
    one, other = (
        json.loads(file.read_text())["wallet"]["box"] for file in (path, path.with_name("other"))
    )
    assert all(one[key] != other[key] for key in ("salt", "nonce", "ciphertext"))


def test_the_file_shows_no_secret(path: Path) -> None:
    """Neither words, seed nor password stand in the file or in the opened wallet's text."""
    text = path.read_text()
    secret = WALLET.seed.secret
    for hidden in (secret.hex(), base64.b64encode(secret).decode()[:20], PASSWORD.decode()):
        assert hidden not in text
    assert repr(open_keystore(path, PASSWORD)) == (
        "OpenWallet(network='commute', seed=Seed(hidden))"
    )


@given(st.binary(max_size=40).filter(lambda guess: guess != PASSWORD))
def test_wrong_passwords(guess: bytes) -> None:
    """No other password opens it, and the error is the same for all of them."""
    box = seal(b"secret", PASSWORD, cost=CHEAP)
    with pytest.raises(WrongPasswordError, match="does not open with this password") as caught:
        open_box(box, guess)
    assert isinstance(caught.value, InputError)
    assert caught.value.__suppress_context__


def test_wrong_password_of_a_file(path: Path) -> None:
    """A wrong password is no damage, and changes nothing."""
    before = path.read_bytes()
    with pytest.raises(WrongPasswordError):
        open_keystore(path, b"incorrect horse")
    assert path.read_bytes() == before


def test_any_flipped_bit_is_damage(path: Path) -> None:
    """Wherever the disk lies, the error says so instead of blaming the password."""
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(KeystoreDamagedError, match="wallet restore") as caught:
            open_keystore(path, PASSWORD)
        assert isinstance(caught.value, DamagedError)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"[1]", b"null", b"{" * 4000])
def test_other_files_are_damage(path: Path, content: bytes) -> None:
    """What is no keystore, or half of one, is named."""
    path.write_bytes(content)
    with pytest.raises(KeystoreDamagedError):
        open_keystore(path, PASSWORD)
    with pytest.raises(KeystoreDamagedError):
        keystore_network(path)


def test_cut_short(path: Path) -> None:
    """A torn file is damage."""
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(KeystoreDamagedError):
        open_keystore(path, PASSWORD)


def rewritten(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a keystore as somebody would who knows its form: the checksum is right again."""
    facts = json.loads(path.read_text())
    change(facts["wallet"])
    facts["sha256"] = hashlib.sha256(msgspec.json.encode(facts["wallet"])).hexdigest()
    path.write_bytes(msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n")


def test_rewriting_is_what_somebody_could_do(path: Path) -> None:
    """Rewriting without a change gives the same file: what is refused below is the change."""
    before = path.read_bytes()
    rewritten(path, lambda _: None)
    assert path.read_bytes() == before


def test_another_network_in_clear_is_noticed(path: Path) -> None:
    """The network's name is sealed as well: exchanging the readable one is damage."""
    rewritten(path, lambda wallet: wallet.update(network="city"))
    assert keystore_network(path) == "city"
    with pytest.raises(KeystoreDamagedError):
        open_keystore(path, PASSWORD)


def test_other_salt_or_nonce_does_not_open(path: Path) -> None:
    """Whoever exchanges what the key is made of gets nothing that opens."""
    salt = base64.b64encode(bytes(16)).decode()
    rewritten(path, lambda wallet: wallet["box"].update(salt=salt))
    with pytest.raises(WrongPasswordError):
        open_keystore(path, PASSWORD)


@pytest.mark.parametrize(
    "cost",
    [
        {"operations": OPERATIONS_MAX + 1, "memory_bytes": 8192},
        {"operations": 0, "memory_bytes": 8192},
        {"operations": 1, "memory_bytes": MEMORY_MAX + 1},
        {"operations": 1, "memory_bytes": 1},
    ],
)
def test_costs_are_bounded_on_reading(path: Path, cost: dict[str, int]) -> None:
    """A file can not make us compute for days or take all memory."""
    rewritten(path, lambda wallet: wallet["box"].update(cost=cost))
    with pytest.raises(KeystoreDamagedError):
        open_keystore(path, PASSWORD)


@pytest.fixture
def no_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the machine be out of memory."""

    def refuse(*_: object) -> bytes:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("wallet.sealing.argon2id.kdf", refuse)
        yield


@pytest.mark.usefixtures("no_memory")
def test_memory_that_is_short(tmp_path: Path) -> None:
    """The sentence says how much it takes; no file is made."""
    with pytest.raises(MemoryShortError, match="takes 256 MiB of memory") as caught:
        create_keystore(tmp_path / "wallet.json", WALLET, PASSWORD)
    assert isinstance(caught.value, UnavailableError)
    assert list(tmp_path.iterdir()) == []


def test_files(path: Path) -> None:
    """A wallet is never overwritten, is looked for where it was named, and is its owner's alone."""
    before = path.read_bytes()
    with pytest.raises(SecretFileExistsError):
        create_keystore(path, WALLET, b"another one", cost=CHEAP)
    assert path.read_bytes() == before
    with pytest.raises(SecretFileMissingError, match="tangleway wallet new"):
        open_keystore(path.with_name("none"), PASSWORD)
    path.chmod(0o644)
    with pytest.raises(SecretFileExposedError):
        open_keystore(path, PASSWORD)
    with pytest.raises(SecretFileExposedError):
        keystore_network(path)


def test_networks_that_can_not_be(tmp_path: Path) -> None:
    """A wallet whose addresses nobody could write is not made."""
    with pytest.raises(AddressError):
        create_keystore(tmp_path / "wallet.json", OpenWallet("", WALLET.seed), PASSWORD)
    assert list(tmp_path.iterdir()) == []


def test_a_sealed_seed_of_another_length_is_damage(path: Path) -> None:
    """What opens but holds no seed is damage, not a fault."""
    for content in (b"{}", b"\xff", msgspec.json.encode({"network": "commute", "seed": b"short"})):
        box = msgspec.json.decode(msgspec.json.encode(seal(content, PASSWORD, cost=CHEAP)))
        rewritten(path, partial(_put_box, box=box))
        with pytest.raises(KeystoreDamagedError):
            open_keystore(path, PASSWORD)


def _put_box(wallet: dict[str, Any], box: dict[str, Any]) -> None:
    wallet["box"] = box
