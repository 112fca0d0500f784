"""Subscriptions: events as values, and gaps that are seen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from numpy.testing import assert_array_equal

from ledger_core import Ledger, Verdict, record_ids
from ledger_node import (
    AcceptedEvent,
    Event,
    LedgerClient,
    LostEvents,
    MetricsEvent,
    RefusedEvent,
)
from ledger_node.announcer import Announcer
from ledger_node.door import Door
from ledger_node.events import AcceptedHeader, RefusedHeader, Topic, encode_event
from ledger_node.log import Entry
from ledger_node.metrics import Counts
from ledger_node.reading import reachable
from ledger_node.subscription import GapWatch, read_event
from tests.unit.ledger_node.street import ANN, BEN, GENESIS, joined, pay, payments
from tests.unit.ledger_node.street_server import NODE_PAIR, serving

ENTRY = Entry(first=3, at_us=9, records=joined(payments(2)).tobytes())


def read(watch: GapWatch, *messages: list[bytes]) -> list[Event]:
    """Read messages in a row."""
    return [event for message in messages for event in read_event(message, watch)]


def test_missing_numbers_are_told_before_what_comes_behind_them() -> None:
    """Whoever missed two events hears how many, of which topic, and then goes on."""
    announcer = Announcer(boot=5)
    events = [announcer.accepted(ENTRY) for _ in range(5)]
    told = read(GapWatch(), events[1], events[2], events[4])
    assert [type(event) for event in told] == [
        AcceptedEvent, AcceptedEvent, LostEvents, AcceptedEvent,
    ]  # fmt: skip
    assert told[2] == LostEvents(topic="accepted", count=1)


def test_a_restart_is_a_gap_of_unknown_size() -> None:
    """The numbers of another run say nothing about those of this one."""
    before, after = Announcer(boot=5), Announcer(boot=6)
    told = read(GapWatch(), before.accepted(ENTRY), after.accepted(ENTRY), after.accepted(ENTRY))
    assert told[1] == LostEvents(topic="accepted", count=None)
    assert [type(event) for event in told[2:]] == [AcceptedEvent, AcceptedEvent]


def test_what_is_lost_at_the_end_is_told_within_a_second() -> None:
    """Metrics say how far the numbers have come, so a loss shows though nothing follows it."""
    announcer, watch = Announcer(boot=5), GapWatch()
    counted = (Ledger(GENESIS), Door(), Counts())
    first = announcer.metrics(*counted, at_us=6)
    announcer.accepted(ENTRY)
    announcer.accepted(ENTRY)
    second, third = (announcer.metrics(*counted, at_us=at_us) for at_us in (7, 8))
    told = read(watch, first, second, third)
    assert [event for event in told if isinstance(event, LostEvents)] == [
        LostEvents(topic="accepted", count=2)
    ]
    (event,) = read(watch, announcer.accepted(ENTRY))
    assert isinstance(event, AcceptedEvent)


@pytest.mark.parametrize(
    "message",
    [
        [b"accepted", b"\xc1", b""],
        [b"accepted", b"\x80"],
        encode_event(Topic.ACCEPTED, AcceptedHeader(boot=1, number=0, first=0, at_us=0), b"x"),
        encode_event(Topic.REFUSED, RefusedHeader(boot=1, number=0, at_us=0), bytes([255]) * 65),
    ],
    ids=["noise", "a frame missing", "cut short", "a verdict of tomorrow"],
)
def test_what_can_not_be_read_is_skipped(message: list[bytes]) -> None:
    """A subscriber outlives whatever it does not understand."""
    assert read(GapWatch(), message) == []


async def first_metrics(events: AsyncIterator[Event]) -> None:
    """Wait until the subscription has reached the node: then nothing is missed any more."""
    async for event in events:
        if isinstance(event, MetricsEvent):
            return


async def test_events_come_as_they_happen(tmp_path: Path) -> None:
    """Accepted records with their place, refused ones with their verdict."""
    async with (
        serving(tmp_path) as served,
        served.client() as client,
        aclosing(client.events()) as events,
    ):
        await first_metrics(events)
        wrong = pay(BEN, ANN, sequence=9)
        await client.submit([*payments(2), wrong])
        accepted = await anext(events)
        refused = await anext(events)
    assert isinstance(accepted, AcceptedEvent)
    assert accepted.first == 1
    assert_array_equal(accepted.records, joined(payments(2)))
    assert isinstance(refused, RefusedEvent)
    assert refused.verdicts == (Verdict.SEQUENCE_GAP,)
    assert refused.ids.tobytes() == record_ids(wrong).tobytes()
    assert refused.issuers.tobytes() == BEN.public_key


async def test_a_closed_client_ends_its_subscriptions(tmp_path: Path) -> None:
    """Whoever waits for events gets no more, and no error."""
    async with serving(tmp_path) as served:
        client = LedgerClient(
            served.endpoint, publish=served.publish, node_key=NODE_PAIR.public_key
        )

        async def listen() -> None:
            async with aclosing(client.events()) as events:
                async for _ in events:
                    began.set()

        began = asyncio.Event()
        async with client:
            listening = asyncio.create_task(listen())
            await asyncio.wait_for(began.wait(), 10)
        await asyncio.wait_for(listening, 10)


@pytest.mark.parametrize(
    ("publish", "reached"),
    [
        ("tcp://127.0.0.1:5", "tcp://127.0.0.1:5"),
        ("tcp://0.0.0.0:5", "tcp://node.example:5"),
        ("tcp://[::]:5", "tcp://node.example:5"),
    ],
)
def test_a_publisher_on_all_addresses_is_reached_where_the_node_is(
    publish: str, reached: str
) -> None:
    """An address that means all of the node's own is no address to connect to."""
    assert reachable(publish, "tcp://node.example:4") == reached
