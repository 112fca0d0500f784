"""The settings of an OCPP 2.0.1 outlet, and the door that all outlets of an agent share."""

from typing import Annotated

import msgspec

from charger_agent.drivers.contract import DriverSetup
from charger_agent.drivers.ocpp.listener import StationListener, good_passwords, server_tls
from charger_agent.drivers.ocpp201.station import Station201
from charger_agent.errors import UnknownDriverError

Identity = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9*_=+|@.\-]{1,48}$")]
"""A station's name, as 2.0.1 allows it: no colon, for it is a user name as well."""


class Ocpp201Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The driver's own table in the settings.

    Raises:
        ValueError: A certificate comes without a key, or TLS without either.
    """

    station: Identity
    """Name of the station: the last part of the address that it calls."""
    connector: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    """Number of the EVSE at the station."""
    listen: Annotated[str, msgspec.Meta(pattern=r"^wss?://")] = "ws://127.0.0.1:9201/ocpp"
    """Where stations call, without their names; `wss://` with a certificate."""
    password: str = ""
    """What the station must present (HTTP Basic); empty for none, on trusted networks alone."""
    certificate: str = ""
    """File with the certificate for `wss://`."""
    certificate_key: str = ""
    """File with its key."""
    phases: Annotated[int, msgspec.Meta(ge=1, le=3)] = 3
    """Phases of the outlet: for stations that take limits in amperes alone."""

    def __post_init__(self) -> None:
        is_encrypted = self.listen.startswith("wss:")
        if is_encrypted != bool(self.certificate) or is_encrypted != bool(self.certificate_key):
            raise ValueError("certificate and key belong to a wss:// address, and to no other")

    @classmethod
    def read(cls, setup: DriverSetup) -> "Ocpp201Options":
        """Return the options of an outlet.

        Raises:
            UnknownDriverError: One of them is wrong.
        """
        try:
            return msgspec.convert(dict(setup.options), cls)
        except msgspec.ValidationError as error:
            raise UnknownDriverError(
                "ocpp201", reason=f"its options are wrong: {error}", known=("ocpp201",)
            ) from error


class Door:
    """A station and the listener at which it calls, for all of its EVSEs.

    Args:
        listener: Where it calls.
        station: The station.
    """

    def __init__(self, listener: StationListener, station: Station201) -> None:
        self.listener = listener
        self.station = station
        self._users = 0

    async def open(self) -> None:
        """Let the station come in.

        Raises:
            EndpointInUseError: Something listens there already.
        """
        self._users += 1
        await self.listener.join(self.station)

    async def close(self) -> None:
        """Let it come in no more once its last EVSE is closed."""
        self._users -= 1
        if self._users == 0:
            await self.station.shut()
            await self.listener.leave(self.station)


def new_door(setup: DriverSetup, options: Ocpp201Options) -> Door:
    """Return the door of an outlet's station, shared with the agent's other outlets.

    Raises:
        UnknownDriverError: The certificate can not be used.
    """

    def new_listener() -> StationListener:
        tls = (
            server_tls(options.certificate, options.certificate_key)
            if options.certificate
            else None
        )
        return StationListener(options.listen, clock=setup.clock, log=setup.log, tls=tls)

    def new_station() -> Station201:
        return Station201(
            options.station,
            clock=setup.clock,
            log=setup.log,
            passwords=good_passwords(options.password),
        )

    address = ("ocpp", options.listen)
    listener = setup.shared.part(address, new_listener)
    station = setup.shared.part((*address, options.station), new_station)
    return setup.shared.part((*address, options.station, "door"), lambda: Door(listener, station))
