"""Pruning: payloads first, then records, never what nobody has signed for, and nothing is lost."""

from hashlib import sha256
from pathlib import Path

import pytest

from ledger_core import Records, data, hold, release, settle, verify_receipt
from ledger_node.errors import LogWriteError, PrunedError
from ledger_node.limits import PAYLOAD_SIZE_MAX
from ledger_node.protocol import (
    AskHistory,
    AskHold,
    AskInfo,
    AskTransaction,
    HoldState,
    Info,
    Refused,
    TransactionState,
)
from ledger_node.settings import PruneSettings
from ledger_node.stored_receipts import stored_receipt
from ledger_node.trust_protocol import AskLog, AskReceipt, ReceiptState
from tests.unit.ledger_node.small_street import (
    ALONE,
    EVERY,
    POLICY,
    Street,
    signed_by,
    small_street,
)
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    NETWORK,
    ORIGIN,
    START_US,
    ask,
    id_of,
    payments,
    request,
)


async def test_without_a_quorum_nothing_goes(tmp_path: Path) -> None:
    """What only the node has signed is kept, whatever the budget says."""
    async with small_street(tmp_path, POLICY) as street:
        await street.take(payments(EVERY))
        tight = PruneSettings(budget_bytes=1, age_s=0.001)
        assert not street.pruner.is_due(tight)
        done = await street.pruner.prune(tight)
        assert (done.first, done.limit, done.payloads_from) == (0, 0, 0)
        note = street.desk.latest
        assert note is not None
        street.desk.receive(signed_by(note, "city", "auditor"))
        assert street.pruner.is_due(tight)
        assert (await street.pruner.prune(tight)).first == EVERY + 1


async def test_nothing_above_the_snapshot_goes(tmp_path: Path) -> None:
    """The records behind the latest snapshot stay, and are proved as before."""
    async with small_street(tmp_path) as street:
        await street.take(payments(EVERY))
        await street.take(payments(4, first=EVERY))
        root = street.state.tree.root()
        done = await street.pruner.prune(None)
        assert (done.first, done.limit) == (11, 11)
        assert street.state.tree.root() == root
        assert street.state.tree.inclusion(14, size=15)
        assert [entry.first for entry in street.state.log.entries()] == [11]
        assert not street.pruner.is_due(PruneSettings(age_s=0.001))


async def test_only_what_is_old_goes(tmp_path: Path) -> None:
    """By age whole batches go, from the oldest on."""
    async with small_street(tmp_path) as street:
        for number in range(3):
            street.clock.now_us = START_US + number * 10_000_000
            await street.take(payments(EVERY, first=number * EVERY))
        street.clock.now_us += 1
        assert (await street.pruner.prune(PruneSettings(age_s=15.0))).first == 11
        assert (await street.pruner.prune(PruneSettings(age_s=15.0))).first == 11
        assert (await street.pruner.prune(PruneSettings(age_s=5.0))).first == 21
        assert (await street.pruner.prune(None)).first == 31


def noted(sequence: int, payload: bytes) -> Records:
    """Sign a DATA record."""
    return data(
        ANN,
        network=NETWORK,
        parents=(ORIGIN, ORIGIN),
        sequence=sequence,
        issued_at=START_US,
        valid_for=600,
        digest=sha256(payload).digest(),
    )


async def test_payloads_go_first(tmp_path: Path) -> None:
    """A budget that payloads alone exceed costs no record, and the answer names what is gone."""
    payloads = {number: bytes([number]) * PAYLOAD_SIZE_MAX for number in range(EVERY)}
    records = [noted(number, payload) for number, payload in payloads.items()]
    async with small_street(tmp_path) as street:
        answer = street.node.receive(request(records, payloads=payloads))
        assert answer is None
        while street.node.waiting:
            await street.node.turn()
            street.node.finish()
        street.desk.store()
        question = AskTransaction(request=1, id=id_of(records[3]))
        state, frames = ask(street.node, question)
        assert isinstance(state, TransactionState)
        assert state.has_payload
        assert frames[1] == payloads[3]
        size = street.pruner.disk_bytes
        done = await street.pruner.prune(PruneSettings(budget_bytes=size - 100_000))
        assert (done.first, done.payloads_from) == (0, EVERY + 1)
        assert done.bytes_after < size - 8 * PAYLOAD_SIZE_MAX
        state, _ = ask(street.node, question)
        assert isinstance(state, TransactionState)
        assert (state.position, state.has_payload, state.payload_pruned) == (4, False, True)
    async with small_street(tmp_path) as street:
        state, _ = ask(street.node, question)
        assert isinstance(state, TransactionState)
        assert state.payload_pruned


async def with_holds(street: Street) -> tuple[bytes, bytes]:
    """Open two holds and close one of them before the snapshot; return their ids."""
    holds = [
        hold(
            ANN,
            network=NETWORK,
            parents=(ORIGIN, ORIGIN),
            target=BEN.public_key,
            amount=7,
            sequence=number,
            issued_at=START_US,
            valid_for=600,
            digest=bytes(32),
        )
        for number in range(2)
    ]
    await street.take([*holds, *payments(1, first=2)])
    closing = release(
        BEN,
        network=NETWORK,
        parents=(ORIGIN, ORIGIN),
        hold_id=id_of(holds[0]),
        issued_at=START_US,
        valid_for=600,
    )
    await street.take([closing])
    await street.take(payments(EVERY, first=3))
    return id_of(holds[0]), id_of(holds[1])


