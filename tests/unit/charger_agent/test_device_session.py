"""What devices are told of sessions, and what becomes of outlets whose devices vanish."""

import asyncio
import random
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from agent_runtime import DeliveryOverError, ManualClock, find_driver, settle
from charger_agent import (
    Capability,
    ChargerDriver,
    DriverImplausibleError,
    DriverSetup,
    DriverSilentError,
    OutletSettings,
    SessionCost,
    SignedValue,
    StopReason,
    session_token,
)
from charger_agent.devices import DevicePorts
from charger_agent.drivers import loading
from charger_agent.drivers.simulated import SimulatedCharger
from charger_agent.outlet_watch import WATCH_S
from charger_agent.trade import ChargingTrade
from negotiation import Bill, Chunk, Memory, Needs, Reading, Service, State, Terms
from tests.market.dialogues import agreed, call_of, memory_of
from tests.market.shops import charger

OCMF = SignedValue(format="OCMF", data="OCMF|{}|{}")


class Talker(SimulatedCharger):
    """A device that keeps sessions, and notes what it is told; it can be away."""

    capabilities: ClassVar[frozenset[Capability]] = frozenset(  # type: ignore[misc]
        {
            Capability.SESSION,
            Capability.RESERVATION,
            Capability.COST,
            Capability.SIGNED_METER,
            Capability.LOCK,
        }
    )
    made: ClassVar[list["Talker"]] = []

    def __init__(self, setup: DriverSetup) -> None:
        super().__init__(setup)
        self.told: list[Any] = []
        self.is_away = False
        self.stopped: StopReason | None = None
        self.lies = False
        Talker.made.append(self)

    async def open(self) -> None:
        self._check()
        await super().open()

    async def status(self) -> Any:  # noqa: ANN401
        self._check()
        found = await super().status()
        return type(found)(
            connection=found.connection,
            enabled=found.enabled,
            limit_w=found.limit_w,
            stopped=self.stopped,
        )

    async def meter(self) -> Any:  # noqa: ANN401
        if self.lies:
            raise DriverImplausibleError("the meter fell")
        return await super().meter()

    async def begin(self, token: str) -> None:
        self.plug_in(22_000)
        self.told.append(("begin", token))

    async def finish(self, reason: StopReason) -> None:
        await self.enable(False)
        self.told.append(("finish", reason))

    async def reserve(self, token: str, for_s: float) -> None:
        self.told.append(("reserve", token, round(for_s)))
        raise DriverSilentError("it has no reservations today")

    async def cancel_reservation(self) -> None:
        self.told.append("cancel")

    async def show_cost(self, cost: SessionCost) -> None:
        self.told.append(cost)

    async def signed_values(self) -> tuple[SignedValue, ...]:
        return (OCMF,)

    async def lock(self, on: bool) -> None:
        self.told.append(("lock", on))

    def _check(self) -> None:
        if self.is_away:
            raise DriverSilentError("it is away")


class Rig:
    """A site with one such outlet."""

    def __init__(self) -> None:
        self.clock = ManualClock(speed=60.0)
        outlet = OutletSettings(name="left", driver=f"{__name__}:Talker")
        self.trade = ChargingTrade(
            charger("mill", outlets=(outlet,)),
            DevicePorts(clock=self.clock, random=random.Random(1)),
            account=bytes(32),
        )
        self.device = Talker.made[-1]

    def agree(self) -> tuple[Memory, Terms]:
        """Return a dialogue whose outlet is kept."""
        memory = memory_of(Service.CHARGE, Needs(energy_wh=10_000, power_w_max=22_000), 1)
        terms = agreed(memory, self.trade.quote(memory, call_of(memory), None))
        memory.terms = terms
        assert self.trade.reserve(terms) == ""
        return memory, terms


@pytest.fixture
async def rig(monkeypatch: pytest.MonkeyPatch) -> Rig:
    """Return an open site."""
    load: Callable[..., type[ChargerDriver] | str] = find_driver
    monkeypatch.setattr(
        loading,
        "find_driver",
        lambda name, **more: Talker if "Talker" in name else load(name, **more),
    )
    rig = Rig()
    await rig.trade.open()
    return rig


