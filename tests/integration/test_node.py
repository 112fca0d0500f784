"""A node as a process: the whole way over encrypted sockets, through crashes and restarts."""

import asyncio
import hashlib
import json
import resource
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, closing
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from ledger_core import RECORD, KeyPair, Records, Verdict, data, hold, record_ids, settle
from ledger_node import (
    AcceptedEvent,
    Event,
    LedgerClient,
    LostEvents,
    MetricsEvent,
    NodeSilentError,
)
from ledger_node.data_directory import DataDirectory
from ledger_node.limits import RECORDS_MAX
from ledger_node.local_log import LocalLog
from tests.integration.node_process import (
    ANN,
    BEN,
    NETWORK,
    NODE_PAIR,
    SUPPLY,
    NodeSite,
    now_us,
    running_node,
)

E = TypeVar("E")


def id_of(record: Records) -> bytes:
    """Return a record's id."""
    return record_ids(record).tobytes()


async def test_money_is_paid_held_and_settled(tmp_path: Path) -> None:
    """A transfer, a hold, a voucher settled by its payee and evidence, all with checked tips."""
    terms = hashlib.sha256(b"terms").digest()
    async with running_node(tmp_path) as site, site.client() as client:
        (paid,) = await client.submit(
            site.pay(ANN, BEN, sequence=0, amount=100, parents=await client.tips())
        )
        held = hold(
            ANN,
            network=NETWORK,
            parents=await client.tips(),
            target=BEN.public_key,
            amount=50,
            sequence=1,
            issued_at=now_us(),
            valid_for=600,
            digest=terms,
        )
        (opened,) = await client.submit(held)
        status = await client.hold(id_of(held))
        assert status is not None
        assert (status.open, status.hold.amount, status.hold.digest) == (True, 50, terms)
        voucher = settle(
            ANN,
            network=NETWORK,
            parents=await client.tips(),
            hold_id=id_of(held),
            amount=30,
            number=1,
            issued_at=now_us(),
            valid_for=600,
        )
        evidence = data(
            BEN,
            network=NETWORK,
            parents=await client.tips(),
            sequence=0,
            issued_at=now_us(),
            valid_for=600,
            digest=hashlib.sha256(b"meter").digest(),
        )
        answers = await client.submit([voucher, evidence], {1: b"meter"})
        assert [answer.verdict for answer in (paid, opened, *answers)] == [Verdict.ACCEPTED] * 4
        assert (await client.account(BEN.public_key)).balance == 130
        info = await client.info()
        assert (info.size, info.balances, info.holds) == (5, SUPPLY, 0)
        found = await client.transaction(id_of(evidence))
        assert found is not None
        assert found.payload == b"meter"
        history = await client.history(BEN.public_key)
        assert [one.id for one in history][2:] == [id_of(voucher), id_of(evidence)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """Exit code 0, one line on standard output, JSON lines beside it, and no key in them."""
    async with running_node(tmp_path) as site:
        assert site.ready["event"] == "ready"
        assert site.ready["node_key"] == NODE_PAIR.public_key.hex()
        assert site.ready["endpoint"].startswith("tcp://127.0.0.1:")
        assert await asyncio.to_thread(site.end, number) == 0
        events = [json.loads(line)["event"] for line in site.log.splitlines()]
        assert events == ["opened", "serving", "stopped"]
        assert NODE_PAIR.seed.hex() not in site.log


async def submit_for_ever(client: LedgerClient, records: Sequence[Records]) -> dict[int, int]:
    """Hand records in one by one, each until it is answered, and return their positions."""
    positions = {}
    for number, record in enumerate(records):
        (answer,) = await client.submit(record)
        assert answer.position is not None, answer
        positions[number] = answer.position
    return positions


async def test_a_kill_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Killed again and again under load, every accepted record has one place and keeps it."""
    async with running_node(tmp_path) as site, site.client() as client:
        payers = [KeyPair.from_seed(bytes([20 + number]) * 32) for number in range(4)]
        await client.submit(
            [site.pay(ANN, payer, sequence=n, amount=1_000) for n, payer in enumerate(payers)]
        )
        lists = [[site.pay(p, BEN, sequence=n) for n in range(150)] for p in payers]
        tasks = [asyncio.create_task(submit_for_ever(client, records)) for records in lists]
        for accepted in (100, 300, 450):
            while (await client.account(BEN.public_key)).balance < accepted:
                pass
            await asyncio.to_thread(site.end, signal.SIGKILL)
            await asyncio.to_thread(site.restart)
        positions = [place for task in tasks for place in (await task).values()]
        assert sorted(positions) == list(range(5, 605))
        again = [await client.submit(records) for records in lists]
        assert {answer.verdict for some in again for answer in some} == {Verdict.ALREADY_ACCEPTED}
        assert [answer.position for some in again for answer in some] == positions
        info = await client.info()
        assert (info.size, info.balances) == (605, SUPPLY)
        assert (await client.account(BEN.public_key)).balance == 600


async def until(events: AsyncIterator[Event], kind: type[E]) -> E:
    """Read events until one is of a kind, and return that."""
    async for event in events:
        if isinstance(event, kind):
            return event
    raise AssertionError("the events ended")


async def test_subscribers_hear_of_everything_or_that_something_is_missing(
    tmp_path: Path,
) -> None:
    """Accepted records come in order without a gap; a restart is told as lost events."""
    async with (
        running_node(tmp_path) as site,
        site.client() as client,
        aclosing(client.events()) as events,
    ):
        await until(events, MetricsEvent)
        for number in range(20):
            await client.submit(site.pay(ANN, BEN, sequence=number))
        firsts = [(await until(events, AcceptedEvent)).first for _ in range(20)]
        assert firsts == list(range(1, 21))
        await asyncio.to_thread(site.end, signal.SIGTERM)
        await asyncio.to_thread(site.restart)
        assert (await until(events, LostEvents)).count is None


async def test_a_slow_subscriber_does_not_hold_up_the_node(tmp_path: Path) -> None:
    """Whoever subscribes and reads nothing costs the others nothing, and later sees the gap."""
    async with (
        running_node(tmp_path) as site,
        site.client() as client,
        aclosing(client.events()) as events,
    ):
        await until(events, MetricsEvent)
        for _ in range(100):
            answers = await client.submit(np.zeros(RECORDS_MAX, RECORD))
            assert answers[-1].verdict is Verdict.MALFORMED
        assert (await client.info()).size == 1
        lost = await until(events, LostEvents)
        while lost.topic != "refused":
            lost = await until(events, LostEvents)
        assert lost.count is not None
        assert lost.count > 0


async def test_a_second_node_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """Exit code 3 and the process that works there; the first node goes on."""
    async with running_node(tmp_path) as site, site.client() as client:
        assert site.process is not None
        code, message = await asyncio.to_thread(site.fail)
        assert (code, f"process {site.process.pid}" in message) == (3, True)
        assert (await client.info()).size == 1


async def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    """Exit code 3 and one sentence that names the endpoint."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    async with running_node(tmp_path / "one") as site:
        other = NodeSite(tmp_path / "two")
        other.prepare(bind=site.ready["endpoint"])
        code, message = await asyncio.to_thread(other.fail)
    assert code == 3
    assert f"{site.ready['endpoint']} is in use" in message


def ruin_settings(site: NodeSite) -> None:
    """Add a key that no node knows."""
    with (site.folder / "node.toml").open("a") as file:
        file.write('colour = "red"\n')


def ruin_key(site: NodeSite) -> None:
    """Take the key away."""
    (site.folder / "node.key").unlink()


def ruin_genesis(site: NodeSite) -> None:
    """Cut the genesis record short."""
    content = (site.folder / "genesis").read_bytes()
    (site.folder / "genesis").write_bytes(content[:255])


def ruin_log(site: NodeSite) -> None:
    """Flip one bit of the stored history."""
    with closing(sqlite3.connect(site.folder / "data" / "log.sqlite")) as file, file:
        (records,) = file.execute("SELECT records FROM batch WHERE first = 1").fetchone()
        flipped = bytes([records[100] ^ 4])
        changed = records[:100] + flipped + records[101:]
        file.execute("UPDATE batch SET records = ? WHERE first = 1", (changed,))


@pytest.mark.parametrize(
    ("ruin", "code", "words"),
    [
        (ruin_settings, 2, "colour"),
        (ruin_key, 2, "node.key"),
        (ruin_genesis, 2, "not 255"),
        (ruin_log, 5, "position 1"),
    ],
    ids=["settings", "key", "genesis", "log"],
)
async def test_what_is_wrong_at_the_start_is_said_in_one_sentence(
    tmp_path: Path, ruin: Callable[[NodeSite], None], code: int, words: str
) -> None:
    """The exit code tells whose fault it is, and nothing is served."""
    async with running_node(tmp_path) as site:
        async with site.client() as client:
            await client.submit(site.pay(ANN, BEN, sequence=0))
        await asyncio.to_thread(site.end, signal.SIGKILL)
        ruin(site)
        ended, message = await asyncio.to_thread(site.fail)
    assert ended == code
    assert words in message


async def test_a_full_disk_stops_it_and_nothing_is_half_done(tmp_path: Path) -> None:
    """Exit code 3; nobody hears of the batch, and with room it is done as if for the first time."""
    async with running_node(tmp_path) as site, site.client() as client:
        await client.submit(site.pay(ANN, BEN, sequence=0))
        assert site.process is not None
        log_size = (tmp_path / "data" / "log.sqlite-wal").stat().st_size
        limit_file_size(site.process.pid, log_size + 8_192)
        records = [site.pay(ANN, BEN, sequence=1 + number) for number in range(200)]
        submitting = asyncio.create_task(client.submit(records))
        await asyncio.to_thread(site.process.wait, 20)
        assert site.process.returncode == 3
        assert "make room" in site.log
        site.process.communicate()
        await asyncio.to_thread(site.restart)
        answers = await submitting
        assert [answer.verdict for answer in answers] == [Verdict.ACCEPTED] * 200
        assert (await client.info()).size == 202


def limit_file_size(process: int, size: int) -> None:
    """Let no file of a process grow beyond a size, as a full disk would. [bytes]"""
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, size))


async def test_a_wrong_key_is_named(tmp_path: Path) -> None:
    """A client with another key gets no answer and a sentence that says which setting to check."""
    async with running_node(tmp_path) as site:
        client = LedgerClient(site.ready["endpoint"], node_key=BEN.public_key, timeout_s=0.5)
        silence = pytest.raises(NodeSilentError, match="check that node_key is that node's")
        async with client:
            with silence:
                await client.info()


async def test_the_log_is_read_when_the_node_has_ended(tmp_path: Path) -> None:
    """An auditor finds the very records in order, with their time, in the node's own directory."""
    async with running_node(tmp_path) as site:
        async with site.client() as client:
            record = site.pay(ANN, BEN, sequence=0)
            await client.submit(record)
        await asyncio.to_thread(site.end, signal.SIGTERM)
    with DataDirectory(tmp_path / "data") as directory, closing(LocalLog(directory.log)) as log:
        first, second = log.entries()
    assert second.records == record.tobytes()
    assert (first.first, second.first, second.at_us > 0) == (0, 1, True)
