"""The fake 2.0.1 station against a central system that nobody here wrote."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from ocpp.v201 import call

from tests.integration.fake_station import fake_station
from tests.integration.ocpp_central import Central, central

TOKEN = {"idToken": "TWAAAABBBBCCCCDDDDEE", "type": "Central"}


@pytest.fixture
async def office() -> AsyncIterator[Central]:
    """Return a central system of 2.0.1."""
    async with central("ocpp2.0.1") as running:
        yield running


async def start(office: Central, **changes: Any) -> Any:  # noqa: ANN401 (the library has no types)
    """Start remotely at the first EVSE; return the station at the central system."""
    await office.diary.heard("StatusNotification", 2)
    station = office.stations["CP1"]
    request = call.RequestStartTransaction(TOKEN, 5, evse_id=1, **changes)
    assert (await station.call(request)).status == "Accepted"
    return station


def events(office: Central) -> list[tuple[str, str, int]]:
    """Return what happened to transactions, why, and under which numbers."""
    return [
        (each["eventType"], each["triggerReason"], each["seqNo"])
        for each in office.diary.all("TransactionEvent")
    ]


async def ended(office: Central) -> dict[str, Any]:
    """Wait for the end of a transaction and return its last event."""
    told = office.diary

    def last() -> list[dict[str, Any]]:
        return [each for each in told.all("TransactionEvent") if each["eventType"] == "Ended"]

    await told.until(last)
    return last()[-1]


@pytest.mark.parametrize("plugs_first", [True, False])
async def test_a_whole_charge(office: Central, plugs_first: bool) -> None:
    """Plugged before or after the start: one transaction, metered, ended by the car."""
    async with fake_station("ocpp2.0.1", office.url, options={"energy_wh": 1_234}) as station:
        if plugs_first:
            station.plug_in(1, 11_000, needs_wh=550)
        await start(office)
        if not plugs_first:
            station.plug_in(1, 11_000, needs_wh=550)
        told = office.diary

        def is_full() -> bool:
            info = [each["transactionInfo"] for each in told.all("TransactionEvent")]
            return any(each["chargingState"] == "SuspendedEV" for each in info)

        await told.until(is_full)
        station.unplug(1)
        last = await ended(office)
    first = office.diary.all("TransactionEvent")[0]
    trigger = "RemoteStart" if plugs_first else "CablePluggedIn"
    assert events(office)[0] == ("Started", trigger, 0)
    assert first["idToken"] == TOKEN
    assert first["transactionInfo"]["remoteStartId"] == 5
    assert [number for _, _, number in events(office)] == list(range(len(events(office))))
    assert last["transactionInfo"]["stoppedReason"] == "EVDisconnected"
    assert last["meterValue"][0]["sampledValue"][0]["value"] == 1_784
    assert (
        len({each["transactionInfo"]["transactionId"] for each in told.all("TransactionEvent")})
        == 1
    )


async def test_a_transaction_may_begin_with_the_cable(office: Central) -> None:
    """With TxStartPoint and TxStopPoint EVConnected it lasts as long as the cable is in."""
    points = {"start_points": "EVConnected", "stop_points": "EVConnected"}
    async with fake_station("ocpp2.0.1", office.url, options={"sample_s": 0, **points}) as station:
        await office.diary.heard("StatusNotification", 2)
        station.plug_in(1, 11_000)
        await office.diary.heard("TransactionEvent", 1)
        office_station = await start(office)
        key = office.diary.all("TransactionEvent")[0]["transactionInfo"]["transactionId"]
        await office.diary.heard("TransactionEvent", 3)
        stop = call.RequestStopTransaction(key)
        assert (await office_station.call(stop)).status == "Accepted"
        await office.diary.heard("TransactionEvent", 5)
        assert station.connectors[1].outlet.power_w == 0
        station.unplug(1)
        info = (await ended(office))["transactionInfo"]
        assert (info["transactionId"], info["stoppedReason"]) == (key, "Remote")
    assert events(office) == [
        ("Started", "CablePluggedIn", 0),
        ("Updated", "RemoteStart", 1),
        ("Updated", "ChargingStateChanged", 2),
        ("Updated", "ChargingStateChanged", 3),
        ("Updated", "RemoteStop", 4),
        ("Ended", "EVCommunicationLost", 5),
    ]


async def test_what_happened_offline_says_so(office: Central) -> None:
    """Events from the time without a link are marked, numbered on, and counted as queued."""
    async with fake_station("ocpp2.0.1", office.url, options={"sample_s": 120}) as station:
        await start(office)
        station.plug_in(1, 11_000)
        await office.diary.heard("TransactionEvent", 2)
        key = office.diary.all("TransactionEvent")[0]["transactionInfo"]["transactionId"]
        station.link.cut()
        await station.clock.sleep_story(400)
        station.unplug(1)
        status = station.answer("GetTransactionStatus", {"transactionId": key})
        assert status == {"ongoingIndicator": False, "messagesInQueue": True}
        station.link.restore()
        last = await ended(office)
    assert last["offline"] is True
    assert "offline" not in office.diary.all("TransactionEvent")[0]
    numbers = [number for _, _, number in events(office)]  # one may come twice: its answer was lost
    assert sorted(set(numbers)) == list(range(max(numbers) + 1))


async def test_a_lost_answer_repeats_the_event(office: Central) -> None:
    """The station says exactly the same again, under the same number."""
    async with fake_station("ocpp2.0.1", office.url) as station:
        await start(office)
        station.link.lose_answer("TransactionEvent")
        station.plug_in(1, 11_000)
        first, second = (await office.diary.heard("TransactionEvent", 2))[:2]
        assert first == second


@pytest.mark.parametrize(
    ("happens", "reason", "options"),
    [
        ("no credit", "DeAuthorized", {}),
        ("total cost", "LocalOutOfCredit", {"credit": 4}),
        ("cost updated", "LocalOutOfCredit", {"credit": 4}),
        ("energy", "EnergyLimitReached", {"energy_limit_wh": 200}),
        ("remote", "Remote", {}),
        ("fault", "GroundFault", {}),
        ("power", "PowerLoss", {}),
    ],
)
async def test_stop_reasons(
    office: Central, happens: str, reason: str, options: dict[str, object]
) -> None:
    """Each end of a transaction says why, above all those of a prepaid charge."""
    async with fake_station(
        "ocpp2.0.1", office.url, options={"sample_s": 60, **options}
    ) as station:
        office_station = await start(office)
        station.plug_in(1, 11_000)
        key = (await office.diary.heard("TransactionEvent"))[0]["transactionInfo"]["transactionId"]
        match happens:
            case "no credit":
                office.diary.id_tag_status = "NoCredit"
            case "total cost":
                office.diary.total_cost = 4.2
            case "cost updated":
                await office_station.call(call.CostUpdated(4.2, key))
            case "remote":
                await office_station.call(call.RequestStopTransaction(key))
            case "fault":
                station.break_down(1)
            case "power":
                station.power_off()
                station.power_on()
        last = await ended(office)
        assert last["transactionInfo"]["stoppedReason"] == reason
        if happens == "energy":
            assert last["meterValue"][0]["sampledValue"][0]["value"] == 200


async def test_profiles_and_what_is_wrong_with_them(office: Central) -> None:
    """A transaction's profile bounds it at once; one for another transaction is refused."""
    async with fake_station("ocpp2.0.1", office.url, options={"sample_s": 0}) as station:
        office_station = await start(office)
        station.plug_in(1, 22_000)
        key = (await office.diary.heard("TransactionEvent"))[0]["transactionInfo"]["transactionId"]
        for transaction, limit_w, status in ((key, 7_000.0, "Accepted"), ("x", 9.0, "Rejected")):
            told = {
                "id": 3,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxProfile",
                "chargingProfileKind": "Relative",
                "transactionId": transaction,
                "chargingSchedule": [
                    {
                        "id": 1,
                        "chargingRateUnit": "W",
                        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit_w}],
                    }
                ],
            }
            answer = await office_station.call(call.SetChargingProfile(1, told))
            assert answer.status == status
        assert station.connectors[1].outlet.power_w == 7_000


