"""anvil as a peer: a development chain that signs and executes transfers, in memory only.

Its own accounts sign (as much work as checking), it executes each transfer, and answers when the
block is there. Nothing is durable, and there is no record of 256 bytes: it stands here since people
ask how a chain compares.
"""

import http.client
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.peers.contract import STOP_S, AbsentError, Paying, end, program

__all__ = ["Anvil"]

TOGETHER = 256
"""Transfers in one request."""

GAS = hex(21_000)
"""What a plain transfer takes."""

QUIET = ("--silent", "--no-mining", "--transaction-block-keeper", "1", "--gas-limit", "60000000")


class Anvil:
    """Pay on a development chain."""

    name = "anvil"
    """What its figure is called."""

    @contextmanager
    def running(self, place: Path) -> Iterator[Paying]:
        """Run it while a block lasts, see `Peer`."""
        port = _free_port()
        process = subprocess.Popen(  # noqa: S603 (a program of this machine)
            [program("anvil"), *QUIET, "--port", str(port)],
            cwd=place,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _await(process, port)
            with closing(http.client.HTTPConnection("127.0.0.1", port)) as link:
                yield _Paying(link).pay
        finally:
            end(process)


class _Paying:
    """Hand in transfers, let a block be made of them, and look that all of them are in it."""

    def __init__(self, link: http.client.HTTPConnection) -> None:
        self._link = link
        [self._accounts] = self._ask([("eth_accounts", [])])
        self._next = 0

    def pay(self, seconds: float, /) -> float:
        done, begin_s = 0, time.perf_counter()
        while (spent_s := time.perf_counter() - begin_s) < seconds:
            transfers = [self._transfer() for _ in range(TOGETHER)]
            self._ask([("eth_sendTransaction", [one]) for one in transfers])
            self._ask([("evm_mine", [])])
            [block] = self._ask([("eth_getBlockByNumber", ["latest", False])])
            done += len(block["transactions"])
        return done / spent_s

    def _transfer(self) -> dict[str, str]:
        """Write the next transfer; accounts take turns, and number what they pay."""
        nonce, payer = divmod(self._next, len(self._accounts))
        self._next += 1
        return {
            "from": self._accounts[payer],
            "to": self._accounts[(payer + 1) % len(self._accounts)],
            "value": "0x1",
            "gas": GAS,
            "nonce": hex(nonce),
        }

    def _ask(self, calls: list[tuple[str, list[Any]]]) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": values}
            for number, (method, values) in enumerate(calls)
        ]
        self._link.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        answers: list[dict[str, Any]] = json.loads(self._link.getresponse().read())
        return [answer["result"] for answer in answers]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait until anvil takes connections."""
    deadline_s = time.monotonic() + STOP_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise AbsentError("anvil did not start") from None
            time.sleep(0.02)
        else:
            return
