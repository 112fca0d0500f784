"""The verbs of those who watch: `watch` and `status`.

Both only listen. They find a run by its folder, the newest one unless another is named, or are told
where node and broker are.
"""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dashboard.feeds import Targets
    from dashboard.model import Model
    from dashboard.observed import Observation

STATUS_TIMEOUT_S = 5.0
"""How long a source may take to speak before `status` says that it is away. [s]"""

AWAY = 3
"""Exit code of something needed that is away."""

UNSOUND = 6
"""Exit code of a check that was made and found false."""

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


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    app.command(epilog="Example: tangleway watch --jsonl --type 'ledger.*' --count 10")(watch)
    app.command(epilog="Example: tangleway status --json")(status)


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
        from dashboard.feeds import targets_of
        from scenarios import state_folder

        if self.ledger is None and self.mqtt is None:
            return targets_of(self.run or newest_run(state_folder(os.environ) / "runs"))
        return self._named()

    def _named(self) -> "Targets":
        """Return the node and broker that were named."""
        from dashboard.feeds import BrokerTarget, LedgerTarget, Targets
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


def watch(
    *,
    run: RunFolder = None,
    ledger: Ledger = None,
    node_key: NodeKey = None,
    mqtt: Mqtt = None,
    network: Network = None,
    policy: PolicyFile = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="One JSON object a line, for programs.")
    ] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="One line of words for each event (the default).")
    ] = False,
    initial_state: Annotated[
        bool,
        typer.Option("--initial-state", help="Say first how everything stands (with --jsonl)."),
    ] = False,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="KIND", help="Only these kinds, such as 'ledger.*'."),
    ] = None,
    agents: Annotated[
        list[str] | None,
        typer.Option("--agent", metavar="NAME", help="Only what is about these agents."),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", metavar="N", min=1, help="End after so many.")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="S", min=0.1, help="End after so long.")
    ] = None,
) -> int:
    """Print what happens, as it happens: ledger, agents and run in one stream.

    Ends with the run, after --count events, or after --timeout seconds: with 3 if there were fewer
    than --count until then.
    """
    from agent_runtime import SystemClock
    from dashboard.listening import Wanted, collect, listen
    from dashboard.status import status_of
    from ledger_core import InputError

    if jsonl and plain:
        raise InputError("--jsonl and --plain exclude each other: name one of them.")
    where = Where(
        run=run, ledger=ledger, node_key=node_key, mqtt=mqtt, network=network, policy=policy
    )
    targets, clock = where.targets(), SystemClock()
    if initial_state:
        known = asyncio.run(collect(targets, timeout_s=STATUS_TIMEOUT_S, clock=clock))
        _print_status(status_of(known), as_line=jsonl)
    wanted = Wanted(
        types=tuple(types or ()), agents=tuple(agents or ()), count=count, timeout_s=timeout
    )
    heard = _print_json if jsonl else _print_words
    _, found = asyncio.run(listen(targets, wanted, heard=heard, clock=clock))
    return AWAY if count is not None and found < count else 0


def status(
    *,
    run: RunFolder = None,
    ledger: Ledger = None,
    node_key: NodeKey = None,
    mqtt: Mqtt = None,
    network: Network = None,
    policy: PolicyFile = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="S", min=0.1, help="Wait so long for a source.")
    ] = STATUS_TIMEOUT_S,
) -> int:
    """Say how everything stands: sources, ledger, agents, sessions, alerts.

    Ends with 0 when all sources speak and the books are right, with 3 when a source is away, with 6
    when supply is not conserved, a validator was found to lie, or the run has ended badly.
    """
    from agent_runtime import SystemClock
    from dashboard.listening import collect
    from dashboard.status import is_live, is_sound, status_of

    where = Where(
        run=run, ledger=ledger, node_key=node_key, mqtt=mqtt, network=network, policy=policy
    )
    model = asyncio.run(collect(where.targets(), timeout_s=timeout, clock=SystemClock()))
    found = status_of(model)
    _print_status(found, as_line=False) if json else _print_summary(model)
    if not is_sound(found):
        return UNSOUND
    return 0 if is_live(found) else AWAY


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


def _print_json(observation: "Observation", _: "Model") -> None:
    """Print an observation as one line of JSON, at once."""
    from dashboard import write_line

    sys.stdout.buffer.write(write_line(observation))
    sys.stdout.buffer.flush()


def _print_words(observation: "Observation", model: "Model") -> None:
    """Print an observation as one line of words, at once."""
    from dashboard.plain_lines import line_of

    print(line_of(observation, model), flush=True)


def _print_status(found: object, *, as_line: bool) -> None:
    """Print how everything stands as JSON."""
    import msgspec

    text = msgspec.json.encode(found)
    sys.stdout.buffer.write((text if as_line else msgspec.json.format(text)) + b"\n")
    sys.stdout.buffer.flush()


def _print_summary(model: "Model") -> None:
    """Print how everything stands in some lines of words."""
    from dashboard.summary import summary

    print("\n".join(summary(model)))
