"""The socket at which stations call: who may come in, and in which version they are spoken to.

One listener serves all stations of an agent. A station that nobody knows gets HTTP 404, one with a
wrong password 401, one that speaks no version of ours a complete handshake without a subprotocol
and an immediate close, as the specification asks for. TLS is on where the settings name a
certificate.
"""

import asyncio
import base64
import binascii
import hmac
import ssl
from collections.abc import Sequence
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote, urlsplit

from structlog.typing import FilteringBoundLogger
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from agent_runtime import EndpointInUseError
from charger_agent.drivers.agent_ports import DriverClock
from charger_agent.drivers.ocpp.dialects import Dialect
from charger_agent.drivers.ocpp.frames import FRAME_SIZE_MAX
from charger_agent.drivers.ocpp.link import UNWANTED, StationLink, WireClosedError
from charger_agent.errors import UnknownDriverError

PING_S = 20.0
"""Between two WebSocket pings: a socket that is open on one side only is noticed. [real s]"""

PONG_S = 20.0
"""How long a pong may take; a station is gone after both together. [real s]"""

HANDSHAKE_S = 10.0
"""How long a handshake may take. [real s]"""

FRAMES_WAITING_MAX = 16
"""Frames of one connection that are read ahead."""


class StationDoor(Protocol):
    """What the listener has to know of a station."""

    identity: str
    """The last part of its address."""
    dialect: Dialect
    """The version that it is spoken to in."""
    passwords: tuple[bytes, ...]
    """Each is good for HTTP Basic authentication; none means that it needs none."""

    async def serve(self, link: StationLink) -> None:
        """Take a connection over until it is closed."""
        ...


class StationListener:
    """A listening socket for stations.

    Args:
        url: `ws://host:port/path`, or `wss://` with a certificate; port 0 is any free one.
        clock: Real time.
        log: The agent's log.
        tls: What encrypts, None for `ws`.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: DriverClock,
        log: FilteringBoundLogger,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._address = urlsplit(url)
        self._clock = clock
        self._log = log
        self._tls = tls
        self._stations: dict[str, StationDoor] = {}
        self._server: Server | None = None
        self._starting = asyncio.Lock()

    @property
    def url(self) -> str:
        """Where stations call, with the port that is really open; the identity follows it."""
        port = self._address.port
        if self._server is not None:
            port = next(iter(self._server.sockets)).getsockname()[1]
        return f"{self._address.scheme}://{self._address.hostname}:{port}{self._prefix}"

    @property
    def identities(self) -> tuple[str, ...]:
        """Who may come in."""
        return tuple(sorted(self._stations))

    async def join(self, station: StationDoor) -> None:
        """Let a station come in; the first one opens the socket, again changes nothing.

        Raises:
            EndpointInUseError: Something listens there already.
            UnknownDriverError: Two stations have one identity.
        """
        if self._stations.setdefault(station.identity, station) is not station:
            raise UnknownDriverError(
                "ocpp", reason=f"two stations are called {station.identity!r}", known=()
            )
        async with self._starting:
            if self._server is None:
                self._server = await self._open()
                self._log.info("stations may come", url=f"{self.url}<station>")

    async def leave(self, station: StationDoor) -> None:
        """Let a station come in no more; the last one closes the socket."""
        self._stations.pop(station.identity, None)
        if not self._stations and self._server is not None:
            server, self._server = self._server, None
            server.close()
            await server.wait_closed()

    async def _open(self) -> Server:
        host, port = self._address.hostname, self._address.port or 0
        try:
            return await serve(
                self._serve,
                host,
                port,
                process_request=self._admit,
                select_subprotocol=self._select,
                ssl=self._tls,
                max_size=FRAME_SIZE_MAX,
                max_queue=FRAMES_WAITING_MAX,
                open_timeout=HANDSHAKE_S,
                ping_interval=PING_S,
                ping_timeout=PONG_S,
                server_header=None,
            )
        except OSError as error:
            raise EndpointInUseError(
                f"stations can not be listened for at {host}:{port} ({error.strerror}): stop what"
                " listens there, or choose another port"
            ) from error

    @property
    def _prefix(self) -> str:
        return self._address.path.rstrip("/") + "/"

    def _station(self, request: Request | None) -> StationDoor | None:
        """Return the station that an address names; None for a stranger."""
        path = urlsplit(request.path).path if request else ""
        if not path.startswith(self._prefix):
            return None
        name = path.removeprefix(self._prefix)
        return None if "/" in name else self._stations.get(unquote(name, errors="replace"))

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Return why a peer may not come in, None where it may."""
        station = self._station(request)
        where = str(connection.remote_address)
        if station is None:
            self._log.warning("a stranger is refused", path=request.path[:100], peer=where)
            return connection.respond(HTTPStatus.NOT_FOUND, "There is no such station here.\n")
        if station.passwords and not _knows_password(request, station):
            self._log.warning("a wrong password", station=station.identity, peer=where)
            response = connection.respond(HTTPStatus.UNAUTHORIZED, "The password is wrong.\n")
            response.headers["WWW-Authenticate"] = 'Basic realm="stations", charset="UTF-8"'
            return response
        return None

    def _select(
        self, connection: ServerConnection, offered: Sequence[Subprotocol]
    ) -> Subprotocol | None:
        station = self._station(connection.request)
        fits = station is not None and station.dialect.subprotocol in offered
        return Subprotocol(station.dialect.subprotocol) if station and fits else None

    async def _serve(self, connection: ServerConnection) -> None:
        station = self._station(connection.request)
        if station is None or connection.subprotocol is None:
            request = connection.request
            offered = request.headers.get("Sec-WebSocket-Protocol", "") if request else ""
            self._log.warning(
                "no version in common",
                station=station.identity if station else "",
                offered=str(offered)[:100],
            )
            await connection.close(UNWANTED, "no subprotocol in common")
            return
        link = StationLink(
            Socket(connection),
            dialect=station.dialect,
            clock=self._clock,
            log=self._log.bind(station=station.identity),
        )
        await station.serve(link)


