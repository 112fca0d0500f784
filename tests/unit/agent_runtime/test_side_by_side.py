"""Tasks that live and fail together."""

import asyncio

import pytest

from agent_runtime.side_by_side import side_by_side


async def test_the_block_ends_when_all_are_done() -> None:
    """Nobody is left behind."""
    done = []

    async def work(name: str) -> None:
        await asyncio.sleep(0)
        done.append(name)

    async with side_by_side() as group:
        group.create_task(work("a"))
        group.create_task(work("b"))
    assert sorted(done) == ["a", "b"]


async def test_the_first_failure_is_raised_as_it_is() -> None:
    """Not wrapped, not even from a group within a group; and the others are cancelled."""
    ended = []

    async def fail() -> None:
        async with side_by_side() as group:
            group.create_task(_raise(KeyError("inner")))

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waiting")

    async def live() -> None:
        async with side_by_side() as group:
            group.create_task(wait())
            group.create_task(fail())

    with pytest.raises(KeyError, match="inner"):
        await live()
    assert ended == ["waiting"]


async def test_an_error_of_the_block_ends_the_tasks() -> None:
    """It is raised as it is, too."""
    tasks = []

    async def live() -> None:
        async with side_by_side() as group:
            tasks.append(group.create_task(asyncio.Event().wait()))
            await _raise(KeyError("outer"))

    with pytest.raises(KeyError, match="outer"):
        await live()
    assert [task.cancelled() for task in tasks] == [True]


async def test_cancelling_stays_cancelling() -> None:
    """Who is told to stop stops, and takes its tasks along."""

    async def live() -> None:
        async with side_by_side() as group:
            group.create_task(asyncio.Event().wait())

    life = asyncio.create_task(live())
    await asyncio.sleep(0)
    life.cancel()
    with pytest.raises(asyncio.CancelledError):
        await life


async def _raise(error: Exception) -> None:
    raise error
