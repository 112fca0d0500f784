"""The first tokens: genesis mints the supply for a treasury, which fills every wallet once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ledger_core import KeyPair, Records, UnavailableError, record_ids, transfer
from ledger_node import Answer, NodeInfo
from scenarios.errors import FundingError

BATCH_SIZE = 256
"""Transfers in one submission: far below what the node takes from one issuer at once."""

VALID_FOR_S = 600
"""A node that starts slowly has this long to take them. [s]"""


class FundingClient(Protocol):
    """What funding needs of a ledger's client."""

    async def info(self) -> NodeInfo:
        """Return what the node says of its ledger."""

    async def submit(self, records: Records) -> list[Answer]:
        """Submit records and return the node's answer to each."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one wallet begins with."""

    public_key: bytes
    """The account, 32 bytes."""
    amount: int
    """Its tokens. [base units]"""


async def fund(
    client: FundingClient, treasury: KeyPair, grants: Sequence[Grant], *, now_us: int
) -> None:
    """Give every account its first tokens, and return when the ledger has them.

    Args:
        client: Speaks with a node whose ledger holds the genesis record alone.
        treasury: Owns the supply.
        grants: Who gets how much.
        now_us: The present. [µs]

    Raises:
        FundingError: The node refused a transfer, or is away.
    """
    try:
        info = await client.info()
        records = grant_records(
            treasury,
            grants,
            network=info.network_number,
            genesis_id=info.genesis_id,
            now_us=now_us,
        )
        for begin in range(0, len(records), BATCH_SIZE):
            _check(await client.submit(records[begin : begin + BATCH_SIZE]))
    except UnavailableError as error:
        raise FundingError(f"the wallets could not be funded: {error}") from error


def grant_records(
    treasury: KeyPair,
    grants: Sequence[Grant],
    *,
    network: int,
    genesis_id: bytes,
    now_us: int,
) -> Records:
    """Return the signed transfers, each naming the two before it as its parents.

    Args:
        treasury: Owns the supply.
        grants: Who gets how much.
        network: Number of the network.
        genesis_id: Id of the ledger's first record, 32 bytes.
        now_us: When they are issued. [µs]
    """
    parents = (genesis_id, genesis_id)
    records: list[Records] = []
    for sequence, grant in enumerate(grants):
        record = transfer(
            treasury,
            network=network,
            parents=parents,
            target=grant.public_key,
            amount=grant.amount,
            sequence=sequence,
            issued_at=now_us,
            valid_for=VALID_FOR_S,
        )
        records.append(record)
        parents = (record_ids(record).tobytes(), parents[0])
    return np.array(records)


def _check(answers: Sequence[Answer]) -> None:
    """Refuse to go on when a transfer was not accepted."""
    refused = next((answer for answer in answers if not answer.is_accepted), None)
    if refused is not None:
        raise FundingError(
            f"the ledger refused a wallet's first tokens: {refused.verdict.name};"
            " raise the story's supply or lower its funds"
        )
