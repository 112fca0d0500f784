"""The witness: remembers all that anybody was told, and compares it with all that is told later.

It trusts nobody. What was answered to a submission, what was published, what was signed and what
the log gives out are four accounts of one order, and each of them is held against the others.
What does not fit is a *finding*, a sentence that says what was heard before and what now.
"""

from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np

from ledger_core import (
    EMPTY_ROOT,
    HASH_SIZE,
    Bytes,
    Checkpoint,
    CheckpointFormatError,
    Frontier,
    Note,
    NoteSignatureError,
    Policy,
    open_checkpoint,
    parse_records,
    record_ids,
    root_at,
    verify_cosignature,
)
from ledger_node.log import Entry

__all__ = ["FINDINGS_MAX", "Witness"]

FINDINGS_MAX = 20
"""Findings that are told in full; one fault can make thousands."""

LATEST = 256
"""Accepted records that are offered as parents of new ones."""

_SHORT = 12
"""Digits of an id or root in a sentence."""


class Witness:
    """Compare what is heard, and keep what does not fit.

    Args:
        policy: Whose signatures are collected.
    """

    def __init__(self, policy: Policy) -> None:
        self.findings: list[str] = []
        """What does not fit, the first ones in full."""
        self.found = 0
        """How many findings there were in all."""
        self.signatures = 0
        """How many different checkpoints and cosignatures were heard."""
        self._policy = policy
        self._heard: dict[int, bytes] = {}
        self._positions: dict[bytes, int] = {}
        self._roots: dict[tuple[str, int], bytes] = {}
        self._ids = bytearray()
        self._highest = -1
        self._latest: deque[bytes] = deque(maxlen=LATEST)

    @property
    def size(self) -> int:
        """How many records of the log were read."""
        return len(self._ids) // HASH_SIZE

    @property
    def accepted(self) -> int:
        """How many records were heard to be accepted."""
        return len(self._positions)

    def find(self, sentence: str) -> None:
        """Note that something is wrong.

        Args:
            sentence: What is.
        """
        self.found += 1
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(sentence)

    def hear(self, record_id: bytes, position: int, *, source: str) -> None:
        """Take note that a record has its place: it has to have it for ever.

        Args:
            record_id: The record's id, 32 bytes.
            position: Its place in the order.
            source: Who said so.
        """
        if record_id not in self._positions:
            self._latest.append(record_id)
        self._highest = max(self._highest, position)
        before = self._positions.setdefault(record_id, position)
        if before != position:
            self.find(
                f"{source}: record {_short(record_id)} stands at {position}, but at {before} before"
            )
        other = self._heard.setdefault(position, record_id)
        if other != record_id:
            self.find(
                f"{source}: position {position} has {_short(record_id)}, but {_short(other)} before"
            )

    def hear_all(self, ids: Bytes, first: int, *, source: str) -> None:
        """Take note of records that follow each other.

        Args:
            ids: Their ids, shape (n, 32).
            first: Place of the first one.
            source: Who said so.
        """
        for place, row in enumerate(ids, first):
            self.hear(row.tobytes(), place, source=source)

    def hear_note(self, note: Note, *, source: str) -> None:
        """Take note of a signed checkpoint: nobody may ever sign another one of its size.

        Args:
            note: What was published, answered, or found in somebody's store.
            source: Where it comes from.
        """
        try:
            names = self._signers(note)
            checkpoint = Checkpoint.parse(note.text)
        except (NoteSignatureError, CheckpointFormatError) as error:
            self.find(f"{source}: {error}")
            return
        if not names:
            self.find(f"{source}: a checkpoint that nobody of the policy has signed")
        for name in names:
            before = self._roots.get((name, checkpoint.size))
            if before is None:
                self.signatures += 1
                self._roots[name, checkpoint.size] = checkpoint.root
            elif before != checkpoint.root:
                self.find(
                    f"{source}: {name} signed two trees of size {checkpoint.size}, "
                    f"{_short(before)} and {_short(checkpoint.root)}"
                )

    def _signers(self, note: Note) -> list[str]:
        """Return who has signed a note, every signature verified."""
        log = self._policy.log
        names = [log.name] if note.signatures_of(log) else []
        if names:
            open_checkpoint(note, log)
        for key in self._policy.validators:
            for signature in note.signatures_of(key):
                verify_cosignature(note, key, signature)
                names.append(key.name)
        return names

    def read(self, entries: Iterable[Entry], *, source: str) -> None:
        """Take in batches of the log, those read before among them or not.

        Args:
            entries: Batches in order.
            source: Whose log it is.
        """
        for entry in entries:
            ids = record_ids(parse_records(entry.records))
            self.hear_all(ids, entry.first, source=source)
            self._fill(entry.first)
            if entry.first > self.size:
                self.find(f"{source}: the log goes on at {entry.first} behind {self.size}")
                return
            known = self.size - entry.first
            if known < len(ids):
                self._ids += ids[known:].tobytes()

    def _fill(self, stop: int) -> None:
        """Know records by what was told of them, where the log has let go of them already."""
        while self.size < stop and (told := self._heard.get(self.size)) is not None:
            self._ids += told

    def check_size(self, size: int, *, source: str) -> None:
        """Make sure that a log has every record that was told to be accepted.

        Args:
            size: How many records it has.
            source: Whose log it is.
        """
        if self._highest >= size:
            self.find(
                f"{source}: the log has {size} records, but one at {self._highest} was told to be "
                "accepted"
            )

    def check_roots(self) -> None:
        """Make sure that every checkpoint that was ever signed is one of the log that was read."""
        levels = Frontier().append(_rows(self._ids))

        def read(level: int, index: int) -> bytes:
            row: bytes = levels[level][index].tobytes()
            return row

        for (name, size), root in self._roots.items():
            if size > self.size:
                self.find(f"{name} signed a tree of {size} records, but the log has {self.size}")
            elif root != (root_at(size, read) if size else EMPTY_ROOT):
                self.find(f"{name} signed a tree of size {size} that is not the log's")

    def is_signed(self, name: str, size: int) -> bool:
        """Tell whether somebody was heard to sign a tree of a size.

        Args:
            name: Name of the log's or validator's key.
            size: The tree's.
        """
        return (name, size) in self._roots

    def latest(self) -> Sequence[bytes]:
        """Return ids of records that were accepted lately, the newest last."""
        return self._latest


def _short(row: bytes) -> str:
    return row.hex()[:_SHORT]


def _rows(ids: bytearray) -> Bytes:
    return np.frombuffer(bytes(ids), np.uint8).reshape(-1, HASH_SIZE)
