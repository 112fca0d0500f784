"""PostgreSQL as a peer: a double-entry function, prepared statements, 32 clients, fsync on.

Without a signature check the clients are pgbench's, in C, and pay between accounts at random; with
one they are threads that check with PyNaCl and then call the same kind of function.
"""

import os
import pwd
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peers.contract import STOP_S, AbsentError, Paying, end, program
from benchmarks.peers.payments import Payment, check_signature, payments
from benchmarks.traffic import ACCOUNTS, FUNDS, Traffic

if TYPE_CHECKING:
    import psycopg

__all__ = ["CLIENTS", "Postgresql", "SignedPostgresql"]

CLIENTS = 32
"""Clients at a time."""

FOLDERS = ("usr/lib/postgresql/*/bin", "usr/local/pgsql/bin")
"""Where distributions hide the server."""

OWNERS = ("postgres", "nobody")
"""Who may run the server where this is done by root, which it refuses to serve."""

SETTINGS = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "listen_addresses=")
"""Durable before it is answered, as the defaults are; reached by a socket in its folder alone."""

PAYMENTS_EACH = 512
"""Payments that each client pays at least, of one account in 32 each, so that all are in order."""

SCHEMA = """
CREATE TABLE account (number int PRIMARY KEY, balance bigint NOT NULL, sequence bigint NOT NULL)
    WITH (fillfactor = 50);
CREATE TABLE entry (payment bigint NOT NULL, account int NOT NULL, amount bigint NOT NULL);
CREATE TABLE payment (id bytea PRIMARY KEY, record bytea NOT NULL);
CREATE SEQUENCE number;
INSERT INTO account SELECT n, :funds, 0 FROM generate_series(0, :last) AS n;
CREATE FUNCTION pay(payer int, payee int, record_id bytea, record bytea) RETURNS bool AS $$
DECLARE
    own bigint := nextval('number');
BEGIN
    PERFORM 1 FROM account WHERE account.number IN (payer, payee) ORDER BY 1 FOR UPDATE;
    UPDATE account SET balance = balance - 1, sequence = sequence + 1
        WHERE account.number = payer AND balance >= 1;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE account SET balance = balance + 1 WHERE account.number = payee;
    INSERT INTO entry VALUES (own, payer, -1), (own, payee, 1);
    INSERT INTO payment VALUES (record_id, record);
    RETURN true;
END $$ LANGUAGE plpgsql;
"""

BENCH = f"""\
\\set payer random(0, {ACCOUNTS - 1})
\\set payee random(0, {ACCOUNTS - 1})
SELECT pay(:payer, :payee, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
    decode(repeat('00', 256), 'hex'));
"""

CALL = "SELECT pay(%s, %s, %s, %s)"


class Postgresql:
    """Pay by pgbench, without a signature check."""

    name = "postgresql"
    """What its figure is called."""

    @contextmanager
    def running(self, place: Path) -> Iterator[Paying]:
        """Run it while a block lasts, see `Peer`."""
        bench = program("pgbench", folders=FOLDERS)
        with _serving(place) as server:
            script = place / "pay.sql"
            script.write_text(BENCH, "ascii")

            def pay(seconds: float) -> float:
                words = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-f", str(script)]
                said = _run([bench, *words, "-T", str(max(round(seconds), 1)), *server.words])
                found = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
                assert found is not None, said
                return float(found[1])

            yield pay


