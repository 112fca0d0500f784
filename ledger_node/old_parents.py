"""Old parents: what a record names that is older than this validator's own records.

Who began with a snapshot, or has pruned, can not look such a parent up. The node has to prove that
it stands under the root of everything before this validator's records, a root that a quorum has
signed, and is believed no further than that.
"""

from collections.abc import Sequence

import numpy as np

from ledger_core import ID_SIZE, parse_records, record_ids
from ledger_node.client import LedgerClient
from ledger_node.log import Entry
from ledger_node.state import State

__all__ = ["prove_old_parents"]


async def prove_old_parents(client: LedgerClient, state: State, entries: Sequence[Entry]) -> None:
    """Have those parents of records proved that are not here; the look-ups know them afterwards.

    A parent that the node does not know either is left unknown, for the rules to say so.

    Args:
        client: Of the node, opened.
        state: This validator's ledger.
        entries: What is judged next.

    Raises:
        NodeSilentError: The node is away.
        PrunedError: The node no longer has such a parent.
        ForgedRecordError: A proof is false.
    """
    if not state.log.first:
        return
    ids = _unknown_parents(state, entries)
    if ids:
        tree = state.tree
        proved = await client.positions(ids, size=tree.base, root=tree.base_root)
        for record_id, position in proved.items():
            state.lookups.believe(record_id, position)


def _unknown_parents(state: State, entries: Sequence[Entry]) -> list[bytes]:
    """Return the ids of parents that neither the ledger nor the entries themselves have."""
    records = parse_records(b"".join(entry.records for entry in entries))
    rows = np.concatenate([records["parent_a"], records["parent_b"]])
    own = {row.tobytes() for row in record_ids(records)}
    others = sorted({row.tobytes() for row in rows} - own)
    if not others:
        return []
    found = state.ledger.positions(np.frombuffer(b"".join(others), np.uint8).reshape(-1, ID_SIZE))
    return [row for row, position in zip(others, found.tolist(), strict=True) if position < 0]
