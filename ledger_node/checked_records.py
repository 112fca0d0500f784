"""Records from a node, believed only as far as they prove themselves."""

import numpy as np

from ledger_core import (
    RECORD_SIZE,
    Records,
    parse_records,
    record_ids,
    signed_parts,
    verify_batch,
)
from ledger_node.errors import ForgedRecordError

__all__ = ["CheckedTips", "whole_records"]

CHECKED_MAX = 1_024
"""Ids remembered once their record was checked, 100 kB: tips are offered more than once."""


class CheckedTips:
    """Check tips before anybody names them as parents, and remember the good ones."""

    def __init__(self) -> None:
        self._good: dict[bytes, None] = {}

    def ids(self, content: bytes) -> tuple[bytes, bytes]:
        """Return the ids of two records whose signatures are good.

        The ids are computed from the records, so there is nothing to forge about them.

        Args:
            content: Two records, one behind the other.

        Raises:
            ForgedRecordError: These are not two records, or a signature is false.
        """
        records = whole_records(content)
        if len(records) != 2:
            raise ForgedRecordError(
                f"The node offered {len(records)} tips instead of two; ask another node."
            )
        ids = [row.tobytes() for row in record_ids(records)]
        unknown = np.array([row not in self._good for row in ids])
        if unknown.any():
            self._check(records[unknown])
        for row in ids:
            self._good[row] = None
        while len(self._good) > CHECKED_MAX:
            del self._good[next(iter(self._good))]
        return ids[0], ids[1]

    def _check(self, records: Records) -> None:
        good = verify_batch(records["issuer"], signed_parts(records), records["signature"])
        if not good.all():
            raise ForgedRecordError(
                "The node offered a tip whose signature is false; name neither, ask another node."
            )


def whole_records(content: bytes) -> Records:
    """View what a node sent as records, shape (n,).

    Raises:
        ForgedRecordError: The last one is cut short.
    """
    if len(content) % RECORD_SIZE:
        raise ForgedRecordError("The node sent a record cut short; ask another node.")
    return parse_records(content)
