"""Who may come in, and what becomes of frames, on real sockets."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from agent_runtime import EndpointInUseError, SystemClock
from charger_agent.drivers.ocpp.dialects import OCPP16
from charger_agent.drivers.ocpp.frames import FRAME_SIZE_MAX, Payload
from charger_agent.drivers.ocpp.link import REPLACED, UNWANTED
from charger_agent.drivers.ocpp.listener import StationListener, good_passwords
from charger_agent.drivers.ocpp.station import Handler, Station
from charger_agent.errors import DriverRefusedError, DriverSilentError, UnknownDriverError

HEX_KEY = "4f43415f4f4354545f61646d696e5f74657374"


class Parrot(Station):
    """A station of which only heartbeats are answered."""

    def __init__(self, identity: str, password: str = "") -> None:
        super().__init__(
            identity,
            OCPP16,
            clock=SystemClock(),
            log=structlog.get_logger(),
            passwords=good_passwords(password),
        )
        self.greetings: asyncio.Queue[str] = asyncio.Queue()

    @property
    def answers(self) -> Mapping[str, Handler]:
        return {"Heartbeat": self._time, "Authorize": self._fail}

    async def greeted(self) -> None:
        self.greetings.put_nowait("here")

    async def _time(self, payload: Payload) -> Payload:
        return {"currentTime": "2026-03-01T10:00:00Z"}

    async def _fail(self, payload: Payload) -> Payload:
        raise RuntimeError("a mistake of ours")


@pytest.fixture
async def listener() -> AsyncIterator[StationListener]:
    """Return a listener at which CP1, CP/2 and the guarded CP3 may come in."""
    listener = StationListener(
        "ws://127.0.0.1:0/ocpp", clock=SystemClock(), log=structlog.get_logger()
    )
    stations = [Parrot("CP1"), Parrot("CP/2"), Parrot("CP3", HEX_KEY)]
    for each in stations:
        await listener.join(each)
    yield listener
    for each in stations:
        await each.shut()
        await listener.leave(each)


@asynccontextmanager
async def station(
    listener: StationListener, name: str = "CP1", *offered: str, user: str = "", password: str = ""
) -> AsyncIterator[ClientConnection]:
    """Connect as a station."""
    coded = base64.b64encode(f"{user or name}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {coded}"} if password else {}
    protocols = [Subprotocol(each) for each in (offered or ("ocpp1.6",))]
    async with connect(
        listener.url + name, subprotocols=protocols, additional_headers=headers
    ) as socket:
        yield socket


async def ask(socket: ClientConnection, frame: str) -> list[Any]:
    """Send a frame and return what comes back."""
    await socket.send(frame)
    answer: list[Any] = json.loads(await socket.recv())
    return answer


@pytest.mark.parametrize("name", ["CP9", "", "CP1/", "cp1", "CP%2F1", "..%2FCP1", "CP1%00"])
async def test_strangers_get_404(listener: StationListener, name: str) -> None:
    """Whatever is not exactly the identity of a station is nobody."""
    with pytest.raises(InvalidStatus) as refused:
        async with station(listener, name):
            pass
    assert refused.value.response.status_code == 404


async def test_an_identity_is_percent_encoded(listener: StationListener) -> None:
    """A slash in it is no slash of the path."""
    async with station(listener, "CP%2F2") as socket:
        assert (await ask(socket, '[2,"a","Heartbeat",{}]'))[0] == 3


@pytest.mark.parametrize(
    ("user", "password", "status"),
    [("", "", 401), ("", "wrong", 401), ("CP1", HEX_KEY, 401), ("", HEX_KEY, 101)],
)
async def test_a_guarded_station_needs_its_password(
    listener: StationListener, user: str, password: str, status: int
) -> None:
    """Its own, under its own name."""
    if status == 101:
        async with station(listener, "CP3", user=user, password=password) as socket:
            assert (await ask(socket, '[2,"a","Heartbeat",{}]'))[0] == 3
        return
    with pytest.raises(InvalidStatus) as refused:
        async with station(listener, "CP3", user=user, password=password):
            pass
    assert refused.value.response.status_code == status
    assert "WWW-Authenticate" in refused.value.response.headers


def test_a_hexadecimal_key_is_good_in_both_forms() -> None:
    """Stations send its digits or its bytes."""
    assert good_passwords(HEX_KEY) == (HEX_KEY.encode(), bytes.fromhex(HEX_KEY))
    assert good_passwords("pilot") == (b"pilot",)
    assert good_passwords("") == ()


async def test_no_version_in_common(listener: StationListener) -> None:
    """The handshake is completed without a subprotocol, then the connection is closed."""
    async with station(listener, "CP1", "ocpp2.0.1", "mqtt") as socket:
        assert socket.subprotocol is None
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == UNWANTED
    async with station(listener, "CP1", "ocpp2.0.1", "ocpp1.6") as socket:
        assert socket.subprotocol == "ocpp1.6"


@pytest.mark.parametrize(
    ("frame", "message", "code"),
    [
        ("not json", "-1", "FormationViolation"),
        ('[2,"a","Heartbeat"]', "a", "FormationViolation"),
        ('[2,"a","Heartbeat",{"x":1}]', "a", "FormationViolation"),
        ('[2,"a","Dance",{}]', "a", "NotImplemented"),
        ('[2,"a","heartbeat",{}]', "a", "NotImplemented"),
        ('[2,"a","Reset",{"type":"Soft"}]', "a", "NotSupported"),
        ('[2,"a","Authorize",{}]', "a", "OccurenceConstraintViolation"),
        ('[2,"a","Authorize",{"idTag":7}]', "a", "TypeConstraintViolation"),
        (f'[2,"a","Authorize",{{"idTag":"{"x" * 21}"}}]', "a", "PropertyConstraintViolation"),
        ('[2,"a","Authorize",{"idTag":"x"}]', "a", "InternalError"),
        (f'[2,"{"a" * 37}","Heartbeat",{{}}]', "a" * 37, "FormationViolation"),
    ],
)
async def test_wrong_frames_are_answered_and_the_connection_stays(
    listener: StationListener, frame: str, message: str, code: str
) -> None:
    """With the code that the specification names; a heartbeat is answered afterwards."""
    async with station(listener) as socket:
        answer = await ask(socket, frame)
        assert answer[:3] == [4, message, code]
        assert len(answer) == 5
        assert await ask(socket, '[2,"b","Heartbeat",{}]') == [
            3,
            "b",
            {"currentTime": "2026-03-01T10:00:00Z"},
        ]


async def test_a_frame_over_the_limit_ends_the_connection(listener: StationListener) -> None:
    """As WebSocket says; the station may come back at once."""
    async with station(listener) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await ask(socket, '[2,"a","Heartbeat",{}]' + " " * FRAME_SIZE_MAX)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    async with station(listener) as socket:
        assert (await ask(socket, '[2,"a","Heartbeat",{}]' + " " * 100_000))[0] == 3


async def test_the_same_id_again_is_answered_again(listener: StationListener) -> None:
    """A station that repeats itself gets as many answers as it has asked."""
    async with station(listener) as socket:
        for _ in range(3):
            await socket.send('[2,"a","Heartbeat",{}]')
        answers = [json.loads(await socket.recv()) for _ in range(3)]
    assert [answer[:2] for answer in answers] == [[3, "a"]] * 3


async def test_a_second_connection_replaces_the_first(listener: StationListener) -> None:
    """The station whose network broke comes back before its old socket is noticed as dead."""
    async with station(listener) as first, station(listener) as second:
        with pytest.raises(ConnectionClosed) as closed:
            await first.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == REPLACED
        assert (await ask(second, '[2,"a","Heartbeat",{}]'))[0] == 3


async def test_calls_are_answered_one_at_a_time() -> None:
    """Only the answer that was asked for counts; refusals and nonsense are told."""
    listener = StationListener("ws://127.0.0.1:0/", clock=SystemClock(), log=structlog.get_logger())
    parrot = Parrot("CP1")
    await listener.join(parrot)
    with pytest.raises(DriverSilentError, match="not connected"):
        await parrot.call("ClearCache", {})
    async with station(listener) as socket:
        await parrot.greetings.get()
        first, second = (asyncio.create_task(parrot.call("ClearCache", {})) for _ in range(2))
        asked = json.loads(await socket.recv())
        assert asked[:1] + asked[2:] == [2, "ClearCache", {}]
        await socket.send('[3,"unknown",{}]')
        await socket.send('[2,"mine","Heartbeat",{}]')  # a station may ask before it answers
        assert json.loads(await socket.recv())[1] == "mine"
        await socket.send(json.dumps([3, asked[1], {"status": "Accepted"}]))
        assert await first == {"status": "Accepted"}
        asked = json.loads(await socket.recv())
        await socket.send(json.dumps([4, asked[1], "NotSupported", "no cache", {}]))
        with pytest.raises(DriverRefusedError, match="refuses ClearCache: NotSupported no cache"):
            await second
        third = asyncio.create_task(parrot.call("ClearCache", {}))
        asked = json.loads(await socket.recv())
        await socket.send(json.dumps([3, asked[1], {"status": "Perhaps"}]))
        with pytest.raises(DriverRefusedError, match="status breaks enum"):
            await third
        with pytest.raises(DriverSilentError, match=r"did not answer ClearCache within 0.01 s"):
            await parrot.call("ClearCache", {}, within_s=0.01)
        fourth = asyncio.create_task(parrot.call("ClearCache", {}))
        await socket.recv()
        await socket.recv()
    with pytest.raises(DriverSilentError, match="gone"):
        await fourth
    await listener.leave(parrot)


async def test_a_port_in_use_is_said(listener: StationListener) -> None:
    """In one sentence; two stations of one name as well."""
    other = StationListener(listener.url, clock=SystemClock(), log=structlog.get_logger())
    with pytest.raises(EndpointInUseError, match="choose another port"):
        await other.join(Parrot("CP1"))
    with pytest.raises(UnknownDriverError, match="two stations"):
        await listener.join(Parrot("CP1"))
