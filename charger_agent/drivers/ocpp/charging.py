"""What a driver needs of a station of any version, so that one driver serves them all."""

from abc import abstractmethod

from charger_agent.drivers.contract import Capability
from charger_agent.drivers.ocpp.connector import Connector, Transaction
from charger_agent.drivers.ocpp.station import Station
from charger_agent.errors import UnknownDriverError


class ChargingStation(Station):
    """A station whose connectors are driven.

    Each call asks the station for one thing, by what its `Connector` says is wanted, and returns
    when the station has agreed; that it has happened shows in the connector.
    """

    connectors: dict[int, Connector]
    """Those that outlets of the agent are, by number."""

    @property
    @abstractmethod
    def takes_limits(self) -> bool:
        """Whether power can be limited; otherwise it is only on or off."""

    @abstractmethod
    def capabilities(self, connector: Connector) -> frozenset[Capability]:
        """Return what a connector can do, as far as the station has been heard."""

    @abstractmethod
    async def contacted(self) -> None:
        """Wait until the station's configuration is known and its safe fallback is set.

        Raises:
            DriverError: It is not there, or does not answer.
        """

    @abstractmethod
    async def start(self, connector: Connector) -> None:
        """Ask the station to begin a transaction for the connector's token."""

    @abstractmethod
    async def stop(self, connector: Connector) -> None:
        """Ask the station to end the connector's transaction."""

    @abstractmethod
    def abandon(self, transaction: Transaction) -> None:
        """See to it that a transaction ends whose session is over, now or when it comes back."""

    @abstractmethod
    async def limit(self, connector: Connector) -> None:
        """Tell the station what the connector's transaction may take, and until when."""

    @abstractmethod
    async def ask_meter(self, connector: Connector) -> None:
        """Ask the station for a meter value now, where it can be asked."""

    @abstractmethod
    async def reserve(self, connector: Connector, *, until_us: int) -> None:
        """Ask the station to keep the connector for whom it is promised to."""

    @abstractmethod
    async def cancel_reservation(self, connector: Connector) -> None:
        """Ask the station to let go of a reservation."""

    async def show_cost(self, connector: Connector) -> None:
        """Show what the connector's session costs, where the station can."""

    def add(self, connector: Connector) -> None:
        """Drive a connector.

        Raises:
            UnknownDriverError: Two outlets are one connector.
        """
        if self.connectors.setdefault(connector.number, connector) is not connector:
            raise UnknownDriverError(
                "ocpp",
                reason=f"two outlets are connector {connector.number} of {self.identity!r}",
                known=(),
            )

    def connector_of(self, token: str) -> Connector | None:
        """Return the connector whose session or reservation a token is for; case does not matter.

        Args:
            token: As the station says it.
        """
        wanted = token.casefold()
        for each in self.connectors.values():
            if wanted and wanted in {each.token.casefold(), each.promised.casefold()}:
                return each
        return None
