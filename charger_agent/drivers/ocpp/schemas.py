"""Messages checked against the schemas of their version, and what is wrong with them.

The schemas come with the library `ocpp`, which checks too, but names some faults otherwise than the
specification and lets dates pass that are none.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft4Validator, Draft6Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator

from charger_agent.drivers.ocpp.dialects import Dialect, Fault
from charger_agent.drivers.ocpp.times import parse_time
from charger_agent.errors import CallRefusedError

FAULTS = {
    "additionalProperties": Fault.MALFORMED,
    "type": Fault.TYPE,
    "required": Fault.MISSING,
    "minItems": Fault.MISSING,
    "maxItems": Fault.MISSING,
}
"""What a schema's keyword means; any other one is about a value."""

ORDER = (Fault.MALFORMED, Fault.TYPE, Fault.MISSING, Fault.VALUE)
"""Of several faults in a message the first of these is told, so that the answer is always one."""

_FORMATS = FormatChecker(formats=())


def _is_time(value: object) -> bool:
    return not isinstance(value, str) or parse_time(value) is not None


_FORMATS.checks("date-time")(_is_time)


def check_request(dialect: Dialect, action: str, payload: Mapping[str, Any]) -> None:
    """Check what is asked.

    Args:
        dialect: The version.
        action: One of its actions.
        payload: With fractions as `Decimal`.

    Raises:
        CallRefusedError: The payload is not what the action asks for.
    """
    _check(_validator(dialect.folder, action + dialect.request_suffix), payload)


def check_response(dialect: Dialect, action: str, payload: Mapping[str, Any]) -> None:
    """Check what is answered.

    Args:
        dialect: The version.
        action: One of its actions.
        payload: With fractions as `Decimal`.

    Raises:
        CallRefusedError: The payload is no answer to the action.
    """
    _check(_validator(dialect.folder, action + "Response"), payload)


def known_fields(dialect: Dialect, action: str) -> frozenset[str]:
    """Return the fields that a request of this action may have."""
    schema = _validator(dialect.folder, action + dialect.request_suffix).schema
    return frozenset(schema.get("properties", {})) if isinstance(schema, dict) else frozenset()


def _check(validator: Validator, payload: Mapping[str, Any]) -> None:
    errors = list(validator.iter_errors(payload))
    if not errors:
        return
    worst = min(errors, key=lambda error: (ORDER.index(_fault(error)), list(map(str, error.path))))
    raise CallRefusedError(_words(worst), fault=_fault(worst))


def _fault(error: ValidationError) -> Fault:
    return FAULTS.get(str(error.validator), Fault.VALUE)


def _words(error: ValidationError) -> str:
    """Return what is wrong, and where, without repeating what may be long or secret."""
    place = ".".join(str(each) for each in error.absolute_path) or "payload"
    match error.validator:
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            return f"{place} lacks {', '.join(missing)}"
        case "additionalProperties":
            known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
            return f"{place} has fields that nobody knows, it may have {', '.join(known)}"
        case keyword:
            return f"{place} breaks {keyword} {str(error.validator_value)[:100]}"


@cache
def _validator(folder: str, name: str) -> Validator:
    text = files("ocpp").joinpath(folder, "schemas", f"{name}.json").read_text("utf-8-sig")
    schema = json.loads(text, parse_float=Decimal)
    kind = Draft6Validator if "draft-06" in schema.get("$schema", "") else Draft4Validator
    return kind(schema, format_checker=_FORMATS)
