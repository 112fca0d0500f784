"""What is fuzzed: a decoder, good inputs for it, and how a bad one is handed over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger_core import CheckFailedError, DamagedError, InputError, RefusedError

__all__ = ["ALLOWED", "Target", "Trial", "tried"]

ALLOWED = (InputError, RefusedError, DamagedError, CheckFailedError)
"""How a decoder may say no: what was given is wrong, refused, not what was written, or not proved.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One decoder."""

    name: str
    """What it is called in a report."""
    read: Callable[[bytes], object]
    """Hands an input over."""
    samples: Sequence[bytes]
    """Good inputs, each of which it takes."""
    skip: int = 0
    """Bytes at the beginning of each that stand before its structure."""
    weight: int = 1
    """How often its turn comes, compared with others."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one input."""

    data: bytes
    """The input."""
    error: BaseException | None
    """What was raised that must not be; None where all is well."""
    refused: bool
    """Whether the decoder has said no as it may."""


def tried(target: Target, data: bytes) -> Trial:
    """Hand an input over, and return what became of it.

    Args:
        target: Whose it is.
        data: The input.
    """
    try:
        target.read(data)
    except ALLOWED:
        return Trial(data, None, refused=True)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what was looked for)
        return Trial(data, error, refused=False)
    return Trial(data, None, refused=False)
