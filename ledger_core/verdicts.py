"""Verdicts: the one answer that every submitted record gets.

A record may break several rules at once; it gets the first verdict of the order in which they are
listed here, so that every node that applies the same records gives the same answers.
"""

from enum import IntEnum

__all__ = ["LOOKED_UP", "Verdict"]


class Verdict(IntEnum):
    """Name the answer to a record, in order of precedence; ``docs/ledger.md`` explains each."""

    ACCEPTED = 0
    """The record has its place in the order, and its effect happened."""
    ALREADY_ACCEPTED = 1
    """The same record was accepted before; nothing changed now."""
    MALFORMED = 2
    """The record breaks a rule that can be seen without knowing anything else."""
    WRONG_NETWORK = 3
    """The record is for another network."""
    NOT_YET_VALID = 4
    """The record claims to be issued more than 60 s after the ledger's time."""
    EXPIRED = 5
    """The time in which the record may be applied is over."""
    BAD_SIGNATURE = 6
    """The issuer did not sign this."""
    UNKNOWN_PARENT = 7
    """A parent is no accepted record."""
    UNKNOWN_ISSUER = 8
    """The issuer has no account."""
    SEQUENCE_USED = 9
    """The account is past that sequence number."""
    SEQUENCE_GAP = 10
    """The account has not come to that sequence number yet."""
    INSUFFICIENT_FUNDS = 11
    """The account has less than the amount."""
    UNKNOWN_HOLD = 12
    """The target is no hold, or one closed so long ago that it is forgotten."""
    WRONG_PARTY = 13
    """The hold is not the issuer's to close in this way."""
    HOLD_CLOSED = 14
    """The hold was closed before."""
    HOLD_EXPIRED = 15
    """The hold has ended; only its payer may reclaim it."""
    HOLD_NOT_EXPIRED = 16
    """The hold still runs; its payer can not reclaim it yet."""
    EXCEEDS_HOLD = 17
    """The amount is more than the hold has."""
    INVALID_TARGET = 18
    """The target has no account, and is no key that could have one."""
    RATE_LIMITED = 19
    """The issuer has more waiting at the node's door than its share."""
    BUSY = 20
    """The node has more waiting than it takes; try again later."""
    PAYLOAD_MISMATCH = 21
    """The payload's hash is not the record's digest."""
    PAYLOAD_TOO_LARGE = 22
    """The payload is larger than the node takes."""


LOOKED_UP = (
    Verdict.EXPIRED,
    Verdict.UNKNOWN_PARENT,
    Verdict.SEQUENCE_USED,
    Verdict.UNKNOWN_HOLD,
    Verdict.HOLD_CLOSED,
)
"""Refusals that a repeated record gets; only these are looked up by id before they are said.

So `ALREADY_ACCEPTED` costs an honest record nothing. `UNKNOWN_HOLD` is among them since closed
holds are forgotten after a while, and a late repetition of the record that closed one must still
hear that it was accepted.
"""
