"""A seller's desk: strangers, old calls, order, broken devices, and what becomes of the money."""

import asyncio

import msgspec
import pytest

from agent_runtime import Connection, Deal
from agent_runtime.seller_session import READ_FAILURES_MAX
from agent_runtime.selling import BUYER_DIALOGUES_MAX
from charger_agent import DriverFaultedError, DriverSilentError, OutletTakenError
from ledger_core import KeyPair, Kind
from negotiation import (
    Cfp,
    Envelope,
    Needs,
    Reading,
    Service,
    SignVoucher,
    State,
    Stop,
    Terms,
    seal,
    unseal,
)
from tests.market.shopper import CHARGE, Shopper, shopper
from tests.market.shops import Shop, charger, open_shop
from tests.market.town import Town, key_of

STRANGER = KeyPair.from_seed(bytes([77] * 32))


@pytest.fixture
async def town() -> Town:
    """Return a town in which a buyer and a site have accounts."""
    town = Town()
    for name in ("anna", "mill"):
        await town.grant(name)
    return town


def called(town: Town, pair: KeyPair, dialogue: int = 1, *, in_s: float = 10) -> bytes:
    """Return a signed call."""
    envelope = Envelope(
        dialogue=bytes([dialogue] * 16),
        number=0,
        sender=pair.public_key,
        reply_by_us=town.clock.now_us() + int(in_s * 1_000_000),
        body=Cfp(service=Service.CHARGE, needs=CHARGE),
    )
    return seal(pair, envelope)


def dial(anna: Shopper, shop: Shop) -> Connection:
    """Return a bare connection to a shop."""
    return anna.runtime.transport.connect(shop.desk.endpoint, key_of("mill").public_key)


async def answers(town: Town, connection: Connection) -> list[str]:
    """Return what arrives within a moment."""
    heard = []
    try:
        async with town.clock.timeout(0.3):
            while True:
                heard.append(str(unseal(await connection.receive()).body.performative))
    except TimeoutError:
        return heard


async def test_garbage_and_strangers_change_nothing(town: Town) -> None:
    """What is no frame, what begins no dialogue, and who is not in it, is not answered."""

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            connection = dial(anna, shop)
            await connection.send(b"garbage")
            stop = Envelope(
                dialogue=bytes(16),
                number=0,
                sender=STRANGER.public_key,
                reply_by_us=2**62,
                body=Stop(reason=""),
            )
            await connection.send(seal(STRANGER, stop))
            deal = await anna.agree(Service.CHARGE, CHARGE)
            intruding = msgspec.structs.replace(stop, dialogue=deal.memory.dialogue, number=99)
            await connection.send(seal(STRANGER, intruding))
            assert await answers(town, connection) == []
            assert deal.memory.state is State.CONFIRMED
            await deal.withdraw("it was only a test")

    await town.play(story())
    assert len(await town.entries("mill")) == 1


async def test_a_call_that_comes_late_is_not_answered(town: Town) -> None:
    """Nobody waits for it any more."""

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            connection = dial(anna, shop)
            await connection.send(called(town, key_of("anna"), in_s=-1))
            assert await answers(town, connection) == []

    await town.play(story())
    assert await town.entries("mill") == []


async def test_an_old_call_does_not_overwrite_the_books(town: Town) -> None:
    """A call whose dialogue the journal knows is not answered anew, also after a restart."""
    call = called(town, key_of("anna"), in_s=3_600)

    async def story() -> None:
        async with shopper(town) as anna:
            async with open_shop(town, charger()) as shop:
                connection = dial(anna, shop)
                await connection.send(call)
                assert await answers(town, connection) == ["propose"]
                await town.until_idle(shop.desk)
            (before,) = await town.entries("mill")
            async with open_shop(town, charger()) as shop:
                connection = dial(anna, shop)
                await connection.send(call)
                assert await answers(town, connection) == []
                assert await town.entries("mill") == [before]

    await town.play(story())


async def test_one_buyer_can_not_fill_the_desk(town: Town) -> None:
    """Beyond some dialogues its calls are not answered; those of others are."""

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            connection = dial(anna, shop)
            for dialogue in range(BUYER_DIALOGUES_MAX + 5):
                await connection.send(called(town, STRANGER, dialogue))
            assert await answers(town, connection) == ["propose"] * BUYER_DIALOGUES_MAX
            assert set(await anna.offers(Service.CHARGE, CHARGE)) == {"mill"}

    await town.play(story())


async def test_nonsense_is_refused(town: Town) -> None:
    """A call for all the energy of the world ends its dialogue, and nothing else."""

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            assert await anna.offers(Service.CHARGE, Needs(energy_wh=2**63)) == {}
            assert set(await anna.offers(Service.CHARGE, CHARGE)) == {"mill"}

    await town.play(story())
    entries = await town.entries("anna")
    assert {entry.state for entry in entries} == {"refused", "expired"}


