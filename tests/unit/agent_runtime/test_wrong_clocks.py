"""A clock that is wrong by an hour and is set right, with and without a restart between."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent_runtime import AgentSettings, ManualClock, Runtime, settle
from agent_runtime.open_dialogues import open_dialogues
from negotiation import BuyerDialogue, Instant, Memory, Role, Service, State
from negotiation.dialogue import ANSWER_S
from tests.market.town import LEDGER, Town, key_of
from tests.unit.agent_runtime.memory_ledger import NETWORK
from tests.unit.agent_runtime.test_session import Recorder, call

HOUR_US = 3_600 * 1_000_000


class WrongClock(ManualClock):
    """A clock whose time of day may be wrong; its seconds, and so physics, are right."""

    wrong_us = 0
    """How far it is ahead. [µs]"""

    def now_us(self) -> int:
        """Return what it shows. [µs since 1970]"""
        return super().now_us() + self.wrong_us


@pytest.fixture
def clock() -> WrongClock:
    """Return a clock that is an hour ahead."""
    clock = WrongClock(speed=60.0)
    clock.wrong_us = HOUR_US
    return clock


@pytest.fixture
async def runtime(clock: WrongClock) -> AsyncIterator[Runtime]:
    """Return the ports of a buyer with that clock."""
    town = Town()
    town.clock = town.ledger.clock = clock
    settings = AgentSettings(name="anna", network="town", key_file="unused", ledger=LEDGER)
    async with town.runtime(settings, "vehicle") as runtime:
        yield runtime


def recorder(runtime: Runtime, memory: Memory | None = None) -> Recorder:
    """Return a session that has said nothing yet, or goes on from a memory."""
    memory = memory or Memory(
        role=Role.BUYER,
        dialogue=bytes([1] * 16),
        partner=key_of("mill").public_key,
        service=Service.CHARGE,
        network=NETWORK,
    )
    return Recorder(runtime, BuyerDialogue(runtime.key_pair, memory))


async def died(session: Recorder) -> None:
    """Let a session call its seller, and let its process die."""
    running = asyncio.create_task(session.run(lambda now: call(session, now)))
    await settle()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_deadline_is_not_put_off_when_the_clock_is_set_right(
    runtime: Runtime, clock: WrongClock
) -> None:
    """What was to wait for seconds by the wrong clock waits for seconds by the right one."""
    session = recorder(runtime)
    running = asyncio.create_task(session.run(lambda now: call(session, now)))
    await settle()
    clock.wrong_us = 0
    await clock.advance(ANSWER_S + 1)
    await running
    assert session.memory.state is State.EXPIRED


async def test_nor_across_a_restart(runtime: Runtime, clock: WrongClock) -> None:
    """The journal says when it was written: by that, a deadline comes as soon as it was to come."""
    await died(recorder(runtime))
    clock.wrong_us = 0
    ((memory, _),) = await open_dialogues(runtime, Role.BUYER)
    assert memory.deadline_us == clock.now_us() + ANSWER_S * 1_000_000
    session = recorder(runtime, memory)
    running = asyncio.create_task(session.run(session._dialogue.resume))
    await clock.advance(ANSWER_S + 1)
    await running
    assert session.memory.state is State.EXPIRED


async def test_a_clock_that_was_right_changes_nothing(runtime: Runtime, clock: WrongClock) -> None:
    """Time that has passed while the process was away has passed, no more and no less."""
    session = recorder(runtime)
    await died(session)
    await clock.advance(3)
    ((memory, _),) = await open_dialogues(runtime, Role.BUYER)
    assert memory == session.memory


async def test_a_clock_that_was_behind_ends_what_is_over(
    runtime: Runtime, clock: WrongClock
) -> None:
    """Set forward across a restart, a deadline has passed, and nothing waits for it."""
    clock.wrong_us = -HOUR_US
    await died(recorder(runtime))
    clock.wrong_us = 0
    ((memory, _),) = await open_dialogues(runtime, Role.BUYER)
    session = recorder(runtime, memory)
    await asyncio.wait_for(session.run(session._dialogue.resume), timeout=5)
    assert session.memory.state is State.EXPIRED


async def test_no_deadline_becomes_never(runtime: Runtime, clock: WrongClock) -> None:
    """A dialogue that waits for nothing goes on doing so."""
    session = recorder(runtime)
    await died(session)
    memory = session.memory
    memory.deadline_us = memory.resend_at_us = 0
    await runtime.journal.save(session.books.entry(memory, clock.now_us()))
    clock.wrong_us = 0
    ((again, _),) = await open_dialogues(runtime, Role.BUYER)
    assert (again.deadline_us, again.resend_at_us) == (0, 0)
    assert BuyerDialogue(runtime.key_pair, again).woken(Instant(clock.now_us(), 0.0)) == []
