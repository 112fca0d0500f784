"""A command on a terminal of its own, which a test reads and types on."""

import os
import pty
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.integration.running_command import COMMAND, END_S


@dataclass
class Typist:
    """Somebody at the terminal of a command."""

    process: subprocess.Popen[bytes]
    screen: int
    seen: str = field(default="")

    def wait_for(self, words: str) -> str:
        """Read the terminal until these words stand there, and return all that was seen."""
        while words not in self.seen:
            ready, _, _ = select.select([self.screen], [], [], END_S)
            assert ready, f"{words!r} did not come; the terminal shows:\n{self.seen}"
            self.seen += self._more()
        return self.seen

    def _more(self) -> str:
        """Return what the terminal has got since; the kernel calls its end an error."""
        try:
            return os.read(self.screen, 65_536).decode()
        except OSError as error:
            raise AssertionError(f"it ended, and the terminal shows:\n{self.seen}") from error

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self.screen, f"{line}\n".encode())

    def answer(self, prompt: str, line: str) -> None:
        """Wait for a prompt, and type a line."""
        self.wait_for(prompt)
        self.type(line)
        self.seen = self.seen.partition(prompt)[2]

    def end(self) -> tuple[int, str]:
        """Wait for the command's end; return its exit code and what went to standard output."""
        out, _ = self.process.communicate(timeout=END_S)
        return self.process.returncode, out.decode()


@contextmanager
def on_a_terminal(*arguments: str) -> Iterator[Typist]:
    """Run the command on a terminal, its standard output apart, as long as the block lasts."""
    screen, line = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *arguments],
        stdin=line,
        stderr=line,
        stdout=subprocess.PIPE,
        start_new_session=True,  # so that prompts go to this terminal, not to the tester's
        env={**os.environ, "TERM": "dumb"},
    )
    os.close(line)
    try:
        yield Typist(process, screen)
    finally:
        process.kill()
        process.communicate()
        os.close(screen)
