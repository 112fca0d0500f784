"""Who is there: retained messages come late, twice and from anybody, and still add up."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime import Advert, Directory, TopicKind
from agent_runtime.adverts import seal
from agent_runtime.directory import ABSENT_MAX, AgentState, read_state
from ledger_core import KeyPair
from tests.unit.agent_runtime.test_adverts import NOW_US, SECOND_US, SELLER, STRANGER, advert

ADVERT = advert().address.topic(TopicKind.ADVERT)
STATE = advert().address.topic(TopicKind.STATE)


def state(*, online: bool, boot: int) -> bytes:
    """Return a state's payload."""
    return msgspec.json.encode(AgentState(online=online, boot=boot))


def directory(*heard: Advert) -> Directory:
    """Return a directory that has heard some adverts."""
    found = Directory("test")
    for each in heard:
        key_pair = SELLER if each.public_key == SELLER.public_key else STRANGER
        assert found.hear(each.address.topic(TopicKind.ADVERT), seal(each, key_pair), NOW_US)
    return found


def test_an_advert_lives_until_it_expires() -> None:
    """A signed advert is there, and gone when its time is over."""
    found = directory(advert())
    assert found.live(NOW_US) == {SELLER.public_key: advert()}
    assert found.live(NOW_US + 30 * SECOND_US) == {}


def test_duplicates_change_nothing() -> None:
    """A broker may send a retained advert twice, as amqtt does."""
    found = directory(advert(), advert())
    assert found.live(NOW_US) == {SELLER.public_key: advert()}


def test_an_older_advert_does_not_replace_a_newer() -> None:
    """Neither one of an earlier start nor one signed earlier comes back."""
    newest = advert(boot=4, issued_at_us=NOW_US + 1)
    found = directory(newest)
    for old in (advert(boot=3, issued_at_us=NOW_US + 2), advert(boot=4, issued_at_us=NOW_US)):
        assert not found.hear(ADVERT, seal(old, SELLER), NOW_US)
    assert found.live(NOW_US) == {SELLER.public_key: newest}
    assert found.refused == 2


def test_a_seller_that_lost_its_journal_comes_back() -> None:
    """Boots that begin anew are believed once the old advert has expired."""
    found = directory(advert(boot=9))
    later_us = NOW_US + 31 * SECOND_US
    again = advert(boot=1, issued_at_us=later_us, expires_at_us=later_us + 30 * SECOND_US)
    found.hear(STATE, state(online=False, boot=9), NOW_US)
    found.hear(ADVERT, seal(again, SELLER), later_us)
    found.hear(STATE, state(online=True, boot=1), later_us)
    assert found.live(later_us) == {SELLER.public_key: again}


def test_a_will_hides_the_advert() -> None:
    """An agent that has vanished is not there, whichever of the two messages comes first."""
    found = directory(advert())
    assert found.hear(STATE, state(online=False, boot=3), NOW_US)
    assert found.live(NOW_US) == {}
    other = Directory("test")
    other.hear(STATE, state(online=False, boot=3), NOW_US)
    other.hear(ADVERT, seal(advert(), SELLER), NOW_US)
    assert other.live(NOW_US) == {}
    other.hear(STATE, state(online=True, boot=3), NOW_US)
    assert other.live(NOW_US) == {SELLER.public_key: advert()}


def test_a_late_will_is_ignored() -> None:
    """The will of an earlier start does not hide what this start offers."""
    found = directory(advert(boot=3))
    found.hear(STATE, state(online=True, boot=3), NOW_US)
    found.hear(STATE, state(online=False, boot=2), NOW_US)
    assert found.live(NOW_US) == {SELLER.public_key: advert(boot=3)}
    found.hear(STATE, state(online=False, boot=3), NOW_US)
    found.hear(STATE, state(online=False, boot=2), NOW_US)
    assert found.live(NOW_US) == {}, "a late will does not take the newer one back"


def test_a_stale_greeting_does_not_undo_a_will() -> None:
    """A state of an earlier start does not bring back what has vanished since."""
    found = directory(advert(boot=3))
    found.hear(STATE, state(online=False, boot=3), NOW_US)
    assert not found.hear(STATE, state(online=True, boot=2), NOW_US)
    assert found.live(NOW_US) == {}


