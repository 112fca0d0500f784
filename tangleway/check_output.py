"""What the verbs of auditors share: their arguments, and how they tell what they found."""

import json as json_text
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ledger_core import Policy

PROGRESS_EVERY_S = 1.0
"""How often something long says how far it has come. [s]"""

INVALID = 6
"""Exit code of a check that was made and found false."""

Directory = Annotated[
    Path, typer.Argument(metavar="DIR", help="Data directory of a node, a validator or a run.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help="Whom to trust (TOML).")
]


class Progress:
    """Says on standard error how many records are done, once a second.

    Args:
        what: What was done to them, such as `judged`.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._next_s = time.monotonic() + PROGRESS_EVERY_S

    def __call__(self, done: int, total: int | None) -> None:
        """Say it, if it is time.

        Args:
            done: How many records are done.
            total: How many there are, None where nobody knows.
        """
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + PROGRESS_EVERY_S
            of = "" if total is None else f" of {total}"
            print(f"{done}{of} records {self._what}", file=sys.stderr, flush=True)


def tell(found: dict[str, Any], *, as_json: bool) -> int:
    """Print what a check found, and return the exit code.

    Args:
        found: `ok`, `reason`, `position`, and for verify what was `checked` and what was not.
        as_json: Whether as one JSON object.
    """
    if as_json:
        print(json_text.dumps(found))
    else:
        print(f"{'valid' if found['ok'] else 'invalid'}: {found['reason']}")
        for name, label in (("checked", "checked"), ("unchecked", "not checked")):
            for text in found.get(name, ()):
                print(f"  {label}: {text}")
    return 0 if found["ok"] else INVALID


def trusted(path: Path | None) -> "Policy | None":
    """Read a policy file, where one was named."""
    from ledger_node.policy_files import read_policy

    return None if path is None else read_policy(path)
