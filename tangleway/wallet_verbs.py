"""What the verbs of `wallet` do; `tangleway.wallet_commands` has their options.

Each raises what the wallet, its files or the node raise; `tangleway.command` says it in a sentence.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configuration import write_key
from ledger_core import AmountError, KeyPair, parse_amount
from ledger_node import Account, LedgerClient
from tangleway import wallet_report as report
from tangleway import wallet_secrets
from tangleway.wallet_node import NodeAddress, ask, node_address, say
from tangleway.wallet_node import public_key as public_key_of
from wallet import (
    Entry,
    OpenWallet,
    Payment,
    Purse,
    Seed,
    Teller,
    WordsError,
    address_prefix,
    check_absent,
    create_keystore,
    decode_address,
    encode_address,
    keystore_network,
    new_words,
    open_keystore,
    statement,
)

__all__ = [
    "Choice",
    "Files",
    "address",
    "history",
    "new",
    "node_address",
    "refuse_arguments",
    "restore",
    "send",
    "show",
    "usual_keystore",
]

ALL = "all"
"""The amount that stands for whatever the account has."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where the wallet and its secrets are."""

    wallet: Path | None
    """The keystore; None for the usual place."""
    password: Path | None = None
    """The password; None for the variable or a prompt."""
    words: Path | None = None
    """The words; None for the terminal."""
    passphrase: Path | None = None
    """The passphrase; None for a prompt or none at all."""

    @property
    def keystore(self) -> Path:
        """The keystore's path."""
        return self.wallet if self.wallet is not None else usual_keystore()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which account of which wallet is meant."""

    files: Files
    """Where the wallet is."""
    network: str | None
    """The network; None for the wallet's own."""
    purse: int
    """Part of the wallet."""
    index: int
    """Account in the purse."""

    def open(self) -> tuple[str, Purse]:
        """Ask for the password; return the network that is meant, and the purse."""
        path = self.files.keystore
        own = keystore_network(path)  # whatever is wrong with the file is told before asking
        opened = open_keystore(path, wallet_secrets.password(self.files.password))
        return self.network or own, Purse(opened.seed, number=self.purse)


def usual_keystore() -> Path:
    """Return where a wallet is kept when nothing else is said."""
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "tangleway" / "wallet.json"


def refuse_arguments(arguments: Sequence[str]) -> None:
    """Refuse secrets that were given as arguments, without repeating them.

    Raises:
        WordsError: There are arguments.
    """
    if arguments:
        raise WordsError(
            "Words and passphrases are never given as arguments, where the list of processes and "
            "the shell's history show them: give none and you are asked, or name a file; if those "
            "were real, move the money to a new wallet."
        )


def new(files: Files, *, network: str, count: int, ask_passphrase: bool, as_json: bool) -> None:
    """Make a wallet from new words and hand these over."""
    _prepare(files, network)
    words = new_words(count)
    if files.words is None:
        wallet_secrets.check_terminal()
    else:
        check_absent(files.words)
    password = wallet_secrets.password(files.password, is_new=True)
    passphrase = wallet_secrets.passphrase(files.passphrase, is_asked=ask_passphrase, is_new=True)
    wallet_secrets.hand_over_words(words, files.words)
    made = OpenWallet(network, Seed.from_words(words, passphrase=passphrase))
    create_keystore(files.keystore, made, password)
    _tell_made("new", files, made, as_json=as_json)


def restore(files: Files, *, network: str, ask_passphrase: bool, as_json: bool) -> None:
    """Make a wallet's file anew from its words."""
    _prepare(files, network)
    words = wallet_secrets.known_words(files.words)
    passphrase = wallet_secrets.passphrase(files.passphrase, is_asked=ask_passphrase, is_new=False)
    password = wallet_secrets.password(files.password, is_new=True)
    made = OpenWallet(network, Seed.from_words(words, passphrase=passphrase))
    create_keystore(files.keystore, made, password)
    _tell_made("restore", files, made, as_json=as_json)


