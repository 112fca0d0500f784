"""Shortfalls: two records convict a buyer, and nothing less does."""

import msgspec
import pytest

from negotiation import Shortfall, ShortfallError
from negotiation.shortfalls import SHORTFALL_SIZE_MAX
from tests.transcripts.cast import BUYER, STRANGER, toll_transfer, voucher

GOOD = Shortfall(voucher=voucher(400_000, 2), settle=voucher(0, 0))


def test_two_records_tell_who_owes_what() -> None:
    """A small SETTLE beside a larger voucher is checked, written down and read again."""
    GOOD.check()
    assert (GOOD.buyer, GOOD.amount) == (BUYER.public_key, 400_000)
    assert Shortfall.parse(GOOD.encode()) == GOOD
    assert len(GOOD.encode()) < SHORTFALL_SIZE_MAX


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"settle": voucher(400_000, 2)}, "not closed below"),
        ({"settle": voucher(0, 0, STRANGER)}, "not of one payer"),
        ({"settle": voucher(0, 0, hold_id=b"O" * 32)}, "not of one payer"),
        ({"settle": voucher(0, 0, network=8)}, "not of one payer"),
        ({"settle": voucher(0, 0)[:-1] + b"\0"}, "not signed"),
        ({"settle": toll_transfer()}, "Only two SETTLE"),
        ({"settle": b""}, "two records of 256 bytes"),
        ({"voucher": GOOD.voucher * 2}, "two records of 256 bytes"),
    ],
)
def test_anything_else_convicts_nobody(changed: dict[str, bytes], words: str) -> None:
    """Another payer, hold, network or kind, a forged signature or enough money prove nothing."""
    with pytest.raises(ShortfallError, match=words):
        Shortfall.parse(msgspec.structs.replace(GOOD, **changed).encode())


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[" * 5_000, b'{"format":"other"}'])
def test_what_is_none_is_named(data: bytes) -> None:
    """Bytes that tell of no shortfall are refused by name."""
    with pytest.raises(ShortfallError, match="shortfall"):
        Shortfall.parse(data)
