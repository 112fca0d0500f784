"""The verbs of `wallet`: words, accounts, addresses and payments of a person or a fleet.

Only what the help shows stands here; `tangleway.wallet_verbs` does it. No option takes a secret.
"""

from pathlib import Path
from typing import Annotated

import typer

WalletFile = Annotated[
    Path | None,
    typer.Option(
        "--wallet",
        metavar="FILE",
        envvar="TANGLEWAY_WALLET",
        help="The wallet's file; without it, $XDG_DATA_HOME/tangleway/wallet.json.",
    ),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help="Read the password from this file's first line (/dev/fd/3 is descriptor 3); without"
        " it, from TANGLEWAY_WALLET_PASSWORD, else you are asked.",
    ),
]
WordsFile = Annotated[
    Path | None,
    typer.Option("--words-file", metavar="FILE", help="Keep the words in a file (mode 0600)."),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help="Read the passphrase from this file."),
]
AskPassphrase = Annotated[
    bool,
    typer.Option("--ask-passphrase", help="Ask for a passphrase that belongs to the words."),
]
Network = Annotated[
    str | None,
    typer.Option("--network", metavar="NAME", help="Another network than the wallet's own."),
]
NewNetwork = Annotated[
    str,
    typer.Option("--network", metavar="NAME", help="The network whose addresses it writes."),
]
Purse = Annotated[
    int,
    typer.Option("--purse", metavar="N", min=0, help="Part of the wallet, one for each vehicle."),
]
Index = Annotated[
    int,
    typer.Option("--index", metavar="N", min=0, help="Account in the purse; 0 is the main one."),
]
NodeEndpoint = Annotated[
    str,
    typer.Option(
        "--node", metavar="URL", envvar="TANGLEWAY_WALLET_NODE", help="The node, tcp://host:port."
    ),
]
NodeKey = Annotated[
    str,
    typer.Option(
        "--node-key",
        metavar="HEX",
        envvar="TANGLEWAY_WALLET_NODE_KEY",
        help="The node's public key, which nobody else can pass for.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

STRAY = {"allow_extra_args": True}
"""Lets these verbs refuse words and passphrases that were given as arguments, instead of having
them repeated as unexpected."""

wallet = typer.Typer(
    name="wallet",
    help="Keep words and keys, pay, and look back.",
    rich_markup_mode=None,
    epilog="Example: tangleway wallet new",
)


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    app.add_typer(wallet)


@wallet.command(epilog="Example: tangleway wallet new --network commute", context_settings=STRAY)
def new(
    context: typer.Context,
    *,
    words: Annotated[int, typer.Option("--words", metavar="N", help="12 or 24 words.")] = 24,
    network: NewNetwork = "tangleway",
    wallet: WalletFile = None,
    password_file: PasswordFile = None,
    words_file: WordsFile = None,
    passphrase: AskPassphrase = False,
    passphrase_file: PassphraseFile = None,
    json: Json = False,
) -> None:
    """Make a wallet: its words are shown once.

    They are all that it takes to have the wallet back. The file is locked under a password.
    """
    from tangleway import wallet_verbs as verbs

    verbs.refuse_arguments(context.args)
    files = verbs.Files(wallet, password_file, words_file, passphrase_file)
    verbs.new(files, network=network, count=words, ask_passphrase=passphrase, as_json=json)


@wallet.command(
    epilog="Example: tangleway wallet restore --network commute", context_settings=STRAY
)
def restore(
    context: typer.Context,
    *,
    network: NewNetwork = "tangleway",
    wallet: WalletFile = None,
    password_file: PasswordFile = None,
    words_file: WordsFile = None,
    passphrase: AskPassphrase = False,
    passphrase_file: PassphraseFile = None,
    json: Json = False,
) -> None:
    """Make a wallet's file anew from its words.

    You are asked for them, unless you name a file. A passphrase that belonged to them belongs to
    them still.
    """
    from tangleway import wallet_verbs as verbs

    verbs.refuse_arguments(context.args)
    files = verbs.Files(wallet, password_file, words_file, passphrase_file)
    verbs.restore(files, network=network, ask_passphrase=passphrase, as_json=json)


@wallet.command(epilog="Example: tangleway wallet show --index 3 --key-file vehicle.key")
def show(
    *,
    purse: Purse = 0,
    index: Index = 0,
    count: Annotated[
        int, typer.Option("--count", metavar="N", min=1, max=1000, help="Show so many accounts.")
    ] = 1,
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file", metavar="FILE", help="Write the account's key for an agent (mode 0600)."
        ),
    ] = None,
    node: NodeEndpoint = "",
    node_key: NodeKey = "",
    network: Network = None,
    wallet: WalletFile = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Show accounts; write a key file for an agent.

    Balances are shown if you name a node.
    """
    from tangleway import wallet_verbs as verbs

    choice = verbs.Choice(verbs.Files(wallet, password_file), network, purse, index)
    where = verbs.node_address(node, node_key) if node or node_key else None
    verbs.show(choice, count=count, node=where, key_file=key_file, as_json=json)


@wallet.command(epilog="Example: tangleway wallet address --index 3")
def address(
    *,
    purse: Purse = 0,
    index: Index = 0,
    public_key: Annotated[
        str | None,
        typer.Option(
            "--public-key", metavar="HEX", help="Write this account's address, not one of mine."
        ),
    ] = None,
    network: Network = None,
    wallet: WalletFile = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Print the address of an account."""
    from tangleway import wallet_verbs as verbs

    choice = verbs.Choice(verbs.Files(wallet, password_file), network, purse, index)
    verbs.address(choice, public_key=public_key, as_json=json)


@wallet.command(
    epilog="Example: tangleway wallet send commute1… 1.25 --node tcp://127.0.0.1:5600 --node-key …"
)
def send(
    payee: Annotated[str, typer.Argument(metavar="ADDRESS", help="Who is paid.")],
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="Tokens, like 1.25, or all.")],
    *,
    node: NodeEndpoint,
    node_key: NodeKey,
    purse: Purse = 0,
    index: Index = 0,
    network: Network = None,
    wallet: WalletFile = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Pay, and wait until the payment is durable."""
    from tangleway import wallet_verbs as verbs

    choice = verbs.Choice(verbs.Files(wallet, password_file), network, purse, index)
    where = verbs.node_address(node, node_key)
    verbs.send(choice, payee, amount, node=where, as_json=json)


@wallet.command(epilog="Example: tangleway wallet history --node tcp://127.0.0.1:5600 --node-key …")
def history(
    *,
    node: NodeEndpoint,
    node_key: NodeKey,
    latest: Annotated[
        int, typer.Option("--latest", metavar="N", min=1, max=100_000, help="At most so many.")
    ] = 100,
    after: Annotated[
        int, typer.Option("--after", metavar="POSITION", min=-1, help="Only those behind it.")
    ] = -1,
    purse: Purse = 0,
    index: Index = 0,
    network: Network = None,
    wallet: WalletFile = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """List what came and went.

    The oldest stands first, and below the last what there is now.
    """
    from tangleway import wallet_verbs as verbs

    choice = verbs.Choice(verbs.Files(wallet, password_file), network, purse, index)
    where = verbs.node_address(node, node_key)
    verbs.history(choice, node=where, latest=latest, after=after, as_json=json)
