"""A load generator for a node: signed records over the real, encrypted socket.

It speaks the node's protocol by itself, as a stranger's client would (see ``docs/node.md``), and
does nothing but send what was signed beforehand and count verdicts: it shares the cores with the
node that it measures.
"""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import msgspec
import zmq

from ledger_core import KeyPair, Verdict, curve_public_key

__all__ = ["ANSWER_S", "LoadGenerator", "UnexpectedVerdictError"]

ANSWER_S = 30.0
"""A node that is silent for so long has died: the measurement ends. [s]"""

_MILLISECONDS = 1_000

_ANSWER_SIZE = 9
"""Verdict and position of a record. [bytes]"""


class UnexpectedVerdictError(RuntimeError):
    """Say that the node did not accept what it was measured with."""


class LoadGenerator:
    """Send submissions to a node and time its verdicts; use it as a context manager.

    Args:
        endpoint: Where the node takes requests.
        node_key: The node's Ed25519 public key, 32 bytes.
    """

    def __init__(self, endpoint: str, *, node_key: bytes) -> None:
        own = KeyPair.generate()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.SNDHWM, 0)
        self._socket.setsockopt(zmq.RCVHWM, 0)
        self._socket.curve_secretkey = own.curve_secret_key()
        self._socket.curve_publickey = curve_public_key(own.public_key)
        self._socket.curve_serverkey = curve_public_key(node_key)
        self._socket.connect(endpoint)
        self._number = 0

    def one_at_a_time(self, submissions: Sequence[bytes]) -> list[float]:
        """Send each submission when the one before is answered.

        Args:
            submissions: Records, one behind the other, for each.

        Returns:
            Time from sending to the verdict of each. [s]

        Raises:
            UnexpectedVerdictError: A record was not accepted, or no verdict came.
        """
        times = []
        for records in submissions:
            begin = time.perf_counter()
            self._send(records)
            self._receive()
            times.append(time.perf_counter() - begin)
        return times

    def many(self, submissions: Sequence[bytes], *, in_flight: int) -> float:
        """Send submissions as fast as they are answered.

        Args:
            submissions: Records, one behind the other, for each.
            in_flight: How many may wait for their answer at a time.

        Returns:
            Time from the first sending to the last verdict. [s]

        Raises:
            UnexpectedVerdictError: A record was not accepted, or no verdict came.
        """
        begin = time.perf_counter()
        for index, records in enumerate(submissions):
            if index >= in_flight:
                self._receive()
            self._send(records)
        for _ in range(min(in_flight, len(submissions))):
            self._receive()
        return time.perf_counter() - begin

    def offered(self, submissions: Sequence[bytes], *, rate: float) -> list[float]:
        """Send submissions at a steady rate, whether or not the node keeps up.

        Args:
            submissions: Records, one behind the other, for each.
            rate: How many in a second. [1/s]

        Returns:
            Time from when each was due to its verdict. [s]

        Raises:
            UnexpectedVerdictError: A record was not accepted, or no verdict came.
        """
        begin = time.perf_counter()
        first = self._number + 1
        sent = 0
        times: list[float] = []
        while len(times) < len(submissions):
            now = time.perf_counter()
            while sent < len(submissions) and begin + sent / rate <= now:
                self._send(submissions[sent])
                sent += 1
            due = begin + sent / rate if sent < len(submissions) else now + ANSWER_S
            if self._socket.poll(max(int((due - now) * _MILLISECONDS), 0)):
                number = self._receive()
                times.append(time.perf_counter() - begin - (number - first) / rate)
            elif sent == len(submissions):
                raise UnexpectedVerdictError("The node does not answer any more.")
        return times

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()
        self._context.term()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, records: bytes) -> None:
        self._number += 1
        header = {"type": "submit", "request": self._number, "version": 1}
        self._socket.send_multipart([msgspec.msgpack.encode(header), records])

    def _receive(self) -> int:
        """Wait for an answer that accepts everything, and return its request's number."""
        if not self._socket.poll(int(ANSWER_S * _MILLISECONDS)):
            raise UnexpectedVerdictError("The node does not answer any more.")
        frames = self._socket.recv_multipart()
        header: dict[str, Any] = msgspec.msgpack.decode(frames[0])
        if header["type"] != "verdicts":
            raise UnexpectedVerdictError(f"The node refused a request: {header.get('text')}")
        codes = frames[1][: len(frames[1]) // _ANSWER_SIZE]
        if codes.count(Verdict.ACCEPTED) != len(codes):
            refused = Verdict(next(code for code in codes if code != Verdict.ACCEPTED))
            raise UnexpectedVerdictError(f"A record got {refused.name}.")
        number: int = header["request"]
        return number
