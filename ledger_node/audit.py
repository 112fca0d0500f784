"""The audit: a stored ledger judged anew, from the first record to the last signature.

Every record's signature, parents and rules, the times, the chain of digests, the payloads that are
still there, the supply, the Merkle tree, and the checkpoints that were signed over it. The first
thing that is wrong ends it, with its position.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ledger_core import (
    CheckFailedError,
    Checkpoint,
    CheckpointFormatError,
    DamagedError,
    EngineName,
    Note,
    Policy,
    SnapshotFormatError,
    parse_records,
    signed_parts,
    verify_batch,
)
from ledger_node.checkpoint_store import Role
from ledger_node.errors import (
    CheckpointDamagedError,
    DivergedError,
    LogDamagedError,
)
from ledger_node.inspection import Inspector, engine_for
from ledger_node.known_policies import known_policy
from ledger_node.limits import RECORDS_MAX
from ledger_node.log import Entry
from ledger_node.log_reading import LogReading
from ledger_node.payload_audit import PayloadAudit
from ledger_node.snapshot_audit import Start, StoredSnapshots
from ledger_node.stored_checkpoints import Finding, check_root, check_signatures
from ledger_node.stored_ledger import open_log, read_checkpoints
from ledger_node.stored_log import StoredLog

__all__ = ["AuditResult", "audit"]

Progress = Callable[[int, int], None]
"""Hears how many records are judged, and how many there are."""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Say whether a stored ledger is what it has to be."""

    ok: bool
    """Whether nothing is wrong."""
    reason: str
    """What is wrong, or how many records are right."""
    position: int | None
    """The first position that is wrong, None where nothing is or none can be named."""
    size: int
    """The position behind the last record that was found right."""
    first: int = 0
    """From which position on records were judged by all rules; what stood before was pruned."""
    findings: tuple[Finding, ...] = ()
    """What was checked, and what could not be; empty where something is wrong."""


def audit(
    data: Path,
    *,
    policy: Policy | None = None,
    engine: EngineName = "sodium",
    progress: Progress = lambda _done, _all: None,
) -> AuditResult:
    """Judge a stored ledger; nothing in it is changed.

    Args:
        data: The data directory of a node or a validator; one may be at work on it.
        policy: Whose signatures the checkpoints have to bear; None takes what lies beside the data,
            and where nothing does, leaves signatures unchecked.
        engine: Who verifies signatures; `auto` takes lanes where they can run and there are enough
            records for them.
        progress: Hears how far it has come.

    Raises:
        UnavailableError: The directory, or the server that has its store, can not be read at all.
        EngineError: Lanes were asked for by name, and can not run here.
    """
    auditor = _Auditor(progress, engine)
    try:
        findings = tuple(auditor.findings(data, policy))
    except (CheckFailedError, DamagedError, CheckpointFormatError, SnapshotFormatError) as error:
        position: int | None = getattr(error, "position", None)
        return AuditResult(ok=False, reason=str(error), position=position, size=auditor.size)
    reason = f"{auditor.size - auditor.first} records are right"
    if auditor.first:
        reason += f", from position {auditor.first} on"
    return AuditResult(
        ok=True,
        reason=reason,
        position=None,
        size=auditor.size,
        first=auditor.first,
        findings=findings,
    )


