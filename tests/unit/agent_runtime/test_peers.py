"""Over which connections a buyer is answered, and what a stranger's repetition changes."""

from agent_runtime.peers import PEERS_MAX, Peers
from negotiation import Needs, Service
from tests.market.dialogues import memory_of


def test_a_newer_message_decides() -> None:
    """Only the buyer can say something new: it is answered there alone."""
    memory = memory_of(Service.CHARGE, Needs(energy_wh=1))
    peers = Peers(memory)
    peers.note(0, b"first")
    assert list(peers) == [b"first"]
    memory.heard = 0
    peers.note(1, b"second")
    assert list(peers) == [b"second"]
    assert memory.peer == b"second"


def test_a_repetition_is_answered_there_too() -> None:
    """Whoever repeats the latest message does not take the buyer's answers away."""
    memory = memory_of(Service.CHARGE, Needs(energy_wh=1))
    peers = Peers(memory)
    peers.note(3, b"buyer")
    memory.heard = 3
    peers.note(3, b"stranger")
    peers.note(3, b"buyer")
    assert list(peers) == [b"stranger", b"buyer"]
    for name in (b"a", b"b", b"c"):
        peers.note(3, name)
    assert len(list(peers)) == PEERS_MAX
    peers.note(4, b"buyer")
    assert list(peers) == [b"buyer"]


def test_an_old_message_changes_nothing() -> None:
    """What was said before the latest message tells nothing about where the buyer is."""
    memory = memory_of(Service.CHARGE, Needs(energy_wh=1))
    peers = Peers(memory)
    assert list(peers) == []
    peers.note(3, b"buyer")
    memory.heard = 3
    peers.note(2, b"stranger")
    assert list(peers) == [b"buyer"]
