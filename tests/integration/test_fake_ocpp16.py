"""The fake 1.6 station against a central system that nobody here wrote."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from ocpp.v16 import call

from tests.integration.fake_station import fake_station
from tests.integration.ocpp_central import Central, central

TAG = "TWAAAABBBBCCCCDDDDEE"


@pytest.fixture
async def office() -> AsyncIterator[Central]:
    """Return a central system of 1.6."""
    async with central("ocpp1.6") as running:
        yield running


def profile(number: int, limit_w: float, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """Return a profile with one period: a default for all, if nothing else is said."""
    duration_s = changes.pop("duration", None)
    schedule: dict[str, Any] = {
        "chargingRateUnit": changes.pop("unit", "W"),
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit_w}],
    }
    if duration_s:
        schedule["duration"] = duration_s
    told = {
        "charging_profile_id": number,
        "stack_level": 0,
        "charging_profile_purpose": "TxDefaultProfile",
        "charging_profile_kind": "Relative",
        "charging_schedule": schedule,
    }
    return told | changes


async def start(office: Central, **changes: Any) -> Any:  # noqa: ANN401 (the library has no types)
    """Start remotely at the first connector; return the station at the central system."""
    await office.diary.status(1, "Available")
    station = office.stations["CP1"]
    answer = await station.call(call.RemoteStartTransaction(TAG, connector_id=1, **changes))
    assert answer.status == "Accepted"
    return station


@pytest.mark.parametrize("plugs_first", [True, False])
async def test_a_whole_charge(office: Central, plugs_first: bool) -> None:
    """Plugged before or after the start: one transaction, metered, ended by the car."""
    async with fake_station("ocpp1.6", office.url, options={"energy_wh": 1_234}) as station:
        if plugs_first:
            await office.diary.status(1, "Available")
            station.plug_in(1, 11_000, needs_wh=550)
            await office.diary.status(1, "Preparing")
        await start_anyway(office)
        if not plugs_first:
            await office.diary.status(1, "Preparing")
            station.plug_in(1, 11_000, needs_wh=550)
        await office.diary.status(1, "SuspendedEV")
        station.unplug(1)
        (stopped,) = await office.diary.heard("StopTransaction")
    (started,) = office.diary.all("StartTransaction")
    assert (started["idTag"], started["meterStart"]) == (TAG, 1_234)
    assert (stopped["reason"], stopped["meterStop"]) == ("EVDisconnected", 1_784)
    meters = office.diary.all("MeterValues")
    assert meters
    assert {each["transactionId"] for each in meters} == {stopped["transactionId"]} == {42}


async def start_anyway(office: Central) -> None:
    """Start remotely as soon as the station is there."""
    await office.diary.heard("StatusNotification", 2)
    answer = await office.stations["CP1"].call(call.RemoteStartTransaction(TAG, connector_id=1))
    assert answer.status == "Accepted"


async def test_limits_die_by_themselves(office: Central) -> None:
    """A transaction's profile ends with its duration; the default is what is left."""
    async with fake_station("ocpp1.6", office.url, options={"sample_s": 0}) as station:
        office_station = await start(office)
        default = call.SetChargingProfile(0, profile(1, 3_000.0))
        assert (await office_station.call(default)).status == "Accepted"
        station.plug_in(1, 22_000)
        await office.diary.heard("StartTransaction")
        own = profile(
            2, 9_000.0, duration=240, charging_profile_purpose="TxProfile", transaction_id=42
        )
        assert (await office_station.call(call.SetChargingProfile(1, own))).status == "Accepted"
        outlet = station.connectors[1].outlet
        assert outlet.power_w == 9_000
        while outlet.power_w == 9_000:
            await station.clock.sleep_story(10)
        began_s = station.connectors[1].transaction.began_s  # type: ignore[union-attr] # it is on
        assert outlet.power_w == 3_000
        elapsed_s = station.clock.story_s() - began_s
        assert outlet.energy_wh >= 9_000 * 240 / 3_600 * 0.9
        assert outlet.energy_wh <= (9_000 * 240 + 3_000 * (elapsed_s - 240)) / 3_600 + 50


async def test_offline_messages_come_in_order(office: Central) -> None:
    """A charge that ran and ended without a link is told whole, in order, with its own times."""
    async with fake_station("ocpp1.6", office.url, options={"sample_s": 120}) as station:
        await start(office)
        station.plug_in(1, 11_000)
        await office.diary.heard("MeterValues")
        station.link.cut()
        transaction = station.connectors[1].transaction
        assert transaction is not None
        await station.clock.sleep_story(400)
        station.unplug(1)
        station.link.restore()
        await office.diary.heard("StopTransaction")
    kept = [(name, each) for name, each in office.diary.said if "transactionId" in each]
    times = [
        each["timestamp"] if name == "StopTransaction" else each["meterValue"][0]["timestamp"]
        for name, each in kept
    ]
    assert times == sorted(times)
    assert len(times) >= 4
    assert len(office.diary.all("BootNotification")) == 1


async def test_a_lost_acknowledgement_repeats_the_start(office: Central) -> None:
    """The station says exactly the same again when it never heard the answer."""
    async with fake_station("ocpp1.6", office.url) as station:
        await start(office)
        station.link.lose_answer("StartTransaction")
        station.plug_in(1, 11_000)
        first, second = await office.diary.heard("StartTransaction", 2)
        assert first == second


async def test_an_error_lets_it_try_again_and_then_go_on(office: Central) -> None:
    """Three attempts, then the message is dropped and the next one goes."""

    def fail(**_: object) -> None:
        raise RuntimeError("no")

    async with fake_station("ocpp1.6", office.url) as station:
        office_station = await start(office)
        station.outbox.retries.interval_s = 0.01
        office_station.route_map["StartTransaction"] = {"_on_action": fail}
        station.plug_in(1, 11_000)
        await office.diary.heard("StartTransaction", 3)
        await office.diary.heard("MeterValues")
        assert [each.action for each in station.outbox.dropped] == ["StartTransaction"]


