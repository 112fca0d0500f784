"""What a charge point is asked and told when it has come, before it serves anybody.

First its configuration, then how often it shall send which meter values and what it does with tags
that nobody knows, then the safe fallback. What a charge point refuses is noted: it is only asked to
do what it says it can.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
from structlog.typing import FilteringBoundLogger

from charger_agent.drivers.ocpp.frames import Payload
from charger_agent.drivers.ocpp.v16.meter_values import CHARGE, POWER, REGISTER
from charger_agent.drivers.ocpp.v16.quirks import Quirks
from charger_agent.errors import DriverRefusedError

Ask = Callable[[str, Payload], Awaitable[Payload]]
"""Makes a call and returns its answer."""

MEASURANDS = (f"{REGISTER},{POWER},{CHARGE}", f"{REGISTER},{POWER}", REGISTER)
"""What is wanted of the meter, best first; a charge point without a battery's view refuses it."""

SAFE = {
    "AuthorizeRemoteTxRequests": "false",  # the token has just been agreed on
    "LocalAuthorizeOffline": "false",
    "AllowOfflineTxForUnknownId": "false",  # nobody pays for what begins without us
    "StopTransactionOnInvalidId": "true",
    "StopTransactionOnEVSideDisconnect": "true",
}
"""How a charge point shall treat tags and cables, as far as it has the key."""


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """What a charge point says it can do."""

    values: dict[str, str] = {}
    """Its keys and their values."""
    readonly: frozenset[str] = frozenset()
    """Keys that can not be changed."""

    @classmethod
    def of(cls, answer: Payload) -> "Configuration":
        """Return what an answer to GetConfiguration says."""
        rows: list[dict[str, Any]] = answer.get("configurationKey", [])
        return cls(
            values={row["key"]: str(row.get("value", "")) for row in rows},
            readonly=frozenset(row["key"] for row in rows if row["readonly"]),
        )

    @property
    def profiles(self) -> frozenset[str]:
        """The feature profiles; all that there are where it does not say."""
        told = self.values.get("SupportedFeatureProfiles")
        if told is None:
            return frozenset({"Core", "SmartCharging", "Reservation", "RemoteTrigger"})
        return frozenset(part.strip() for part in told.split(",") if part.strip())

    def takes_limits(self, quirks: Quirks) -> bool:
        """Tell whether power can be limited."""
        return "SmartCharging" in self.profiles and not quirks.no_profiles

    def keeps_reservations(self, quirks: Quirks) -> bool:
        """Tell whether it keeps reservations by itself."""
        return "Reservation" in self.profiles and not quirks.no_reservation

    def can_be_triggered(self, quirks: Quirks) -> bool:
        """Tell whether it can be asked to send something."""
        return "RemoteTrigger" in self.profiles and not quirks.no_trigger

    def rate_unit(self, wanted: str, quirks: Quirks) -> str:
        """Return in what limits are told: `A` where both are taken, since most are wired for it.

        Args:
            wanted: What the settings say; empty where they leave it open.
            quirks: What its model does otherwise.
        """
        told = self.values.get("ChargingScheduleAllowedChargingRateUnit", "Current")
        words = {part.strip().casefold() for part in told.split(",")}
        taken = "W" if words and words <= {"power", "w"} else "A"
        return wanted or quirks.rate_unit or taken


async def get_configuration(ask: Ask, log: FilteringBoundLogger) -> Configuration:
    """Return what a charge point says it can do; one that does not say can do the core.

    Raises:
        DriverError: It does not answer.
    """
    try:
        return Configuration.of(await ask("GetConfiguration", {}))
    except DriverRefusedError as error:
        log.warning("the configuration is not told", reason=str(error))
        return Configuration(values={"SupportedFeatureProfiles": "Core"})


async def configure(
    ask: Ask, configuration: Configuration, *, sample_s: int, log: FilteringBoundLogger
) -> None:
    """Tell a charge point how to measure and whom to trust, where it is set otherwise.

    Raises:
        DriverError: It does not answer.
    """
    change = _Change(ask, configuration, log)
    await change.to("MeterValueSampleInterval", (str(sample_s),))
    await change.to("MeterValuesSampledData", MEASURANDS)
    for key, value in SAFE.items():
        await change.to(key, (value,))


class _Change:
    """Changes keys that are there and may be changed."""

    def __init__(self, ask: Ask, configuration: Configuration, log: FilteringBoundLogger) -> None:
        self._ask = ask
        self._configuration = configuration
        self._log = log

    async def to(self, key: str, values: Iterable[str]) -> None:
        """Set a key to the first of the values that is taken."""
        present = self._configuration.values.get(key)
        if present is None or key in self._configuration.readonly:
            return
        for value in values:
            if present.casefold() == value.casefold():
                return
            try:
                answer = await self._ask("ChangeConfiguration", {"key": key, "value": value})
            except DriverRefusedError as error:
                self._log.warning("a key is not changed", key=key, reason=str(error))
                return
            if answer["status"] in {"Accepted", "RebootRequired"}:
                return
        self._log.warning("a key is not changed", key=key, present=present)
