"""What a run ends with: the document that `tangleway run --json` writes, and how it is written.

Its shape is `tangleway.run/1`: fields may be added to it, none renamed or removed. Amounts are
integers in base units (1 token = 1,000,000), ids are hexadecimal.
"""

import math
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from scenarios.diary import Alarm
from scenarios.errors import ResultFileError
from scenarios.invariants import Finding

SCHEMA = "tangleway.run/1"
"""Name and version of the document's shape."""

US_PER_MS = 1000


class ProcessRow(msgspec.Struct, frozen=True, kw_only=True):
    """One member of the cast and the operating system's process it lived in."""

    role: str
    """`node`, `validator`, `charger`, `car_park`, `toll` or `vehicle`."""
    name: str
    """Its name."""
    pid: int
    """The process; where it was started again, the last one."""
    earlier_pids: tuple[int, ...] = ()
    """Processes of the same member that died before, oldest first."""


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """How much a session delivered."""

    unit: str
    """What it is counted in: `Wh`, `s` or `passage`."""
    quantity: int
    """How many of them."""


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One dialogue that came to an agreement."""

    dialogue: str
    """Its id."""
    service: str
    """`charge`, `park` or `toll`."""
    buyer: str
    """The vehicle's name."""
    seller: str
    """The charger's, car park's or toll gate's name."""
    state: str
    """How it ended."""
    reason: str = ""
    """Why, where it ended early."""
    agreed: dict[str, object] = {}
    """The terms that both signed."""
    delivered: Delivered
    """What the seller handed over."""
    billed: int
    """The sum of the bill's chunks. [base units]"""
    paid: int
    """What the ledger moved for it. [base units]"""
    transactions: tuple[str, ...] = ()
    """Ids of its records on the ledger, in order."""


class DialogueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One dialogue that ended without an agreement."""

    dialogue: str
    """Its id."""
    service: str
    """`charge`, `park` or `toll`."""
    buyer: str
    """The vehicle's name."""
    seller: str
    """The charger's, car park's or toll gate's name."""
    state: str
    """How it ended."""
    reason: str = ""
    """Why."""


class Supply(msgspec.Struct, frozen=True, kw_only=True):
    """Where all tokens are, as the node says, in base units."""

    minted: int
    """What genesis brought into being."""
    balances: int
    """The sum of all accounts."""
    holds: int
    """The sum of all open holds."""


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """How long the agents waited; none where nothing was measured, in milliseconds."""

    toll_p50: float | None = None
    """Car seen to gate open, the median."""
    toll_p99: float | None = None
    """Car seen to gate open, 99 of 100."""
    settle_p50: float | None = None
    """SETTLE sent to durable verdict, the median."""
    settle_p99: float | None = None
    """SETTLE sent to durable verdict, 99 of 100."""
    final_p50: float | None = None
    """Accepted by the ledger to signed by a quorum, the median of all records."""
    final_p99: float | None = None
    """Accepted by the ledger to signed by a quorum, 99 of 100."""


class ValidatorRow(msgspec.Struct, frozen=True, kw_only=True):
    """One operator of the story."""

    name: str
    """Its validator's name, as the policy has it."""
    operator: str
    """Who runs it, in words."""
    behaviour: str
    """`honest` or `lies`."""
    key: str
    """Its verifier key, as in the policy file."""
    data: str
    """Its own store, for `tangleway ledger verify`."""
    cosigned: int
    """Size of the last checkpoint that it signed as its books have it."""
    refused: int
    """Checkpoints over other trees that it signed and the node refused."""


class Finality(msgspec.Struct, frozen=True, kw_only=True):
    """How far the ledger is final at the end."""

    size: int
    """Records in the ledger."""
    final_size: int
    """Records for which a quorum stands."""
    quorum: int
    """How many validators have to agree."""
    signers: tuple[str, ...]
    """Who has signed the last final checkpoint."""
    policy: str
    """The policy file, for `tangleway receipt verify`."""


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """The whole document."""

    schema: str = SCHEMA
    """Name and version of this shape."""
    story: str
    """The story's name."""
    seed: int
    """The seed that it was played with."""
    ok: bool
    """Whether every invariant held."""
    processes: tuple[ProcessRow, ...]
    """The cast, the node first."""
    sessions: tuple[SessionRow, ...]
    """The dialogues that came to an agreement, in the order in which they were opened."""
    dialogues: tuple[DialogueRow, ...]
    """The other dialogues: offers that lost, refusals."""
    supply: Supply
    """Where all tokens are."""
    invariants: tuple[Finding, ...]
    """What was checked, and what was found."""
    validators: tuple[ValidatorRow, ...] = ()
    """The operators who judge the ledger; none where the node's word is final."""
    finality: Finality | None = None
    """How far the ledger is final; none where there are no operators."""
    alarms: tuple[Alarm, ...] = ()
    """Who has raised an alarm about whom."""
    latency_ms: Latency
    """How long the agents waited."""
    data: str
    """The folder with each process's data and log."""
    took_s: float
    """Real time from the first process to the last. [s]"""


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least this share of all values does not exceed.

    Args:
        values: Any numbers, in any order.
        share: The share, above 0, up to 1.

    Returns:
        The value, or none when there are no values.
    """
    assert 0 < share <= 1, "a percentile's share lies above 0 and up to 1"
    if not values:
        return None
    return sorted(values)[math.ceil(share * len(values)) - 1]


def latency(
    toll_us: Sequence[float], settle_us: Sequence[float], final_us: Sequence[float] = ()
) -> Latency:
    """Return the summary of what was measured.

    Args:
        toll_us: Car seen to gate open, one value for each passage. [µs]
        settle_us: SETTLE sent to durable verdict, one value for each. [µs]
        final_us: Accepted to signed by a quorum, one value for each record. [µs]
    """
    return Latency(
        toll_p50=_in_ms(percentile(toll_us, 0.5)),
        toll_p99=_in_ms(percentile(toll_us, 0.99)),
        settle_p50=_in_ms(percentile(settle_us, 0.5)),
        settle_p99=_in_ms(percentile(settle_us, 0.99)),
        final_p50=_in_ms(percentile(final_us, 0.5)),
        final_p99=_in_ms(percentile(final_us, 0.99)),
    )


def _in_ms(value_us: float | None) -> float | None:
    """Return microseconds as milliseconds, to the microsecond."""
    return None if value_us is None else round(value_us / US_PER_MS, 3)


def check_result_file(path: Path) -> None:
    """Make sure that a result can be written, before a run has cost a minute.

    Raises:
        ResultFileError: The folder is missing or read-only, or the path is a folder.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ResultFileError(f"{folder} is no folder, so {path.name} can not be written: make it")
    if path.is_dir():
        raise ResultFileError(f"{path} is a folder: name a file for the result")
    if not os.access(folder, os.W_OK):
        raise ResultFileError(f"{folder} can not be written: choose another place for {path.name}")


def write_result(path: Path, result: RunResult | dict[str, object]) -> None:
    """Write the document whole or not at all; a file of that name is replaced.

    Raises:
        ResultFileError: The file system refuses.
    """
    write_file(path, msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")


def write_file(path: Path, text: bytes) -> None:
    """Write a file whole or not at all; one of that name is replaced.

    Raises:
        ResultFileError: The file system refuses.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ResultFileError(
            f"{path} can not be written: {error.strerror}; choose another place"
        ) from error