def test_a_cleared_advert_is_gone() -> None:
    """An empty retained payload ends the advert."""
    found = directory(advert())
    assert found.hear(ADVERT, b"", NOW_US)
    assert found.live(NOW_US) == {}
    assert not found.hear(ADVERT, b"", NOW_US)


def test_names_are_not_identities() -> None:
    """A stranger who takes a seller's name does not push the seller out: both keys are there."""
    stolen = advert(public_key=STRANGER.public_key, boot=99)
    found = directory(advert(), stolen)
    assert found.live(NOW_US) == {SELLER.public_key: advert(), STRANGER.public_key: stolen}


def test_other_networks_and_topics_are_left_alone() -> None:
    """Only adverts and states of this network are read."""
    found = Directory("other")
    assert not found.hear(ADVERT, seal(advert(), SELLER), NOW_US)
    assert not found.hear("tangleway/1/test", b"", NOW_US)
    telemetry = advert().address.topic(TopicKind.TELEMETRY)
    assert not Directory("test").hear(telemetry, b"{}", NOW_US)
    assert found.live(NOW_US) == {}


def test_expired_and_future_adverts_are_not_taken() -> None:
    """What is over, or not yet to be, is refused on arrival."""
    found = Directory("test")
    payload = seal(advert(), SELLER)
    assert not found.hear(ADVERT, payload, NOW_US + 30 * SECOND_US)
    assert not found.hear(ADVERT, payload, NOW_US - 61 * SECOND_US)
    assert found.refused == 2


def test_a_large_advert_is_not_read() -> None:
    """A payload over the limit is refused before it is parsed."""
    found = Directory("test")
    assert not found.hear(ADVERT, seal(advert(details={"x": "y" * 20_000}), SELLER), NOW_US)
    assert not found.hear(STATE, state(online=False, boot=1) + b" " * 2_000, NOW_US)
    assert (found.live(NOW_US), found.refused) == ({}, 1)


def test_a_flood_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """When too many are known, newcomers wait until others have expired; the known stay."""
    monkeypatch.setattr("agent_runtime.directory.ADVERTS_MAX", 2)
    keys = [KeyPair.from_seed(bytes([number] * 32)) for number in (3, 4, 5)]
    found = Directory("test")
    for key in keys:
        found.hear(ADVERT, seal(advert(public_key=key.public_key), key), NOW_US)
    assert set(found.live(NOW_US)) == {key.public_key for key in keys[:2]}
    later_us = NOW_US + 31 * SECOND_US
    fresh = advert(
        public_key=keys[2].public_key,
        issued_at_us=later_us,
        expires_at_us=later_us + 30 * SECOND_US,
    )
    assert found.hear(ADVERT, seal(fresh, keys[2]), later_us)
    assert set(found.live(later_us)) == {keys[2].public_key}


def test_a_flood_of_wills_is_bounded() -> None:
    """Wills of agents that never were fill no memory."""
    found = directory(advert())
    for number in range(ABSENT_MAX + 10):
        topic = f"tangleway/1/test/charger/agent{number}/state"
        found.hear(topic, state(online=False, boot=1), NOW_US)
    assert len(found._absent) == ABSENT_MAX
    assert found.live(NOW_US) == {SELLER.public_key: advert()}


@given(
    st.sampled_from([ADVERT, STATE]),
    st.binary(max_size=80) | st.text(max_size=40).map(lambda text: f'{{"{text}":1}}'.encode()),
)
def test_garbage_changes_nothing(topic: str, payload: bytes) -> None:
    """Whatever strangers publish, the directory neither fails nor believes it."""
    found = directory(advert())
    found.hear(topic, payload, NOW_US)
    if payload or topic == STATE:
        assert found.live(NOW_US) == {SELLER.public_key: advert()}


def test_states_are_read() -> None:
    """A state with unknown fields is read, one without boot is not."""
    assert read_state(b'{"online":true,"boot":2,"more":[]}') == AgentState(online=True, boot=2)
    for payload in (b'{"online":true}', b"", b'"online"', b"[" * 1_000, b"\xff"):
        assert read_state(payload) is None
