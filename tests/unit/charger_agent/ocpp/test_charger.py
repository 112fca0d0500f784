"""What a driver asks a charge point of OCPP 1.6J for, and what it makes of what happens."""

import asyncio
from typing import Any

import pytest

from charger_agent import (
    Capability,
    DriverFaultedError,
    DriverRefusedError,
    DriverSilentError,
    MemoryNotes,
    SharedParts,
    StopReason,
    UnknownDriverError,
)
from charger_agent.drivers.ocpp import conduct
from charger_agent.drivers.ocpp.v16.driver import Ocpp16Charger
from tests.unit.charger_agent.ocpp.point import NOW, TOKEN, Point, driver, open_driver, point_at

Profile = dict[str, Any]


async def begun(charger: Ocpp16Charger, point: Point, *, power_w: int = 11_000) -> int:
    """Return the id of a session's transaction, brought to where power flows."""
    await charger.begin(TOKEN)
    await charger.set_limit(power_w, valid_for_s=60)
    enabling = asyncio.create_task(charger.enable(True))
    await point.until_asked("RemoteStartTransaction")
    transaction = (await point.start())["transactionId"]
    await enabling
    return int(transaction)


async def profiles(point: Point) -> list[Profile]:
    """Return the profiles that a charge point was told, and forget them."""
    told = [order["csChargingProfiles"] for action, order in point.asked if "Profile" in action]
    point.asked.clear()
    return told


def periods(profile: Profile) -> list[tuple[int, float]]:
    """Return a profile's periods."""
    rows = profile["chargingSchedule"]["chargingSchedulePeriod"]
    return [(row["startPeriod"], row["limit"]) for row in rows]


async def test_the_fallback_is_set_before_the_first_session() -> None:
    """A charge point that forgets all else gives nothing; its whole rating is the maximum."""
    async with open_driver() as charger, point_at(charger) as point:
        await charger.begin(TOKEN)
        asked = [action for action, _ in point.asked]
        assert asked[0] == "GetConfiguration"
        assert {"key": "MeterValueSampleInterval", "value": "10"} in [p for _, p in point.asked]
        default, maximum = await profiles(point)
        assert default["chargingProfilePurpose"] == "TxDefaultProfile"
        assert periods(default) == [(0, 0.0)]
        assert maximum["chargingProfilePurpose"] == "ChargePointMaxProfile"
        assert periods(maximum) == [(0, 31.8)]


async def test_a_session_begins_with_a_limit_that_dies() -> None:
    """The order carries it without an id, and it is told again with the id that we gave."""
    async with open_driver() as charger, point_at(charger) as point:
        await charger.begin(TOKEN)
        point.asked.clear()
        await charger.set_limit(11_000, valid_for_s=60)
        enabling = asyncio.create_task(charger.enable(True))
        order = await point.until_asked("RemoteStartTransaction")
        assert (order["idTag"], order["connectorId"]) == (TOKEN, 1)
        first = order["chargingProfile"]
        assert (first["chargingProfilePurpose"], first["chargingProfileKind"]) == (
            "TxProfile",
            "Relative",
        )
        assert "transactionId" not in first
        transaction = (await point.start())["transactionId"]
        await enabling
        (limit,) = await profiles(point)
        assert (limit["transactionId"], limit["chargingProfileKind"]) == (transaction, "Absolute")
        (_, now_a), (dies_s, left_a) = periods(limit)
        assert (now_a, left_a) == (15.9, 0.0)
        assert 55 <= dies_s <= 60
        assert (await charger.status()).enabled


async def test_a_pause_is_a_limit_of_nothing() -> None:
    """The transaction goes on, and so does the session."""
    async with open_driver() as charger, point_at(charger) as point:
        await begun(charger, point)
        await profiles(point)
        await charger.enable(False)
        (paused,) = await profiles(point)
        assert periods(paused) == [(0, 0.0)]
        await charger.enable(True)
        assert periods((await profiles(point))[0])[0] == (0, 15.9)


