"""Small disks, with real processes: snapshots, pruning, restarts, and a newcomer."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from configuration import dump, load
from ledger_core import Policy, Receipt, Records, record_ids, verify_receipt, verify_snapshot_note
from ledger_node import LedgerClient, NodeSettings
from ledger_node.errors import PrunedError
from ledger_node.settings import PruneSettings
from ledger_node.validator_settings import ValidatorSettings
from tests.integration.node_process import ANN, BEN, END_S, NodeSite, running_node
from tests.integration.running_command import run_command
from tests.integration.validator_processes import Validator, policy_of, put_policy, validators

EVERY = 1_000
"""Records between two snapshots."""

BUDGET = 1_000_000
"""What the node may take. [bytes]"""

COUNT = 5_200
"""Payments before anything is pruned."""

OLD = ("city", "operator", "toll")
NEW = "auditor"


@dataclass
class Town:
    """A node, three operators, and the payments of a day."""

    site: NodeSite
    running: dict[str, Validator]
    policy: Policy
    records: list[Records]
    receipt: Receipt

    @property
    def folder(self) -> Path:
        """The node's folder, which has the policy, too."""
        return self.site.folder


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(END_S):
        while not await condition():
            await asyncio.to_thread(lambda: None)


def change(validator: Validator, **settings: str | PruneSettings) -> None:
    """Change the settings of a validator."""
    path = validator.folder / "validator.toml"
    old = load(path, ValidatorSettings)
    values = {name: getattr(old, name) for name in old.__struct_fields__}
    path.write_text(dump(ValidatorSettings(**{**values, **settings})))


def restart(site: NodeSite, *, prune: PruneSettings) -> None:
    """Start the node anew with a budget."""
    path = site.folder / "node.toml"
    old = load(path, NodeSettings)
    values = {name: getattr(old, name) for name in old.__struct_fields__}
    values |= {"bind": site.ready["endpoint"], "publish": site.ready["publish"], "prune": prune}
    path.write_text(dump(NodeSettings(**values)))
    site.start()


