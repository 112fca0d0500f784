"""The audit: a stored ledger judged anew, from the first record to the last signature.

Every record's signature, parents and rules, the times, the chain of digests, the payloads that are
still there, the supply, the Merkle tree, and the checkpoints that were signed over it. The first
thing that is wrong ends it, with its position.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from ledger_core import (
    Checkpoint,
    CheckpointFormatError,
    GenesisError,
    Kind,
    Ledger,
    Note,
    NoteSignatureError,
    Policy,
    Records,
    Verdict,
    check_checkpoint,
    parse_records,
    record_ids,
    signed_parts,
    verify_batch,
)
from ledger_node.checkpoint_store import CheckpointStore
from ledger_node.errors import (
    CheckpointDamagedError,
    CheckpointMismatchError,
    DivergedError,
    LogDamagedError,
)
from ledger_node.index import Index
from ledger_node.judge import judged_at_once
from ledger_node.limits import RECORDS_MAX
from ledger_node.local_log import LocalLog
from ledger_node.log import Entry, Log
from ledger_node.lookups import Lookups
from ledger_node.replay import Stretch, join_entries
from ledger_node.tree import Tree

__all__ = ["AuditResult", "audit"]

Progress = Callable[[int, int], None]
"""Hears how many records are judged, and how many there are."""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Say whether a stored ledger is what it has to be."""

    ok: bool
    """Whether nothing is wrong."""
    reason: str
    """What is wrong, or what was checked."""
    position: int | None
    """The first position that is wrong, None where nothing is or none can be named."""
    size: int
    """How many records were judged and found right."""


def audit(
    data: Path, *, policy: Policy | None = None, progress: Progress = lambda _done, _all: None
) -> AuditResult:
    """Judge a stored ledger.

    Args:
        data: The data directory of a node or a validator; one may be at work on it.
        policy: Whose signatures the checkpoints have to bear; None leaves signatures unchecked.
        progress: Hears how far it has come.

    Raises:
        LogWriteError: The directory can not be used at all.
    """
    size = 0
    try:
        with ExitStack() as stack:
            notes = _signed(data)  # first: a node at work signs more while its log is read
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tangleway-audit-"))
            log = stack.enter_context(closing(LocalLog(data / "log.sqlite")))
            index = stack.enter_context(closing(Index(Path(folder) / "index.sqlite")))
            auditor = _Auditor(log, index)
            for size in auditor.judged():
                progress(size, log.size)
            _check_checkpoints(notes, auditor.tree, policy)
    except (DivergedError, LogDamagedError, CheckpointMismatchError) as error:
        return AuditResult(ok=False, reason=str(error), position=error.position, size=size)
    except (CheckpointDamagedError, NoteSignatureError, CheckpointFormatError) as error:
        return AuditResult(ok=False, reason=str(error), position=None, size=size)
    return AuditResult(ok=True, reason=f"{size} records are right", position=None, size=size)


class _Auditor:
    """Judge the records of a log, one stretch after the other."""

    def __init__(self, log: Log, index: Index) -> None:
        self.tree = Tree(log)
        self._log = log
        self._index = index
        self._lookups = Lookups(log, index)
        self._damage: LogDamagedError | None = None
        self._at_us = 0

    def judged(self) -> Iterator[int]:
        """Yield how many records were found right so far."""
        entries = self._until_damage()
        first = next(entries, None)
        if first is None:
            raise self._damage or DivergedError("The log is empty.", position=0)
        ledger = self._begun(first)
        yield self.tree.size
        for stretch in join_entries(entries, may_join=judged_at_once):
            self._judge(ledger, stretch)
            yield self.tree.size
        if self._damage is not None:
            raise self._located(self._damage)
        if ledger.balances_total + ledger.holds_total != ledger.supply:
            raise DivergedError("Balances and holds are not the supply.", position=self.tree.size)

    def _until_damage(self) -> Iterator[Entry]:
        """Yield entries up to the first damaged one, which is remembered."""
        try:
            yield from self._log.entries()
        except LogDamagedError as error:
            self._damage = error

    def _begun(self, first: Entry) -> Ledger:
        records = parse_records(first.records)
        try:
            ledger = Ledger(records[:1].reshape(()), archive=self._lookups)
        except GenesisError as error:
            raise DivergedError(str(error), position=0) from error
        if first.count > 1:
            raise DivergedError("The genesis does not stand alone.", position=1)
        self._remember(records, first=0, at_us=first.at_us)
        return ledger

    def _judge(self, ledger: Ledger, stretch: Stretch) -> None:
        for entry in stretch.entries:
            if entry.at_us < self._at_us:
                raise DivergedError(
                    f"The batch at position {entry.first} was applied before the one before.",
                    position=entry.first,
                )
            self._at_us = entry.at_us
        records = stretch.records()
        codes = ledger.apply(records, at=stretch.at_us)
        refused = np.flatnonzero(codes != Verdict.ACCEPTED)
        if len(refused):
            position, verdict = stretch.first + int(refused[0]), Verdict(codes[refused[0]])
            raise DivergedError(
                f"The record at position {position} breaks the rules ({verdict.name}).",
                position=position,
            )
        self._check_payloads(records, stretch.first)
        self._remember(records, first=stretch.first, at_us=stretch.at_us)

    def _check_payloads(self, records: Records, first: int) -> None:
        for index in np.flatnonzero(records["kind"] == Kind.DATA).tolist():
            payload = self._log.payload(first + index)
            digest = records["digest"][index].tobytes()
            if payload is not None and sha256(payload).digest() != digest:
                raise DivergedError(
                    f"The payload at position {first + index} is not the one that was signed for.",
                    position=first + index,
                )

    def _remember(self, records: Records, *, first: int, at_us: int) -> None:
        ids = record_ids(records)
        self._lookups.add(records, ids, first=first, at_us=at_us)
        self._index.fill()
        self.tree.append(ids)

    def _located(self, damage: LogDamagedError) -> LogDamagedError:
        """Name the first record in a damaged batch whose signature is false, if there is one."""
        rows: list[bytes] = []
        try:
            while len(rows) < RECORDS_MAX and (
                stored := self._log.stored(damage.position + len(rows))
            ):
                rows.append(stored.record)
        except LogDamagedError:
            return damage
        if not rows:
            return damage
        records = parse_records(b"".join(rows))
        good = verify_batch(records["issuer"], signed_parts(records), records["signature"])
        if good.all():
            return damage
        position = damage.position + int(np.flatnonzero(~good)[0])
        return LogDamagedError(
            f"The record at position {position} is not what was written; "
            "restore the data directory from a copy.",
            position=position,
        )


def _signed(data: Path) -> list[Note]:
    """Return the checkpoints that are stored."""
    with closing(CheckpointStore(data / "checkpoints.sqlite")) as store:
        return list(store.read_all().values())


def _check_checkpoints(notes: list[Note], tree: Tree, policy: Policy | None) -> None:
    """Compare what was signed with the tree that was found."""
    for note in notes:
        tree.check(Checkpoint.parse(note.text))
        if policy is not None and note.signatures_of(policy.log):
            check_checkpoint(note, policy)
