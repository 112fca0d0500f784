"""A stranger that meddles: it injects, replays and mutates frames on every socket that it finds.

It reads the broker like everybody, dials every seller, asks the node like everybody, and in a
simulation has read everybody's journal: it knows each frame that was ever sent. What it lacks are
other people's keys. So nobody is to lose anything by it, nor to fall over; a dialogue that it
disturbs still ends in its own way.
"""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import numpy as np

from agent_runtime import (
    Connection,
    EndpointError,
    Runtime,
    TopicKind,
    run_agents,
    subscription,
)
from ledger_core import (
    ID_SIZE,
    RECORD_SIZE,
    TanglewayError,
    parse_records,
)
from negotiation import (
    DIALOGUE_SIZE,
    FRAME_SIZE_MAX,
    Body,
    Cancel,
    Cfp,
    Envelope,
    Failure,
    FrameError,
    Needs,
    Reject,
    Service,
    Start,
    Stop,
    Voucher,
    seal,
    unseal,
)
from scenarios.behaviours import StrangerSettings

ROLES = ("charger", "car_park", "toll", "vehicle")
"""Whose topics it reads and writes on."""

SEEK_S = 1.0
"""How long it looks for sellers of a role. [real s]"""

HEARD_MAX = 500
"""Frames and payloads of others that it keeps for later."""

PATIENCE_US = 10_000_000
"""How long its own messages ask to be answered. [µs]"""

GARBAGE_SIZE_MAX = FRAME_SIZE_MAX + 100
"""Its longest frame: some are too long. [bytes]"""

NOBODY = "tcp://127.0.0.1:9"
"""Where nobody listens: it takes no calls itself."""

REASON = "so says a stranger"


async def nothing_overheard() -> Sequence[bytes]:
    """Know nothing of what others say."""
    return ()


