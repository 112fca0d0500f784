"""Crash safety, tried on real processes: nothing is lost, nothing stands twice."""

from pathlib import Path

import pytest

from benchmarks.crash import run
from benchmarks.crash.plan import Moment, Plan

SHORT_SEED = 32
"""A seed whose first rounds kill both sides in the middle of something else each."""

ROUNDS = 3


@pytest.mark.timeout(300)
def test_a_few_rounds(tmp_path: Path) -> None:
    """Node and validator are killed and come back, and everything that was told is still true."""
    heard = []
    report = run(
        rounds=ROUNDS,
        seed=SHORT_SEED,
        validators=2,
        engine="sodium",
        folder=tmp_path / "kept",
        progress=lambda *step: heard.append(step),
    )
    assert report.findings == []
    assert (report.ok, report.rounds) == (True, ROUNDS)
    assert sum(sum(moments.values()) for moments in report.kills.values()) == ROUNDS
    assert report.audited == ["node", "city", "operator"]
    assert report.records > ROUNDS
    assert report.signatures >= 3 * ROUNDS, "the node and both validators, in each round"
    assert report.data == str(tmp_path / "kept")
    assert heard[-1] == (ROUNDS, ROUNDS, "done")


def test_the_short_seed_is_worth_it() -> None:
    """The few rounds kill the node and a validator, and wait for no index."""
    plan = Plan(SHORT_SEED, ["city", "operator"])
    blows = [plan.blow() for _ in range(ROUNDS)]
    assert len({blow.victim == "node" for blow in blows}) == 2
    assert len({blow.moment for blow in blows} - {Moment.INDEX}) == ROUNDS


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_hundreds_of_rounds() -> None:
    """Two hundred kills of a ledger under load leave nothing to be found."""
    report = run(rounds=200, seed=1)
    assert report.findings == []
    assert report.rounds == 200
