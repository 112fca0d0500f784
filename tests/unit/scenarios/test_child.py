"""One process of a story: its command, its log, its word, its end."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from scenarios.child import Child, Part, child_environment, describe_exit, last_line

READY = 'print(\'{"event": "ready", "name": "anna"}\')'
"""Python that gives one agent's word."""

FOR_EVER = "import signal; signal.pause()"
"""Python that never ends by itself."""


def part(folder: Path, program: str, *, agents: tuple[str, ...] = ("anna",)) -> Part:
    """Return a part whose process runs a program written for the test."""
    (folder / "program.py").write_text(program)
    return Part(name="anna", role="vehicle", agents=agents, module="program", configurations=())


async def started(folder: Path, program: str, **more: tuple[str, ...]) -> Child:
    """Return a started child whose log is `log`."""
    return await Child.start(part(folder, program, **more), log_path=folder / "log", folder=folder)


async def test_ready_when_every_agent_has_said_so(tmp_path: Path) -> None:
    """A process with two agents is ready after the second word, not after the first."""
    second = READY.replace("anna", "ben")
    child = await started(tmp_path, f"{READY}\n{second}\n{FOR_EVER}", agents=("anna", "ben"))
    await child.ready()
    assert child.has_said_ready
    child.stop()
    assert await child.ended() == -signal.SIGTERM


async def test_end_without_a_word_is_not_ready(tmp_path: Path) -> None:
    """Waiting for the word of a process that ends silently ends too."""
    child = await started(tmp_path, "import sys; sys.exit(3)")
    await child.ready()
    assert not child.has_said_ready
    assert await child.ended() == 3


async def test_output_and_errors_go_to_the_log(tmp_path: Path) -> None:
    """Both streams are kept in the log, which a second start appends to."""
    program = "import sys; print('one'); print('two', file=sys.stderr)"
    for _ in range(2):
        child = await started(tmp_path, program)
        assert await child.ended() == 0
    assert sorted((tmp_path / "log").read_text().split()) == ["one", "one", "two", "two"]


async def test_line_without_end_does_not_block(tmp_path: Path) -> None:
    """A line longer than the buffer is left out with a remark, and the next ones are heard."""
    child = await started(tmp_path, f"print('x' * 1_000_000)\n{READY}")
    await child.ready()
    assert child.has_said_ready
    assert await child.ended() == 0
    assert b"left out" in (tmp_path / "log").read_bytes()


async def test_frozen_process_is_killed(tmp_path: Path) -> None:
    """A process that does not hear SIGTERM is ended by kill."""
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{READY}\n{FOR_EVER}"
    child = await started(tmp_path, deaf)
    await child.ready()
    child.stop()
    child.kill()
    assert await child.ended() == -signal.SIGKILL
    child.kill()  # one that is gone is left alone


async def test_child_dies_with_its_parent(tmp_path: Path) -> None:
    """A child on the leash ends when the process that started it is killed and can clean nothing.

    The grandchild holds the write end of a pipe; the pipe's end of file tells its death.
    """
    part(tmp_path, f"import os\nprint(os.getpid(), flush=True)\n{FOR_EVER}")
    starter = (
        "import asyncio, os, signal, sys\n"
        "from pathlib import Path\n"
        "from scenarios.child import Child, Part\n"
        "async def main():\n"
        "    part = Part(name='p', role='r', agents=('p',), module='program', configurations=())\n"
        "    await Child.start(part, log_path=Path('log'), folder=Path('.'))\n"
        "    print('started', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", starter, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    assert await parent.stdout.readline() == b"started\n"
    child_id = int(Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text())
    watch = os.pidfd_open(child_id)
    parent.kill()
    await parent.wait()
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(watch, gone.set)
    async with asyncio.timeout(10):
        await gone.wait()
    asyncio.get_running_loop().remove_reader(watch)
    os.close(watch)


def test_command_names_every_configuration() -> None:
    """The module runs with one --config for each agent."""
    shared = Part(
        name="cars",
        role="vehicle",
        agents=("anna", "ben"),
        module="vehicle_agent",
        configurations=(Path("a.toml"), Path("b.toml")),
    )
    assert shared.command()[1:] == [
        "-m",
        "vehicle_agent",
        "--config",
        "a.toml",
        "--config",
        "b.toml",
    ]


def test_settings_variables_are_not_inherited() -> None:
    """A variable that overrides one agent's settings must not reach all of a story's."""
    inherited = child_environment({"PATH": "/bin", "TANGLEWAY_CLOCK_SPEED": "9"})
    assert inherited == {"PATH": "/bin", "PYTHONUNBUFFERED": "1"}


@pytest.mark.parametrize(
    ("code", "words"), [(0, "exit code 0"), (3, "exit code 3"), (-9, "signal SIGKILL")]
)
def test_exit_in_words(code: int, words: str) -> None:
    """An exit code or a signal is told by its name."""
    assert describe_exit(code) == words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("one\ntwo\n\n", "two"),
        (json.dumps({"event": "stopped", "error": "no broker"}), "stopped: no broker"),
        (json.dumps({"event": "stopped"}), "stopped"),
        ("[1, 2]", "[1, 2]"),
    ],
)
def test_last_line(tmp_path: Path, text: str, said: str) -> None:
    """The last line that says something is what a report needs."""
    (tmp_path / "log").write_text(text)
    assert last_line(tmp_path / "log") == said


def test_last_line_of_no_log(tmp_path: Path) -> None:
    """A log that was never written says nothing."""
    assert last_line(tmp_path / "log") == ""


async def test_what_else_it_says_is_heard(tmp_path: Path) -> None:
    """Lines of JSON with an event are passed on, but for the word that it is ready."""
    heard: list[dict[str, object]] = []
    alarm = {"event": "alarm", "position": 7}
    program = f"{READY}\nprint('{json.dumps(alarm)}')\nprint('{{}}')\nprint('no JSON')"
    child = await Child.start(
        part(tmp_path, program), log_path=tmp_path / "log", folder=tmp_path, hear=heard.append
    )
    await child.ready()
    assert await child.ended() == 0
    assert heard == [alarm]
