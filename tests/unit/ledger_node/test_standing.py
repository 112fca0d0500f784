"""Standing: who has a lane of his own."""

from pathlib import Path

import pytest

from ledger_node import standing
from ledger_node.standing import COMMON_LANE, Standing
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    STRANGER,
    HandClock,
    opened,
    pay,
    running,
    submission,
    submit,
)


async def test_who_has_an_account_has_a_lane_on_each_connection(tmp_path: Path) -> None:
    """A known issuer waits in a lane of his own, strangers in the connection's common one."""
    async with opened(tmp_path, HandClock()) as state:
        known = Standing(state.ledger)
        assert known.lane(submission([pay(ANN, BEN)], peer=b"a")) == (b"a", ANN.public_key)
        assert known.lane(submission([pay(ANN, BEN)], peer=b"b")) == (b"b", ANN.public_key)
        assert known.lane(submission([pay(STRANGER, BEN)], peer=b"a")) == (b"a", COMMON_LANE)


async def test_a_stranger_gets_his_lane_with_his_account(tmp_path: Path) -> None:
    """Nothing is remembered of who had none."""
    async with running(tmp_path) as node:
        known = Standing(node.answers._ledger)
        assert known.lane(submission([pay(BEN, ANN)]))[1] == COMMON_LANE
        await submit(node, [pay(ANN, BEN)])
        assert known.lane(submission([pay(BEN, ANN)]))[1] == BEN.public_key


async def test_a_connection_that_sent_a_bad_signature_has_one_lane(tmp_path: Path) -> None:
    """Whoever it names as issuer; other connections keep theirs."""
    async with opened(tmp_path, HandClock()) as state:
        known = Standing(state.ledger)
        known.distrust(b"liar")
        assert known.lane(submission([pay(ANN, BEN)], peer=b"liar")) == (b"liar", COMMON_LANE)
        assert known.lane(submission([pay(ANN, BEN)], peer=b"ann")) == (b"ann", ANN.public_key)


async def test_the_longest_distrusted_is_forgotten_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded, however many connections send bad signatures."""
    monkeypatch.setattr(standing, "DISTRUSTED_MAX", 2)
    async with opened(tmp_path, HandClock()) as state:
        known = Standing(state.ledger)
        for peer in (b"1", b"2", b"3"):
            known.distrust(peer)
        lanes = [known.lane(submission([pay(ANN, BEN)], peer=peer))[1] for peer in (b"1", b"3")]
        assert lanes == [ANN.public_key, COMMON_LANE]