class _Auditor:
    """Judge a data directory part by part."""

    def __init__(self, progress: Progress, engine: EngineName) -> None:
        self.first = 0
        self.size = 0
        self._engine = engine
        self._progress = progress
        self._damage: LogDamagedError | None = None

    def findings(self, data: Path, policy: Policy | None) -> Iterator[Finding]:
        """Yield what was checked; the first thing that is wrong is raised."""
        known = None if policy is not None else known_policy(data)
        with ExitStack() as stack:
            # First of all, since a node at work signs more while its log is read.
            notes, lost = _notes(data)
            snapshots = StoredSnapshots(data)
            log = stack.enter_context(closing(open_log(data)))
            if lost is not None and log.size > 1:
                raise lost
            stack.enter_context(engine_for(self._engine, log.size - log.first))
            start = snapshots.start(log, policy or (known and known[0]))
            yield from self._log_findings(log, notes, snapshots=snapshots, start=start)
        if known is not None:
            yield Finding(True, f"signatures by the keys of {known[1]}, which lies beside the data")
            policy = known[0]
        yield from check_signatures(notes, policy)
        yield from snapshots.signatures(policy)

    def _log_findings(
        self,
        log: LogReading,
        notes: dict[Role, Note],
        *,
        snapshots: StoredSnapshots,
        start: Start,
    ) -> Iterator[Finding]:
        payloads = PayloadAudit(log.payloads())
        sizes = [Checkpoint.parse(note.text).size for note in notes.values()]
        inspector = Inspector(log, sizes=sizes, states=snapshots.sizes, start=start)
        self.first = 0 if start.snapshot is None else start.snapshot.size
        for stretch, records in inspector.judged(self._until_damage(log)):
            payloads.check(records, stretch.first)
            self.size = inspector.size
            self._progress(self.size, log.size)
        if self._damage is not None:
            raise _located(self._damage, log)
        if not self.size:
            raise DivergedError("The log is empty.", position=0)
        payloads.finish(self.size)
        if isinstance(log, StoredLog):
            log.check_file()
        inspector.check_supply()
        yield from _record_findings(inspector, first=self.first, held=log.first)
        yield from _payload_findings(payloads)
        yield from _checkpoint_findings(notes, inspector)
        for size in snapshots.sizes:
            if size < self.first:
                yield Finding(False, f"snapshot {size}: the records that make it were pruned")
                continue
            state, tiles = inspector.state_at(size), inspector.tiles_at(size)
            snapshots.check(size, state=state, tiles=tiles)
            if size > self.first:
                yield Finding(True, f"snapshot {size} is the state that the records make")

    def _until_damage(self, log: LogReading) -> Iterator[Entry]:
        """Yield entries up to the first damaged one, which is remembered."""
        try:
            yield from log.entries()
        except LogDamagedError as error:
            self._damage = error


def _notes(data: Path) -> tuple[dict[Role, Note], CheckpointDamagedError | None]:
    """Return the checkpoints; where they are lost altogether, why.

    A ledger that has nothing but its genesis may have signed nothing yet.
    """
    try:
        return read_checkpoints(data), None
    except CheckpointDamagedError as error:
        return {}, error


def _record_findings(inspector: Inspector, *, first: int, held: int) -> Iterator[Finding]:
    """Say of which records what was checked, and which are gone."""
    records = f"{inspector.size - first} records" + (f" from position {first} on" if first else "")
    yield Finding(True, f"{records}: signatures, parents, rules, times, their chain")
    yield Finding(True, f"balances and holds make up the supply, {inspector.ledger.supply}")
    if held < first:
        yield Finding(True, f"records from {held} to {first}: those under snapshot {first}")
    if held:
        yield Finding(False, f"records before position {held}: they were pruned")
    if inspector.believed_parents:
        yield Finding(
            False, f"parents: {inspector.believed_parents} times a record names one that is gone"
        )


def _payload_findings(payloads: PayloadAudit) -> Iterator[Finding]:
    if payloads.found:
        yield Finding(True, f"payloads: {payloads.found}")
    if payloads.missing:
        yield Finding(False, f"payloads: {payloads.missing} are not kept here")


def _checkpoint_findings(notes: dict[Role, Note], inspector: Inspector) -> Iterator[Finding]:
    """Compare what was signed with the tree, and say which records nobody has signed for yet."""
    signed = 0
    for role, note in notes.items():
        size = Checkpoint.parse(note.text).size
        check_root(note, size=inspector.size, root=inspector.root_at(size))
        yield Finding(True, f"checkpoint {size} ({role}) has the root of this log")
        signed = max(signed, size)
    if not notes:
        yield Finding(False, "checkpoints: none is stored")
    elif signed < inspector.size:
        yield Finding(False, f"records from {signed} on: no stored checkpoint covers them yet")


def _located(damage: LogDamagedError, log: LogReading) -> LogDamagedError:
    """Name the first record in a damaged batch whose signature is false, if there is one."""
    rows: list[bytes] = []
    try:
        while len(rows) < RECORDS_MAX and (stored := log.stored(damage.position + len(rows))):
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
