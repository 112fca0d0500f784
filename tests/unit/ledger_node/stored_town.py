"""A small ledger on the disk with every kind of record, signed by its log and two validators."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ledger_core import (
    MICROSECONDS,
    ZERO,
    Checkpoint,
    Frontier,
    KeyPair,
    Ledger,
    Note,
    Policy,
    Records,
    SnapshotHead,
    cosign,
    data,
    hold,
    log_key,
    parse_records,
    reclaim,
    record_ids,
    release,
    settle,
    sign_checkpoint,
    sign_snapshot,
    transfer,
    validator_key,
)
from ledger_node.checkpoint_store import CheckpointStore, Role
from ledger_node.local_log import LocalLog
from ledger_node.log import Entry
from ledger_node.snapshot_folder import SnapshotFolder
from ledger_node.tree import Tree
from tests.conformance.memory_log import MemoryLog
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    CLEO,
    GENESIS,
    NETWORK,
    NODE_PAIR,
    ORIGIN,
    START_US,
    id_of,
    joined,
)

NAMES = ("city", "toll")
VALIDATORS = {
    name: KeyPair.from_seed(bytes([20 + number]) * 32) for number, name in enumerate(NAMES)
}
POLICY = Policy(
    log_key("street", NODE_PAIR.public_key),
    tuple(validator_key(name, pair.public_key) for name, pair in VALIDATORS.items()),
    quorum=2,
)
PAYLOAD = b"the barrier is open " * 300
HOLD_S = 60


@dataclass
class Town:
    """Write records, each by the rules; a batch is what came between two calls of `batch`."""

    ledger: Ledger = field(default_factory=lambda: Ledger(GENESIS))
    entries: list[Entry] = field(default_factory=list)
    now_us: int = START_US
    ids: list[bytes] = field(default_factory=lambda: [ORIGIN])

    def __post_init__(self) -> None:
        self.entries.append(Entry(first=0, at_us=START_US, records=GENESIS.tobytes()))

    @property
    def size(self) -> int:
        """How many records there are."""
        return len(self.ids)

    @property
    def parents(self) -> tuple[bytes, bytes]:
        """The two latest records."""
        return (self.ids[-1], self.ids[-2]) if len(self.ids) > 1 else (ORIGIN, ORIGIN)

    def batch(self, records: list[Records], payloads: dict[int, bytes] | None = None) -> None:
        """Apply records and keep them."""
        codes = self.ledger.apply(joined(records), at=self.now_us)
        assert not codes.any(), codes
        first = self.size
        kept = tuple((first + index, body) for index, body in (payloads or {}).items())
        raw = b"".join(record.tobytes() for record in records)
        self.entries.append(Entry(first=first, at_us=self.now_us, records=raw, payloads=kept))
        self.ids += [id_of(record) for record in records]

    def pay(self, count: int) -> list[Records]:
        """Sign payments of Ann to Ben in a row."""
        first = self.ledger.next_sequence(ANN.public_key)
        return [
            transfer(
                ANN,
                network=NETWORK,
                parents=self.parents,
                target=BEN.public_key,
                amount=5,
                sequence=first + number,
                issued_at=self.now_us,
                valid_for=600,
            )
            for number in range(count)
        ]

    def say(self, payload: bytes) -> Records:
        """Sign a DATA record."""
        return data(
            ANN,
            network=NETWORK,
            parents=self.parents,
            sequence=self.ledger.next_sequence(ANN.public_key),
            issued_at=self.now_us,
            valid_for=600,
            digest=sha256(payload).digest(),
        )

    def hold(self, sequence: int) -> Records:
        """Sign a HOLD of Ben in favour of Cleo."""
        return hold(
            BEN,
            network=NETWORK,
            parents=self.parents,
            target=CLEO.public_key,
            amount=3,
            sequence=sequence,
            issued_at=self.now_us,
            valid_for=HOLD_S,
            digest=ZERO,
        )

    def note(self, *names: str) -> Note:
        """Sign a checkpoint over all that there is, as the log and as validators."""
        tree = Frontier()
        for entry in self.entries:
            tree.append(record_ids(parse_records(entry.records)))
        note = sign_checkpoint(NODE_PAIR, Checkpoint(POLICY.log.name, tree.size, tree.root()))
        at_s = self.now_us // MICROSECONDS
        return note.signed_by(*(cosign(VALIDATORS[name], name, note, at_s=at_s) for name in names))

    def settle(self, hold_id: bytes) -> Records:
        """Sign what pays out of a hold of Ben's."""
        return settle(
            BEN,
            network=NETWORK,
            parents=self.parents,
            hold_id=hold_id,
            amount=2,
            number=1,
            issued_at=self.now_us,
            valid_for=600,
        )

    def close(self, how: Callable[..., Records], key_pair: KeyPair, hold_id: bytes) -> Records:
        """Sign what releases or reclaims a hold."""
        return how(
            key_pair,
            network=NETWORK,
            parents=self.parents,
            hold_id=hold_id,
            issued_at=self.now_us,
            valid_for=600,
        )


