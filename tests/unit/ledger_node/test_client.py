"""The client against a node in the same loop: every request ends, in an answer or a named error."""

import asyncio
from pathlib import Path

import msgspec
import numpy as np
import pytest
import zmq

from ledger_core import (
    MICROSECONDS,
    RECORD_SIZE,
    Hold,
    KeyPair,
    Records,
    Verdict,
)
from ledger_node import (
    Account,
    Answer,
    EndpointError,
    ForgedRecordError,
    HoldStatus,
    LedgerClient,
    NodeClosedError,
    NodeSilentError,
    RequestError,
    RequestRefusedError,
)
from ledger_node.codec import decode_request, encode
from ledger_node.door import Door
from ledger_node.protocol import AskInfo, Submit, Tips, TransactionState
from ledger_node.sockets import bind, server_socket
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    GENESIS,
    NETWORK,
    ORIGIN,
    START_US,
    SUPPLY,
    id_of,
    joined,
    pay,
    payments,
)
from tests.unit.ledger_node.street_server import NODE_PAIR, raw_socket, receive, serving
from tests.unit.ledger_node.test_index_entries import closed, held
from tests.unit.ledger_node.test_submission import told as data_record


async def test_info_names_the_ledger(tmp_path: Path) -> None:
    """The client learns network, size and where events are published."""
    async with serving(tmp_path) as served, served.client() as client:
        info = await client.info()
    assert (info.network, info.network_number, info.genesis_id) == ("street", NETWORK, ORIGIN)
    assert (info.size, info.supply, info.balances, info.holds) == (1, SUPPLY, SUPPLY, 0)
    assert info.publish == served.publish


@pytest.mark.parametrize("form", ["one", "list", "tuple", "array", "rows"])
async def test_records_are_handed_in_in_any_form(tmp_path: Path, form: str) -> None:
    """One record or several, as builders and arrays give them."""
    records = payments(3)
    forms: dict[str, Records | list[Records] | tuple[Records, ...]] = {
        "one": records[0],
        "list": records,
        "tuple": tuple(records),
        "array": joined(records),
        "rows": list(joined(records)),
    }
    async with serving(tmp_path) as served, served.client() as client:
        answers = await client.submit(forms[form])
    expected = [Answer(Verdict.ACCEPTED, position) for position in (1, 2, 3)]
    assert answers == expected[: len(answers)]
    assert len(answers) == (1 if form == "one" else 3)


async def test_refusals_are_answers(tmp_path: Path) -> None:
    """A refused record has a verdict and no position; again is harmless."""
    records = [pay(ANN, BEN), pay(ANN, BEN, sequence=9), pay(ANN, BEN)]
    async with serving(tmp_path) as served, served.client() as client:
        answers = await client.submit(records)
    assert answers == [
        Answer(Verdict.ACCEPTED, 1),
        Answer(Verdict.SEQUENCE_GAP, None),
        Answer(Verdict.ALREADY_ACCEPTED, 1),
    ]
    assert [answer.is_accepted for answer in answers] == [True, False, True]


async def test_turned_away_it_hears_when_to_come_again(tmp_path: Path) -> None:
    """The door's refusal carries a time, for the records that it concerns."""
    async with serving(tmp_path, door=Door(room_max=1)) as served, served.client() as client:
        (answer, _) = await client.submit(payments(2))
    assert answer.verdict is Verdict.BUSY
    assert answer.retry_after_s is not None


async def test_tips_become_parents(tmp_path: Path) -> None:
    """What the client offers as parents is accepted as such."""
    async with serving(tmp_path) as served, served.client() as client:
        assert await client.tips() == (ORIGIN, ORIGIN)
        await client.submit(payments(2))
        tips = await client.tips()
        assert set(tips) == {id_of(record) for record in payments(2)}
        (answer,) = await client.submit(pay(BEN, ANN, parents=tips))
    assert answer.verdict is Verdict.ACCEPTED


async def test_account_transaction_and_history(tmp_path: Path) -> None:
    """What was paid is seen from all sides, with its payload."""
    async with serving(tmp_path) as served, served.client() as client:
        proof = data_record(b"proof", sequence=2)
        await client.submit([*payments(2), proof], {2: b"proof"})
        assert await client.account(BEN.public_key) == Account(
            balance=2, next_sequence=0, exists=True
        )
        found = await client.transaction(id_of(proof))
        assert await client.transaction(bytes(32)) is None
        history = await client.history(BEN.public_key, after=1, limit=5)
    assert found is not None
    assert (found.record, found.position, found.payload) == (proof, 3, b"proof")
    assert [(one.id, one.position) for one in history] == [(id_of(payments(2)[1]), 2)]


