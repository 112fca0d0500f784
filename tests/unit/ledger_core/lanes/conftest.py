"""Compiled lanes for the tests: compiled once on a machine, and loaded by every worker."""

import os
import subprocess
import sys

import pytest

from ledger_core import EngineError
from ledger_core.lanes.support import check_machine
from ledger_node.compiled_code import find_folder, name_to_numba

COMPILE_S = 280.0
"""Compiling takes 15 s alone and several times that on a busy machine. [s]"""

try:
    name_to_numba(find_folder())  # before a test module imports kernels
except EngineError as error:
    os.environ["NUMBA_CACHE_DIR"] = ""
    UNCACHED: EngineError | None = error
else:
    UNCACHED = None


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile lanes, or wait until another worker has; skip where they can not run."""
    try:
        if UNCACHED is not None:
            raise UNCACHED
        check_machine()
    except EngineError as error:
        pytest.skip(str(error))
    command = [sys.executable, "-m", "ledger_node.compiled_code"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_S, check=False)
    assert done.returncode == 0, done.stderr