class SignedPostgresql:
    """Pay by threads of this process, each payment behind a signature check."""

    name = "postgresql_signed"
    """What its figure is called."""

    @contextmanager
    def running(self, place: Path) -> Iterator[Paying]:
        """Run it while a block lasts, see `Peer`."""
        try:
            import psycopg
        except ImportError as error:
            raise AbsentError("psycopg is not installed (extra `postgres`)") from error
        with _serving(place) as server, ExitStack() as stack:
            clients = [
                stack.enter_context(psycopg.connect(server.address, autocommit=True))
                for _ in range(CLIENTS)
            ]
            pool = stack.enter_context(ThreadPoolExecutor(CLIENTS))
            traffic = Traffic()

            def pay(seconds: float) -> float:
                done, spent_s = 0, 0.0
                while spent_s < seconds:
                    signed = list(payments(traffic, PAYMENTS_EACH * CLIENTS))
                    begin_s = time.perf_counter()
                    parts = [signed[number::CLIENTS] for number in range(CLIENTS)]
                    for paid in pool.map(_pay_all, clients, parts):
                        done += paid
                    spent_s += time.perf_counter() - begin_s
                return done / spent_s

            yield pay


@dataclass(frozen=True, slots=True)
class _Server:
    """Say where a server is reached."""

    folder: Path
    owner: str

    @property
    def words(self) -> list[str]:
        """What PostgreSQL's own programs are told."""
        return ["-h", str(self.folder), "-U", self.owner, "postgres"]

    @property
    def address(self) -> str:
        """What drivers are told."""
        return f"host={self.folder} user={self.owner} dbname=postgres"


@contextmanager
def _serving(place: Path) -> Iterator[_Server]:
    """Run a server of its own while a block lasts, with the schema in it."""
    server, make = program("postgres", folders=FOLDERS), program("initdb", folders=FOLDERS)
    shell = program("psql", folders=FOLDERS)
    owner = _owner()
    data = place / "postgresql"
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        place.chmod(0o711)  # its owner has to come through
        shutil.chown(data, owner)
    _run([make, "-D", str(data), "-U", owner, "-A", "trust", "-N"], user=owner)
    settings = [*SETTINGS, f"unix_socket_directories={data}", f"max_connections={2 * CLIENTS}"]
    words = [word for setting in settings for word in ("-c", setting)]
    process = subprocess.Popen(  # noqa: S603 (a program of this machine)
        [server, "-D", str(data), *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=_as(owner),
    )
    try:
        found = _Server(data, owner)
        _await(process, [shell, "-q", "-c", "SELECT 1", *found.words[:-1], "-d", "postgres"])
        (place / "schema.sql").write_text(SCHEMA, "ascii")
        script = str(place / "schema.sql")
        values = ["-v", "ON_ERROR_STOP=1", "-v", f"funds={FUNDS}", "-v", f"last={ACCOUNTS - 1}"]
        _run([shell, "-q", *values, "-f", script, *found.words])
        yield found
    finally:
        end(process)


def _pay_all(client: "psycopg.Connection[tuple[bool]]", signed: Sequence[Payment]) -> int:
    """Pay one behind the other, and return how many."""
    for one in signed:
        check_signature(one)
        row = client.execute(CALL, (one.payer, one.payee, one.record_id, one.record)).fetchone()
        assert row == (True,), "the payer has money"
    return len(signed)


def _owner() -> str:
    """Return who runs the server: whoever runs this, or somebody without rights if that is root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in OWNERS:
        if name in known:
            return name
    raise AbsentError("root can not run PostgreSQL, and there is no user postgres or nobody")


def _as(owner: str) -> str | None:
    """Return whom a process has to be given to, None where it is ours."""
    return owner if os.geteuid() == 0 else None


def _run(command: list[str], *, user: str | None = None) -> str:
    """Run a program to its end, and return what it said."""
    done = subprocess.run(  # noqa: S603 (a program of this machine)
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=None if user is None else _as(user),
    )
    if done.returncode:
        raise AbsentError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-200:]}")
    return done.stdout


def _await(process: "subprocess.Popen[bytes]", question: list[str]) -> None:
    """Wait until a server answers."""
    deadline_s = time.monotonic() + STOP_S
    while subprocess.run(question, capture_output=True, check=False).returncode:  # noqa: S603
        if process.poll() is not None or time.monotonic() > deadline_s:
            raise AbsentError("PostgreSQL did not start")
        time.sleep(0.05)
