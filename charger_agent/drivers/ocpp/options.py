"""What the settings say of a station and its connectors."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from charger_agent.drivers.ocpp.listener import server_tls
from charger_agent.errors import UnknownDriverError

IDENTITY_LENGTH_MAX = 48
"""Characters of a station's identity, as OCPP 2.0.1 has it."""


class OcppOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of an outlet whose station speaks OCPP.

    Raises:
        ValueError: Two of them do not go together.
    """

    station: Annotated[str, msgspec.Meta(min_length=1, max_length=IDENTITY_LENGTH_MAX)]
    """The station's identity, the last part of the address at which it calls."""
    connector: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    """The outlet's connector (2.0.1: its EVSE), as the station counts them."""
    listen: str
    """Where stations call, without the identity: `ws://host:port/path`, `wss://` with TLS."""
    password: str = ""
    """The station's password (HTTP Basic); its `AuthorizationKey` where that is set."""
    password_file: str = ""
    """A file that holds the password."""
    certificate: str = ""
    """For `wss`: file with the certificate and its chain."""
    certificate_key: str = ""
    """For `wss`: file with the certificate's key."""
    phases: Literal[1, 3] = 3
    """Phases that the outlet is wired with: so much is a watt in amperes."""
    rate_unit: Literal["", "A", "W"] = ""
    """In what limits are told; empty: in what the station says it takes, amperes if it takes both.
    """
    sample_s: Annotated[int, msgspec.Meta(ge=1, le=900)] = 10
    """How often the station is asked to send meter values. [s]"""
    heartbeat_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 300
    """How often the station is asked to send a heartbeat. [s]"""
    forward: str = ""
    """A pilot's own back end, `ws://` or `wss://` without the identity, that is told all and
    decides about tags which are not ours; empty for none."""
    forward_password: str = ""
    """What the station presents there."""
    forward_password_file: str = ""
    """A file that holds it."""
    forward_read_only: bool = True
    """Whether the back end may not ask anything of the station."""
    forward_id_tag: Annotated[str, msgspec.Meta(max_length=20)] = ""
    """The tag under which the back end knows our sessions; empty: each session's own token."""
    contact_after_s: Annotated[float, msgspec.Meta(ge=0, le=3_600)] = 5.0
    """How long a station that has come is left alone before it is asked for its configuration,
    unless a session needs it before. [s]"""

    def __post_init__(self) -> None:
        if ":" in self.station:
            raise ValueError("a station's identity has no colon")
        if not self.listen.startswith(("ws://", "wss://")):
            raise ValueError("listen is ws://host:port/path, or wss:// with a certificate")
        if self.forward and not self.forward.startswith(("ws://", "wss://")):
            raise ValueError("forward is ws://host:port/path or wss://host:port/path")
        if self.listen.startswith("wss://") != bool(self.certificate):
            raise ValueError("wss:// goes with a certificate, ws:// without")

    def secret(self) -> str:
        """Return the password, empty where there is none.

        Raises:
            UnknownDriverError: Its file can not be read.
        """
        return _read_secret(self.password_file) if self.password_file else self.password

    def forward_secret(self) -> str:
        """Return the password for the back end, empty where there is none.

        Raises:
            UnknownDriverError: Its file can not be read.
        """
        file = self.forward_password_file
        return _read_secret(file) if file else self.forward_password

    def tls(self) -> ssl.SSLContext | None:
        """Return what encrypts, None for `ws`."""
        if not self.certificate:
            return None
        return server_tls(self.certificate, self.certificate_key or self.certificate)


def _read_secret(file: str) -> str:
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnknownDriverError(
            "ocpp", reason=f"{file} can not be read: {error}", known=()
        ) from error


def read_options(driver: str, options: Mapping[str, Any], *, listen: str) -> OcppOptions:
    """Return the options of an outlet.

    Args:
        driver: Name of the driver, for the error.
        options: As the settings have them.
        listen: Where stations call when the settings do not say it.

    Raises:
        UnknownDriverError: They are wrong.
    """
    try:
        return msgspec.convert({"listen": listen} | dict(options), OcppOptions)
    except msgspec.ValidationError as error:
        raise UnknownDriverError(
            driver, reason=f"its options are wrong: {error}", known=()
        ) from error
