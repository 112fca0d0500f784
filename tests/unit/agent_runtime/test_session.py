"""One dialogue, kept alive: steps in order, a journal before every word, errors that end it."""

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Iterable

import msgspec
import pytest

from agent_runtime import AgentSettings, JournalDamagedError, MemoryJournal, Runtime, settle
from agent_runtime.open_dialogues import open_dialogues
from agent_runtime.session import INBOX_LENGTH_MAX, MESSAGES_MAX, Session
from charger_agent.devices import DevicePorts
from charger_agent.trade import ChargingTrade
from negotiation import (
    BuyerDialogue,
    Command,
    DamagedMemoryError,
    Envelope,
    Instant,
    Memory,
    Needs,
    Offered,
    Propose,
    Refuse,
    Role,
    Service,
    State,
    seal,
    unseal,
)
from tests.market.dialogues import agreed, call_of, memory_of
from tests.market.shops import charger
from tests.market.town import LEDGER, Town, key_of
from tests.unit.agent_runtime.memory_ledger import NETWORK

SELLER = key_of("mill")


class Recorder(Session):
    """A session that writes down what it does, and what the journal knew at that time."""

    def __init__(self, runtime: Runtime, dialogue: BuyerDialogue) -> None:
        super().__init__(runtime, dialogue)
        self.journal = runtime.journal
        self.frames: list[bytes] = []
        self.known: list[int] = []
        self.commands: list[Command] = []
        self.standing: list[Coroutine[object, object, None]] = []

    def standing_errands(self) -> Iterable[Coroutine[object, object, None]]:
        """Return what the test wants to go on."""
        return self.standing

    async def send(self, frame: bytes) -> None:
        """Write a frame down."""
        self.frames.append(frame)
        said = await self.journal.messages(self.memory.dialogue.hex())
        self.known.append(len(said))

    async def carry_out(self, command: Command) -> None:
        """Write a command down."""
        self.commands.append(command)


@pytest.fixture
async def town() -> Town:
    """Return a town."""
    return Town()


@pytest.fixture
async def runtime(town: Town) -> AsyncIterator[Runtime]:
    """Return the ports of a buyer."""
    settings = AgentSettings(name="anna", network="town", key_file="unused", ledger=LEDGER)
    async with town.runtime(settings, "vehicle") as runtime:
        yield runtime


@pytest.fixture
async def session(runtime: Runtime) -> Recorder:
    """Return a session that has said nothing yet."""
    memory = Memory(
        role=Role.BUYER,
        dialogue=bytes([1] * 16),
        partner=SELLER.public_key,
        service=Service.CHARGE,
        network=NETWORK,
    )
    return Recorder(runtime, BuyerDialogue(runtime.key_pair, memory))


def call(session: Recorder, now: Instant) -> list[Command]:
    """Call the seller."""
    assert isinstance(session._dialogue, BuyerDialogue)
    return session._dialogue.call(Needs(energy_wh=1_000), now)


def refusal(session: Recorder, number: int = 0) -> tuple[Envelope, bytes]:
    """Return the seller's word that ends the dialogue."""
    envelope = Envelope(
        dialogue=session.memory.dialogue,
        number=number,
        sender=SELLER.public_key,
        reply_by_us=2**62,
        body=Refuse(reason="all outlets are taken"),
    )
    return envelope, seal(SELLER, envelope)


async def test_a_word_is_written_down_before_it_is_said(town: Town, session: Recorder) -> None:
    """When the frame leaves, the journal has it; what was heard is evidence, too."""
    running = asyncio.create_task(session.run(lambda now: call(session, now)))
    await settle()
    assert [unseal(frame).body.performative for frame in session.frames] == ["cfp"]
    assert session.known == [1]
    session.hear(*refusal(session))
    await running
    assert session.memory.state is State.REFUSED
    said = await session.journal.messages(session.memory.dialogue.hex())
    assert [(each.way, each.performative) for each in said] == [
        ("sent", "cfp"), ("heard", "refuse")
    ]  # fmt: skip


async def test_readings_alone_are_kept_once_a_second(town: Town, session: Recorder) -> None:
    """A disk is not synced for each reading; whatever else happens keeps them as well."""
    running = asyncio.create_task(session.run(lambda now: call(session, now)))
    await settle()

    def read(now: Instant) -> list[Command]:
        session.memory.delivered += 1
        session.memory.resend_at_us = 0
        return session.measured([])

    async def kept() -> int:
        [entry] = await session.journal.sessions()
        return Memory.decode(entry.snapshot).delivered

    assert await session.do(read)
    assert await kept() == 0
    await town.clock.advance(1.1)
    assert await session.do(read)
    assert await kept() == 2
    assert await session.do(read)
    assert await session.do(lambda _: [])
    assert await kept() == 3
    assert await session.do(read)
    session.hear(*refusal(session))
    await running
    assert await kept() == 4


async def test_a_repetition_is_sent_but_not_kept_again(town: Town, session: Recorder) -> None:
    """Until an answer comes, the call is repeated; the journal has it once."""
    running = asyncio.create_task(session.run(lambda now: call(session, now)))
    await settle()
    await town.clock.advance(1.6)
    assert len(session.frames) == 4
    assert len(set(session.frames)) == 1
    assert len(await session.journal.messages(session.memory.dialogue.hex())) == 1
    await town.clock.advance(10)
    await running
    assert session.memory.state is State.EXPIRED


