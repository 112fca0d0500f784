"""Where the verbs of those who watch find what they watch: their options, and what these name."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dashboard.headless import Targets

RunFolder = Annotated[
    Path | None,
    typer.Option("--run", metavar="DIR", help="Watch this run's folder; the newest otherwise."),
]
Ledger = Annotated[
    str | None,
    typer.Option("--ledger", metavar="URL", help="Watch this node, tcp://host:port (no run)."),
]
NodeKey = Annotated[
    str | None,
    typer.Option("--node-key", metavar="HEX", help="That node's public key, 64 digits."),
]
Mqtt = Annotated[
    str | None,
    typer.Option("--mqtt", metavar="URL", help="Watch this broker, mqtt://host:port (no run)."),
]
Network = Annotated[
    str | None, typer.Option("--network", metavar="NAME", help="The ledger's network.")
]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="Whose signatures count as final (TOML)."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What to watch, as it was said on the command line."""

    run: Path | None
    """A run's folder."""
    ledger: str | None
    """A node's endpoint."""
    node_key: str | None
    """Its public key."""
    mqtt: str | None
    """A broker's URL."""
    network: str | None
    """The ledger's network."""
    policy: Path | None
    """Whose signatures count."""

    def targets(self) -> "Targets":
        """Return what is listened to.

        Raises:
            InputError: It can not be found, or was not said in full.
        """
        from dashboard import newest_run
        from dashboard.headless import targets_of
        from scenarios import state_folder

        if self.ledger is None and self.mqtt is None:
            return targets_of(self.run or newest_run(state_folder(os.environ) / "runs"))
        return self._named()

    def _named(self) -> "Targets":
        """Return the node and broker that were named."""
        from dashboard.headless import BrokerTarget, LedgerTarget, Targets
        from ledger_core import InputError

        ledger = broker = None
        if self.ledger is not None:
            if self.node_key is None:
                raise InputError(
                    "--ledger needs --node-key, by which the node proves who it is: "
                    "`tangleway ledger info` and its operator know it."
                )
            ledger = LedgerTarget(
                endpoint=self.ledger,
                node_key=_key(self.node_key),
                network=self.network or "",
                policy_file=self.policy,
            )
        if self.mqtt is not None:
            if self.network is None:
                raise InputError("--mqtt needs --network, which stands in the broker's topics.")
            broker = BrokerTarget(url=self.mqtt, network=self.network)
        return Targets(ledger=ledger, broker=broker)


def _key(text: str) -> bytes:
    """Return a node's public key.

    Raises:
        KeyFormatError: It is none.
    """
    from ledger_core import KeyFormatError

    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise KeyFormatError("--node-key is 64 hexadecimal digits, the node's public key.")
    return key
