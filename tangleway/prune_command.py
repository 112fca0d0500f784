"""The verb `ledger prune`: let a stored ledger have less."""

import asyncio
import json as json_text
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tangleway.check_output import Directory, Json, PolicyFile, trusted

if TYPE_CHECKING:
    from ledger_core import Policy

BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
"""Units of sizes. [bytes]"""

SECONDS = {"s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
"""Units of ages. [s]"""

_NUMBER = re.compile(r"(\d+(?:\.\d+)?) ?([a-z]*)")


def register(ledger: typer.Typer) -> None:
    """Add the verb to those about stored ledgers."""
    ledger.command(epilog="Example: tangleway ledger prune data --budget 200MB --age 7d")(prune)


def prune(
    directory: Directory,
    *,
    budget: Annotated[
        str | None, typer.Option("--budget", metavar="SIZE", help="What all may take, like 200MB.")
    ] = None,
    age: Annotated[
        str | None, typer.Option("--age", metavar="TIME", help="How old a record may be, like 7d.")
    ] = None,
    policy: PolicyFile = None,
    json: Json = False,
) -> None:
    """Drop payloads and records below the latest snapshot that a quorum stands by.

    For a node or validator that does not run; what runs prunes by its settings. Without a budget
    and an age all goes that may. Balances, open holds and the tree stay, and all that is newer.
    """
    from ledger_node import PruneSettings
    from ledger_node.process import now_us
    from ledger_node.stored_pruning import prune_stored
    from ledger_node.stored_receipts import find_ledger

    data = find_ledger(directory)
    wanted = PruneSettings(
        budget_bytes=None if budget is None else int(_amount(budget, BYTES, "a size like 200MB")),
        age_s=None if age is None else _amount(age, SECONDS, "a time like 7d or 12h"),
    )
    whom = trusted(policy) or _known(data)
    done = asyncio.run(prune_stored(data, wanted, policy=whom, clock=now_us))
    if json:
        names = ("first", "payloads_from", "limit", "bytes_before", "bytes_after")
        print(json_text.dumps({name: getattr(done, name) for name in names}))
        return
    print(f"records are kept from position {done.first} on, payloads from {done.payloads_from}")
    print(f"{done.bytes_before} bytes before, {done.bytes_after} now")
    if not done.limit:
        print("nothing may go: no quorum stands by a snapshot yet")
    elif budget is not None and wanted.budget_bytes and done.bytes_after > wanted.budget_bytes:
        print(f"no more may go: position {done.limit} is that of the latest snapshot of a quorum")


def _known(data: Path) -> "Policy":
    from ledger_core import InputError
    from ledger_node.known_policies import known_policy

    known = known_policy(data)
    if known is None:
        raise InputError(
            f"No policy lies beside {data}; name one with --policy, it says whose quorum counts."
        )
    return known[0]


def _amount(text: str, units: Mapping[str, float], example: str) -> float:
    """Read a number with a unit."""
    from ledger_core import InputError

    found = _NUMBER.fullmatch(text.strip().lower())
    if found is None or found[2] not in units:
        raise InputError(f"{text!r} is no {example.removeprefix('a ')}; write {example}.")
    return float(found[1]) * units[found[2]]
