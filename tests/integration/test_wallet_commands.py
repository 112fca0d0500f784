"""The wallet's verbs as a person and a script use them: real processes, files and a real node."""

import json
import os
import stat
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from configuration import read_key
from ledger_node import LedgerClient
from tests.integration.node_process import ANN, BEN, NODE_PAIR, NodeSite, running_node
from tests.integration.running_command import COMMAND, run_command
from tests.integration.terminal import on_a_terminal
from tests.unit.wallet.published import WORDS
from wallet import (
    Purse,
    Seed,
    Teller,
    check_words,
    encode_address,
    next_fresh_index,
    statement,
    write_secret,
)

PASSWORD = "correct horse battery"
PURSE = Purse(Seed.from_words(WORDS))
FUNDS = 500_000
"""What the wallet's main account begins with. [base units]"""

NOWHERE = ("--node", "tcp://127.0.0.1:1", "--node-key", NODE_PAIR.public_key.hex())
"""Options that name a node that is not there."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which the usual wallet is."""
    for name in [name for name in os.environ if name.startswith("TANGLEWAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    write_secret(tmp_path / "words", f"{WORDS}\n".encode())
    write_secret(tmp_path / "password", f"{PASSWORD}\n".encode())
    return tmp_path


@pytest.fixture
def script(home: Path, monkeypatch: pytest.MonkeyPatch) -> "Script":
    """Return a script's view of the usual wallet, restored from published words."""
    monkeypatch.setenv("TANGLEWAY_WALLET_PASSWORD", PASSWORD)
    made = Script()
    made.run("restore", "--network", "street", "--words-file", str(home / "words"))
    return made


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[NodeSite]:
    """Return a node of network `street` on which Ann has everything but the wallet's funds."""
    (tmp_path / "node").mkdir()
    async with running_node(tmp_path / "node") as running, running.client() as client:
        await fund(client)
        yield running


async def fund(client: LedgerClient) -> None:
    """Let Ann pay the wallet's main account."""
    await Teller(client, network="street").pay(ANN, PURSE.main.public_key, FUNDS)


class Script:
    """Runs verbs one after another and keeps all that they write."""

    def __init__(self) -> None:
        self.written = ""

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a verb that ends with this exit code."""
        done = run_command("wallet", *arguments)
        self.written += done.stdout + done.stderr
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def facts(self, *arguments: str) -> dict[str, Any]:
        """Run a verb and return its facts."""
        found: dict[str, Any] = json.loads(self.run(*arguments, "--json").stdout)
        assert found["schema"] == f"tangleway.wallet.{arguments[0]}/1"
        return found

    def complaint(self, *arguments: str, code: int) -> str:
        """Run a verb that has to be refused, and return its one sentence."""
        done = self.run(*arguments, code=code)
        assert done.stdout == ""
        [line] = done.stderr.splitlines()
        return line

    def check_secrets(self) -> None:
        """Make sure that nothing that was written holds a secret."""
        seed = Seed.from_words(WORDS)
        keys = [PURSE.account(index).seed.hex() for index in range(4)]
        secrets = [PASSWORD, seed.secret.hex(), seed.secret.hex()[:64], *keys]
        assert not [secret for secret in secrets if secret in self.written]
        assert "sausage worth" not in self.written
        assert "Traceback" not in self.written


def own(index: int) -> str:
    """Return the address of one of the wallet's accounts."""
    return encode_address(PURSE.account(index).public_key, network="street")


def reach(site: NodeSite) -> tuple[str, ...]:
    """Return the options that name a node."""
    return "--node", site.ready["endpoint"], "--node-key", NODE_PAIR.public_key.hex()


async def test_sending_and_looking_back(script: Script, site: NodeSite) -> None:
    """A payment is durable when it is printed; history and balances tell the same afterwards."""
    at = reach(site)
    paid = script.facts("send", own(1), "0.125", *at)
    async with site.client() as client:
        found = await client.transaction(bytes.fromhex(paid["id"]))
    assert found is not None
    assert (paid["position"], paid["amount"]) == (found.position, 125_000)
    assert (paid["from"], paid["to"]) == (own(0), own(1))
    shown = script.facts("show", "--count", "3", *at)
    standing = [(row["address"], row["balance"], row["exists"]) for row in shown["accounts"]]
    assert standing == [
        (own(0), FUNDS - 125_000, True),
        (own(1), 125_000, True),
        (own(2), 0, False),
    ]
    swept = script.run("send", own(0), "all", "--index", "1", *at).stdout
    assert swept.startswith(f"paid      0.125 tokens to {own(0)}\nid        ")
    empty = script.run("send", own(0), "all", "--index", "1", *at).stdout
    assert empty == "The account has nothing to send.\n"
    told = script.facts("history", *at)
    assert [entry["change"] for entry in told["entries"]] == [FUNDS, -125_000, 125_000]
    assert told["entries"][1]["id"] == paid["id"]
    assert told["balance"] == FUNDS
    lines = script.run("history", "--latest", "2", *at).stdout.splitlines()
    assert lines[1].split()[3:5] == ["-0.125", "paid"]
    assert lines[2].split()[3:5] == ["+0.125", "received"]
    assert lines[-1] == "balance: 0.5 tokens"
    script.check_secrets()


async def test_refusals(script: Script, site: NodeSite, home: Path) -> None:
    """Whatever refuses has its exit code and one sentence, and moves nothing."""
    at = reach(site)
    stranger = encode_address(BEN.public_key, network="city")
    too_much = script.complaint("send", own(1), "0.6", *at, code=4)
    assert "INSUFFICIENT_FUNDS): the account has 0.5 tokens, not 0.6" in too_much
    unpaid = script.complaint("send", own(1), "0.1", "--index", "9", *at, code=4)
    assert "UNKNOWN_ISSUER" in unpaid
    elsewhere = script.complaint("send", stranger, "0.1", "--network", "city", *at, code=2)
    assert "the ledger of network street, but city is meant" in elsewhere
    city = script.complaint("show", "--network", "city", *at, code=2)
    assert "the ledger of network street, but city is meant" in city
    assert "'city1…'" in script.complaint("send", stranger, "0.1", *at, code=2)
    write_secret(home / "wrong", b"incorrect horse\n")
    wrong = ("--password-file", str(home / "wrong"))
    assert "does not open" in script.complaint("history", *at, *wrong, code=2)
    async with site.client() as client:
        assert len(await statement(client, PURSE.main.public_key)) == 1
    assert "incorrect" not in script.written
    script.check_secrets()


def test_a_node_that_is_away(script: Script) -> None:
    """Without a node the exit code is 3; whoever waits is told what for."""
    done = script.run("send", own(1), "0.1", *NOWHERE, code=3)
    waiting, sentence = done.stderr.splitlines()
    assert waiting == f"tangleway: waiting for the node at {NOWHERE[1]} …"
    assert NOWHERE[1] in sentence
    script.check_secrets()


def test_ctrl_c_while_paying(script: Script) -> None:
    """Whoever interrupts a payment is told to look before paying again."""
    with on_a_terminal("wallet", "send", own(1), "0.1", *NOWHERE) as typist:
        typist.wait_for("waiting for the node")
        typist.process.send_signal(2)
        assert typist.end() == (130, "")
        shown = typist.wait_for("before you pay again")
    assert "Traceback" not in shown


async def test_a_trip_on_a_fresh_account(site: NodeSite) -> None:
    """A vehicle takes the next fresh account, is funded, pays its trip and is swept."""
    async with site.client() as client:
        teller = Teller(client, network="street")
        for trip in (1, 2):
            index = await next_fresh_index(client, PURSE)
            assert index == trip
            fresh = PURSE.fresh_account(index)
            await teller.pay(PURSE.main, fresh.public_key, 200_000)
            await teller.pay(fresh, BEN.public_key, 70_000)
            swept = await teller.sweep(fresh, PURSE.main.public_key)
            assert swept is not None
            assert swept.amount == 130_000
            assert (await client.account(fresh.public_key)).balance == 0
        assert (await client.account(PURSE.main.public_key)).balance == FUNDS - 140_000
        assert (await client.account(BEN.public_key)).balance == 140_000


def test_a_key_for_an_agent(script: Script, home: Path) -> None:
    """The key file is its owner's alone and holds the account that was shown."""
    target = home / "vehicle.key"
    shown = script.facts("show", "--index", "2", "--key-file", str(target))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert read_key(target).public_key.hex() == shown["accounts"][0]["public_key"]
    script.check_secrets()


def test_a_password_by_descriptor(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script may hand the password over on a descriptor, where no file and no variable has it."""
    monkeypatch.delenv("TANGLEWAY_WALLET_PASSWORD")
    receiving, sending = os.pipe()
    try:
        os.write(sending, PASSWORD.encode())
        os.close(sending)
        done = subprocess.run(
            [COMMAND, "wallet", "address", "--password-file", f"/dev/fd/{receiving}"],
            capture_output=True,
            text=True,
            check=False,
            pass_fds=[receiving],
        )
    finally:
        os.close(receiving)
    assert (done.stdout, done.stderr) == (f"{own(0)}\n", "")


def test_a_new_wallet_at_a_terminal(home: Path) -> None:
    """A person chooses a password unseen, writes the words down, and can restore from them."""
    with on_a_terminal("wallet", "new", "--words", "12", "--json") as typist:
        typist.answer("new password of the wallet: ", PASSWORD)
        typist.answer("the same again: ", PASSWORD)
        shown = typist.wait_for("are written down: ")
        typist.type("yes")
        code, out = typist.end()
    assert code == 0
    assert PASSWORD not in shown
    listed = shown.partition("in this order:")[2].partition("Type yes")[0].split()
    words = check_words(" ".join(part for part in listed if part.isalpha()))
    write_secret(home / "noted", words.encode())
    done = run_command(
        *("wallet", "restore", "--words-file", str(home / "noted"), "--json"),
        *("--password-file", str(home / "password"), "--wallet", str(home / "again")),
    )
    assert json.loads(done.stdout)["address"] == json.loads(out)["address"]
    assert stat.S_IMODE((home / "tangleway" / "wallet.json").stat().st_mode) == 0o600


def test_words_that_were_not_written_down(home: Path) -> None:
    """Whoever does not say yes has no wallet."""
    with on_a_terminal("wallet", "new", "--password-file", str(home / "password")) as typist:
        typist.answer("are written down: ", "later")
        typist.wait_for("No wallet was made")
        assert typist.end() == (2, "")
    assert not (home / "tangleway" / "wallet.json").exists()


def test_ctrl_c_at_the_prompt(home: Path) -> None:
    """Interrupted before the words are written down, nothing is left behind."""
    with on_a_terminal("wallet", "new", "--password-file", str(home / "password")) as typist:
        typist.wait_for("are written down: ")
        typist.process.send_signal(2)
        assert typist.end() == (130, "")
    assert not list(home.glob("tangleway/*"))
