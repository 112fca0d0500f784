"""Validators as processes: they find out for themselves, and sign nothing else."""

import asyncio
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from ledger_core import (
    Checkpoint,
    KeyPair,
    Note,
    NoteSignatureError,
    Policy,
    cosign,
    log_key,
    network_origin,
    record_ids,
    validator_key,
    verify_checkpoint,
    verify_receipt,
)
from ledger_node import NotFinalError, RequestRefusedError
from ledger_node.facts import AlarmEvent
from ledger_node.log import FIRST_DIGEST
from tests.integration.node_process import ANN, BEN, CLEO, END_S, NODE_PAIR, NodeSite, running_node
from tests.integration.validator_processes import (
    key_of,
    policy_of,
    put_policy,
    validators,
)


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""

    async def looking() -> None:
        while not condition():
            await asyncio.to_thread(lambda: None)

    await asyncio.wait_for(looking(), END_S)


async def test_operators_make_it_final(tmp_path: Path) -> None:
    """Three of four agree; a receipt of it convinces somebody who knows the policy alone."""
    policy = policy_of()
    async with (
        running_node(tmp_path, policy_file=put_policy(tmp_path, policy)) as site,
        validators(site) as running,
        site.client() as client,
    ):
        record = site.pay(ANN, BEN, sequence=0)
        (answer,) = await client.submit(record)
        assert answer.position == 1
        finality = await client.final(1, timeout_s=END_S)
        signed = verify_checkpoint(Note.parse(finality.final_note), policy)
        assert len(signed.signed_at_s) >= 3
        receipt = await client.receipt(record_ids(record).tobytes())
        assert receipt is not None
        assert verify_receipt(receipt.encode(), policy).position == 1
        assert await client.receipt(bytes(32)) is None
        for one in running.values():
            assert await asyncio.to_thread(one.end, signal.SIGTERM) == 0
            assert one.alarms() == []


async def test_a_killed_validator_comes_back(tmp_path: Path) -> None:
    """Finality goes on without one of four, waits for a second one, and goes on with it."""
    async with (
        running_node(tmp_path, policy_file=put_policy(tmp_path, policy_of())) as site,
        validators(site) as running,
        site.client() as client,
    ):
        await client.submit(site.pay(ANN, BEN, sequence=0))
        await client.final(1, timeout_s=END_S)
        await asyncio.to_thread(running["city"].end, signal.SIGKILL)
        await client.submit(site.pay(ANN, BEN, sequence=1))
        await client.final(2, timeout_s=END_S)
        await asyncio.to_thread(running["toll"].end, signal.SIGKILL)
        await client.submit(site.pay(ANN, BEN, sequence=2))
        with pytest.raises(NotFinalError, match=r"Position 3 was not final within 0\.5 s"):
            await client.final(3, timeout_s=0.5)
        await asyncio.to_thread(running["city"].start)
        await client.final(3, timeout_s=END_S)
        assert not any(one.alarms() for one in running.values())


async def test_a_liar_is_shown(tmp_path: Path) -> None:
    """A validator that cosigns another tree is refused by name, and everybody hears of it."""
    async with (
        running_node(tmp_path, policy_file=put_policy(tmp_path, policy_of())) as site,
        site.client() as client,
        site.client() as listener,
    ):
        note = Note(Checkpoint(network_origin("street"), 1, bytes([7]) * 32).text())
        lie = Note(note.text, (cosign(key_of("toll"), "toll", note, at_s=1_800_000_000),))
        events = listener.events()
        try:
            await anext(events)
            with pytest.raises(RequestRefusedError, match="toll stands by another") as caught:
                await client.cosign(lie)
            assert caught.value.name == "OTHER_TREE"
            async for event in events:
                if isinstance(event, AlarmEvent):
                    assert (event.names, event.size) == ("toll", 1)
                    assert "toll stands by another tree of 1 records" in event.reason
                    assert Note.parse(event.note) == lie
                    break
        finally:
            await events.aclose()
        assert (await client.checkpoint()).final_size == 0


def forge(site: NodeSite, position: int) -> None:
    """Alter a record in a node's log, mend the chain behind it, and forget what was signed."""
    with closing(sqlite3.connect(site.folder / "data" / "log.sqlite")) as file, file:
        digest = FIRST_DIGEST
        rows = file.execute("SELECT first, at_us, records FROM batch ORDER BY first").fetchall()
        for first, at_us, records in rows:
            content = bytearray(records)
            if first == position:
                content[255] ^= 1
            digest = sha256(digest + at_us.to_bytes(8, "little") + content).digest()
            file.execute(
                "UPDATE batch SET records = ?, digest = ? WHERE first = ?",
                (bytes(content), digest, first),
            )
    with closing(sqlite3.connect(site.folder / "data" / "checkpoints.sqlite")) as file, file:
        file.execute("DELETE FROM checkpoint")
    for path in (site.folder / "data").glob("index.sqlite*"):
        path.unlink()


