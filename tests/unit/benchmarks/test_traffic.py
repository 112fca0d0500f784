"""Traffic is one row of payments, whoever signs which stretch of it."""

import time

import pytest

from benchmarks.traffic import ACCOUNTS, APART, NETWORK, TOGETHER, Traffic, sign_payments
from ledger_core import KeyPair, Ledger, Verdict, parse_records, transfer


def accepted(traffic: Traffic, *submissions: list[bytes]) -> set[int]:
    """Apply submissions in turn, and return which verdicts there were."""
    ledger = Ledger(traffic.genesis)
    found: set[int] = set()
    for records in (*traffic.funding(), *(one for some in submissions for one in some)):
        codes = ledger.apply(parse_records(records), at=time.time_ns() // 1_000)
        found.update(codes.tolist())
    return found


def test_all_of_it_is_accepted() -> None:
    """Payments together, one by one, and of one account apart do not get in each other's way."""
    traffic = Traffic()
    together = traffic.together(2 * TOGETHER)
    one_by_one, apart = traffic.single(3), traffic.of_one(2)
    again = [*traffic.together(TOGETHER), *traffic.of_one(1)]
    assert accepted(traffic, together, one_by_one, apart, again) == {Verdict.ACCEPTED}


def test_a_stretch_is_what_the_builder_writes() -> None:
    """A record of the row is the one that `transfer` signs, byte by byte."""
    traffic = Traffic()
    number = ACCOUNTS + 5
    [record] = parse_records(sign_payments(b"".join(traffic.parents), number, 1))
    payer = KeyPair.from_seed((2 + 5).to_bytes(32, "big"))
    assert record["issuer"].tobytes() == payer.public_key == traffic.keys()[5].tobytes()
    expected = transfer(
        payer,
        network=NETWORK,
        parents=traffic.parents,
        target=record["target"].tobytes(),
        amount=1,
        sequence=1,
        issued_at=int(record["issued_at"]),
        valid_for=int(record["valid_for"]),
    )
    assert record.tobytes() == expected.tobytes()


@pytest.mark.parametrize("number", [0, 1, -1])
def test_accounts_apart_are_not_in_the_row(number: int) -> None:
    """Who pays on his own has money, and is nobody of the row."""
    traffic = Traffic()
    key, row = KeyPair.from_seed(traffic.seed(number)).public_key, traffic.keys()
    assert key not in {one.tobytes() for one in row}
    funded = {one.tobytes() for one in parse_records(traffic.funding()[0])["target"]}
    assert key in funded
    assert len(funded) == ACCOUNTS + APART
