"""TCP ports of a run: any free one, or the one that a story fixes, if nobody else has it.

A node that dies is restarted on the same port, so ports are chosen before anything starts. They
are taken from below the range that the system gives to outgoing connections: while the node is
away, agents try to reach its port many times a second, and one of these connections could get that
very port as its own, connect to itself and keep the node out for good.
"""

import secrets
import socket
from contextlib import ExitStack

from scenarios.errors import PortInUseError

HOST = "127.0.0.1"
"""A story runs on one machine, and nobody else's business is heard or answered."""

CHOICE = range(20_000, 32_768)
"""Ports to choose from: below Linux's (32768) and everybody else's (49152) outgoing ones, above
those of well-known services."""

ATTEMPTS_MAX = 200
"""Random ports tried for a free one; on a machine with half of them taken, one in 10^60 runs
would find none."""


def choose_ports(*wanted: int) -> tuple[int, ...]:
    """Return a port for each one wanted; 0 stands for any free one.

    They are all bound at once while choosing, so that no port is given out twice.

    Args:
        wanted: The ports that a story fixes, or 0.

    Raises:
        PortInUseError: A fixed port belongs to somebody else, or there is no free one.
    """
    with ExitStack() as bound:
        return tuple(_fixed(bound, port) if port else _any(bound) for port in wanted)


def _fixed(bound: ExitStack, port: int) -> int:
    """Bind one port until the stack is closed."""
    try:
        bound.enter_context(_listener(port))
    except OSError as error:
        raise PortInUseError(
            f"port {port} of {HOST} is in use: end the program that has it, or set the story's"
            " port to 0 for any free one"
        ) from error
    return port


def _any(bound: ExitStack) -> int:
    """Bind any free port until the stack is closed."""
    for _ in range(ATTEMPTS_MAX):
        port = secrets.choice(CHOICE)
        try:
            bound.enter_context(_listener(port))
        except OSError:
            continue
        return port
    raise PortInUseError(f"no free port between {CHOICE.start} and {CHOICE.stop - 1} was found")


def _listener(port: int) -> socket.socket:
    """Return a socket bound to a port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what a last run left is free
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener
