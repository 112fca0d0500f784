"""Building blocks: what figures stand beside, measured in the same runs.

Whatever slows the machine slows both, so that the ratio says more than the figure.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

import numpy as np
from nacl import bindings

from ledger_core import Records, parse_records, signed_parts

__all__ = ["DISK", "PEER", "percentiles_ms", "sync_ms", "verify_rate", "verify_singly"]

PEER = "PyNaCl verify, one core"
"""The price of one signature, checked one by one."""

DISK = "fdatasync of 4 KiB, same folder, p50"
"""What a durable answer waits for at least."""

_SYNCS = 200
_VERIFIED = 512
_MS = 1_000.0


def verify_rate(submissions: Sequence[bytes]) -> float:
    """Return how many signatures PyNaCl checks on one core. [1/s]

    Args:
        submissions: Records, one behind the other, for each; some hundreds of them are checked.
    """
    joined = bytearray()
    for records in submissions:
        joined += records
        if len(joined) >= _VERIFIED * 256:
            break
    return verify_singly(parse_records(bytes(joined)))


def verify_singly(records: Records) -> float:
    """Return how many signatures PyNaCl checks on one core. [1/s]

    Args:
        records: What is checked, shape (n,).
    """
    signed = [row.tobytes() for row in np.hstack([records["signature"], signed_parts(records)])]
    keys = [key.tobytes() for key in records["issuer"]]
    begin_s = time.perf_counter()
    for message, key in zip(signed, keys, strict=True):
        bindings.crypto_sign_open(message, key)
    return len(keys) / (time.perf_counter() - begin_s)


def sync_ms(place: Path) -> float:
    """Return how long the disk takes to keep one page, the median of many. [ms]

    Args:
        place: A folder on that disk.
    """
    path = place / "sync"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    times = []
    try:
        for _ in range(_SYNCS):
            begin_s = time.perf_counter()
            os.write(file, bytes(4_096))
            os.fdatasync(file)
            times.append(time.perf_counter() - begin_s)
    finally:
        os.close(file)
        path.unlink()
    return median(times) * _MS


def percentiles_ms(seconds: Sequence[float]) -> tuple[float, float]:
    """Return median and 99th percentile. [ms]

    Args:
        seconds: At least two times. [s]
    """
    return median(seconds) * _MS, quantiles(seconds, n=100)[98] * _MS
