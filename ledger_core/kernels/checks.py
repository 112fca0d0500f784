"""Column checks compiled: what `ledger_core.columns` refuses, one record after the other.

A record is a row of 32 words here; `FIELD` says where its fields begin.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ledger_core.amounts import SUPPLY_MAX
from ledger_core.kernels.compiling import kernel
from ledger_core.key_index import Words
from ledger_core.limits import CLOCK_SKEW_MAX_US, MICROSECONDS, TIME_MAX_US
from ledger_core.records import RECORD, VERSION, Kind
from ledger_core.verdicts import Verdict

__all__ = [
    "AMOUNT",
    "DATA",
    "DIGEST",
    "HOLD",
    "ISSUER",
    "PARENT_A",
    "PARENT_B",
    "RECLAIM",
    "RELEASE",
    "SEQUENCE",
    "TARGET",
    "TRANSFER",
    "Terms",
    "check_records",
    "expires_at",
    "kind_of",
]

_WORD = 8


def _column(name: str) -> int:
    """Return the word at which a field begins."""
    assert RECORD.fields is not None, "records have fields"
    return int(RECORD.fields[name][1]) // _WORD


PARENT_A, PARENT_B, ISSUER, TARGET = (
    _column(name) for name in ("parent_a", "parent_b", "issuer", "target")
)
AMOUNT, SEQUENCE, _ISSUED_AT, DIGEST = (
    _column(name) for name in ("amount", "sequence", "issued_at", "digest")
)

_VERSION = np.uint64(VERSION)
_BYTE, _SHORT = np.uint64(0xFF), np.uint64(0xFFFF)
_KIND_SHIFT, _NETWORK_SHIFT, _VALID_FOR_SHIFT = np.uint64(8), np.uint64(16), np.uint64(32)
_SUPPLY_MAX, _NOTHING = np.uint64(SUPPLY_MAX), np.uint64(0)
_ISSUED_AT_CUT = np.uint64(2 * TIME_MAX_US)
_SKEW, _SECOND = np.int64(CLOCK_SKEW_MAX_US), np.int64(MICROSECONDS)

TRANSFER, DATA, HOLD = int(Kind.TRANSFER), int(Kind.DATA), int(Kind.HOLD)
_SETTLE, RELEASE, RECLAIM = int(Kind.SETTLE), int(Kind.RELEASE), int(Kind.RECLAIM)
_ACCEPTED, _MALFORMED = int(Verdict.ACCEPTED), int(Verdict.MALFORMED)
_WRONG_NETWORK, _NOT_YET_VALID = int(Verdict.WRONG_NETWORK), int(Verdict.NOT_YET_VALID)
_EXPIRED = int(Verdict.EXPIRED)


class Terms(NamedTuple):
    """Say what records are checked against."""

    network: np.uint64
    """Number of the network."""
    genesis_id: Words
    """Id of its genesis, shape (1, 4)."""
    at: np.int64
    """The ledger's time. [µs]"""


@kernel
def kind_of(records: Words, place: int) -> int:
    """Return what the record in a place does."""
    return int(np.int64((records[place, 0] >> _KIND_SHIFT) & _BYTE))


@kernel
def expires_at(records: Words, place: int) -> np.int64:
    """Return when the record in a place expires, see `ledger_core.columns.expiries`. [µs]"""
    issued_at = np.int64(min(records[place, _ISSUED_AT], _ISSUED_AT_CUT))
    return issued_at + np.int64(records[place, 0] >> _VALID_FOR_SHIFT) * _SECOND


@kernel
def check_records(records: Words, codes: npt.NDArray[np.uint8], terms: Terms) -> None:
    """Judge records by themselves, up to the signature.

    Args:
        records: Records, shape (n, 32).
        codes: Becomes the first refusal of each, or `ACCEPTED`, shape (n,).
        terms: What they are checked against.
    """
    for place in range(len(codes)):
        if _is_malformed(records, place, terms):
            codes[place] = _MALFORMED
        elif (records[place, 0] >> _NETWORK_SHIFT) & _SHORT != terms.network:
            codes[place] = _WRONG_NETWORK
        elif records[place, _ISSUED_AT] > np.uint64(terms.at + _SKEW):
            codes[place] = _NOT_YET_VALID
        elif expires_at(records, place) <= terms.at:
            codes[place] = _EXPIRED
        else:
            codes[place] = _ACCEPTED


@kernel
def _is_malformed(records: Words, place: int, terms: Terms) -> bool:
    first, kind = records[place, 0], kind_of(records, place)
    amount = records[place, AMOUNT]
    if first & _BYTE != _VERSION or kind < TRANSFER or kind > RECLAIM or amount > _SUPPLY_MAX:
        return True
    is_spending, is_settling = kind in (TRANSFER, HOLD), kind == _SETTLE
    if not is_settling and is_spending == (amount == _NOTHING):
        return True
    is_unnumbered = kind in (RELEASE, RECLAIM)
    if is_unnumbered and records[place, SEQUENCE] != _NOTHING:
        return True
    return bool(first >> _VALID_FOR_SHIFT == _NOTHING or _has_same_parents(records, place, terms))


@kernel
def _has_same_parents(records: Words, place: int, terms: Terms) -> bool:
    """Tell whether both parents are the same, and not the genesis."""
    is_genesis = True
    for word in range(4):
        parent = records[place, PARENT_A + word]
        if parent != records[place, PARENT_B + word]:
            return False
        is_genesis = is_genesis and parent == terms.genesis_id[0, word]
    return not is_genesis
