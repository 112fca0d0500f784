"""The verbs `ledger`, `receipt` and `validator`: what auditors and operators do."""

import json as json_text
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ledger_core import Policy

PROGRESS_EVERY_S = 1.0
"""How often a long check says how far it has come. [s]"""

INVALID = 6
"""Exit code of a check that was made and found false."""

Directory = Annotated[
    Path, typer.Argument(metavar="DIR", help="Data directory of a node, a validator or a run.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help="Whom to trust (TOML).")
]

ledger = typer.Typer(
    name="ledger",
    help="Look at a stored ledger, and check all of it.",
    rich_markup_mode=None,
    epilog="Example: tangleway ledger verify data",
)

receipt = typer.Typer(
    name="receipt",
    help="Prove a payment to anybody, and check such a proof offline.",
    rich_markup_mode=None,
    epilog="Example: tangleway receipt verify payment.receipt --policy policy.toml",
)


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    app.add_typer(ledger)
    app.add_typer(receipt)
    app.command(epilog="Example: tangleway validator --config validator.toml")(validator)


def validator(
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="The settings file (TOML).")
    ],
) -> int:
    """Run a validator: it checks a node's ledger and cosigns it."""
    code: int = import_module("ledger_node.validator").main(["--config", str(config)])
    return code


@ledger.command(epilog="Example: tangleway ledger verify data --policy policy.toml --json")
def verify(directory: Directory, *, policy: PolicyFile = None, json: Json = False) -> int:
    """Judge every record anew, and compare the tree with what was signed.

    Ends with 0 when all is right, with 6 when not, and names the first bad position.
    """
    from ledger_node.audit import audit
    from ledger_node.stored_receipts import find_ledger

    data = find_ledger(directory)
    result = audit(data, policy=_policy(policy), progress=_Progress())
    return _tell(ok=result.ok, reason=result.reason, position=result.position, as_json=json)


@ledger.command(epilog="Example: tangleway ledger info data --json")
def info(directory: Directory, *, json: Json = False) -> None:
    """Say what a stored ledger holds, without checking it."""
    from ledger_node.stored_facts import stored_facts
    from ledger_node.stored_receipts import find_ledger

    facts = stored_facts(find_ledger(directory))
    if json:
        print(json_text.dumps(facts))
        return
    for name, value in facts.items():
        print(f"{name:<12} {value}")


@receipt.command(epilog="Example: tangleway receipt get ID --data data -o payment.receipt")
def get(
    transaction: Annotated[str, typer.Argument(metavar="ID", help="The transaction's id, in hex.")],
    *,
    data: Annotated[
        Path,
        typer.Option(
            "--data", metavar="DIR", help="Data directory of a node, a validator or a run."
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Where to write the receipt.")
    ],
) -> None:
    """Write the receipt of a final transaction from a stored ledger."""
    from ledger_core import InputError
    from ledger_node.stored_receipts import find_ledger, stored_receipt

    content = stored_receipt(find_ledger(data), _id(transaction)).encode()
    part = output.with_name(f"{output.name}.part")
    try:
        part.write_bytes(content)
        part.replace(output)
    except OSError as error:
        raise InputError(f"{output} can not be written: {error.strerror}.") from error


@receipt.command("verify", epilog="Example: tangleway receipt verify F --policy P --json")
def verify_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A receipt, or the one of a whole session.")
    ],
    *,
    policy: Annotated[Path, typer.Option("--policy", metavar="FILE", help="Whom to trust (TOML).")],
    json: Json = False,
) -> int:
    """Check a receipt offline: no node, no network.

    Ends with 0 when it is valid, with 6 when not.
    """
    from ledger_core import CheckFailedError, InputError, verify_receipt
    from negotiation import is_session_receipt, verify_session_receipt

    trusted = _policy(policy)
    assert trusted is not None, "a policy file was given"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} can not be read: {error.strerror}; name a receipt.") from error
    try:
        if is_session_receipt(content):
            session = verify_session_receipt(content, trusted)
            found = session.ledger
            proves = f"the payment of a session of {session.terms.service}"
        else:
            found, proves = verify_receipt(content, trusted), "the record"
    except CheckFailedError as error:
        return _tell(ok=False, reason=str(error), position=None, as_json=json)
    signed = ", ".join(found.cosigned.signed_at_s) or "the log alone"
    reason = f"{proves} stands at position {found.position}, signed by {signed}"
    return _tell(ok=True, reason=reason, position=found.position, as_json=json)


class _Progress:
    """Says on standard error how many records are judged, once a second."""

    def __init__(self) -> None:
        self._next_s = time.monotonic() + PROGRESS_EVERY_S

    def __call__(self, done: int, total: int) -> None:
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + PROGRESS_EVERY_S
            print(f"{done} of {total} records judged", file=sys.stderr, flush=True)


def _tell(*, ok: bool, reason: str, position: int | None, as_json: bool) -> int:
    """Print what a check found, and return the exit code."""
    if as_json:
        print(json_text.dumps({"ok": ok, "reason": reason, "position": position}))
    else:
        print(f"{'valid' if ok else 'invalid'}: {reason}")
    return 0 if ok else INVALID


def _policy(path: Path | None) -> "Policy | None":
    from ledger_node.policy_files import read_policy

    return None if path is None else read_policy(path)


def _id(text: str) -> bytes:
    """Return the id that a text of 64 hexadecimal digits stands for."""
    from ledger_core import ID_SIZE, InputError

    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != ID_SIZE:
        raise InputError(f"{text!r} is no id of a transaction; write its {2 * ID_SIZE} hex digits.")
    return found
