"""Home Assistant finds an agent by itself, where its settings ask for that.

One retained message describes the agent as a device with its sensors (the form for whole devices,
since 2024.11). They read our own topics: whether it is there from its state, which is also its last
will, and values from its telemetry. There is no topic by which Home Assistant could command it.
It is said anew when Home Assistant starts (`homeassistant/status`).
"""

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import msgspec

from agent_runtime.link import Link
from agent_runtime.topics import Address, TopicKind

PREFIX = "homeassistant"
"""Where Home Assistant looks, unless somebody has changed it."""

BIRTH_TOPIC = f"{PREFIX}/status"
"""Where it says that it has started."""

BIRTH = b"online"
"""What it says then."""

MODELS = {"charger": "Charger", "car_park": "Car park", "toll": "Toll gate", "vehicle": "Vehicle"}
"""What each role is called."""

Sensor = Mapping[str, Any]
"""A sensor in Home Assistant's short words."""


def _value(expression: str) -> str:
    """Return the template that reads a seller's news, and keeps its value at other news.

    Args:
        expression: What is read of `value_json`.
    """
    return f"{{{{ {expression} if value_json.kind == 'seller' else this.state }}}}"


def _count(name: str, field: str) -> Sensor:
    """Return a sensor that counts up."""
    value = _value(f"value_json.{field} | default(0)")
    return {"name": name, "val_tpl": value, "stat_cla": "total_increasing"}


SENSORS: Mapping[str, Mapping[str, Sensor]] = {
    "charger": {
        "power": {
            "name": "Power",
            "val_tpl": _value("value_json.power_w.values() | sum"),
            "dev_cla": "power",
            "unit_of_meas": "W",
            "stat_cla": "measurement",
        },
        "load": {
            "name": "Load",
            "val_tpl": _value("(value_json.load * 100) | round(1)"),
            "unit_of_meas": "%",
            "stat_cla": "measurement",
        },
        "faults": {
            "name": "Faults",
            "val_tpl": _value("value_json.faults | length"),
            "stat_cla": "measurement",
        },
    },
    "car_park": {
        "occupancy": {
            "name": "Occupancy",
            "val_tpl": _value("(value_json.occupancy * 100) | round(1)"),
            "unit_of_meas": "%",
            "stat_cla": "measurement",
        },
        "taken": {
            "name": "Bays taken",
            "val_tpl": _value("value_json.bays | length"),
            "stat_cla": "measurement",
        },
        "inside": {
            "name": "Cars inside",
            "val_tpl": _value("value_json.inside"),
            "stat_cla": "measurement",
        },
        "unpaid": _count("Left unpaid", "unpaid"),
        "gate_faults": _count("Gate faults", "gate_faults"),
        "double_entries": _count("Double entries", "double_entries"),
        "exits_without_entry": _count("Exits without entry", "exits_without_entry"),
    },
    "toll": {
        "passed": _count("Passed", "passed"),
        "refused": _count("Refused", "refused"),
        "waiting": {
            "name": "Waiting",
            "val_tpl": _value("value_json.seen | default(0)"),
            "stat_cla": "measurement",
        },
    },
}
"""The sensors of each role; a vehicle is nobody's device but its driver's."""


def announce(link: Link, address: Address) -> None:
    """Describe an agent to Home Assistant, now and whenever that starts.

    Args:
        link: The agent's way to the broker.
        address: Whose topics.
    """
    topic, payload = discovery_topic(address), msgspec.json.encode(discovery(address))

    def hear(_topic: str, said: bytes) -> None:
        if said == BIRTH:
            link.keep(topic, payload)

    link.listen(BIRTH_TOPIC, hear)
    link.keep(topic, payload)


def discovery_topic(address: Address) -> str:
    """Return where an agent is described.

    Args:
        address: Whose topics.
    """
    return f"{PREFIX}/device/{_identity(address)}/config"


def discovery(address: Address) -> dict[str, Any]:
    """Return the description of an agent, in Home Assistant's short words.

    Args:
        address: Whose topics.
    """
    identity = _identity(address)
    state, telemetry = address.topic(TopicKind.STATE), address.topic(TopicKind.TELEMETRY)
    doing: Sensor = {
        "name": "Status",
        "stat_t": state,
        "val_tpl": "{{ value_json.status | default('') }}",
    }
    sensors = {"status": doing, **SENSORS.get(address.role, {})}
    return {
        "dev": {
            "ids": [identity],
            "name": address.agent,
            "mf": "Tangleway",
            "mdl": MODELS.get(address.role, address.role),
        },
        "o": {"name": "tangleway", "sw": version("tangleway")},
        "avty_t": state,
        "avty_tpl": "{{ 'online' if value_json.online else 'offline' }}",
        "stat_t": telemetry,
        "qos": 0,
        "cmps": {
            name: {"p": "sensor", "unique_id": f"{identity}_{name}", **sensor}
            for name, sensor in sensors.items()
        },
    }


def _identity(address: Address) -> str:
    """Return an agent's id, of the characters that Home Assistant takes."""
    words = ("tangleway", address.network, address.role, address.agent)
    return re.sub(r"[^A-Za-z0-9_-]", "_", "_".join(words))
