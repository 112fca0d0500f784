"""The door: everybody waits in a lane of their own, and the lanes take turns.

**Lanes.** A submission waits in the lane of whoever issued its first record, on the connection it
came by: naming somebody else as issuer can not fill the lane that the real one uses on its own
connection. Which lane that is, is the node's to say (`ledger_node.node`); records of unknown
issuers share one lane a connection, so inventing issuers wins no turns.

**Order.** Records of one submission are never reordered and never overtake each other, even when
they are spread over batches, so later ones may stand on earlier ones (spend what they brought,
name them as parents, close their holds), whoever issued them. Submissions of one lane keep their
order, too. Nothing is promised between lanes: who pipelines records of several issuers that
depend on each other puts them into one submission, or awaits the first answer. A submission of
many issuers is charged to its first one alone; that is the price of its order.

**Turns.** Deficit round robin: a batch is one round, in which every lane may send records worth
its quantum, plus what it could not use while it waited. So a lone lane fills a small batch fast,
many lanes fill a large one, and whoever floods waits in a lane of its own. Records that made the
node look things up on disk are charged for that afterwards (`charge`), in the lane's next turns.

**Room.** Each lane and all lanes together are bounded; the last quarter of the room is for lanes in
which nothing waits, so a flood of some never locks out the others.
"""

from collections import deque
from dataclasses import dataclass, field

from ledger_core import BATCH_MAX, Verdict
from ledger_node.submission import Piece, Submission

__all__ = ["LANE_COST_MAX", "QUANTUM", "ROOM_COST_MAX", "Door"]

QUANTUM = 256
"""What a lane may send in a round. [records]

256 signature checks take about 6 ms on two cores: what a stranger waits, at most, for each lane
that floods. It is also enough to make the fixed cost of a batch (an fsync) small beside it.
"""

LANE_COST_MAX = 2 * BATCH_MAX
"""What may wait in one lane: two full submissions, one being worked on, one behind. [records]"""

ROOM_COST_MAX = 16 * BATCH_MAX
"""What may wait in all lanes: 16 MiB of records, or 64 MiB of payloads at most. [records]"""

NEWCOMERS_SHARE = 0.25
"""Share of the room that only lanes in which nothing waits may use."""

RETRY_AFTER_MIN_S = 0.02
"""Coming back sooner than after a batch or two is of no use. [s]"""

RETRY_AFTER_MAX_S = 5.0
"""A longer wait would outlast the patience of those who asked. [s]"""

RATE_START = 10_000.0
"""Rate to reckon with before any was measured. [records/s]"""

RATE_WEIGHT = 0.1
"""How much the newest batch counts in the measured rate: it follows within some ten batches."""


@dataclass(slots=True)
class Lane:
    """Hold what waits for one issuer on one connection."""

    key: tuple[bytes, bytes]
    """Connection and issuer."""
    queue: deque[Submission] = field(default_factory=deque)
    """Submissions, first come first served."""
    cost: int = 0
    """What they cost together. [records]"""
    deficit: int = 0
    """What the lane may still send in this round. [records]"""
    in_round: bool = False
    """Whether the lane got its quantum already and was cut off by the end of the batch."""


