"""The node's core: what goes in, what comes out, and what nobody hears of."""

import random
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ledger_core import RECORD_SIZE, Verdict, parse_records
from ledger_node.codec import decode_reply, encode
from ledger_node.door import QUANTUM, Door
from ledger_node.errors import LogWriteError
from ledger_node.events import AcceptedHeader, MetricsHeader, RefusedHeader
from ledger_node.limits import FRAMES_MAX
from ledger_node.node import Node
from ledger_node.protocol import AccountState, AskAccount, AskInfo, Info, Refusal, Refused, Submit
from tests.conformance.memory_log import MemoryLog, Shelf
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    CLEO,
    GENESIS,
    ORIGIN,
    START_US,
    STRANGER,
    SUPPLY,
    HandClock,
    ask,
    heard,
    id_of,
    joined,
    notary_of,
    opened,
    pay,
    payments,
    request,
    running,
    submit,
    told,
)
from tests.unit.ledger_node.test_submission import told as data_record


async def test_a_record_gets_verdict_and_position(tmp_path: Path) -> None:
    """Accepted records get the next positions, refused ones none."""
    async with running(tmp_path) as node:
        answer = await submit(node, [pay(ANN, BEN), pay(BEN, ANN, amount=9), pay(BEN, ANN)])
    assert answer.verdicts == [Verdict.ACCEPTED, Verdict.INSUFFICIENT_FUNDS, Verdict.ACCEPTED]
    assert answer.positions == [1, -1, 2]
    assert answer.retry_after_s is None


async def test_handed_in_again_it_gets_its_first_position(tmp_path: Path) -> None:
    """Repeating changes nothing, within a submission, behind it, and behind a restart."""
    record = pay(ANN, BEN)
    async with running(tmp_path) as node:
        answer = await submit(node, [record, record])
        assert answer.verdicts == [Verdict.ACCEPTED, Verdict.ALREADY_ACCEPTED]
        assert answer.positions == [1, 1]
        assert (await submit(node, [record], number=2)).positions == [1]
    async with running(tmp_path) as node:
        answer = await submit(node, [record])
        assert (answer.verdicts, answer.positions) == ([Verdict.ALREADY_ACCEPTED], [1])
        account, _ = ask(node, AskAccount(request=1, public_key=BEN.public_key))
    assert isinstance(account, AccountState)
    assert account.balance == 1


async def test_what_the_window_has_forgotten_is_still_found(tmp_path: Path) -> None:
    """Old parents are known and old records repeat, however small the ledger's window is."""
    records = payments(20)
    async with running(tmp_path, window=4) as node:
        await submit(node, records)
        answer = await submit(node, [records[0]], number=2)
        assert (answer.verdicts, answer.positions) == ([Verdict.ALREADY_ACCEPTED], [1])
        child = pay(BEN, ANN, parents=(id_of(records[0]), id_of(records[1])))
        assert (await submit(node, [child], number=3)).verdicts == [Verdict.ACCEPTED]


async def test_nobody_hears_of_what_is_not_durable(tmp_path: Path) -> None:
    """When the log fails there is no reply, and behind a restart the record was never there."""
    shelf = Shelf()
    async with opened(tmp_path, HandClock()) as state:
        with notary_of(state, tmp_path) as notary:
            pass
        log = MemoryLog(shelf)
        await log.append(next(state.log.entries()))
        log.fails = True
        node = Node(
            replace(state, log=log),
            door=Door(),
            notary=notary,
            clock=HandClock(),
            random=random.Random(1),
        )
        assert node.receive(request([pay(ANN, BEN)])) is None
        with pytest.raises(LogWriteError):
            await node.turn()
    assert [entry.records for entry in shelf.entries] == [GENESIS.tobytes()]


async def test_answers_wait_for_the_turn(tmp_path: Path) -> None:
    """Between a submission and its turn a question hears nothing of it."""
    async with running(tmp_path) as node:
        node.receive(request([pay(ANN, BEN)]))
        info, _ = ask(node, AskInfo(request=2))
        assert isinstance(info, Info)
        assert (info.size, node.waiting) == (1, True)


async def test_a_submission_over_several_batches_is_answered_once(tmp_path: Path) -> None:
    """All verdicts come together, in the order of the records."""
    count = 2 * QUANTUM + 3
    async with running(tmp_path) as node:
        assert node.receive(request(payments(count))) is None
        replies = []
        for turn in range(3):
            replies.append(await node.turn())
            node.finish()
            assert node.waiting == (turn < 2)
    assert [len(some) for some in replies] == [0, 0, 1]
    answer = told(replies[2][0])
    assert answer.verdicts == [Verdict.ACCEPTED] * count
    assert answer.positions == list(range(1, count + 1))