async def test_the_end_has_the_last_register() -> None:
    """What the stop says is what the meter shows."""
    async with open_driver() as charger, point_at(charger) as point:
        transaction = await begun(charger, point)
        await point.meter("1.010", transactionId=transaction)  # nonsense falls and is no Wh
        assert charger._connector.implausible
        charger._connector.implausible = ""
        ending = asyncio.create_task(charger.finish(StopReason.CREDIT))
        order = await point.until_asked("RemoteStopTransaction")
        assert order == {"transactionId": transaction}
        await point.say(
            "StopTransaction", transactionId=transaction, meterStop=1_001, timestamp=NOW
        )
        await ending
        assert (await charger.meter()).energy_wh == 1
        assert not (await charger.status()).enabled
        await charger.finish(StopReason.CREDIT)


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("EVDisconnected", StopReason.CABLE),
        ("EmergencyStop", StopReason.EMERGENCY),
        ("PowerLoss", StopReason.FAULT),
        ("Local", StopReason.LOCAL),
    ],
)
async def test_what_ends_by_itself_says_why(reason: str, why: StopReason) -> None:
    """The session learns it from the status."""
    async with open_driver() as charger, point_at(charger) as point:
        transaction = await begun(charger, point)
        await point.say(
            "StopTransaction",
            transactionId=transaction,
            meterStop=1_000,
            timestamp=NOW,
            reason=reason,
        )
        assert (await charger.status()).stopped is why


async def test_a_link_that_is_cut_for_a_moment_ends_nothing() -> None:
    """The meter stands, a lower limit can not be promised, and all is told again afterwards."""
    async with open_driver() as charger:
        async with point_at(charger) as point:
            transaction = await begun(charger, point)
            await point.meter("1001", transactionId=transaction)
        async with asyncio.timeout(5):
            while charger._station.is_connected:
                await charger._clock.sleep(0.005)
        assert (await charger.meter()).energy_wh == 1
        assert (await charger.status()).enabled
        await charger.set_limit(11_000, valid_for_s=60)
        with pytest.raises(DriverSilentError, match="let it call at ws://"):
            await charger.set_limit(5_000, valid_for_s=60)
        async with point_at(charger, boots=False) as back:
            told = (await back.until_asked("SetChargingProfile"))["csChargingProfiles"]
            assert (told["transactionId"], periods(told)[0]) == (transaction, (0, 15.9))
            # The answer to its start was lost: it says so again, and gets the same.
            assert (await back.start())["transactionId"] == transaction


