"""The exposition: what was counted, with its names and units, and sums that fit together."""

from pathlib import Path

from ledger_core import MICROSECONDS, Policy, Verdict, log_key, validator_key
from ledger_node.door import Door
from ledger_node.exposition import ValidatorExposition
from ledger_node.metrics import ValidatorCounts
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    NODE_PAIR,
    START_US,
    STRANGER,
    SUPPLY,
    HandClock,
    notary_of,
    opened,
    pay,
    request,
)
from tests.unit.ledger_node.street_exposition import exposition_of, figures, node_of

POLICY = Policy(
    log_key("street", NODE_PAIR.public_key), (validator_key("city", BEN.public_key),), 1
)
"""A validator has to sign, and none is there."""


async def test_a_node_tells_what_it_did(tmp_path: Path) -> None:
    """Verdicts, batches, waiting, money and lags are those of what was handed in."""
    clock, door = HandClock(), Door()
    async with opened(tmp_path, clock) as state:
        with notary_of(state, tmp_path, clock=clock, policy=POLICY) as notary:
            node = node_of(state, notary, clock=clock, door=door)
            exposition = exposition_of(state, notary, clock=clock, node=node, door=door)
            node.receive(request([pay(ANN, BEN), pay(ANN, BEN, sequence=7)]))
            node.receive(request([pay(STRANGER, BEN)], number=2))
            waiting = figures(exposition.gather())
            clock.now_us += 4_000
            await node.turn()
            node.finish()
            clock.now_us = START_US + 3 * MICROSECONDS
            told = figures(exposition.gather())
    assert waiting["tangleway_queue_cost_records"] == 3
    assert (waiting["tangleway_queue_lanes"], waiting["tangleway_queue_issuers"]) == (2, 2)
    assert told["tangleway_queue_cost_records"] == 0
    assert told["tangleway_records_accepted_total"] == 1
    assert told["tangleway_records_refused_total:SEQUENCE_GAP"] == 1
    assert told["tangleway_records_refused_total:UNKNOWN_ISSUER"] == 1
    assert told["tangleway_records_refused_total:EXPIRED"] == 0
    assert told["tangleway_batch_records_sum"] == 3
    assert told["tangleway_batch_records_bucket:2"] == 0
    assert told["tangleway_batch_records_bucket:4"] == 1
    assert told["tangleway_submission_seconds_count"] == 2
    assert told["tangleway_submission_seconds_sum"] == 0.008
    assert told["tangleway_submission_seconds_bucket:0.003"] == 0
    assert told["tangleway_submission_seconds_bucket:0.005"] == 2
    assert told["tangleway_log_write_seconds_count"] == 1
    assert told["tangleway_validation_seconds_count"] == 1
    assert told["tangleway_supply_units"] == SUPPLY
    assert told["tangleway_balances_units"] + told["tangleway_holds_units"] == SUPPLY
    assert told["tangleway_checkpoint_lag_records"] == 1
    assert told["tangleway_final_lag_records"] == told["tangleway_log_records"] == 2
    assert told["tangleway_final_lag_seconds"] == told["tangleway_checkpoint_age_seconds"] == 3


async def test_every_refusal_has_its_sample(tmp_path: Path) -> None:
    """Each verdict but the two good ones is there from the start, so that rates can be taken."""
    async with opened(tmp_path, HandClock()) as state:
        with notary_of(state, tmp_path) as notary:
            told = figures(exposition_of(state, notary, clock=HandClock()).gather())
    named = {name.partition(":")[2] for name in told if name.startswith("tangleway_records_refu")}
    assert named == {verdict.name for verdict in Verdict} - {"ACCEPTED", "ALREADY_ACCEPTED"}


async def test_without_news_nothing_lags(tmp_path: Path) -> None:
    """Where all is final, the lag is nothing, however old the last record is."""
    clock = HandClock()
    async with opened(tmp_path, clock) as state:
        with notary_of(state, tmp_path, clock=clock) as notary:
            clock.now_us += 60 * MICROSECONDS
            told = figures(exposition_of(state, notary, clock=clock).gather())
    assert told["tangleway_final_lag_records"] == told["tangleway_final_lag_seconds"] == 0
    assert told["tangleway_checkpoint_age_seconds"] == 60


def test_a_validator_tells_how_far_it_is() -> None:
    """What is judged, seen and signed; an alarm has its position until a signature follows."""
    counts = ValidatorCounts(size=5)
    exposition = ValidatorExposition(counts=counts)
    counts.took(10, took_us=2_000_000)
    counts.seen_size = 20
    counts.alarm(15)
    told = figures(exposition.gather())
    assert told["tangleway_judged_size_records"] == 15
    assert told["tangleway_behind_records"] == 5
    assert told["tangleway_judged_records_total"] == 10
    assert told["tangleway_judging_seconds_total"] == 2
    assert (told["tangleway_alarms_total"], told["tangleway_alarm_position"]) == (1, 15)
    assert any(name.startswith("tangleway_engine_info:") for name in told)
    counts.cosigned(15)
    told = figures(exposition.gather())
    assert told["tangleway_cosigned_size_records"] == 15
    assert (told["tangleway_alarms_total"], told["tangleway_alarm_position"]) == (1, -1)
