"""Adverts: what an agent offers, where, and with which key it will prove itself there.

On the wire an advert is signed over its exact bytes, so that readers of other versions can check
what they do not wholly understand::

    {"advert": "<JSON text>", "key": "<hex>", "signature": "<hex>"}

The advert's key is the identity: the agent's name is only what people call it.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from agent_runtime.errors import AdvertError, EndpointError
from agent_runtime.settings import Name, PublicKey
from agent_runtime.topics import VERSION, Address
from agent_runtime.transport import check_endpoint
from ledger_core import KeyPair, verify_signature

LIFETIME_S = 30
"""How long an advert is believed; it is published anew each third of it. [s]"""

LIFETIME_MAX_S = 3_600
"""An advert that asks to be believed for longer is not. [s]"""

CLOCK_SKEW_S = 60
"""How much an advertiser's clock may be ahead of the reader's, as on the ledger. [s]"""

SERVICES_MAX = 16
"""Services in one advert; we know three."""

SECOND_US = 1_000_000
"""Microseconds in a second."""

_Time = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]
_Signature = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]


class Advert(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent offers."""

    network: str
    """The ledger's network."""
    agent: str
    """The agent's name."""
    role: str
    """What it is."""
    boot: int
    """Number of its start; an advert of an earlier one is stale."""
    public_key: bytes
    """Its identity and account, 32 bytes; its socket proves it."""
    endpoint: str
    """Where it takes calls."""
    services: tuple[str, ...]
    """What it sells."""
    position_m: tuple[float, float]
    """Where it is on the story's map. [m]"""
    details: dict[str, Any]
    """What its kind of agent says besides."""
    issued_at_us: int
    """When it was signed. [µs since 1970]"""
    expires_at_us: int
    """When it is not believed any more, exclusive. [µs since 1970]"""

    @property
    def address(self) -> Address:
        """Whose topic it belongs to."""
        return Address(self.network, self.role, self.agent)


class _Text(msgspec.Struct, frozen=True, kw_only=True):
    """An advert as JSON; unknown keys are left alone, for versions that say more."""

    version: int
    network: Name
    agent: Name
    role: Name
    boot: _Time
    public_key: PublicKey
    endpoint: Annotated[str, msgspec.Meta(max_length=300)]
    services: Annotated[tuple[str, ...], msgspec.Meta(max_length=SERVICES_MAX)]
    position_m: tuple[float, float]
    details: dict[str, Any] = {}
    issued_at_us: _Time
    expires_at_us: _Time


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A signed text."""

    advert: str
    key: PublicKey
    signature: _Signature


def seal(advert: Advert, key_pair: KeyPair) -> bytes:
    """Return an advert as it is published.

    Args:
        advert: What to say.
        key_pair: Who says it: the key that the advert names.
    """
    assert advert.public_key == key_pair.public_key, "an advert is signed by its own key"
    fields = {**msgspec.structs.asdict(advert), "public_key": advert.public_key.hex()}
    text = msgspec.json.encode(_Text(version=VERSION, **fields))
    envelope = _Envelope(
        advert=text.decode(), key=key_pair.public_key.hex(), signature=key_pair.sign(text).hex()
    )
    return msgspec.json.encode(envelope)


def unseal(payload: bytes, address: Address) -> Advert:
    """Return the advert that a payload holds, if its own key has signed it for this topic.

    Args:
        payload: What was published.
        address: Whose topic it was published on.

    Raises:
        AdvertError: It is garbage, forged, of another version or agent, or not to be dialled.
    """
    try:
        envelope = msgspec.json.decode(payload, type=_Envelope)
        text = msgspec.json.decode(envelope.advert, type=_Text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise AdvertError(f"it is no advert: {error}") from error
    if text.version != VERSION:
        raise AdvertError(f"it is of version {text.version}, this program knows {VERSION}")
    if text.public_key != envelope.key:
        raise AdvertError("it names another key than the one that has signed it")
    _check_signature(envelope)
    fields = {**msgspec.structs.asdict(text), "public_key": bytes.fromhex(text.public_key)}
    del fields["version"]
    advert = Advert(**fields)
    if advert.address != address:
        raise AdvertError("it was signed for another topic")
    if not 0 < advert.expires_at_us - advert.issued_at_us <= LIFETIME_MAX_S * SECOND_US:
        raise AdvertError("it lives for no time, or for too long")
    try:
        check_endpoint(advert.endpoint)
    except EndpointError as error:
        raise AdvertError(str(error)) from error
    return advert


def is_live(advert: Advert, now_us: int) -> bool:
    """Say whether an advert is believed at a time.

    Args:
        advert: The advert.
        now_us: The time. [µs since 1970]
    """
    return advert.issued_at_us - CLOCK_SKEW_S * SECOND_US <= now_us < advert.expires_at_us


def _check_signature(envelope: _Envelope) -> None:
    """Refuse what the named key has not signed."""
    parts = (
        bytes.fromhex(envelope.key),
        envelope.advert.encode(),
        bytes.fromhex(envelope.signature),
    )
    if not verify_signature(*parts):
        raise AdvertError("its signature is false")


Details = Mapping[str, Any]
"""What a kind of agent says besides, ready for JSON."""
