"""The judge: a validator's own ledger, derived record by record, and what it signs of it.

Nothing is taken over from the node but the records and the times at which they were applied. Every
signature and rule is checked anew; what passes is written to the validator's own log and grows its
own tree. It cosigns a checkpoint only if its own tree has that root, and writes down what it is
about to sign before the signature leaves: so there is never a second tree of one size with its
signature, whenever it is killed.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ledger_core import (
    CLOCK_SKEW_MAX_US,
    MICROSECONDS,
    RECORD_SIZE,
    Bytes,
    Checkpoint,
    CheckpointFormatError,
    KeyPair,
    Kind,
    Note,
    NoteSignature,
    NoteSignatureError,
    Verdict,
    VerifierKey,
    cosign,
    open_checkpoint,
    parse_records,
    record_ids,
    validator_key,
    verify_cosignature,
)
from ledger_node.checkpoint_store import CheckpointStore, Role
from ledger_node.errors import CheckpointMismatchError, DivergedError
from ledger_node.log import Entry
from ledger_node.metrics import ValidatorCounts
from ledger_node.replay import Stretch, join_entries
from ledger_node.state import State

__all__ = ["Judge", "judged_at_once"]


class Judge:
    """Judge the batches of another party's log, and cosign what came out.

    Args:
        state: This validator's own ledger, opened.
        store: Where it remembers what it signed.
        name: The validator's name.
        key_pair: Its keys, which sign nothing but cosignatures.
        log: The key of the log that is followed.
        clock: Tells the time. [µs]

    Raises:
        KeyFormatError: The name can not be one.
        DamagedError: This validator's log is not the one that it signed, or can not be read.
    """

    def __init__(
        self,
        state: State,
        store: CheckpointStore,
        *,
        name: str,
        key_pair: KeyPair,
        log: VerifierKey,
        clock: Callable[[], int],
    ) -> None:
        self._state = state
        self._store = store
        self._name = name
        self._key_pair = key_pair
        self._key = validator_key(name, key_pair.public_key)
        self._log = log
        self._clock = clock
        self._at_us = state.at_us
        self._cosigned = self._restored()
        cosigned_size = 0 if self._cosigned is None else Checkpoint.parse(self._cosigned.text).size
        self.counts = ValidatorCounts(size=self.size, cosigned_size=cosigned_size)
        """What was done; its owner may put its own in that lasts longer."""

    @property
    def state(self) -> State:
        """The ledger that was derived here."""
        return self._state

    @property
    def size(self) -> int:
        """How many records were judged and found right."""
        return self._state.log.size

    async def take(self, entries: Sequence[Entry]) -> None:
        """Judge batches, and keep those that are right; they are durable when this returns.

        Args:
            entries: Batches in order, the first one beginning at `size`.

        Raises:
            DivergedError: A batch is missing, out of time, or has a record that the rules refuse.
                What this ledger holds in memory is of no use after that: open it anew.
            LogWriteError: This validator's log can not be written.
            DamagedError: It can not be read.
        """
        snapshots = self._state.snapshots
        ends = None if snapshots is None else snapshots.is_due
        for stretch in join_entries(entries, may_join=judged_at_once, ends=ends):
            self._check_order(stretch)
            started_us = self._clock()
            records = stretch.records()
            codes = self._state.ledger.apply(records, at=stretch.at_us)
            refused = np.flatnonzero(codes != Verdict.ACCEPTED)
            if len(refused):
                position, verdict = stretch.first + int(refused[0]), Verdict(codes[refused[0]])
                raise DivergedError(
                    f"The record at position {position} is on the log, but the rules say "
                    f"{verdict.name}: the log is not signed any further.",
                    position=position,
                )
            await self._state.log.extend(stretch.entries)
            ids = record_ids(records)
            self._state.lookups.add(records, ids, first=stretch.first, at_us=stretch.times_us())
            self._state.tree.append(ids)
            self._at_us = stretch.entries[-1].at_us
            if snapshots is not None and snapshots.is_due(stretch.first, self.size):
                snapshots.take(self._state.ledger, self._state.tree, at_us=self._at_us)
                snapshots.store()
            self.counts.took(len(records), took_us=self._clock() - started_us)
        self._state.index.fill()

    def cosign(self, note: Note) -> Note | None:
        """Sign a checkpoint, or return None for one that is older than what was signed.

        Args:
            note: The log's checkpoint.

        Returns:
            The checkpoint with this validator's signature; it is written down already.

        Raises:
            DivergedError: It is not of the tree that was derived here, or not by the log.
            LogWriteError: It could not be written down, so it was not signed.
            DamagedError: This validator's log can not be read.
        """
        checkpoint = self.opened(note)
        if checkpoint.size > self.size:
            raise DivergedError(
                f"The checkpoint has {checkpoint.size} records, but the log ends at "
                f"{self.size}: it is not signed.",
                position=self.size,
            )
        if not checkpoint.size or checkpoint.root != self._state.tree.root_at(checkpoint.size):
            raise DivergedError(
                f"The checkpoint of size {checkpoint.size} has another root than the "
                "records that the log gave out: it is not signed.",
                position=checkpoint.size,
            )
        signed = None if self._cosigned is None else Checkpoint.parse(self._cosigned.text)
        if signed is None or signed.size < checkpoint.size:
            line = cosign(self._key_pair, self._name, note, at_s=self._clock() // MICROSECONDS)
            # The log's own signature stays with it: two of those with one size would convict it.
            cosigned = Note(note.text, (*self._by_log(note), line))
            self._store.save({Role.COSIGNED: cosigned})
            self._cosigned = cosigned
            self.counts.cosigned(checkpoint.size)
            return cosigned
        if signed.size > checkpoint.size:
            return None
        if signed != checkpoint:
            raise DivergedError(
                f"The checkpoint of size {checkpoint.size} is another one than was signed "
                "before: it is not signed.",
                position=checkpoint.size,
            )
        return self._cosigned

    def parting(self, entries: Sequence[Entry]) -> int | None:
        """Return the first position at which batches have another record than was judged here.

        Args:
            entries: Batches in order, without gaps; what lies behind `size` is not compared.

        Raises:
            DamagedError: This validator's log can not be read.
        """
        for entry in entries:
            stop = min(entry.first + entry.count, self.size)
            for own in self._state.log.entries(entry.first, stop=stop):
                begin = max(own.first, entry.first)
                count = min(own.first + own.count, stop) - begin
                ours = _rows(own, begin, count=count)
                differs = np.flatnonzero((ours != _rows(entry, begin, count=count)).any(axis=1))
                if len(differs):
                    return begin + int(differs[0])
        return None

    def opened(self, note: Note) -> Checkpoint:
        """Return what the log has signed.

        Args:
            note: What came from the node.

        Raises:
            DivergedError: The log has not signed it, or it is no checkpoint.
        """
        try:
            checkpoint = open_checkpoint(note, self._log)
        except (NoteSignatureError, CheckpointFormatError) as error:
            raise DivergedError(
                f"The node sent a checkpoint that counts for nothing: {error}", position=self.size
            ) from error
        self.counts.seen_size = checkpoint.size
        return checkpoint

    def _by_log(self, note: Note) -> Iterator[NoteSignature]:
        """Yield the log's own signature under a checkpoint, which was verified."""
        for signature in note.signatures_of(self._log)[:1]:
            yield NoteSignature(self._log.name, self._log.key_id, signature)

    def _check_order(self, stretch: Stretch) -> None:
        """Make sure that batches follow each other, and that time goes forward, to now at most."""
        place, at_us = self.size, self._at_us
        latest_us = self._clock() + CLOCK_SKEW_MAX_US
        for entry in stretch.entries:
            if entry.first != place:
                raise DivergedError(
                    f"The batch at position {place} is missing: the log goes on at {entry.first}.",
                    position=place,
                )
            if not at_us <= entry.at_us <= latest_us:
                raise DivergedError(
                    f"The batch at position {place} says that it was applied at {entry.at_us} µs, "
                    "which is before the one before or in the future: it is not believed.",
                    position=place,
                )
            place, at_us = place + entry.count, entry.at_us

    def _restored(self) -> Note | None:
        """Return what was signed last, compared with this validator's own tree."""
        note = self._store.read(Role.COSIGNED)
        if note is None:
            return None
        try:
            for signature in note.signatures_of(self._key):
                verify_cosignature(note, self._key, signature)
            checkpoint = Checkpoint.parse(note.text)
        except (NoteSignatureError, CheckpointFormatError) as error:
            raise CheckpointMismatchError(
                f"What this validator signed last is not what was written ({error}); "
                "restore the data directory from a copy."
            ) from error
        if checkpoint.origin != self._log.name or not note.signatures_of(self._key):
            raise CheckpointMismatchError(
                "What was signed last is of another log or by another validator; use the name, "
                "key and network with which the data directory began."
            )
        self._state.tree.check(checkpoint)
        return note


def _rows(entry: Entry, first: int, *, count: int) -> Bytes:
    """Return some records of a batch as bytes, shape (count, 256)."""
    start = (first - entry.first) * RECORD_SIZE
    rows = np.frombuffer(entry.records, np.uint8, count=count * RECORD_SIZE, offset=start)
    return rows.reshape(count, RECORD_SIZE)


def judged_at_once(at_us: int, entry: Entry) -> bool:
    """Tell whether a batch gets the same verdicts at an earlier time as at its own.

    Records that a hold's end decides about are judged at their own time, always.

    Args:
        at_us: The earlier time. [µs]
        entry: The batch.
    """
    records = parse_records(entry.records)
    issued_at, own = records["issued_at"], np.uint64(entry.at_us)
    early = issued_at <= np.uint64(at_us + CLOCK_SKEW_MAX_US)
    fresh = own < issued_at + records["valid_for"].astype(np.uint64) * np.uint64(MICROSECONDS)
    timeless = records["kind"] < Kind.SETTLE
    return bool((early & fresh & timeless).all())
