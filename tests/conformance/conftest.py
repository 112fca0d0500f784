"""What the conformance suites of drivers need: a broker that all of them share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.mosquitto_server import MosquittoServer


@pytest.fixture(scope="session")
def mosquitto_url(server_program: Callable[[str], Path]) -> Iterator[str]:
    """Return the address of a mosquitto that all tests of this process share."""
    with MosquittoServer(server_program("mosquitto")) as server:
        yield server.url
