"""The verbs of `wallet`: where secrets come from, what is printed, and what is never repeated."""

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from configuration import read_key
from ledger_core import KeyPair
from tangleway import wallet_secrets, wallet_verbs
from tangleway.command import run_command
from tests.unit.wallet.published import WORDS
from wallet import Cost, Purse, Seed, create_keystore, encode_address, write_secret

PASSWORD = "correct horse battery"
CHEAP = Cost(operations=1, memory_bytes=8192)
VERBS = ("new", "restore", "show", "address", "send", "history")
NODE = ("--node", "tcp://127.0.0.1:9", "--node-key", KeyPair.from_seed(bytes(32)).public_key.hex())

Output = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which the usual wallet is; guesses are cheap, nobody is at a terminal."""
    monkeypatch.setattr(wallet_verbs, "create_keystore", partial(create_keystore, cost=CHEAP))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("TANGLEWAY_")]:
        monkeypatch.delenv(name)
    write_secret(tmp_path / "words", WORDS.encode())
    write_secret(tmp_path / "password", PASSWORD.encode() + b"\n")
    return tmp_path


@pytest.fixture
def wallet(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the usual wallet, made of published words, with its password in the variable."""
    monkeypatch.setenv(wallet_secrets.PASSWORD_VARIABLE, PASSWORD)
    assert run("restore", "--network", "commute", "--words-file", str(home / "words")) == 0
    return home / "tangleway" / "wallet.json"


def run(*arguments: str) -> int:
    """Run a verb of `wallet` and return its exit code."""
    return run_command(["wallet", *arguments])


def complaint(capsys: Output, *arguments: str, code: int = 2) -> str:
    """Run a verb that has to be refused, and return its one sentence."""
    capsys.readouterr()
    assert run(*arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    [line] = err.splitlines()
    return line.removeprefix("tangleway: ")


def typing(monkeypatch: pytest.MonkeyPatch, *answers: str, line: str = "") -> list[str]:
    """Put somebody at the terminal, who types these hidden answers and this line."""
    given, prompts = list(answers), []

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def getpass(prompt: str) -> str:
        prompts.append(prompt)
        if not given:
            raise EOFError
        return given.pop(0)

    monkeypatch.setattr(sys, "stdin", Terminal(line))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(wallet_secrets, "getpass", getpass)
    return prompts


@pytest.mark.parametrize("verb", VERBS)
def test_help(verb: str, capsys: Output) -> None:
    """Each verb has an example and takes no secret as an option's value."""
    assert run(verb, "--help") == 0
    shown = capsys.readouterr().out
    assert f"Example: tangleway wallet {verb}" in shown
    assert "--password " not in shown
    assert "--passphrase " not in shown


def test_list_of_verbs(capsys: Output) -> None:
    """The group names each verb with a whole sentence."""
    assert run("--help") == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {verb} " in shown for verb in VERBS)
    assert "..." not in shown.partition("Commands:")[2]


def test_help_loads_no_library() -> None:
    """Help of the wallet's verbs needs neither numbers nor cryptography."""
    code = (
        "import sys; from tangleway.command import run_command; run_command(['wallet', '--help']);"
        "run_command(['wallet', 'send', '--help']);"
        "print([n for n in ('numpy', 'nacl', 'mnemonic', 'zmq') if n in sys.modules],"
        "file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_new_for_scripts(home: Path, capsys: Output) -> None:
    """Words go to a file of their owner, the wallet to the usual place; both make the same keys."""
    words, key = home / "new words", ("--password-file", str(home / "password"))
    assert run("new", "--network", "commute", "--words-file", str(words), "--json", *key) == 0
    facts = json.loads(capsys.readouterr().out)
    made = home / "tangleway" / "wallet.json"
    assert stat.S_IMODE(words.stat().st_mode) == stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    seed = Seed.from_words(words.read_text())
    expected = encode_address(Purse(seed).main.public_key, network="commute")
    assert (facts["schema"], facts["address"]) == ("tangleway.wallet.new/1", expected)
    assert (facts["wallet"], facts["words_file"]) == (str(made), str(words))
    assert run("address", *key) == 0
    assert capsys.readouterr().out == f"{expected}\n"


def test_new_on_a_terminal(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    """The words are shown once, never on standard output, and leave the screen again."""
    monkeypatch.setenv("TERM", "xterm")
    prompts = typing(monkeypatch, PASSWORD, PASSWORD, line="yes\n")
    assert run("new", "--words", "12") == 0
    out, err = capsys.readouterr()
    shown, _, after = err.partition(wallet_secrets.FIRST_SCREEN)
    assert shown.startswith(wallet_secrets.OTHER_SCREEN)
    listed = shown.partition("order:")[2].partition("Type")[0].split()
    words = " ".join(part for part in listed if part.isalpha())
    address = encode_address(Purse(Seed.from_words(words)).main.public_key, network="tangleway")
    assert out == f"wallet   {home / 'tangleway' / 'wallet.json'}\naddress  {address}\n"
    assert after == ""
    assert prompts == ["new password of the wallet: ", "the same again: "]


@pytest.mark.parametrize("answer", ["no\n", "", "y\n"])
def test_nobody_wrote_them_down(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output, answer: str
) -> None:
    """Without a yes there is no wallet; a terminal that can not switch screens gets no codes."""
    monkeypatch.setenv("TERM", "dumb")
    typing(monkeypatch, PASSWORD, PASSWORD, line=answer)
    assert run("new") == 2
    err = capsys.readouterr().err
    assert "No wallet was made" in err
    assert "\x1b" not in err
    assert not (home / "tangleway" / "wallet.json").exists()


def test_new_without_terminal(home: Path, capsys: Output) -> None:
    """Words are not printed into a pipe."""
    assert "give --words-file" in complaint(capsys, "new")
    assert not (home / "tangleway" / "wallet.json").exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("one password", "another one"), "not the same twice"),
        (("short", "short"), "at least 8 characters"),
        ((), "Nothing was typed"),
    ],
)
def test_bad_new_passwords(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
    *,
    typed: tuple[str, ...],
    sentence: str,
) -> None:
    """A password that nobody could type again, or anybody guess, makes no wallet."""
    typing(monkeypatch, *typed, line="yes\n")
    assert sentence in complaint(capsys, "new")
    assert not (home / "tangleway" / "wallet.json").exists()


