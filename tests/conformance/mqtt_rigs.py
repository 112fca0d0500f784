"""The rigs of all drivers of chargers behind a broker."""

import json
import zlib

from agent_runtime import Message
from charger_agent.drivers.everest_messages import microseconds_of
from fake_devices.everest import FakeEverest
from fake_devices.goe import FakeGoe
from fake_devices.openevse import FakeOpenEvse
from tests.conformance.bench_clocks import WireClock
from tests.conformance.mqtt_rig import PATIENCE_S, MqttRig

BEAT_S = "0.002"
"""Between two pulses of a fake: quicker than real ones, so that tests are. [real s]"""


class OpenEvseRig(MqttRig):
    """An OpenEVSE; it is asked, so nothing has to be waited for."""

    fake: FakeOpenEvse


class GoeRig(MqttRig):
    """A go-e charger; it is heard once its pulse shows the time of now."""

    fake: FakeGoe

    async def heard(self) -> None:
        """Wait for a pulse that is no older than now."""
        now_ms = self.fake.since_boot_ms
        await self.fake.say_changes()
        if not self.driver.link.is_up:
            return

        def is_new(message: Message) -> bool:
            return message.topic.endswith("/rbt") and int(message.payload) >= now_ms

        await self.driver.link.hear(is_new, timeout_s=PATIENCE_S)


class EverestRig(MqttRig):
    """A charger that runs EVerest; it is heard once a state of now is."""

    fake: FakeEverest

    async def heard(self) -> None:
        """Wait for a state that is no older than now."""
        now_us = self.fake.now_us() // 1_000 * 1_000
        await self.fake.say_now()
        if not self.driver.link.is_up:
            return

        def is_new(message: Message) -> bool:
            if not message.topic.endswith("/session_info"):
                return False
            return microseconds_of(json.loads(message.payload)["timestamp"]) >= now_us

        await self.driver.link.hear(is_new, timeout_s=PATIENCE_S)


def new_rig(
    kind: str,
    url: str,
    test: str,
    *,
    fallback_w: int = 0,
    slash: str = "false",
    waits: bool = False,
    **options: object,
) -> MqttRig:
    """Return a rig of one kind.

    Args:
        kind: The driver's name.
        url: The broker.
        test: Name of the test, from which the device's own name is made.
        fallback_w: Power that is left when a limit has died. [W]
        slash: Whether a go-e's topics begin with one.
        waits: Whether the driver waits in earnest.
        options: More of the driver's own.
    """
    number, clock = zlib.crc32(test.encode()) & 0xFFFF, WireClock(waits=waits)
    if kind == "openevse":
        name = f"openevse-{number:04x}"
        return OpenEvseRig(
            kind,
            url,
            name=name,
            options={"base_topic": name, **options},
            power_w_max=7_360,
            fallback_w=fallback_w,
            fake_options={"beat": "3600"},
            clock=clock,
        )
    if kind == "goe":
        return GoeRig(
            kind,
            url,
            name=f"{number:06}",
            options={"serial": f"{number:06}", **options},
            power_w_max=22_080,
            fallback_w=fallback_w,
            fake_options={"beat": BEAT_S, "slash": slash},
            clock=clock,
        )
    name = f"evse_manager_{number}"
    return EverestRig(
        kind,
        url,
        name=name,
        options={"evse_manager": name, **options},
        power_w_max=22_000,
        fallback_w=fallback_w,
        fake_options={"beat": BEAT_S},
        clock=clock,
    )