async def test_a_deadline_is_not_put_off_by_a_partner_that_talks(
    town: Town, session: Recorder
) -> None:
    """However much arrives, the time of a state is over when it is over."""
    running = asyncio.create_task(session.run(lambda now: call(session, now)))
    await settle()
    for _ in range(30):
        for _ in range(50):
            session.post(lambda now: [])
        await town.clock.advance(0.5)
    await running
    assert session.memory.state is State.EXPIRED


async def test_a_move_that_is_not_allowed_changes_nothing(session: Recorder) -> None:
    """Who asked for it is told so, and the dialogue goes on."""
    running = asyncio.create_task(session.run())
    assert isinstance(session._dialogue, BuyerDialogue)
    assert not await session.do(session._dialogue.accept)
    assert session.memory.state is State.NEW
    assert await session.do(lambda now: call(session, now))
    session.hear(*refusal(session))
    await running
    assert not await session.do(session._dialogue.accept)


async def test_a_step_that_fails_ends_the_session_with_that_error(session: Recorder) -> None:
    """And nobody waits for it for ever."""
    running = asyncio.create_task(session.run())

    def fail(now: Instant) -> list[Command]:
        raise KeyError("a mistake")

    asked = [asyncio.create_task(session.do(fail)) for _ in range(3)]
    assert await asyncio.gather(*asked) == [False] * 3
    with pytest.raises(KeyError, match="a mistake"):
        await running


async def test_an_errand_that_fails_ends_the_session_with_that_error(session: Recorder) -> None:
    """Its failure is not swallowed, and the dialogue does not wait for its result."""

    async def fail() -> None:
        raise KeyError("a mistake")

    session.standing.append(fail())
    with pytest.raises(KeyError, match="a mistake"):
        await session.run()


class DamagedJournal(MemoryJournal):
    """A journal on a disk that has lost it."""

    async def save(self, *arguments: object, **named: object) -> None:
        """Find out."""
        raise JournalDamagedError("journal.db: the journal is damaged")


async def test_nothing_is_said_that_can_not_be_written_down(runtime: Runtime, town: Town) -> None:
    """A journal that fails ends the session before the first word."""
    town.journals["berta"] = DamagedJournal()
    settings = AgentSettings(name="berta", network="town", key_file="unused", ledger=LEDGER)
    async with town.runtime(settings, "vehicle") as broken:
        memory = Memory(
            role=Role.BUYER,
            dialogue=bytes(16),
            partner=SELLER.public_key,
            service=Service.CHARGE,
            network=NETWORK,
        )
        session = Recorder(broken, BuyerDialogue(broken.key_pair, memory))
        with pytest.raises(JournalDamagedError):
            await session.run(lambda now: call(session, now))
        assert session.frames == []


async def test_endless_errands_end_with_the_dialogue(session: Recorder) -> None:
    """Others are waited for."""
    done = []

    async def work() -> None:
        await settle()
        done.append("work")

    async def wait() -> None:
        await asyncio.Event().wait()

    session.standing.append(wait())
    running = asyncio.create_task(session.run(lambda now: call(session, now)))
    await settle()
    session.errand(work())
    session.hear(*refusal(session))
    await running
    assert done == ["work"]


@pytest.mark.parametrize("number", [-1, MESSAGES_MAX, 2**64 - 1])
async def test_numbers_that_nobody_counts_to_are_not_listened_to(
    session: Recorder, number: int
) -> None:
    """The journal could not keep them."""
    envelope, frame = refusal(session)
    session.hear(msgspec.structs.replace(envelope, number=number), frame)
    assert session._inbox.empty()


async def test_a_flood_is_not_listened_to(session: Recorder) -> None:
    """The partner's messages are dropped, our own steps are not."""
    for _ in range(INBOX_LENGTH_MAX + 10):
        session.hear(*refusal(session))
    assert session._inbox.qsize() == INBOX_LENGTH_MAX
    session.post(lambda now: [])
    assert session._inbox.qsize() == INBOX_LENGTH_MAX + 1


async def test_commands_are_carried_out_in_order(town: Town, session: Recorder) -> None:
    """An offer reaches the policy."""
    running = asyncio.create_task(session.run(lambda now: call(session, now)))
    await settle()
    offer = memory_of(Service.CHARGE, Needs(energy_wh=1_000))
    offer.dialogue, offer.partner = session.memory.dialogue, key_of("anna").public_key
    account = SELLER.public_key
    ports = DevicePorts(clock=town.clock, random=random.Random(1))
    trade = ChargingTrade(charger(), ports, account=account)
    terms = agreed(offer, trade.quote(offer, call_of(offer), None))
    envelope = Envelope(
        dialogue=session.memory.dialogue,
        number=0,
        sender=SELLER.public_key,
        reply_by_us=2**62,
        body=Propose(terms=terms),
    )
    session.hear(envelope, seal(SELLER, envelope))
    await settle()
    assert session.commands == [Offered(terms=terms)]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_open_dialogues_are_those_of_the_role(runtime: Runtime, session: Recorder) -> None:
    """A dialogue that has not ended is found again, with its books."""
    running = asyncio.create_task(session.run(lambda now: call(session, now)))
    await settle()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    ((memory, books),) = await open_dialogues(runtime, Role.BUYER)
    assert (memory, books.opened_at_us) == (session.memory, session.books.opened_at_us)
    assert await open_dialogues(runtime, Role.SELLER) == []


async def test_a_damaged_memory_is_not_gone_on_with(runtime: Runtime, session: Recorder) -> None:
    """It is an error that says what to do."""
    entry = session.books.entry(session.memory, 1)
    await runtime.journal.save(msgspec.structs.replace(entry, snapshot=b"\xc1"))
    with pytest.raises(DamagedMemoryError):
        await open_dialogues(runtime, Role.BUYER)
