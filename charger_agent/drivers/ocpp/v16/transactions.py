"""Who has begun what at a station: transactions with ids of ours, durable before they are told.

A start that comes again is the same start: connector, token, time and register tell it. So a
charge point that has missed our answer gets the same id, also after a restart of the agent. A stop
of a transaction that nobody knows is kept beside them, for whoever looks into it.
"""

from typing import Any

import msgspec

from charger_agent.drivers.agent_ports import DriverClock, DriverNotes

NOTE = "ocpp16/"
"""Beginning of the names of all notes of this version."""

LOST_NOTE = "lost/"
"""Beginning of the part that names stops of transactions nobody knows."""

ENDED_KEPT = 50
"""Ended transactions of a station that still recognise a repeated start or stop. A charge point
repeats what it has queued, in order, so an old one does not come after so many others."""

LOST_KEPT = 20
"""Stops of unknown transactions that are kept for each station."""

EPOCH_US = 1_577_836_800_000_000
"""2020. Ids begin with the seconds since then, so that an agent which has lost its journal gives no
id a second time. [µs since 1970]"""

ID_MAX = 2**31 - 1
"""Charge points keep ids in 31 bits."""


class Started(msgspec.Struct, kw_only=True):
    """A transaction."""

    id: int
    """Its id."""
    connector: int
    """Where."""
    token: str
    """The id tag, as the charge point wrote it."""
    meter_start: int
    """The register at its beginning. [Wh]"""
    timestamp: str
    """Its beginning, as the charge point wrote it."""
    status: str
    """What it was answered: `Accepted`, `Invalid` ..."""
    at_us: int
    """When it was heard. [µs since 1970]"""
    stop: dict[str, Any] | None = None
    """The stop as it was heard; None before."""

    @property
    def key(self) -> tuple[int, str, str, int]:
        """By what a repeated start is recognised."""
        return self.connector, self.token.casefold(), self.timestamp, self.meter_start


class TransactionBook:
    """The transactions of one station.

    Args:
        identity: The station's.
        clock: Real time.
        notes: Where they are kept.
    """

    def __init__(self, identity: str, *, clock: DriverClock, notes: DriverNotes) -> None:
        self._prefix = f"{NOTE}{identity}/"
        self._clock = clock
        self._notes = notes
        self._known: dict[int, Started] | None = None
        self._lost = 0

    async def begin(
        self, start: dict[str, Any], *, status: str, last_id: int
    ) -> tuple[Started, bool]:
        """Return the transaction of a start, and whether it is a new one.

        Args:
            start: A StartTransaction as the schema has it.
            status: What it is answered if it is new.
            last_id: The highest id that other stations have; ids are unique in the agent.
        """
        known = await self.load()
        new = Started(
            id=self._next_id(known, last_id),
            connector=start["connectorId"],
            token=start["idTag"],
            meter_start=start["meterStart"],
            timestamp=start["timestamp"],
            status=status,
            at_us=self._clock.now_us(),
        )
        for each in known.values():
            if each.key == new.key:
                return each, False
        await self._keep(new)
        known[new.id] = new
        await self._forget_old(known)
        return new, True

    async def end(self, stop: dict[str, Any]) -> tuple[Started | None, bool]:
        """Return the transaction of a stop, and whether the stop is a new one.

        Args:
            stop: A StopTransaction as the schema has it.
        """
        known = await self.load()
        found = known.get(stop["transactionId"])
        if found is None:
            await self._note_lost(stop)
            return None, True
        is_new = found.stop is None
        if is_new:
            found.stop = {key: value for key, value in stop.items() if key != "transactionData"}
            await self._keep(found)
        return found, is_new

    async def open_ones(self) -> list[Started]:
        """Return the transactions that have not been stopped."""
        return [each for each in (await self.load()).values() if each.stop is None]

    async def load(self) -> dict[int, Started]:
        """Return all transactions that are kept, by id."""
        if self._known is None:
            found = await self._notes.notes(self._prefix)
            kept = {
                name: value
                for name, value in found.items()
                if not name.startswith(self._prefix + LOST_NOTE)
            }
            rows = [msgspec.msgpack.decode(value, type=Started) for value in kept.values()]
            self._known = {each.id: each for each in sorted(rows, key=lambda each: each.id)}
        return self._known

    def _next_id(self, known: dict[int, Started], last_id: int) -> int:
        since_epoch_s = max(0, self._clock.now_us() - EPOCH_US) // 1_000_000
        return min(ID_MAX, max(since_epoch_s, max(known, default=0) + 1, last_id + 1))

    async def _keep(self, transaction: Started) -> None:
        await self._notes.note(
            f"{self._prefix}{transaction.id}", msgspec.msgpack.encode(transaction)
        )

    async def _forget_old(self, known: dict[int, Started]) -> None:
        ended = sorted(number for number, each in known.items() if each.stop is not None)
        for number in ended[:-ENDED_KEPT]:
            del known[number]
            await self._notes.note(f"{self._prefix}{number}", None)

    async def _note_lost(self, stop: dict[str, Any]) -> None:
        """Keep a stop that belongs to no transaction, in one of so many places."""
        kept = {key: value for key, value in stop.items() if key != "transactionData"}
        name = f"{self._prefix}{LOST_NOTE}{self._lost % LOST_KEPT}"
        self._lost += 1
        await self._notes.note(name, msgspec.json.encode(kept))
