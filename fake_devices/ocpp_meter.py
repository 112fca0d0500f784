"""Signed meter values: a session's two readings as OCMF, signed by the meter's own key."""

import json
from typing import Any

from fake_devices.meter_signature import MeterKey
from fake_devices.ocpp_connector import Transaction

SIGNING_METHOD = "ECDSA-secp256r1-SHA256"
"""How it signs, in OCMF's words; most meters of this kind do so."""


class MeterSeal:
    """The seal of a meter.

    Args:
        serial: The meter's serial number.
    """

    def __init__(self, serial: str) -> None:
        self._key = MeterKey(serial)
        self._serial = serial
        self._page = 0

    @property
    def public_key(self) -> str:
        """The meter's public key, as OCMF tools take it. [hex of DER]"""
        return self._key.public_key.hex()

    def sign_session(self, transaction: Transaction, *, until_wh: int, at: str) -> str:
        """Return one OCMF record with the readings at both ends of a transaction.

        Args:
            transaction: Whose.
            until_wh: The register at its end. [Wh]
            at: Its end, as a date.
        """
        self._page += 1
        readings = (("B", transaction.began_wh, transaction.began_at), ("E", until_wh, at))
        payload = {
            "FV": "1.0",
            "GI": "Tangleway fake",
            "GS": self._serial,
            "GV": "1.0",
            "PG": f"T{self._page}",
            "MV": "Tangleway",
            "MM": "Fake",
            "MS": self._serial,
            "IS": True,
            "IL": "VERIFIED",
            "IF": ["OCPP_AUTH"],
            "IT": "CENTRAL",
            "ID": transaction.id_tag,
            "RD": [_reading(kind, energy_wh, date) for kind, energy_wh, date in readings],
        }
        text = json.dumps(payload, separators=(",", ":"))
        signature = self._key.sign(text.encode()).hex()
        seal = json.dumps({"SA": SIGNING_METHOD, "SD": signature})
        return f"OCMF|{text}|{seal}"


def _reading(kind: str, energy_wh: int, date: str) -> dict[str, Any]:
    """Return a reading in OCMF's words: its dates have a comma and say how the clock was set."""
    return {
        "TM": date.replace(".", ",").replace("Z", "+0000") + " S",
        "TX": kind,
        "RV": energy_wh / 1_000,
        "RI": "1-b:1.8.0",
        "RU": "kWh",
        "ST": "G",
    }
