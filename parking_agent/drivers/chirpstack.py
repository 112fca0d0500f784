"""A parking sensor with LoRaWAN, as ChirpStack tells its uplinks over MQTT.

The network server may tell an uplink twice; `deduplicationId` says so. Radio is slow and lossy, so
the time of the uplink decides: an older one never replaces a newer one, and a sensor that has not
been heard for `valid_for_s` is not believed.
"""

from collections import deque
from typing import Annotated, Any

import msgspec

from agent_runtime import BrokerSettings, DeviceLink, Message
from parking_agent.drivers.device_calls import (
    CONNECT_S,
    BrokerOptions,
    read_options,
    silent_errors,
)
from parking_agent.drivers.mqtt_sensor import ValidFor, time_of
from parking_agent.drivers.sensing import ABSENT, PRESENT, Scalar, SensorSetup, meaning_of, value_at
from parking_agent.presence import Presence

REPEATS_KEPT = 64
"""Uplinks remembered by their id: one is told again within seconds, or not at all."""

HEARD_EVERY_S = 7_200
"""Parking sensors send a sign of life every hour or so; twice that is none. [s]"""


class ChirpStackOptions(BrokerOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sensor's own table in the settings."""

    application: Annotated[str, msgspec.Meta(pattern="^[^/+#]+$")]
    """The application's id in ChirpStack."""
    device: Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{16}$")]
    """The sensor's DevEUI."""
    path: str = "occupied"
    """Where the value stands in `object`, which the device's codec makes of the data."""
    present: tuple[Scalar, ...] = PRESENT
    """Values that mean that a vehicle is there; letters in any case."""
    absent: tuple[Scalar, ...] = ABSENT
    """Values that mean that nobody is."""
    valid_for_s: ValidFor = HEARD_EVERY_S
    """How long a word counts; 0: until the next one. [s]"""


class Uplink(msgspec.Struct, rename="camel"):
    """What is read of an uplink."""

    deduplication_id: str
    """The same for each time that it is told."""
    time: str
    """When the gateway heard it."""
    object: dict[str, Any] = {}
    """What the codec made of the data; empty where there is no codec."""


class ChirpStackSensor:
    """A parking sensor behind ChirpStack.

    Args:
        setup: What it is made from; its options are `ChirpStackOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    def __init__(self, setup: SensorSetup) -> None:
        self._options = read_options(setup.options, ChirpStackOptions, driver="chirpstack")
        self._setup = setup
        self._presence = Presence(setup.gate, valid_for_s=self._options.valid_for_s)
        self._known: deque[str] = deque(maxlen=REPEATS_KEPT)
        self._link = DeviceLink(
            BrokerSettings(url=self._options.broker),
            clock=setup.clock,
            chance=setup.random,
            log=setup.log,
        )
        device = f"{self._options.application}/device/{self._options.device.lower()}"
        self._link.listen(f"application/{device}/event/up", self._hear)
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
        """Take an uplink; what means nothing is logged."""
        uplink = _uplink(message.payload)
        said_us = time_of(uplink.time) if uplink else None
        if uplink is None or said_us is None:
            self._complain("the parking sensor's uplink can not be read")
            return
        if uplink.deduplication_id in self._known:
            return
        self._known.append(uplink.deduplication_id)
        value = value_at(uplink.object, self._options.path)
        is_present = meaning_of(value, present=self._options.present, absent=self._options.absent)
        if is_present is None:
            self._complain(f"the parking sensor says {str(value)[:80]!r}; see path and codec")
            return
        self._presence.note(is_present, said_us=said_us, now_us=self._setup.clock.now_us())

    def _complain(self, what: str) -> None:
        self._setup.log.warning(what, gate=self._setup.gate)


def _uplink(payload: bytes) -> Uplink | None:
    try:
        return msgspec.json.decode(payload, type=Uplink)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
