"""Verbs of `wallet` that ask a node: what they do there, and what they print."""

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import NoReturn, Self

import pytest

from ledger_core import KeyPair
from tangleway import wallet_node, wallet_secrets, wallet_verbs
from tangleway.command import run_command
from tangleway.wallet_report import entry_lines
from tests.unit.wallet.memory_ledger import NETWORK, TREASURY, MemoryLedger
from tests.unit.wallet.published import WORDS
from wallet import Cost, Purse, Seed, Teller, create_keystore, encode_address, write_secret

PURSE = Purse(Seed.from_words(WORDS))
STRANGER = KeyPair.from_seed(bytes(32))
NODE = ("--node", "tcp://127.0.0.1:9", "--node-key", STRANGER.public_key.hex())

Output = pytest.CaptureFixture[str]


class MemoryClient(MemoryLedger):
    """The ledger in memory in place of the client that a verb opens."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryClient:
    """Return the ledger that the verbs find; the usual wallet has 20 base units on it."""
    cheap = Cost(operations=1, memory_bytes=8192)
    monkeypatch.setattr(wallet_verbs, "create_keystore", partial(create_keystore, cost=cheap))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv(wallet_secrets.PASSWORD_VARIABLE, "correct horse battery")
    write_secret(tmp_path / "words", WORDS.encode())
    words = str(tmp_path / "words")
    assert run_command(["wallet", "restore", "--network", NETWORK, "--words-file", words]) == 0
    made = MemoryClient()
    made.pay(TREASURY, PURSE.main.public_key, 20)
    monkeypatch.setattr(wallet_node, "LedgerClient", lambda *_, **__: made)
    monkeypatch.setattr(wallet_node, "Teller", partial(Teller, now_us=made.clock.now_us))
    return made


def run(*arguments: str) -> int:
    """Run a verb of `wallet` at the node and return its exit code."""
    return run_command(["wallet", *arguments, *NODE])


def own(index: int) -> str:
    """Return the address of one of the wallet's accounts."""
    return encode_address(PURSE.account(index).public_key, network=NETWORK)


def test_send(ledger: MemoryClient, capsys: Output) -> None:
    """What is printed is what stands on the ledger."""
    capsys.readouterr()
    assert run("send", own(1), "0.000005") == 0
    lines = capsys.readouterr().out.splitlines()
    latest = ledger.all[-1]
    assert lines == [
        f"paid      0.000005 tokens to {own(1)}",
        f"id        {latest.id.hex()}",
        f"position  {latest.position}",
    ]
    assert ledger.ledger.balance(PURSE.account(1).public_key) == 5


def test_send_all(ledger: MemoryClient, capsys: Output) -> None:
    """All is what there is; of nothing there is nothing to send."""
    capsys.readouterr()
    assert run("send", own(1), "all", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["amount"], facts["from"], facts["to"]) == (20, own(0), own(1))
    assert run("send", own(1), "all") == 0
    assert capsys.readouterr().out == "The account has nothing to send.\n"


def test_show_with_balances(ledger: MemoryClient, capsys: Output) -> None:
    """A node adds balances, and says which accounts nobody has paid."""
    assert run("show", "--count", "2") == 0
    shown = capsys.readouterr().out
    assert "balance  0.00002 tokens\n" in shown
    assert "balance  0 tokens, never paid yet\n" in shown


def test_history(ledger: MemoryClient, capsys: Output) -> None:
    """Lines are in tokens and UTC, facts in base units and microseconds."""
    assert run("send", own(1), "0.000005") == 0
    capsys.readouterr()
    assert run("history") == 0
    head, first, second, _, last = capsys.readouterr().out.splitlines()
    assert head.split() == ["time", "(UTC)", "position", "tokens", "what", "id", "with"]
    assert first.split()[:5] == ["2027-01-15", "08:00:00", "1", "+0.00002", "received"]
    assert second.split()[2:] == ["2", "-0.000005", "paid", ledger.all[2].id.hex()[:16], own(1)]
    assert last == "balance: 0.000015 tokens"
    assert run("history", "--latest", "1", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    [entry] = facts["entries"]
    assert (entry["change"], entry["partner"], facts["balance"]) == (-5, own(1), 15)


async def test_an_empty_history() -> None:
    """Without transactions there is a sentence instead of a table."""
    state = await MemoryLedger().account(STRANGER.public_key)
    lines = entry_lines([], state, network=NETWORK)
    assert lines == ["Nothing has come or gone yet.", "", "balance: 0 tokens"]


@pytest.mark.parametrize("verb", [["send", own(1), "1"], ["show"], ["history"]])
def test_another_network(ledger: MemoryClient, capsys: Output, verb: list[str]) -> None:
    """No verb takes one network's figures for another's."""
    ledger.network = "city"
    capsys.readouterr()
    assert run(*verb) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "the ledger of network city, but commute is meant" in err


def test_whoever_waits_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a moment's silence the sentence says what is waited for."""
    monkeypatch.setattr(wallet_node, "SILENCE_S", 0)
    monkeypatch.setattr(wallet_node, "LedgerClient", lambda *_, **__: MemoryClient())
    node = wallet_node.node_address(NODE[1], NODE[3])

    async def wait(*_: object) -> str:
        said = asyncio.get_running_loop().create_future()
        monkeypatch.setattr(wallet_node, "say", said.set_result)
        return str(await said)

    told = wallet_node.ask(node, NETWORK, wait)
    assert told == "waiting for the node at tcp://127.0.0.1:9 …"


def test_ctrl_c_while_paying(
    ledger: MemoryClient, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """Interrupted after the payment was signed, the exit code is 130 and a sentence warns."""

    async def interrupted(*_: object) -> NoReturn:
        raise asyncio.CancelledError

    monkeypatch.setattr(ledger, "submit", interrupted)
    with pytest.raises(asyncio.CancelledError):
        run("send", own(1), "0.000005")
    assert "before you pay again" in capsys.readouterr().err
