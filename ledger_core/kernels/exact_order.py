"""The exact order compiled: all records of a batch, one after the other, as `ledger_core.rules`.

One that needs an answer from outside, of the archive about a parent or of libsodium about a key
that would become an account, stops the loop before it changes anything; whoever called it gives the
answer and lets it go on from there.
"""

import numpy as np

from ledger_core.kernels.checks import (
    AMOUNT,
    DATA,
    HOLD,
    PARENT_A,
    PARENT_B,
    SEQUENCE,
    TRANSFER,
    kind_of,
)
from ledger_core.kernels.closings import close
from ledger_core.kernels.compiling import kernel
from ledger_core.kernels.sheet import (
    ACCEPTED_COUNT,
    HAS_ACCOUNT,
    IS_REFUSED,
    IS_VALID,
    UNKNOWN,
    WAITS_FOR_KEY,
    WAITS_FOR_PARENT,
    Sheet,
)
from ledger_core.kernels.tables import find, find_or_add, read_key
from ledger_core.verdicts import Verdict

__all__ = ["WAITING", "judge_from"]

WAITING = 255
"""Stands where a verdict waits for an answer from outside."""

_ACCEPTED, _UNKNOWN_PARENT = int(Verdict.ACCEPTED), int(Verdict.UNKNOWN_PARENT)
_UNKNOWN_ISSUER, _INVALID_TARGET = int(Verdict.UNKNOWN_ISSUER), int(Verdict.INVALID_TARGET)
_SEQUENCE_USED, _SEQUENCE_GAP = int(Verdict.SEQUENCE_USED), int(Verdict.SEQUENCE_GAP)
_INSUFFICIENT_FUNDS = int(Verdict.INSUFFICIENT_FUNDS)

_NO, _ASK, _YES = range(3)
"""Whether a parent is accepted: the lesser one of two parents decides."""

_SEQUENCE_CUT = np.uint64(1 << 62)
"""Numbers beyond this are cut off, to fit into an int64: no account will ever come that far."""


@kernel
def judge_from(first: int, sheet: Sheet) -> int:
    """Judge records from a place on, and let the accepted ones happen on the sheet.

    Args:
        first: The place.
        sheet: The batch, all accounts and parents looked up.

    Returns:
        The first place that waits for an answer, or that behind the last record.
    """
    for place in range(first, len(sheet.records)):
        code = _judge(place, sheet)
        if code == WAITING:
            return place
        sheet.codes[place] = code
    return len(sheet.records)


@kernel
def _judge(place: int, sheet: Sheet) -> int:
    """Judge the record in a place by what no column check could see."""
    parents = min(_knows_parent(place, 0, sheet), _knows_parent(place, 1, sheet))
    if parents != _YES:
        return WAITING if parents == _ASK else _UNKNOWN_PARENT
    if sheet.accounts.standing[sheet.accounts.issuers[place]] != HAS_ACCOUNT:
        return _UNKNOWN_ISSUER
    kind = kind_of(sheet.records, place)
    code = _take_turn(place, kind, sheet) if kind <= HOLD else close(place, sheet)
    if code == _ACCEPTED:
        rank = sheet.counts[ACCEPTED_COUNT]
        ancestry = sheet.ancestry
        find_or_add(read_key(sheet.own_ids, place, 0), rank, ancestry.table)
        ancestry.places[rank] = place
        sheet.counts[ACCEPTED_COUNT] += 1
    return code


@kernel
def _knows_parent(place: int, which: int, sheet: Sheet) -> int:
    """Tell whether a parent of the record in a place is accepted by now."""
    ancestry, now = sheet.ancestry, sheet.counts[ACCEPTED_COUNT]
    position = ancestry.positions[place, which]
    if position >= 0 and position >= ancestry.size + now - ancestry.window:
        return _YES
    key = read_key(sheet.records, place, PARENT_A + which * (PARENT_B - PARENT_A))
    rank = find(key, ancestry.table)
    if rank >= 0 and now - rank <= ancestry.window:
        return _YES
    known = ancestry.archived[place, which]
    if known == UNKNOWN:
        sheet.counts[WAITS_FOR_PARENT] = 2 * place + which
        return _ASK
    return _YES if known == IS_VALID else _NO


@kernel
def _take_turn(place: int, kind: int, sheet: Sheet) -> int:
    """Judge a record that uses up a sequence number."""
    accounts, issuer = sheet.accounts, sheet.accounts.issuers[place]
    sequence = np.int64(min(sheet.records[place, SEQUENCE], _SEQUENCE_CUT))
    expected = accounts.sequences[issuer]
    if sequence != expected:
        return _SEQUENCE_USED if sequence < expected else _SEQUENCE_GAP
    code = _ACCEPTED if kind == DATA else _spend(place, kind, sheet)
    if code == _ACCEPTED:
        accounts.sequences[issuer] += 1
    return code


@kernel
def _spend(place: int, kind: int, sheet: Sheet) -> int:
    """Judge a TRANSFER or HOLD that comes in turn."""
    accounts, amount = sheet.accounts, np.int64(sheet.records[place, AMOUNT])
    issuer, target = accounts.issuers[place], accounts.targets[place]
    if amount > accounts.balances[issuer]:
        return _INSUFFICIENT_FUNDS
    standing = accounts.standing[target]
    if standing == UNKNOWN:
        sheet.counts[WAITS_FOR_KEY] = target
        return WAITING
    if standing == IS_REFUSED:
        return _INVALID_TARGET
    accounts.standing[target] = HAS_ACCOUNT
    accounts.balances[issuer] -= amount
    if kind == TRANSFER:
        accounts.balances[target] += amount
    return _ACCEPTED
