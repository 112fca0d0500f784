"""The command `tangleway`: every verb, and how it ends.

Only what builds the help is imported here. Each verb imports what it needs when it is called, so
that `--help` stays quick and an agent never loads what belongs to another.

Exit codes: 0 done · 1 a fault in Tangleway itself · 2 something given is wrong · 3 something needed
is away · 4 refused · 5 stored data is damaged · 6 a check failed · 130 interrupted · 143 told to
end. Data goes to standard output, everything else to standard error.
"""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from tangleway import (
    agent_commands,
    bench_commands,
    dashboard_command,
    device_commands,
    ledger_commands,
    receipt_commands,
    session_commands,
    wallet_commands,
    watch_commands,
)

EXIT_CODE_INTERRUPTED = 130
"""128 and the number of SIGINT, as shells do it."""

EXIT_CODES = """\
Exit codes: 0 done, 1 a fault in Tangleway itself, 2 something given is wrong, 3 something needed is
away, 4 refused, 5 stored data is damaged, 6 a check failed, 130 interrupted, 143 told to end.
"""

app = typer.Typer(
    name="tangleway",
    help="Cars, chargers, car parks and toll gates that bargain, deliver and pay each other.",
    epilog=EXIT_CODES,
    rich_markup_mode=None,  # plain help: quick, and the same in a pipe
    pretty_exceptions_enable=False,  # they show local variables, and some of those are keys
    context_settings={"help_option_names": ["-h", "--help"]},
)

Headless = Annotated[bool, typer.Option("--headless", help="Write plain lines even on a terminal.")]
JsonFile = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Write the result to this file as well."),
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Write a page with plots to this HTML file, and the result beside it as JSON.",
    ),
]
DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Keep each process's data and log here; without it a fresh folder is made under"
        " $XDG_STATE_HOME/tangleway/runs.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", min=0, help="Decide all chance; the story has its own."),
]
Broker = Annotated[
    str | None,
    typer.Option(
        "--broker",
        metavar="URL",
        help="Use this MQTT broker (mqtt://host:port) instead of the built-in one.",
    ),
]


def _show_version(wanted: bool) -> None:
    """Print the version and end, when that was asked for."""
    if wanted:
        print(f"tangleway {version('tangleway')}")
        raise typer.Exit


@app.callback()
def _all_verbs(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Carry the options that belong to no verb."""


@app.command(epilog="Example: tangleway demo")
def demo(
    *,
    headless: Headless = False,
    json: JsonFile = None,
    report: ReportFile = None,
    data: DataFolder = None,
    seed: Seed = None,
    broker: Broker = None,
) -> int:
    """Run the story `commute`: three cars charge, park and pay.

    Takes about a minute, needs nothing but this machine, and is the same as `run commute`.
    """
    return run(
        "commute",
        headless=headless,
        json=json,
        report=report,
        data=data,
        seed=seed,
        broker=broker,
    )


@app.command(epilog="Example: tangleway run rush_hour --headless --report rush.html --seed 7")
def run(
    story: Annotated[
        str, typer.Argument(metavar="STORY", help="A story's name, or the path of its TOML file.")
    ],
    *,
    headless: Headless = False,
    json: JsonFile = None,
    report: ReportFile = None,
    data: DataFolder = None,
    seed: Seed = None,
    broker: Broker = None,
) -> int:
    """Run a story with real processes and check the books.

    Ends with 0 only when every invariant holds, otherwise with 6. Ctrl+C stops all processes.
    """
    from tangleway import running

    return running.run(
        running.RunRequest(
            story=story,
            headless=headless,
            json=json,
            data=data,
            seed=seed,
            broker=broker,
            report=report,
        )
    )


@app.command(epilog="Example: tangleway simulate mixed_faults --seeds 1..100 --jobs 2")
def simulate(
    story: Annotated[
        str, typer.Argument(metavar="STORY", help="A story's name, or the path of its TOML file.")
    ],
    *,
    seed: Seed = None,
    seeds: Annotated[
        str | None,
        typer.Option("--seeds", metavar="A..B", help="Simulate all of these, up to a failure."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", metavar="N", min=1, max=256, help="At a time; one for each core."),
    ] = None,
    json: JsonFile = None,
    trace: Annotated[
        str | None,
        typer.Option(
            "--trace",
            metavar="ID",
            help="Tell the dialogues whose ids begin so, message by message.",
        ),
    ] = None,
    report: ReportFile = None,
    times: Annotated[
        int,
        typer.Option(
            "--times", metavar="N", min=1, max=20, help="So many times the cars, outlets and bays."
        ),
    ] = 1,
) -> int:
    """Simulate a story on virtual time, trouble included.

    The same agents as in `run`, on a network that loses, delays and repeats, with crashes wherever
    the story's [trouble] says so. One seed gives the same run, bit for bit. Ends with 6 when an
    invariant does not hold, and says which command repeats that.
    """
    from tangleway import simulate_command

    return simulate_command.simulate(
        simulate_command.SimulateRequest(
            story=story,
            seed=seed,
            seeds=seeds,
            jobs=jobs,
            json=json,
            trace=trace,
            report=report,
            times=times,
        )
    )


@app.command(epilog="Example: tangleway stories commute")
def stories(
    story: Annotated[
        str | None,
        typer.Argument(metavar="[STORY]", help="Show this story's file instead of the list."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the stories at hand, or show one of them.

    A story is a TOML file: save what this shows, change it, and run your own.
    """
    from tangleway.story_commands import list_stories, show_story

    if story is None:
        list_stories(as_json=json)
    else:
        show_story(story)


agent_commands.register(app)
bench_commands.register(app)
device_commands.register(app)
ledger_commands.register(app)
receipt_commands.register(app)
session_commands.register(app)
wallet_commands.register(app)
dashboard_command.register(app)
watch_commands.register(app)


def main() -> NoReturn:
    """Run the command that the process was started with, and end the process."""
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors become one sentence on standard error.

    Args:
        arguments: What follows `tangleway` on the command line.
    """
    try:
        code = app(args=list(arguments) or ["--help"], prog_name="tangleway", standalone_mode=False)
    except TyperException as error:
        return _complain(f"{error.format_message().rstrip('.')}; see tangleway --help", code=2)
    except (KeyboardInterrupt, typer.Abort):
        return EXIT_CODE_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has enough
        return 0
    except Exception as error:
        known = _known_exit_code(error)
        if known is None:
            raise
        return _complain(str(error), code=known)
    return code if isinstance(code, int) else 0


def _known_exit_code(error: Exception) -> int | None:
    """Return the exit code of one of the project's own errors; none for a fault in the project."""
    from ledger_core import TanglewayError

    return error.exit_code if isinstance(error, TanglewayError) else None


def _complain(sentence: str, *, code: int) -> int:
    """Write one sentence to standard error and return the exit code."""
    print(f"tangleway: {sentence}", file=sys.stderr)
    return code
