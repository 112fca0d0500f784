"""Who is there: the adverts that are believed now, from whatever strangers have published.

Pure: it is told topics, payloads and the time. Everything on a broker may come twice, late, out of
order or from anybody; only what its own key has signed becomes an advert, and a state, which nobody
signs, can hide an advert but never make one.
"""

import msgspec

from agent_runtime.adverts import Advert, is_live, unseal
from agent_runtime.errors import AdvertError
from agent_runtime.topics import MANNERS, Address, TopicKind, parse_topic

ADVERTS_MAX = 10_000
"""Adverts that are remembered, some tens of megabytes; a city has hundreds of sellers."""

ABSENT_MAX = 10_000
"""Agents that are remembered as gone."""


class AgentState(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent, or its last will, says on its state topic."""

    online: bool
    """Whether it is there."""
    boot: int
    """Number of the start that this is said of: a will may come after the next start."""
    status: str = ""
    """What it does, for people."""


def read_state(payload: bytes) -> AgentState | None:
    """Return the state that a payload holds, None if it holds none.

    Args:
        payload: What was published.
    """
    if len(payload) > MANNERS[TopicKind.STATE].payload_size_max:
        return None
    try:
        return msgspec.json.decode(payload, type=AgentState)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


class Directory:
    """The adverts that are believed now.

    Args:
        network: Only adverts of this network are read.
    """

    def __init__(self, network: str) -> None:
        self._network = network
        self._adverts: dict[bytes, Advert] = {}
        self._absent: dict[Address, int] = {}
        self.refused = 0
        """Adverts that were not believed: forged, garbage, stale or too many."""

    def live(self, now_us: int) -> dict[bytes, Advert]:
        """Return the adverts that are believed at a time, by public key.

        Args:
            now_us: The time. [µs since 1970]
        """
        return {
            key: advert
            for key, advert in self._adverts.items()
            if is_live(advert, now_us) and self._absent.get(advert.address, -1) < advert.boot
        }

    def hear(self, topic: str, payload: bytes, now_us: int) -> bool:
        """Take in what was published; return whether who is there may have changed.

        Args:
            topic: Where.
            payload: What.
            now_us: The time. [µs since 1970]
        """
        found = parse_topic(topic)
        if found is None or found[0].network != self._network:
            return False
        address, kind = found
        if kind is TopicKind.STATE:
            return self._hear_state(address, payload)
        if kind is TopicKind.ADVERT:
            return self._hear_advert(address, payload, now_us)
        return False

    def _hear_advert(self, address: Address, payload: bytes, now_us: int) -> bool:
        """Take in an advert, or its end."""
        if not payload:
            ended = [key for key, advert in self._adverts.items() if advert.address == address]
            for key in ended:
                del self._adverts[key]
            return bool(ended)
        try:
            advert = self._believed(address, payload, now_us)
        except AdvertError:
            self.refused += 1
            return False
        self._adverts[advert.public_key] = advert
        return True

    def _believed(self, address: Address, payload: bytes, now_us: int) -> Advert:
        """Return the advert that a payload holds, if it is signed, of now, and the newest."""
        if len(payload) > MANNERS[TopicKind.ADVERT].payload_size_max:
            raise AdvertError("it is too large")
        advert = unseal(payload, address)
        if not is_live(advert, now_us):
            raise AdvertError("it has expired, or is from the future")
        known = self._adverts.get(advert.public_key)
        if known is not None and is_live(known, now_us) and _age(advert) < _age(known):
            raise AdvertError("a newer one is known")
        if known is None and len(self._adverts) >= ADVERTS_MAX:
            self._forget_expired(now_us)
        if known is None and len(self._adverts) >= ADVERTS_MAX:
            raise AdvertError("too many are known")
        return advert

    def _forget_expired(self, now_us: int) -> None:
        """Make room."""
        self._adverts = {k: a for k, a in self._adverts.items() if is_live(a, now_us)}

    def _hear_state(self, address: Address, payload: bytes) -> bool:
        """Take in that an agent is there, or gone."""
        state = read_state(payload)
        if state is None:
            return False
        if state.online:
            newest = max(
                (a.boot for a in self._adverts.values() if a.address == address), default=0
            )
            if state.boot < newest:
                return False  # of an earlier start
            return self._absent.pop(address, None) is not None
        if len(self._absent) >= ABSENT_MAX:
            del self._absent[next(iter(self._absent))]
        self._absent[address] = max(state.boot, self._absent.pop(address, state.boot))
        return True


def _age(advert: Advert) -> tuple[int, int]:
    """Return what orders the adverts of one key."""
    return advert.boot, advert.issued_at_us
