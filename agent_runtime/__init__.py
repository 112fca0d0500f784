"""What agents stand on: the only package of theirs that touches sockets, brokers, clocks, disks.

An agent is a class that takes its settings and a `Runtime` and has `async run()`. All it knows of
the world comes through the runtime's ports, so the same agent runs live, in a test, and simulated
in one process on virtual time:

- *time*: `Clock` (real and story time); `SystemClock`, and `ManualClock` for tests.
- *frames to other agents*: `Transport`, `Listener`, `Connection`; `ZmqTransport` (CURVE always) and
  `MemoryTransport`.
- *who is there*: `Discovery` over a `Link` to a broker; `BrokerLink` (MQTT) and `MemoryLink`.
  `Advert` is what is found, `Telemetry` what is told to whoever watches (`watch_network`),
  `embedded_broker` a broker for those who have none.
- *a driver's device behind a broker*: `DeviceLink`, which queues no command and retains none.
- *what survives a crash*: `Journal`; `SqlJournal` and `MemoryJournal`; `read_sessions` for others.
- *money*: `LedgerPort` is a node as agents see it, `Wallet` an account with its key, `Proofs` what
  is final and shown to be so. `ReceiptFolder` and `MemoryReceipts` keep what proves each session.
- *dialogues*: `sell` and a `Trade` for sellers (`SellerDesk` behind it; `Deadlines`, `terms_for`,
  `kept_until_s`, `RecentOffers`, `ServiceTime` for its offers and bills); `BuyerDesk` and its
  `Deal`s for buyers.

`open_runtime` opens the live ports, `run_agents` is the whole of an agent's process.
"""

from typing import TYPE_CHECKING

from agent_runtime.adverts import Advert
from agent_runtime.aftercare import Finality, ReceiptNote, ReceiptState
from agent_runtime.broker import embedded_broker
from agent_runtime.broker_link import BrokerLink
from agent_runtime.buying import BuyerDesk
from agent_runtime.clock import Clock, ManualClock, SystemClock, settle
from agent_runtime.deadlines import Deadlines, kept_until_s, terms_for
from agent_runtime.deal import Deal
from agent_runtime.device_link import DeviceLink
from agent_runtime.device_messages import Message
from agent_runtime.directory import Directory
from agent_runtime.discovery import Discovery
from agent_runtime.driver_loading import find_driver
from agent_runtime.errors import (
    AdvertError,
    BrokerUnavailableError,
    ConnectionClosedError,
    DeliveryOverError,
    DeviceUnansweredError,
    EndpointError,
    EndpointInUseError,
    FrameTooLargeError,
    JournalDamagedError,
    JournalUnavailableError,
    JournalVersionError,
    LedgerAwayError,
    LinkDownError,
    NetworkMismatchError,
    PaymentRefusedError,
    PeerUnreachableError,
    ReceiptUnwritableError,
)
from agent_runtime.journal import (
    NO_NOTES,
    Entry,
    Journal,
    JournalChunk,
    JournalMessage,
    JournalVoucher,
)
from agent_runtime.ledger_checks import LedgerChecks
from agent_runtime.ledger_port import Account, Answer, HoldStatus, LedgerPort, Transaction
from agent_runtime.link import Hear, Link, matches
from agent_runtime.main import (
    AgentKind,
    announce,
    report_failure,
    run_agents,
    run_all,
    set_up_logging,
)
from agent_runtime.memory_journal import MemoryJournal
from agent_runtime.memory_link import MemoryBroker, MemoryLink
from agent_runtime.memory_transport import (
    MemoryConnection,
    MemoryListener,
    MemoryNetwork,
    MemoryTransport,
)
from agent_runtime.presence import Presence
from agent_runtime.proofs import Proofs
from agent_runtime.receipt_store import MemoryReceipts, ReceiptFolder, ReceiptStore
from agent_runtime.recent_offers import RecentOffers
from agent_runtime.runtime import EarlyPorts, Runtime, open_runtime
from agent_runtime.selling import SellerDesk, sell
from agent_runtime.service_time import ServiceTime
from agent_runtime.settings import (
    AgentSettings,
    BrokerSettings,
    ClockSettings,
    LedgerSettings,
    Name,
)
from agent_runtime.side_by_side import end_tasks, until_one_ends
from agent_runtime.telemetry import News, Telemetry
from agent_runtime.topics import Address, TopicKind, parse_topic, subscription
from agent_runtime.trade import Trade
from agent_runtime.transport import FRAME_SIZE_MAX, Connection, Listener, Transport
from agent_runtime.wallet import Wallet
from agent_runtime.watching import BrokerNews, watch_network, watch_telemetry
from agent_runtime.zmq_transport import ZmqTransport

if TYPE_CHECKING:
    from agent_runtime.sql_journal import SqlJournal, read_sessions

__all__ = [
    "FRAME_SIZE_MAX",
    "NO_NOTES",
    "Account",
    "Address",
    "Advert",
    "AdvertError",
    "AgentKind",
    "AgentSettings",
    "Answer",
    "BrokerLink",
    "BrokerNews",
    "BrokerSettings",
    "BrokerUnavailableError",
    "BuyerDesk",
    "Clock",
    "ClockSettings",
    "Connection",
    "ConnectionClosedError",
    "Deadlines",
    "Deal",
    "DeliveryOverError",
    "DeviceLink",
    "DeviceUnansweredError",
    "Directory",
    "Discovery",
    "EarlyPorts",
    "EndpointError",
    "EndpointInUseError",
    "Entry",
    "Finality",
    "FrameTooLargeError",
    "Hear",
    "HoldStatus",
    "Journal",
    "JournalChunk",
    "JournalDamagedError",
    "JournalMessage",
    "JournalUnavailableError",
    "JournalVersionError",
    "JournalVoucher",
    "LedgerAwayError",
    "LedgerChecks",
    "LedgerPort",
    "LedgerSettings",
    "Link",
    "LinkDownError",
    "Listener",
    "ManualClock",
    "MemoryBroker",
    "MemoryConnection",
    "MemoryJournal",
    "MemoryLink",
    "MemoryListener",
    "MemoryNetwork",
    "MemoryReceipts",
    "MemoryTransport",
    "Message",
    "Name",
    "NetworkMismatchError",
    "News",
    "PaymentRefusedError",
    "PeerUnreachableError",
    "Presence",
    "Proofs",
    "ReceiptFolder",
    "ReceiptNote",
    "ReceiptState",
    "ReceiptStore",
    "ReceiptUnwritableError",
    "RecentOffers",
    "Runtime",
    "SellerDesk",
    "ServiceTime",
    "SqlJournal",
    "SystemClock",
    "Telemetry",
    "TopicKind",
    "Trade",
    "Transaction",
    "Transport",
    "Wallet",
    "ZmqTransport",
    "announce",
    "embedded_broker",
    "end_tasks",
    "find_driver",
    "kept_until_s",
    "matches",
    "open_runtime",
    "parse_topic",
    "read_sessions",
    "report_failure",
    "run_agents",
    "run_all",
    "sell",
    "set_up_logging",
    "settle",
    "subscription",
    "terms_for",
    "until_one_ends",
    "watch_network",
    "watch_telemetry",
]


def __getattr__(name: str) -> object:
    """Load the journal's database when somebody asks for it: 25 MB, which watchers do not need."""
    if name in {"SqlJournal", "read_sessions"}:
        from agent_runtime import sql_journal

        return getattr(sql_journal, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