def test_restore_on_a_terminal(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    """Words and passphrase are typed unseen; with a passphrase it is another wallet."""
    prompts = typing(monkeypatch, WORDS, "beside", PASSWORD, PASSWORD)
    assert run("restore", "--ask-passphrase") == 0
    seed = Seed.from_words(WORDS, passphrase="beside")
    address = encode_address(Purse(seed).main.public_key, network="tangleway")
    assert address in capsys.readouterr().out
    assert [prompt.split()[0] for prompt in prompts] == ["12", "passphrase", "new", "the"]


def test_passphrase_file(home: Path, capsys: Output) -> None:
    """A passphrase from a file is the same as a typed one."""
    write_secret(home / "passphrase", b"beside\r\n")
    files = [f"--{name}-file={home / name}" for name in ("words", "passphrase", "password")]
    assert run("restore", "--json", *files) == 0
    seed = Seed.from_words(WORDS, passphrase="beside")
    key = Purse(seed).main.public_key.hex()
    assert json.loads(capsys.readouterr().out)["public_key"] == key


@pytest.mark.parametrize("verb", ["new", "restore"])
@pytest.mark.parametrize("given", [WORDS.split(), ["--ask-passphrase", "sausage"]])
def test_secrets_as_arguments(home: Path, capsys: Output, verb: str, given: list[str]) -> None:
    """Words on the command line are refused without being repeated."""
    line = complaint(capsys, verb, *given)
    assert "never given as arguments" in line
    assert "sausage" not in line


def test_nothing_is_overwritten(wallet: Path, home: Path, capsys: Output) -> None:
    """A second wallet at the same place is refused before anything is asked."""
    before = wallet.read_bytes()
    assert "name another one" in complaint(capsys, "restore", f"--words-file={home / 'words'}")
    assert "name another one" in complaint(capsys, "new", f"--words-file={home / 'more'}")
    again = complaint(capsys, "new", f"--words-file={home / 'words'}", f"--wallet={home / 'two'}")
    assert "name another one" in again
    assert wallet.read_bytes() == before
    assert not (home / "more").exists()
    assert not (home / "two").exists()


def test_show(wallet: Path, capsys: Output) -> None:
    """Accounts are shown with path, address and key, in lines or as facts."""
    capsys.readouterr()
    assert run("show", "--purse", "1", "--index", "2", "--count", "2") == 0
    shown = capsys.readouterr().out
    assert f"wallet   {wallet}\nnetwork  commute\n" in shown
    assert "account  3  m/44'/1415004505'/1'/0'/3'" in shown
    assert run("show", "--purse", "1", "--index", "3", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    [row] = facts["accounts"]
    pair = Purse(Seed.from_words(WORDS), number=1).account(3)
    assert (row["public_key"], row["balance"]) == (pair.public_key.hex(), None)
    assert row["address"] in shown


def test_key_for_an_agent(wallet: Path, home: Path, capsys: Output) -> None:
    """The exported key file is one that agents read, and is never written over another."""
    target = home / "vehicle.key"
    assert run("show", "--index", "4", "--key-file", str(target)) == 0
    pair = Purse(Seed.from_words(WORDS)).account(4)
    assert read_key(target) == pair
    out = capsys.readouterr().out
    assert f"The key of account 4 is in {target}" in out
    assert pair.seed.hex() not in out
    assert "there already" in complaint(capsys, "show", "--key-file", str(target))
    assert read_key(target) == pair


def test_address_of_somebody_else(home: Path, capsys: Output) -> None:
    """A key from an advert becomes an address without any wallet."""
    key = KeyPair.from_seed(bytes(32)).public_key
    given = ["--public-key", key.hex(), "--network", "city"]
    assert run("address", *given) == 0
    assert capsys.readouterr().out == f"{encode_address(key, network='city')}\n"
    assert "64 hexadecimal digits" in complaint(
        capsys, "address", "--public-key", "xyz", *given[2:]
    )
    assert "tangleway wallet new" in complaint(capsys, "address", "--public-key", key.hex())


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (lambda home: ["--password-file", str(home / "none")], "there is no such file"),
        (lambda home: ["--password-file", str(home / "wrong")], "does not open"),
        (lambda home: ["--password-file", str(home / "open")], "chmod 600"),
        (lambda home: ["--password-file", str(home / "empty")], "password is empty"),
    ],
)
def test_password_files(
    wallet: Path, home: Path, capsys: Output, *, source: Callable[[Path], list[str]], sentence: str
) -> None:
    """The file goes before the variable; what is wrong with it is told, what is in it is not."""
    for name, text in (("wrong", b"wrong horse"), ("open", b"open secret"), ("empty", b"\n")):
        write_secret(home / name, text)
    (home / "open").chmod(0o640)
    line = complaint(capsys, "address", *source(home))
    assert sentence in line
    assert "horse" not in line
    assert "open secret" not in line


