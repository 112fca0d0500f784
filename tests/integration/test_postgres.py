"""A node and a validator as processes, with everything that they keep on a PostgreSQL server."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from configuration import load
from ledger_core import KeyPair, Records, Verdict, record_ids, verify_receipt
from ledger_node import DataInUseError, LedgerClient, NodeSettings, NodeSilentError
from ledger_node.audit import audit
from ledger_node.data_directory import DataDirectory
from ledger_node.stored_receipts import find_ledger, stored_receipt
from ledger_node.stores import open_stores
from tests.integration.node_process import ANN, BEN, SUPPLY, NodeSite, running_node
from tests.integration.test_audit import checked
from tests.integration.validator_processes import policy_of, put_policy, validators
from tests.postgres_server import PASSWORD, PostgresServer


def store_of(server: PostgresServer) -> str:
    """Return the URL of a schema that no test has used."""
    return f"{server.url}&schema={server.schema()}"


async def test_a_kill_loses_nothing_and_the_audit_passes(
    tmp_path: Path, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Node and validator are killed, come back with all they had, and each ledger is sound."""
    store, other = store_of(postgres_server), store_of(postgres_server)
    policy = put_policy(tmp_path, policy_of(["city"], quorum=1))
    async with running_node(tmp_path, store=store, policy_file=policy) as site:
        monkeypatch.setenv("TANGLEWAY_STORE", other)  # for the validator
        async with validators(site, ["city"]) as operators, site.client() as client:
            monkeypatch.delenv("TANGLEWAY_STORE")
            paid = [site.pay(ANN, BEN, sequence=number) for number in range(5)]
            answers = await client.submit(paid)
            assert [answer.position for answer in answers] == [1, 2, 3, 4, 5]
            await client.final(5, timeout_s=20)
            await asyncio.to_thread(operators["city"].end, signal.SIGKILL)
            await asyncio.to_thread(site.end, signal.SIGKILL)
            site.configure(bind=site.ready["endpoint"], store=store, policy_file=policy)
            await asyncio.to_thread(site.start)
            assert [answer.position for answer in await client.submit(paid)] == [1, 2, 3, 4, 5]
            await client.submit(site.pay(ANN, BEN, sequence=5))
            assert (await client.info()).balances == SUPPLY
            monkeypatch.setenv("TANGLEWAY_STORE", other)
            await asyncio.to_thread(operators["city"].start)
            assert operators["city"].ready["size"] == 6
            await client.final(6, timeout_s=20)
            found = await asyncio.to_thread(checked, "ledger", "verify", site.folder / "data")
            assert (found[0], found[1]["ok"]) == (0, True), found
        assert await asyncio.to_thread(site.end, signal.SIGTERM) == 0
    assert_nothing_in_files(tmp_path / "data", tmp_path / "city" / "data")
    assert audit(tmp_path / "city" / "data").ok
    receipt = stored_receipt(find_ledger(tmp_path), id_of(paid[2]))
    proved = verify_receipt(receipt.encode(), policy_of(["city"], quorum=1))
    assert (proved.position, list(proved.cosigned.signed_at_s)) == (3, ["city"])


def assert_nothing_in_files(*folders: Path) -> None:
    """Data directories have no database beside the note that says where they are."""
    for folder in folders:
        assert list(folder.glob("*.sqlite*")) == []
        assert (folder / "store.url").is_file()


async def submit_until_it_ends(
    client: LedgerClient, records: Sequence[Records]
) -> dict[bytes, int]:
    """Hand records in one by one until nobody answers; return where the accepted ones stand."""
    positions = {}
    for record in records:
        try:
            (answer,) = await client.submit(record)
        except NodeSilentError:
            break
        if answer.verdict is Verdict.ACCEPTED and answer.position is not None:
            positions[id_of(record)] = answer.position
    return positions


