"""The closing of holds compiled: which holds are open at a place of the batch, and who may close.

A hold is looked for among those that this batch has closed, then among those that it has opened,
then in the books.
"""

from typing import NamedTuple

import numpy as np

from ledger_core.hold_book import OPEN
from ledger_core.kernels.accounts import number_of
from ledger_core.kernels.checks import AMOUNT, HOLD, RECLAIM, RELEASE, TARGET, expires_at, kind_of
from ledger_core.kernels.compiling import kernel
from ledger_core.kernels.sheet import CLOSED_COUNT, Sheet
from ledger_core.kernels.tables import Key, find, find_or_add, read_key
from ledger_core.verdicts import Verdict

__all__ = ["close"]

_ACCEPTED, _UNKNOWN_HOLD = int(Verdict.ACCEPTED), int(Verdict.UNKNOWN_HOLD)
_WRONG_PARTY, _HOLD_CLOSED = int(Verdict.WRONG_PARTY), int(Verdict.HOLD_CLOSED)
_HOLD_EXPIRED, _HOLD_NOT_EXPIRED = int(Verdict.HOLD_EXPIRED), int(Verdict.HOLD_NOT_EXPIRED)
_EXCEEDS_HOLD = int(Verdict.EXCEEDS_HOLD)

_NONE, _IS_OPEN, _IS_CLOSED = range(3)


class _Named(NamedTuple):
    """Say what a record names as its target; accounts are numbers of the sheet."""

    state: int
    """No hold, an open one, or one that was closed."""
    payer: np.int64
    """Who set the money aside."""
    payee: np.int64
    """For whom."""
    amount: np.int64
    """What is set aside, while it is open. [base units]"""
    ends_at: np.int64
    """When it ends, while it is open. [µs]"""


@kernel
def close(place: int, sheet: Sheet) -> int:
    """Judge the closing of a hold by the record in a place, and let it happen on the sheet."""
    key = read_key(sheet.records, place, TARGET)
    hold, amount = _named(key, sheet), np.int64(sheet.records[place, AMOUNT])
    code = _refusal(hold, place, sheet)
    if code != _ACCEPTED:
        return code
    closings, rank = sheet.closings, sheet.counts[CLOSED_COUNT]
    find_or_add(key, rank, closings.table)
    closings.payers[rank], closings.payees[rank] = hold.payer, hold.payee
    sheet.counts[CLOSED_COUNT] += 1
    sheet.accounts.balances[hold.payee] += amount
    sheet.accounts.balances[hold.payer] += hold.amount - amount
    return _ACCEPTED


@kernel
def _refusal(hold: _Named, place: int, sheet: Sheet) -> int:
    """Return the verdict about a closing, all rules in their order."""
    if hold.state == _NONE:
        return _UNKNOWN_HOLD
    kind = kind_of(sheet.records, place)
    entitled = hold.payee if kind == RELEASE else hold.payer
    if sheet.accounts.issuers[place] != entitled:
        return _WRONG_PARTY
    if hold.state == _IS_CLOSED:
        return _HOLD_CLOSED
    if kind == RECLAIM:
        return _ACCEPTED if sheet.at >= hold.ends_at else _HOLD_NOT_EXPIRED
    if sheet.at >= hold.ends_at:
        return _HOLD_EXPIRED
    exceeds = np.int64(sheet.records[place, AMOUNT]) > hold.amount
    return _EXCEEDS_HOLD if exceeds else _ACCEPTED


@kernel
def _named(key: Key, sheet: Sheet) -> _Named:
    """Find the hold that a record names, as it is at this place of the batch."""
    closings, nothing = sheet.closings, np.int64(0)
    now = closings.before + sheet.counts[CLOSED_COUNT]
    rank = find(key, closings.table)
    if rank >= 0:
        if now - (closings.before + rank) > closings.remembered:
            return _Named(_NONE, nothing, nothing, nothing, nothing)
        payer, payee = closings.payers[rank], closings.payees[rank]
        return _Named(_IS_CLOSED, payer, payee, nothing, nothing)
    rank = find(key, sheet.ancestry.table)
    if rank >= 0:
        return _opened_at(int(sheet.ancestry.places[rank]), sheet)
    row = find(key, closings.in_book)
    if row < 0:
        return _Named(_NONE, nothing, nothing, nothing, nothing)
    number = closings.book.closings[row]
    if number != OPEN and now - number > closings.remembered:
        return _Named(_NONE, nothing, nothing, nothing, nothing)
    payer = number_of(read_key(sheet.book_keys, closings.book.payers[row], 0), sheet)
    payee = number_of(read_key(sheet.book_keys, closings.book.payees[row], 0), sheet)
    amount, ends_at = closings.book.amounts[row], closings.book.ends_at[row]
    return _Named(_IS_OPEN if number == OPEN else _IS_CLOSED, payer, payee, amount, ends_at)


@kernel
def _opened_at(place: int, sheet: Sheet) -> _Named:
    """Return the hold that the record in a place has opened, if that is what it did."""
    issuer, target = sheet.accounts.issuers[place], sheet.accounts.targets[place]
    amount = np.int64(sheet.records[place, AMOUNT])
    state = _IS_OPEN if kind_of(sheet.records, place) == HOLD else _NONE
    return _Named(state, issuer, target, amount, expires_at(sheet.records, place))
