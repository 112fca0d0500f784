"""Pages of an index: cut, merged and searched, with nothing lost."""

import numpy as np

from ledger_node.index_pages import (
    FAN_OUT,
    RUN_RECORDS,
    Keys,
    bucket_of,
    buckets,
    build_pages,
    key_of,
    keys_of,
    merge_pages,
    page_positions,
    run_length,
)

RANDOM = np.random.default_rng(7)


def keys(count: int) -> Keys:
    """Return keys as evenly spread as hashes."""
    return RANDOM.integers(0, (1 << 64) - 1, count, np.uint64, endpoint=True)


def found(pages: dict[int, bytes], key: int, *, level: int = 0, first: int = 0) -> list[int]:
    """Look a key up in the pages of a run."""
    content = pages.get(bucket_of(key, level), b"")
    return [int(position) for position in page_positions(content, first=first, key=key)]


def test_one_key_and_many_are_taken_alike() -> None:
    """The key of one id is the one that it has among others."""
    rows = RANDOM.integers(0, 256, (5, 32), np.uint8)
    assert keys_of(rows).tolist() == [key_of(row.tobytes()) for row in rows]
    assert keys_of(rows[::2]).tolist() == [key_of(row.tobytes()) for row in rows[::2]]


def test_every_key_is_found_in_its_run_and_no_other() -> None:
    """Each entry of a run leads to its position; an unknown key leads nowhere."""
    some = keys(2_000)
    pages = dict(build_pages(some, np.arange(2_000, dtype=np.uint32)))
    assert all(0 <= bucket < buckets(0) for bucket in pages)
    for position, key in enumerate(some.tolist()):
        assert found(pages, key, first=100) == [100 + position]
    assert found(pages, int(some[0]) ^ 1) == []


def test_a_key_that_comes_often_has_all_its_positions() -> None:
    """The same account in many records is found at each of them, in order."""
    some = keys(1_000)
    some[100:400] = some[7]
    pages = dict(build_pages(some, np.arange(1_000, dtype=np.uint32)))
    assert found(pages, int(some[7])) == [7, *range(100, 400)]


def test_merged_runs_lose_nothing() -> None:
    """Pages of sixteen runs become finer pages of one, with the same positions."""
    every = keys(FAN_OUT * 50).reshape(FAN_OUT, 50)
    every[:, 0] = every[0, 0]
    offsets = np.arange(50, dtype=np.uint32)
    runs = [
        (number * RUN_RECORDS, dict(build_pages(some, offsets)))
        for number, some in enumerate(every)
    ]
    merged: dict[int, bytes] = {}
    for bucket in range(buckets(0)):
        pages = [(first, run[bucket]) for first, run in runs if bucket in run]
        merged.update(merge_pages(pages, level=1) if pages else ())
    for number, some in enumerate(every):
        for offset, key in enumerate(some.tolist()[1:], 1):
            assert found(merged, key, level=1) == [number * RUN_RECORDS + offset]
    starts = [number * RUN_RECORDS for number in range(FAN_OUT)]
    assert found(merged, int(every[0, 0]), level=1) == starts


def test_a_bucket_becomes_buckets_of_the_next_level() -> None:
    """What is in a bucket stays within its sixteen finer ones."""
    key = int(keys(1)[0])
    assert bucket_of(key, 1) // FAN_OUT == bucket_of(key, 0)
    assert run_length(1) == FAN_OUT * run_length(0)
