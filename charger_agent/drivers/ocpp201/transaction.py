"""A transaction as a station of 2.0.1 tells it: in pieces that may come twice, late or anyhow.

`seqNo` orders the pieces, nothing else does. A piece that came before changes nothing; one that is
older than what is known still counts for what it alone says (who charges, what was signed), and
not for what the charger does now.
"""

from typing import Any

import msgspec

from charger_agent.drivers.ocpp201.values import Shown, shown
from negotiation import SignedValue

Json = dict[str, Any]

RELEASING = frozenset({"Deauthorized", "RemoteStop", "StopAuthorized"})
"""Triggers after which nobody may charge, though the transaction may last until the car leaves."""

GRANTING = frozenset({"Authorized", "RemoteStart"})
"""Triggers after which somebody may charge."""

PIECES_MAX = 100_000
"""Numbers of pieces that are remembered: a day of one each second."""


class Transaction:
    """One transaction.

    Args:
        key: The station's id of it.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.token = ""
        """Who charges, once a piece has said it."""
        self.remote_start: int | None = None
        """The remote start that it came from."""
        self.activity = ""
        """What it does: `Charging`, `SuspendedEV` ..."""
        self.stop_reason = ""
        """Why it ended."""
        self.is_ended = False
        """Whether its last piece has come."""
        self.is_released = False
        """Whether nobody may charge any more: it then lasts as long as the car stays."""
        self.latest = Shown()
        """What its meter showed latest."""
        self.began_wh: float | None = None
        """What its meter showed at the beginning. [Wh]"""
        self.signed: tuple[SignedValue, ...] = ()
        """All signed values, in order of their pieces."""
        self._numbers: set[int] = set()
        self._signed: dict[int, tuple[SignedValue, ...]] = {}

    @property
    def is_running(self) -> bool:
        """Whether its car may charge."""
        return not self.is_ended and not self.is_released

    @property
    def newest(self) -> int:
        """The highest number that has come, -1 before any."""
        return max(self._numbers, default=-1)

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers below the highest that have not come."""
        return tuple(each for each in range(self.newest) if each not in self._numbers)

    def take(self, event: Json) -> bool:
        """Take a piece, and say whether it is new; one that came before changes nothing.

        Args:
            event: A TransactionEvent of this transaction, checked against the schemas.
        """
        number = event["seqNo"]
        if number in self._numbers or len(self._numbers) >= PIECES_MAX:
            return False
        is_newest = number > self.newest
        self._numbers.add(number)
        self._take_what_stays(event, number)
        if is_newest:
            self._take_what_changes(event)
        return True

    def _take_what_stays(self, event: Json, number: int) -> None:
        info = event["transactionInfo"]
        if "idToken" in event and not self.token:
            self.token = event["idToken"]["idToken"]
        self.remote_start = info.get("remoteStartId", self.remote_start)
        values = shown(event.get("meterValue", ()))
        if event["eventType"] == "Started":
            self.began_wh = values.energy_wh
        if values.signed:
            self._signed[number] = values.signed
            pieces = (self._signed[each] for each in sorted(self._signed))
            self.signed = tuple(value for piece in pieces for value in piece)
        if event["eventType"] == "Ended":
            self.is_ended = True
            self.stop_reason = info.get("stoppedReason", "Local")  # as the schema has it

    def _take_what_changes(self, event: Json) -> None:
        self.activity = event["transactionInfo"].get("chargingState", self.activity)
        trigger = event["triggerReason"]
        self.is_released = trigger in RELEASING or (self.is_released and trigger not in GRANTING)
        values = shown(event.get("meterValue", ()))
        self.latest = msgspec.structs.replace(
            self.latest,
            energy_wh=self.latest.energy_wh if values.energy_wh is None else values.energy_wh,
            power_w=self.latest.power_w if values.power_w is None else values.power_w,
        )
