"""The processes of a run: started in turn, restarted when they die, stopped when it is over."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scenarios import supervisor as module
from scenarios.child import Part
from scenarios.errors import ProcessFailedError
from scenarios.happenings import (
    AlarmRaised,
    Happening,
    ProcessDied,
    ProcessEnded,
    ProcessReady,
    ProcessRestarts,
)
from scenarios.supervisor import Supervisor

SAYS_READY = 'import signal, sys\nprint(\'{"event": "ready"}\', flush=True)\n'
"""Python that is ready at once."""

SERVES = SAYS_READY + "signal.pause()\n"
"""Python that serves until it is told to stop."""


class Told:
    """Collects what a run tells, and lets a test wait for it."""

    def __init__(self) -> None:
        self.happenings: list[Happening] = []
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, happening: Happening) -> None:
        self.happenings.append(happening)
        task = asyncio.create_task(self._wake())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def count(self, kind: type, number: int) -> list[Happening]:
        """Wait until a kind of happening was told so often, and return those."""
        async with asyncio.timeout(20), self._news:
            await self._news.wait_for(lambda: len(self.of(kind)) >= number)
        return self.of(kind)

    def of(self, kind: type) -> list[Happening]:
        """Return all happenings of one kind."""
        return [happening for happening in self.happenings if isinstance(happening, kind)]

    async def _wake(self) -> None:
        async with self._news:
            self._news.notify_all()


@pytest.fixture
def told() -> Told:
    """Return an empty collection of happenings."""
    return Told()


@pytest.fixture
async def kept(tmp_path: Path, told: Told) -> AsyncIterator[Supervisor]:
    """Return a supervisor whose processes are stopped after the test."""
    (tmp_path / "logs").mkdir()
    supervisor = Supervisor(folder=tmp_path, tell=told)
    yield supervisor
    supervisor.kill()
    await supervisor.stop([keeper.part for keeper in supervisor.keepers])


def part(folder: Path, name: str, program: str, *, ends_by_itself: bool = False) -> Part:
    """Return a part whose process runs a program written for the test."""
    (folder / f"{name}.py").write_text(program)
    return Part(
        name=name,
        role="vehicle",
        agents=(name,),
        module=name,
        configurations=(),
        ends_by_itself=ends_by_itself,
    )


async def test_start_and_stop(tmp_path: Path, kept: Supervisor, told: Told) -> None:
    """Processes come up, are told to stop, and end; nobody calls that a death."""
    parts = [part(tmp_path, name, SERVES) for name in ("one", "two", "three")]
    await kept.start(parts)
    assert len(told.of(ProcessReady)) == 3
    await kept.stop(parts)
    assert len(told.of(ProcessEnded)) == 3
    assert told.of(ProcessDied) == []


async def test_process_that_does_not_start(tmp_path: Path, kept: Supervisor) -> None:
    """The error names the process and its last line, and its log."""
    failing = part(tmp_path, "broken", "import sys\nsys.exit('no key file')")
    with pytest.raises(ProcessFailedError, match=r"broken did not start .*no key file") as caught:
        await kept.start([failing])
    assert (caught.value.exit_code, caught.value.code) == (3, 1)
    mute = part(tmp_path, "mute", "import sys\nsys.exit(4)")
    with pytest.raises(ProcessFailedError, match=r"exit code 4.*, without a word"):
        await Supervisor(folder=tmp_path, tell=lambda _: None).start([mute])


async def test_silent_process(
    tmp_path: Path, kept: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that never says it is ready is ended, and the run does not wait for ever."""
    monkeypatch.setattr(module, "READY_TIMEOUT_S", 0.3)
    with pytest.raises(ProcessFailedError, match="signal SIGKILL"):
        await kept.start([part(tmp_path, "mute", "import signal\nsignal.pause()")])