async def test_a_power_cut_stops_with_its_reason(office: Central) -> None:
    """When the mains come back the station boots anew and stops what was going on."""
    async with fake_station("ocpp1.6", office.url) as station:
        await start(office)
        station.plug_in(1, 11_000)
        await office.diary.heard("MeterValues")
        station.power_off()
        before_wh = station.connectors[1].energy_wh()
        await station.clock.sleep_story(600)
        station.power_on()
        (stopped,) = await office.diary.heard("StopTransaction")
        assert (stopped["reason"], stopped["meterStop"]) == ("PowerLoss", before_wh)
        assert len(office.diary.all("BootNotification")) == 2


async def test_a_reservation_keeps_others_away(office: Central) -> None:
    """Only its own id tag starts, the start names it; nobody coming sets the connector free."""
    async with fake_station("ocpp1.6", office.url) as station:
        await office.diary.status(1, "Available")
        office_station = office.stations["CP1"]
        reserve = call.ReserveNow(1, station.time.now(), TAG, 7)
        assert (await office_station.call(reserve)).status == "Accepted"
        await office.diary.until(lambda: "Reserved" in office.diary.statuses(1))
        await office.diary.status(1, "Available")
        late = station.time.now().replace("20", "21", 1)
        assert (await office_station.call(call.ReserveNow(1, late, TAG, 8))).status == "Accepted"
        other = call.RemoteStartTransaction("SOMEBODY", connector_id=1)
        assert (await office_station.call(other)).status == "Rejected"
        own = call.RemoteStartTransaction(TAG, connector_id=1)
        assert (await office_station.call(own)).status == "Accepted"
        station.plug_in(1, 11_000)
        (started,) = await office.diary.heard("StartTransaction")
        assert started["reservationId"] == 8


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        ("stop", "Local"), ("emergency", "EmergencyStop"), ("fault", "Other"),
        ("remote", "Remote"), ("unlock", "UnlockCommand"), ("hard", "HardReset"),
        ("soft", "SoftReset"), ("energy", "Other"), ("invalid", "DeAuthorized"),
    ],
)  # fmt: skip
async def test_stop_reasons(office: Central, happens: str, reason: str) -> None:
    """Each end of a transaction says why."""
    limit_wh = 200 if happens == "energy" else 0
    async with fake_station(
        "ocpp1.6", office.url, options={"energy_limit_wh": limit_wh}
    ) as station:
        office_station = await start(office)
        if happens == "invalid":
            office.diary.id_tag_status = "Invalid"
        station.plug_in(1, 11_000)
        await office.diary.heard("StartTransaction")
        match happens:
            case "stop":
                station.press_stop(1)
            case "emergency":
                station.press_stop(1, reason="EmergencyStop")
            case "fault":
                station.break_down(1)
            case "remote":
                await office_station.call(call.RemoteStopTransaction(42))
            case "unlock":
                await office_station.call(call.UnlockConnector(1))
            case "hard" | "soft":
                await office_station.call(call.Reset(happens.capitalize()))
        (stopped,) = await office.diary.heard("StopTransaction")
        assert stopped["reason"] == reason
        if happens == "energy":
            assert stopped["meterStop"] == limit_wh
        if happens == "fault":
            await office.diary.status(1, "Faulted")
            station.repair(1)
            await office.diary.status(1, "Finishing")


async def test_its_clock_can_be_wrong(office: Central) -> None:
    """A station that takes local time for UTC says so in all its dates; one stays in 1970."""
    dates = []
    for habit in ({"clock_offset_s": 3_600}, {"clock_settable": "false"}, {}):
        office.diary.said.clear()
        async with fake_station("ocpp1.6", office.url, options=habit):
            dates.append((await office.diary.heard("StatusNotification"))[0]["timestamp"])
    late, old, right = dates
    assert old.startswith("1970-01-01T00:00")
    assert late > right


async def test_what_a_person_types(office: Central) -> None:
    """A card charges and ends it; words by connector do what they say."""
    async with fake_station("ocpp1.6", office.url) as station:
        await office.diary.status(2, "Available")
        await station.controls["plug"].act(["2", "7000"])
        await station.controls["tap"].act(["2", "CARD"])
        (started,) = await office.diary.heard("StartTransaction")
        assert (started["connectorId"], started["idTag"]) == (2, "CARD")
        await station.controls["tap"].act(["2", "CARD"])
        (stopped,) = await office.diary.heard("StopTransaction")
        assert stopped["reason"] == "Local"
        await station.controls["unplug"].act(["2"])
        await office.diary.status(2, "Available")


async def test_configuration(office: Central) -> None:
    """Keys are told, unknown ones named, changes obeyed, secrets kept."""
    async with fake_station("ocpp1.6", office.url) as station:
        await office.diary.status(1, "Available")
        office_station = office.stations["CP1"]
        asked = call.GetConfiguration(["NumberOfConnectors", "Nonsense", "AuthorizationKey"])
        told = await office_station.call(asked)
        assert [each["value"] for each in told.configuration_key] == ["2"]
        for key, value, status in (
            ("MeterValueSampleInterval", "5", "Accepted"),
            ("MeterValueSampleInterval", "often", "Rejected"),
            ("NumberOfConnectors", "3", "Rejected"),
            ("Nonsense", "1", "NotSupported"),
        ):
            answer = await office_station.call(call.ChangeConfiguration(key, value))
            assert answer.status == status, key
        assert station.sample_s == 5