def lived(rounds: int = 1) -> Town:
    """Let a town live: payments, data with payloads, holds closed in each way."""
    town = Town()
    for _ in range(rounds):
        town.batch(town.pay(5))
        town.batch([town.say(PAYLOAD)], {0: PAYLOAD})
        town.batch([town.say(b"pruned")])
        first = town.ledger.next_sequence(BEN.public_key)
        holds = [town.hold(first + number) for number in range(3)]
        town.batch(holds)
        one, two, three = (id_of(record) for record in holds)
        town.batch([town.settle(one)])
        town.batch([town.close(release, CLEO, two), *town.pay(2)])
        town.now_us += (HOLD_S + 1) * MICROSECONDS
        town.batch([town.close(reclaim, BEN, three)])
    return town


def keep_snapshot(town: Town, path: Path, *names: str) -> None:
    """Take a snapshot of a town, signed by its log and by validators, and write it down."""
    log = MemoryLog()
    tree = Tree(log)
    for entry in town.entries:
        tree.append(record_ids(parse_records(entry.records)))
    snapshot = town.ledger.snapshot(at_us=town.now_us, frontier=tree.frontier())
    head = SnapshotHead(POLICY.log.name, snapshot.size, snapshot.root, snapshot.digest())
    lines = [sign_snapshot(VALIDATORS[name], name, head) for name in names]
    note = Note(head.text(), (sign_snapshot(NODE_PAIR, POLICY.log.name, head), *lines))
    folder = SnapshotFolder(path / "snapshots")
    folder.save(snapshot.size, snapshot.encode(), tiles=tree.tiles(), note=note)


def put_down(town: Town, path: Path, notes: dict[Role, Note] | None = None) -> Path:
    """Write a town's ledger into a data directory."""
    path.mkdir(parents=True, exist_ok=True)
    stored = {Role.SIGNED: town.note(), Role.FINAL: town.note(*NAMES)} if notes is None else notes
    with (
        closing(CheckpointStore(path / "checkpoints.sqlite")) as store,
        closing(LocalLog(path / "log.sqlite")) as log,
    ):
        asyncio.run(log.extend(town.entries))
        if stored:
            store.save(stored)
    return path


@contextmanager
def at_work(town: Town, path: Path) -> Iterator[Path]:
    """Write a town's ledger, and keep it open: most of it stands in the write-ahead log."""
    path.mkdir(parents=True, exist_ok=True)
    with (
        closing(CheckpointStore(path / "checkpoints.sqlite")) as store,
        closing(LocalLog(path / "log.sqlite")) as log,
    ):
        asyncio.run(log.extend(town.entries))
        store.save({Role.SIGNED: town.note(), Role.FINAL: town.note(*NAMES)})
        yield path


def killed(town: Town, path: Path, scratch: Path) -> Path:
    """Leave a data directory as a process leaves it that is killed: nothing is closed."""
    with at_work(town, scratch) as live:
        return Path(shutil.copytree(live, path, ignore=shutil.ignore_patterns("*-shm")))
