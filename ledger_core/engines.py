"""Who verifies signatures in this process: libsodium, or lanes with libsodium behind them.

Both give the same verdict on every input; lanes are twenty times as fast on processors that have
AVX-512 IFMA. Until somebody chooses, it is libsodium, and numba is not even imported.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from ledger_core.errors import EngineError
from ledger_core.keys import witnessed_signing
from ledger_core.records import Bytes
from ledger_core.remembering import Remembering, VerifyOne
from ledger_core.sodium import verify_by_sodium, verify_one_by_sodium

__all__ = [
    "ENGINES",
    "RECHECK_EVERY",
    "TABLE_BYTES",
    "EngineChoice",
    "EngineName",
    "Engines",
    "engine_in_use",
    "remembered_signatures",
    "use_engine",
]

EngineName = Literal["auto", "sodium", "lanes"]
"""`sodium` is libsodium, `lanes` our own code, `auto` lanes where they can run."""

RECHECK_EVERY = 1_024
"""One acceptance in so many is checked again by libsodium: that costs lanes two hundredths of their
rate, and at 100,000 signatures a second a mistake that shows in one of a thousand signatures is
found within seconds."""

TABLE_BYTES = 32 << 20
"""What lanes may keep of keys that come again: the combs of 3,500, more than a town has cars on the
road. Signatures of others take twice as long. [bytes]"""

Verify = Callable[[Bytes, Bytes, Bytes], npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Say which engine verifies, and why."""

    name: Literal["sodium", "lanes"]
    """The engine."""
    reason: str
    """Why it is not the other one, as a sentence."""


class OpenedLanes(Protocol):
    """Be what `ledger_core.lanes.open_lanes` returns."""

    def verify(
        self, public_keys: Bytes, messages: Bytes, signatures: Bytes, /
    ) -> npt.NDArray[np.bool_]:
        """Verify signatures, see `verify_batch`."""
        ...


class OpenLanes(Protocol):
    """Be `ledger_core.lanes.open_lanes`."""

    def __call__(
        self, *, on_disagreement: Callable[[str], None], recheck_every: int, table_bytes: int
    ) -> OpenedLanes:
        """Load lanes."""
        ...


def _open_lanes(
    *, on_disagreement: Callable[[str], None], recheck_every: int, table_bytes: int
) -> OpenedLanes:
    """Load lanes, and with them numba."""
    from ledger_core.lanes import open_lanes

    return open_lanes(
        on_disagreement=on_disagreement, recheck_every=recheck_every, table_bytes=table_bytes
    )


class Engines:
    """Choose an engine, and give it up when it is not to be trusted.

    Args:
        open_lanes: Loads lanes.
    """

    def __init__(self, open_lanes: OpenLanes = _open_lanes) -> None:
        self._open_lanes = open_lanes
        self._verify: Verify = verify_by_sodium
        self._verify_one: VerifyOne = verify_one_by_sodium
        self._choice = EngineChoice("sodium", "Nobody chose another engine.")
        self._distrust: str | None = None
        self._on_alarm: Callable[[str], None] | None = None
        self._lock = threading.Lock()

    @property
    def choice(self) -> EngineChoice:
        """Which engine verifies now."""
        return self._choice

    def use(
        self,
        name: EngineName,
        *,
        on_alarm: Callable[[str], None] | None = None,
        recheck_every: int = RECHECK_EVERY,
        table_bytes: int = TABLE_BYTES,
    ) -> EngineChoice:
        """Choose an engine; loading lanes takes half a second, or 15 s where they are compiled.

        Args:
            name: The engine.
            on_alarm: Hears one sentence, in the thread that verifies, when lanes and libsodium
                differ about a signature. From then on libsodium verifies, whatever is chosen.
            recheck_every: One acceptance of the lanes in so many is checked again.
            table_bytes: What lanes may keep of keys that come again. [bytes]

        Returns:
            Which engine verifies now.

        Raises:
            EngineError: Lanes were asked for by name, and can not run here; nothing changed.
        """
        if name == "sodium":
            return self._set(verify_by_sodium, EngineChoice("sodium", "It was chosen."))
        try:
            self._check_trust()
            self._on_alarm = on_alarm
            lanes = self._open_lanes(
                on_disagreement=self._give_up_lanes,
                recheck_every=recheck_every,
                table_bytes=table_bytes,
            )
        except EngineError as error:
            if name == "lanes":
                raise
            return self._set(verify_by_sodium, EngineChoice("sodium", str(error)))
        return self._set(lanes.verify, EngineChoice("lanes", "They passed their self-test."))

    def verify(
        self, public_keys: Bytes, messages: Bytes, signatures: Bytes
    ) -> npt.NDArray[np.bool_]:
        """Verify signatures with the chosen engine, see `verify_batch`."""
        return self._verify(public_keys, messages, signatures)

    def verify_one(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Verify one signature, see `verify_signature`; lanes are no faster with a single one."""
        return self._verify_one(public_key, message, signature)

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Verify each good signature only once within a block, see `ledger_core.remembering`."""
        before, one_before = self._verify, self._verify_one
        self._verify = remembering = Remembering(before, one_before)
        self._verify_one = remembering.one
        try:
            with witnessed_signing(remembering.note):
                yield
        finally:
            self._verify_one = one_before
            if self._verify is remembering:  # Otherwise the engine was changed, or given up.
                self._verify = before

    def _check_trust(self) -> None:
        if self._distrust is not None:
            raise EngineError(f"The engine 'lanes' is not trusted any more: {self._distrust}")

    def _set(self, verify: Verify, choice: EngineChoice) -> EngineChoice:
        with self._lock:
            if self._distrust is None or choice.name == "sodium":
                self._verify, self._choice = verify, choice
            return self._choice

    def _give_up_lanes(self, what: str) -> None:
        """Let libsodium verify for good, and raise the alarm once."""
        with self._lock:
            is_first = self._distrust is None
            self._distrust = what
            self._verify, self._choice = verify_by_sodium, EngineChoice("sodium", what)
        if is_first and self._on_alarm is not None:
            self._on_alarm(what)


ENGINES = Engines()
"""The engines of this process."""


def use_engine(
    name: EngineName,
    *,
    on_alarm: Callable[[str], None] | None = None,
    recheck_every: int = RECHECK_EVERY,
    table_bytes: int = TABLE_BYTES,
) -> EngineChoice:
    """Choose who verifies signatures in this process, see `Engines.use`.

    >>> use_engine("sodium").name
    'sodium'
    """
    return ENGINES.use(
        name, on_alarm=on_alarm, recheck_every=recheck_every, table_bytes=table_bytes
    )


def engine_in_use() -> EngineChoice:
    """Return who verifies signatures in this process.

    >>> use_engine("sodium") == engine_in_use()
    True
    """
    return ENGINES.choice


@contextmanager
def remembered_signatures() -> Iterator[None]:
    """Verify each good signature only once within a block, and none that was made in it.

    For a world in one process, whose parties all sign and verify in here.
    """
    with ENGINES.remembering():
        yield
