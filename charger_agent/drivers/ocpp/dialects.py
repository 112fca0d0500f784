"""What differs between the versions of OCPP before a word is said about charging."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Fault(StrEnum):
    """What can be wrong with a message of the peer, whatever a version calls it."""

    UNREADABLE = "unreadable"
    """It is no message at all; not even its id can be read."""
    MALFORMED = "malformed"
    """It is not built as its action asks for."""
    MISSING = "missing"
    """A field is missing, or there are too few or too many of a kind."""
    TYPE = "type"
    """A field is of another type."""
    VALUE = "value"
    """A field has a value that it can not have."""
    KIND = "kind"
    """It is no call and no answer; a version without a word for this ignores it."""
    UNKNOWN_ACTION = "unknown action"
    """No action of this version has this name."""
    UNSUPPORTED_ACTION = "unsupported action"
    """The action is known, and nothing that is answered here."""
    INTERNAL = "internal"
    """The message is right, and something went wrong here."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version of OCPP over JSON."""

    subprotocol: str
    """What the WebSocket handshake calls it."""
    folder: str
    """Where the library keeps its schemas."""
    request_suffix: str
    """What the names of request schemas end with."""
    codes: Mapping[Fault, str]
    """What its specification calls each fault."""

    @property
    def actions(self) -> frozenset[str]:
        """The names of all its actions, in both directions."""
        return _actions(self.folder, self.request_suffix)


@cache
def _actions(folder: str, request_suffix: str) -> frozenset[str]:
    names = {each.name for each in files("ocpp").joinpath(folder, "schemas").iterdir()}
    found = (re.fullmatch(r"(\w+?)Response\.json", name) for name in names)
    actions = {match[1] for match in found if match}
    return frozenset(each for each in actions if f"{each}{request_suffix}.json" in names)


OCPP16 = Dialect(
    subprotocol="ocpp1.6",
    folder="v16",
    request_suffix="",
    codes={
        Fault.UNREADABLE: "FormationViolation",
        Fault.MALFORMED: "FormationViolation",
        Fault.MISSING: "OccurenceConstraintViolation",  # as the specification of 1.6 spells it
        Fault.TYPE: "TypeConstraintViolation",
        Fault.VALUE: "PropertyConstraintViolation",
        Fault.UNKNOWN_ACTION: "NotImplemented",
        Fault.UNSUPPORTED_ACTION: "NotSupported",
        Fault.INTERNAL: "InternalError",
    },
)
"""OCPP 1.6J, with the messages of its security extension."""

OCPP201 = Dialect(
    subprotocol="ocpp2.0.1",
    folder="v201",
    request_suffix="Request",
    codes={
        Fault.UNREADABLE: "RpcFrameworkError",
        Fault.KIND: "MessageTypeNotSupported",
        Fault.MALFORMED: "FormatViolation",
        Fault.MISSING: "OccurrenceConstraintViolation",
        Fault.TYPE: "TypeConstraintViolation",
        Fault.VALUE: "PropertyConstraintViolation",
        Fault.UNKNOWN_ACTION: "NotImplemented",
        Fault.UNSUPPORTED_ACTION: "NotSupported",
        Fault.INTERNAL: "InternalError",
    },
)
"""OCPP 2.0.1."""
