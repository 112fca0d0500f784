"""A log that is pruned and added to all the time, and killed in the middle of it."""

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ledger_core import RECORD_SIZE
from ledger_node.local_log import LocalLog
from ledger_node.log import FIRST_DIGEST, Entry, chain_digest

COUNT = 500
"""Records in each entry."""

WORK = f"""
import asyncio, sys
from pathlib import Path
from ledger_node.local_log import LocalLog
from ledger_node.log import Entry

async def work():
    log = LocalLog(Path(sys.argv[1]))
    while True:
        for _ in range(8):
            payload = (log.size, bytes(30_000))
            records = bytes({COUNT} * {RECORD_SIZE})
            entry = Entry(first=log.size, at_us=log.size, records=records, payloads=(payload,))
            await log.append(entry)
            print(log.size, log.first, flush=True)
        await log.prune(log.size - 10 * {COUNT})

asyncio.run(work())
"""
"""What runs until it is killed: each line says what is durable."""


@pytest.mark.parametrize("lines", [9, 33, 70])
def test_killed_while_pruning_it_opens_whole(tmp_path: Path, lines: int) -> None:
    """All that was told is there behind the beginning, checks against the chain, and goes on."""
    path = tmp_path / "log.sqlite"
    size, first = worked(path, lines)
    with closing(LocalLog(path)) as log:
        assert (log.size >= size, log.first >= first) == (True, True)
        assert log.first <= log.size - 8 * COUNT
        entries = list(log.entries())
        assert [entry.first for entry in entries] == list(range(log.first, log.size, COUNT))
        assert log.payload(entries[-1].first) == bytes(30_000)
        assert digest_of(log.size) == log.digest


def worked(path: Path, lines: int) -> tuple[int, int]:
    """Let a process work until it has told so much, kill it, and return what it told last."""
    with subprocess.Popen(
        [sys.executable, "-c", WORK, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.readlines()
    size, first = told[-1].split()
    return int(size), int(first)


def digest_of(size: int) -> bytes:
    """Return the digest of a chain of such entries up to a size."""
    digest, records = FIRST_DIGEST, bytes(COUNT * RECORD_SIZE)
    for first in range(0, size, COUNT):
        digest = chain_digest(digest, Entry(first=first, at_us=first, records=records))
    return digest