async def test_killed_process_is_restarted(
    tmp_path: Path, kept: Supervisor, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed comes back, and the run says so aloud."""
    monkeypatch.setattr(module, "RESTART_WAIT_MIN_S", 0.01)
    await kept.start([part(tmp_path, "node", SERVES)])
    [keeper] = kept.keepers
    os.kill(keeper.process_ids[0], signal.SIGKILL)
    await told.count(ProcessReady, 2)
    assert told.of(ProcessDied) == [
        ProcessDied("node", "signal SIGKILL", "ready"),
    ]
    assert told.of(ProcessRestarts) == [ProcessRestarts("node", 0.01)]
    assert len(set(keeper.process_ids)) == 2


async def test_restart_that_fails_is_tried_again(
    tmp_path: Path, kept: Supervisor, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pause before a restart doubles while restarts fail."""
    monkeypatch.setattr(module, "RESTART_WAIT_MIN_S", 0.01)
    node = part(tmp_path, "node", SERVES)
    await kept.start([node])
    (tmp_path / "node.py").write_text("import sys\nsys.exit(3)")
    os.kill(kept.keepers[0].process_ids[0], signal.SIGKILL)
    waits = await told.count(ProcessRestarts, 3)
    assert waits[:3] == [ProcessRestarts("node", 0.01 * 2**i) for i in range(3)]
    (tmp_path / "node.py").write_text(SERVES)
    await told.count(ProcessReady, 2)


async def test_wrong_input_is_not_restarted(tmp_path: Path, kept: Supervisor, told: Told) -> None:
    """A process that says its input is wrong would only say it again."""
    wrong = part(tmp_path, "wrong", SAYS_READY + "sys.exit(2)")
    await kept.start([wrong])
    await kept.finished([wrong])
    assert told.of(ProcessDied) == [ProcessDied("wrong", "exit code 2", "ready")]
    assert told.of(ProcessRestarts) == []


async def test_journey_ends_by_itself(tmp_path: Path, kept: Supervisor, told: Told) -> None:
    """A process whose purpose is to end is not restarted when it has ended well."""
    journey = part(tmp_path, "journey", SAYS_READY, ends_by_itself=True)
    await kept.start([journey])
    await kept.finished([journey])
    assert told.of(ProcessEnded) == [ProcessEnded("journey")]


async def test_deaf_process_is_killed(tmp_path: Path, kept: Supervisor, told: Told) -> None:
    """A process that does not end when asked is ended after the grace."""
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVES
    deaf_part = part(tmp_path, "deaf", deaf)
    await kept.start([deaf_part])
    await kept.stop([deaf_part], grace_s=0.1)
    assert told.of(ProcessEnded) == [ProcessEnded("deaf")]


async def test_stop_during_the_pause(tmp_path: Path, kept: Supervisor, told: Told) -> None:
    """A stop while a restart is due means that there will be none."""
    node = part(tmp_path, "node", SERVES)
    await kept.start([node])
    os.kill(kept.keepers[0].process_ids[0], signal.SIGKILL)
    await told.count(ProcessRestarts, 1)
    await kept.stop([node])
    assert len(told.of(ProcessReady)) == 1


async def test_struck_process_stays_away(tmp_path: Path, kept: Supervisor, told: Told) -> None:
    """A process that the story kills comes back when the story says, not as soon as can be."""
    await kept.start([part(tmp_path, "city", SERVES)])
    kept.strike("city", 0.03)
    kept.strike("nobody", 0.03)
    await told.count(ProcessReady, 2)
    assert told.of(ProcessDied) == [ProcessDied("city", "signal SIGKILL", "ready")]
    assert told.of(ProcessRestarts) == [ProcessRestarts("city", 0.03)]
    os.kill(kept.keepers[0].process_ids[-1], signal.SIGKILL)
    restarts = await told.count(ProcessRestarts, 2)
    assert restarts[1] == ProcessRestarts("city", module.RESTART_WAIT_MIN_S)


async def test_alarm_of_a_process_is_told(tmp_path: Path, kept: Supervisor, told: Told) -> None:
    """What a validator finds wrong with the node is passed on with its name, and it lives on."""
    alarm = {"event": "alarm", "name": "city", "position": 7, "message": "another root"}
    program = SAYS_READY + f"print('{json.dumps(alarm)}', flush=True)\nsignal.pause()\n"
    await kept.start([part(tmp_path, "city", program)])
    [raised] = await told.count(AlarmRaised, 1)
    assert raised == AlarmRaised(by="city", about="node", position=7, reason="another root")
    assert told.of(ProcessDied) == []
