"""An author: writes records of one account, all of them valid, one behind the other.

Transfers, data with payloads, holds, and what closes them: settled, released, or taken back once
they ran out. Parents are records that somebody was told to be accepted, and records of one
submission build on each other.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random

from ledger_core import (
    MICROSECONDS,
    KeyPair,
    Records,
    data,
    hold,
    reclaim,
    record_ids,
    release,
    settle,
    transfer,
)

__all__ = ["NETWORK", "Author", "OpenHold", "Submission"]

NETWORK = 1
"""Number of the network."""

LASTING_S = 600
"""How long records and most holds are valid: longer than any round, and no longer, since a closed
hold is remembered until it would have ended. [s]"""

SHORT_HOLD_S = 30
"""How long a hold lasts that is to run out, and to be taken back then: longer than a node is ever
away. [s]"""

SHORT_HOLDS = 0.1
"""Share of holds that are to run out."""

HOLDS_MAX = 16
"""Open holds of an account, more or less: what is never let go of stays small."""

HOLD_AMOUNT = 10
"""What is set aside. [base units]"""

PAYLOAD_SIZE_MAX = 2_000
"""Payloads are small: what matters is that they are there. [bytes]"""

TOGETHER_MAX = 8
"""Records in one submission, at most."""


@dataclass(frozen=True, slots=True)
class OpenHold:
    """Hold what is needed to close a hold."""

    hold_id: bytes
    """Its id, 32 bytes."""
    payee: KeyPair
    """Whom it is for."""
    ends_at_s: float
    """When it runs out. [s since the Unix epoch]"""
    is_lasting: bool
    """Whether it is to be closed before that."""


@dataclass(slots=True)
class Submission:
    """Hold records that are handed in together, and what follows once they are accepted."""

    records: list[Records] = field(default_factory=list)
    """The records, each of shape ()."""
    payloads: dict[int, bytes] = field(default_factory=dict)
    """What is carried beside them, by index."""
    holds: list[OpenHold] = field(default_factory=list)
    """The holds that they open."""


class Author:
    """Write records of one account.

    Args:
        key_pair: The account's keys; it has been paid.
        others: Accounts to pay.
        parents: Ids of accepted records, at least two; grows meanwhile.
        chance: Decides what is written.
    """

    def __init__(
        self, key_pair: KeyPair, others: list[KeyPair], *, parents: Sequence[bytes], chance: Random
    ) -> None:
        self.sequence = 0
        """The account's next number."""
        self.holds: list[OpenHold] = []
        """Holds of this account that nothing closes yet."""
        self._key_pair = key_pair
        self._others = others
        self._accepted = parents
        self._chance = chance

    def written(self) -> Submission:
        """Write some records to be handed in together."""
        submission = Submission()
        for _ in range(self._chance.randint(1, TOGETHER_MAX)):
            self._write_one(submission)
        return submission

    def _write_one(self, submission: Submission) -> None:
        wish = self._chance.random()
        closing = self._next_closing() if wish < 0.2 or len(self.holds) > HOLDS_MAX else None
        if closing is not None:
            submission.records.append(self._closing(closing))
        elif wish < 0.4:
            self._write_hold(submission)
        elif wish < 0.6:
            content = self._chance.randbytes(self._chance.randint(1, PAYLOAD_SIZE_MAX))
            submission.payloads[len(submission.records)] = content
            submission.records.append(self._data(content))
        else:
            submission.records.append(self._transfer(submission))

    def transfers(self, count: int) -> Submission:
        """Write transfers to be handed in together.

        Args:
            count: How many.
        """
        submission = Submission()
        for _ in range(count):
            submission.records.append(self._transfer(submission))
        return submission

    def _transfer(self, submission: Submission) -> Records:
        """Pay somebody; the record before, if there is one, is a parent."""
        parents = self._parents()
        if submission.records:
            parents = (record_ids(submission.records[-1]).tobytes(), parents[1])
        return transfer(
            self._key_pair,
            network=NETWORK,
            parents=parents,
            target=self._chance.choice(self._others).public_key,
            amount=1,
            sequence=self._number(),
            issued_at=_now_us(),
            valid_for=LASTING_S,
        )

    def _data(self, content: bytes) -> Records:
        return data(
            self._key_pair,
            network=NETWORK,
            parents=self._parents(),
            sequence=self._number(),
            issued_at=_now_us(),
            valid_for=LASTING_S,
            digest=sha256(content).digest(),
        )

    def _write_hold(self, submission: Submission) -> None:
        is_lasting = self._chance.random() >= SHORT_HOLDS
        payee = self._chance.choice(self._others)
        now_us = _now_us()
        lasts_s = LASTING_S if is_lasting else SHORT_HOLD_S
        record = hold(
            self._key_pair,
            network=NETWORK,
            parents=self._parents(),
            target=payee.public_key,
            amount=HOLD_AMOUNT,
            sequence=self._number(),
            issued_at=now_us,
            valid_for=lasts_s,
        )
        submission.records.append(record)
        ends_at_s = now_us / MICROSECONDS + lasts_s
        hold_id = record_ids(record).tobytes()
        submission.holds.append(OpenHold(hold_id, payee, ends_at_s, is_lasting))

    def _next_closing(self) -> OpenHold | None:
        """Take out a hold that can be closed now; those that are to run out have to have ended."""
        now_s = time.time()
        for index, one in enumerate(self.holds):
            if one.is_lasting or one.ends_at_s + 1 < now_s:
                return self.holds.pop(index)
        return None

    def _closing(self, one: OpenHold) -> Records:
        """Settle, release or reclaim a hold."""
        if not one.is_lasting:
            return reclaim(
                self._key_pair,
                network=NETWORK,
                parents=self._parents(),
                hold_id=one.hold_id,
                issued_at=_now_us(),
                valid_for=LASTING_S,
            )
        if self._chance.random() < 0.3:
            return release(
                one.payee,
                network=NETWORK,
                parents=self._parents(),
                hold_id=one.hold_id,
                issued_at=_now_us(),
                valid_for=LASTING_S,
            )
        return settle(
            self._key_pair,
            network=NETWORK,
            parents=self._parents(),
            hold_id=one.hold_id,
            amount=self._chance.randint(0, HOLD_AMOUNT),
            number=1,
            issued_at=_now_us(),
            valid_for=LASTING_S,
        )

    def _number(self) -> int:
        self.sequence += 1
        return self.sequence - 1

    def _parents(self) -> tuple[bytes, bytes]:
        """Name two records that somebody was told to be accepted."""
        first, second = self._chance.sample(self._accepted, 2)
        return first, second


def _now_us() -> int:
    return time.time_ns() // 1_000
