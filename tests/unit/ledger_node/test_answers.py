"""Answers: what the node knows, for those who ask."""

from pathlib import Path

from ledger_core import Verdict, parse_records, record_ids
from ledger_node.protocol import (
    AccountState,
    AskAccount,
    AskHistory,
    AskHold,
    AskInfo,
    AskTips,
    AskTransaction,
    History,
    HoldState,
    Info,
    Tips,
    TransactionState,
)
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    GENESIS,
    NETWORK,
    ORIGIN,
    START_US,
    STRANGER,
    SUPPLY,
    HandClock,
    ask,
    id_of,
    pay,
    payments,
    request,
    running,
    submit,
    told,
)
from tests.unit.ledger_node.test_index_entries import closed, held
from tests.unit.ledger_node.test_submission import told as data_record


async def test_info_says_what_ledger_it_is(tmp_path: Path) -> None:
    """Network, size and sums are the ledger's, the time is the node's."""
    async with running(tmp_path, clock=HandClock(START_US + 3)) as node:
        await submit(node, [pay(ANN, BEN), held(1)])
        info, _ = ask(node, AskInfo(request=5))
    assert info == Info(
        request=5,
        network="street",
        network_number=NETWORK,
        genesis_id=ORIGIN,
        size=3,
        supply=SUPPLY,
        balances=SUPPLY - 9,
        holds=9,
        at_us=START_US + 3,
        publish="tcp://127.0.0.1:9",
    )


async def test_tips_are_the_genesis_as_long_as_there_is_nothing_else(tmp_path: Path) -> None:
    """Both records are the genesis at first, and two different new ones later."""
    async with running(tmp_path) as node:
        reply, frames = ask(node, AskTips(request=1))
        assert (reply, frames) == (Tips(request=1), [2 * GENESIS.tobytes()])
        await submit(node, payments(2))
        _, (content,) = ask(node, AskTips(request=2))
    ids = {row.tobytes() for row in record_ids(parse_records(content))}
    assert ids == {id_of(record) for record in payments(2)}


async def test_an_account_stands_as_its_records_left_it(tmp_path: Path) -> None:
    """Balance and sequence of a payer, of a payee, and of nobody."""
    async with running(tmp_path) as node:
        await submit(node, payments(3))
        replies = [
            ask(node, AskAccount(request=1, public_key=pair.public_key))[0]
            for pair in (ANN, BEN, STRANGER)
        ]
    assert replies == [
        AccountState(request=1, balance=SUPPLY - 3, next_sequence=3, exists=True),
        AccountState(request=1, balance=3, next_sequence=0, exists=True),
        AccountState(request=1, balance=0, next_sequence=0, exists=False),
    ]


async def test_a_transaction_comes_with_its_place_and_those_who_vouch(tmp_path: Path) -> None:
    """Record, position, time and the number of others that stand on it."""
    async with running(tmp_path, clock=HandClock(START_US + 3)) as node:
        paid = pay(ANN, BEN)
        await submit(node, [paid])
        await submit(node, [pay(BEN, ANN, parents=(ORIGIN, id_of(paid)))], number=2)
        reply, frames = ask(node, AskTransaction(request=1, id=id_of(paid)))
    assert reply == TransactionState(request=1, position=1, at_us=START_US + 3, vouchers=1)
    assert frames == [paid.tobytes(), b""]


async def test_an_unknown_transaction_has_no_place(tmp_path: Path) -> None:
    """Refused records are no transactions."""
    async with running(tmp_path) as node:
        await submit(node, [pay(ANN, BEN, sequence=9)])
        question = AskTransaction(request=1, id=id_of(pay(ANN, BEN, sequence=9)))
        assert ask(node, question) == (TransactionState(request=1, position=-1), [])


async def test_a_payload_comes_with_its_transaction(tmp_path: Path) -> None:
    """What was carried beside the record is given back, also when it is empty."""
    records = [data_record(b"proof"), data_record(b"", sequence=1), data_record(b"x", sequence=2)]
    async with running(tmp_path) as node:
        node.receive(request(records, payloads={0: b"proof", 1: b""}))
        (reply,) = await node.turn()
        node.finish()
        assert told(reply).verdicts == [Verdict.ACCEPTED] * 3
        answers = [ask(node, AskTransaction(request=1, id=id_of(one))) for one in records]
    found = [(state.has_payload, frames[1]) for state, frames in answers if frames
             and isinstance(state, TransactionState)]  # fmt: skip
    assert found == [(True, b"proof"), (True, b""), (False, b"")]


async def test_a_hold_is_open_until_it_is_closed(tmp_path: Path) -> None:
    """The HOLD record tells the terms, the ledger whether they still run."""
    opening = held(0)
    ending = closed(id_of(opening), "settle")
    async with running(tmp_path) as node:
        await submit(node, [opening])
        question = AskHold(request=1, id=id_of(opening))
        before = ask(node, question)
        await submit(node, [ending], number=2)
        after = ask(node, question)
    assert before == (HoldState(request=1, position=1, is_open=True), [opening.tobytes()])
    assert after == (
        HoldState(request=1, position=1, closed_by=id_of(ending)),
        [opening.tobytes()],
    )


async def test_what_is_no_hold_has_no_place(tmp_path: Path) -> None:
    """Neither an unknown id nor a transfer's is a hold."""
    async with running(tmp_path) as node:
        await submit(node, [pay(ANN, BEN)])
        for unknown in (bytes(32), id_of(pay(ANN, BEN))):
            question = AskHold(request=1, id=unknown)
            assert ask(node, question) == (HoldState(request=1, position=-1), [])


async def test_history_comes_by_pages(tmp_path: Path) -> None:
    """Positions, times and records stand side by side."""
    async with running(tmp_path) as node:
        await submit(node, payments(3))
        question = AskHistory(request=1, public_key=BEN.public_key, after=1, limit=1)
        reply, frames = ask(node, question)
    assert reply == History(request=1, positions=(2,), at_us=(START_US,))
    assert frames == [payments(3)[1].tobytes()]
