"""The door: everybody waits in a lane of their own, and the lanes take turns.

**Lanes.** A submission waits in the lane of whoever issued its first record, on the connection it
came by: naming somebody else as issuer can not fill the lane that the real one uses on its own
connection. Which lane that is, is the node's to say (`ledger_node.standing`); records of unknown
issuers share one lane a connection, so inventing issuers wins no turns.

**Order.** Records of one submission are never reordered and never overtake each other, even when
they are spread over batches, so later ones may stand on earlier ones (spend what they brought,
name them as parents, close their holds), whoever issued them. Submissions of one lane keep their
order, too. Nothing is promised between lanes: who pipelines records of several issuers that
depend on each other puts them into one submission, or awaits the first answer. A submission of
many issuers is charged to its first one alone; that is the price of its order.

**Turns.** Deficit round robin: a batch is one round, in which every lane may send records worth
its turn, plus what it could not use while it waited. An issuer's turn is the quantum, shared by the
lanes that it has on all connections; where others are about, it is worth no more than `TURN_S` of
judging for each that waits: whoever comes while one floods waits for one short batch, and is in the
next one, and in a crowd batches are as long as they have to be. A lane whose
records made the node look things up on disk has a shorter turn, by the time that took.

**Room.** Each lane and all lanes together are bounded; the last quarter of the room is for lanes in
which nothing waits, so a flood of some never locks out the others. Payloads are looked at once
there is room for them.
"""

from collections import deque
from collections.abc import Sequence

from ledger_core import BATCH_MAX, Verdict
from ledger_node.lanes import Lane, LaneKey, LookedUp, Share
from ledger_node.pace import Pace
from ledger_node.submission import Piece, Submission

__all__ = ["LANE_COST_MAX", "QUANTUM", "ROOM_COST_MAX", "Door"]

QUANTUM = 256
"""What an issuer may send in a round. [records]

That is enough to make the fixed cost of a batch (an fsync) small beside it.
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

TURN_MIN = 16
"""What an issuer's turn is worth at least, however slow the machine: less would leave a batch to
its fixed cost. [records]"""

ABOUT_BATCHES = 1_024
"""For how many batches an issuer counts as being about after something of it waited: a second or
two of short ones, in which who hands in one record at a time comes back."""

HEAVY_LANES_MAX = 4_096
"""Lanes remembered for costly records; the longest remembered one is forgotten first."""

LIGHT = 1.1
"""What weighs no more than this is like any other."""

FORGETTING = 0.98
"""What is left of a lane's weight in its next turn, unless it sends such records again."""


