"""What the indexes say about records: which keys each one is found by."""

from collections.abc import Callable, Iterator

import numpy as np

from ledger_core import ID_SIZE, Bytes, Kind, Records
from ledger_node.index_pages import IndexKind, Keys, Positions, keys_of

__all__ = ["EntrySource"]

_PARTIES = slice(72, 136)
"""Where issuer and target stand within a record. [bytes]"""

_CLOSING = (Kind.SETTLE, Kind.RELEASE, Kind.RECLAIM)
"""Kinds that name a hold as their target, and so do not name its other party."""


class EntrySource:
    """Find the keys of records, in the ledger's order.

    It remembers the two parties of every open hold, since the record that closes one names only
    the hold and is still part of both accounts' history. Open holds are bounded by what accounts
    have, and each is forgotten when it closes.

    Args:
        look_up: Tells the parties of a hold that was opened before the first record came here,
            64 bytes, or nothing where nobody knows.
    """

    def __init__(self, look_up: Callable[[bytes], bytes] = lambda _: b"") -> None:
        self._parties: dict[bytes, bytes] = {}
        self.look_up = look_up

    @property
    def holds(self) -> int:
        """How many open holds are remembered."""
        return len(self._parties)

    def know(self, hold_id: bytes, parties: bytes) -> None:
        """Know payer and payee of an open hold, joined, 64 bytes."""
        self._parties[hold_id] = parties

    def entries(
        self, records: Records, ids: Bytes, positions: Positions
    ) -> dict[IndexKind, tuple[Keys, Positions]]:
        """Return keys and positions of each kind.

        Args:
            records: The next accepted records, shape (n,).
            ids: Their ids, shape (n, 32).
            positions: Their positions, shape (n,).
        """
        parents = np.concatenate([records["parent_a"], records["parent_b"]])
        return {
            IndexKind.ID: (keys_of(ids), positions),
            IndexKind.ACCOUNT: self._accounts(records, ids, positions),
            IndexKind.PARENT: (keys_of(parents), np.concatenate([positions, positions])),
        }

    def _accounts(
        self, records: Records, ids: Bytes, positions: Positions
    ) -> tuple[Keys, Positions]:
        targeted = records["target"].any(axis=1)
        rows = [records["issuer"], records["target"][targeted]]
        places = [positions, positions[targeted]]
        others = list(self._other_parties(records, ids))
        if others:
            found = np.frombuffer(b"".join(key for _, key in others), np.uint8)
            rows.append(found.reshape(-1, ID_SIZE))
            places.append(positions[[index for index, _ in others]])
        return keys_of(np.concatenate(rows)), np.concatenate(places)

    def _other_parties(self, records: Records, ids: Bytes) -> Iterator[tuple[int, bytes]]:
        """Yield index and other party of each record that closes a hold, and note new holds."""
        for index in np.flatnonzero(records["kind"] >= Kind.HOLD).tolist():
            record = records[index]
            if record["kind"] == Kind.HOLD:
                self._parties[ids[index].tobytes()] = record.tobytes()[_PARTIES]
                continue
            assert record["kind"] in _CLOSING, "other kinds do not touch holds"
            target = record["target"].tobytes()
            parties = self._parties.pop(target, b"") or self.look_up(target)
            payer, payee = parties[:ID_SIZE], parties[ID_SIZE:]
            issuer = record["issuer"].tobytes()
            if parties and payer != payee:
                yield index, payee if issuer == payer else payer
