"""The street on a small disk: its node takes snapshots, and operators sign them."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger_core import (
    KeyPair,
    Note,
    Policy,
    Records,
    SnapshotHead,
    log_key,
    sign_snapshot,
    validator_key,
)
from ledger_node.data_directory import DataDirectory
from ledger_node.door import Door
from ledger_node.node import Node
from ledger_node.notary import Notary
from ledger_node.opening import close_state, open_state
from ledger_node.pruning import Pruner
from ledger_node.snapshot_desk import SnapshotDesk, SnapshotSigner
from ledger_node.snapshot_folder import SnapshotFolder
from ledger_node.state import State
from ledger_node.stores import open_stores
from tests.unit.ledger_node.street import (
    BEN,
    CLEO,
    GENESIS,
    NODE_PAIR,
    HandClock,
    Told,
    submit,
)

EVERY = 10
"""Records between two snapshots."""

OPERATORS = {"city": BEN, "auditor": CLEO}

POLICY = Policy(
    log_key("street", NODE_PAIR.public_key),
    tuple(validator_key(name, pair.public_key) for name, pair in OPERATORS.items()),
    2,
    EVERY,
)
"""Both operators have to agree."""

ALONE = Policy(POLICY.log, snapshot_every=EVERY)
"""The log is trusted alone."""


@dataclass
class Street:
    """A node's core with all that it stands on."""

    node: Node
    state: State
    desk: SnapshotDesk
    pruner: Pruner
    clock: HandClock

    async def take(self, records: Sequence[Records]) -> Told:
        """Hand records in, one batch, and write down the snapshot if one was taken."""
        told = await submit(self.node, records)
        assert self.node.evidence is not None, "who is asked knows of all batches"
        if self.desk.waits:
            self.desk.store()
        return told


def desk_of(
    path: Path,
    policy: Policy = ALONE,
    *,
    key_pair: KeyPair | None = NODE_PAIR,
    name: str = POLICY.log.name,
) -> SnapshotDesk:
    """Make a desk in a data directory."""
    signer = None if key_pair is None else SnapshotSigner(key_pair, name)
    return SnapshotDesk(SnapshotFolder(path / "snapshots"), policy=policy, signer=signer)


def signed_by(note: Note, *names: str) -> Note:
    """Return the text of a note with signatures of operators alone."""
    head = SnapshotHead.parse(note.text)
    return Note(note.text, tuple(sign_snapshot(OPERATORS[name], name, head) for name in names))


@asynccontextmanager
async def small_street(
    path: Path, policy: Policy = ALONE, *, clock: HandClock | None = None, window: int = 1_000
) -> AsyncIterator[Street]:
    """Open the street's node in a directory."""
    clock = clock or HandClock()
    desk = desk_of(path, policy)
    with DataDirectory(path) as directory, open_stores(directory, None) as stores:
        state = await open_state(stores, GENESIS, window=window, clock=clock, snapshots=desk)
        notary = Notary(
            state.tree,
            stores.checkpoints,
            key_pair=NODE_PAIR,
            network="street",
            policy=policy,
            clock=clock,
        )
        node = Node(state, door=Door(), notary=notary, clock=clock, random=random.Random(1))
        node.answers.network, node.answers.publish = "street", "tcp://127.0.0.1:9"
        try:
            yield Street(node, state, desk, Pruner(state, path, clock=clock), clock)
        finally:
            notary.close()
            close_state(state)
