"""A mosquitto for a whole test process: starting one for each test would take most of the time."""

import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

PATIENCE_S = 20.0
"""How long it may take to start on a busy machine. [s]"""


class MosquittoServer:
    """A broker on a free loopback port, within its block; it can be restarted.

    Args:
        program: Where mosquitto is.
    """

    def __init__(self, program: Path) -> None:
        self._program = program
        self._folder = tempfile.TemporaryDirectory(prefix="mosquitto-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self.stop()
        self._folder.cleanup()

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        config = Path(self._folder.name) / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\n"
            "set_tcp_nodelay true\n"
            f"persistence true\npersistence_location {self._folder.name}/\n",
            encoding="utf-8",
        )
        self._process = subprocess.Popen(
            [self._program, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert time.monotonic() < until_s, "mosquitto does not start"
            else:
                return

    def stop(self) -> None:
        """End it; what was retained is kept for the next start."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait()
