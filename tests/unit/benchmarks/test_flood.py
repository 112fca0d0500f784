"""Floods: each kind is what its name says, in the eyes of the ledger."""

from itertools import islice

import numpy as np
import pytest

from benchmarks.flood import FloodKind, FloodOrder, messages
from benchmarks.traffic import Traffic
from ledger_core import KeyPair, Ledger, Verdict, parse_records

SEEN = {
    FloodKind.VALID: Verdict.ACCEPTED,
    FloodKind.SINGLES: Verdict.ACCEPTED,
    FloodKind.FORGED: Verdict.BAD_SIGNATURE,
    FloodKind.STRANGERS: Verdict.UNKNOWN_ISSUER,
    FloodKind.ORPHANS: Verdict.UNKNOWN_PARENT,
    FloodKind.REPEATED: Verdict.ACCEPTED,
    FloodKind.PAYLOADS: Verdict.ACCEPTED,
}
"""What the ledger says to the first message."""


def order(kind: FloodKind, traffic: Traffic) -> FloodOrder:
    """Order a flood of one second."""
    return FloodOrder(
        kind=kind,
        endpoint="",
        node_key=KeyPair.generate().public_key,
        seed=traffic.seed(-1),
        parents=traffic.parents,
        rate=200.0,
        seconds=1.0,
    )


@pytest.mark.parametrize("kind", list(SEEN))
def test_the_ledger_sees_what_the_name_says(kind: FloodKind) -> None:
    """Good ones are accepted, all others refused for the reason meant."""
    traffic = Traffic()
    ledger = Ledger(traffic.genesis)
    at = int(traffic.genesis["issued_at"]) + 1_000_000
    funded = ledger.apply(parse_records(traffic.funding()[0]), at=at)
    assert not funded.any()
    (first,) = islice(messages(order(kind, traffic)), 1)
    records = parse_records(first.frames[0])
    assert len(records) == first.records
    codes = ledger.apply(records, at=at)
    assert set(np.unique(codes).tolist()) == {SEEN[kind]}
    if kind is FloodKind.REPEATED:
        assert set(ledger.apply(records, at=at).tolist()) == {Verdict.ALREADY_ACCEPTED}


@pytest.mark.parametrize("kind", [FloodKind.VALID, FloodKind.SINGLES, FloodKind.PAYLOADS])
def test_what_can_not_be_sent_twice_is_signed_for_the_whole_time(kind: FloodKind) -> None:
    """A second's worth is there, rounded up to whole messages."""
    total = sum(message.records for message in messages(order(kind, Traffic())))
    assert 200 <= total < 200 + 64


@pytest.mark.parametrize("kind", [FloodKind.LOG_READERS, FloodKind.DEAF_READERS])
def test_readers_ask(kind: FloodKind) -> None:
    """They hand nothing in."""
    (first,) = islice(messages(order(kind, Traffic())), 1)
    assert (first.header["type"], first.frames, first.records) == ("ask_log", [], 1)
