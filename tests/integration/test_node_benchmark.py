"""The node's benchmark on a real node: it gives every figure that it promises."""

from pathlib import Path

import pytest

from benchmarks.building_blocks import DISK, PEER
from benchmarks.load import LoadGenerator, UnexpectedVerdictError
from benchmarks.node import run, running_node
from benchmarks.traffic import TOGETHER, Traffic


def test_every_figure_stands_beside_what_it_is_built_of(tmp_path: Path) -> None:
    """All names with unit and peer, and progress from the first step to the last."""
    heard = []
    results = run(
        transfers=TOGETHER + 1,
        single=3,
        offered=20,
        runs=2,
        engine="sodium",
        folder=tmp_path,
        progress=lambda done, total, what: heard.append((done, total, what)),
    )
    named = {result.name: result for result in results}
    assert list(named) == [
        "node.throughput",
        "node.durable_p50_ms",
        "node.durable_p99_ms",
        "node.offered10k_p50_ms",
        "node.offered10k_p99_ms",
    ]
    assert all(result.median > 0 and result.runs == 2 for result in results)
    peers = {name: result.peer.name for name, result in named.items() if result.peer}
    assert peers == {name: PEER if name == "node.throughput" else DISK for name in named}
    assert (heard[0][:2], heard[-1]) == ((0, 2), (2, 2, "done"))
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_a_refused_record_ends_the_measurement(tmp_path: Path) -> None:
    """Only accepted records count: whatever else the node says is an error."""
    traffic = Traffic()
    with running_node(tmp_path, traffic, engine="sodium") as load:
        assert isinstance(load, LoadGenerator)
        load.many(traffic.funding(), in_flight=1)
        (record,) = traffic.single(1)
        load.one_at_a_time([record])
        with pytest.raises(UnexpectedVerdictError, match="ALREADY_ACCEPTED"):
            load.one_at_a_time([record])
        with pytest.raises(UnexpectedVerdictError, match="not a whole number of records"):
            load.many([record[:-1]], in_flight=1)
