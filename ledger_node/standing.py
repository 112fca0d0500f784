"""Standing: in which lane a submission waits, from what is known of its issuer and connection."""

from ledger_core import Ledger
from ledger_node.lanes import LaneKey
from ledger_node.submission import Submission

__all__ = ["COMMON_LANE", "Standing"]

DISTRUSTED_MAX = 4_096
"""Connections remembered for bad signatures; the longest distrusted one is forgotten first."""

KNOWN_MAX = 65_536
"""Accounts remembered by key (6 MB) before they are gathered anew: the ledger's arrays are made for
many look-ups at once, and a single one takes ten times as long as in a set."""

COMMON_LANE = b""
"""Stands for the issuer in the one lane that all records of a connection share whose issuers are
unknown, or not to be believed since that connection has sent bad signatures."""


class Standing:
    """Know who has an account, and which connections have sent bad signatures.

    Args:
        ledger: Who has an account.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._distrusted: dict[bytes, None] = {}
        self._known: set[bytes] = set()

    def lane(self, submission: Submission) -> LaneKey:
        """Return in which lane a submission waits."""
        issuer = submission.issuer
        is_known = issuer in self._known or self._is_known(issuer)
        if not is_known or submission.peer in self._distrusted:
            issuer = COMMON_LANE
        return submission.peer, issuer

    def distrust(self, peer: bytes) -> None:
        """Note that a connection has sent a bad signature."""
        self._distrusted[peer] = None
        while len(self._distrusted) > DISTRUSTED_MAX:
            del self._distrusted[next(iter(self._distrusted))]

    def _is_known(self, issuer: bytes) -> bool:
        """Tell whether a key has an account; it never loses that again."""
        if not self._ledger.has_account(issuer):
            return False
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known.add(issuer)
        return True
