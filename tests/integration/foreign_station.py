"""A station that nobody here wrote: the npm package `ocpp-rpc` in strict mode, as a process.

What it says comes as JSON lines; it is told what to do the same way. See `tests/foreign`.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.conftest import ON_CI
from tests.integration.servers import PATIENCE_S

FOLDER = Path(__file__).parent.parent / "foreign"
"""Where it stands."""

Json = dict[str, Any]


@dataclass
class ForeignStation:
    """A station of another make."""

    process: asyncio.subprocess.Process
    happened: list[Json] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, what: str, **more: object) -> None:
        """Let something happen to it: `plug`, `unplug`, `cut`, `join`, `lose`."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": what, **more}).encode() + b"\n")

    def all(self, event: str, **more: object) -> list[Json]:
        """Return all that has happened of one kind."""
        asked = {"event": event, **more}
        return [each for each in self.happened if asked.items() <= each.items()]

    async def until(self, event: str, **more: object) -> Json:
        """Wait until something has happened, and return the first of it."""
        await self.until_true(lambda: bool(self.all(event, **more)), f"{event} {more}")
        return self.all(event, **more)[0]

    async def until_true(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds; look at each news."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not holds():
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            pytest.fail(f"{what} did not come; all that did: {self.happened[-20:]}")

    async def listen(self) -> None:
        """Take its lines."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.happened.append(json.loads(line))
            self.news.set()

    @property
    def violations(self) -> list[Json]:
        """What it was told that the schemas do not allow."""
        return self.all("violation")


@asynccontextmanager
async def foreign_station(
    url: str, *, protocol: str, speed: float, name: str = "CP1", password: str = ""
) -> AsyncIterator[ForeignStation]:
    """Run it for the length of a block; at its end nothing that it heard was against the schemas.

    Where node or the package is missing the test is skipped, and on CI it fails.
    """
    process = await asyncio.create_subprocess_exec(
        _node(), FOLDER / "station.mjs", url, name, protocol, str(speed), *filter(None, [password]),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    station = ForeignStation(process)
    listening = asyncio.create_task(station.listen())
    try:
        yield station
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await listening
    assert station.violations == []


def _node() -> str:
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "ocpp-rpc").is_dir():
        complain: Callable[[str], NoReturn] = pytest.fail if ON_CI else pytest.skip
        complain(
            "the station of another make is missing: install node (18 or newer) and npm,"
            f" then run npm ci in {FOLDER}"
        )
    return node