class Door:
    """Queue submissions fairly and hand out pieces of them for batches.

    Args:
        lane_max: What may wait in one lane. [records]
        room_max: What may wait in all lanes. [records]
        quantum: What an issuer may send in a round. [records]
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
        self._lanes: dict[LaneKey, Lane] = {}
        self._shares: dict[bytes, Share] = {}
        self._turns: deque[Lane] = deque()
        self._weights: dict[LaneKey, float] = {}
        self._pace = Pace()
        self._batches = 0
        self._shared_at = -ABOUT_BATCHES
        self.cost = 0

    @property
    def lanes(self) -> int:
        """In how many lanes something waits."""
        return len(self._lanes)

    @property
    def issuers(self) -> int:
        """Of how many issuers something waits; all unknown ones count as one."""
        return len(self._shares)

    def admit(self, submission: Submission, key: LaneKey) -> bool:
        """Queue a submission, or turn it away for lack of room or of anything to judge.

        Args:
            submission: What was handed in; all its records have verdicts when it is not queued.
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
        submission.check_payloads()
        if not submission.unanswered:
            return False
        if lane is None:
            lane = self._open(key)
        submission.lane = key
        lane.queue.append(submission)
        lane.cost += submission.cost
        self.cost += submission.cost
        return True

    def take(self) -> list[Piece]:
        """Take the next batch: one round through all lanes, cut off at the size of a batch.

        Where no lane's turn reaches for what waits in it, turns are twice as long in the next
        round, until the first one does.
        """
        self._batches += 1
        if len(self._shares) > 1:
            self._shared_at = self._batches
        pieces: list[Piece] = []
        times = 1
        while self._turns and not pieces:
            self._round(pieces, times)
            times *= 2
        return pieces

    def served(
        self,
        cost: int,
        seconds: float,
        *,
        judging_s: float = 0.0,
        looked_up: Sequence[LookedUp] = (),
    ) -> None:
        """Note how long a batch took, from which waits and turns are reckoned.

        Args:
            cost: What it cost. [records]
            seconds: From its taking to its answers. [s]
            judging_s: What of that signatures and rules took. [s]
            looked_up: Pieces of which records were looked up on disk.
        """
        lookups = sum(one.lookups for one in looked_up)
        weight = self._pace.note(cost, seconds, judging_s=judging_s, lookups=lookups)
        for one in looked_up:
            self._weigh(one.lane, 1.0 + (weight - 1.0) * one.lookups / one.count)

    def clear(self) -> list[Submission]:
        """Turn everybody away that still waits, since the node stops."""
        waiting = [submission for lane in self._turns for submission in lane.queue]
        for submission in waiting:
            submission.turn_away(Verdict.BUSY, RETRY_AFTER_MAX_S)
        self._lanes.clear()
        self._shares.clear()
        self._turns.clear()
        self.cost = 0
        return waiting

    def _open(self, key: LaneKey) -> Lane:
        share = self._shares.setdefault(key[1], Share())
        share.lanes += 1
        lane = self._lanes[key] = Lane(key, share)
        self._turns.append(lane)
        return lane

    def _round(self, pieces: list[Piece], times: int) -> None:
        """Let every lane send what its turn allows, as long as there is room in the batch."""
        room = max(self._pace.batch_records, self._quantum)
        turn = self._turn() * times
        for _ in range(len(self._turns)):
            lane = self._turns[0]
            if not lane.in_round:
                lane.deficit += self._part(lane, turn)
                lane.in_round = True
            room -= self._take_from(lane, pieces, room)
            if lane.queue and lane.deficit > room:
                break  # the lane goes on with what is left of its turn, first in the next batch
            lane.in_round = False
            self._turns.rotate(-1)
            if not lane.queue:
                self._close(lane)
            if room == 0 or (pieces and times > 1):
                break

    def _turn(self) -> int:
        """Return what an issuer may send in a round. [records]"""
        if self._batches - self._shared_at >= ABOUT_BATCHES:
            return self._quantum
        turn = max(self._pace.turn_records, TURN_MIN) * len(self._shares)
        return min(turn, self._quantum)

    def _part(self, lane: Lane, turn: int) -> float:
        """Return a lane's part of its issuer's turn. [records]"""
        part = turn / lane.share.lanes
        weight = self._weights.pop(lane.key, 1.0) if self._weights else 1.0
        if weight > LIGHT:
            self._weights[lane.key] = weight * FORGETTING
        return part / weight

    def _take_from(self, lane: Lane, pieces: list[Piece], room: int) -> int:
        """Move what a lane may send into a batch, and return what that costs. [records]"""
        taken = 0
        while lane.queue:
            submission = lane.queue[0]
            piece = submission.take(max(min(int(lane.deficit), room - taken), 0))
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
        lane.share.lanes -= 1
        if not lane.share.lanes:
            del self._shares[lane.key[1]]

    def _weigh(self, key: LaneKey, weight: float) -> None:
        """Remember what a lane's records weigh; it is forgotten turn by turn."""
        self._weights[key] = max(weight, self._weights.pop(key, 1.0))
        while len(self._weights) > HEAVY_LANES_MAX:
            del self._weights[next(iter(self._weights))]

    def _soon(self, cost: int) -> float:
        """Return when so much will have been worked off, within sensible bounds. [s]"""
        wait_s = cost / self._pace.rate
        return min(max(wait_s, RETRY_AFTER_MIN_S), RETRY_AFTER_MAX_S)
