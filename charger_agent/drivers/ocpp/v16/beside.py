"""Beside a pilot's own back end: what it is told, what it decides, and what it may ask.

The back end sees the station as before, its customers charge with their cards as before. Tags of
agreed sessions are ours and need nobody's word; about all others it decides. A transaction has our
id at the station and the back end's own there, so that neither has to wait for the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from charger_agent.drivers.ocpp.dialects import Fault
from charger_agent.drivers.ocpp.forwarder import BackEnd, Forwarder, Message
from charger_agent.drivers.ocpp.frames import Call, Payload
from charger_agent.errors import CallRefusedError, DriverError, DriverRefusedError

if TYPE_CHECKING:
    from charger_agent.drivers.ocpp.station import Handler
    from charger_agent.drivers.ocpp.v16.charge_point import ChargePoint

LASTING = frozenset({"StartTransaction", "StopTransaction", "MeterValues"})
"""What is told later where the back end is away: all about transactions."""

IDS_MAX = 200
"""Transactions whose ids are kept in both spellings."""


class Beside:
    """A charge point that a pilot's own back end sees as well.

    Args:
        point: The charge point.
    """

    def __init__(self, point: ChargePoint) -> None:
        options = point.options
        self._point = point
        self._theirs: dict[int, int] = {}
        self._boot: Payload | None = None
        self._states: dict[int, Payload] = {}
        self._forwarder = Forwarder(
            BackEnd(
                url=options.forward,
                identity=point.identity,
                password=options.forward_secret(),
            ),
            dialect=point.dialect,
            clock=point.clock,
            log=point.log,
            translate=self._translate,
            heard=self._heard,
            greet=self._greeting,
        )

    async def run(self) -> None:
        """Keep the link for as long as the station is there."""
        await self._forwarder.run(self._answer)

    def answering(self, action: str, own: Handler) -> Handler:
        """Return what answers an action with the back end beside us.

        Args:
            action: The action.
            own: What answers it without.
        """

        async def answer(payload: Payload) -> Payload:
            return await self._both(action, payload, await own(payload))

        return answer

    async def _both(self, action: str, payload: Payload, own: Payload) -> Payload:
        """Return the answer of us both: ours, unless it is theirs to decide."""
        message = Message(action, payload, lasts=action in LASTING)
        match action:
            case "BootNotification":
                self._boot = payload
            case "StatusNotification":
                self._states[payload["connectorId"]] = payload
            case "Authorize" if own["idTagInfo"]["status"] != "Accepted":
                return await self._forwarder.ask(message) or own
            case "StartTransaction":
                message.local = own["transactionId"]
                if own["idTagInfo"]["status"] != "Accepted":
                    return await self._their_start(message, own)
            case "DataTransfer":
                return await self._forwarder.ask(message) or own
        self._forwarder.tell(message)
        return own

    async def _their_start(self, message: Message, own: Payload) -> Payload:
        """Let the back end decide about a start that is not ours; what it refuses is ended."""
        theirs = await self._forwarder.ask(message)
        status = theirs["idTagInfo"]["status"] if theirs else own["idTagInfo"]["status"]
        if status == "Accepted":
            self._point.lend(message.payload["connectorId"], message.local)
        else:
            local = message.local
            self._point.afterwards(lambda: self._point.end_unpaid(local))
        info = theirs["idTagInfo"] if theirs else own["idTagInfo"]
        return {"transactionId": message.local, "idTagInfo": info}

    def _greeting(self) -> list[tuple[str, Payload]]:
        """Return what the back end is told after each dialling: who is there, in which state."""
        boot = [("BootNotification", self._boot)] if self._boot else []
        return [*boot, *(("StatusNotification", state) for state in self._states.values())]

    def _translate(self, message: Message) -> Payload | None:
        """Return what the back end is told: its own ids of transactions, its own tag for us."""
        payload = dict(message.payload)
        tag = payload.get("idTag")
        if tag and self._point.options.forward_id_tag and self._point.is_ours(tag):
            payload["idTag"] = self._point.options.forward_id_tag
        if message.action not in {"StopTransaction", "MeterValues"}:
            return payload
        if "transactionId" in payload:
            theirs = self._theirs.get(payload["transactionId"])
            if theirs is None:
                return None  # It has never heard of this transaction's beginning.
            payload["transactionId"] = theirs
        return payload

    def _heard(self, message: Message, answer: Payload) -> None:
        if message.local:
            self._theirs[message.local] = answer["transactionId"]
            while len(self._theirs) > IDS_MAX:
                del self._theirs[next(iter(self._theirs))]

    async def _answer(self, call: Call) -> Payload:
        """Pass on what the back end asks of the station, where it may."""
        if self._point.options.forward_read_only:
            raise CallRefusedError("this back end only looks on", fault=Fault.UNSUPPORTED_ACTION)
        payload = self._for_station(dict(call.payload))
        try:
            return await self._point.call(call.action, payload)
        except (DriverError, DriverRefusedError) as error:
            raise CallRefusedError(str(error), fault=Fault.INTERNAL) from error

    def _for_station(self, payload: Payload) -> Payload:
        """Return a call with our ids of transactions, as the station knows them."""
        ours = {theirs: local for local, theirs in self._theirs.items()}
        if payload.get("transactionId") in ours:
            payload["transactionId"] = ours[payload["transactionId"]]
        profile = payload.get("csChargingProfiles")
        if isinstance(profile, dict) and profile.get("transactionId") in ours:
            payload["csChargingProfiles"] = profile | {
                "transactionId": ours[profile["transactionId"]]
            }
        return payload
