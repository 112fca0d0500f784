"""The published JSON schemas of OCPP: what a strict station checks every message against.

The files come with the `ocpp` library; nothing else of it is used here, so that a mistake there is
not made on both ends of the wire.
"""

import json
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError

FOLDERS = {"ocpp1.6": "v16", "ocpp2.0.1": "v201"}
"""Where the schemas of a subprotocol are."""

REQUEST_ENDINGS = {"ocpp1.6": "", "ocpp2.0.1": "Request"}
"""How the file of a request is called after its action."""


def read_frame(text: str) -> Any:  # noqa: ANN401 (any JSON)
    """Return what a frame holds; fractions are exact, since schemas ask for tenths.

    Raises:
        ValueError: It is not JSON.
    """
    return json.loads(text, parse_float=Decimal)


def write_frame(frame: list[Any]) -> str:
    """Return a frame as text, without blanks."""
    return json.dumps(frame, separators=(",", ":"), default=_plain)


def knows(protocol: str, action: str) -> bool:
    """Say whether a protocol has a request of this name."""
    return action.isalpha() and _file(protocol, action + REQUEST_ENDINGS[protocol]).is_file()


def request_fault(protocol: str, action: str, payload: object) -> ValidationError | None:
    """Return what is wrong with a request of a known action, or None."""
    return _fault(protocol, action + REQUEST_ENDINGS[protocol], payload)


def response_fault(protocol: str, action: str, payload: object) -> ValidationError | None:
    """Return what is wrong with the response to a known action, or None."""
    return _fault(protocol, action + "Response", payload)


def _fault(protocol: str, name: str, payload: object) -> ValidationError | None:
    exact = read_frame(json.dumps(payload, default=_plain))
    faults = sorted(_validator(protocol, name).iter_errors(exact), key=lambda each: str(each.path))
    return faults[0] if faults else None


@cache
def _validator(protocol: str, name: str) -> Draft4Validator:
    return Draft4Validator(read_frame(_file(protocol, name).read_text("utf-8-sig")))


def _file(protocol: str, name: str) -> Any:  # noqa: ANN401 (a file in a package or an archive)
    return files("ocpp").joinpath(FOLDERS[protocol], "schemas", f"{name}.json")


def _plain(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
