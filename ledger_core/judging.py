"""The port between the validator and whatever judges a batch: NumPy, or compiled kernels.

Both give the same verdicts and keep the same books, so that a ledger may go from one to the other
between two batches. Until somebody chooses, it is NumPy, and numba is not even imported.
"""

from collections.abc import Callable
from typing import Literal, Protocol

from ledger_core.batch import Books, prepare
from ledger_core.columns import Codes, Network, refusals
from ledger_core.commit import commit
from ledger_core.exact_order import judge_in_order
from ledger_core.hashing import HASHING, hash_by_hashlib
from ledger_core.independence import accepted_at_once
from ledger_core.records import Bytes, Records
from ledger_core.verdicts import Verdict

__all__ = [
    "JUDGES",
    "Judged",
    "Judges",
    "Judging",
    "JudgingName",
    "NumpyJudging",
    "judging_in_use",
    "use_judging",
]


class Judged(Protocol):
    """Hold the verdicts of a batch, of which nothing has happened yet."""

    @property
    def codes(self) -> Codes:
        """The verdict of each record, shape (n,)."""
        ...

    def commit(self) -> None:
        """Let the accepted records happen in the books; nothing can fail for what they say."""
        ...


class Judging(Protocol):
    """Judge batches."""

    def refusals(self, records: Records, network: Network, at: int) -> Codes:
        """Judge records by themselves, see `ledger_core.columns.refusals`."""
        ...

    def hash_rows(self, rows: Bytes) -> Bytes:
        """Compute the leaf hashes of records as rows, shape (n, 256), see `record_ids`."""
        ...

    def judge(self, books: Books, records: Records, ids: Bytes, *, at: int) -> Judged:
        """Judge records against the books, each as if those before it had happened.

        Args:
            books: The ledger as the batch finds it; only read until the commit.
            records: Records that no column check and no signature has refused, shape (n,).
            ids: Their ids, shape (n, 32).
            at: The ledger's time. [µs]
        """
        ...


class NumpyJudging:
    """Judge with array operations: at once where possible, in exact order where records contend."""

    def refusals(self, records: Records, network: Network, at: int) -> Codes:
        """Judge records by themselves."""
        return refusals(records, network, at)

    def hash_rows(self, rows: Bytes) -> Bytes:
        """Compute the leaf hashes of records as rows."""
        return hash_by_hashlib(rows)

    def judge(self, books: Books, records: Records, ids: Bytes, *, at: int) -> "_NumpyJudged":
        """Judge records against the books."""
        return _NumpyJudged(books, records, ids, at=at)


class _NumpyJudged:
    """Hold the verdicts of a batch."""

    def __init__(self, books: Books, records: Records, ids: Bytes, *, at: int) -> None:
        self._books = books
        self._batch = prepare(books, records, ids, at=at)
        self.codes = judge_in_order(self._batch, books, accepted_at_once(self._batch, books))

    def commit(self) -> None:
        """Let the accepted records happen."""
        commit(self._books, self._batch, self.codes == Verdict.ACCEPTED)


def _open_kernels() -> Judging:
    """Load kernels, and with them numba."""
    from ledger_core.kernels import open_kernels

    return open_kernels()


JudgingName = Literal["numpy", "kernels"]
"""`numpy` is array operations, `kernels` the same in compiled code."""


class Judges:
    """Choose who judges, and who computes ids.

    Args:
        open_kernels: Loads kernels.
    """

    def __init__(self, open_kernels: Callable[[], Judging] = _open_kernels) -> None:
        self._open_kernels = open_kernels
        self._chosen: tuple[JudgingName, Judging] = "numpy", NumpyJudging()

    @property
    def name(self) -> JudgingName:
        """Name of who judges now."""
        return self._chosen[0]

    @property
    def in_use(self) -> Judging:
        """Who judges now."""
        return self._chosen[1]

    def use(self, name: JudgingName) -> None:
        """Choose who judges and computes ids.

        Loading kernels takes half a second, or 10 s where they have to be compiled first.

        Args:
            name: Who.

        Raises:
            EngineError: Kernels can not run here, or fail their test; nothing changed.
        """
        judging = NumpyJudging() if name == "numpy" else self._open_kernels()
        self._chosen = name, judging
        HASHING.rows = judging.hash_rows


JUDGES = Judges()
"""Who judges in this process."""


def use_judging(name: JudgingName) -> None:
    """Choose who judges batches and computes ids in this process, see `Judges.use`.

    >>> use_judging("numpy")
    """
    JUDGES.use(name)


def judging_in_use() -> JudgingName:
    """Return the name of who judges batches in this process.

    >>> use_judging("numpy")
    >>> judging_in_use()
    'numpy'
    """
    return JUDGES.name
