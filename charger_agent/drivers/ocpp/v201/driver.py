"""The driver `ocpp201`: one outlet, an EVSE of a station that speaks OCPP 2.0.1."""

from charger_agent.drivers.contract import DriverSetup
from charger_agent.drivers.ocpp.charger import OcppCharger
from charger_agent.drivers.ocpp.charging import ChargingStation
from charger_agent.drivers.ocpp.options import OcppOptions
from charger_agent.drivers.ocpp.v201.charging_station import Station201
from charger_agent.errors import UnknownDriverError
from negotiation import StopReason


class Ocpp201Charger(OcppCharger):
    """An EVSE of a station.

    Args:
        setup: What it is made from; its options are `OcppOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    name = "ocpp201"
    listen = "ws://127.0.0.1:9201/ocpp"

    @classmethod
    def new_station(cls, options: OcppOptions, setup: DriverSetup) -> ChargingStation:
        """Return a station.

        Raises:
            UnknownDriverError: It is to stand beside a back end, which is done for 1.6 alone.
        """
        if options.forward:
            reason = "forward is for stations of 1.6: leave it out"
            raise UnknownDriverError(cls.name, reason=reason, known=(cls.name,))
        return Station201(options, setup)

    async def finish(self, reason: StopReason) -> None:
        """End the session; where its credit is used up, the station hears `NoCredit`.

        Raises:
            DriverSilentError: The station did not say that it has ended.
        """
        if reason is StopReason.CREDIT and isinstance(self._station, Station201):
            self._station.withdraw_credit(self._connector)
        await super().finish(reason)
