"""What a meter has signed: passed on in a CDR, and checked where the library for it is installed.

The signed text is never altered. OCMF (S.A.F.E.) carries its payload in the clear, `OCMF|payload|
signature`; other formats are passed on as they are.
"""

import base64
import warnings
from collections.abc import Sequence
from enum import StrEnum
from types import ModuleType
from typing import Any

import msgspec

from negotiation import SignedValue

OCMF = "OCMF"
"""Name of the Open Charge Metering Format."""

VALUE_LENGTH_MAX = 5_000
"""Characters of a signed value that OCPI has room for."""

KEY_LENGTH_MAX = 512
"""Characters of a public key that OCPI has room for."""

BEGINS, ENDS = "B", "CLREPTASD"
"""Letters of OCMF's `TX`: the transaction begins, or ends for some reason."""


class SignedCheck(StrEnum):
    """What a check of a meter's signature has found."""

    GENUINE = "genuine"
    """The meter has signed exactly this."""
    FORGED = "forged"
    """It has not, or it can not be read."""
    UNCHECKED = "unchecked"
    """No key was told, the format is another, or the library is not installed (extra `ocmf`)."""


def check_signed_value(value: SignedValue) -> SignedCheck:
    """Check a meter's signature.

    Args:
        value: The signed value, with the meter's key.
    """
    if value.format.upper() != OCMF or not value.public_key:
        return SignedCheck.UNCHECKED
    try:
        import pyocmf  # an extra: whoever has no such meter does not install it

        return _check_ocmf(value, pyocmf)
    except ImportError:  # it imports its own cryptography when it is first needed
        return SignedCheck.UNCHECKED


def _check_ocmf(value: SignedValue, pyocmf: ModuleType) -> SignedCheck:
    """Check an OCMF value with the library."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about spelling that others accept as well
            key = pyocmf.PublicKey.from_string(value.public_key)
            is_genuine = pyocmf.OCMF.from_string(value.data).verify_signature(key)
    except (pyocmf.PyOCMFError, ValueError):
        return SignedCheck.FORGED
    return SignedCheck.GENUINE if is_genuine else SignedCheck.FORGED


def signed_data(values: Sequence[SignedValue]) -> dict[str, Any] | None:
    """Return signed values as OCPI's SignedData, None where there are none that it has room for.

    OCPI has one encoding for a CDR: that of the first value counts.

    Args:
        values: The values, oldest first.
    """
    fitting = [value for value in values if len(_encoded(value)) <= VALUE_LENGTH_MAX]
    if not fitting:
        return None
    same = [value for value in fitting if value.format == fitting[0].format]
    found: dict[str, Any] = {
        "encoding_method": same[0].format,
        "signed_values": [
            {
                "nature": _nature(value, is_first=index == 0, is_last=index == len(same) - 1),
                "plain_data": _plain(value),
                "signed_data": _encoded(value),
            }
            for index, value in enumerate(same)
        ],
    }
    key = same[0].public_key
    return found | ({"public_key": key} if key and len(key) <= KEY_LENGTH_MAX else {})


def _encoded(value: SignedValue) -> str:
    return base64.b64encode(value.data.encode()).decode()


def _plain(value: SignedValue) -> str:
    """Return the readable part of a value: OCMF's payload, of others the whole."""
    parts = value.data.split("|", 2)
    return parts[1] if parts[0] == OCMF and len(parts) > 1 else value.data


def _nature(value: SignedValue, *, is_first: bool, is_last: bool) -> str:
    """Return to which event a value belongs: as it says itself, else by its place."""
    mark = _transaction_mark(value)
    if mark == BEGINS:
        return "Start"
    if mark and mark in ENDS:
        return "End"
    if is_first and not is_last:
        return "Start"
    return "End" if is_last else "Intermediate"


def _transaction_mark(value: SignedValue) -> str:
    """Return `TX` of the last reading in an OCMF payload, empty where there is none."""
    if value.format.upper() != OCMF:
        return ""
    try:
        payload = msgspec.json.decode(_plain(value).encode(), type=dict[str, Any])
        reading = payload["RD"][-1]
        return str(reading.get("TX", "")) if isinstance(reading, dict) else ""
    except (msgspec.MsgspecError, KeyError, IndexError, TypeError, RecursionError):
        return ""
