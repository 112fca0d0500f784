"""A real PostgreSQL server for tests: in a folder of its own, with fsync on, ended with the tests.

PostgreSQL refuses to run as root, so that its programs are started as `nobody` there.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from tests.integration.servers import PATIENCE_S, free_port

NOBODY = 65_534
"""Debian's number of the user and the group without any rights."""

AS_NOBODY = (
    ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    if os.getuid() == 0
    else ()
)
"""What stands before a command that shall not run as root."""

PASSWORD = "Kn0ck-knock"
"""What the server wants to hear from whoever comes over TCP."""

RULES = """
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""

SETTINGS = {
    "shared_buffers": "16MB",
    "max_connections": "60",
    "autovacuum_naptime": "1h",
    "max_wal_size": "64MB",
    "min_wal_size": "32MB",
}


class PostgresServer:
    """Run a server for the length of a block.

    Args:
        programs: The folder with PostgreSQL's programs.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="tangleway-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self.port = free_port()
        self._make()

    @property
    def url(self) -> str:
        """The database, over a socket in the server's folder: no password is asked for."""
        return f"postgresql://tangleway@/postgres?host={self._folder}&port={self.port}"

    @property
    def tcp_url(self) -> str:
        """The database, over TCP: a password has to be added."""
        return f"postgresql://tangleway@127.0.0.1:{self.port}/postgres"

    def schema(self) -> str:
        """Return the name of a schema that no test has used."""
        return f'Test {next(self._numbers)} of "{os.getpid()}"'

    def connect(self, schema: str) -> "psycopg.Connection[tuple[object, ...]]":
        """Return a connection of a test's own, which commits each statement."""
        connection = psycopg.connect(self.url, autocommit=True)
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema)))
        return connection

    def start(self) -> None:
        """Start the server, and wait until it takes connections."""
        options = [f"--{key}={value}" for key, value in SETTINGS.items()]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._command("postgres"),
                    f"--port={self.port}",
                    "--listen_addresses=127.0.0.1",
                    f"--unix_socket_directories={self._folder}",
                    *options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self, number: signal.Signals = signal.SIGQUIT) -> None:
        """End the server: at once, as if the power had gone, if no other signal is given."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE_S)
            self._process = None

    def log(self) -> str:
        """Return what the server has told so far."""
        return (self._folder / "log").read_text("utf-8")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def _make(self) -> None:
        """Make an empty cluster."""
        if os.getuid() == 0:
            os.chown(self._folder, NOBODY, NOBODY)
        secret = self._folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        subprocess.run(
            [
                *self._command("initdb"),
                "--username=tangleway",
                f"--pwfile={secret}",
                "--encoding=UTF8",
                "--locale=C",
                "--auth=trust",
                "--no-sync",
                "--no-instructions",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (self._folder / "data" / "pg_hba.conf").write_text(RULES)

    def _wait(self) -> None:
        assert self._process is not None, "the server was started"
        deadline_s = time.monotonic() + PATIENCE_S
        program = str(self._programs / "pg_isready")
        question = [program, f"--host={self._folder}", f"--port={self.port}"]
        while subprocess.run(question, stdout=subprocess.DEVNULL, check=False).returncode:
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline_s, self.log()

    def _command(self, name: str) -> list[str]:
        """Return how a program that works on the cluster is called."""
        return [*AS_NOBODY, str(self._programs / name), "-D", str(self._folder / "data")]
