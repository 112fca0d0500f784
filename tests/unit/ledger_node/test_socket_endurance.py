"""A process that does not read outlives whoever floods it and is killed.

libzmq 4.3.5 ends the whole process (`Assertion failed: !_io_error`) when its own heartbeat falls
due on a connection that broke off while nobody took messages from it. So our sockets use TCP's
keep-alive instead.
"""

import subprocess
import sys

import pytest

FLOOD = """
import zmq
from ledger_core import KeyPair
from ledger_node.sockets import bind, server_socket

server = server_socket(zmq.Context(), zmq.PUB, key_pair=KeyPair.from_seed(bytes(32)))
print(bind(server, "tcp://127.0.0.1:*"), flush=True)
while True:
    server.send(bytes(4_096))
    server.poll(1)
"""

DEAF = """
import sys, time, zmq
from ledger_core import KeyPair
from ledger_node.sockets import client_socket, connect

client = client_socket(zmq.Context(), zmq.SUB, node_key=KeyPair.from_seed(bytes(32)).public_key)
client.setsockopt(zmq.SUBSCRIBE, b"")
connect(client, sys.argv[1])
assert client.poll(20_000), "the first message comes"
time.sleep(2)  # more comes than is kept
print("full", flush=True)
sys.stdin.readline()
time.sleep(6)  # two heartbeats of what sockets used to have, and more
print("alive", flush=True)
"""


def started(program: str, *words: str) -> "subprocess.Popen[str]":
    """Start a program of these."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.slow
def test_a_deaf_process_outlives_its_server() -> None:
    """Full buffers, then a connection that breaks off, then time: the process is still there."""
    with started(FLOOD) as server:
        assert server.stdout is not None
        endpoint = server.stdout.readline().strip()
        with started(DEAF, endpoint) as deaf:
            try:
                assert deaf.stdout is not None
                assert deaf.stdout.readline() == "full\n"
                server.kill()
                out, errors = deaf.communicate("gone\n", timeout=40)
            finally:
                deaf.kill()
                server.kill()
    assert (deaf.returncode, out, errors) == (0, "alive\n", "")
