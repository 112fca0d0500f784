"""Stations that speak OCPP over JSON: the agent is their central system.

What all versions share:

- `dialects`: names of versions and faults; `frames`: texts to messages and back; `schemas`: what a
  message may hold; `times`: how times are written. Pure.
- `link`: one connection, calls out and in. `listener`: the socket, who may come in, TLS.
- `station`: one station, whatever connection it has just now.

What a version is made of stands in a package of its own.
"""