async def test_a_hold_from_its_opening_to_its_end(tmp_path: Path) -> None:
    """Terms and state are told, and what closed it."""
    opening = held(0)
    ending = closed(id_of(opening), "settle")
    hold = Hold(
        id=id_of(opening),
        payer=ANN.public_key,
        payee=BEN.public_key,
        amount=9,
        ends_at=START_US + 600 * MICROSECONDS,
        digest=bytes(32),
    )
    async with serving(tmp_path) as served, served.client() as client:
        assert await client.hold(id_of(opening)) is None
        await client.submit(opening)
        before = await client.hold(id_of(opening))
        await client.submit(ending)
        after = await client.hold(id_of(opening))
    assert before == HoldStatus(hold=hold, open=True, closed_by=None)
    assert after == HoldStatus(hold=hold, open=False, closed_by=id_of(ending))


async def test_requests_run_side_by_side(tmp_path: Path) -> None:
    """Many at once share one connection, and each gets its own answer."""
    async with serving(tmp_path) as served, served.client() as client:
        await client.submit(payments(50))
        ids = [id_of(record) for record in payments(50)]
        found = await asyncio.gather(*(client.transaction(one) for one in ids))
    assert [one and one.position for one in found] == list(range(1, 51))


async def test_nobody_there_is_named(tmp_path: Path) -> None:
    """Where nobody listens, the time limit ends in a sentence that says so."""
    async with serving(tmp_path) as served:
        endpoint = served.endpoint
    async with LedgerClient(endpoint, node_key=NODE_PAIR.public_key, timeout_s=0.3) as client:
        with pytest.raises(NodeSilentError, match="nobody listens there") as silence:
            await client.info()
    assert silence.value.retry_after_s is not None


async def test_a_wrong_key_is_named(tmp_path: Path) -> None:
    """With another node's key the handshake fails, and the sentence says which setting to check."""
    wrong = KeyPair.from_seed(bytes([7]) * 32).public_key
    async with (
        serving(tmp_path) as served,
        LedgerClient(served.endpoint, node_key=wrong, timeout_s=0.3) as client,
    ):
        with pytest.raises(NodeSilentError, match="check that node_key is that node's"):
            await client.info()


