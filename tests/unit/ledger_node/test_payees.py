"""A SETTLE from its payee alone: everybody else is refused at the door, and nothing has changed."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ledger_core import KeyPair, Records, Verdict, curve_public_key, hold, settle
from ledger_node.door import Door
from ledger_node.node import Node
from ledger_node.payees import Payees
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    CLEO,
    NETWORK,
    ORIGIN,
    START_US,
    HandClock,
    Told,
    id_of,
    notary_of,
    opened,
    pay,
    request,
    told,
)

HELD = hold(
    ANN,
    network=NETWORK,
    parents=(ORIGIN, ORIGIN),
    target=BEN.public_key,
    amount=50,
    sequence=0,
    issued_at=START_US,
    valid_for=600,
    digest=bytes(32),
)


def voucher(amount: int, *, hold_id: bytes = id_of(HELD), valid_for: int = 600) -> Records:
    """Sign a voucher of Ann's."""
    return settle(
        ANN,
        network=NETWORK,
        parents=(ORIGIN, id_of(HELD)),
        hold_id=hold_id,
        amount=amount,
        number=0,
        issued_at=START_US,
        valid_for=valid_for,
    )


class Guarded:
    """A node that asks who hands in a SETTLE."""

    def __init__(self, node: Node, clock: HandClock) -> None:
        self.node, self.clock = node, clock
        self._number = 0

    async def take(self, *records: Records, sender: KeyPair) -> Told:
        """Hand records in over a connection of somebody."""
        self._number += 1
        message = request(records, number=self._number)
        answer = self.node.receive(message, curve_public_key(sender.public_key))
        while self.node.waiting:
            (answer,) = await self.node.turn()
            self.node.finish()
        return told(answer)


@asynccontextmanager
async def guarded(path: Path) -> AsyncIterator[Guarded]:
    """Run such a node."""
    clock = HandClock()
    async with opened(path, clock) as state:
        with notary_of(state, path, clock=clock) as notary:
            payees = Payees(state.ledger, clock=clock)
            node = Node(
                state,
                door=Door(),
                notary=notary,
                clock=clock,
                random=random.Random(1),
                payees=payees,
            )
            yield Guarded(node, clock)


async def test_the_payee_alone_closes_a_hold(tmp_path: Path) -> None:
    """Payer and strangers are refused, whatever they have; the payee is paid, and told so again."""
    early, best = voucher(1), voucher(40)
    async with guarded(tmp_path) as node:
        assert (await node.take(HELD, sender=ANN)).verdicts == [Verdict.ACCEPTED]
        for sender in (ANN, CLEO):
            for record in (early, best):
                answer = await node.take(record, sender=sender)
                assert answer.verdicts == [Verdict.WRONG_PARTY]
        assert node.node.counts.verdicts[Verdict.WRONG_PARTY] == 4
        paid = await node.take(best, sender=BEN)
        assert paid.verdicts == [Verdict.ACCEPTED]
        for sender in (BEN, ANN):
            again = await node.take(best, sender=sender)
            assert (again.verdicts, again.positions) == (
                [Verdict.ALREADY_ACCEPTED],
                paid.positions,
            )
        assert (await node.take(early, sender=BEN)).verdicts == [Verdict.HOLD_CLOSED]


async def test_other_records_of_a_submission_go_their_way(tmp_path: Path) -> None:
    """One refused SETTLE costs its neighbours nothing, and keeps their order."""
    async with guarded(tmp_path) as node:
        await node.take(HELD, sender=ANN)
        records = (pay(ANN, CLEO, sequence=1), voucher(1), pay(ANN, CLEO, sequence=2))
        answer = await node.take(*records, sender=ANN)
        assert answer.verdicts == [Verdict.ACCEPTED, Verdict.WRONG_PARTY, Verdict.ACCEPTED]
        assert (await node.take(voucher(40), sender=BEN)).verdicts == [Verdict.ACCEPTED]


async def test_a_hold_is_not_closed_as_it_is_opened(tmp_path: Path) -> None:
    """Before the ledger shows a hold, its SETTLE is refused: nobody slips in behind the HOLD."""
    async with guarded(tmp_path) as node:
        answer = await node.take(HELD, voucher(1), sender=ANN)
        assert answer.verdicts == [Verdict.ACCEPTED, Verdict.UNKNOWN_HOLD]
        assert (await node.take(voucher(40), sender=BEN)).verdicts == [Verdict.ACCEPTED]


async def test_what_can_not_apply_is_told_by_the_rules(tmp_path: Path) -> None:
    """A SETTLE whose time is over has the verdict that it would have without this rule."""
    async with guarded(tmp_path) as node:
        node.clock.now_us = START_US + 601_000_000
        for sender in (ANN, BEN):
            answer = await node.take(voucher(1, hold_id=b"N" * 32), sender=sender)
            assert answer.verdicts == [Verdict.EXPIRED]
