"""The metrics of the street's node, as Prometheus reads them."""

import random

from prometheus_client.core import Metric

from ledger_node.door import Door
from ledger_node.exposition import NodeExposition
from ledger_node.node import Node
from ledger_node.notary import Notary
from ledger_node.state import State
from tests.unit.ledger_node.street import HandClock

__all__ = ["exposition_of", "figures", "node_of"]


def node_of(state: State, notary: Notary, *, clock: HandClock, door: Door) -> Node:
    """Make a node of an opened ledger."""
    return Node(state, door=door, notary=notary, clock=clock, random=random.Random(1))


def exposition_of(
    state: State,
    notary: Notary,
    *,
    clock: HandClock,
    node: Node | None = None,
    door: Door | None = None,
) -> NodeExposition:
    """Make the exposition of a node, or of one that has done nothing yet."""
    door = door or Door()
    node = node or node_of(state, notary, clock=clock, door=door)
    return NodeExposition(
        state=state,
        door=door,
        notary=notary,
        evidence=node.evidence,
        counts=node.counts,
        clock=clock,
    )


def figures(families: list[Metric]) -> dict[str, float]:
    """Return the value of each sample by its name and the values of its labels."""
    return {
        ":".join([sample.name, *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }
