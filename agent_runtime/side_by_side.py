"""Tasks that live and fail together."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

CANCEL_AGAIN_S = 0.1
"""How long a cancelled task may take before it is cancelled once more. [s]"""


@asynccontextmanager
async def side_by_side() -> AsyncIterator[asyncio.TaskGroup]:
    """Return a group of tasks that has ended when the block has: all done, or all cancelled.

    The first of them that fails ends the others, and its error is raised as it is, not wrapped in
    a group: whoever reads it needs one cause.
    """
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        raise _first(errors) from errors


async def until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Do several things at a time until the first of them ends or fails; the others end with it.

    Unlike a `TaskGroup` it cancels again what has missed its cancellation, see `end_tasks`: for
    work that waits for brokers.

    Args:
        works: What to do.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end_tasks(*tasks)
    for task in done:
        task.result()


async def end_tasks(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until they have ended, however they end.

    Python 3.11's `asyncio.wait_for`, which aiomqtt waits with, swallows a cancellation that comes
    together with its result; so once may not be enough. Whoever is cancelled while it waits here
    still waits until they have ended.

    Args:
        tasks: Who shall end.
    """
    interrupted: asyncio.CancelledError | None = None
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
        except asyncio.CancelledError as error:
            interrupted = error
    for task in tasks:
        if not task.cancelled():
            task.exception()  # whoever wants to know asks the task
    if interrupted is not None:
        raise interrupted


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
