"""What drivers behind a broker are told by their table in the settings."""

from typing import TypeVar

import msgspec

from agent_runtime import BrokerSettings
from charger_agent.drivers.contract import DriverSetup
from charger_agent.errors import UnknownDriverError

_OptionsT = TypeVar("_OptionsT", bound=msgspec.Struct)


class BrokerOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all these drivers are told by their table in the settings."""

    broker: str = "mqtt://127.0.0.1:1883"
    """Where the device's broker is, `mqtt://[user:password@]host[:port]` or `mqtts://`."""

    def __post_init__(self) -> None:
        BrokerSettings(url=self.broker)


def read_options(setup: DriverSetup, kind: type[_OptionsT], *, driver: str) -> _OptionsT:
    """Return a driver's own options.

    Args:
        setup: What it is made from.
        kind: What they are read as.
        driver: Its name, for errors.

    Raises:
        UnknownDriverError: One of them is wrong.
    """
    try:
        return msgspec.convert(dict(setup.options), kind)
    except msgspec.ValidationError as error:
        raise UnknownDriverError(
            driver,
            reason=f"the options of outlet {setup.outlet!r} are wrong: {error}",
            known=(driver,),
        ) from error
