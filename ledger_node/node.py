"""The node's core: messages in, messages out, one batch at a time; no socket, no thread.

::

    receive(message) ──► door ──► turn(): batch → rules → log → replies
           └► answers             finish(): indexes, tips, events

Whoever drives it (`ledger_node.server`, or a simulation) hands in what has arrived, sends what
comes back, and calls `turn` as long as something waits, `finish` behind each turn. It hands in
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
from ledger_node.codec import decode_request, encode, request_number
from ledger_node.columns import LOOKED_UP, Codes, Mask, Positions
from ledger_node.door import Door
from ledger_node.errors import RequestRefusedError
from ledger_node.evidence import Evidence, EvidenceQuestion
from ledger_node.limits import FRAMES_MAX
from ledger_node.log import Entry
from ledger_node.metrics import Counts
from ledger_node.notary import Notary
from ledger_node.protocol import Refusal, Refused, Submit, Verdicts
from ledger_node.reception import receive_submission
from ledger_node.state import State
from ledger_node.submission import Submission

__all__ = ["Message", "Node"]

Message = list[bytes]
"""Frames, the first of them the peer that sent or gets the message."""

DISTRUSTED_MAX = 4_096
"""Connections remembered for bad signatures; the longest distrusted one is forgotten first."""

KNOWN_MAX = 65_536
"""Accounts remembered by key (6 MB) before they are gathered anew: the ledger's arrays are made for
many look-ups at once, and a single one takes ten times as long as in a set."""

LOOKUP_COST = 8
"""What a record costs its lane on top when it may have been looked up on disk: some 0.2 ms, eight
signature checks. Whoever names unknown parents by the thousand pays with his own turns."""

COSIGNATURE_REFUSALS = (Refusal.COSIGNATURE_REFUSED, Refusal.OTHER_TREE)
"""Why a validator's signature is not taken."""