async def test_a_session_is_told_from_its_reservation_to_its_end(rig: Rig) -> None:
    """With one token, the reason of its end, and what the meter has signed."""
    memory, terms = rig.agree()
    await settle()
    token = session_token(memory.dialogue)
    assert rig.device.told == [("reserve", token, round(rig.trade.site.outlets["left"].until_s))]
    await rig.trade.arrived(memory)
    await rig.trade.deliver(terms, 22_000)
    await rig.trade.pause(terms)
    await rig.trade.deliver(terms, 22_000)
    await rig.trade.end(terms, StopReason.ENERGY)
    assert rig.device.told[1:] == [
        ("begin", token),
        ("lock", True),
        ("finish", StopReason.ENERGY),
        ("lock", False),
    ]
    assert await rig.trade.signed(terms) == (OCMF,)
    await rig.trade.free(terms, State.SETTLED)
    assert "cancel" not in rig.device.told


async def test_a_car_that_does_not_come_frees_the_device(rig: Rig) -> None:
    """Its reservation is cancelled."""
    _, terms = rig.agree()
    await settle()
    await rig.trade.free(terms, State.NO_SHOW)
    assert rig.device.told[-1] == "cancel"


async def test_the_cost_is_that_of_the_signed_bill(rig: Rig) -> None:
    """Piece by piece, and final once the dialogue has ended."""
    memory, _ = rig.agree()
    pieces = [Reading(at_us=at_us, energy_wh=at_us) for at_us in (0, 100, 300)]
    chunks = (
        Chunk(start=pieces[0], end=pieces[1], cost=40),
        Chunk(start=pieces[1], end=pieces[2], cost=80),
    )
    memory.bill, memory.vouched = Bill(chunks=chunks), 1
    await rig.trade.show(memory)
    running = rig.device.told[-1]
    assert (running.status, running.total, len(running.chunks)) == ("running", 40, 1)
    memory.vouched, memory.state = 2, State.SETTLED
    await rig.trade.show(memory)
    final = rig.device.told[-1]
    assert (final.status, final.total) == ("finished", 120)
    assert (final.chunks[1].from_wh, final.chunks[1].until_wh) == (100, 300)


@pytest.mark.parametrize("why", [StopReason.LOCAL, StopReason.EMERGENCY, StopReason.CABLE])
async def test_a_device_that_ends_by_itself_ends_the_delivery(rig: Rig, why: StopReason) -> None:
    """With its reason."""
    memory, terms = rig.agree()
    await rig.trade.arrived(memory)
    await rig.trade.deliver(terms, 22_000)
    await rig.trade.read(terms)
    rig.device.stopped = why
    with pytest.raises(DeliveryOverError) as over:
        await rig.trade.read(terms)
    assert over.value.why is why


async def test_a_meter_that_lies_ends_the_delivery(rig: Rig) -> None:
    """Nothing is billed that can not be, and the reason is told."""
    memory, terms = rig.agree()
    await rig.trade.arrived(memory)
    await rig.trade.deliver(terms, 22_000)
    await rig.trade.read(terms)
    rig.device.lies = True
    with pytest.raises(DeliveryOverError, match="fell") as over:
        await rig.trade.read(terms)
    assert over.value.why is StopReason.METER


async def test_a_device_that_vanishes_comes_back_into_service(rig: Rig) -> None:
    """Nobody is offered its outlet meanwhile, and nobody has to do anything."""
    memory = memory_of(Service.CHARGE, Needs(energy_wh=10_000), 2)
    watching = asyncio.create_task(rig.trade.watch())
    for is_away in (True, False, True, False):
        rig.device.is_away = is_away
        await settle()
        await rig.clock.advance(WATCH_S)
        offer = rig.trade.quote(memory, call_of(memory), None)
        assert isinstance(offer, str) is is_away, offer
    watching.cancel()


async def test_a_device_that_was_not_there_at_the_start_is_opened_later(
    monkeypatch: pytest.MonkeyPatch, rig: Rig
) -> None:
    """The site opens without it."""
    late = Rig()
    late.device.is_away = True
    await late.trade.open()
    memory = memory_of(Service.CHARGE, Needs(energy_wh=10_000), 2)
    assert isinstance(late.trade.quote(memory, call_of(memory), None), str)
    watching = asyncio.create_task(late.trade.watch())
    await settle()
    late.device.is_away = False
    await late.clock.advance(WATCH_S)
    assert isinstance(late.trade.quote(memory, call_of(memory), None), Terms)
    watching.cancel()


def test_tokens_differ() -> None:
    """Twenty characters, the same for a dialogue each time, without case."""
    tokens = {session_token(number.to_bytes(16, "big")) for number in range(500)}
    assert len({token.casefold() for token in tokens}) == 500
    assert {len(token) for token in tokens} == {20}
    assert session_token(bytes(16)) == session_token(bytes(16))
