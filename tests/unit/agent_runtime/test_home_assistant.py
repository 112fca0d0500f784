"""Home Assistant is told of an agent when its settings ask for that, and can command nothing."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from agent_runtime import Address, MemoryBroker, MemoryLink, TopicKind
from agent_runtime.home_assistant import BIRTH_TOPIC, SENSORS, announce, discovery, discovery_topic
from parking_agent import Outcome

ADDRESS = Address("city.north", "car_park", "square")

TOPIC = "homeassistant/device/tangleway_city_north_car_park_square/config"


def keys_of(value: object) -> Iterator[str]:
    """Yield all keys in a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)


@pytest.mark.parametrize("role", ["charger", "car_park", "toll"])
def test_it_reads_our_topics_and_commands_none(role: str) -> None:
    """State says whether it is there, telemetry what it does; every sensor has an id of its own."""
    address = Address("city", role, "one")
    found = discovery(address)
    assert found["avty_t"] == address.topic(TopicKind.STATE)
    assert found["stat_t"] == address.topic(TopicKind.TELEMETRY)
    assert set(found["cmps"]) == {"status", *SENSORS[role]}
    assert len({each["unique_id"] for each in found["cmps"].values()}) == len(found["cmps"])
    assert not {key for key in keys_of(found) if key.startswith(("cmd", "command"))}
    assert all(each["p"] == "sensor" for each in found["cmps"].values())


@pytest.mark.parametrize(
    ("role", "known"),
    [
        ("charger", {"load", "power_w", "outlets", "faults"}),
        (
            "car_park",
            {"occupancy", "bays", "bays_total", "unpaid", "gate_faults"}
            | {"inside", "double_entries", "exits_without_entry"},
        ),
        ("toll", {str(outcome) for outcome in Outcome}),
    ],
)
def test_it_reads_what_the_sellers_tell(role: str, known: set[str]) -> None:
    """Each value that is read stands in the news of that seller."""
    read = set(re.findall(r"value_json\.(\w+)", json.dumps(SENSORS[role])))
    assert read - {"kind"} <= known


async def test_it_is_said_anew_when_home_assistant_starts() -> None:
    """Retained, at first and at each birth; at its death nothing is said."""
    broker = MemoryBroker()
    heard: list[tuple[str, Any]] = []
    async with MemoryLink(broker) as watcher, MemoryLink(broker) as link:
        watcher.listen(TOPIC, lambda topic, payload: heard.append((topic, json.loads(payload))))
        announce(link, ADDRESS)
        watcher.tell(BIRTH_TOPIC, b"offline")
        assert [topic for topic, _ in heard] == [discovery_topic(ADDRESS)] == [TOPIC]
        watcher.tell(BIRTH_TOPIC, b"online")
        assert heard == [(TOPIC, discovery(ADDRESS))] * 2
