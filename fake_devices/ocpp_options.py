"""What a fake OCPP station may be told beside its name and address, and the habits it may have."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from fake_devices.errors import FakeOptionError
from fake_devices.ocpp_connector import Point
from fake_devices.ocpp_link import LinkOptions

Spans = Annotated[float, msgspec.Meta(ge=0)]


class StationOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of an OCPP station; all can be given as `key=value`."""

    connectors: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    """How many it has."""
    password: str = ""
    """For Basic authentication; none if empty."""
    trusts: str = ""
    """File of the certificates that it trusts with `wss://`."""
    energy_wh: Annotated[int, msgspec.Meta(ge=0)] = 0
    """What each register shows at first. [Wh]"""
    sample_s: Spans = 60
    """How often it reads its meters while charging; 0 for never. [story s]"""
    connection_timeout_s: Spans = 120
    """How long it waits for a car after somebody was authorised. [story s]"""
    clock_offset_s: float = 0
    """How far its clock is wrong. [s]"""
    clock_settable: bool = True
    """Whether the central system sets its clock; else it stays in 1970."""
    unit: str = "W"
    """What its schedules may be in: `W`, `A` or `A,W`."""
    authorises_remote: bool = False
    """Whether it asks again about an id tag that a remote start names."""
    signs: bool = False
    """Whether its meters sign (OCMF)."""
    resumes: bool = False
    """Whether a transaction goes on after a power cut; else it is stopped with `PowerLoss`."""
    credit: Annotated[float, msgspec.Meta(ge=0)] = 0
    """2.0.1: a running cost at which it stops by itself (`LocalOutOfCredit`); 0 for none."""
    energy_limit_wh: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How much a transaction delivers at most (`EnergyLimitReached`); 0 for no limit. [Wh]"""
    stray_number: int | None = None
    """1.6: the transaction id that it uses before it knows one, as some do with -1; else it waits
    with later messages until it knows."""
    start_points: str = "PowerPathClosed"
    """2.0.1: `TxStartPoint`."""
    stop_points: str = "PowerPathClosed"
    """2.0.1: `TxStopPoint`."""

    def link(self, url: str, *, name: str, protocol: str) -> LinkOptions:
        """Return how the station's link is made."""
        return LinkOptions(
            url=url, name=name, protocol=protocol, password=self.password, trusts=self.trusts
        )

    def __post_init__(self) -> None:
        if not set(self.unit.split(",")) <= {"A", "W"}:
            raise ValueError("unit is A, W or A,W")
        for word in (*self.start_points.split(","), *self.stop_points.split(",")):
            Point(word.strip())

    @classmethod
    def read(cls, options: Mapping[str, str]) -> "StationOptions":
        """Return the options of a setup.

        Raises:
            FakeOptionError: One is unknown or wrong.
        """
        try:
            return msgspec.convert(dict(options), cls, strict=False)
        except msgspec.ValidationError as error:
            known = ", ".join(cls.__struct_fields__)
            raise FakeOptionError(f"an option is wrong: {error}; there are {known}") from error