@pytest.mark.parametrize("restarted", [False, True])
async def test_open_holds_stay_with_their_records(tmp_path: Path, restarted: bool) -> None:
    """A hold of before is shown, settled, proved by a receipt with its HOLD, and then let go."""
    async with small_street(tmp_path) as street:
        closed, opened = await with_holds(street)
        assert (await street.pruner.prune(None)).first == 15
        if not restarted:
            await settled(street, closed, opened)
    if restarted:
        async with small_street(tmp_path) as street:
            assert street.state.log.first == 15
            await settled(street, closed, opened)


async def settled(street: Street, closed: bytes, opened: bytes) -> None:
    """Look both holds up, settle the open one, and take its receipt."""
    status, frames = ask(street.node, AskHold(request=1, id=opened))
    assert isinstance(status, HoldState)
    assert (status.position, status.is_open, len(frames[0])) == (2, True, 256)
    gone, _ = ask(street.node, AskHold(request=1, id=closed))
    assert isinstance(gone, HoldState)
    assert gone.position == -1
    paid = settle(
        ANN,
        network=NETWORK,
        parents=(ORIGIN, ORIGIN),
        hold_id=opened,
        amount=5,
        number=1,
        issued_at=START_US,
        valid_for=600,
    )
    [position] = (await street.take([paid])).positions
    assert position == 15
    street.node.evidence.sign_if_due()
    found, parts = ask(street.node, AskReceipt(request=1, id=id_of(paid)))
    assert isinstance(found, ReceiptState)
    assert (found.position, parts[1]) == (15, frames[0])
    status, _ = ask(street.node, AskHold(request=1, id=opened))
    assert isinstance(status, HoldState)
    assert (status.is_open, status.closed_by) == (False, id_of(paid))
    first_sequence = street.state.ledger.next_sequence(ANN.public_key)
    await street.take(payments(EVERY, first=first_sequence))
    await street.pruner.prune(None)
    assert [kept.position for kept in street.state.lookups.kept] == [0]


async def test_what_is_gone_is_named(tmp_path: Path) -> None:
    """Each question about it gets PRUNED with the position, and young strangers are unknown."""
    async with small_street(tmp_path) as street:
        await street.take(payments(EVERY))
        await street.take(payments(2, first=EVERY))
        await street.pruner.prune(None)
        early = id_of(payments(4)[3])
        for question in (
            AskTransaction(request=1, id=early),
            AskTransaction(request=1, id=early, issued_at_us=START_US),
            AskReceipt(request=1, id=early),
            AskReceipt(request=1, id=bytes(32)),
            AskLog(request=1, first=3),
            AskHistory(request=1, public_key=ANN.public_key),
        ):
            refused, _ = ask(street.node, question)
            assert isinstance(refused, Refused)
            assert (refused.name, refused.first) == ("PRUNED", 11)
        young = AskTransaction(request=1, id=bytes(32), issued_at_us=START_US + 61_000_000)
        state, _ = ask(street.node, young)
        assert isinstance(state, TransactionState)
        assert state.position == -1
        info, _ = ask(street.node, AskInfo(request=1))
        assert isinstance(info, Info)
        assert info.first == 11
        with pytest.raises(PrunedError):
            street.state.tree.inclusion(3, size=12)


async def test_a_crash_in_between_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between writing what stays and dropping the rest, it goes on at the next start."""
    async with small_street(tmp_path) as street:
        await street.take(payments(EVERY))
        await street.take(payments(3, first=EVERY))

        async def killed(first: int) -> int:
            raise LogWriteError("killed")

        monkeypatch.setattr(street.state.log, "prune", killed)
        with pytest.raises(LogWriteError, match="killed"):
            await street.pruner.prune(None)
        assert street.state.log.first == 0
    async with small_street(tmp_path) as street:
        assert street.state.log.first == 11
        assert street.state.ledger.size == 14
        assert (await street.take(payments(1, first=13))).positions == [14]


async def test_receipts_come_from_a_pruned_directory(tmp_path: Path) -> None:
    """What is there is proved without a node, with a HOLD of before; what is gone is named."""
    async with small_street(tmp_path) as street:
        _, opened = await with_holds(street)
        await street.pruner.prune(None)
        paid = settle(
            ANN,
            network=NETWORK,
            parents=(ORIGIN, ORIGIN),
            hold_id=opened,
            amount=5,
            number=1,
            issued_at=START_US,
            valid_for=600,
        )
        await street.take([paid])
        street.node.evidence.sign_if_due()
    receipt = stored_receipt(tmp_path, id_of(paid))
    assert verify_receipt(receipt.encode(), ALONE).position == 15
    assert len(receipt.hold) == 256
    with pytest.raises(PrunedError, match="before position 15"):
        stored_receipt(tmp_path, opened)