async def test_a_server_that_goes_down_stops_the_node_and_loses_nothing(
    tmp_path: Path, server_program: Callable[[str], Path]
) -> None:
    """Under load the server dies as if by power; the node says so, and all it promised is there."""
    with PostgresServer(server_program("postgres").resolve().parent) as server:
        store = store_of(server)
        async with running_node(tmp_path, store=store) as site:
            payers = [KeyPair.from_seed(bytes([20 + number]) * 32) for number in range(4)]
            async with site.client(timeout_s=1.0) as client:
                await client.submit(
                    [site.pay(ANN, payer, sequence=n, amount=500) for n, payer in enumerate(payers)]
                )
                lists = [[site.pay(p, BEN, sequence=n) for n in range(150)] for p in payers]
                tasks = [asyncio.create_task(submit_until_it_ends(client, some)) for some in lists]
                while (await client.account(BEN.public_key)).balance < 60:
                    pass
                await asyncio.to_thread(server.stop)
                told = await asyncio.gather(*tasks)
            promised = {id_: place for some in told for id_, place in some.items()}
            assert 60 <= len(promised) < 600
            assert await asyncio.to_thread(ended, site) == 3
            assert "PostgreSQL at" in site.log
            assert "is away" in site.log
            await asyncio.to_thread(server.start)
            site.configure(store=store)
            await asyncio.to_thread(site.start)
            async with site.client() as client:
                info = await client.info()
                assert info.balances == SUPPLY
                assert info.size >= 5 + len(promised)
                known = [one for some in lists for one in some if id_of(one) in promised]
                again = await client.submit(known)
                assert {answer.verdict for answer in again} == {Verdict.ALREADY_ACCEPTED}
                assert [answer.position for answer in again] == [
                    promised[id_of(one)] for one in known
                ]


def id_of(record: Records) -> bytes:
    """Return a record's id."""
    return record_ids(record).tobytes()


def ended(site: NodeSite) -> int:
    """Wait for a node that ends by itself, and return its exit code."""
    assert site.process is not None
    site.process.communicate(timeout=20)
    code, site.process = site.process.returncode, None
    return code


async def test_a_second_node_in_the_schema_is_refused(
    tmp_path: Path, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another directory does not help: the sentence names the process that works there."""
    store = store_of(postgres_server)
    monkeypatch.setattr("ledger_node.postgres_lock.LOCK_WAIT", "50ms")
    async with running_node(tmp_path, store=store) as site, site.client() as client:
        assert site.process is not None
        with (
            DataDirectory(tmp_path / "other") as other,
            pytest.raises(DataInUseError, match=f"process {site.process.pid} on"),
        ):
            open_stores(other, store)
        assert not (tmp_path / "other" / "store.url").exists()
        (answer,) = await client.submit(site.pay(ANN, BEN, sequence=0))
        assert answer.verdict is Verdict.ACCEPTED


async def test_an_idle_node_that_loses_its_schema_ends(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    """Another one may have it by now: nothing is answered any more, though nothing was written."""
    async with running_node(tmp_path, store=store_of(postgres_server)) as site:
        with postgres_server.connect("public") as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            )
        assert await asyncio.to_thread(ended, site) == 3
        assert "is away" in site.log


async def test_a_password_is_told_to_nobody(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    """Neither the log, nor an error, the note, or the process list has it; a wrong one is named."""
    schema = postgres_server.schema().replace(" ", "%20").replace('"', "%22")
    store = postgres_server.tcp_url.replace("@", f":{PASSWORD}@") + f"?schema={schema}"
    async with running_node(tmp_path, store=store) as site:
        assert site.process is not None
        line = Path(f"/proc/{site.process.pid}/cmdline").read_bytes()
        note = (tmp_path / "data" / "store.url").read_text()
        assert PASSWORD.encode() not in line
        assert PASSWORD not in site.log + note
        assert await asyncio.to_thread(site.end, signal.SIGTERM) == 0
        site.configure(store=store.replace(PASSWORD, "an0ther-one"))
        code, message = await asyncio.to_thread(site.fail)
        assert (code, "password authentication failed" in message) == (3, True)
        assert "an0ther-one" not in message
        site.configure(store=postgres_server.tcp_url + f"?schema={schema}")
        done = await asyncio.to_thread(started_briefly, site, {"PGPASSWORD": PASSWORD})
        assert done == 0


def started_briefly(site: NodeSite, variables: dict[str, str]) -> int:
    """Start a node with variables around it, end it, and return its exit code."""
    assert load(site.folder / "node.toml", NodeSettings).store is not None
    with subprocess.Popen(
        [sys.executable, *site.command[1:]],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert b"ready" in process.stdout.readline()
        process.terminate()
        return process.wait(20)
