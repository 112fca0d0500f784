"""Finished sessions as records that neighbours read: OCPI's CDRs, APDS' parking sessions.

Pure: what an agent's journal remembers of a dialogue goes in, plain values ready for JSON come out.

- `FinishedSession` is what one session comes to, read from a dialogue's `Memory`;
- `Money` turns base units into a currency, in decimal digits and never by a float;
- `charge_records` writes OCPI 2.3.0 CDRs, credit CDRs included; `parking_sessions` writes APDS
  sessions with segments; what both must know besides stands in `RecordSettings`;
- `check_signed_value` checks a meter's own signature, where the library for it is installed.

The shapes follow the specifications; no file of theirs is in here.
"""

from session_records.apds import parking_session
from session_records.errors import RecordSettingsError
from session_records.finished import FinishedSession
from session_records.money import Money
from session_records.ocpi import charge_records
from session_records.settings import (
    LocationSettings,
    OutletRecord,
    ParkingRecord,
    RecordSettings,
    TaxSettings,
)
from session_records.signed_values import SignedCheck, check_signed_value

__all__ = [
    "FinishedSession",
    "LocationSettings",
    "Money",
    "OutletRecord",
    "ParkingRecord",
    "RecordSettings",
    "RecordSettingsError",
    "SignedCheck",
    "TaxSettings",
    "charge_records",
    "check_signed_value",
    "parking_session",
]