class Meddles:
    """The stranger.

    Args:
        settings: How much it meddles.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: StrangerSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._chance = runtime.random
        self._own = runtime.key_pair
        self._connections: list[tuple[Connection, Service]] = []
        self._said: list[tuple[str, bytes]] = []
        self._frames: list[bytes] = []
        self.overheard: Callable[[], Awaitable[Sequence[bytes]]] = nothing_overheard
        """Returns frames that others have sent each other, where it can read them."""

    async def run(self) -> None:
        """Meddle for as long as the settings say."""
        clock = self._runtime.clock
        await clock.sleep_story(-clock.story_s())
        until_us = clock.now_us() + int(self._settings.lasts_s * 1_000_000)
        link = self._runtime.discovery._link  # noqa: SLF001 (a stranger takes what is there)
        for role in ROLES:
            for kind in TopicKind:
                link.listen(subscription(self._settings.network, kind, role=role), self._hear)
        async with contextlib.AsyncExitStack() as stack:
            await self._dial(stack)
            while clock.now_us() < until_us:
                await self._chance.choice(ACTS)(self)
                await clock.sleep(1 / self._settings.rate_hz)

    def _hear(self, topic: str, payload: bytes) -> None:
        """Keep what was said on the broker."""
        if len(self._said) < HEARD_MAX:
            self._said.append((topic, payload))

    async def _dial(self, stack: contextlib.AsyncExitStack) -> None:
        """Connect with every seller, and read along what comes back."""
        for role in ROLES:
            for advert in await self._runtime.discovery.find(role, within_s=SEEK_S):
                with contextlib.suppress(EndpointError):
                    to = self._runtime.transport.connect(advert.endpoint, advert.public_key)
                    stack.push_async_callback(to.close)
                    self._connections.append((to, Service(advert.services[0])))
                    reading = asyncio.create_task(self._read(to))
                    stack.callback(reading.cancel)

    async def _read(self, connection: Connection) -> None:
        while True:
            frame = await connection.receive()
            if len(self._frames) < HEARD_MAX:
                self._frames.append(frame)

    async def inject(self) -> None:
        """Send bytes that mean nothing."""
        await self._send(self._chance.randbytes(self._chance.randrange(GARBAGE_SIZE_MAX)))

    async def call(self) -> None:
        """Ask for an offer, and never take it."""
        await self._send(self._sealed(self._call_body(), self._chance.randbytes(DIALOGUE_SIZE)))

    async def mutate(self) -> None:
        """Send a frame with some bytes changed: one of its own, or one that it knows."""
        frame = await self._some_frame()
        await self._send(self._spoilt(frame))

    async def replay(self) -> None:
        """Send somebody's frame again, to its addressee or to anybody."""
        await self._send(await self._some_frame())

    async def interfere(self) -> None:
        """Say something in a dialogue of others, under its own name or, unsigned, under theirs."""
        try:
            known = unseal(await self._some_frame())
        except FrameError:
            return
        body = self._interfering_body()
        if self._chance.random() < 0.5:
            frame = self._sealed(body, known.dialogue, number=known.number + 1)
        else:
            false = msgspec.structs.replace(known, number=known.number + 1, body=body)
            frame = self._chance.randbytes(64) + msgspec.msgpack.encode(false)
        await self._send(frame)

    async def gossip(self) -> None:
        """Say on the broker what others have said, spoilt or as it was, under their names."""
        if not self._said:
            return
        topic, payload = self._chance.choice(self._said)
        other, _ = self._chance.choice(self._said)
        said = self._chance.choice((payload, self._spoilt(payload), self._chance.randbytes(300)))
        to = self._chance.choice((topic, other))
        if said:  # An empty one would only hide somebody until it says that it is there again.
            self._runtime.discovery._link.tell(to, said)  # noqa: SLF001

    async def pretend(self) -> None:
        """Show somebody's advert as its own, under that name and with its own good signature."""
        adverts = [each for each in self._said if each[0].endswith(TopicKind.ADVERT) and each[1]]
        if not adverts:
            return
        topic, payload = self._chance.choice(adverts)
        try:
            text = msgspec.json.decode(msgspec.json.decode(payload)["advert"])
        except (msgspec.DecodeError, UnicodeDecodeError, TypeError, KeyError):
            return  # It was gossip.
        own = self._own.public_key.hex()
        words = msgspec.json.encode(text | {"public_key": own, "endpoint": NOBODY})
        signed = {"advert": words.decode(), "key": own, "signature": self._own.sign(words).hex()}
        self._runtime.discovery._link.tell(topic, msgspec.json.encode(signed))  # noqa: SLF001

    async def submit(self) -> None:
        """Hand records in that are spoilt, old, or nothing at all."""
        ledger = self._runtime.ledger
        with contextlib.suppress(TanglewayError):
            tip, _ = await ledger.tips()
            found = await ledger.transaction(tip)
            record = self._chance.randbytes(RECORD_SIZE)
            if found is not None and self._chance.random() < 0.8:
                record = found.record.tobytes()
                if self._chance.random() < 0.7:
                    record = self._spoilt(record)
            whole = record[:RECORD_SIZE].ljust(RECORD_SIZE, b"\0")
            await ledger.submit(np.ascontiguousarray(parse_records(whole)))

    async def ask(self) -> None:
        """Ask the node about what is not there."""
        ledger = self._runtime.ledger
        with contextlib.suppress(TanglewayError):
            await ledger.hold(self._chance.randbytes(ID_SIZE))
            await ledger.transaction(self._chance.randbytes(ID_SIZE))
            await ledger.account(self._chance.randbytes(ID_SIZE))

    async def _send(self, frame: bytes) -> None:
        if self._connections:
            connection, _ = self._chance.choice(self._connections)
            await connection.send(frame)

    async def _some_frame(self) -> bytes:
        known = [*self._frames, *await self.overheard()]
        if not known or self._chance.random() < 0.1:
            return self._sealed(self._call_body(), self._chance.randbytes(DIALOGUE_SIZE))
        return self._chance.choice(known)

    def _call_body(self) -> Cfp:
        needs = Needs(energy_wh=1_000, power_w_max=11_000, time_s=600, vehicle_class="car")
        return Cfp(service=self._chance.choice(list(Service)), needs=needs)

    def _interfering_body(self) -> Body:
        chance = self._chance
        return chance.choice(
            (
                Stop(reason=REASON),
                Cancel(reason=REASON, hold=chance.randbytes(ID_SIZE)),
                Failure(reason=REASON),
                Reject(reason=REASON),
                Start(hold=chance.randbytes(ID_SIZE), demand_w=10**6),
                Voucher(index=chance.randrange(5), record=chance.randbytes(RECORD_SIZE)),
            )
        )

    def _sealed(self, body: Body, dialogue: bytes, *, number: int = 0) -> bytes:
        return seal(
            self._own,
            Envelope(
                dialogue=dialogue,
                number=number,
                sender=self._own.public_key,
                reply_by_us=self._runtime.clock.now_us() + PATIENCE_US,
                body=body,
            ),
        )

    def _spoilt(self, content: bytes) -> bytes:
        """Return bytes with some of them changed, or cut short, or longer."""
        spoilt = bytearray(content or b"{}")
        for _ in range(self._chance.randrange(1, 4)):
            spoilt[self._chance.randrange(len(spoilt))] = self._chance.randrange(256)
        match self._chance.randrange(4):
            case 0:
                del spoilt[self._chance.randrange(len(spoilt)) :]
            case 1:
                spoilt += self._chance.randbytes(self._chance.randrange(1, 20))
        return bytes(spoilt)


ACTS: tuple[Callable[[Meddles], Awaitable[None]], ...] = (
    Meddles.inject,
    Meddles.call,
    Meddles.mutate,
    Meddles.replay,
    Meddles.interfere,
    Meddles.gossip,
    Meddles.pretend,
    Meddles.submit,
    Meddles.ask,
)
"""What it does, each as often as any other."""

ACTOR = Meddles

if __name__ == "__main__":
    sys.exit(run_agents(None, StrangerSettings, ACTOR, role="stranger"))
