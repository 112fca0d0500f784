"""The plan of a campaign: one seed decides whom to kill, and every moment comes up."""

import time
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.crash import CrashReport, crash_text
from benchmarks.crash.blows import strike
from benchmarks.crash.plan import STARTS_MAX, Blow, Moment, Plan
from benchmarks.sites import NotReadyError, SiteProcess
from ledger_node import NodeSettings


def test_one_seed_gives_one_plan() -> None:
    """The same seed kills the same processes at the same moments, another one others."""
    first, again, other = (
        [plan.blow() for _ in range(50)]
        for plan in (Plan(7, ["city"]), Plan(7, ["city"]), Plan(8, ["city"]))
    )
    assert first == again
    assert first != other


def test_every_moment_comes_up() -> None:
    """Within two hundred rounds each process is killed in the middle of everything."""
    plan = Plan(1, ["city", "auditor"])
    blows = [plan.blow() for _ in range(200)]
    assert {blow.victim for blow in blows} == {"node", "city", "auditor"}
    counted = Counter(blow.moment for blow in blows)
    assert set(counted) == set(Moment)
    for blow in blows:
        assert 1 <= len(blow.delays_s) <= (STARTS_MAX if blow.moment is Moment.STARTING else 1)


def test_without_validators_the_node_is_killed() -> None:
    """There is always somebody to kill."""
    plan = Plan(1, [])
    assert {plan.blow().victim for _ in range(20)} == {"node"}


def test_a_process_that_ended_by_itself_is_found(tmp_path: Path) -> None:
    """A node that can not start is no victim of ours: its last words are told."""
    settings = NodeSettings(network="n", key_file="missing", genesis_file="g", data="data")
    victim = SiteProcess("node", folder=tmp_path, module="ledger_node", settings=settings)
    victim.spawn()
    with pytest.raises(NotReadyError, match=r"node ended before it served: .*missing"):
        victim.wait_ready()
    blow = Blow("node", Moment.RUNNING, lead_s=0.0, delays_s=(0.0,))
    with pytest.raises(NotReadyError, match=r"node ended by itself: .*missing"):
        strike(victim, blow)


def test_a_process_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    """Waiting has an end, and what was started is ended."""
    settings = NodeSettings(network="n", key_file="missing", genesis_file="g", data="data")
    victim = SiteProcess("node", folder=tmp_path, module="timeit", settings=settings)
    victim.spawn()
    begin_s = time.monotonic()
    with pytest.raises(NotReadyError, match=r"node (did not serve within 0 s|ended before)"):
        victim.wait_ready(0.0)
    victim.kill()
    assert time.monotonic() - begin_s < 10


def test_the_report_names_what_was_found() -> None:
    """People read what was done, what is wrong, and where to look."""
    report = CrashReport(
        ok=False,
        seed=7,
        rounds=3,
        kills={"node": {"log": 1, "running": 2}},
        starts_killed=4,
        records=50,
        unanswered=5,
        repeated=6,
        signatures=8,
        audited=["city"],
        took_s=9.5,
        findings=["a record is gone"],
        found=1,
        data="/there",
    )
    text = crash_text(report)
    assert "3 rounds in 10 s, seed 7" in text
    assert "killed node: 3 times (1 while log, 2 while running)" in text
    assert "WRONG: a record is gone" in text
    assert text.endswith("everything is kept in /there\n1 findings")
