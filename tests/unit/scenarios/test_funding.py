"""The first tokens: signed transfers that a real ledger takes, or a named error."""

import pytest

from ledger_core import KeyPair, Ledger, Records, Verdict, genesis, record_ids
from ledger_node import Answer, NodeInfo, NodeSilentError
from scenarios.errors import FundingError
from scenarios.funding import BATCH_SIZE, Grant, fund, grant_records

NOW_US = 1_800_000_000_000_000
TREASURY = KeyPair.from_seed(b"t" * 32)
GENESIS = genesis(
    KeyPair.from_seed(b"n" * 32),
    network=7,
    target=TREASURY.public_key,
    amount=1_000_000,
    issued_at=NOW_US,
)


class LedgerInMemory:
    """A client whose node is a ledger within the test."""

    def __init__(self, *, silent: bool = False) -> None:
        self.ledger = Ledger(GENESIS)
        self.sizes: list[int] = []
        self._silent = silent

    async def info(self) -> NodeInfo:
        """Return what the ledger is."""
        if self._silent:
            raise NodeSilentError("no answer")
        return NodeInfo(
            network="test",
            network_number=self.ledger.network,
            genesis_id=self.ledger.genesis_id,
            size=self.ledger.size,
            supply=self.ledger.supply,
            balances=self.ledger.balances_total,
            holds=self.ledger.holds_total,
            at_us=NOW_US,
            publish="",
        )

    async def submit(self, records: Records) -> list[Answer]:
        """Apply the records."""
        self.sizes.append(len(records))
        return [Answer(Verdict(code), None) for code in self.ledger.apply(records, at=NOW_US)]


def grants(count: int, amount: int = 10) -> list[Grant]:
    """Return grants to accounts of their own."""
    keys = (KeyPair.from_seed(number.to_bytes(32, "big")) for number in range(1, count + 1))
    return [Grant(key.public_key, amount) for key in keys]


async def test_every_wallet_is_filled() -> None:
    """Each account gets its tokens, in submissions of a modest size."""
    client = LedgerInMemory()
    wanted = grants(BATCH_SIZE + 1)
    await fund(client, TREASURY, wanted, now_us=NOW_US)
    assert [client.ledger.balance(grant.public_key) for grant in wanted] == [10] * len(wanted)
    assert client.sizes == [BATCH_SIZE, 1]


async def test_too_little_supply() -> None:
    """A refusal names the verdict and what to change."""
    with pytest.raises(FundingError, match="INSUFFICIENT_FUNDS; raise the story's supply"):
        await fund(LedgerInMemory(), TREASURY, grants(2, 600_000), now_us=NOW_US)


async def test_node_that_is_away() -> None:
    """A silent node ends the attempt, with its own sentence within."""
    with pytest.raises(FundingError, match="could not be funded: no answer"):
        await fund(LedgerInMemory(silent=True), TREASURY, grants(1), now_us=NOW_US)


def test_each_transfer_vouches_for_the_two_before() -> None:
    """The graph begins as a chain whose every record names two others."""
    start = record_ids(GENESIS).tobytes()
    records = grant_records(TREASURY, grants(3), network=7, genesis_id=start, now_us=NOW_US)
    ids = [row.tobytes() for row in record_ids(records)]
    parents = [(r["parent_a"].tobytes(), r["parent_b"].tobytes()) for r in records]
    assert parents == [(start, start), (ids[0], start), (ids[1], ids[0])]
