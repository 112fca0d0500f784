"""Frames of OCPP over JSON: what a peer's text means, and what is sent. Pure.

`[2, id, action, payload]` asks, `[3, id, payload]` answers, `[4, id, code, text, details]` refuses.
Fractions are read as `Decimal`, so that 21.4 A are a multiple of 0.1 A.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from enum import IntEnum
from typing import Any, NamedTuple, NoReturn, TypeAlias

from charger_agent.drivers.ocpp.dialects import Fault
from charger_agent.errors import CallRefusedError

FRAME_SIZE_MAX = 128 * 1024
"""Bytes of a frame: the fullest StopTransaction of a long session has a third of it. A peer that
sends more is cut off, as WebSocket says, with code 1009."""

ID_LENGTH_MAX = 36
"""Characters of a message's id."""

UNREADABLE_ID = "-1"
"""Stands for the id of a message whose own can not be read."""

TEXT_LENGTH_MAX = 255
"""Characters of an error's description."""

INTEGER_MAX = 2**53
"""Beyond this, JSON numbers are not the same in all languages; no register is near it."""

DEPTH_MAX = 32
"""Levels of a payload; the deepest of the schemas has seven."""

Payload: TypeAlias = dict[str, Any]


class Kind(IntEnum):
    """What a message is, as its first number says."""

    CALL = 2
    RESULT = 3
    ERROR = 4


class Call(NamedTuple):
    """A peer asks for something."""

    id: str
    """Its id, which the answer repeats."""
    action: str
    """What is asked."""
    payload: Payload
    """What is to be known for that."""


class Result(NamedTuple):
    """A peer answers."""

    id: str
    """The id of the call."""
    payload: Payload
    """The answer."""


class Refusal(NamedTuple):
    """A peer refuses, or answers what can not be read."""

    id: str
    """The id of the call."""
    code: str
    """Why, as the specification names it; empty where it can not be read."""
    text: str
    """Why, in words."""


def parse(frame: str | bytes) -> Call | Result | Refusal | None:
    """Return what a frame says; None for an answer that nobody can have asked for.

    Args:
        frame: The WebSocket message.

    Raises:
        CallRefusedError: It is no message, and is to be answered so.
    """
    match _decoded(frame):
        case [Kind.CALL, *rest]:
            return _call(rest)
        case [Kind.RESULT, str(message), dict(payload)]:
            return Result(message, payload)
        case [Kind.RESULT, str(message), *_]:
            return Refusal(message, "", "the answer is not an object")
        case [Kind.ERROR, str(message), *rest]:
            code, text = (*(str(each) for each in rest[:2]), "", "")[:2]
            return Refusal(message, code, text[:TEXT_LENGTH_MAX])
        case [Kind.RESULT | Kind.ERROR, *_]:
            return None  # An answer to nobody must not be answered itself.
        case [int(), *rest]:
            message = rest[0] if rest and isinstance(rest[0], str) else ""
            sound = message if 0 < len(message) <= ID_LENGTH_MAX else UNREADABLE_ID
            reason = "a message is a call, an answer or an error"
            raise CallRefusedError(reason, fault=Fault.KIND, message=sound)
    raise _refused("the frame is no array that begins with the kind of a message")


def _call(rest: list[Any]) -> Call:
    message = rest[0] if rest else None
    if not isinstance(message, str) or not message:
        raise _refused("the message has no id that is a text")
    if len(message) > ID_LENGTH_MAX:
        # It is repeated all the same: a peer that waits for this id hears what is wrong.
        answer_to = message if len(message) <= TEXT_LENGTH_MAX else UNREADABLE_ID
        raise _refused(f"the id is longer than {ID_LENGTH_MAX} characters", answer_to)
    match rest:
        case [_, str(action), dict(payload)]:
            return Call(message, action, payload)
    reason = "a call is [2, id, action, payload] with a text and an object"
    raise CallRefusedError(reason, fault=Fault.MALFORMED, message=message)


def call_frame(message: str, action: str, payload: Mapping[str, Any]) -> str:
    """Return the frame of a call."""
    return _encoded([Kind.CALL, message, action, payload])


def result_frame(message: str, payload: Mapping[str, Any]) -> str:
    """Return the frame of an answer."""
    return _encoded([Kind.RESULT, message, payload])


def error_frame(message: str, code: str, text: str) -> str:
    """Return the frame of a refusal."""
    return _encoded([Kind.ERROR, message, code, text[:TEXT_LENGTH_MAX], {}])


def as_decimals(payload: Mapping[str, Any]) -> Payload:
    """Return a payload as the peer will read it, with fractions as `Decimal`."""
    read: Payload = json.loads(_encoded(payload), parse_float=Decimal)
    return read


def _decoded(frame: str | bytes) -> Any:  # noqa: ANN401 (whatever JSON holds)
    if isinstance(frame, bytes):
        raise _refused("the frame is binary: send text")
    try:
        value = json.loads(frame, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _refused("the frame is no JSON") from error
    if not _is_sound(value, DEPTH_MAX):
        raise _refused("the frame holds texts, numbers or levels beyond what JSON peers share")
    return value


def _is_sound(value: object, depth: int) -> bool:
    """Tell whether a value can be kept and sent on: no half characters, no endless numbers."""
    match value:
        case bool() | None:
            return True
        case int():
            return abs(value) <= INTEGER_MAX
        case Decimal():
            return value.is_finite() and abs(value) <= INTEGER_MAX
        case str():
            return not any("\ud800" <= character <= "\udfff" for character in value)
        case list():
            return depth > 0 and all(_is_sound(each, depth - 1) for each in value)
        case dict():
            parts = (*value.keys(), *value.values())
            return depth > 0 and all(_is_sound(each, depth - 1) for each in parts)
    return False


def _encoded(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), default=float, allow_nan=False)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _refused(reason: str, message: str = UNREADABLE_ID) -> CallRefusedError:
    return CallRefusedError(reason, fault=Fault.UNREADABLE, message=message)
