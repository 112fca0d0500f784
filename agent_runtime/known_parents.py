"""Which parents of vouchers are on the ledger: a voucher that names any other would be refused."""

from collections import OrderedDict

from agent_runtime.ledger_port import LedgerPort
from ledger_core import RefusedError, parse_records

PARENTS_KEPT_MAX = 64
"""Parents that one session has seen to be on the ledger; a buyer names two or four at a time."""


class KnownParents:
    """Which parents of vouchers are on the ledger.

    A voucher that names an unknown parent would be refused at the end, so a seller asks before it
    counts one; parents seen before are not asked for again, so a voucher costs no ledger traffic
    while the buyer keeps its parents.

    Args:
        ledger: The node.
    """

    def __init__(self, ledger: LedgerPort) -> None:
        self._ledger = ledger
        self._known: OrderedDict[bytes, None] = OrderedDict()

    async def are_known(self, signed: bytes) -> bool:
        """Return whether both parents of the signed record are on the ledger.

        Raises:
            UnavailableError: When the node does not answer.
            MalformedRecordError: When the record is cut short.
        """
        record = parse_records(signed)[0]
        for parent in (record["parent_a"].tobytes(), record["parent_b"].tobytes()):
            if parent in self._known:
                continue
            try:
                found = await self._ledger.transaction(parent)
            except RefusedError:
                return False  # Pruned or never seen: neither is a parent that a node takes.
            if found is None:
                return False
            self._known[parent] = None
            if len(self._known) > PARENTS_KEPT_MAX:
                self._known.popitem(last=False)
        return True
