"""Column checks: what can be refused by looking at the records alone, a whole batch at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ledger_core.amounts import SUPPLY_MAX
from ledger_core.key_index import words
from ledger_core.limits import CLOCK_SKEW_MAX_US, MICROSECONDS, TIME_MAX_US
from ledger_core.records import VERSION, Kind, Records
from ledger_core.verdicts import Verdict

__all__ = ["CLOSING", "SEQUENCED", "SPENDING", "Codes", "Mask", "Network", "expiries", "refusals"]

Codes = npt.NDArray[np.uint8]
"""Verdicts as numbers, shape (n,)."""

Mask = npt.NDArray[np.bool_]
"""Which records of a batch are meant, shape (n,)."""


def _kinds(*kinds: Kind) -> Mask:
    """Make a table that tells for each value of the field whether it is one of the kinds."""
    table = np.zeros(256, dtype=np.bool_)
    table[list(kinds)] = True
    return table


SEQUENCED = _kinds(Kind.TRANSFER, Kind.DATA, Kind.HOLD)
"""Kinds that use up the issuer's next sequence number, as a table."""

SPENDING = _kinds(Kind.TRANSFER, Kind.HOLD)
"""Kinds that take their amount out of the issuer's account, and open the target's, as a table."""

CLOSING = _kinds(Kind.SETTLE, Kind.RELEASE, Kind.RECLAIM)
"""Kinds that close a hold, as a table."""

_WORTHLESS = _kinds(Kind.DATA, Kind.RELEASE, Kind.RECLAIM)
_UNNUMBERED = _kinds(Kind.RELEASE, Kind.RECLAIM)


@dataclass(frozen=True, slots=True)
class Network:
    """Say which network a ledger is of."""

    number: int
    """Number of the network."""
    genesis_id: bytes
    """Id of its genesis, 32 bytes."""


def refusals(records: Records, network: Network, at: int) -> Codes:
    """Judge records by themselves, up to the signature.

    Args:
        records: Records, shape (n,).
        network: The ledger's network.
        at: The ledger's time. [µs]

    Returns:
        The first refusal of each, or `ACCEPTED` where there is none so far.
    """
    codes = np.zeros(len(records), dtype=np.uint8)
    # In reverse order of precedence, so that what comes first has the last word.
    codes[expiries(records) <= at] = Verdict.EXPIRED
    codes[records["issued_at"] > np.uint64(at + CLOCK_SKEW_MAX_US)] = Verdict.NOT_YET_VALID
    codes[records["network"] != network.number] = Verdict.WRONG_NETWORK
    codes[_malformed(records, network.genesis_id)] = Verdict.MALFORMED
    return codes


def expiries(records: Records) -> npt.NDArray[np.int64]:
    """Compute when records expire. [µs]

    Beyond twice the end of time it is cut off, so that nothing overflows: no such record is valid.

    >>> from ledger_core.records import RECORD
    >>> record = np.zeros(1, RECORD)
    >>> record["issued_at"], record["valid_for"] = 5, 2
    >>> expiries(record).tolist()
    [2000005]
    """
    issued_at = np.minimum(records["issued_at"], np.uint64(2 * TIME_MAX_US)).astype(np.int64)
    expires_at: npt.NDArray[np.int64] = (
        issued_at + records["valid_for"].astype(np.int64) * MICROSECONDS
    )
    return expires_at


def _malformed(records: Records, genesis_id: bytes) -> Mask:
    kind, amount = records["kind"], records["amount"]
    parent_a, parent_b = words(records["parent_a"]), words(records["parent_b"])
    genesis = np.frombuffer(genesis_id, dtype=np.uint64)
    same_parents = (parent_a == parent_b).all(axis=1) & (parent_a != genesis).any(axis=1)
    malformed: Mask = (
        (records["version"] != VERSION)
        | ~(SEQUENCED | CLOSING)[kind]
        | (amount > np.uint64(SUPPLY_MAX))
        | (SPENDING[kind] & (amount == 0))
        | (_WORTHLESS[kind] & (amount != 0))
        | (_UNNUMBERED[kind] & (records["sequence"] != 0))
        | (records["valid_for"] == 0)
        | same_parents
    )
    return malformed
