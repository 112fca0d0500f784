"""OCPP 1.6J: the agent is the central system of charge points.

- `quirks`: what models do otherwise; `meter_values`, `profiles`: words to numbers and back. Pure.
- `transactions`: who has begun what, durable. `contact`: what a charge point is asked and told when
  it has come. `answers`: what it asks; `charge_point`: what it is asked.
- `driver`: one outlet.
"""
