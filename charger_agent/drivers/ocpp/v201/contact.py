"""What a station is asked and told when it has come, before it serves anybody."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from structlog.typing import FilteringBoundLogger

from charger_agent.drivers.ocpp.frames import Payload
from charger_agent.errors import DriverRefusedError

Ask = Callable[[str, Payload], Awaitable[Payload]]
"""Makes a call and returns its answer."""

ASKED = (
    ("AuthCtrlr", "AuthorizeRemoteStart"),
    ("AuthCtrlr", "LocalAuthorizeOffline"),
    ("AuthCtrlr", "OfflineTxForUnknownIdEnabled"),
    ("ReservationCtrlr", "Available"),
    ("SampledDataCtrlr", "SignReadings"),
    ("SampledDataCtrlr", "TxUpdatedInterval"),
    ("SmartChargingCtrlr", "Available"),
    ("SmartChargingCtrlr", "RateUnit"),
    ("TariffCostCtrlr", "Available"),
    ("TxCtrlr", "StopTxOnEVSideDisconnect"),
    ("TxCtrlr", "StopTxOnInvalidId"),
    ("TxCtrlr", "TxStartPoint"),
    ("TxCtrlr", "TxStopPoint"),
)
"""What a driver reads first."""

SAFE = {
    ("AuthCtrlr", "AuthorizeRemoteStart"): "false",  # the token has just been agreed on
    ("AuthCtrlr", "LocalAuthorizeOffline"): "false",
    ("AuthCtrlr", "OfflineTxForUnknownIdEnabled"): "false",  # nobody pays for it
    ("TxCtrlr", "StopTxOnInvalidId"): "true",
    ("TxCtrlr", "StopTxOnEVSideDisconnect"): "true",
}
"""How a station shall treat tokens and cables, as far as it has the variable."""

INTERVAL = ("SampledDataCtrlr", "TxUpdatedInterval")
"""How often a station tells of its meter while it charges."""


class Variables:
    """What a station has told of itself."""

    def __init__(self, told: Mapping[tuple[str, str], str]) -> None:
        self._told = told

    @classmethod
    def of(cls, answer: Payload) -> "Variables":
        """Return what an answer to GetVariables says; names know no case."""
        rows: list[dict[str, Any]] = answer["getVariableResult"]
        return cls(
            {
                (row["component"]["name"].casefold(), row["variable"]["name"].casefold()): value
                for row in rows
                if (value := row.get("attributeValue")) is not None
                if row["attributeStatus"] == "Accepted"
            }
        )

    def get(self, component: str, variable: str) -> str:
        """Return a variable in small letters, empty where it was not told."""
        return self._told.get((component.casefold(), variable.casefold()), "").casefold()

    def rate_unit(self, wanted: str) -> str:
        """Return in what limits are told: `A` where both are taken, since most are wired for it.

        Args:
            wanted: What the settings say; empty where they leave it open.
        """
        taken = {part.strip() for part in self.get("SmartChargingCtrlr", "RateUnit").split(",")}
        return wanted or ("W" if taken == {"w"} else "A")


async def get_variables(ask: Ask, log: FilteringBoundLogger) -> Variables:
    """Return what a station says of itself; nothing where it does not say.

    Raises:
        DriverError: It does not answer.
    """
    asked = [
        {"component": {"name": component}, "variable": {"name": variable}}
        for component, variable in ASKED
    ]
    try:
        return Variables.of(await ask("GetVariables", {"getVariableData": asked}))
    except DriverRefusedError as error:
        log.warning("the variables are not told", reason=str(error))
        return Variables({})


async def configure(
    ask: Ask, variables: Variables, *, sample_s: int, log: FilteringBoundLogger
) -> None:
    """Tell a station how often to measure and whom to trust, where it is set otherwise.

    Raises:
        DriverError: It does not answer.
    """
    wanted = {INTERVAL: str(sample_s)} | SAFE
    changes = [
        {
            "component": {"name": name[0]},
            "variable": {"name": name[1]},
            "attributeValue": value,
        }
        for name, value in wanted.items()
        if variables.get(*name) not in {"", value}
    ]
    if not changes:
        return
    try:
        answer = await ask("SetVariables", {"setVariableData": changes})
    except DriverRefusedError as error:
        log.warning("variables are not changed", reason=str(error))
        return
    for row in answer["setVariableResult"]:
        if row["attributeStatus"] not in {"Accepted", "RebootRequired"}:
            name = f"{row['component']['name']}.{row['variable']['name']}"
            log.warning("a variable is not changed", name=name, status=row["attributeStatus"])