async def pay(site: NodeSite, client: LedgerClient, *, first: int, count: int) -> list[Records]:
    """Let Ann pay Ben many times."""
    records = [site.pay(ANN, BEN, sequence=number) for number in range(first, first + count)]
    for start in range(0, count, 500):
        answers = await client.submit(np.stack(records[start : start + 500]))
        assert all(answer.is_accepted for answer in answers)
    return records


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    """Run a node with operators until a snapshot of most payments has its quorum."""
    policy = replace(policy_of((*OLD, NEW), quorum=3), snapshot_every=EVERY)
    name = put_policy(folder, policy)
    async with running_node(folder, policy_file=name) as site, validators(site, ()) as running:
        for operator in OLD:
            one = running[operator] = Validator(operator, folder / operator)
            one.prepare(site)
            change(one, policy_file=str(folder / name))
            await asyncio.to_thread(one.start)
        async with site.client() as client:
            records = await pay(site, client, first=0, count=COUNT)
            await client.final(COUNT, timeout_s=END_S)
            receipt = await client.receipt(record_ids(records[10]).tobytes())
            assert receipt is not None
            await until(lambda: has_snapshot(client, policy, COUNT // EVERY * EVERY))
        yield Town(site, running, policy, records, receipt)


async def has_snapshot(client: LedgerClient, policy: Policy, size: int) -> bool:
    """Tell whether a quorum stands by a snapshot of so many records."""
    found = await client.snapshot(policy)
    return found is not None and found[0].size >= size


async def first_of(client: LedgerClient) -> int:
    """Wait until the node has pruned, and return from where on it has records."""

    async def is_pruned() -> bool:
        return (await client.info()).first > COUNT // 4

    await until(is_pruned)
    return (await client.info()).first


async def check_answers(client: LedgerClient, town: Town, first: int) -> None:
    """Ask a pruned node about what it has and what it no longer has."""
    early = record_ids(town.records[10]).tobytes()
    for question in (
        client.transaction(early),
        client.receipt(early),
        client.log(0),
        client.history(BEN.public_key),
    ):
        with pytest.raises(PrunedError, match="not kept here any more") as caught:
            await question
        assert 0 < caught.value.first <= first
    later = await client.history(BEN.public_key, after=first - 1)
    assert later[0].position == first
    young = int(town.records[-1]["issued_at"]) + 10**9
    assert await client.transaction(bytes(32), issued_at_us=young) is None
    kept = record_ids(town.records[-1]).tobytes()
    receipt = await client.receipt(kept)
    assert receipt is not None
    assert verify_receipt(receipt.encode(), town.policy).position == COUNT
    assert verify_receipt(town.receipt.encode(), town.policy).position == 11
    info = await client.info()
    assert info.balances + info.holds == info.supply
    assert (await client.account(BEN.public_key)).balance == COUNT


@pytest.mark.timeout(120)
async def test_a_town_goes_on_when_its_past_is_pruned(tmp_path: Path) -> None:
    """Honest answers, restarts, and finality by a newcomer who joined from a snapshot."""
    async with town(tmp_path) as place:
        site, running = place.site, place.running
        await asyncio.to_thread(site.end, signal.SIGTERM)
        before = disk_bytes(tmp_path / "data")
        assert before > BUDGET
        await asyncio.to_thread(restart, site, prune=PruneSettings(budget_bytes=BUDGET))
        async with site.client() as client:
            first = await first_of(client)
            await check_answers(client, place, first)
            newcomer = running[NEW] = Validator(NEW, tmp_path / NEW)
            newcomer.prepare(site)
            change(newcomer, policy_file=str(tmp_path / "policy.toml"), join="snapshot")
            await asyncio.to_thread(newcomer.start)
            assert '"event": "joined"' in newcomer.log
        await asyncio.to_thread(site.end, signal.SIGKILL)
        assert disk_bytes(tmp_path / "data") < BUDGET
        for one in (running["city"], newcomer):
            await asyncio.to_thread(one.end, signal.SIGKILL)
        await asyncio.to_thread(site.start)
        await asyncio.to_thread(newcomer.start)
        async with site.client() as client:
            await pay(site, client, first=COUNT, count=EVERY)
            final = await client.final(COUNT + EVERY, timeout_s=END_S)
            assert final.signatures == 3, "the newcomer has signed in the city's place"
            await until(lambda: has_snapshot(client, place.policy, COUNT // EVERY * EVERY + EVERY))
            found = await client.snapshot(place.policy)
            assert found is not None
            assert NEW in verify_snapshot_note(found[1], place.policy).names
        assert not any(one.alarms() for one in running.values())


@pytest.mark.timeout(120)
async def test_who_may_not_join_is_told_so(tmp_path: Path) -> None:
    """A validator from the genesis ends at a node that has pruned it; old parents still pass."""
    async with town(tmp_path) as place:
        site, running = place.site, place.running
        newcomer = running[NEW] = Validator(NEW, tmp_path / NEW)
        newcomer.prepare(site)
        change(newcomer, policy_file=str(tmp_path / "policy.toml"), join="snapshot")
        await asyncio.to_thread(newcomer.start)
        await asyncio.to_thread(running["city"].end, signal.SIGTERM)
        async with site.client() as client:
            old = tuple(record_ids(record).tobytes() for record in place.records[20:22])
            one = site.pay(ANN, BEN, sequence=COUNT, parents=(old[0], old[1]))
            [answer] = await client.submit(one)
            assert answer.is_accepted
            final = await client.final(COUNT + 1, timeout_s=END_S)
            assert final.signatures == 3, "the newcomer believed the proof of both parents"
            assert not newcomer.alarms()
        await asyncio.to_thread(site.end, signal.SIGTERM)
        done = prune(tmp_path)
        assert COUNT // EVERY * EVERY <= done["first"] == done["limit"] <= COUNT
        assert done["bytes_after"] < done["bytes_before"] / 2
        await asyncio.to_thread(restart, site, prune=PruneSettings())
        late = Validator("late", tmp_path / "late")
        late.prepare(site)
        code, said = await asyncio.to_thread(fail, late)
        assert code == 4
        assert 'join = "snapshot"' in json.loads(said)["message"]


def prune(folder: Path) -> dict[str, int]:
    """Prune all that may go, by command."""
    done = run_command("ledger", "prune", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


def fail(validator: Validator) -> tuple[int, str]:
    """Run a validator that has to end by itself; return its exit code and its last words."""
    validator.start()
    assert validator.process is not None
    validator.process.communicate(timeout=END_S)
    return validator.process.returncode, validator.log.splitlines()[-1]


def disk_bytes(folder: Path) -> int:
    """Return what a folder takes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
