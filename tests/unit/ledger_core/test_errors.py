"""The tree of errors: whose fault it is, and the exit code."""

import pytest

from ledger_core import (
    AmountError,
    BatchError,
    CheckFailedError,
    DamagedError,
    GenesisError,
    InputError,
    KeyFormatError,
    MalformedRecordError,
    RecordFieldError,
    RefusedError,
    TanglewayError,
    UnavailableError,
)


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (TanglewayError, 1),
        (InputError, 2),
        (UnavailableError, 3),
        (RefusedError, 4),
        (DamagedError, 5),
        (CheckFailedError, 6),
    ],
)
def test_exit_codes_are_those_of_the_documents(error: type[TanglewayError], exit_code: int) -> None:
    """Each branch of the tree has its exit code, and keeps its sentence."""
    assert error.exit_code == exit_code
    assert issubclass(error, TanglewayError)
    assert str(error("The broker is away: start it.")) == "The broker is away: start it."


@pytest.mark.parametrize(
    "error",
    [
        AmountError,
        BatchError,
        GenesisError,
        KeyFormatError,
        MalformedRecordError,
        RecordFieldError,
    ],
)
def test_leaves_blame_the_input(error: type[TanglewayError]) -> None:
    """What this package raises is always about what it was given."""
    assert issubclass(error, InputError)
    assert error.exit_code == 2


def test_what_is_away_may_say_when_to_come_back() -> None:
    """The time to try again is kept, and unknown unless given."""
    assert UnavailableError("Busy: try again.", retry_after_s=0.5).retry_after_s == 0.5
    assert UnavailableError("Away: start it.").retry_after_s is None
