"""The errors of this package, by whose fault they are; the roots stand in `ledger_core`.

```
InputError
├── EndpointError            not an endpoint that this transport knows
├── AdvertError              a published advert is not to be believed
├── FrameTooLargeError       a message over the limit was given to send
├── NetworkMismatchError     the node keeps the books of another network
└── JournalVersionError      the journal was written by a newer program
UnavailableError
├── EndpointInUseError       something else listens there already
├── PeerUnreachableError     no encrypted connection came about in time
├── ConnectionClosedError    the socket was closed while somebody still waited on it
├── LedgerAwayError          the node gave no answer until the deadline
├── DeviceFailedError        a device of a trade did not do what it was asked, or not in time
├── LinkDownError            the broker between a driver and its device is away
├── DeviceUnansweredError    a device gave no answer over the broker in time
├── JournalUnavailableError  the journal's file is locked, full or not writable
├── ReceiptUnwritableError   the receipt of a session can not be written
└── BrokerUnavailableError   the embedded broker can not listen where it should
RefusedError
├── DeliveryOverError        a delivery has come to its end by itself: the cable was pulled
└── PaymentRefusedError      the ledger said no; carries the verdict
DamagedError
└── JournalDamagedError      the journal's file is not what was written
```
"""

from ledger_core import (
    DamagedError,
    InputError,
    Records,
    RefusedError,
    UnavailableError,
    Verdict,
)
from negotiation import StopReason


class EndpointError(InputError):
    """An endpoint is not one that the transport knows."""


class AdvertError(InputError):
    """A published advert is garbage, forged or of another version; it is left alone."""


class FrameTooLargeError(InputError):
    """A message over the limit was given to send; nothing was sent."""


class NetworkMismatchError(InputError):
    """The node keeps the books of another network than the settings name."""


class JournalVersionError(InputError):
    """The journal was written by a newer program."""


class EndpointInUseError(UnavailableError):
    """Something else listens at the endpoint already."""


class PeerUnreachableError(UnavailableError):
    """No encrypted connection came about in time: nobody there, or another key than expected."""


class ConnectionClosedError(UnavailableError):
    """The socket was closed while somebody still waited on it."""


class LedgerAwayError(UnavailableError):
    """The node gave no answer until the deadline, so what was sent may or may not be accepted.

    Sending the same record again is harmless and tells which it is.

    Args:
        sentence: What happened and what to do.
        record: The signed record whose fate is unknown, None if none was sent.
    """

    def __init__(self, sentence: str, *, record: Records | None = None) -> None:
        super().__init__(sentence)
        self.record = record


class DeviceFailedError(UnavailableError):
    """A device of a trade did not do what it was asked, or not in time; see to the device."""


class LinkDownError(UnavailableError):
    """The broker between a driver and its device is away; what was sent may or may not arrive."""


class DeviceUnansweredError(UnavailableError):
    """A device gave no answer over the broker in time; it may or may not have obeyed."""


class DeliveryOverError(RefusedError):
    """A delivery has come to its end by itself: the car has unplugged, somebody has pressed stop.

    Args:
        sentence: What has happened.
        why: The same in a word.
    """

    def __init__(self, sentence: str, *, why: StopReason = StopReason.CABLE) -> None:
        super().__init__(sentence)
        self.why = why


class JournalUnavailableError(UnavailableError):
    """The journal's file is locked, full or not writable."""


class ReceiptUnwritableError(UnavailableError):
    """The receipt of a session can not be written; it is tried again later."""


class BrokerUnavailableError(UnavailableError):
    """The embedded broker can not listen where it should."""


class PaymentRefusedError(RefusedError):
    """The ledger said no.

    Args:
        sentence: What was refused and what to do.
        verdict: Why.
    """

    def __init__(self, sentence: str, *, verdict: Verdict) -> None:
        super().__init__(sentence)
        self.verdict = verdict


class JournalDamagedError(DamagedError):
    """The journal's file is not what was written."""
