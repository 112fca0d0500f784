"""Metrics of real processes: what Prometheus reads is what was submitted."""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ledger_core import Verdict
from tests.integration.node_process import ANN, BEN, END_S, NodeSite, running_node
from tests.integration.validator_processes import policy_of, put_policy, validators

SUBMISSIONS = 20
RECORDS = 50


@pytest.fixture(autouse=True)
def exported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every process of the test serve its metrics at a free port."""
    monkeypatch.setenv("TANGLEWAY_METRICS_BIND", "127.0.0.1:*")


def scraped(url: str) -> dict[str, float]:
    """Scrape, and return each sample by name and labels."""
    with urlopen(url, timeout=END_S) as answer:
        text = answer.read().decode()
    return {
        ":".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def eventually(url: str, condition: Callable[[dict[str, float]], bool]) -> dict[str, float]:
    """Scrape until something holds, and return what was scraped then."""
    end = time.monotonic() + END_S
    while not condition(told := await asyncio.to_thread(scraped, url)):
        assert time.monotonic() < end, told
    return told


async def submit_all(site: NodeSite) -> None:
    """Hand in good records in many submissions at a time, then a few bad ones."""
    records = [site.pay(ANN, BEN, sequence=number) for number in range(SUBMISSIONS * RECORDS)]
    async with site.client() as client:
        for start in range(0, len(records), RECORDS):
            answers = await client.submit(records[start : start + RECORDS])
            assert all(answer.verdict is Verdict.ACCEPTED for answer in answers)
        (repeated,) = await client.submit(records[0])
        assert repeated.verdict is Verdict.ALREADY_ACCEPTED
        bad = [site.pay(ANN, BEN, sequence=10_000), site.pay(BEN, ANN, sequence=0, amount=10_000)]
        answers = await client.submit(bad)
        expected = [Verdict.SEQUENCE_GAP, Verdict.INSUFFICIENT_FUNDS]
        assert [answer.verdict for answer in answers] == expected


async def test_the_figures_are_those_of_what_was_submitted(tmp_path: Path) -> None:
    """Under load and behind it; validators tell how far they are, and the node, too."""
    total = SUBMISSIONS * RECORDS
    policy_file = put_policy(tmp_path, policy_of())
    async with (
        running_node(tmp_path, policy_file=policy_file) as site,
        validators(site, ("city", "toll", "auditor")) as running,
    ):
        url = site.ready["metrics"]
        under_load = asyncio.create_task(submit_all(site))
        seen = [0.0]
        while not under_load.done():
            told = await asyncio.to_thread(scraped, url)
            seen.append(told["tangleway_records_accepted_total"])
        await under_load
        assert seen == sorted(seen)
        told = await eventually(url, lambda told: told["tangleway_final_lag_records"] == 0)
        for one in running.values():
            of_it = await eventually(
                one.ready["metrics"],
                lambda told: told["tangleway_cosigned_size_records"] == total + 1,
            )
            assert of_it["tangleway_judged_records_total"] == total
            assert of_it["tangleway_behind_records"] == 0
            assert of_it["tangleway_alarm_position"] == -1
        names = ("city", "toll", "auditor")
        signed = [told.get(f"tangleway_validator_size_records:{name}", 0) for name in names]
        assert signed.count(total + 1) >= 3
    assert told["tangleway_records_accepted_total"] == total
    assert told["tangleway_records_repeated_total"] == 1
    assert told["tangleway_records_refused_total:SEQUENCE_GAP"] == 1
    assert told["tangleway_records_refused_total:INSUFFICIENT_FUNDS"] == 1
    assert told["tangleway_submission_seconds_count"] == SUBMISSIONS + 2
    assert told["tangleway_batch_records_sum"] == total + 3
    assert told["tangleway_log_records"] == total + 1
    assert told["tangleway_final_lag_seconds"] == 0
    assert told["tangleway_queue_cost_records"] == 0
    assert told["tangleway_disk_bytes:log.sqlite-wal"] > total * 256


async def test_a_port_in_use_ends_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second process says which one in a sentence, and ends with exit code 3."""
    other = tmp_path / "other"
    other.mkdir()
    async with running_node(tmp_path) as site:
        bind = site.ready["metrics"].removeprefix("http://").removesuffix("/metrics")
        monkeypatch.setenv("TANGLEWAY_METRICS_BIND", bind)
        second = NodeSite(other)
        second.prepare()
        code, said = await asyncio.to_thread(second.fail)
        assert (code, said.startswith(f"{bind} is in use, so no metrics")) == (3, True)
        assert await asyncio.to_thread(site.end, signal.SIGTERM) == 0


async def test_a_bad_address_ends_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named with the setting, and the exit code says that the input is wrong."""
    monkeypatch.setenv("TANGLEWAY_METRICS_BIND", "9464")
    site = NodeSite(tmp_path)
    site.prepare()
    code, said = await asyncio.to_thread(site.fail)
    assert (code, said.startswith("metrics.bind is '9464', which is no address")) == (2, True)


async def test_nobody_is_served_who_did_not_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the setting there is no port."""
    monkeypatch.delenv("TANGLEWAY_METRICS_BIND")
    async with running_node(tmp_path) as site:
        assert "metrics" not in site.ready
