"""Evidence: what a node shows to those who do not want to believe it."""

from collections.abc import Callable, Mapping
from typing import assert_never

from ledger_core import RECORD_SIZE, Kind, Note, NoteFormatError
from ledger_node.alarms import AlarmBook
from ledger_node.announcer import Announcer
from ledger_node.codec import encode
from ledger_node.errors import OtherTreeError, PrunedError, RequestRefusedError
from ledger_node.headers import Refusal
from ledger_node.limits import LOG_PART_BATCHES, LOG_PART_RECORDS
from ledger_node.log import Entry
from ledger_node.notary import Notary
from ledger_node.state import State
from ledger_node.trust_protocol import (
    AskCheckpoint,
    AskLog,
    AskReceipt,
    CheckpointState,
    Cosign,
    LogPart,
    ReceiptState,
)

__all__ = ["Evidence", "EvidenceQuestion"]

EvidenceQuestion = AskCheckpoint | AskLog | AskReceipt | Cosign
"""All that can be asked."""

CLOSING = (Kind.SETTLE, Kind.RELEASE, Kind.RECLAIM)
"""Kinds of records that close a hold, which a receipt then shows, too."""

_KIND = 1
"""Where the kind stands within a record. [bytes]"""

_TARGET = slice(104, 136)
"""Where the target stands within a record. [bytes]"""


class Evidence:
    """Answer questions about a log, its checkpoints and its tree, and tell what becomes final.

    Args:
        state: The opened ledger.
        notary: Who signs and gathers signatures.
        announcer: Makes events.
        clock: Tells the time. [µs]
    """

    def __init__(
        self, state: State, notary: Notary, announcer: Announcer, *, clock: Callable[[], int]
    ) -> None:
        self._log = state.log
        self._lookups = state.lookups
        self._tree = state.tree
        self._notary = notary
        self._announcer = announcer
        self._clock = clock
        self._alarms = AlarmBook()
        self._events: list[list[bytes]] = []

    def answer(self, question: EvidenceQuestion, frames: list[bytes]) -> list[bytes]:
        """Return the frames that answer a question.

        Args:
            question: The question.
            frames: What followed its header.

        Raises:
            RequestRefusedError: Cosignatures are of no use, or records are pruned.
            DamagedError: Index or log can not be read.
        """
        match question:
            case AskCheckpoint():
                return self._checkpoint(question.request)
            case Cosign():
                self._cosign(frames)
                return self._checkpoint(question.request)
            case AskLog():
                return self._part(question)
            case AskReceipt():
                return self._receipt(question)
            case _ as never:
                assert_never(never)

    def sign_if_due(self) -> None:
        """Sign a checkpoint if one is due; it is announced with the next events.

        Raises:
            LogWriteError: It could not be written down; stop, nobody has seen it.
        """
        if self._notary.is_due:
            before = self._final_size
            signed = self._notary.sign()
            self._events.append(self._announcer.checkpoint(signed, at_us=self._clock()))
            self._tell_final(before)

    def warn(self, reason: str) -> None:
        """Announce that this node's own engines of signatures differ; any thread may do this.

        Args:
            reason: What they differ about, a sentence.
        """
        at_us, size = self._clock(), self._log.size
        self._events.append(self._announcer.own_alarm(reason, size=size, at_us=at_us))

    def take_events(self) -> list[list[bytes]]:
        """Return the events that wait to be published, each once."""
        events, self._events = self._events, []
        return events

    @property
    def refused_cosignatures(self) -> Mapping[str, int]:
        """How often each validator's signature under another tree was refused, by name."""
        return self._alarms.refused

    @property
    def _final_size(self) -> int:
        return -1 if self._notary.final is None else self._notary.final.size

    def _tell_final(self, before: int) -> None:
        """Announce a checkpoint that has become final since."""
        final = self._notary.final
        if final is not None and final.size > before:
            self._events.append(self._announcer.final(final, at_us=self._clock()))

    def _checkpoint(self, request: int) -> list[bytes]:
        """Return the frames that say how far the log has come."""
        latest, final = self._notary.latest, self._notary.final
        header = CheckpointState(
            request=request,
            size=latest.size,
            final_size=0 if final is None else final.size,
            signatures=0 if final is None else len(final.names),
            quorum=self._notary.policy.quorum,
        )
        return [encode(header), latest.note.encode(), b"" if final is None else final.note.encode()]

    def _cosign(self, frames: list[bytes]) -> None:
        """Take cosignatures, and announce what follows from them."""
        content = b"".join(frames)
        before = self._final_size
        try:
            self._notary.take(Note.parse(content))
        except NoteFormatError as error:
            raise RequestRefusedError(Refusal.COSIGNATURE_REFUSED, str(error)) from error
        except OtherTreeError as error:
            if self._alarms.take(error, content):
                self._events.append(self._announcer.alarm(error, content, at_us=self._clock()))
            raise
        self._tell_final(before)

    def _part(self, question: AskLog) -> list[bytes]:
        """Return batches from a position on, as many as one message may have."""
        entries: list[Entry] = []
        room = LOG_PART_RECORDS
        first = question.first
        if first < self._log.first:
            raise PrunedError(first=self._log.first)
        if first < self._log.size:
            for entry in self._log.entries(first, stop=first + LOG_PART_RECORDS):
                if len(entries) == LOG_PART_BATCHES or (entries and entry.count > room):
                    break
                entries.append(entry)
                room -= entry.count
        header = LogPart(
            request=question.request,
            first=entries[0].first if entries else self._log.size,
            counts=tuple(entry.count for entry in entries),
            at_us=tuple(entry.at_us for entry in entries),
        )
        return [encode(header), b"".join(entry.records for entry in entries)]

    def _receipt(self, question: AskReceipt) -> list[bytes]:
        position = self._lookups.position(question.id)
        stored = None if position is None else self._lookups.stored(position)
        if stored is None and (position is not None or self._log.first):
            raise PrunedError(first=self._log.first)
        if stored is None:
            return [encode(ReceiptState(request=question.request, position=-1))]
        final = self._notary.final
        if final is None or final.size <= stored.position:
            return [encode(ReceiptState(request=question.request, position=stored.position))]
        path = self._tree.inclusion(stored.position, size=final.size)
        header = ReceiptState(
            request=question.request, position=stored.position, path_length=len(path)
        )
        proof = b"".join(path) + final.note.encode()
        return [encode(header), stored.record, self._closed_hold(stored.record), proof]

    def _closed_hold(self, record: bytes) -> bytes:
        """Return the HOLD that a record closes, or nothing where it closes none."""
        if record[_KIND] not in CLOSING:
            return b""
        position = self._lookups.position(record[_TARGET])
        stored = None if position is None else self._lookups.stored(position)
        if stored is None:  # what was closed had been opened
            raise PrunedError(first=self._log.first)
        assert len(stored.record) == RECORD_SIZE, "records are whole"
        return stored.record