def show(
    choice: Choice,
    *,
    count: int,
    node: NodeAddress | None,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """Show accounts from the chosen one on, and write the chosen one's key to a file if wanted."""
    network, purse = choice.open()
    indexes = range(choice.index, choice.index + count)
    keys = [purse.account(index).public_key for index in indexes]
    states = (
        ask(node, network, lambda client, teller: _accounts(client, teller, keys)) if node else None
    )
    if key_file is not None:
        write_key(key_file, purse.account(choice.index))
    rows = [
        report.account_row(purse, index, network=network, state=states[place] if states else None)
        for place, index in enumerate(indexes)
    ]
    facts = {
        "wallet": str(choice.files.keystore),
        "network": network,
        "purse": choice.purse,
        "accounts": rows,
        "key_file": str(key_file) if key_file else None,
    }
    _print("show", facts, report.account_lines(facts), as_json=as_json)


def address(choice: Choice, *, public_key: str | None, as_json: bool) -> None:
    """Print an address: of the chosen account, or of somebody else's key."""
    if public_key is not None:
        network = choice.network or keystore_network(choice.files.keystore)
        key = public_key_of(public_key, option="--public-key")
    else:
        network, purse = choice.open()
        key = purse.account(choice.index).public_key
    text = encode_address(key, network=network)
    facts = {"network": network, "address": text, "public_key": key.hex()}
    _print("address", facts, [text], as_json=as_json)


def send(choice: Choice, payee: str, amount: str, *, node: NodeAddress, as_json: bool) -> None:
    """Pay and print what became durable."""
    base_units = None if amount == ALL else _positive(amount)
    network = choice.network or keystore_network(choice.files.keystore)
    target = decode_address(payee, network=network)  # a slip is told before the password is asked
    payer = choice.open()[1].account(choice.index)
    payment = ask(node, network, lambda _, teller: _pay(teller, payer, target, amount=base_units))
    facts = report.payment_facts(payment, payer.public_key, target, network=network)
    _print("send", facts, report.payment_lines(facts), as_json=as_json)


def history(choice: Choice, *, node: NodeAddress, latest: int, after: int, as_json: bool) -> None:
    """Print what came and went, and what is there."""
    network, purse = choice.open()
    key = purse.account(choice.index).public_key

    async def look(client: LedgerClient, teller: Teller) -> tuple[list[Entry], Account]:
        await teller.network_number()
        entries = await statement(client, key, after=after, latest=latest)
        return entries, await client.account(key)

    entries, state = ask(node, network, look)
    facts = {
        "address": encode_address(key, network=network),
        "balance": state.balance,
        "entries": [report.entry_facts(entry, network=network) for entry in entries],
    }
    _print("history", facts, report.entry_lines(entries, state, network=network), as_json=as_json)


async def _accounts(client: LedgerClient, teller: Teller, keys: Sequence[bytes]) -> list[Account]:
    """Return how accounts stand, once the node has shown that it keeps their network."""
    await teller.network_number()
    return [await client.account(key) for key in keys]


async def _pay(
    teller: Teller, payer: KeyPair, payee: bytes, *, amount: int | None
) -> Payment | None:
    """Pay an amount, or all there is."""
    try:
        if amount is None:
            return await teller.sweep(payer, payee)
        return await teller.pay(payer, payee, amount)
    except asyncio.CancelledError:
        say("interrupted: look at tangleway wallet history before you pay again")
        raise


def _prepare(files: Files, network: str) -> None:
    """Make sure that the keystore can be made; the usual folder is made if it is not there."""
    address_prefix(network)
    keystore = files.keystore
    if files.wallet is None:
        keystore.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_absent(keystore)


def _tell_made(verb: str, files: Files, made: OpenWallet, *, as_json: bool) -> None:
    purse = Purse(made.seed)
    row = report.account_row(purse, 0, network=made.network, state=None)
    facts = {"wallet": str(files.keystore), "network": made.network, **row}
    lines = [f"wallet   {files.keystore}", f"address  {row['address']}"]
    if verb == "new" and files.words is not None:
        facts["words_file"] = str(files.words)
        lines.append(f"words    {files.words}: keep them elsewhere, then delete this file")
    _print(verb, facts, lines, as_json=as_json)


def _positive(amount: str) -> int:
    """Return an amount in base units."""
    base_units = parse_amount(amount)
    if base_units == 0:
        raise AmountError("A payment moves more than 0 tokens: give an amount like 1.25.")
    return base_units


def _print(verb: str, facts: dict[str, Any], lines: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"schema": f"tangleway.wallet.{verb}/1", **facts}, indent=2))
    else:
        print("\n".join(lines))