async def test_a_lying_log_is_refused(tmp_path: Path) -> None:
    """A new validator names the altered record, one that knew the log before the tree."""
    policy = policy_of(("city", "auditor"), quorum=1)
    async with (
        running_node(tmp_path, policy_file=put_policy(tmp_path, policy)) as site,
        validators(site, ("city",)) as old,
    ):
        async with site.client() as client:
            for number in range(3):
                await client.submit(site.pay(ANN, BEN, sequence=number))
            await client.final(3, timeout_s=END_S)
        await asyncio.to_thread(site.end, signal.SIGTERM)
        forge(site, 2)
        site.configure(
            bind=site.ready["endpoint"],
            publish=site.ready["publish"],
            policy_file=put_policy(tmp_path, policy),
        )
        await asyncio.to_thread(site.start)
        async with validators(site, ("auditor",)) as new:
            await eventually(lambda: bool(new["auditor"].alarms() and old["city"].alarms()))
            assert new["auditor"].alarms()[0]["position"] == 2
            assert "position 2" in str(new["auditor"].alarms()[0]["message"])
            assert "BAD_SIGNATURE" in str(new["auditor"].alarms()[0]["message"])
            assert "size 4 has another root" in str(old["city"].alarms()[0]["message"])
            async with site.client() as client:
                assert (await client.checkpoint()).final_size == 0


async def test_a_forked_log_is_refused(tmp_path: Path) -> None:
    """A node that shows another history gets no signature; with the true one all goes on."""
    policy = put_policy(tmp_path, policy_of())
    data, true = tmp_path / "data", tmp_path / "true"
    async with (
        running_node(tmp_path, policy_file=policy) as site,
        validators(site) as running,
    ):
        await pay(site, BEN, count=3, wait_s=END_S)
        await asyncio.to_thread(site.end, signal.SIGTERM)
        data.rename(true)
        site.configure(
            bind=site.ready["endpoint"], publish=site.ready["publish"], policy_file=policy
        )
        await asyncio.to_thread(site.start)
        await pay(site, CLEO, count=3)
        told = {name: await asyncio.to_thread(one.told_alarm) for name, one in running.items()}
        await asyncio.to_thread(site.end, signal.SIGTERM)  # only now: each has to have seen it
        for name, alarm in told.items():
            assert (alarm["event"], alarm["name"]) == ("alarm", name)
            assert alarm["position"] == 1, alarm
            assert "parts from what it was at position 1" in str(alarm["message"])
        shutil.rmtree(data)
        true.rename(data)
        await asyncio.to_thread(site.start)
        assert all(one.process and one.process.poll() is None for one in running.values())
        await pay(site, BEN, first=3, count=1, wait_s=END_S)


async def pay(
    site: NodeSite, payee: KeyPair, *, first: int = 0, count: int, wait_s: float | None = None
) -> None:
    """Let Ann pay somebody, and see that it becomes final, or that it does not."""
    async with site.client() as client:
        for number in range(first, first + count):
            [answer] = await client.submit(site.pay(ANN, payee, sequence=number))
            assert answer.position == number + 1
        if wait_s is not None:
            await client.final(first + count, timeout_s=wait_s)
        else:
            with pytest.raises(NotFinalError):
                await client.final(first + count, timeout_s=2)
            assert (await client.checkpoint()).final_size == 0


async def test_what_was_signed_is_compared_at_the_start(tmp_path: Path) -> None:
    """A node whose log was altered behind its checkpoint does not serve it."""
    async with running_node(tmp_path) as site:
        async with site.client() as client:
            for number in range(3):
                await client.submit(site.pay(ANN, BEN, sequence=number))
            await client.final(3, timeout_s=END_S)
        await asyncio.to_thread(site.end, signal.SIGTERM)
        kept = (tmp_path / "data" / "checkpoints.sqlite").read_bytes()
        forge(site, 2)
        (tmp_path / "data" / "checkpoints.sqlite").write_bytes(kept)
        code, said = await asyncio.to_thread(site.fail)
        assert code == 5
        assert "first 4 records are not those that were signed" in said


def test_a_policy_of_strangers_proves_nothing() -> None:
    """Whoever trusts another log does not take a checkpoint of this one."""
    other = Policy(
        log_key("street", BEN.public_key), (validator_key("city", key_of("city").public_key),), 1
    )
    note = Note(Checkpoint(network_origin("street"), 1, bytes(32)).text())
    with pytest.raises(NoteSignatureError):
        verify_checkpoint(note, other)
    assert other.log.public_key != NODE_PAIR.public_key
