"""What a version of OCPP has to put into its words: all that a station hears and says."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from fake_devices.ocpp_connector import Connector, Reservation, Transaction


class StationWords(ABC):
    """The words of a station; triggers and reasons come in those of 2.0.1."""

    @abstractmethod
    async def register(self) -> float | None:
        """Say who it is until it is accepted.

        Returns:
            The heartbeat's interval [story s], None when the link went.
        """

    @abstractmethod
    def answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Answer a request."""

    @abstractmethod
    def ask(self, id_tag: str, accepted: Callable[[], None]) -> None:
        """Ask whether somebody may charge, and do something if so."""

    @abstractmethod
    def status(self, connector: Connector) -> str:
        """Return a connector's status in the words of the protocol."""

    @abstractmethod
    def say_status(self, connector: Connector) -> None:
        """Say a connector's status."""

    @abstractmethod
    def began(self, connector: Connector, transaction: Transaction, trigger: str) -> None:
        """Say that a transaction has begun."""

    @abstractmethod
    def went_on(self, connector: Connector, trigger: str) -> None:
        """Say that something about a transaction has changed."""

    @abstractmethod
    def ended(
        self, connector: Connector, transaction: Transaction, *, trigger: str, reason: str
    ) -> None:
        """Say that a transaction has ended."""

    @abstractmethod
    def reservation_ended(self, connector: Connector, reservation: Reservation) -> None:
        """Say that nobody came."""
