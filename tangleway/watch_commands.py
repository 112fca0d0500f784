"""The verbs of those who watch: `watch` and `status`.

Both only listen. They find a run by its folder, the newest one unless another is named, or are told
where node and broker are.
"""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tangleway.watch_targets import Ledger, Mqtt, Network, NodeKey, PolicyFile, RunFolder, Where

if TYPE_CHECKING:
    from dashboard.headless import Model, Observation

STATUS_TIMEOUT_S = 5.0
"""How long a source may take to speak before `status` says that it is away. [s]"""

AWAY = 3
"""Exit code of something needed that is away."""

UNSOUND = 6
"""Exit code of a check that was made and found false."""


Jsonl = Annotated[bool, typer.Option("--jsonl", help="One JSON object a line, for programs.")]
Plain = Annotated[
    bool, typer.Option("--plain", help="One line of words for each event (the default).")
]
InitialState = Annotated[
    bool, typer.Option("--initial-state", help="Print first how everything stands, as JSON.")
]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="KIND", help="Only these kinds, such as 'ledger.*'."),
]
Agents = Annotated[
    list[str] | None,
    typer.Option("--agent", metavar="NAME", help="Only what is about these agents."),
]
Count = Annotated[
    int | None, typer.Option("--count", metavar="N", min=1, help="End after so many.")
]
Timeout = Annotated[
    float | None, typer.Option("--timeout", metavar="S", min=0.1, help="End after so long.")
]


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    app.command(epilog="Example: tangleway watch --jsonl --type 'ledger.*' --count 10")(watch)
    app.command(epilog="Example: tangleway status --json")(status)


def watch(
    *,
    run: RunFolder = None,
    ledger: Ledger = None,
    node_key: NodeKey = None,
    mqtt: Mqtt = None,
    network: Network = None,
    policy: PolicyFile = None,
    jsonl: Jsonl = False,
    plain: Plain = False,
    initial_state: InitialState = False,
    types: Types = None,
    agents: Agents = None,
    count: Count = None,
    timeout: Timeout = None,
) -> int:
    """Print what happens, as it happens.

    Ends with the run, after --count events, or after --timeout seconds: with 3 if there were fewer
    than --count until then.
    """
    from agent_runtime import SystemClock
    from dashboard.headless import Wanted, collect, listen, status_of
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
    """Say how a run, a node or a broker stands.

    Ends with 0 when all sources speak and the books are right, with 3 when a source is away, with 6
    when supply is not conserved, a validator was found to lie, or the run has ended badly.
    """
    from agent_runtime import SystemClock
    from dashboard.headless import collect, is_live, is_sound, status_of

    where = Where(
        run=run, ledger=ledger, node_key=node_key, mqtt=mqtt, network=network, policy=policy
    )
    model = asyncio.run(collect(where.targets(), timeout_s=timeout, clock=SystemClock()))
    found = status_of(model)
    _print_status(found, as_line=False) if json else _print_summary(model)
    if not is_sound(found):
        return UNSOUND
    return 0 if is_live(found) else AWAY


def _print_json(observation: "Observation", _: "Model") -> None:
    """Print an observation as one line of JSON, at once."""
    from dashboard.headless import write_line

    sys.stdout.buffer.write(write_line(observation))
    sys.stdout.buffer.flush()


def _print_words(observation: "Observation", model: "Model") -> None:
    """Print an observation as one line of words, at once."""
    from dashboard.headless import line_of

    print(line_of(observation, model), flush=True)


def _print_status(found: object, *, as_line: bool) -> None:
    """Print how everything stands as JSON."""
    import msgspec

    text = msgspec.json.encode(found)
    sys.stdout.buffer.write((text if as_line else msgspec.json.format(text)) + b"\n")
    sys.stdout.buffer.flush()


def _print_summary(model: "Model") -> None:
    """Print how everything stands in some lines of words."""
    from dashboard.headless import summary

    print("\n".join(summary(model)))
