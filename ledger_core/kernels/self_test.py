"""The test that kernels pass each time they are loaded: the verdicts and books of NumPy."""

from collections.abc import Iterator
from hashlib import sha256

import numpy as np

from ledger_core.archive import EmptyArchive
from ledger_core.errors import EngineError
from ledger_core.hashing import hash_by_hashlib
from ledger_core.judging import Judging, NumpyJudging
from ledger_core.keys import KeyPair
from ledger_core.limits import MICROSECONDS
from ledger_core.merkle import Frontier
from ledger_core.records import RECORD, VERSION, Kind, Records, record_ids, record_rows
from ledger_core.transactions import genesis
from ledger_core.validator import Ledger
from ledger_core.verdicts import Verdict

__all__ = ["check_kernels"]

_NETWORK = 3
_START_US = 1_000_000 * MICROSECONDS
_SUPPLY = 5_000
_BATCHES = 24
_BATCH = 25
_KINDS = [Kind.TRANSFER] * 3 + [Kind.DATA, Kind.HOLD, Kind.HOLD, Kind.SETTLE, Kind.RELEASE]
_KINDS += [Kind.RECLAIM]
_WINDOW = 60
_CLOSED_HOLDS = 5


def check_kernels(kernels: Judging) -> None:
    """Judge some hundred records by kernels and by NumPy, and compare; takes 20 ms.

    Args:
        kernels: Those that are tested.

    Raises:
        EngineError: They differ.
    """
    author = _Author()
    ledgers = [author.ledger(judging) for judging in (NumpyJudging(), kernels)]
    tree, verdicts = Frontier(), set()
    tree.append(np.frombuffer(ledgers[0].genesis_id, np.uint8).reshape(1, -1))
    for number in range(_BATCHES):
        at = _START_US + 2 * number * MICROSECONDS
        records = author.batch(ledgers[0], at)
        good = np.array([next(author.numbers) > 2 for _ in records])
        expected, found = (ledger.apply(records, at=at, verified=good) for ledger in ledgers)
        rows = record_rows(records)
        ids = hash_by_hashlib(rows)
        accepted = ids[expected == Verdict.ACCEPTED]
        author.ids += [record_id.tobytes() for record_id in accepted]
        tree.append(accepted)
        states = {ledger.snapshot(at_us=at, frontier=tree).digest() for ledger in ledgers}
        differs = (expected != found).any() or (kernels.hash_rows(rows) != ids).any()
        if differs or len(states) > 1:
            raise EngineError(
                "Kernels fail their self-test on this machine: "
                "choose the engine 'sodium', and report this."
            )
        verdicts |= set(expected.tolist())
    assert len(verdicts) > len(_KINDS), "most rules were broken"


class _Author:
    """Write records that mostly make sense, always the same ones; nobody signs them."""

    def __init__(self) -> None:
        pairs = [KeyPair.from_seed(bytes([number]) * 32) for number in range(1, 6)]
        self._keys = [pair.public_key for pair in pairs]
        self._genesis = genesis(
            pairs[0],
            network=_NETWORK,
            target=self._keys[0],
            amount=_SUPPLY,
            issued_at=_START_US,
        )
        self.ids = [record_ids(self._genesis).tobytes()]
        """Accepted ids in their order."""
        self.numbers = _numbers()
        """Bytes that look like chance."""

    def ledger(self, judging: Judging) -> Ledger:
        """Begin a ledger."""
        return Ledger(
            self._genesis,
            window=_WINDOW,
            archive=EmptyArchive(),
            closed_holds=_CLOSED_HOLDS,
            judging=judging,
        )

    def batch(self, ledger: Ledger, at: int) -> Records:
        """Write a batch."""
        written: list[Records] = []
        sequences = {key: ledger.next_sequence(key) for key in self._keys}
        for _ in range(_BATCH):
            written.append(self._record(written, sequences, at))
        return np.stack(written)

    def _record(self, written: list[Records], sequences: dict[bytes, int], at: int) -> Records:
        chosen, keys = self._chosen, self._keys
        record = np.zeros((), RECORD)
        issuer = keys[min(chosen(len(keys)), chosen(len(keys)))]
        kind = _KINDS[chosen(len(_KINDS))]
        record["version"], record["network"] = VERSION, _NETWORK + (chosen(60) == 0)
        record["kind"] = kind if chosen(60) else chosen(9)
        record["valid_for"] = 3 + chosen(9)
        record["issued_at"] = at - chosen(4) * MICROSECONDS + 70 * (chosen(60) == 0) * MICROSECONDS
        record["issuer"] = _row(issuer)
        is_closing = kind in (Kind.SETTLE, Kind.RELEASE, Kind.RECLAIM)
        record["target"] = _row(self._named(written) if is_closing else keys[chosen(len(keys))])
        if not chosen(40):
            record["target"] = _row(bytes([1]) + bytes(31))
        if kind in (Kind.TRANSFER, Kind.HOLD, Kind.SETTLE):
            record["amount"] = chosen(40) + 100 * (chosen(30) == 0)
        if not is_closing:
            record["sequence"] = sequences[issuer]
            sequences[issuer] += chosen(30) > 0
        record["parent_a"] = _row(self._named(written))
        record["parent_b"] = _row(self.ids[-1 - chosen(min(len(self.ids), 4))])
        return written[-1 - chosen(9) % len(written)] if written and not chosen(25) else record

    def _named(self, written: list[Records]) -> bytes:
        """Choose an id that was accepted, or one of this batch."""
        if written and not self._chosen(6):
            return record_ids(written[-1 - self._chosen(len(written))]).tobytes()
        return self.ids[-1 - self._chosen(min(len(self.ids), 30))]

    def _chosen(self, count: int) -> int:
        """Choose a number below another one."""
        return (next(self.numbers) << 8 | next(self.numbers)) % count


def _numbers() -> Iterator[int]:
    digest = b""
    while True:
        digest = sha256(digest).digest()
        yield from digest


def _row(key: bytes) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.frombuffer(key, np.uint8)
