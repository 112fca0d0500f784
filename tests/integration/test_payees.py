"""A real node that takes a SETTLE from its payee alone: the connection's key says who that is."""

from pathlib import Path

from ledger_core import KeyPair, Records, Verdict, hold, record_ids, settle
from ledger_node import LedgerClient
from tests.integration.node_process import (
    ANN,
    BEN,
    CLEO,
    NETWORK,
    NODE_PAIR,
    NodeSite,
    now_us,
    running_node,
)


def client_of(site: NodeSite, key_pair: KeyPair | None) -> LedgerClient:
    """Return a client that connects under a key."""
    return LedgerClient(
        site.ready["endpoint"], node_key=NODE_PAIR.public_key, timeout_s=10, key_pair=key_pair
    )


async def open_hold(site: NodeSite, client: LedgerClient) -> bytes:
    """Set 50 aside of Ann's for Ben."""
    held = hold(
        ANN,
        network=NETWORK,
        parents=(site.origin, site.origin),
        target=BEN.public_key,
        amount=50,
        sequence=0,
        issued_at=now_us(),
        valid_for=600,
        digest=bytes(32),
    )
    (answer,) = await client.submit(held)
    assert answer.verdict is Verdict.ACCEPTED
    return record_ids(held).tobytes()


def voucher(site: NodeSite, hold_id: bytes, amount: int) -> Records:
    """Sign a voucher of Ann's."""
    return settle(
        ANN,
        network=NETWORK,
        parents=(site.origin, hold_id),
        hold_id=hold_id,
        amount=amount,
        number=0,
        issued_at=now_us(),
        valid_for=600,
    )


async def test_only_the_payee_is_believed(tmp_path: Path) -> None:
    """Under a fresh key, the payer's or a stranger's a SETTLE is refused, under the payee's taken.

    Whoever connects under the payee's public key without its secret gets no connection at all:
    that is CURVE's.
    """
    async with (
        running_node(tmp_path, settle_by_payee=True) as site,
        client_of(site, ANN) as payer,
        client_of(site, BEN) as payee,
    ):
        held = await open_hold(site, payer)
        for key_pair in (None, ANN, CLEO):
            async with client_of(site, key_pair) as other:
                (answer,) = await other.submit(voucher(site, held, 1))
                assert answer.verdict is Verdict.WRONG_PARTY
        (answer,) = await payee.submit(voucher(site, held, 40))
        assert answer.verdict is Verdict.ACCEPTED
        assert (await payer.account(BEN.public_key)).balance == 40


async def test_a_node_asks_nobody_unless_told_to(tmp_path: Path) -> None:
    """As the ledger's rules have it, a good SETTLE is taken from any connection."""
    async with running_node(tmp_path) as site, client_of(site, CLEO) as anybody:
        held = await open_hold(site, anybody)
        (answer,) = await anybody.submit(voucher(site, held, 1))
        assert answer.verdict is Verdict.ACCEPTED
