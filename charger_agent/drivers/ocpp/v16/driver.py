"""The driver `ocpp16`: one outlet of a charge point that speaks OCPP 1.6J."""

from charger_agent.drivers.contract import DriverSetup
from charger_agent.drivers.ocpp.charger import OcppCharger
from charger_agent.drivers.ocpp.charging import ChargingStation
from charger_agent.drivers.ocpp.options import OcppOptions
from charger_agent.drivers.ocpp.v16.charge_point import ChargePoint


class Ocpp16Charger(OcppCharger):
    """A connector of a charge point.

    Args:
        setup: What it is made from; its options are `OcppOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    name = "ocpp16"
    listen = "ws://127.0.0.1:9016/ocpp"

    @classmethod
    def new_station(cls, options: OcppOptions, setup: DriverSetup) -> ChargingStation:
        """Return a charge point."""
        return ChargePoint(options, setup)
