"""The errors of this package.

```
InputError (ledger_core)
└── UnknownDriverError     the settings name a driver that can not be loaded
UnavailableError (ledger_core)
└── DriverError            the device did not do what it was told
    ├── DriverSilentError      it does not answer
    ├── DriverFaultedError     it answers that it is faulted
    └── DriverImplausibleError its meter shows what can not be
RefusedError (ledger_core)
├── OutletTakenError       the outlet is promised to somebody else, occupied or faulted
├── DriverRefusedError     the device answers and says no: wrong state or wrong value
└── CallRefusedError       what a device asks for is not what its protocol allows
```
"""

from ledger_core import InputError, RefusedError, UnavailableError


class UnknownDriverError(InputError):
    """The settings name a driver that can not be loaded."""

    def __init__(self, name: str, *, reason: str, known: tuple[str, ...]) -> None:
        remedy = f"name one of {', '.join(known)}, or your own as package.module:Class"
        remedy = remedy if known else "correct that in the settings"
        super().__init__(f"the driver {name!r} can not be loaded ({reason}): {remedy}")
        self.name = name


class DriverError(UnavailableError):
    """A device did not do what it was told; nothing may be sold through it until it does."""


class DriverSilentError(DriverError):
    """A device does not answer."""


class DriverFaultedError(DriverError):
    """A device says that it is faulted."""


class DriverImplausibleError(DriverError):
    """A device's meter shows what a meter can not: it falls, or jumps beyond rated power x time."""


class DriverRefusedError(RefusedError):
    """A device answers and says no: it is in the wrong state, or the value is out of its range."""


class OutletTakenError(RefusedError):
    """An outlet can not be given to this dialogue: it is promised, occupied or faulted."""


class CallRefusedError(RefusedError):
    """What a device asks for is not what its protocol allows; it is told so, and nothing changes.

    Args:
        sentence: What is wrong.
        fault: Its kind, as the protocol's driver distinguishes them.
        message: Id of the message, empty where it is known from elsewhere.
    """

    def __init__(self, sentence: str, *, fault: str, message: str = "") -> None:
        super().__init__(sentence)
        self.fault = fault
        self.message = message
