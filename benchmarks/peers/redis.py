"""Redis as a peer: a script that pays, its log synced at every write, a signature check for each.

The client speaks Redis's protocol by itself, and keeps `IN_FLIGHT` payments on the way, which Redis
may sync together: that is how it is fastest.
"""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.peers.contract import STOP_S, AbsentError, Paying, end, program
from benchmarks.peers.payments import Payment, check_signature, payments
from benchmarks.traffic import ACCOUNTS, FUNDS, Traffic

__all__ = ["Redis"]

IN_FLIGHT = 32
"""Payments that wait for their answer at a time, as many as other peers have clients."""

CHUNK = 2_048
"""Payments that are signed at a time, while the clock stands still."""

SETTINGS = ("--port", "0", "--appendonly", "yes", "--appendfsync", "always", "--save", "")
"""Durable before it is answered; reached by a socket in its folder alone."""

SCRIPT = """
local balance, sequence = unpack(redis.call('HMGET', KEYS[1], 'balance', 'sequence'))
if tonumber(balance) < 1 or sequence ~= ARGV[1] then return 0 end
redis.call('HINCRBY', KEYS[1], 'balance', -1)
redis.call('HINCRBY', KEYS[1], 'sequence', 1)
redis.call('HINCRBY', KEYS[2], 'balance', 1)
return redis.call('SETNX', KEYS[3], ARGV[2])
"""


class Redis:
    """Pay in Redis."""

    name = "redis"
    """What its figure is called."""

    @contextmanager
    def running(self, place: Path) -> Iterator[Paying]:
        """Run it while a block lasts, see `Peer`."""
        path = place / "redis.socket"
        process = subprocess.Popen(  # noqa: S603 (a program of this machine)
            [program("redis-server"), *SETTINGS, "--dir", str(place), "--unixsocket", str(path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with closing(_connected(process, path)) as link:
                stream = link.makefile("rb")
                for number in range(ACCOUNTS):
                    link.sendall(_command("HSET", f"a{number}", "balance", FUNDS, "sequence", 0))
                    _answer(stream.readline())
                link.sendall(_command("SCRIPT", "LOAD", SCRIPT))
                stream.readline()
                digest = stream.readline().strip()
                yield _Paying(link, digest).pay
                stream.close()
        finally:
            end(process)


class _Paying:
    """Keep payments on the way, and count their answers."""

    def __init__(self, link: socket.socket, digest: bytes) -> None:
        self._link = link
        self._stream = link.makefile("rb")
        self._digest = digest
        self._traffic = Traffic()

    def pay(self, seconds: float, /) -> float:
        done, spent_s = 0, 0.0
        while spent_s < seconds:
            signed = list(payments(self._traffic, CHUNK))
            begin_s = time.perf_counter()
            for place in range(0, CHUNK, IN_FLIGHT):
                self._pay(signed[place : place + IN_FLIGHT])
            spent_s += time.perf_counter() - begin_s
            done += CHUNK
        return done / spent_s

    def _pay(self, signed: list[Payment]) -> None:
        for one in signed:
            check_signature(one)
        self._link.sendall(b"".join(self._call(one) for one in signed))
        for _ in signed:
            assert _answer(self._stream.readline()) == 1, "the payer has money"

    def _call(self, one: Payment) -> bytes:
        keys = (f"a{one.payer}", f"a{one.payee}", one.record_id)
        return _command("EVALSHA", self._digest, len(keys), *keys, one.sequence, one.record)


def _command(*words: str | bytes | int) -> bytes:
    """Write a command as Redis reads it."""
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    body = b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)
    return b"*%d\r\n%b" % (len(parts), body)


def _answer(line: bytes) -> int:
    """Read an answer that is a number."""
    assert line.startswith(b":"), line
    return int(line[1:])


def _connected(process: "subprocess.Popen[bytes]", path: Path) -> socket.socket:
    """Wait until Redis takes connections."""
    deadline_s = time.monotonic() + STOP_S
    while True:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(str(path))
        except OSError:
            link.close()
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise AbsentError("Redis did not start") from None
            time.sleep(0.02)
        else:
            return link
