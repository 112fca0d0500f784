"""What every agent is told by its settings file; each agent adds its own keys.

A frozen class per section, so that a mistake in a file is named to the key (`configuration`).
"""

from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from configuration import FilePath
from ledger_core import SUPPLY_MAX

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""A name that may stand in an MQTT topic and in a file's name."""

PublicKey = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
"""An Ed25519 public key as 64 hexadecimal digits."""

BROKER_PORT = 1883
"""Where MQTT brokers listen when nothing else is said."""

BROKER_PORT_ENCRYPTED = 8883
"""The same with TLS."""


class LedgerSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which node keeps the books."""

    endpoint: str
    """Where the node takes requests, `tcp://host:port`."""
    publish: str | None = None
    """Where it publishes events; None where nobody listens to them."""
    node_key: PublicKey
    """The node's identity; without its secret half nobody can pass for the node."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=3_600)] = 5.0
    """How long one request may take, resending included. [s]"""
    policy_file: FilePath | None = None
    """Whom the agent trusts, the log and its validators; None for the log alone."""
    final_from: Annotated[int, msgspec.Meta(ge=0, le=SUPPLY_MAX)] | None = None
    """Amount from which a settlement counts only when it is final under the policy, None: never;
    a toll is durable and never waits. [base units]"""


class BrokerSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which MQTT broker carries adverts and telemetry."""

    url: str = f"mqtt://127.0.0.1:{BROKER_PORT}"
    """`mqtt://[user:password@]host[:port]`, or `mqtts://` for TLS."""

    def __post_init__(self) -> None:
        """Refuse what is no broker's address."""
        address = urlsplit(self.url)
        try:
            is_address = address.scheme in {"mqtt", "mqtts"} and address.hostname is not None
            is_address = is_address and (address.port is None or address.port > 0)
        except ValueError:
            is_address = False
        if not is_address:
            raise ValueError("url must be mqtt://host:port, or mqtts://host:port for TLS")

    @property
    def place(self) -> str:
        """The broker's address as it may stand in a log: without user and password."""
        return f"{self.host}:{self.port}"

    @property
    def host(self) -> str:
        """The broker's host."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The broker's port, the usual one where the address names none."""
        usual = BROKER_PORT_ENCRYPTED if self.is_encrypted else BROKER_PORT
        return urlsplit(self.url).port or usual

    @property
    def is_encrypted(self) -> bool:
        """Whether the connection uses TLS."""
        return urlsplit(self.url).scheme == "mqtts"

    @property
    def user(self) -> str | None:
        """The user that the address names."""
        return urlsplit(self.url).username

    @property
    def password(self) -> str | None:
        """The password that the address names; it is never logged."""
        return urlsplit(self.url).password


class ClockSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How fast physics runs, and since when."""

    speed: Annotated[float, msgspec.Meta(gt=0, le=100_000)] = 1.0
    """Story seconds in a real second."""
    epoch_us: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Real time at which the story began; the same for all of its processes, 0 for the moment at
    which this process starts. [µs since 1970]"""


class AgentSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What every agent needs to know."""

    name: Name
    """What the agent is called in adverts, logs and reports."""
    network: Name
    """The ledger's network, and the part of the broker's topics that belongs to it."""
    key_file: FilePath
    """The agent's identity, which is also its account."""
    journal: FilePath = "journal.db"
    """Where dialogues, meter chunks and vouchers are kept."""
    receipts: FilePath = "receipts"
    """Folder in which the receipt of each finished session is kept."""
    dialogues_kept: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 10_000
    """Ended dialogues that the journal keeps; older ones are forgotten, their receipts stay."""
    seed: int = 0
    """Seed of all chance in this agent."""
    listen: Annotated[str, msgspec.Meta(pattern=r"^tcp://")] = "tcp://127.0.0.1:*"
    """Where a seller listens, the address that others reach it at; `*` is any free port."""
    ledger: LedgerSettings
    """Which node keeps the books."""
    broker: BrokerSettings = BrokerSettings()
    """Which broker carries adverts and telemetry."""
    clock: ClockSettings = ClockSettings()
    """How fast physics runs."""
    home_assistant: bool = False
    """Whether Home Assistant is told of the agent, for people to look at; it can not command it."""
