"""OCPP 2.0.1: the agent is the central system, an outlet is one EVSE of a station.

- `values`, `transaction`: what a station tells of meters and transactions; `requests`: what it is
  asked. Pure.
- `evse`: what is known of one EVSE; `station`: what all of a station's messages change in it.
- `charger`: the driver of one EVSE.
"""

from charger_agent.drivers.ocpp201.charger import Ocpp201Charger

__all__ = ["Ocpp201Charger"]
