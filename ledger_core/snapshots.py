"""Snapshots: everything that a ledger knows at the end of a batch, in one spelling.

A ledger restored from a snapshot goes on as the one that it was taken of: same verdicts, same
balances. Everybody who applied the same records gets the same bytes, whatever the batches were and
whichever implementation did it, so one SHA-256 is enough to agree on all of it, and a
`ledger_core.snapshot_notes` says who does.

What is not in here are the records themselves. Ids that the window of recent ones held are handed
over beside a snapshot by whoever has them; without them parents are asked for in the archive.

=========  ==================================================================================
bytes      content, numbers little-endian
=========  ==================================================================================
8          ``TWSNAP`` and the version of the layout, 2 bytes
8          network
32         id of the genesis record
8 each     supply, size, ledger time in µs; how many accounts, open holds, closed holds follow
32 each    peaks of the Merkle tree of that size from left to right, one for each bit that is set
48 each    accounts, keys rising: key, balance, next sequence number
144 each   open holds, ids rising: id, payer, payee, digest, amount, end in µs
96 each    closed holds that are remembered, first closed first: id, payer, payee
=========  ==================================================================================
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ledger_core.amounts import SUPPLY_MAX
from ledger_core.canonical_text import SIZE_MAX
from ledger_core.errors import SnapshotFormatError
from ledger_core.holds import Hold
from ledger_core.key_index import KeyIndex, words
from ledger_core.limits import TIME_MAX_US
from ledger_core.merkle import HASH_SIZE, Frontier
from ledger_core.records import ID_SIZE, Bytes

__all__ = [
    "ACCOUNT_ROW",
    "CLOSED_ROW",
    "HOLD_ROW",
    "SNAPSHOT_SIZE_MAX",
    "SNAPSHOT_VERSION",
    "Snapshot",
    "rising_order",
]

Rows = npt.NDArray[Any]
"""Rows of one of the types below, shape (n,)."""

SNAPSHOT_VERSION = 1
"""The only version of the layout that there is."""

SNAPSHOT_SIZE_MAX = 1 << 30
"""The largest snapshot: twenty million accounts, more than a node keeps in memory. [bytes]"""

_MAGIC = b"TWSNAP"

_HEADER = np.dtype(
    [
        ("magic", "S6"),
        ("version", "<u2"),
        ("network", "<u8"),
        ("genesis_id", np.uint8, ID_SIZE),
        ("supply", "<i8"),
        ("size", "<i8"),
        ("at_us", "<i8"),
        ("accounts", "<i8"),
        ("holds", "<i8"),
        ("closed", "<i8"),
    ]
)

ACCOUNT_ROW = np.dtype([("key", np.uint8, ID_SIZE), ("balance", "<i8"), ("next_sequence", "<i8")])
"""An account: 48 bytes."""

HOLD_ROW = np.dtype(
    [
        ("id", np.uint8, ID_SIZE),
        ("payer", np.uint8, ID_SIZE),
        ("payee", np.uint8, ID_SIZE),
        ("digest", np.uint8, ID_SIZE),
        ("amount", "<i8"),
        ("ends_at", "<i8"),
    ]
)
"""An open hold: 144 bytes."""

CLOSED_ROW = np.dtype(
    [("id", np.uint8, ID_SIZE), ("payer", np.uint8, ID_SIZE), ("payee", np.uint8, ID_SIZE)]
)
"""A closed hold that is remembered: 96 bytes."""

_SIZE_BYTES = 8
"""What the tree's size takes in front of its peaks."""

