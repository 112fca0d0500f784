"""All fake devices by name; a new one adds its line here."""

from fake_devices.device import FakeKind

BROKER_URL = "mqtt://127.0.0.1:1883"
"""A broker on this machine."""

FAKES: dict[str, FakeKind] = {
    "ocpp16": FakeKind(
        about="charging station that speaks OCPP 1.6J",
        where="fake_devices.ocpp16:FakeOcpp16",
        url="ws://127.0.0.1:9016/ocpp",
        name="CP1",
    ),
    "ocpp201": FakeKind(
        about="charging station that speaks OCPP 2.0.1",
        where="fake_devices.ocpp201:FakeOcpp201",
        url="ws://127.0.0.1:9201/ocpp",
        name="CP1",
    ),
    "openevse": FakeKind(
        about="OpenEVSE charger (MQTT)",
        where="fake_devices.openevse:FakeOpenEvse",
        url=BROKER_URL,
        name="openevse-7b2c",
    ),
    "goe": FakeKind(
        about="go-e charger, API v2 (MQTT)",
        where="fake_devices.goe:FakeGoe",
        url=BROKER_URL,
        name="012345",
    ),
    "everest": FakeKind(
        about="charger that runs EVerest (MQTT)",
        where="fake_devices.everest:FakeEverest",
        url=BROKER_URL,
        name="evse_manager_consumer",
    ),
    "tasmota": FakeKind(
        about="relay with Tasmota before a barrier (MQTT)",
        where="fake_devices.tasmota:FakeTasmota",
        url=BROKER_URL,
        name="gate",
    ),
    "shelly": FakeKind(
        about="Shelly relay of the second generation before a barrier (MQTT)",
        where="fake_devices.shelly:FakeShelly",
        url=BROKER_URL,
        name="shellyplus1-a8032ab12345",
    ),
}
"""The kinds of devices that `tangleway fake` knows."""
