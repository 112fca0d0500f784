"""What is said to and heard from EVerest's API: its words, units and times."""

import datetime as dt
import re
from typing import Self

import msgspec

from charger_agent.drivers.capabilities import CostStatus, SessionCost
from negotiation import StopReason

SOURCE = "tangleway"
"""Who has set a limit, as EVerest logs it."""

DECIMALS = 6
"""A token has a million base units."""

REASONS = {
    StopReason.BUYER: "Remote",
    StopReason.CREDIT: "LocalOutOfCredit",
    StopReason.UNPAID: "LocalOutOfCredit",
    StopReason.ENERGY: "EnergyLimitReached",
    StopReason.TIME: "TimeLimitReached",
    StopReason.CABLE: "EVDisconnected",
    StopReason.FAULT: "Other",
    StopReason.METER: "Other",
    StopReason.EMERGENCY: "EmergencyStop",
    StopReason.LOCAL: "Local",
    StopReason.SELLER: "Remote",
    StopReason.RESTART: "Reboot",
}
"""EVerest's word for each reason why a session ends."""


class Energy(msgspec.Struct):
    """Energy of all phases, as EVerest tells it."""

    total: float
    """[Wh]"""


class Power(msgspec.Struct):
    """Power of all phases, as EVerest tells it."""

    total: float
    """[W]"""


class PowerMeter(msgspec.Struct):
    """A dataset of the meter."""

    timestamp: str
    """When it was measured, RFC 3339."""
    energy_Wh_import: Energy  # noqa: N815 (EVerest's name)
    """The register of what was delivered."""
    power_W: Power | None = None  # noqa: N815 (EVerest's name)
    """Power now."""

    @classmethod
    def read(cls, payload: bytes) -> Self | None:
        """Return a dataset, or None for what is none or bears no time."""
        try:
            dataset = msgspec.json.decode(payload, type=cls)
            microseconds_of(dataset.timestamp)
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
            return None
        return dataset


class SessionInfo(msgspec.Struct):
    """What the charger does, told once a second in a session."""

    state: str
    """State of the EVSE."""
    timestamp: str
    """When, RFC 3339."""


def microseconds_of(timestamp: str) -> int:
    """Return a time of RFC 3339 as microseconds since the Unix epoch.

    Raises:
        ValueError: It is none.
    """
    digits = re.sub(r"\.(\d{6})\d+", r".\1", timestamp)
    at = dt.datetime.fromisoformat(digits)
    if at.tzinfo is None:
        at = at.replace(tzinfo=dt.UTC)
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return (at - epoch) // dt.timedelta(microseconds=1)


def timestamp_of(at_us: int) -> str:
    """Return a time as EVerest wants it, RFC 3339 in UTC. [µs since the Unix epoch]"""
    at = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=at_us)  # noqa: DTZ001 (UTC)
    return at.isoformat(timespec="milliseconds") + "Z"


def limits_of(power_w: int, *, now_us: int, life_us: int | None, fallback_w: int) -> bytes:
    """Return a limit that dies by itself: now this, and from its end on the fallback.

    Args:
        power_w: The limit. [W]
        now_us: When it begins. [µs since the Unix epoch]
        life_us: How long it lives; None for ever. [µs]
        fallback_w: What is left then. [W]
    """
    entries = [_entry(power_w, now_us)]
    if life_us is not None:
        entries.append(_entry(fallback_w, now_us + life_us))
    return msgspec.json.encode(
        {"schedule_import": entries, "schedule_export": [], "schedule_setpoints": []}
    )


def _entry(power_w: int, at_us: int) -> dict[str, object]:
    limit = {"total_power_W": {"value": power_w, "source": SOURCE}}
    return {"timestamp": timestamp_of(at_us), "limits_to_root": limit, "limits_to_leaves": {}}


def reason_of(reason: StopReason) -> str:
    """Return EVerest's word for why a session ends."""
    return REASONS[reason]


def cost_of_session(cost: SessionCost, session_id: str, *, currency: str) -> bytes:
    """Return what a session costs, in chunks with meter readings at both ends.

    Args:
        cost: What both sides have signed.
        session_id: EVerest's own name of the session.
        currency: What tokens are shown as.
    """
    chunks = [
        {
            "timestamp_from": timestamp_of(chunk.from_us),
            "timestamp_to": timestamp_of(chunk.until_us),
            "metervalue_from": chunk.from_wh,
            "metervalue_to": chunk.until_wh,
            "cost": {"value": chunk.cost},
            "category": "Energy",
        }
        for chunk in cost.chunks
    ]
    status = "Finished" if cost.status is CostStatus.FINISHED else "Running"
    return msgspec.json.encode(
        {
            "session_id": session_id,
            "currency": {"code": currency, "decimals": DECIMALS},
            "status": status,
            "cost_chunks": chunks,
        }
    )
