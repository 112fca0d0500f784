"""Alarms of a node: validators that stand by another tree than its log has.

Who lies is told from who lies again: a lie is told to everybody once, and counted as often as it
is handed in. Otherwise one who repeats an old lie, be it a stranger who has caught it, could drown
everything else in alarms.
"""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256

import structlog

from ledger_node.errors import OtherTreeError

__all__ = ["AlarmBook"]


class AlarmBook:
    """Remember which validators have signed other trees, for one run of a node."""

    def __init__(self) -> None:
        self._refused: Counter[str] = Counter()
        self._latest: dict[str, bytes] = {}
        self._log = structlog.get_logger()

    @property
    def refused(self) -> Mapping[str, int]:
        """How often each validator's signature was refused since the node's start, by name."""
        return self._refused

    def take(self, error: OtherTreeError, note: bytes) -> bool:
        """Count a lie, and log it if it is a new one.

        Args:
            error: Who stands by what.
            note: What was handed in.

        Returns:
            Whether it is a new one, which everybody should hear of.
        """
        names = error.names.split(", ")
        digest = sha256(note).digest()
        is_new = any(self._latest.get(name) != digest for name in names)
        for name in names:
            self._refused[name] += 1
            self._latest[name] = digest
        if is_new:
            self._log.critical("alarm", validators=error.names, size=error.size, reason=str(error))
        return is_new
