"""The node's core: messages in, messages out, one batch at a time; no socket, no thread.

::

    receive(message) ──► door ──► turn(): batch → rules → log → replies
           └► questions           finish(): indexes, tips, events
                └► answer()

Whoever drives it (`ledger_node.server`, or a simulation) hands in what has arrived, sends what
comes back, and calls `turn` as long as something waits, `finish` behind each turn, and `answer`
then or when nothing waits. It hands in
nothing before both are done, so no question is answered from what is not durable yet, and what
arrives meanwhile is the next batch.

Replies and events leave only behind a turn that ended well: when the log fails, `turn` raises and
nobody has heard of the batch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np

from ledger_core import Records, Verdict, record_ids
from ledger_node.announcer import Announcer
from ledger_node.answers import Answers
from ledger_node.batch import Batch
from ledger_node.codec import encode
from ledger_node.columns import Codes, Mask, Positions
from ledger_node.door import Door
from ledger_node.errors import RequestRefusedError
from ledger_node.evidence import Evidence
from ledger_node.log import Entry
from ledger_node.metrics import Counts
from ledger_node.notary import Notary
from ledger_node.payees import Payees
from ledger_node.protocol import Submit, Verdicts
from ledger_node.questions import Questions
from ledger_node.reception import Message, receive_request, receive_submission, refuse
from ledger_node.settling import Settling
from ledger_node.snapshot_answers import SnapshotAnswers
from ledger_node.standing import Standing
from ledger_node.state import State
from ledger_node.submission import Submission

__all__ = ["Message", "Node"]


@dataclass(frozen=True, slots=True)
class _Judged:
    """Hold a judged batch until everything knows of it."""

    records: Records
    """The records, shape (n,)."""
    codes: Codes
    """Their verdicts."""
    entry: Entry | None
    """What of it went into the log."""


class Node:
    """Judge submissions and answer questions.

    Args:
        state: The opened ledger.
        door: Where submissions wait.
        notary: Who signs checkpoints of the ledger's tree.
        clock: Tells the time; the ledger's never runs backwards even if this does. [µs]
        random: Where chance comes from, for choosing tips.
        payees: The rule that a SETTLE comes from its payee; None takes it from anybody.
    """

    def __init__(
        self,
        state: State,
        *,
        door: Door,
        notary: Notary,
        clock: Callable[[], int],
        random: Random,
        payees: Payees | None = None,
    ) -> None:
        self._ledger = state.ledger
        self._log = state.log
        self._at_us = state.at_us
        self._door = door
        self._payees = payees
        self._clock = clock
        self._judged: _Judged | None = None
        self._under_way: set[tuple[bytes, int]] = set()
        self._standing = Standing(state.ledger)
        self._spent_us = 0
        self._announcer = Announcer(clock())
        self._settling = Settling(state)
        self.counts = Counts()
        self._evidence = Evidence(state, notary, self._announcer, clock=clock)
        self.answers = Answers(state.ledger, state.lookups, state.tips, random=random, clock=clock)
        self.questions = Questions(
            self.answers, self._evidence, SnapshotAnswers(state), counts=self.counts, clock=clock
        )

    @property
    def waiting(self) -> bool:
        """Whether there is something to do in a turn."""
        return self._door.cost > 0

    @property
    def asked(self) -> bool:
        """Whether questions wait that can be answered."""
        return self.questions.are_due

    @property
    def evidence(self) -> Evidence:
        """What is shown to those who do not want to believe; it knows of all batches."""
        self._settling.settle()
        return self._evidence

    def receive(self, message: Message, sender: bytes = b"") -> Message | None:
        """Take in a request.

        Args:
            message: Peer, header, and further frames.
            sender: CURVE key of the connection, where that is asked for.

        Returns:
            What to send back at once, or None when the answer comes with a turn.

        Raises:
            DamagedError: Index or log can not be read.
        """
        assert self._judged is None, "a turn is finished before anything else"
        peer, frames = message[0], message[1:]
        try:
            return self._handle(peer, frames, sender)
        except RequestRefusedError as refusal:
            self.counts.refuse(refusal.name)
            return refuse(peer, frames, refusal)

    def answer(self) -> list[Message]:
        """Answer questions that wait, as long as there is time; call it once behind each turn.

        Raises:
            DamagedError: Index or log can not be read.
        """
        spent_us, self._spent_us = self._spent_us, 0
        if self.asked:
            self._settling.settle()
        return self.questions.answer(spent_us=spent_us)

    async def turn(self) -> list[Message]:
        """Judge the next batch, write what is accepted, and return the replies; then `finish`.

        Raises:
            LogWriteError: The log could not be written; stop, nobody has heard of the batch.
            DamagedError: Index or log can not be read; stop.
        """
        assert self._judged is None, "a turn is finished before the next one"
        started_us = self._clock()
        self._at_us = max(self._at_us, started_us)
        batch = Batch(self._door.take())
        records = batch.records()
        codes = self._ledger.apply(records, at=self._at_us)
        judging_us = self._clock() - started_us
        self.counts.validation_us.add(judging_us)
        accepted = codes == Verdict.ACCEPTED
        positions = self._positions(records, codes)
        entry = None
        if accepted.any():
            entry = self._entry(batch, records, accepted)
            positions[accepted] = np.arange(entry.first, entry.first + entry.count)
            await self._append(entry)
        self._judged = _Judged(records, codes, entry)
        answered = batch.distribute(codes.tobytes(), positions.tobytes())
        ended_us = self._clock()
        self._spent_us = ended_us - started_us
        self._door.served(
            batch.cost,
            self._spent_us / 1e6,
            judging_s=judging_us / 1e6,
            looked_up=batch.looked_up(codes, distrust=self._standing.distrust),
        )
        self.counts.submission_us.add_all([ended_us - one.received_us for one in answered])
        return [self._reply(submission) for submission in answered]

    def finish(self) -> list[Message]:
        """Have everything learn of the batch that was judged, and return the events.

        This stands apart from `turn` so that the replies need not wait for it.
        """
        judged, self._judged = self._judged, None
        assert judged is not None, "there was a turn"
        events = []
        if judged.entry is not None:
            self._settling.add(judged.entry, judged.records[judged.codes == Verdict.ACCEPTED])
            events.append(self._announcer.accepted(judged.entry))
        if (judged.codes > Verdict.ALREADY_ACCEPTED).any():
            event = self._announcer.refused(judged.records, judged.codes, at_us=self._at_us)
            events.append(event)
        self.counts.batches += 1
        self.counts.judged += len(judged.codes)
        self.counts.batch_records.add(len(judged.codes))
        self.counts.count(judged.codes.tobytes())
        return events

    def stop(self) -> list[Message]:
        """Turn everybody away that still waits, and return what to send them."""
        self._settling.settle()
        return [self._reply(submission) for submission in self._door.clear()]

    def take_events(self) -> list[Message]:
        """Return the events that came of checkpoints and cosignatures, each once."""
        return self._evidence.take_events()

    def metrics(self) -> Message:
        """Return the event that says how the node does; call it once a second.

        Raises:
            LogWriteError: The log is not this node's to write any more; stop.
        """
        self._log.check()
        return self._announcer.metrics(self._ledger, self._door, self.counts, at_us=self._clock())

    def _handle(self, peer: bytes, frames: list[bytes], sender: bytes) -> Message | None:
        request = receive_request(frames)
        if isinstance(request, Submit):
            return self._submit(receive_submission(peer, request, frames[1:]), sender)
        self._settling.settle()
        return self.questions.ask(peer, request, frames)

    def _submit(self, submission: Submission, sender: bytes) -> Message | None:
        """Queue a submission; a repetition of one that is under way has no effect."""
        asked = submission.peer, submission.request
        if asked in self._under_way:
            return None
        submission.received_us = self._clock()
        if self._payees is not None:
            self._payees.look_at(submission, sender)
        if submission.unanswered and self._door.admit(submission, self._standing.lane(submission)):
            self._under_way.add(asked)
            if submission.unanswered < submission.count:
                self.counts.count(bytes(code for code in submission.codes if code))
            return None
        self.counts.count(bytes(submission.codes))
        return self._reply(submission)

    def _reply(self, submission: Submission) -> Message:
        self._under_way.discard((submission.peer, submission.request))
        header = Verdicts(request=submission.request, retry_after_s=submission.retry_after_s)
        return [submission.peer, encode(header), bytes(submission.codes + submission.positions)]

    def _positions(self, records: Records, codes: Codes) -> Positions:
        """Return the first positions of repeated records, -1 for all others."""
        positions = np.full(len(codes), -1, "<i8")
        repeated = np.flatnonzero(codes == Verdict.ALREADY_ACCEPTED)
        if not len(repeated):
            return positions
        for index, row in zip(repeated.tolist(), record_ids(records[repeated]), strict=True):
            first = self._ledger.position(row.tobytes())
            assert first is not None, "what was accepted has a position"
            positions[index] = first
        return positions

    def _entry(self, batch: Batch, records: Records, accepted: Mask) -> Entry:
        """Put the accepted records and their payloads into an entry of the log."""
        first = self._log.size
        places = first - 1 + np.cumsum(accepted)
        return Entry(
            first=first,
            at_us=self._at_us,
            records=records[accepted].tobytes(),
            payloads=tuple(
                (int(places[index]), payload)
                for index, payload in sorted(batch.payloads().items())
                if accepted[index]
            ),
        )

    async def _append(self, entry: Entry) -> None:
        started_us = self._clock()
        await self._log.append(entry)
        self.counts.written += 1
        took_us = self._clock() - started_us
        self.counts.write_us += took_us
        self.counts.log_write_us.add(took_us)
