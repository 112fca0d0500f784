"""The errors of this package.

```
InputError (ledger_core)
└── UnknownDriverError     the settings name a driver that can not be loaded
UnavailableError (ledger_core)
└── DriverError            the device did not do what it was told
    ├── DriverSilentError      it does not answer
    ├── DriverFaultedError     it answers that it is faulted
    └── RetainedCommandError   its broker keeps a command that would move it at each reconnect
RefusedError (ledger_core)
├── BayTakenError          the bay is promised to somebody else, or occupied
├── UnknownPassageError    a passage was decided that nobody has seen
├── PassbackError          a car wants in that is inside, or out that never came in
└── DriverRefusedError     the device answers and says no: wrong state or wrong value
```
"""

from ledger_core import InputError, RefusedError, UnavailableError


class UnknownDriverError(InputError):
    """The settings name a driver that can not be loaded."""

    def __init__(self, name: str, *, reason: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"the driver {name!r} can not be loaded ({reason}): name one of {', '.join(known)},"
            " or your own as package.module:Class"
        )
        self.name = name


class DriverError(UnavailableError):
    """A device did not do what it was told; nobody may be let through by it until it does."""


class DriverSilentError(DriverError):
    """A device does not answer."""


class DriverFaultedError(DriverError):
    """A device says that it is faulted."""


class RetainedCommandError(DriverError):
    """A gate's broker keeps a command, which would be carried out at each reconnect."""


class DriverRefusedError(RefusedError):
    """A device answers and says no: it is in the wrong state, or the value is out of its range."""


class BayTakenError(RefusedError):
    """A bay can not be given to this dialogue: it is promised or occupied."""


class PassbackError(RefusedError):
    """A car wants in that is inside already, or out that never came in, and the rule is hard."""


class UnknownPassageError(RefusedError):
    """A passage was to be decided that has not been seen, or was decided before."""
