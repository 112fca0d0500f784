"""Questions: they wait their turn, so that readers starve neither submitters nor each other.

A question is answered at once while this round has time for questions and nobody else waits.
Otherwise it waits in the queue of its connection, and the connections take turns by the time that
their answers take: who asks for what is costly is answered less often, not later than others. What
an answer takes beyond the time of a round is missing from the next ones, so that submissions get
three quarters of the node however much is asked.
"""

from collections import deque
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ledger_node.answers import Answers, Question
from ledger_node.errors import RequestRefusedError
from ledger_node.evidence import Evidence, EvidenceQuestion
from ledger_node.headers import Refusal
from ledger_node.metrics import Counts
from ledger_node.reception import Message, refuse
from ledger_node.snapshot_answers import SnapshotAnswers
from ledger_node.snapshot_protocol import SnapshotRequest

__all__ = ["QUESTION_SIZE_MAX", "AnyQuestion", "Questions"]

AnyQuestion = Question | EvidenceQuestion | SnapshotRequest
"""All that can be asked."""

ROUND_US = 500
"""Time for questions in each round at least: a dozen easy ones. [µs]"""

ROUND_SHARE = 4
"""Behind a batch that took longer, questions may take as much as a batch of a fourth of it."""

TURN_US = 200
"""What a connection's turn is worth. [µs]"""

ASKER_MAX = 256
"""Questions that wait for one connection: more than any client asks at a time."""

ROOM_MAX = 4_096
"""Questions that wait in all."""

QUESTION_SIZE_MAX = 64 * 1_024
"""The largest question; only checkpoints with cosignatures have more than some hundred. [bytes]"""

ROOM_SIZE_MAX = 16 * 1_024 * 1_024
"""What the waiting ones may have together. [bytes]"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, and the frames with which it came."""

    question: AnyQuestion
    frames: list[bytes]
    size: int


@dataclass(slots=True)
class _Asker:
    """What waits for one connection."""

    peer: bytes
    queue: deque[_Asked] = field(default_factory=deque)
    left_us: int = 0


class Questions:
    """Answer questions in turn.

    Args:
        answers: Who knows the ledger.
        evidence: Who knows its log and checkpoints.
        snapshots: Who knows its snapshots.
        counts: What is counted.
        clock: Tells the time. [µs]
    """

    def __init__(
        self,
        answers: Answers,
        evidence: Evidence,
        snapshots: SnapshotAnswers,
        *,
        counts: Counts,
        clock: Callable[[], int],
    ) -> None:
        self._answers = answers
        self._evidence = evidence
        self._snapshots = snapshots
        self._counts = counts
        self._clock = clock
        self._askers: dict[bytes, _Asker] = {}
        self._turns: deque[_Asker] = deque()
        self._left_us = ROUND_US
        self._size = 0
        self.waiting = 0
        """How many wait."""
        self.deaf: AbstractSet[bytes] = frozenset()
        """Connections that take no answers now; theirs wait."""

    def ask(self, peer: bytes, question: AnyQuestion, frames: list[bytes]) -> Message | None:
        """Answer a question now, or let it wait.

        Args:
            peer: Whose question it is.
            question: What is asked.
            frames: The frames with which it came.

        Raises:
            RequestRefusedError: It is too large, or too many wait already.
            DamagedError: Index or log can not be read.
        """
        size = sum(map(len, frames))
        if size > QUESTION_SIZE_MAX:
            raise RequestRefusedError(
                Refusal.MESSAGE_TOO_LARGE,
                f"The request has {size} bytes, more than {QUESTION_SIZE_MAX}; ask for less.",
            )
        is_deaf = peer in self.deaf
        if not self.are_due and self._left_us > 0 and not is_deaf:
            return self._timed(peer, _Asked(question, frames, size))[0]
        asker = self._askers.get(peer)
        is_full = self.waiting >= ROOM_MAX or self._size + size > ROOM_SIZE_MAX
        if is_full or (asker is not None and (is_deaf or len(asker.queue) >= ASKER_MAX)):
            raise RequestRefusedError(
                Refusal.TOO_MANY_QUESTIONS,
                f"{self.waiting} requests wait for their answer; ask again when yours have theirs.",
            )
        if asker is None:
            asker = self._askers[peer] = _Asker(peer)
            self._turns.append(asker)
        asker.queue.append(_Asked(question, frames, size))
        self.waiting += 1
        self._size += size
        return None

    def answer(self, *, spent_us: int) -> list[Message]:
        """Begin a round: answer those that wait, as long as it has time for questions.

        Args:
            spent_us: What this round's batch took; 0 when there was none, then time does not
                matter. [µs]

        Returns:
            The answers.

        Raises:
            DamagedError: Index or log can not be read.
        """
        share_us = max(spent_us // ROUND_SHARE, ROUND_US)
        self._left_us = min(self._left_us + share_us, share_us) if spent_us else share_us
        answers: list[Message] = []
        passed = 0
        while passed < len(self._turns) and self._left_us > 0:
            asker = self._turns[0]
            self._turns.rotate(-1)
            passed += 1
            if asker.peer in self.deaf:
                continue
            passed = 0
            asker.left_us = min(asker.left_us + TURN_US, TURN_US)
            if asker.left_us > 0:
                asked = asker.queue.popleft()
                self.waiting -= 1
                self._size -= asked.size
                answer, took_us = self._timed(asker.peer, asked)
                answers.append(answer)
                asker.left_us -= took_us
                if not asker.queue:
                    self._turns.remove(asker)
                    del self._askers[asker.peer]
        return answers

    @property
    def are_due(self) -> bool:
        """Whether questions wait of somebody who takes answers."""
        return bool(self.waiting) and not self._askers.keys() <= self.deaf

    def _timed(self, peer: bytes, asked: _Asked) -> tuple[Message, int]:
        """Answer a question, and return how long that took, too. [µs]"""
        begin_us = self._clock()
        self._counts.questions += 1
        try:
            if isinstance(asked.question, EvidenceQuestion):
                answer = self._evidence.answer(asked.question, asked.frames[1:])
            elif isinstance(asked.question, SnapshotRequest):
                answer = self._snapshots.answer(asked.question, asked.frames[1:])
            else:
                answer = self._answers.answer(asked.question)
        except RequestRefusedError as refusal:
            self._counts.refuse(refusal.name)
            answer = refuse(peer, asked.frames, refusal)[1:]
        took_us = max(self._clock() - begin_us, 0)
        self._left_us -= took_us
        return [peer, *answer], took_us