async def test_a_stop_does_not_overtake_a_voucher(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a voucher's parents are looked up, what was sent after it waits for its turn."""
    looking = town.ledger.transaction
    slow = asyncio.Event()
    slow.set()

    async def transaction(transaction_id: bytes) -> object:
        await slow.wait()
        return await looking(transaction_id)

    monkeypatch.setattr(town.ledger, "transaction", transaction)

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert await deal.begin(22_000)
            while deal.memory.vouched < 4:
                await town.clock.sleep(0.1)
            session = shop.desk._open[deal.memory.dialogue]
            session._parents._known.clear()
            slow.clear()
            while deal.memory.vouched == session.memory.vouched:
                await town.clock.sleep(0.05)
            vouched = deal.memory.vouched
            await deal.stop("enough")
            await town.clock.sleep(0.2)
            assert (session.memory.state, session.memory.vouched) == (
                State.DELIVERING, vouched - 1
            )  # fmt: skip
            slow.set()
            await town.clock.sleep(0.2)
            assert session.memory.vouched >= vouched
            assert (await deal.result()).state is State.SETTLED

    await town.play(story())
    await town.check_books("anna", "mill")


async def test_a_voucher_with_unknown_parents_ends_the_delivery(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be refused in the end; what was vouched for before is paid."""

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert await deal.begin(22_000)
            while deal.memory.vouched < 4:
                await town.clock.sleep(0.1)
            monkeypatch.setattr(anna.runtime.wallet, "_parents", _strangers)
            memory = await deal.result()
            assert memory.state is State.SETTLED
            assert memory.reason == "the voucher names parents nobody knows"
            assert memory.vouched >= 4
            await town.until_idle(shop.desk)
            assert shop.trade.site.occupancy == 0

    await town.play(story())
    await town.check_books("anna", "mill")


async def _strangers() -> tuple[bytes, bytes]:
    return bytes([1] * 32), bytes([2] * 32)


@pytest.mark.parametrize(
    "error",
    [OutletTakenError("outlet 'left' is taken"), DriverFaultedError("ground failure")],
)
async def test_a_car_that_can_not_be_served_gets_its_money_back_at_once(
    town: Town, error: Exception
) -> None:
    """The seller withdraws and releases the hold, although nothing was ever delivered."""

    async def arrived(_: object) -> None:
        raise error

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            shop.trade.arrived = arrived
            assert await deal.begin(22_000)
            memory = await deal.result()
            assert (memory.state, memory.reason) == (State.RELEASED, str(error))
            await town.until_idle(shop.desk)

    await town.play(story(), limit_s=5)
    assert town.ledger.kinds() == [Kind.HOLD, Kind.RELEASE]
    await town.check_books("anna", "mill")


async def test_a_device_that_does_not_start_costs_nothing(town: Town) -> None:
    """The delivery ends before anything was given, and the hold goes back."""

    async def deliver(_: Terms, demand_w: int) -> None:
        raise DriverSilentError("the outlet does not answer")

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            shop.trade.deliver = deliver
            assert await deal.begin(22_000)
            memory = await deal.result()
            assert (memory.state, memory.paid) == (State.RELEASED, 0)
            assert "the outlet does not answer" in memory.reason

    await town.play(story())
    await town.check_books("anna", "mill")


@pytest.mark.parametrize(
    ("failures", "reason"),
    [
        (READ_FAILURES_MAX - 1, "the agreed energy is delivered"),
        (READ_FAILURES_MAX + 50, "the device does not answer"),
    ],
)
async def test_a_meter_that_fails_for_a_moment_is_read_again(
    town: Town, failures: int, reason: str
) -> None:
    """Only one that stays silent ends the delivery; what was read before is paid."""

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert await deal.begin(22_000)
            while deal.memory.vouched < 4:
                await town.clock.sleep(0.1)
            left, reading = [failures], shop.trade.read

            async def read(terms: Terms) -> Reading:
                left[0] -= 1
                if left[0] >= 0:
                    raise DriverSilentError("the outlet does not answer")
                value: Reading = await reading(terms)
                return value

            shop.trade.read = read
            memory = await deal.result()
            assert (memory.state, memory.reason) == (State.SETTLED, reason)
            assert memory.paid > 0

    await town.play(story())
    await town.check_books("anna", "mill")


async def test_a_place_is_free_even_if_its_device_fails(town: Town) -> None:
    """The dialogue has ended; the failure is logged, and the next car is served."""

    async def free(_: Terms, state: State) -> None:
        raise DriverFaultedError("the barrier does not move")

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            freeing, shop.trade.free = shop.trade.free, free
            await deal.withdraw("it was only a test")
            await town.until_idle(shop.desk)
            await freeing(deal.terms, State.CANCELLED)
            shop.trade.free = freeing
            deal = await anna.agree(Service.CHARGE, CHARGE)
            await deal.withdraw("it was only a test")

    await town.play(story())
    await town.check_books("anna", "mill")


async def test_a_lost_receipt_is_said_again(town: Town) -> None:
    """An ended dialogue still answers who asks."""

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            (deal,) = (await anna.offers(Service.CHARGE, CHARGE)).values()
            await deal.reject("it was only a test")
            await town.until_idle(shop.desk)
            (session,) = shop.desk._ended.values()
            assert session.memory.ended
            await session.take_in(
                unseal(deal.memory.last_frame), deal.memory.last_frame, peer=session.memory.peer
            )

    await town.play(story())


async def test_a_buyer_may_sign_late(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a voucher is missing, nothing more is delivered than a slice; then it goes on."""
    signing = Deal._sign_voucher

    async def sign_slowly(deal: Deal, command: SignVoucher) -> None:
        if command.index == 5:
            await town.clock.sleep(5)
        await signing(deal, command)

    monkeypatch.setattr(Deal, "_sign_voucher", sign_slowly)

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert await deal.begin(22_000)
            memory = await deal.result()
            assert (memory.state, memory.reason) == (
                State.SETTLED, "the agreed energy is delivered"
            )  # fmt: skip
            await town.until_idle(shop.desk)
            (session,) = shop.desk._ended.values()
            assert session.memory.unpaid_max <= deal.terms.slice_amount

    await town.play(story())
    await town.check_books("anna", "mill")