def test_no_password(wallet: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without file, variable and terminal, the sentence says what there is to choose from."""
    monkeypatch.delenv(wallet_secrets.PASSWORD_VARIABLE)
    assert "TANGLEWAY_WALLET_PASSWORD" in complaint(capsys, "address")
    prompts = typing(monkeypatch, PASSWORD)
    assert run("address") == 0
    assert prompts == ["password of the wallet: "]


def test_damaged_wallet(wallet: Path, capsys: Output) -> None:
    """A damaged file is exit code 5, and no password is asked for."""
    wallet.write_bytes(wallet.read_bytes()[:-9])
    assert "tangleway wallet restore" in complaint(capsys, "address", code=5)


@pytest.mark.parametrize(
    ("payee", "amount", "sentence"),
    [
        ("commute1qqqqqqqqqqqq", "1", "mistyped"),
        (KeyPair.from_seed(bytes(32)).public_key.hex(), "1", "--public-key"),
        (encode_address(KeyPair.from_seed(bytes(32)).public_key, network="city"), "1", "city1"),
        (encode_address(KeyPair.from_seed(bytes(32)).public_key, network="commute"), "0", "than 0"),
        (encode_address(KeyPair.from_seed(bytes(32)).public_key, network="commute"), "x", "'x'"),
    ],
)
def test_slips_are_told_before_anything_is_sent(
    wallet: Path, capsys: Output, payee: str, amount: str, sentence: str
) -> None:
    """A wrong address or amount needs neither password nor node to be refused."""
    assert sentence in complaint(capsys, "send", payee, amount, *NODE)


def test_bad_node_key(wallet: Path, capsys: Output) -> None:
    """A node's key that is none is told with the option's name."""
    line = complaint(capsys, "history", "--node", "tcp://127.0.0.1:9", "--node-key", "77")
    assert line.startswith("--node-key wants a public key")