async def test_a_station_that_stays_away_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while the session ends; what is still open is ended when it comes back."""
    monkeypatch.setattr(conduct, "MISSED_S", 0.0)
    async with open_driver() as charger:
        async with point_at(charger) as point:
            transaction = await begun(charger, point)
        async with asyncio.timeout(5):
            while charger._station.is_connected:
                await charger._clock.sleep(0.005)
        for call in (charger.meter, charger.status):
            with pytest.raises(DriverSilentError):
                await call()
        with pytest.raises(DriverSilentError):
            await charger._station.stop(charger._connector)
        charger._connector.end()
        async with point_at(charger, boots=False) as back:
            charger._station._contact._due.set()  # type: ignore[attr-defined]
            order = await back.until_asked("RemoteStopTransaction")
            assert order == {"transactionId": transaction}


async def test_a_restart_of_the_agent_forgets_no_transaction() -> None:
    """A start that comes again has the same id; without a session it is ended."""
    notes = MemoryNotes()
    async with open_driver(notes=notes) as charger, point_at(charger) as point:
        transaction = await begun(charger, point)
    async with open_driver(notes=notes) as again, point_at(again) as point:
        answer = await point.start()
        assert answer == {
            "transactionId": transaction,
            "idTagInfo": {"status": "Invalid"},
        }
        assert await point.until_asked("RemoteStopTransaction") == {"transactionId": transaction}
        await point.say("StopTransaction", transactionId=transaction, meterStop=1, timestamp=NOW)
        assert (await point.start(at="2026-03-01T10:10:00Z"))["transactionId"] > transaction


async def test_a_refused_start_is_told() -> None:
    """A station that says no is believed."""
    async with open_driver() as charger, point_at(charger) as point:
        point.says["RemoteStartTransaction"] = {"status": "Rejected"}
        await charger.begin(TOKEN)
        with pytest.raises(DriverRefusedError, match="RemoteStartTransaction with Rejected"):
            await charger.enable(True)


async def test_nothing_is_enabled_without_a_session() -> None:
    """A token is needed first."""
    async with open_driver() as charger, point_at(charger):
        with pytest.raises(DriverRefusedError, match="begin one before"):
            await charger.enable(True)


async def test_a_fault_has_a_name() -> None:
    """And nothing is begun while it lasts."""
    async with open_driver() as charger, point_at(charger) as point:
        await charger.begin(TOKEN)
        await point.state("Faulted", "GroundFailure")
        assert (await charger.status()).fault == "GroundFailure"
        with pytest.raises(DriverFaultedError):
            await charger.enable(True)
        await point.state("Available")
        assert (await charger.status()).fault == ""


async def test_reservations_are_kept_where_they_can_be() -> None:
    """The token, the connector and the end; go-e keeps none, whatever it says."""
    async with open_driver() as charger, point_at(charger) as point:
        assert Capability.RESERVATION not in charger.capabilities
        await charger._station.contacted()
        assert Capability.RESERVATION in charger.capabilities
        await charger.reserve(TOKEN, 600)
        order = await point.until_asked("ReserveNow")
        assert (order["idTag"], order["connectorId"]) == (TOKEN, 1)
        assert (await point.say("Authorize", idTag=TOKEN))["idTagInfo"]["status"] == "Accepted"
        await charger.cancel_reservation()
        assert await point.until_asked("CancelReservation") == {
            "reservationId": order["reservationId"]
        }
        await point.say("BootNotification", chargePointVendor="go-e", chargePointModel="V3")
        await charger._station.contacted()
        assert Capability.RESERVATION not in charger.capabilities


async def test_a_station_without_limits_is_switched() -> None:
    """What can only be on or off is stopped for a pause, and begun anew after it."""
    async with open_driver() as charger, point_at(charger) as point:
        point.says["GetConfiguration"] = {
            "configurationKey": [
                {"key": "SupportedFeatureProfiles", "value": "Core", "readonly": True}
            ]
        }
        transaction = await begun(charger, point)
        assert await profiles(point) == []
        pausing = asyncio.create_task(charger.enable(False))
        await point.until_asked("RemoteStopTransaction")
        await point.say(
            "StopTransaction", transactionId=transaction, meterStop=1_001, timestamp=NOW
        )
        await pausing
        going_on = asyncio.create_task(charger.enable(True))
        await point.until_asked("RemoteStartTransaction")
        await point.start(meter=1_001, at="2026-03-01T10:05:00Z")
        await going_on
        assert (await charger.status()).enabled


async def test_signed_values_are_passed_on() -> None:
    """As they came, from the transaction's data too."""
    ocmf = 'OCMF|{"FV":"1.0"}|{"SD":"00"}'
    async with open_driver() as charger, point_at(charger) as point:
        transaction = await begun(charger, point)
        value = {"timestamp": NOW, "sampledValue": [{"value": ocmf, "format": "SignedData"}]}
        await point.say(
            "StopTransaction",
            transactionId=transaction,
            meterStop=1_000,
            timestamp=NOW,
            transactionData=[value],
        )
        (signed,) = await charger.signed_values()
        assert (signed.format, signed.data) == ("OCMF", ocmf)


async def test_two_outlets_of_one_station() -> None:
    """They share its connection; two that are one connector are a mistake."""
    shared = SharedParts()
    both = open_driver(shared=shared), open_driver(shared=shared, connector=2)
    async with both[0] as first, both[1] as second:
        assert first.listener is second.listener
        assert first._station is second._station
        with pytest.raises(UnknownDriverError, match="two outlets are connector 2"):
            driver(shared=shared, connector=2)
        async with point_at(first):
            assert (await first.status()).limit_w == 0


@pytest.mark.parametrize(
    "options",
    [
        {"station": ""},
        {"station": "a:b"},
        {"station": "x" * 49},
        {"listen": "http://127.0.0.1"},
        {"listen": "wss://127.0.0.1:1/"},
        {"connector": 0},
        {"phases": 2},
        {"colour": "red"},
        {"password_file": "/no/such/file"},
    ],
)
def test_wrong_options_are_named(options: dict[str, object]) -> None:
    """In one sentence, at the start."""
    with pytest.raises(UnknownDriverError, match="correct that in the settings"):
        driver(**({"connector": 1} | options))  # type: ignore[arg-type]
