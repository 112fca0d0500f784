"""A small world for tests of the rules: both implementations, and records that would be accepted.

Payer and payee have accounts, a stranger has none. One hold is open, one has ended, one was closed
and is remembered, and one was closed so long ago that it is forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ledger_core import (
    MICROSECONDS,
    RECORD,
    Archive,
    KeyPair,
    Ledger,
    Records,
    State,
    Verdict,
    apply_one,
    data,
    genesis,
    hold,
    reclaim,
    record_ids,
    release,
    settle,
    transfer,
)
from ledger_core.judging import Judging, NumpyJudging
from tests.compiled_kernels import compiled_kernels

NETWORK = 7
SUPPLY = 1_000
START_US = 1_800_000_000 * MICROSECONDS
NOW_US = START_US + 20 * MICROSECONDS
"""When the records under test come: the short hold and the short transfer are over by then."""

NETWORK_PAIR = KeyPair.from_seed(bytes([9]) * 32)
PAYER, PAYEE, STRANGER = (KeyPair.from_seed(bytes([number]) * 32) for number in (1, 2, 3))

SMALL_ORDER = bytes([1]) + bytes(31)
"""A key on which signature libraries disagree."""

GENESIS = genesis(
    NETWORK_PAIR, network=NETWORK, target=PAYER.public_key, amount=SUPPLY, issued_at=START_US
)
GENESIS_ID = record_ids(GENESIS).tobytes()


View = State | Ledger
"""What can be asked of a ledger is the same for both implementations."""


class ByRules:
    """The readable implementation: one record at a time."""

    def __init__(
        self, *, window: int = 1_000, archive: Archive | None = None, closed_holds: int = 1
    ) -> None:
        self.view = State(GENESIS, window=window, archive=archive, closed_holds=closed_holds)

    def apply(self, records: Sequence[Records], at: int) -> list[Verdict]:
        """Apply records in their order."""
        return [apply_one(self.view, record, at) for record in records]


class ByValidator:
    """The vectorised implementation: all at once."""

    def __init__(
        self, *, window: int = 1_000, archive: Archive | None = None, closed_holds: int = 1
    ) -> None:
        self.view = Ledger(
            GENESIS,
            window=window,
            archive=archive,
            closed_holds=closed_holds,
            judging=self.judging(),
        )

    @staticmethod
    def judging() -> Judging:
        """Return who judges."""
        return NumpyJudging()

    def apply(self, records: Sequence[Records], at: int) -> list[Verdict]:
        """Apply records in their order."""
        batch = np.stack(records) if records else np.zeros(0, RECORD)
        return [Verdict(code) for code in self.view.apply(batch, at=at)]


class ByKernels(ByValidator):
    """The compiled implementation: all in exact order."""

    @staticmethod
    def judging() -> Judging:
        """Return who judges."""
        return compiled_kernels()


Subject = ByRules | ByValidator
"""An implementation of the rules."""


def id_of(record: Records) -> bytes:
    """Return the id of one record."""
    return record_ids(record).tobytes()


@dataclass
class Wish:
    """What a record under test shall say; as it stands, it would be accepted."""

    pair: KeyPair = PAYER
    parents: tuple[bytes, bytes] = (GENESIS_ID, GENESIS_ID)
    network: int = NETWORK
    target: bytes = PAYEE.public_key
    amount: int = 1
    sequence: int = 0
    issued_at: int = START_US
    valid_for: int = 1_000

    def transfer(self) -> Records:
        """Make it a TRANSFER."""
        return transfer(
            self.pair,
            network=self.network,
            parents=self.parents,
            target=self.target,
            amount=self.amount,
            sequence=self.sequence,
            issued_at=self.issued_at,
            valid_for=self.valid_for,
        )

    def hold(self) -> Records:
        """Make it a HOLD."""
        return hold(
            self.pair,
            network=self.network,
            parents=self.parents,
            target=self.target,
            amount=self.amount,
            sequence=self.sequence,
            issued_at=self.issued_at,
            valid_for=self.valid_for,
            digest=bytes([5]) * 32,
        )

    def data(self) -> Records:
        """Make it a DATA."""
        return data(
            self.pair,
            network=self.network,
            parents=self.parents,
            sequence=self.sequence,
            issued_at=self.issued_at,
            valid_for=self.valid_for,
            digest=bytes([6]) * 32,
        )

    def settle(self) -> Records:
        """Make it a SETTLE of the hold that is the target."""
        return settle(
            self.pair,
            network=self.network,
            parents=self.parents,
            hold_id=self.target,
            amount=self.amount,
            number=self.sequence,
            issued_at=self.issued_at,
            valid_for=self.valid_for,
        )

    def release(self) -> Records:
        """Make it a RELEASE of the hold that is the target."""
        return release(
            self.pair,
            network=self.network,
            parents=self.parents,
            hold_id=self.target,
            issued_at=self.issued_at,
            valid_for=self.valid_for,
        )

    def reclaim(self) -> Records:
        """Make it a RECLAIM of the hold that is the target."""
        return reclaim(
            self.pair,
            network=self.network,
            parents=self.parents,
            hold_id=self.target,
            issued_at=self.issued_at,
            valid_for=self.valid_for,
        )


def _history() -> dict[str, Records]:
    """Write what happens before the records under test come."""
    history = {
        "payment": Wish(amount=10, valid_for=10).transfer(),
        "open": Wish(amount=100, sequence=1).hold(),
        "ended": Wish(amount=50, sequence=2, valid_for=10).hold(),
        "closed": Wish(amount=20, sequence=3).hold(),
        "forgotten": Wish(amount=30, sequence=4).hold(),
    }
    history["old_release"] = Wish(pair=PAYEE, target=id_of(history["forgotten"])).release()
    history["release"] = Wish(pair=PAYEE, target=id_of(history["closed"])).release()
    return history


HISTORY = _history()
"""The records of the world by name, in their order."""

IDS = {name: id_of(record) for name, record in HISTORY.items()}
"""Their ids by name."""

NEXT = 5
"""The payer's next sequence number after the history."""

BALANCE = SUPPLY - 10 - 100 - 50
"""What the payer has after the history."""


@dataclass
class Snapshot:
    """Everything that can be seen of a ledger from outside, to be compared."""

    view: View
    facts: list[object] = field(init=False)

    def __post_init__(self) -> None:
        view, keys = self.view, (PAYER, PAYEE, STRANGER)
        self.facts = [
            *(view.balance(pair.public_key) for pair in keys),
            *(view.next_sequence(pair.public_key) for pair in keys),
            *(view.has_account(pair.public_key) for pair in keys),
            *(view.hold(hold_id) for hold_id in IDS.values()),
            *(view.position(record_id) for record_id in IDS.values()),
            *(view.size, view.supply, view.balances_total, view.holds_total),
        ]
