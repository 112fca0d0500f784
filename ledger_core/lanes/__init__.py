"""Ed25519 signatures verified eight at a time, one in each lane of the processor's vectors.

The mathematics, and why the verdicts are libsodium's on every input, are in ``docs/signatures.md``.
File by file, from the bottom up:

- *numbers*: `curve` is the curve in Python's integers; `layout` says where limbs, points and tables
  stand in memory;
- *vector code*, written while Numba compiles: `vectors` are single instructions; `field` is
  arithmetic modulo the prime with bounds asserted, `points` the curve on top of it; `sha512` and
  `scalars` turn a message into k; `arrays` and `operations` hand all that to Numba, `additions`
  and `digits` the two parts that a verification spends most time in;
- *kernels*, in Python that Numba compiles (`compiling`): `decompression`, `combs`, `verification`;
  `directory` is the cache of keys;
- *around them*: `key_tables` bounds the cache, `verifier` cuts batches and shares them between
  threads, `engine` has libsodium confirm, `self_test` compares when lanes are loaded, `support`
  says whether the machine can run them at all.

`open_lanes` loads it all; nothing of Numba is imported before. Whoever verifies signatures calls
`ledger_core.verify_batch`, and `ledger_core.use_engine` chooses who does it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ledger_core.lanes.support import check_machine

if TYPE_CHECKING:
    from ledger_core.lanes.engine import LanesEngine

__all__ = ["open_lanes"]


def open_lanes(
    *, on_disagreement: Callable[[str], None], recheck_every: int, table_bytes: int
) -> "LanesEngine":
    """Load lanes, compiled or from where compiled code is kept, and test them.

    Args:
        on_disagreement: Hears of it when lanes and libsodium differ.
        recheck_every: One acceptance in so many, on average, is checked again.
        table_bytes: What combs of keys may take. [bytes]

    Returns:
        The engine, ready and warm.

    Raises:
        EngineError: Lanes can not run on this machine, or fail their test.
    """
    check_machine()
    from ledger_core.lanes.engine import LanesEngine
    from ledger_core.lanes.self_test import check_lanes

    engine = LanesEngine(
        on_disagreement=on_disagreement, recheck_every=recheck_every, table_bytes=table_bytes
    )
    check_lanes(engine.verifier)
    return engine