async def test_reservations_end(office: Central) -> None:
    """Nobody comes: the station says that the reservation has expired."""
    async with fake_station("ocpp2.0.1", office.url) as station:
        await office.diary.heard("StatusNotification", 2)
        request = call.ReserveNow(9, station.time.now(), TOKEN, evse_id=2)
        assert (await office.stations["CP1"].call(request)).status == "Accepted"
        (told,) = await office.diary.heard("ReservationStatusUpdate")
        assert told == {"reservationId": 9, "reservationUpdateStatus": "Expired"}
        await office.diary.status(2, "Available")


async def test_variables(office: Central) -> None:
    """Variables are told in any spelling, unknown ones named, changes obeyed, secrets kept."""
    secret = "0123456789abcdef"
    async with fake_station("ocpp2.0.1", office.url, options={"password": secret}) as station:
        await office.diary.heard("StatusNotification", 2)
        asked = [
            {"component": {"name": component}, "variable": {"name": variable}}
            for component, variable in (
                ("txctrlr", "TXSTARTPOINT"),
                ("SecurityCtrlr", "BasicAuthPassword"),
                ("TxCtrlr", "Nonsense"),
                ("Nonsense", "TxStartPoint"),
            )
        ]
        told = await office.stations["CP1"].call(call.GetVariables(asked))
        assert [each["attribute_status"] for each in told.get_variable_result] == [
            "Accepted",
            "Rejected",
            "UnknownVariable",
            "UnknownComponent",
        ]
        assert told.get_variable_result[0]["attribute_value"] == "PowerPathClosed"
        change = {
            "component": {"name": "SampledDataCtrlr"},
            "variable": {"name": "TxUpdatedInterval"},
            "attributeValue": "5",
        }
        done = await office.stations["CP1"].call(call.SetVariables([change]))
        assert done.set_variable_result[0]["attribute_status"] == "Accepted"
        assert station.sample_s == 5
        await office.stations["CP1"].call(call.GetBaseReport(1, "FullInventory"))
        (report,) = await office.diary.heard("NotifyReport")
        assert secret not in str(report)
