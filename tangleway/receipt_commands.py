"""The verb `receipt`: proofs of payments, made from a stored ledger and checked offline."""

from pathlib import Path
from typing import Annotated

import typer

from tangleway.check_output import Json, tell, trusted

receipt = typer.Typer(
    name="receipt",
    help="Prove a payment to anybody, and check such a proof offline.",
    rich_markup_mode=None,
    epilog="Example: tangleway receipt verify payment.receipt --policy policy.toml",
)


def register(app: typer.Typer) -> None:
    """Add this verb to the command."""
    app.add_typer(receipt)


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

    keys = trusted(policy)
    assert keys is not None, "a policy file was given"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} can not be read: {error.strerror}; name a receipt.") from error
    try:
        if is_session_receipt(content):
            session = verify_session_receipt(content, keys)
            found = session.ledger
            proves = f"the payment of a session of {session.terms.service}{_metered(content)}"
        else:
            found, proves = verify_receipt(content, keys), "the record"
    except CheckFailedError as error:
        return tell({"ok": False, "reason": str(error), "position": None}, as_json=json)
    signed = ", ".join(found.cosigned.signed_at_s) or "the log alone"
    reason = f"{proves} stands at position {found.position}, signed by {signed}"
    return tell({"ok": True, "reason": reason, "position": found.position}, as_json=json)


def _metered(content: bytes) -> str:
    """Return what is known of the values that a meter has signed in a session's receipt.

    Raises:
        SessionReceiptError: The meter has signed something else.
    """
    from collections import Counter

    from negotiation import SessionReceipt, SessionReceiptError
    from session_records import SignedCheck, check_signed_value

    values = SessionReceipt.parse(content).signed_meter
    checks = Counter(check_signed_value(each) for each in values) if values else Counter()
    if checks[SignedCheck.FORGED]:
        raise SessionReceiptError(
            "The meter has not signed the values in the receipt: ask the seller for genuine ones."
        )
    told = ", ".join(f"{count} {check}" for check, count in sorted(checks.items()))
    return f" (signed meter values: {told})" if told else ""


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
