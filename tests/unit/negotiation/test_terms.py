"""Terms: what can be agreed on at all, and the digest that binds the money to it."""

import msgspec
import pytest

from ledger_core import SUPPLY_MAX
from negotiation import Limits, Service, Terms
from tests.transcripts.cast import LIMITS, STRANGER, TERMS


def changed(**changes: object) -> Terms:
    """Return the terms with something else in them."""
    return msgspec.structs.replace(TERMS, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dialogue": bytes(15)}, "a dialogue's id has 16 bytes"),
        ({"buyer": bytes(31)}, "an account key has 32 bytes"),
        ({"seller": bytes(33)}, "an account key has 32 bytes"),
        ({"place": ""}, "a place's name has 1 to 64 characters"),
        ({"place": "x" * 65}, "a place's name has 1 to 64 characters"),
        ({"slice_amount": 0}, "slice_amount must lie between 1 and amount_max"),
        ({"slice_amount": LIMITS.amount_max + 1}, "slice_amount must lie between 1"),
        ({"start_by_us": -1}, "must not lie before start_by_us"),
        ({"hold_until_us": TERMS.start_by_us - 1}, "must not lie before start_by_us"),
    ],
)
def test_terms_that_make_no_sense(changes: dict[str, object], words: str) -> None:
    """They can not be made, so nobody has to check them again."""
    with pytest.raises(ValueError, match=words):
        changed(**changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount_max": 0}, "amount_max must lie between 1 and"),
        ({"amount_max": SUPPLY_MAX + 1}, "amount_max must lie between 1 and"),
        ({"amount_max": 1, "power_w_max": -1}, "a limit is not negative"),
        ({"amount_max": 1, "energy_wh_max": -1}, "a limit is not negative"),
        ({"amount_max": 1, "time_s_max": -1}, "a limit is not negative"),
    ],
)
def test_limits_that_make_no_sense(changes: dict[str, int], words: str) -> None:
    """A limit bounds something."""
    with pytest.raises(ValueError, match=words):
        Limits(**changes)


def test_the_digest_is_as_committed() -> None:
    """Both sides, and auditors years later, compute the same digest from the same terms."""
    digest = "ef3965c6e8327a3d044c4c2963a224bb09c546a9d340d919efa66c74a4f2990d"
    assert TERMS.digest().hex() == digest
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(TERMS), type=Terms)
    assert again.digest() == TERMS.digest()


@pytest.mark.parametrize("name", Terms.__struct_fields__)
def test_the_digest_covers_every_field(name: str) -> None:
    """Whatever differs in two agreements, their digests differ."""
    others: dict[str, object] = {
        "dialogue": bytes(16),
        "service": Service.PARK,
        "network": 8,
        "buyer": STRANGER.public_key,
        "seller": STRANGER.public_key,
        "place": "outlet 2",
        "tariff": msgspec.structs.replace(TERMS.tariff, minimum=1),
        "limits": msgspec.structs.replace(LIMITS, power_w_max=1),
        "slice_amount": 1,
        "start_by_us": 0,
        "hold_until_us": TERMS.hold_until_us + 1,
    }
    assert changed(**{name: others[name]}).digest() != TERMS.digest()


def test_which_services_run_on_hold() -> None:
    """Charging and parking are paid by vouchers, a toll at once."""
    assert [service for service in Service if service.on_hold] == [Service.CHARGE, Service.PARK]
