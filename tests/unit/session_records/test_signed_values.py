"""A meter's signature is checked by a library that is not ours, and its words are passed on."""

import base64
import hashlib
import json
import sys

import pytest

from negotiation import SignedValue
from session_records import SignedCheck, check_signed_value
from session_records.signed_values import signed_data

PAYLOAD = json.dumps(
    {
        "FV": "1.0",
        "GI": "TANGLEWAY",
        "GS": "1",
        "PG": "T1",
        "MV": "ACME",
        "MS": "M-1",
        "IS": True,
        "IF": [],
        "IT": "NONE",
        "RD": [
            {
                "TM": "2027-01-01T09:00:00,000+0000 S",
                "TX": "B",
                "RV": 1.0,
                "RI": "1-b:1.8.0",
                "RU": "kWh",
                "ST": "G",
            }
        ],
    },
    separators=(",", ":"),
)
"""A reading in the Open Charge Metering Format."""


@pytest.fixture(scope="module")
def genuine() -> SignedValue:
    """Return a reading that a meter has signed."""
    pytest.importorskip("pyocmf")
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.derive_private_key(int(hashlib.sha256(b"meter").hexdigest(), 16) >> 1, ec.SECP256R1())
    signature = key.sign(PAYLOAD.encode(), ec.ECDSA(hashes.SHA256())).hex()
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = json.dumps({"SA": "ECDSA-secp256r1-SHA256", "SD": signature})
    return SignedValue(
        format="OCMF", data=f"OCMF|{PAYLOAD}|{signed}", public_key=base64.b64encode(public).decode()
    )


def changed(value: SignedValue, **fields: str) -> SignedValue:
    """Return a value with other fields."""
    return SignedValue(
        **{
            "format": value.format,
            "data": value.data,
            "public_key": value.public_key,
            **fields,
        }
    )


def test_a_genuine_value_is_recognised(genuine: SignedValue) -> None:
    """The key belongs to the signature, and the signature to the words."""
    assert check_signed_value(genuine) is SignedCheck.GENUINE


@pytest.mark.parametrize("old", ['"RV":1.0', "OCMF|", "ACME", '"SD": "30'])
def test_an_altered_value_is_recognised(genuine: SignedValue, old: str) -> None:
    """One other character, anywhere, and it is not what the meter has signed."""
    new = old[:-1] + chr(ord(old[-1]) ^ 1)
    altered = changed(genuine, data=genuine.data.replace(old, new, 1))
    assert altered != genuine
    assert check_signed_value(altered) is SignedCheck.FORGED


def test_a_wrong_key_is_recognised(genuine: SignedValue) -> None:
    """What is no key can not have signed it."""
    assert check_signed_value(changed(genuine, public_key="ab12")) is SignedCheck.FORGED


def test_what_can_not_be_checked_is_told(
    genuine: SignedValue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key, another format, or no library: nobody claims to have checked it."""
    assert check_signed_value(changed(genuine, public_key="")) is SignedCheck.UNCHECKED
    assert check_signed_value(changed(genuine, format="EDL")) is SignedCheck.UNCHECKED
    monkeypatch.setitem(sys.modules, "pyocmf", None)
    assert check_signed_value(genuine) is SignedCheck.UNCHECKED


def test_values_are_placed_in_the_session() -> None:
    """By their own mark where they have one, else by their order; one format counts."""
    values = [
        SignedValue(format="EDL", data="first"),
        SignedValue(format="Alfen", data="of another kind"),
        SignedValue(format="EDL", data="x" * 4_000),
        SignedValue(format="EDL", data="between"),
        SignedValue(format="EDL", data="last"),
    ]
    found = signed_data(values)
    assert found is not None
    assert found["encoding_method"] == "EDL"
    assert [(each["nature"], each["plain_data"]) for each in found["signed_values"]] == [
        ("Start", "first"),
        ("Intermediate", "between"),
        ("End", "last"),
    ]
    assert base64.b64decode(found["signed_values"][0]["signed_data"]) == b"first"


def test_nothing_signed_is_nothing_told() -> None:
    """No value, or none that there is room for."""
    assert signed_data([]) is None
    assert signed_data([SignedValue(format="EDL", data="x" * 4_000)]) is None


@pytest.mark.parametrize(
    "payload", ["", "{}", '{"RD":[]}', '{"RD":7}', '{"RD":["x"]}', "[" * 9_999]
)
def test_unreadable_payloads_are_passed_on(payload: str) -> None:
    """What we can not read, somebody else may."""
    found = signed_data([SignedValue(format="OCMF", data=f"OCMF|{payload[:2_000]}|x")])
    assert found is not None
    assert found["signed_values"][0]["nature"] == "End"
