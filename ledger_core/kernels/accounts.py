"""Accounts of a batch compiled: who is named, and what the books have of them."""

import numpy as np

from ledger_core.kernels.checks import DATA, HOLD, ISSUER, TARGET, TRANSFER, kind_of
from ledger_core.kernels.compiling import kernel
from ledger_core.kernels.sheet import ACCOUNT_COUNT, HAS_ACCOUNT, UNKNOWN, Accounts, Sheet
from ledger_core.kernels.tables import Key, find, find_or_add, read_key
from ledger_core.key_index import Int64s

__all__ = ["copy_accounts", "number_accounts", "number_of"]


@kernel
def number_of(key: Key, sheet: Sheet) -> np.int64:
    """Return the number of a key on the sheet, a new one where it has none so far."""
    accounts, count = sheet.accounts, sheet.counts[ACCOUNT_COUNT]
    number = find_or_add(key, count, accounts.table)
    if number == count:
        sheet.counts[ACCOUNT_COUNT] += 1
    return number


@kernel
def number_accounts(sheet: Sheet) -> int:
    """Number all that the batch can touch: issuers, whom they pay, and parties of holds.

    Returns:
        How many accounts and strangers they are.
    """
    records, accounts = sheet.records, sheet.accounts
    for place in range(len(records)):
        accounts.issuers[place] = number_of(read_key(records, place, ISSUER), sheet)
        kind = kind_of(records, place)
        if kind in (TRANSFER, HOLD):
            accounts.targets[place] = number_of(read_key(records, place, TARGET), sheet)
        elif kind != DATA:
            _number_parties(read_key(records, place, TARGET), sheet)
    return int(sheet.counts[ACCOUNT_COUNT])


@kernel
def _number_parties(hold_id: Key, sheet: Sheet) -> None:
    """Number payer and payee of a hold that the books have."""
    book = sheet.closings.book
    row = find(hold_id, sheet.closings.in_book)
    if row >= 0:
        number_of(read_key(sheet.book_keys, book.payers[row], 0), sheet)
        number_of(read_key(sheet.book_keys, book.payees[row], 0), sheet)


@kernel
def copy_accounts(accounts: Accounts, count: int, books: tuple[Int64s, Int64s]) -> None:
    """Copy what the books have of accounts, given their rows.

    Args:
        accounts: The accounts on the sheet.
        count: How many they are.
        books: Balances and next sequence numbers by row.
    """
    balances, sequences = books
    for number in range(count):
        row = accounts.rows[number]
        is_open = row >= 0
        accounts.balances[number] = balances[row] if is_open else 0
        accounts.sequences[number] = sequences[row] if is_open else 0
        accounts.standing[number] = HAS_ACCOUNT if is_open else UNKNOWN