COMMON_LANE = b""
"""Stands for the issuer in the one lane that all records of a connection share whose issuers are
unknown, or not to be believed since that connection has sent bad signatures."""


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
    """

    def __init__(
        self,
        state: State,
        *,
        door: Door,
        notary: Notary,
        clock: Callable[[], int],
        random: Random,
    ) -> None:
        self._ledger = state.ledger
        self._log = state.log
        self._lookups = state.lookups
        self._tips = state.tips
        self._tree = state.tree
        self._at_us = state.at_us
        self._door = door
        self._clock = clock
        self._judged: _Judged | None = None
        self._under_way: set[tuple[bytes, int]] = set()
        self._distrusted: dict[bytes, None] = {}
        self._known: set[bytes] = set()
        self._announcer = Announcer(clock())
        self.evidence = Evidence(state, notary, self._announcer, clock=clock)
        self.counts = Counts()
        self.answers = Answers(state.ledger, state.lookups, state.tips, random=random, clock=clock)

    @property
    def waiting(self) -> bool:
        """Whether there is something to do in a turn."""
        return self._door.cost > 0

    def receive(self, message: Message) -> Message | None:
        """Take in a request.

        Args:
            message: Peer, header, and further frames.

        Returns:
            What to send back at once, or None when the answer comes with a turn.

        Raises:
            DamagedError: Index or log can not be read.
        """
        assert self._judged is None, "a turn is finished before anything else"
        peer, frames = message[0], message[1:]
        try:
            return self._handle(peer, frames)
        except RequestRefusedError as refusal:
            self.counts.refused_requests += 1
            if refusal.name in COSIGNATURE_REFUSALS:
                self.counts.refused_cosignatures += 1
            number = request_number(frames[0]) if frames else 0
            refused = Refused(request=max(number, 0), name=refusal.name, text=str(refusal))
            return [peer, encode(refused)]

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
        self.counts.validation_us.add(self._clock() - started_us)
        accepted = codes == Verdict.ACCEPTED
        positions = self._positions(records, codes)
        entry = None
        if accepted.any():
            entry = self._entry(batch, records, accepted)
            positions[accepted] = np.arange(entry.first, entry.first + entry.count)
            await self._append(entry)
        self._judged = _Judged(records, codes, entry)
        self._take_note(batch, codes)
        answered = batch.distribute(codes.tobytes(), positions.tobytes())
        ended_us = self._clock()
        self._door.served(batch.cost, (ended_us - started_us) / 1e6)
        self.counts.submission_us.add_all([ended_us - one.received_us for one in answered])
        return [self._reply(submission) for submission in answered]

    def finish(self) -> list[Message]:
        """Let everything know of the batch that was judged, and return the events.

        This stands apart from `turn` so that the replies need not wait for it.
        """
        judged, self._judged = self._judged, None
        assert judged is not None, "there was a turn"
        events = []
        if judged.entry is not None:
            self._remember(judged.entry, judged.records[judged.codes == Verdict.ACCEPTED])
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
        return [self._reply(submission) for submission in self._door.clear()]

    def metrics(self) -> Message:
        """Return the event that says how the node does; call it once a second."""
        return self._announcer.metrics(self._ledger, self._door, self.counts, at_us=self._clock())

    def _handle(self, peer: bytes, frames: list[bytes]) -> Message | None:
        if not 1 <= len(frames) <= FRAMES_MAX:
            raise RequestRefusedError(
                Refusal.MALFORMED_REQUEST,
                f"The request has {len(frames)} frames; send a header and at most two more.",
            )
        request = decode_request(frames[0])
        if isinstance(request, Submit):
            return self._submit(peer, request, frames[1:])
        self.counts.questions += 1
        if isinstance(request, EvidenceQuestion):
            return [peer, *self.evidence.answer(request, frames[1:])]
        return [peer, *self.answers.answer(request)]

    def _submit(self, peer: bytes, header: Submit, frames: list[bytes]) -> Message | None:
        """Queue a submission; a repetition of one that is under way has no effect."""
        if (peer, header.request) in self._under_way:
            return None
        submission = receive_submission(peer, header, frames)
        submission.received_us = self._clock()
        if submission.unanswered and self._door.admit(submission, self._lane(submission)):
            self._under_way.add((peer, header.request))
            if submission.payloads:
                self.counts.count(bytes(code for code in submission.codes if code))
            return None
        self.counts.count(bytes(submission.codes))
        return self._reply(submission)

    def _lane(self, submission: Submission) -> tuple[bytes, bytes]:
        """Return in which lane a submission waits, see `ledger_node.door`."""
        issuer = submission.issuer
        if submission.peer in self._distrusted or not self._is_known(issuer):
            issuer = COMMON_LANE
        return submission.peer, issuer

    def _is_known(self, issuer: bytes) -> bool:
        """Tell whether a key has an account; it never loses that again."""
        if issuer in self._known:
            return True
        if not self._ledger.has_account(issuer):
            return False
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known.add(issuer)
        return True

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

    def _remember(self, entry: Entry, records: Records) -> None:
        """Let look-ups and tips know of an entry that is durable."""
        ids = record_ids(records)
        self._lookups.add(records, ids, first=entry.first, at_us=entry.at_us)
        self._tree.append(ids)
        self._tips.add(records, ids, at=entry.at_us)

    def _take_note(self, batch: Batch, codes: Codes) -> None:
        """Charge lanes for look-ups, and note connections that sent bad signatures."""
        looked_up, forged = LOOKED_UP[codes], codes == Verdict.BAD_SIGNATURE
        if not (looked_up | forged).any():
            return
        start = 0
        for piece in batch.pieces:
            stop = start + piece.count
            cost = LOOKUP_COST * int(looked_up[start:stop].sum())
            self._door.charge(piece.submission, cost)
            if forged[start:stop].any():
                self._distrusted[piece.submission.peer] = None
            start = stop
        while len(self._distrusted) > DISTRUSTED_MAX:
            del self._distrusted[next(iter(self._distrusted))]
