"""Joining from a snapshot, and old parents: nothing is believed that is not signed or proved."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, cast

import pytest

from ledger_core import QuorumError, genesis
from ledger_node.client import LedgerClient
from ledger_node.errors import ForgedRecordError, GenesisFileError, PrunedError
from ledger_node.joining import join_from_snapshot
from ledger_node.log import Entry
from ledger_node.old_parents import prove_old_parents
from ledger_node.protocol import Refused, Reply, Request
from ledger_node.snapshot_client import SnapshotClient
from tests.conformance.memory_log import MemoryLog
from tests.unit.ledger_node.small_street import (
    ALONE,
    EVERY,
    POLICY,
    Street,
    desk_of,
    signed_by,
    small_street,
)
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    CLEO,
    GENESIS,
    NETWORK,
    NETWORK_PAIR,
    NODE_PAIR,
    ORIGIN,
    START_US,
    ask,
    id_of,
    joined,
    pay,
    payments,
)

_R = TypeVar("_R", bound=Reply)


class NearClient(SnapshotClient):
    """Ask a node's core without any socket; what it answers can be spoiled on the way."""

    def __init__(self, street: Street, spoil: Callable[[list[bytes]], list[bytes]]) -> None:
        super().__init__("tcp://127.0.0.1:9", node_key=NODE_PAIR.public_key)
        self._street = street
        self._spoil = spoil

    async def _ask(
        self, kind: type[_R], make: Callable[[int], Request], frames: Sequence[bytes] = ()
    ) -> tuple[_R, list[bytes]]:
        reply, further = ask(self._street.node, make(1))
        if isinstance(reply, Refused):
            raise PrunedError(first=reply.first)
        assert isinstance(reply, kind)
        return reply, self._spoil(further)


def client_of(
    street: Street, spoil: Callable[[list[bytes]], list[bytes]] = lambda frames: frames
) -> LedgerClient:
    """Return a client of a node's core."""
    return cast("LedgerClient", NearClient(street, spoil))


def flipped(frames: list[bytes]) -> list[bytes]:
    """Change a bit at the end of what the node sent."""
    return [*frames[:-1], frames[-1][:-1] + bytes([frames[-1][-1] ^ 1])]


async def test_a_newcomer_begins_where_a_quorum_stands(tmp_path: Path) -> None:
    """The log begins behind the snapshot, with the snapshot's own digest."""
    async with small_street(tmp_path / "node", POLICY) as street:
        await street.take(payments(EVERY))
        note = street.desk.latest
        assert note is not None
        log, desk = MemoryLog(), desk_of(tmp_path / "new", POLICY, key_pair=ANN, name="new")
        client = client_of(street)
        assert await join_from_snapshot(client, log, desk, genesis=GENESIS) is None
        assert log.size == 0
        street.desk.receive(signed_by(note, "city", "auditor"))
        assert await join_from_snapshot(client, log, desk, genesis=GENESIS) == EVERY + 1
        assert (log.first, log.size) == (EVERY + 1, EVERY + 1)
        [snapshot] = desk.usable()
        assert log.digest == snapshot.digest()
        assert desk.latest is None, "what was not derived here is not signed here"


async def test_a_newcomer_believes_no_single_log(tmp_path: Path) -> None:
    """A node that takes its own word for a quorum convinces nobody with a policy."""
    async with small_street(tmp_path / "node", ALONE) as street:
        await street.take(payments(EVERY))
        log, desk = MemoryLog(), desk_of(tmp_path / "city", POLICY, key_pair=BEN, name="city")
        with pytest.raises(QuorumError):
            await join_from_snapshot(client_of(street), log, desk, genesis=GENESIS)
        assert (log.size, desk.sizes) == (0, [])


async def test_a_newcomer_takes_no_other_state(tmp_path: Path) -> None:
    """Another state than the signed one, and that of another ledger, are refused."""
    other = genesis(
        NETWORK_PAIR, network=NETWORK, target=BEN.public_key, amount=9, issued_at=START_US
    )
    async with small_street(tmp_path / "node", ALONE) as street:
        await street.take(payments(EVERY))
        log, desk = MemoryLog(), desk_of(tmp_path / "city", ALONE, key_pair=BEN, name="city")
        with pytest.raises(ForgedRecordError, match="another snapshot than the one"):
            await join_from_snapshot(client_of(street, flipped), log, desk, genesis=GENESIS)
        with pytest.raises(GenesisFileError, match="another genesis"):
            await join_from_snapshot(client_of(street), log, desk, genesis=other)
        assert (log.size, desk.sizes) == (0, [])


async def late_street(tmp_path: Path, path: Path) -> Sequence[bytes]:
    """Fill a second street with the same records, and prune it."""
    async with small_street(path) as late:
        await late.take(payments(EVERY))
        await late.pruner.prune(None)
    return [id_of(one) for one in payments(EVERY)]


def naming(*parents: bytes) -> list[Entry]:
    """Return a batch whose record names old parents."""
    one = pay(ANN, CLEO, sequence=EVERY, parents=(parents[0], parents[1]))
    return [Entry(first=EVERY + 1, at_us=START_US, records=joined([one]).tobytes())]


async def test_old_parents_are_believed_when_proved(tmp_path: Path) -> None:
    """Afterwards the rules know them; a parent that nobody knows stays unknown."""
    ids = await late_street(tmp_path, tmp_path / "late")
    async with small_street(tmp_path / "node") as street, small_street(tmp_path / "late") as late:
        await street.take(payments(EVERY))
        client = client_of(street)
        await prove_old_parents(client, late.state, naming(ids[2], ids[5]))
        assert late.state.ledger.position(ids[2]) == 3
        assert late.state.ledger.position(ids[5]) == 6
        await prove_old_parents(client, late.state, naming(bytes(32), ORIGIN))
        assert late.state.ledger.position(bytes(32)) is None
        await late.take([pay(ANN, CLEO, sequence=EVERY, parents=(ids[2], ids[5]))])
        assert late.state.ledger.balance(CLEO.public_key) == 1


async def test_false_proofs_are_refused(tmp_path: Path) -> None:
    """A proof that does not lead to the signed root proves nothing."""
    ids = await late_street(tmp_path, tmp_path / "late")
    async with small_street(tmp_path / "node") as street, small_street(tmp_path / "late") as late:
        await street.take(payments(EVERY))
        with pytest.raises(ForgedRecordError, match="a false proof"):
            await prove_old_parents(client_of(street, flipped), late.state, naming(ids[2], ids[5]))
        assert late.state.ledger.position(ids[2]) is None


async def test_what_the_node_has_pruned_too_is_named(tmp_path: Path) -> None:
    """Then this validator can not judge the record, and does not accuse anybody."""
    ids = await late_street(tmp_path, tmp_path / "late")
    await late_street(tmp_path, tmp_path / "node")
    async with small_street(tmp_path / "node") as street, small_street(tmp_path / "late") as late:
        with pytest.raises(PrunedError):
            await prove_old_parents(client_of(street), late.state, naming(ids[2], ids[5]))
