"""An agent's sockets in a simulated world: known by their owner, and gone at a crash."""

from agent_runtime import MemoryConnection, MemoryListener, MemoryTransport
from ledger_core import KeyPair
from scenarios.simulation.network import Network

__all__ = ["SimulatedTransport"]


class SimulatedTransport(MemoryTransport):
    """The sockets of one process.

    Args:
        network: What it shares with all others.
        owner: Name of the process.
    """

    def __init__(self, network: Network, owner: str) -> None:
        super().__init__(network)
        self._shared = network
        self._owner = owner

    def listen(self, endpoint: str, key_pair: KeyPair) -> MemoryListener:
        """Return a listener whose socket belongs to an identity."""
        listener = super().listen(endpoint, key_pair)
        self._shared.owners[listener.endpoint] = self._owner
        return listener

    def connect(self, endpoint: str, server_key: bytes) -> MemoryConnection:
        """Return a connection to the owner of a key."""
        connection = super().connect(endpoint, server_key)
        self._shared.owners[connection.name] = self._owner
        return connection
