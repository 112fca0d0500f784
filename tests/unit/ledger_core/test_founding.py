"""Founding: what can begin a ledger, and what can not."""

import numpy as np
import pytest

from ledger_core import SUPPLY_MAX, BatchError, GenesisError, Ledger, Records, State, genesis
from ledger_core.founding import read_genesis
from tests.unit.ledger_core.world import (
    GENESIS,
    GENESIS_ID,
    NETWORK,
    NETWORK_PAIR,
    PAYER,
    SMALL_ORDER,
    START_US,
    SUPPLY,
    Wish,
)


def founded(amount: int = SUPPLY, target: bytes = PAYER.public_key) -> Records:
    """Sign a genesis."""
    return genesis(NETWORK_PAIR, network=NETWORK, target=target, amount=amount, issued_at=START_US)


def changed(**fields: int) -> Records:
    """Change a good genesis after it was signed."""
    record = founded()
    for name, value in fields.items():
        record[name] = value
    return record


def test_genesis_mints_the_supply() -> None:
    """A good record says what it brings into being, also as an array of one."""
    for record in (GENESIS, GENESIS.reshape(1)):
        founding = read_genesis(record)
        assert (founding.id, founding.network) == (GENESIS_ID, NETWORK)
        assert (founding.target, founding.supply) == (PAYER.public_key, SUPPLY)


def test_largest_supply_is_allowed() -> None:
    """The limit itself is no offence."""
    assert read_genesis(founded(amount=SUPPLY_MAX)).supply == SUPPLY_MAX


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (changed(version=2), "its version is not 1"),
        (Wish().transfer(), "its kind is not GENESIS"),
        (changed(parent_a=1), "it names parents"),
        (changed(parent_b=1), "it names parents"),
        (founded(amount=0), "its amount is not 1 to 1000000000000000"),
        (founded(amount=SUPPLY_MAX + 1), "its amount is not 1 to 1000000000000000"),
        (changed(sequence=1), "it has a sequence or an expiry"),
        (changed(valid_for=1), "it has a sequence or an expiry"),
        (founded(target=SMALL_ORDER), "its target can not be an account"),
        (changed(amount=SUPPLY + 1), "its signature is wrong"),
    ],
)
@pytest.mark.parametrize("made", [State, Ledger])
def test_others_can_not_begin_a_ledger(
    made: type[State] | type[Ledger], record: Records, reason: str
) -> None:
    """Each fault is named, by both implementations."""
    with pytest.raises(GenesisError, match=f"can not begin a ledger: {reason}; use the network's"):
        made(record)


def test_one_record_begins_a_ledger() -> None:
    """Neither none nor two do."""
    for count in (0, 2):
        with pytest.raises(GenesisError, match=f"one genesis record, not {count}"):
            read_genesis(np.stack([GENESIS] * 2)[:count])


def test_bytes_begin_no_ledger() -> None:
    """What nobody has parsed is refused as such."""
    with pytest.raises(BatchError, match="dtype RECORD"):
        read_genesis(np.zeros(256, np.uint8))