async def test_a_node_that_keeps_silent_is_named() -> None:
    """Somebody who listens and never answers is told apart from nobody."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    silent = server_socket(context, zmq.ROUTER, key_pair=NODE_PAIR)
    endpoint = bind(silent, "tcp://127.0.0.1:*")
    try:
        async with LedgerClient(endpoint, node_key=NODE_PAIR.public_key, timeout_s=0.6) as client:
            with pytest.raises(NodeSilentError, match="no answer came"):
                await client.info()
        asked = []
        while silent.poll(0):
            asked.append(decode_request(silent.recv_multipart()[1]))
    finally:
        context.destroy(linger=0)
    assert asked == [AskInfo(request=1)] * 2, "it was asked again"


async def test_the_client_comes_back_behind_a_restart(tmp_path: Path) -> None:
    """A request that began while the node was away is answered when it is back."""
    async with serving(tmp_path) as served:
        endpoint = served.endpoint
        client = served.client(timeout_s=20)
        await client.__aenter__()
        await client.submit(pay(ANN, BEN))
    asking = asyncio.create_task(client.submit(pay(ANN, BEN)))
    await asyncio.sleep(0)
    async with serving(tmp_path, endpoint=endpoint):
        assert await asking == [Answer(Verdict.ALREADY_ACCEPTED, 1)]
        await client.__aexit__(None, None, None)


async def test_closed_it_answers_nobody(tmp_path: Path) -> None:
    """Requests under way fail when the client is closed, later ones at once."""
    client = LedgerClient("tcp://127.0.0.1:9", node_key=NODE_PAIR.public_key)
    with pytest.raises(NodeClosedError, match="is not open"):
        await client.info()
    async with client:
        asking = asyncio.create_task(client.info())
        await asyncio.sleep(0)
    with pytest.raises(NodeClosedError, match="was closed"):
        await asking
    with pytest.raises(NodeClosedError, match="is not open"):
        await client.info()


async def test_what_is_no_endpoint_is_named() -> None:
    """The client does not begin with an endpoint that is none, and leaves nothing open."""
    with pytest.raises(EndpointError, match="nowhere"):
        async with LedgerClient("nowhere", node_key=NODE_PAIR.public_key):
            pass


@pytest.mark.parametrize(
    ("records", "payloads"),
    [
        ([], {}),
        (np.zeros(0, GENESIS.dtype), {}),
        (np.zeros(4_097, GENESIS.dtype), {}),
        (np.zeros(3), {}),
        (np.zeros(1, GENESIS.dtype), {1: b"x"}),
        (np.zeros(1, GENESIS.dtype), {-1: b"x"}),
        (np.zeros(1, GENESIS.dtype), {0: bytes((1 << 20) + 1)}),
    ],
    ids=["none", "empty", "too many", "other numbers", "misplaced", "negative", "too large"],
)
async def test_what_no_node_would_take_is_not_sent(
    records: Records, payloads: dict[int, bytes]
) -> None:
    """The client says at once what is wrong with a submission."""
    async with LedgerClient("tcp://127.0.0.1:9", node_key=NODE_PAIR.public_key) as client:
        with pytest.raises(RequestError):
            await client.submit(records, payloads)
        with pytest.raises(RequestError):
            await client.history(BEN.public_key, limit=257)


async def test_what_the_node_does_not_take_is_an_error(tmp_path: Path) -> None:
    """A refusal of the request as such carries its name."""
    async with serving(tmp_path) as served, served.client() as client:
        with pytest.raises(RequestRefusedError) as refusal:
            await client.account(b"short")
    assert refusal.value.name == "MALFORMED_REQUEST"


async def test_a_stranger_hears_what_is_wrong(tmp_path: Path) -> None:
    """Cut short records and noise on the bare socket are answered by name, not by a crash."""
    async with serving(tmp_path) as served, raw_socket(served.endpoint) as socket:
        for frames, name in (
            ([encode(Submit(request=4)), bytes(RECORD_SIZE - 1)], "RECORD_CUT_SHORT"),
            ([b"noise"], "MALFORMED_REQUEST"),
            ([b""] * 9, "MALFORMED_REQUEST"),
        ):
            socket.send_multipart(frames)
            assert msgspec.msgpack.decode((await receive(socket))[0])["name"] == name


class Liar:
    """A node that answers whatever it is told to."""

    def __init__(self, *frames: bytes) -> None:
        self._frames = list(frames)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = server_socket(self._context, zmq.ROUTER, key_pair=NODE_PAIR)
        self._endpoint = bind(self._socket, "tcp://127.0.0.1:*")

    async def __aenter__(self) -> LedgerClient:
        """Return a client that believes it."""
        loop = asyncio.get_running_loop()
        self._answering = loop.run_in_executor(None, self._answer)
        self._client = LedgerClient(self._endpoint, node_key=NODE_PAIR.public_key)
        return await self._client.__aenter__()

    async def __aexit__(self, *_: object) -> None:
        await self._answering
        await self._client.__aexit__(None, None, None)
        self._context.destroy(linger=0)

    def _answer(self) -> None:
        if self._socket.poll(5_000):
            peer, _, *_ = self._socket.recv_multipart()
            self._socket.send_multipart([peer, *self._frames])


FORGED = pay(ANN, BEN).tobytes()[:-1] + b"\x01"


@pytest.mark.parametrize(
    "frames",
    [
        [encode(Tips(request=1)), GENESIS.tobytes() + FORGED],
        [encode(Tips(request=1)), GENESIS.tobytes()],
        [encode(Tips(request=1)), GENESIS.tobytes()[:-1]],
        [encode(Tips(request=1))],
        [encode(TransactionState(request=1, position=1))],
    ],
    ids=["forged", "one", "cut short", "none", "another answer"],
)
async def test_a_forged_tip_is_never_named(frames: list[bytes]) -> None:
    """Tips whose record does not prove itself end in an error."""
    async with Liar(*frames) as client:
        with pytest.raises(ForgedRecordError):
            await client.tips()


@pytest.mark.parametrize("content", [GENESIS.tobytes(), b"", bytes(5)])
async def test_another_transaction_than_asked_for_is_no_answer(content: bytes) -> None:
    """The id is computed from what came."""
    async with Liar(encode(TransactionState(request=1, position=1)), content) as client:
        with pytest.raises(ForgedRecordError):
            await client.transaction(id_of(pay(ANN, BEN)))
