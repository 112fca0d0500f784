"""Vouchers, holds and transfers: each field that could be wrong, and the edges of time."""

import dataclasses

import pytest

from ledger_core import RECORD_SIZE
from negotiation import (
    ImplausibleError,
    VoucherDue,
    check_hold,
    check_transfer,
    check_voucher,
)
from negotiation.vouchers import CLOCK_SKEW_US, is_hold_of, read_voucher
from tests.transcripts.cast import (
    BILL,
    HOLD,
    HOLD_ID,
    HOLD_UNTIL_US,
    NOW_US,
    STRANGER,
    TERMS,
    TOLL,
    toll_transfer,
    voucher,
)

DUE = VoucherDue(
    hold=HOLD_ID,
    amount=200_000,
    number=1,
    digest=BILL.until(2).digest(),
    hold_until_us=HOLD_UNTIL_US,
)
GOOD = voucher(200_000, 1)


def test_a_good_voucher_passes() -> None:
    """A SETTLE over exactly what is due is worth it, and says what it is."""
    check_voucher(TERMS, DUE, GOOD, now_us=NOW_US)
    assert read_voucher(GOOD) == (1, 200_000, DUE.digest)


@pytest.mark.parametrize("byte", range(0, RECORD_SIZE, 3))
def test_no_byte_of_a_voucher_can_be_changed(byte: int) -> None:
    """Flip any bit, and it is not what the buyer has signed for this."""
    forged = bytearray(GOOD)
    forged[byte] ^= 1 << (byte % 8)
    with pytest.raises(ImplausibleError):
        check_voucher(TERMS, DUE, bytes(forged), now_us=NOW_US)


@pytest.mark.parametrize("now_us", [NOW_US - CLOCK_SKEW_US, NOW_US, HOLD_UNTIL_US - 1])
def test_a_voucher_is_valid_while_the_hold_lives(now_us: int) -> None:
    """From a minute before it was issued, as the ledger allows, up to its end (exclusive)."""
    check_voucher(TERMS, DUE, GOOD, now_us=now_us)


@pytest.mark.parametrize("now_us", [NOW_US - CLOCK_SKEW_US - 1, HOLD_UNTIL_US])
def test_a_voucher_out_of_its_time(now_us: int) -> None:
    """The ledger would refuse it now, so it is worth nothing now."""
    with pytest.raises(ImplausibleError, match="the record is not valid now"):
        check_voucher(TERMS, DUE, GOOD, now_us=now_us)


@pytest.mark.parametrize("size", [0, 255, 257, 512])
def test_a_voucher_has_the_size_of_a_record(size: int) -> None:
    """What is cut short, or more than one record, is not read at all."""
    for check in (read_voucher, lambda record: check_transfer(TOLL, record, NOW_US)):
        with pytest.raises(ImplausibleError, match=f"a record has 256 bytes, not {size}"):
            check(bytes(size))


def test_a_hold_of_these_terms() -> None:
    """Parties and terms make a hold ours, whatever is in it and however long."""
    assert is_hold_of(TERMS, HOLD)
    assert is_hold_of(TERMS, dataclasses.replace(HOLD, amount=1, ends_at=1))
    stranger = STRANGER.public_key
    assert not is_hold_of(TERMS, dataclasses.replace(HOLD, payer=stranger))
    assert not is_hold_of(TERMS, dataclasses.replace(HOLD, payee=stranger))
    assert not is_hold_of(TERMS, dataclasses.replace(HOLD, digest=bytes(32)))


def test_good_money_passes() -> None:
    """What fits the terms is not complained about."""
    check_hold(TERMS, HOLD)
    check_transfer(TOLL, toll_transfer(), NOW_US)