async def test_later_records_of_a_submission_stand_on_earlier_ones(tmp_path: Path) -> None:
    """A chain through several issuers holds, though batches cut it anywhere."""
    door = Door(quantum=2)
    paid = pay(ANN, BEN, amount=5)
    passed = pay(BEN, CLEO, amount=4, parents=(ORIGIN, id_of(paid)))
    spent = pay(CLEO, ANN, amount=3, parents=(id_of(paid), id_of(passed)))
    async with running(tmp_path, door=door) as node:
        answer = await submit(node, [paid, passed, spent])
    assert answer.verdicts == [Verdict.ACCEPTED] * 3


async def test_a_flood_of_one_issuer_leaves_the_next_turn_to_another(tmp_path: Path) -> None:
    """Whoever has thousands waiting, another's record is judged in the very next batch."""
    async with running(tmp_path) as node:
        await submit(node, [pay(ANN, BEN, amount=5)])
        node.receive(request(payments(2_000, first=1), number=2, peer=b"flood"))
        node.receive(request([pay(BEN, ANN)], number=3, peer=b"quiet"))
        replies = await node.turn()
        node.finish()
        assert [reply[0] for reply in replies] == [b"quiet"]
        assert told(replies[0]).verdicts == [Verdict.ACCEPTED]


async def test_naming_another_issuer_does_not_take_his_turn(tmp_path: Path) -> None:
    """A flood of forged records in Ben's name fills a lane of its own, not Ben's."""
    forged = joined([pay(BEN, ANN, sequence=number) for number in range(QUANTUM)])
    forged["signature"] = 0
    async with running(tmp_path, door=Door(lane_max=QUANTUM)) as node:
        await submit(node, [pay(ANN, BEN, amount=5)])
        for number in range(2):
            node.receive([b"thief", encode(Submit(request=number)), forged.tobytes()])
        assert node.receive(request([pay(BEN, ANN)], number=9, peer=b"ben")) is None
        replies = await node.turn()
        node.finish()
    assert told(replies[-1]).verdicts == [Verdict.ACCEPTED]
    assert replies[-1][0] == b"ben"


async def test_bad_signatures_lose_a_connection_its_lanes(tmp_path: Path) -> None:
    """Whoever forged once has one lane for all issuers that he names from then on."""
    forged = joined([pay(BEN, ANN)])
    forged["signature"] = 0
    async with running(tmp_path, door=Door(lane_max=1)) as node:
        await submit(node, [pay(ANN, BEN, amount=5), pay(ANN, CLEO, sequence=1, amount=5)])
        for number, name in ((2, BEN), (3, CLEO)):
            message = request([pay(name, ANN)], number=number, peer=b"honest")
            assert node.receive(message) is None
        node.receive([b"thief", encode(Submit(request=4)), forged.tobytes()])
        await node.turn()
        node.finish()
        node.receive(request([pay(BEN, ANN, sequence=1)], number=5, peer=b"thief"))
        refused = node.receive(request([pay(CLEO, ANN, sequence=1)], number=6, peer=b"thief"))
    assert told(refused).verdicts == [Verdict.RATE_LIMITED]


async def test_issuers_without_account_share_a_lane(tmp_path: Path) -> None:
    """Inventing issuers wins no turns."""
    async with running(tmp_path, door=Door(lane_max=1)) as node:
        assert node.receive(request([pay(STRANGER, ANN)], number=1)) is None
        refused = node.receive(request([pay(CLEO, ANN)], number=2))
    assert told(refused).verdicts == [Verdict.RATE_LIMITED]


async def test_unknown_parents_are_paid_with_turns(tmp_path: Path) -> None:
    """Whoever makes the node search for what is not there, waits longer than who does not."""
    lost = [pay(ANN, BEN, parents=(ORIGIN, bytes([n] * 32))) for n in range(1, 65)]
    async with running(tmp_path, door=Door(quantum=64)) as node:
        await submit(node, [pay(ANN, BEN, amount=5)])
        node.receive(request([*lost, *lost], number=2, peer=b"searcher"))
        node.receive(request(payments(200, first=1), number=3, peer=b"ann"))
        turns = []
        for _ in range(7):
            turns.append([told(reply).verdicts[0] for reply in await node.turn()])
            node.finish()
    assert turns == [[], [], [], [], [], [], [Verdict.ACCEPTED]]


async def test_turned_away_at_the_door_it_hears_when_to_come_again(tmp_path: Path) -> None:
    """RATE_LIMITED comes at once with a time, and nothing of it is queued or counted as taken."""
    async with running(tmp_path, door=Door(lane_max=2)) as node:
        node.receive(request(payments(2)))
        answer = told(node.receive(request(payments(2, first=2), number=2)))
        assert answer.verdicts == [Verdict.RATE_LIMITED] * 2
        assert answer.positions == [-1, -1]
        assert answer.retry_after_s is not None
        await node.turn()
        node.finish()
        assert (await submit(node, payments(2, first=2), number=3)).positions == [3, 4]
        assert node.counts.by_name()["RATE_LIMITED"] == 2


