"""What the verbs of `wallet` print: facts for programs, and the same in lines for people.

In facts amounts are base units and times are microseconds; in lines they are tokens and UTC.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ledger_core import MICROSECONDS, format_amount
from ledger_node import Account
from wallet import Entry, Payment, Purse, encode_address

ID_SHOWN = 16
"""Digits of an id that are enough to tell it from all others on a screen."""


def account_row(purse: Purse, index: int, *, network: str, state: Account | None) -> dict[str, Any]:
    """Return what there is to know about one account.

    Args:
        purse: The account's purse.
        index: Its index there.
        network: Name of the network.
        state: What a node says about it, if one was asked.
    """
    public_key = purse.account(index).public_key
    return {
        "index": index,
        "path": purse.path(index),
        "address": encode_address(public_key, network=network),
        "public_key": public_key.hex(),
        "balance": state.balance if state else None,
        "exists": state.exists if state else None,
    }


def account_lines(facts: dict[str, Any]) -> list[str]:
    """Return a wallet's accounts in lines."""
    lines = [f"wallet   {facts['wallet']}", f"network  {facts['network']}", ""]
    for row in facts["accounts"]:
        lines += [f"account  {row['index']}  {row['path']}", f"address  {row['address']}"]
        lines.append(f"key      {row['public_key']}")
        if row["balance"] is not None:
            unused = "" if row["exists"] else ", never paid yet"
            lines.append(f"balance  {format_amount(row['balance'])} tokens{unused}")
        lines.append("")
    if facts["key_file"]:
        index = facts["accounts"][0]["index"]
        lines.append(f"The key of account {index} is in {facts['key_file']}: name it key_file in")
        lines.append("an agent's settings; whoever has it can spend what that account has.")
    return lines if lines[-1] else lines[:-1]


def payment_facts(
    payment: Payment | None, payer: bytes, payee: bytes, *, network: str
) -> dict[str, Any]:
    """Return what became durable; nulls where the account had nothing to send."""
    return {
        "id": payment.id.hex() if payment else None,
        "position": payment.position if payment else None,
        "amount": payment.amount if payment else 0,
        "from": encode_address(payer, network=network),
        "to": encode_address(payee, network=network),
    }


def payment_lines(facts: dict[str, Any]) -> list[str]:
    """Return a payment in lines."""
    if facts["id"] is None:
        return ["The account has nothing to send."]
    return [
        f"paid      {format_amount(facts['amount'])} tokens to {facts['to']}",
        f"id        {facts['id']}",
        f"position  {facts['position']}",
    ]


def entry_facts(entry: Entry, *, network: str) -> dict[str, Any]:
    """Return one line of a statement for programs."""
    return {
        "position": entry.position,
        "id": entry.id.hex(),
        "at_us": entry.at_us,
        "event": entry.event.value,
        "change": entry.change,
        "amount": entry.amount,
        "partner": encode_address(entry.partner, network=network) if entry.partner else None,
    }


def entry_lines(entries: Sequence[Entry], state: Account, *, network: str) -> list[str]:
    """Return a statement in lines, and what is there now."""
    rows = [("time (UTC)", "position", "tokens", "what", "id", "with")]
    rows += [_entry_row(entry, network=network) for entry in entries]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = [
        "  ".join(
            (
                row[0].ljust(widths[0]),
                row[1].rjust(widths[1]),
                row[2].rjust(widths[2]),
                *(text.ljust(width) for text, width in zip(row[3:], widths[3:], strict=True)),
            )
        ).rstrip()
        for row in rows
    ]
    shown = lines if entries else ["Nothing has come or gone yet."]
    return [*shown, "", f"balance: {format_amount(state.balance)} tokens"]


def _entry_row(entry: Entry, *, network: str) -> tuple[str, str, str, str, str, str]:
    moment = datetime.fromtimestamp(entry.at_us / MICROSECONDS, tz=UTC)
    sign = "+" if entry.change > 0 else ""
    return (
        f"{moment:%Y-%m-%d %H:%M:%S}",
        str(entry.position),
        sign + format_amount(entry.change),
        entry.event.value,
        entry.id.hex()[:ID_SHOWN],
        encode_address(entry.partner, network=network) if entry.partner else "",
    )
