"""OCPP 2.0.1: the agent is the central system of stations; an outlet is one EVSE.

- `meter_values`, `pieces`: what a station tells of meters and transactions; `orders`: what it is
  asked. Pure.
- `answers`: what a station asks and tells, and what it is answered; `charging_station`: what it is
  asked; `contact`: what it is asked and told when it has come.
- `driver`: one outlet.
"""
