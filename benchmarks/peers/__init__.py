"""Peers: the same work done by others, on the same machine, in the same runs.

*The same work*: a payment between two of 1,024 accounts, given as a signed record of 256 bytes. The
signature is checked (unless it is said that it is not), the payer's balance and number too, both
accounts change, the record is kept under its id, and the answer comes when all of it is durable.
What a peer can not do, or does in memory only, its description says.

- `contract`: what a peer is; `payments`: what all of them are given.
- `postgresql`, `sqlite`, `redis`, `anvil`: the peers, each only where it is installed.
- `comparing`: one run behind the other, beside a node of ours.
"""

from benchmarks.peers.comparing import run
from benchmarks.peers.contract import AbsentError, Peer

__all__ = ["AbsentError", "Peer", "run"]
