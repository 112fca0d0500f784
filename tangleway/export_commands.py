"""The verbs `ledger export` and `ledger import`: a ledger as files, and back."""

import json as json_text
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from tangleway.check_output import Directory, Json, PolicyFile, Progress, trusted


class Format(StrEnum):
    """Name the forms of an export."""

    RECORDS = "records"
    """One binary file of 256-byte records, with times and payloads beside it."""
    JSONL = "jsonl"
    """A JSON object for each record."""
    TILES = "tiles"
    """Static files for a web server (C2SP tlog-tiles)."""


Output = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="F", help="The file; the folder of tiles; - with jsonl: print."
    ),
]


def register(ledger: typer.Typer) -> None:
    """Add these verbs to the verb `ledger`."""
    ledger.command(
        "export", epilog="Example: tangleway ledger export data -o ledger.bin --format records"
    )(export)
    ledger.command(
        "import",
        epilog="Example: tangleway ledger import ledger.bin --data copy --genesis genesis",
    )(import_)


def export(
    directory: Directory,
    *,
    output: Output,
    form: Annotated[Format, typer.Option("--format", help="What to write.")],
    first: Annotated[
        int, typer.Option("--from", metavar="N", min=0, help="The first position.")
    ] = 0,
    stop: Annotated[
        int | None,
        typer.Option("--to", metavar="N", min=0, help="The position behind the last one."),
    ] = None,
    json: Json = False,
) -> None:
    """Write a stored ledger as files; a node may be at work on it meanwhile.

    Files appear whole or not at all. Tiles that were published before are carried on.
    """
    from ledger_core import InputError
    from ledger_node import exporting
    from ledger_node.stored_receipts import find_ledger

    is_printed = str(output) == "-"
    if is_printed and (form is not Format.JSONL or json):
        raise InputError(
            "Only lines can be printed (--format jsonl, without --json); name a file with -o."
        )
    if form is Format.TILES and (first or stop is not None):
        raise InputError("Tiles are of the whole log; leave out --from and --to.")
    data, progress = find_ledger(directory), Progress("written")
    if form is Format.TILES:
        found = exporting.export_tiles(data, output, progress=progress)
    else:
        wanted = exporting.Range(first=first, stop=stop)
        if form is Format.RECORDS:
            found = exporting.export_records(data, output, wanted, progress=progress)
        else:
            target = sys.stdout.buffer if is_printed else output
            found = exporting.export_lines(data, target, wanted, progress=progress)
    if not is_printed:
        facts: dict[str, Any] = {"format": str(form), "output": str(output), "first": found.first}
        facts["records"] = found.count
        _say(facts | ({} if found.files is None else {"files": found.files}), as_json=json)


def import_(
    source: Annotated[
        Path, typer.Argument(metavar="F", help="A file of records or lines; a folder of tiles.")
    ],
    *,
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", help="The data directory to make.")
    ],
    genesis: Annotated[
        Path, typer.Option("--genesis", metavar="FILE", help="The network's genesis record.")
    ],
    policy: PolicyFile = None,
    json: Json = False,
) -> None:
    """Make a data directory from an export; every record is judged anew.

    The directory is new or empty. It appears when all of it was found right, or not at all.
    """
    import asyncio

    from ledger_node import read_genesis
    from ledger_node.importing import import_ledger, open_source

    first, trust, progress = read_genesis(genesis), trusted(policy), Progress("judged")
    opened = open_source(source)
    found = asyncio.run(
        import_ledger(
            opened,
            data,
            genesis=first,
            policy=trust,
            engine="auto",
            progress=lambda done: progress(done, opened.count),
        )
    )
    facts: dict[str, Any] = {
        "format": opened.form,
        "data": str(data),
        "records": found.size,
        "payloads": found.payloads,
        "checked": [finding.text for finding in found.findings if finding.is_checked],
        "unchecked": [finding.text for finding in found.findings if not finding.is_checked],
    }
    _say(facts, as_json=json)


def _say(facts: dict[str, Any], *, as_json: bool) -> None:
    """Print facts, as JSON or for people."""
    if as_json:
        print(json_text.dumps(facts))
        return
    for name, value in facts.items():
        for text in value if isinstance(value, list) else [value]:
            print(f"{name:<12} {text}")
