"""Memories of dialogues as a desk would hand them to a trade."""

from negotiation import Cfp, Counter, Memory, Needs, Role, Service, State, Tariff, Terms
from tests.market.town import key_of
from tests.unit.agent_runtime.memory_ledger import NETWORK


def memory_of(service: Service, needs: Needs, dialogue: int = 1) -> Memory:
    """Return what a seller knows of a dialogue that has just begun."""
    return Memory(
        role=Role.SELLER,
        dialogue=bytes([dialogue] * 16),
        partner=key_of(f"buyer {dialogue}").public_key,
        service=service,
        network=NETWORK,
        state=State.CALLED,
        call=Cfp(service=service, needs=needs),
    )


def call_of(memory: Memory) -> Cfp:
    """Return the call with which a dialogue began."""
    assert memory.call is not None
    return memory.call


def counter(tariff: Tariff) -> Counter:
    """Return a counter-offer."""
    return Counter(tariff=tariff)


def agreed(memory: Memory, terms: Terms | str) -> Terms:
    """Return terms, agreed in a dialogue."""
    assert isinstance(terms, Terms), terms
    memory.terms, memory.state = terms, State.CONFIRMED
    return terms