_HALF = np.int64(32)
"""Sums are made of halves, so that no number of rows can overflow them. [bits]"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """Hold the state of a ledger at the end of a batch.

    Making one checks all of it: what is not the state of any ledger is refused.
    """

    network: int
    """Number of the network."""
    genesis_id: bytes
    """Id of the record that began the ledger, 32 bytes."""
    supply: int
    """What the genesis minted. [base units]"""
    at_us: int
    """The ledger's time at the end of the batch. [µs]"""
    tree: bytes
    """The Merkle tree's frontier, as `Frontier.encode` writes it; it has the ledger's size."""
    accounts: Rows
    """All accounts, keys rising, dtype `ACCOUNT_ROW`."""
    holds: Rows
    """Open holds, ids rising, dtype `HOLD_ROW`."""
    closed: Rows
    """Closed holds that are remembered, the one closed first in front, dtype `CLOSED_ROW`."""

    def __post_init__(self) -> None:
        for objection in self._objections():
            raise _refused(objection)

    @property
    def size(self) -> int:
        """How many records were accepted, the genesis included."""
        return int.from_bytes(self.tree[:_SIZE_BYTES], "little")

    @property
    def root(self) -> bytes:
        """Root of the Merkle tree over them, 32 bytes."""
        return self.frontier().root()

    def frontier(self) -> Frontier:
        """Return the tree, to grow it on."""
        return Frontier.decode(self.tree)

    def open_holds(self) -> Iterable[Hold]:
        """Yield the open holds, ids rising."""
        for row in self.holds:
            yield Hold(
                id=row["id"].tobytes(),
                payer=row["payer"].tobytes(),
                payee=row["payee"].tobytes(),
                amount=int(row["amount"]),
                ends_at=int(row["ends_at"]),
                digest=row["digest"].tobytes(),
            )

    def encode(self) -> bytes:
        """Write the snapshot; there is exactly one spelling of it."""
        header = np.zeros((), _HEADER)
        header["magic"], header["version"], header["network"] = (
            _MAGIC,
            SNAPSHOT_VERSION,
            self.network,
        )
        header["genesis_id"] = np.frombuffer(self.genesis_id, np.uint8)
        header["supply"], header["size"], header["at_us"] = self.supply, self.size, self.at_us
        for name in ("accounts", "holds", "closed"):
            header[name] = len(getattr(self, name))
        parts = (self.accounts, self.holds, self.closed)
        rows = (part.tobytes() for part in parts)
        return b"".join([header.tobytes(), self.tree[_SIZE_BYTES:], *rows])

    def digest(self) -> bytes:
        """Return the SHA-256 of what `encode` writes, by which everybody names this state."""
        return sha256(self.encode()).digest()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what `encode` has written, and check that it can be the state of a ledger.

        Whether it is the state of *this* ledger, only signatures say.

        Args:
            data: The whole of it.

        Raises:
            SnapshotFormatError: When it is spelled differently, beyond the limits, or no sound
                ledger; the sentence says where.
        """
        if len(data) > SNAPSHOT_SIZE_MAX:
            raise _refused(f"it has more than {SNAPSHOT_SIZE_MAX} bytes")
        header = np.frombuffer(data[: _HEADER.itemsize].ljust(_HEADER.itemsize, b"\0"), _HEADER)[0]
        if len(data) < _HEADER.itemsize or header["magic"] != _MAGIC:
            raise _refused("it does not begin like one")
        if header["version"] != SNAPSHOT_VERSION:
            raise SnapshotFormatError(
                f"The snapshot has the layout {header['version']}, but only {SNAPSHOT_VERSION} is "
                "known: update this program."
            )
        size = int(header["size"])
        peaks = HASH_SIZE * size.bit_count() if 0 < size <= SIZE_MAX else 0
        counts = [int(header[name]) for name in ("accounts", "holds", "closed")]
        rows = (ACCOUNT_ROW, HOLD_ROW, CLOSED_ROW)
        sizes = [count * row.itemsize for count, row in zip(counts, rows, strict=True)]
        if min(counts) < 0 or len(data) != _HEADER.itemsize + peaks + sum(sizes):
            raise _refused("its length is not what its header says")
        start = _HEADER.itemsize + peaks
        parts = []
        for row, count in zip(rows, counts, strict=True):
            parts.append(np.frombuffer(data, row, count=count, offset=start))
            start += count * row.itemsize
        return cls(
            network=int(header["network"]),
            genesis_id=header["genesis_id"].tobytes(),
            supply=int(header["supply"]),
            at_us=int(header["at_us"]),
            tree=max(size, 0).to_bytes(_SIZE_BYTES, "little") + data[_HEADER.itemsize :][:peaks],
            accounts=parts[0],
            holds=parts[1],
            closed=parts[2],
        )

    def _objections(self) -> Iterable[str]:
        """Yield what speaks against this being the state of a ledger."""
        if not 0 <= self.network < 1 << 16 or len(self.genesis_id) != ID_SIZE:
            yield "its network or genesis can not be one"
        if not 0 < self.supply <= SUPPLY_MAX or not 0 <= self.at_us < TIME_MAX_US:
            yield "its supply or time is out of range"
        if self.size < 1:
            yield "it is of a ledger without a genesis"
        if not _rises(self.accounts["key"]) or not _rises(self.holds["id"]):
            yield "accounts or holds are not in order, or stand twice"
        balances, amounts = self.accounts["balance"], self.holds["amount"]
        if balances.min(initial=0) < 0 or self.accounts["next_sequence"].min(initial=0) < 0:
            yield "an account has a negative balance or number"
        if amounts.min(initial=1) < 1 or self.holds["ends_at"].min(initial=1) < 1:
            yield "an open hold has nothing in it, or no end"
        if _total(balances) + _total(amounts) != self.supply:
            yield "balances and holds do not make up the supply"
        yield from self._wrong_holds()

    def _wrong_holds(self) -> Iterable[str]:
        """Yield what is wrong about the holds as a whole."""
        if not len(self.holds) + len(self.closed):
            return
        ids = np.concatenate([self.holds["id"], self.closed["id"]])
        if not _rises(ids[rising_order(ids)]):
            yield "a hold stands in it twice"
        parties = [part[name] for part in (self.holds, self.closed) for name in ("payer", "payee")]
        keys = words(self.accounts["key"])
        index = KeyIndex(max(len(keys), 1))
        index.add(keys, np.arange(len(keys)))
        if (index.find(words(np.concatenate(parties)), keys) < 0).any():
            yield "a hold names somebody who has no account"


def rising_order(keys: Bytes) -> npt.NDArray[np.int64]:
    """Return in which order keys rise, as bytes are compared.

    Args:
        keys: Keys or ids, shape (n, 32).

    >>> rising_order(np.array([[2] * 32, [1] * 32], np.uint8)).tolist()
    [1, 0]
    """
    columns = _columns(keys)
    order: npt.NDArray[np.int64] = np.argsort(columns[0], kind="stable")
    first = columns[0][order]
    if (first[1:] == first[:-1]).any():  # keys that somebody made to look alike
        order = np.lexsort(columns[::-1])
    return order


def _columns(keys: Bytes) -> list[npt.NDArray[np.uint64]]:
    """Return keys as four columns of numbers that compare as the bytes do."""
    table = np.ascontiguousarray(keys).view(">u8").astype(np.uint64).reshape(-1, ID_SIZE // 8)
    return [np.ascontiguousarray(column) for column in table.T]


def _rises(keys: Bytes) -> bool:
    """Tell whether each key is greater than the one before."""
    below = np.zeros(max(len(keys) - 1, 0), np.bool_)
    same = ~below
    for column in _columns(keys):
        below |= same & (column[:-1] < column[1:])
        same &= column[:-1] == column[1:]
    return bool(below.all())


def _total(amounts: npt.NDArray[np.int64]) -> int:
    """Add up what is not negative, without overflow."""
    high = int((amounts >> _HALF).sum())
    return (high << int(_HALF)) + int((amounts & np.int64((1 << 32) - 1)).sum())


def _refused(reason: str) -> SnapshotFormatError:
    return SnapshotFormatError(f"This is no snapshot of a ledger: {reason}; fetch it again.")
