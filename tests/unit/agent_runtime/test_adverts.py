"""Adverts: what a key has signed is read back, and nothing else is believed."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime import Advert, AdvertError
from agent_runtime.adverts import LIFETIME_MAX_S, is_live, seal, unseal
from ledger_core import KeyPair

SELLER = KeyPair.from_seed(bytes([1] * 32))
STRANGER = KeyPair.from_seed(bytes([2] * 32))
NOW_US = 1_800_000_000_000_000
SECOND_US = 1_000_000


USUAL = Advert(
    network="test",
    agent="north",
    role="charger",
    boot=3,
    public_key=SELLER.public_key,
    endpoint="tcp://127.0.0.1:6000",
    services=("charge",),
    position_m=(1.5, -2.0),
    details={"power_w": 22_000, "plugs": ["ccs"]},
    issued_at_us=NOW_US,
    expires_at_us=NOW_US + 30 * SECOND_US,
)


def advert(**changes: object) -> Advert:
    """Return the usual advert; some of its fields may be given."""
    return msgspec.structs.replace(USUAL, **changes)


def resigned(**changes: object) -> bytes:
    """Return an advert's payload whose JSON was changed, or extended, and signed as it is."""
    envelope = msgspec.json.decode(seal(advert(), SELLER))
    text = msgspec.json.encode(msgspec.json.decode(envelope["advert"]) | changes)
    signature = SELLER.sign(text).hex()
    envelope = {"advert": text.decode(), "key": SELLER.public_key.hex(), "signature": signature}
    return msgspec.json.encode(envelope)


def test_comes_back() -> None:
    """A sealed advert is read back equal."""
    assert unseal(seal(advert(), SELLER), advert().address) == advert()


def test_the_exact_bytes_are_signed() -> None:
    """The signature is over the text as it stands, so strangers can check it with any library."""
    envelope = msgspec.json.decode(seal(advert(), SELLER))
    assert set(envelope) == {"advert", "key", "signature"}
    assert envelope["signature"] == SELLER.sign(envelope["advert"].encode()).hex()
    assert msgspec.json.decode(envelope["advert"])["public_key"] == SELLER.public_key.hex()


def test_unknown_fields_are_left_alone() -> None:
    """A later program may say more: in the advert, where it is signed, and around it."""
    assert unseal(resigned(colour="green"), advert().address) == advert()
    envelope = msgspec.json.decode(seal(advert(), SELLER)) | {"hint": [1, 2]}
    assert unseal(msgspec.json.encode(envelope), advert().address) == advert()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (resigned(version=2), "it is of version 2, this program knows 1"),
        (resigned(agent="south"), "it was signed for another topic"),
        (resigned(network="other"), "it was signed for another topic"),
        (resigned(public_key=STRANGER.public_key.hex()), "it names another key"),
        (resigned(endpoint="ipc:///tmp/x"), "'ipc:///tmp/x' is no endpoint"),
        (resigned(expires_at_us=NOW_US), "it lives for no time, or for too long"),
        (
            resigned(expires_at_us=NOW_US + (LIFETIME_MAX_S + 1) * SECOND_US),
            "it lives for no time, or for too long",
        ),
        (resigned(boot=-1), "it is no advert"),
        (resigned(services=["x"] * 17), "it is no advert"),
        (b"", "it is no advert"),
        (b"{}", "it is no advert"),
        (b"\xff\xfe", "it is no advert"),
        (b"[" * 10_000, "it is no advert"),
    ],
)
def test_others_are_not_believed(payload: bytes, reason: str) -> None:
    """Garbage, other versions, other topics and strange endpoints are refused by name."""
    with pytest.raises(AdvertError) as caught:
        unseal(payload, advert().address)
    assert str(caught.value).startswith(reason)


def test_forgeries_are_not_believed() -> None:
    """A changed text and a stranger's signature are false."""
    envelope = msgspec.json.decode(seal(advert(), SELLER))
    changed = envelope | {"advert": envelope["advert"].replace("22000", "22001")}
    stolen = envelope | {"signature": STRANGER.sign(envelope["advert"].encode()).hex()}
    for forged in (changed, stolen):
        with pytest.raises(AdvertError, match="its signature is false"):
            unseal(msgspec.json.encode(forged), advert().address)


@given(st.data())
def test_a_changed_byte_is_never_believed_otherwise(data: st.DataObject) -> None:
    """Whatever byte is changed, the advert is refused or unchanged, and nothing else is raised."""
    payload = bytearray(seal(advert(), SELLER))
    position = data.draw(st.integers(0, len(payload) - 1))
    payload[position] = data.draw(st.integers(0, 255))
    with contextlib.suppress(AdvertError):
        assert unseal(bytes(payload), advert().address) == advert()


@given(st.binary(max_size=200))
def test_garbage_is_an_advert_error(payload: bytes) -> None:
    """Any bytes at all end in the one named error."""
    with pytest.raises(AdvertError):
        unseal(payload, advert().address)


@pytest.mark.parametrize(
    ("after_s", "expected"), [(-61, False), (-60, True), (0, True), (29.9, True), (30, False)]
)
def test_lives_for_its_time(after_s: float, expected: bool) -> None:
    """An advert is believed until it expires, and a little before it was issued."""
    assert is_live(advert(), NOW_US + round(after_s * SECOND_US)) is expected
