"""With every index checked lanes still give all their verdicts, so none is out of place."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CHECKED = {**os.environ, "NUMBA_BOUNDSCHECK": "1"}
"""Compiled anew, with a check at every index into an array."""

OUTSIDE = """
import sys
import numpy as np
from ledger_node.compiled_code import compile_everything, find_folder, name_to_numba
folder = find_folder()
compile_everything(folder)
name_to_numba(folder)
from ledger_core.lanes.layout import CHUNK, aligned_words
from ledger_core.lanes.verification import Chunk, verify_chunk
from ledger_core.lanes.verifier import Verifier, _Workspace
tables = Verifier(table_bytes=1).key_tables.tables
workspace = _Workspace(tables)
slots = np.full(CHUNK, int(sys.argv[1]), np.int64)
good = np.zeros(CHUNK, np.uint8)
chunk = Chunk(aligned_words(CHUNK, 16), aligned_words(CHUNK, 4), slots, good, 8)
verify_chunk(chunk, tables, workspace._scratch)
"""
"""Names a slot that may not be there."""


def run(slot: int) -> subprocess.CompletedProcess[str]:
    """Verify with combs from some slot."""
    command = [sys.executable, "-c", OUTSIDE, str(slot)]
    return subprocess.run(command, env=CHECKED, capture_output=True, text=True, check=False)


def test_an_index_outside_is_noticed() -> None:
    """The check itself works, in kernels and in vector code."""
    assert run(0).returncode == 0
    assert "IndexError: an item outside its array" in run(8).stderr


def test_all_verdicts_with_every_index_checked() -> None:
    """The other tests of lanes pass when no index can leave its array unseen."""
    folder = Path(__file__).parent
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
    done = subprocess.run(
        [*command, str(folder)], env=CHECKED, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
