"""An issuer: hands in records, whatever happens to the node meanwhile.

Everything that it hands in is valid. So whatever is refused shows that something was forgotten:
its account's number, a parent, a hold. What gets no answer is handed in again, the same bytes, and
so is now and then what was answered long ago: the answer has to be the first one.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from random import Random

import numpy as np

from benchmarks.crash.author import Author, Submission
from benchmarks.crash.witness import Witness
from ledger_core import KeyPair, Verdict, record_ids
from ledger_node import Answer, LedgerClient, NodeSilentError

__all__ = ["Gate", "Issuer", "Payload"]

REPEATED = 64
"""Submissions that are remembered, to be handed in again."""

REPEAT_SHARE = 0.1
"""How often something old is handed in again instead of something new."""

AT_THE_DOOR = frozenset({Verdict.RATE_LIMITED, Verdict.BUSY})
"""Verdicts that ask to come again, and say nothing about the record."""


class Gate:
    """Let issuers work for a while, or make them pause once their answers have come."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._idle = asyncio.Event()
        self._working = 0
        self._left = 0
        self._spent = asyncio.Event()
        self._idle.set()

    def open(self, submissions: int) -> None:
        """Let them work.

        Args:
            submissions: How many they may hand in, all of them together.
        """
        self._left = submissions
        self._spent.clear()
        self._open.set()

    async def spent(self) -> None:
        """Wait until all of it is handed in and answered."""
        await self._spent.wait()
        await self._idle.wait()

    async def close(self) -> None:
        """Make them pause; returns once nobody waits for an answer any more."""
        self._open.clear()
        await self._idle.wait()

    async def __aenter__(self) -> None:
        """Wait until work is allowed, and begin."""
        while not self._open.is_set():
            await self._open.wait()
        self._left -= 1
        if self._left <= 0:
            self._open.clear()
            self._spent.set()
        self._working += 1
        self._idle.clear()

    async def __aexit__(self, *error: object) -> None:
        """Be done with a piece of work."""
        self._working -= 1
        if not self._working:
            self._idle.set()


@dataclass(frozen=True, slots=True)
class Payload:
    """Remember what was carried beside a record."""

    record_id: bytes
    """The record's id, 32 bytes."""
    content: bytes
    """What was carried."""


class Issuer:
    """Hand in records for one account.

    Args:
        key_pair: The account's keys.
        author: Writes its records.
        client: Of the node, opened.
        witness: Hears every answer.
        chance: Decides what is handed in again.
    """

    def __init__(
        self,
        key_pair: KeyPair,
        author: Author,
        *,
        client: LedgerClient,
        witness: Witness,
        chance: Random,
    ) -> None:
        self.payloads: deque[Payload] = deque(maxlen=REPEATED)
        """What was carried lately beside records that were accepted."""
        self.unanswered = 0
        """How often no answer came in time."""
        self.waits_for = ""
        """What it waits for now, and what it heard of it last."""
        self.repeated = 0
        """How often something old was handed in again."""
        self._key_pair = key_pair
        self._author = author
        self._client = client
        self._witness = witness
        self._chance = chance
        self._done: deque[Submission] = deque(maxlen=REPEATED)

    async def work(self, gate: Gate) -> None:
        """Hand in one submission after the other until cancelled, whenever the gate is open.

        Args:
            gate: Says when.
        """
        while True:
            async with gate:
                if self._done and self._chance.random() < REPEAT_SHARE:
                    self.repeated += 1
                    await self._hand_in(self._chance.choice(self._done))
                else:
                    await self.issue(self._author.written())

    async def issue(self, submission: Submission) -> None:
        """Hand in something new, and go on behind it.

        Args:
            submission: What this issuer's author has written last.
        """
        if not await self._hand_in(submission):
            await self._find_place()
            return
        self._done.append(submission)
        self._author.holds += submission.holds
        self.payloads.extend(
            Payload(record_ids(submission.records[index]).tobytes(), content)
            for index, content in submission.payloads.items()
        )

    async def _hand_in(self, submission: Submission) -> bool:
        """Hand records in until each has its verdict; tell whether all are accepted."""
        records = np.stack(submission.records)
        ids = record_ids(records)
        self.waits_for = f"an answer to {len(records)} records"
        while True:
            try:
                answers = await self._client.submit(records, submission.payloads)
            except NodeSilentError as error:
                self.unanswered += 1
                self.waits_for = f"{len(records)} records, {error}"
                continue
            for row, answer in zip(ids, answers, strict=True):
                if answer.position is not None:
                    self._witness.hear(row.tobytes(), answer.position, source="an answer")
            self.waits_for = f"{len(records)} records, last {answers[-1].verdict.name}"
            if not any(answer.verdict in AT_THE_DOOR for answer in answers):
                self.waits_for = ""
                return self._all_accepted(ids.tobytes().hex(), answers)
            await asyncio.sleep(max(answer.retry_after_s or 0.0 for answer in answers))

    def _all_accepted(self, ids: str, answers: list[Answer]) -> bool:
        """Tell whether all are accepted; only a machine that slept may have let one expire."""
        refused = [answer.verdict for answer in answers if not answer.is_accepted]
        if refused and refused[0] is not Verdict.EXPIRED:
            self._witness.find(f"valid records {ids} were refused: {refused[0].name}")
        return not refused

    async def _find_place(self) -> None:
        """Go on behind a refusal with the number that the node expects."""
        self._author.holds.clear()
        try:
            account = await self._client.account(self._key_pair.public_key)
        except NodeSilentError:
            self.unanswered += 1
        else:
            self._author.sequence = account.next_sequence