class Socket:
    """A WebSocket as the link sees it.

    Args:
        connection: The WebSocket, whoever has opened it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def receive(self) -> str | bytes:
        """Return the next frame; raise `WireClosedError` when there will be none."""
        try:
            return await self._connection.recv()
        except ConnectionClosed as error:
            raise WireClosedError from error

    async def send(self, frame: str) -> None:
        """Send a frame; raise `WireClosedError` when it can not be sent."""
        try:
            await self._connection.send(frame)
        except ConnectionClosed as error:
            raise WireClosedError from error

    async def close(self, code: int, reason: str) -> None:
        """Close, in order if the other side goes along."""
        await self._connection.close(code, reason)


def server_tls(certificate: str, key: str) -> ssl.SSLContext:
    """Return what encrypts the connections of security profile 2.

    Args:
        certificate: File with the certificate and its chain.
        key: File with its key.

    Raises:
        UnknownDriverError: They can not be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise UnknownDriverError(
            "ocpp", reason=f"certificate and key can not be used: {error}", known=()
        ) from error
    return context


def good_passwords(password: str) -> tuple[bytes, ...]:
    """Return what a station may send where the settings say a password; nothing for none.

    In 1.6 the key is configured as hexadecimal digits; some stations send its bytes and some the
    digits themselves.
    """
    if not password:
        return ()
    try:
        return (password.encode(), bytes.fromhex(password))
    except ValueError:
        return (password.encode(),)


def _knows_password(request: Request, station: StationDoor) -> bool:
    scheme, _, coded = request.headers.get("Authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(coded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return False
    is_user = hmac.compare_digest(user, station.identity.encode())
    matches = [hmac.compare_digest(password, good) for good in station.passwords]
    return scheme.lower() == "basic" and is_user and any(matches)
