"""A load generator for a node: signed records over the real, encrypted socket.

It speaks the node's protocol by itself, as a stranger's client would (see ``docs/node.md``), and
does nothing but send what was signed beforehand and count verdicts: it shares the cores with the
node that it measures.
"""

import gc
import select
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import msgspec
import zmq

from ledger_core import CheckFailedError, KeyPair, Verdict, curve_public_key

__all__ = ["ANSWER_S", "IN_FLIGHT", "LoadGenerator", "Offered", "UnexpectedVerdictError"]

ANSWER_S = 30.0
"""A node that is silent for so long has died: the measurement ends. [s]"""

IN_FLIGHT = 128
"""Submissions that wait for their answer at a time: two full batches, one judged, one behind."""

_MILLISECONDS = 1_000

_ANSWER_SIZE = 9
"""Verdict and position of a record. [bytes]"""


class UnexpectedVerdictError(CheckFailedError):
    """Say that the node did not accept what it was measured with."""


@dataclass(frozen=True, slots=True)
class Offered:
    """Hold what became of a submission of one record that was due at its time."""

    due_s: float
    """When it was due. [s on the performance counter]"""
    answered_s: float
    """When its verdict came. [s on the performance counter]"""
    position: int
    """Its place in the order."""


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
        self._socket.setsockopt(zmq.RCVTIMEO, int(ANSWER_S * _MILLISECONDS))
        self._socket.connect(endpoint)
        self._descriptor = int(self._socket.getsockopt(zmq.FD))
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

    def many(self, submissions: Iterable[bytes], *, in_flight: int = IN_FLIGHT) -> float:
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
        waiting = 0
        for records in submissions:
            if waiting == in_flight:
                self._receive()
                waiting -= 1
            self._send(records)
            waiting += 1
        for _ in range(waiting):
            self._receive()
        return time.perf_counter() - begin

    def hand_in(self, submissions: Iterable[bytes]) -> None:
        """Send submissions, and return with the first answer: the node has the others in hand.

        Args:
            submissions: Records, one behind the other, for each; whether they are accepted is not
                looked at.

        Raises:
            UnexpectedVerdictError: No answer came.
        """
        for records in submissions:
            self._send(records)
        self._answer()

    def ask_size(self) -> int:
        """Ask the node how many records it has.

        Raises:
            UnexpectedVerdictError: No answer came.
        """
        self._ask({"type": "ask_info"})
        while (header := self._answer()[0])["type"] != "info":
            pass  # an answer to what was sent before
        size: int = header["size"]
        return size

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
        return [one.answered_s - one.due_s for one in self.offered_each(submissions, rate=rate)]

    def offered_each(self, submissions: Sequence[bytes], *, rate: float) -> list[Offered]:
        """Send records at a steady rate, whether or not the node keeps up.

        Args:
            submissions: One record each.
            rate: How many in a second. [1/s]

        Returns:
            What became of each, in the order of the answers.

        Raises:
            UnexpectedVerdictError: A record was not accepted, or no verdict came.
        """
        begin_s = time.perf_counter()
        first = self._number + 1
        sent = 0
        times: list[Offered] = []
        while len(times) < len(submissions):
            now_s = time.perf_counter()
            while sent < len(submissions) and begin_s + sent / rate <= now_s:
                self._send(submissions[sent])
                sent += 1
            for number, position in self._receive_waiting():
                due_s = begin_s + (number - first) / rate
                times.append(Offered(due_s, time.perf_counter(), position))
            next_s = begin_s + sent / rate if sent < len(submissions) else now_s + ANSWER_S
            is_over = len(times) == len(submissions) or self._wait_until(next_s)
            if not is_over and sent == len(submissions):
                raise UnexpectedVerdictError("The node does not answer any more.")
        return times

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()
        self._context.term()

    def __enter__(self) -> Self:
        gc.collect()
        gc.freeze()  # or looking for garbage in all that was imported takes 40 ms of a measurement
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        gc.unfreeze()
        self.close()

    def _send(self, records: bytes) -> None:
        self._ask({"type": "submit"}, records)

    def _ask(self, header: dict[str, Any], *further: bytes) -> None:
        self._number += 1
        whole = {**header, "request": self._number, "version": 1}
        self._socket.send_multipart([msgspec.msgpack.encode(whole), *further])

    def _wait_until(self, until_s: float) -> bool:
        """Sleep until an answer may be there, or a time has come; tell whether it was an answer.

        Whoever asked ZeroMQ again and again instead would keep a core busy that the node needs.
        """
        left_s = max(until_s - time.perf_counter(), 0.0)
        return bool(select.select([self._descriptor], [], [], left_s)[0])

    def _receive_waiting(self) -> Iterator[tuple[int, int]]:
        """Yield what has been answered; of what comes later the descriptor tells."""
        while int(self._socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
            yield self._receive()

    def _answer(self) -> tuple[dict[str, Any], list[bytes]]:
        try:
            first, *further = self._socket.recv_multipart()
        except zmq.Again as error:
            raise UnexpectedVerdictError("The node does not answer any more.") from error
        header: dict[str, Any] = msgspec.msgpack.decode(first)
        return header, further

    def _receive(self) -> tuple[int, int]:
        """Wait for an answer that accepts everything: its request's number, the first position."""
        header, further = self._answer()
        if header["type"] != "verdicts":
            raise UnexpectedVerdictError(f"The node refused a request: {header.get('text')}")
        count = len(further[0]) // _ANSWER_SIZE
        codes, positions = further[0][:count], further[0][count:]
        if codes.count(Verdict.ACCEPTED) != len(codes):
            refused = Verdict(next(code for code in codes if code != Verdict.ACCEPTED))
            raise UnexpectedVerdictError(f"A record got {refused.name}.")
        number: int = header["request"]
        return number, int.from_bytes(positions[:8], "little", signed=True)
