"""A vehicle sensor on an MQTT topic: a loop detector, a camera, a radar, whatever publishes there.

Where the value and its time stand is said by paths into the JSON payload. A message that the broker
had kept may be of any age: without a time in it, it counts only where the options say so.
"""

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from agent_runtime import BrokerSettings, DeviceLink, Message
from parking_agent.drivers.device_calls import (
    CONNECT_S,
    BrokerOptions,
    read_options,
    silent_errors,
)
from parking_agent.drivers.sensing import ABSENT, PRESENT, Scalar, SensorSetup, meaning_of, value_at
from parking_agent.presence import US_PER_S, Presence

MILLISECONDS_FROM = 10**11
"""A number of a time beyond this counts milliseconds: as seconds it would lie in the year 5138."""

US_PER_MS = 1_000
"""Microseconds in a millisecond."""

ValidFor = Annotated[float, msgspec.Meta(ge=0, le=604_800)]
"""How long a word counts; 0: until the next one. [s]"""


class MqttSensorOptions(BrokerOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sensor's own table in the settings."""

    topic: Annotated[str, msgspec.Meta(min_length=1, max_length=512, pattern="^[^#]*$")]
    """Where it speaks; `+` stands for any one level."""
    path: str = ""
    """Where the value stands in the JSON payload; empty: the payload is the value."""
    present: tuple[Scalar, ...] = PRESENT
    """Values that mean that a vehicle is there; letters in any case."""
    absent: tuple[Scalar, ...] = ABSENT
    """Values that mean that nobody is."""
    time_path: str = ""
    """Where the time stands, ISO 8601 or a number since 1970; empty: when it was heard counts."""
    valid_for_s: ValidFor = 0
    """How long a word counts; 0: until the next one. [s]"""
    takes_retained: bool = False
    """Whether a message that the broker had kept counts although no time is in it."""


class MqttSensor:
    """A vehicle sensor on an MQTT topic.

    Args:
        setup: What it is made from; its options are `MqttSensorOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    def __init__(self, setup: SensorSetup) -> None:
        self._options = read_options(setup.options, MqttSensorOptions, driver="mqtt")
        self._setup = setup
        self._presence = Presence(setup.gate, valid_for_s=self._options.valid_for_s)
        self._link = DeviceLink(
            BrokerSettings(url=self._options.broker),
            clock=setup.clock,
            chance=setup.random,
            log=setup.log,
        )
        self._link.listen(self._options.topic, self._hear)
        self._is_entered = False

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            DriverSilentError: The broker is away.
        """
        await self._link.__aenter__()
        self._is_entered = True
        try:
            with silent_errors(self._setup.gate):
                await self._link.wait_up(CONNECT_S)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Listen no more."""
        if self._is_entered:
            self._is_entered = False
            await self._link.__aexit__()

    async def vehicle_present(self) -> bool:
        """Say whether a vehicle stands there.

        Raises:
            DriverSilentError: It has said nothing, or too long ago.
        """
        return self._presence.tell(self._setup.clock.now_us())

    def _hear(self, message: Message) -> None:
        """Take what the sensor says; what means nothing is logged."""
        options, now_us = self._options, self._setup.clock.now_us()
        document = _document(message.payload)
        said_us = time_of(value_at(document, options.time_path)) if options.time_path else None
        if said_us is None:
            if options.time_path or (message.is_retained and not options.takes_retained):
                return
            said_us = now_us
        value = value_at(document, options.path)
        is_present = meaning_of(value, present=options.present, absent=options.absent)
        if is_present is None:
            self._setup.log.warning(
                "the vehicle sensor says something unknown; name it in `present` or `absent`",
                gate=self._setup.gate,
                value=str(value)[:80],
            )
            return
        self._presence.note(is_present, said_us=said_us, now_us=now_us)


def time_of(value: object) -> int | None:
    """Return the instant that a value stands for, None if it is none. [µs since 1970]

    Args:
        value: ISO 8601 with or without its zone (then UTC), or a number since 1970 in s or ms.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        unit_us = US_PER_MS if value >= MILLISECONDS_FROM else US_PER_S
        return round(value * unit_us)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * US_PER_S)


def _document(payload: bytes) -> object:
    """Return what a payload holds: JSON, or the text itself."""
    try:
        return msgspec.json.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return payload.decode(errors="replace")
