"""Ports of a run: free ones that no outgoing connection gets, or the ones that a story fixes."""

import socket

import pytest

from scenarios.errors import PortInUseError
from scenarios.ports import CHOICE, HOST, choose_ports


def test_free_ports_differ_and_lie_below_outgoing_ones() -> None:
    """Every port chosen is another one, and none can be given to a connection."""
    ports = choose_ports(*[0] * 20)
    assert len(set(ports)) == 20
    assert all(port in CHOICE for port in ports)


def test_fixed_port_is_kept() -> None:
    """A port that a story fixes is used when it is free."""
    (free,) = choose_ports(0)
    assert choose_ports(0, free)[1] == free


def test_taken_port_is_named() -> None:
    """A fixed port that somebody else has is an error that names it."""
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(PortInUseError, match=rf"port {taken} of 127.0.0.1 is in use"):
            choose_ports(0, taken)


def test_no_free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """When all ports are taken the search ends, with a sentence."""
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        monkeypatch.setattr("scenarios.ports.CHOICE", range(other.getsockname()[1], 65536)[:1])
        with pytest.raises(PortInUseError, match="no free port between"):
            choose_ports(0)
