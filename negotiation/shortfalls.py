"""Shortfalls: the proof that a buyer took back what it had vouched for.

The ledger asks who has signed a SETTLE, not who hands it in. So a payer can close its hold itself,
over less than it has vouched for, and the seller's better voucher comes too late. The two records
convict it: both are signed by its key and pay out of one hold, and the one on the ledger pays less.
Anybody can check that with nothing but the two, and look up which of them the ledger has.
"""

from typing import Final, Literal, Self

import msgspec
import numpy as np

from ledger_core import RECORD_SIZE, Kind, Records, parse_records, signed_parts, verify_batch
from negotiation.errors import ShortfallError

SHORTFALL_SIZE_MAX = 4_096
"""Length of a shortfall that is read: it holds two records in Base64, 800 characters. [bytes]"""

SHARED = ("version", "network", "issuer", "target")
"""Fields in which the two records agree."""

FORMAT: Final = "tangleway.shortfall/1"
"""Name of the format; a change that old programs would misread gets another number."""


class Shortfall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A voucher, and the smaller SETTLE that closed its hold."""

    format: Literal["tangleway.shortfall/1"] = FORMAT
    """The format's name."""
    voucher: bytes
    """The SETTLE that the buyer handed to the seller, 256 bytes."""
    settle: bytes
    """The SETTLE that closed the hold on the ledger, 256 bytes."""

    @property
    def buyer(self) -> bytes:
        """The key that has signed both, 32 bytes."""
        return bytes(self._fields[0]["issuer"].tobytes())

    @property
    def amount(self) -> int:
        """What was vouched for and not paid. [base units]"""
        voucher, settle = self._fields
        return int(voucher["amount"]) - int(settle["amount"])

    @property
    def _fields(self) -> Records:
        return np.concatenate([parse_records(self.voucher), parse_records(self.settle)])

    def check(self) -> None:
        """Check that it proves what it says; whether the ledger has the SETTLE is looked up there.

        Raises:
            ShortfallError: The two records do not convict their signer.
        """
        if not len(self.voucher) == len(self.settle) == RECORD_SIZE:
            raise ShortfallError(f"A shortfall is told by two records of {RECORD_SIZE} bytes.")
        both = self._fields
        if set(both["kind"].tolist()) != {int(Kind.SETTLE)}:
            raise ShortfallError("Only two SETTLE records tell of a shortfall.")
        if any(both[field][0].tobytes() != both[field][1].tobytes() for field in SHARED):
            raise ShortfallError("The two records are not of one payer, hold and network.")
        if not verify_batch(both["issuer"], signed_parts(both), both["signature"]).all():
            raise ShortfallError("One of the two records is not signed by the payer.")
        if self.amount <= 0:
            raise ShortfallError("The hold was not closed below what was vouched for.")

    def encode(self) -> bytes:
        """Return it as it is written to a file: one line of JSON."""
        return msgspec.json.encode(self) + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read one and check it.

        Raises:
            ShortfallError: It is none, or proves nothing.
        """
        if len(data) > SHORTFALL_SIZE_MAX:
            raise ShortfallError(f"A shortfall has at most {SHORTFALL_SIZE_MAX} bytes.")
        try:
            shortfall = msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ShortfallError(f"This tells of no shortfall: {error}.") from error
        shortfall.check()
        return shortfall