async def test_wrong_payloads_are_judged_at_the_door(tmp_path: Path) -> None:
    """Alone such a record is answered at once; beside others it keeps its verdict."""
    record = data_record(b"right")
    async with running(tmp_path) as node:
        alone = told(node.receive(request([record], payloads={0: b"wrong"})))
        node.receive(request([record, pay(ANN, BEN)], number=2, payloads={0: b"wrong"}))
        (reply,) = await node.turn()
        node.finish()
        assert alone.verdicts == [Verdict.PAYLOAD_MISMATCH]
        assert told(reply).verdicts == [Verdict.PAYLOAD_MISMATCH, Verdict.ACCEPTED]
        assert told(reply).positions == [-1, 1]
        assert node.counts.by_name()["PAYLOAD_MISMATCH"] == 2


async def test_a_request_sent_twice_while_it_waits_is_judged_once(tmp_path: Path) -> None:
    """A client that is impatient costs nothing."""
    async with running(tmp_path) as node:
        for _ in range(3):
            assert node.receive(request([pay(ANN, BEN)])) is None
        replies = await node.turn()
        node.finish()
        assert (len(replies), node.waiting) == (1, False)


@pytest.mark.parametrize(
    ("frames", "name", "number"),
    [
        ([], Refusal.MALFORMED_REQUEST, 0),
        ([b"\xc1"], Refusal.MALFORMED_REQUEST, 0),
        ([b""] * (FRAMES_MAX + 1), Refusal.MALFORMED_REQUEST, 0),
        ([encode(Submit(request=5)), bytes(RECORD_SIZE - 1)], Refusal.RECORD_CUT_SHORT, 5),
        (
            [msgspec.msgpack.encode({"type": "x", "request": 5, "version": 9})],
            Refusal.FOREIGN_VERSION,
            5,
        ),
        (
            [msgspec.msgpack.encode({"type": "x", "request": -5})],
            Refusal.MALFORMED_REQUEST,
            0,
        ),
    ],
)
async def test_what_is_no_request_gets_a_named_answer(
    tmp_path: Path, frames: list[bytes], name: Refusal, number: int
) -> None:
    """Whatever arrives, the sender hears what is wrong with it, and nothing changes."""
    async with running(tmp_path) as node:
        answer = node.receive([b"peer", *frames])
        assert answer is not None
        refused = decode_reply(answer[1])
        assert isinstance(refused, Refused)
        assert (refused.name, refused.request, node.waiting) == (name, number, False)
        assert node.counts.refused_requests == 1


async def test_events_follow_a_turn(tmp_path: Path) -> None:
    """Accepted records with their place, refused ones with their verdict, both numbered."""
    async with running(tmp_path, clock=HandClock(START_US + 8)) as node:
        node.receive(request([pay(ANN, BEN), pay(BEN, ANN, sequence=7)]))
        await node.turn()
        accepted, refused = node.finish()
    boot = START_US + 8
    assert heard(accepted) == AcceptedHeader(boot=boot, number=0, first=1, at_us=boot)
    assert parse_records(accepted[2])[0] == pay(ANN, BEN)
    assert heard(refused) == RefusedHeader(boot=boot, number=0, at_us=boot)
    assert refused[2][-1] == Verdict.SEQUENCE_GAP


async def test_the_ledgers_time_never_runs_backwards(tmp_path: Path) -> None:
    """Whatever the clock does, also over a restart, a batch is not before the one before it."""
    clock = HandClock(START_US + 50)
    times = []
    for start, number in ((50, 0), (20, 1), (20, 2), (70, 3)):
        clock.now_us = START_US + start
        async with running(tmp_path, clock=clock) as node:
            node.receive(request([pay(ANN, BEN, sequence=number)]))
            await node.turn()
            header = heard(node.finish()[0])
            assert isinstance(header, AcceptedHeader)
            times.append(header.at_us - START_US)
    assert times == [50, 50, 50, 70]


async def test_metrics_count_what_happened(tmp_path: Path) -> None:
    """Rates and queues are told as an event."""
    clock = HandClock()
    async with running(tmp_path, clock=clock) as node:
        await submit(node, payments(3))
        node.receive(request(payments(2, first=3), number=2))
        clock.now_us += 1_000_000
        header = heard(node.metrics())
    assert isinstance(header, MetricsHeader)
    assert (header.accepted_per_s, header.batches_per_s, header.batch_records) == (3.0, 1.0, 3.0)
    assert (header.queue_records, header.queue_lanes) == (2, 1)
    assert (header.size, header.supply, header.balances) == (4, SUPPLY, SUPPLY)


async def test_when_it_stops_everybody_hears_so(tmp_path: Path) -> None:
    """Who still waits is told to come again, and nothing of it happens."""
    async with running(tmp_path) as node:
        node.receive(request([pay(ANN, BEN)]))
        (reply,) = node.stop()
        assert told(reply).verdicts == [Verdict.BUSY]
        assert not node.waiting
    async with opened(tmp_path, HandClock()) as state:
        assert state.ledger.size == 1
