"""What the drivers of real gates have in common: options, checked pulses, and errors in our words.

A relay's pulse is made in the device. What is kept here is only how long the longest pulse still
runs, so that a short one never shortens it.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from agent_runtime import BrokerSettings, DeviceUnansweredError, LinkDownError, Message
from parking_agent.drivers.contract import PULSE_S_MAX
from parking_agent.errors import DriverRefusedError, DriverSilentError, UnknownDriverError

CONNECT_S = 8.0
"""How long `open` waits for the broker: it has just been started, at worst. [s]"""

BROKER_URL = "mqtt://127.0.0.1:1883"
"""A broker on this machine."""

OptionsT = TypeVar("OptionsT", bound=msgspec.Struct)


class BrokerOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What everything behind a broker is told by its table in the settings.

    Raises:
        ValueError: That is no broker's address.
    """

    broker: str = BROKER_URL
    """Where the device's broker is, `mqtt://[user:password@]host[:port]` or `mqtts://`."""

    def __post_init__(self) -> None:
        BrokerSettings(url=self.broker)


def read_options(options: Mapping[str, Any], kind: type[OptionsT], *, driver: str) -> OptionsT:
    """Return a driver's own table of the settings, checked.

    Args:
        options: The table.
        kind: What it must be.
        driver: The driver's name, for the error.

    Raises:
        UnknownDriverError: A key is unknown, missing or wrong.
    """
    try:
        return msgspec.convert(dict(options), kind)
    except msgspec.ValidationError as error:
        reason = f"its options are wrong: {error}"
        raise UnknownDriverError(driver, reason=reason, known=(driver,)) from error


def fields_of(message: Message) -> dict[str, Any]:
    """Return the JSON object that a message holds, empty where it holds none.

    Args:
        message: What was heard.
    """
    try:
        return msgspec.json.decode(message.payload, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}


def check_pulse(gate: str, seconds: float) -> None:
    """Refuse a pulse of nothing or for ever.

    Raises:
        DriverRefusedError: The time is out of range.
    """
    if not 0 < seconds <= PULSE_S_MAX:
        raise DriverRefusedError(
            f"gate {gate!r} takes no pulse of {seconds} s:"
            f" give more than 0 and up to {PULSE_S_MAX:g} s"
        )


@contextlib.contextmanager
def silent_errors(gate: str) -> Iterator[None]:
    """Tell a lost broker or a missing answer in the words of this package.

    Args:
        gate: Name of the barrier.

    Raises:
        DriverSilentError: The block has met one of them.
    """
    try:
        yield
    except (LinkDownError, DeviceUnansweredError) as error:
        raise DriverSilentError(f"gate {gate!r}: {error}") from error


class LongestPulse:
    """Until when the gate is open, as far as the driver knows. [story s]"""

    def __init__(self) -> None:
        self._until_s = 0.0

    def needed_s(self, seconds: float, *, at_s: float) -> float:
        """Return how long a pulse must be so that it shortens none that runs. [story s]

        Args:
            seconds: What is asked for. [story s]
            at_s: Now. [story s]
        """
        return max(seconds, self._until_s - at_s)

    def runs(self, seconds: float, *, at_s: float) -> None:
        """Note that the device has begun a pulse, or was found in one.

        Args:
            seconds: How long it still runs. [story s]
            at_s: Now. [story s]
        """
        self._until_s = max(self._until_s, at_s + seconds)
