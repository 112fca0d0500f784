"""How long records wait for their quorum, and whose signatures stand under what became final.

Fed with the node's events; nothing in them is taken on trust: the signatures under each final
checkpoint are verified by the run's own policy.
"""

from collections import deque
from dataclasses import dataclass

from ledger_core import Note, Policy, TanglewayError, verify_checkpoint


@dataclass(frozen=True, slots=True)
class Wait:
    """How long one record waited from its place in the log to its quorum."""

    position: int
    """Its place."""
    at_us: int
    """When it was accepted. [µs since the Unix epoch]"""
    wait_us: int
    """How long it waited. [µs]"""


class FinalityWatch:
    """Measures, record by record, how long it takes until a quorum stands by it.

    Args:
        policy: Whose signatures count.
    """

    def __init__(self, policy: Policy) -> None:
        self.waits: list[Wait] = []
        self.faults: list[str] = []
        self.size = 0
        self.root = b""
        self.signers: tuple[str, ...] = ()
        self.signed_last: dict[str, int] = {}
        self._policy = policy
        self._waiting: deque[tuple[int, int]] = deque()

    @property
    def waiting(self) -> int:
        """How many records are accepted and not final yet."""
        return len(self._waiting)

    def accepted(self, first: int, count: int, at_us: int) -> None:
        """Take note of records that were accepted.

        Args:
            first: Position of the first of them.
            count: How many there are.
            at_us: When the ledger applied them. [µs]
        """
        self._waiting.extend((position, at_us) for position in range(first, first + count))

    def final(self, note: bytes, at_us: int) -> Wait | None:
        """Take note of a checkpoint that is said to be final, and return its latest record's wait.

        Args:
            note: The checkpoint with its signatures.
            at_us: When the node told of it. [µs]
        """
        try:
            cosigned = verify_checkpoint(Note.parse(note), self._policy)
        except TanglewayError as error:
            self.faults.append(str(error))
            return None
        checkpoint = cosigned.checkpoint
        for name in cosigned.signed_at_s:
            self.signed_last[name] = max(self.signed_last.get(name, 0), checkpoint.size)
        if checkpoint.size >= self.size:
            self.size, self.root = checkpoint.size, checkpoint.root
            self.signers = tuple(cosigned.signed_at_s)
        covered = len(self.waits)
        while self._waiting and self._waiting[0][0] < checkpoint.size:
            position, since_us = self._waiting.popleft()
            self.waits.append(Wait(position, since_us, max(0, at_us - since_us)))
        return self.waits[-1] if len(self.waits) > covered else None