class Door:
    """Queue submissions fairly and hand out pieces of them for batches.

    Args:
        lane_max: What may wait in one lane. [records]
        room_max: What may wait in all lanes. [records]
        quantum: What a lane may send in a round. [records]
    """

    def __init__(
        self,
        *,
        lane_max: int = LANE_COST_MAX,
        room_max: int = ROOM_COST_MAX,
        quantum: int = QUANTUM,
    ) -> None:
        self._lane_max = lane_max
        self._room_max = room_max
        self._quantum = quantum
        self._lanes: dict[tuple[bytes, bytes], Lane] = {}
        self._turns: deque[Lane] = deque()
        self._rate = RATE_START
        self.cost = 0

    @property
    def lanes(self) -> int:
        """In how many lanes something waits."""
        return len(self._lanes)

    @property
    def issuers(self) -> int:
        """Of how many issuers something waits; all unknown ones count as one."""
        return len({issuer for _, issuer in self._lanes})

    def admit(self, submission: Submission, key: tuple[bytes, bytes]) -> bool:
        """Queue a submission, or turn it away for lack of room.

        Args:
            submission: What was handed in; it holds its verdicts when it is turned away.
            key: Connection and issuer whose lane it waits in.

        Returns:
            Whether it waits now.
        """
        lane = self._lanes.get(key)
        waiting = 0 if lane is None else lane.cost
        if waiting and waiting + submission.cost > self._lane_max:
            submission.turn_away(Verdict.RATE_LIMITED, self._soon(waiting * self.lanes))
            return False
        share = 1.0 - NEWCOMERS_SHARE if waiting else 1.0
        if self.cost + submission.cost > self._room_max * share:
            submission.turn_away(Verdict.BUSY, self._soon(self.cost))
            return False
        if lane is None:
            lane = self._lanes[key] = Lane(key)
            self._turns.append(lane)
        submission.lane = key
        lane.queue.append(submission)
        lane.cost += submission.cost
        self.cost += submission.cost
        return True

    def take(self) -> list[Piece]:
        """Take the next batch: one round through all lanes, cut off at the size of a batch.

        Where all lanes have to pay charges off first, rounds go by until one has.
        """
        pieces: list[Piece] = []
        while self._turns and not pieces:
            self._round(pieces)
        return pieces

    def charge(self, submission: Submission, cost: int) -> None:
        """Charge a lane for what its records cost beyond their number, in its next turns.

        Args:
            submission: Whose lane.
            cost: What they cost on top. [records]
        """
        lane = self._lanes.get(submission.lane)
        if lane is not None:
            lane.deficit -= cost

    def served(self, cost: int, seconds: float) -> None:
        """Note how long a batch took, from which the waits of others are reckoned."""
        if seconds > 0:
            self._rate += RATE_WEIGHT * (cost / seconds - self._rate)

    def clear(self) -> list[Submission]:
        """Turn everybody away that still waits, since the node stops."""
        waiting = [submission for lane in self._turns for submission in lane.queue]
        for submission in waiting:
            submission.turn_away(Verdict.BUSY, RETRY_AFTER_MAX_S)
        self._lanes.clear()
        self._turns.clear()
        self.cost = 0
        return waiting

    def _round(self, pieces: list[Piece]) -> None:
        """Let every lane send what its turn allows, as long as there is room in the batch."""
        room = BATCH_MAX
        for _ in range(len(self._turns)):
            lane = self._turns[0]
            if not lane.in_round:
                lane.deficit += self._quantum
                lane.in_round = True
            room -= self._take_from(lane, pieces, room)
            if lane.queue and lane.deficit > room:
                break  # the lane goes on with what is left of its quantum, first in the next batch
            lane.in_round = False
            self._turns.rotate(-1)
            if not lane.queue:
                self._close(lane)
            if room == 0:
                break

    def _take_from(self, lane: Lane, pieces: list[Piece], room: int) -> int:
        """Move what a lane may send into a batch, and return what that costs. [records]"""
        taken = 0
        while lane.queue:
            submission = lane.queue[0]
            piece = submission.take(max(min(lane.deficit, room - taken), 0))
            if piece is not None:
                pieces.append(piece)
                taken += piece.cost
                lane.deficit -= piece.cost
            if submission.cost:
                if piece is None:
                    break
                continue
            lane.queue.popleft()
        lane.cost -= taken
        self.cost -= taken
        return taken

    def _close(self, lane: Lane) -> None:
        """Forget a lane in which nothing waits any more."""
        assert lane.cost == 0, "an empty lane costs nothing"
        assert self._turns[-1] is lane, "a lane closes when it had its turn"
        self._turns.pop()
        del self._lanes[lane.key]

    def _soon(self, cost: int) -> float:
        """Return when so much will have been worked off, within sensible bounds. [s]"""
        wait_s = cost / max(self._rate, 1.0)
        return min(max(wait_s, RETRY_AFTER_MIN_S), RETRY_AFTER_MAX_S)
