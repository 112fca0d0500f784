"""Every decoder, fuzzed: a bounded sample here, a million inputs by `tests.fuzz.campaign`."""

from pathlib import Path

import pytest

from tests.fuzz.campaign import GROWTH_MAX, all_targets, fuzz
from tests.fuzz.mutation import SIZE_MAX, Mutator
from tests.fuzz.target import ALLOWED, Target, tried

SAMPLE = 6_000
"""Inputs in the usual tests: some seconds."""


def failures(folder: Path, *, inputs: int, seed: int) -> list[str]:
    """Return what was wrong, a line each."""
    report = fuzz(all_targets(folder), inputs=inputs, seed=seed)
    assert report.inputs == inputs
    found = [f"{name}: {wrong} {data[:60]!r}" for name, data, wrong in report.failures]
    if report.growth > GROWTH_MAX:
        found.append(f"memory grew by {report.growth} bytes")
    return found


def test_good_inputs_are_taken(tmp_path: Path) -> None:
    """Each decoder takes its samples, so that what is fuzzed is close to what it knows."""
    for target in all_targets(tmp_path):
        for sample in target.samples:
            try:
                target.read(sample)
            except ALLOWED as error:
                pytest.fail(f"{target.name}: {error}")


def test_every_decoder_names_its_errors(tmp_path: Path) -> None:
    """A bad input gives a value or a named error, in time, and memory stays what it is."""
    assert failures(tmp_path, inputs=SAMPLE, seed=1) == []


def test_inputs_repeat() -> None:
    """A seed gives the same inputs every time, none of them too large."""
    samples = [b'{"a": [1, 2]}', bytes(300)]

    def made(seed: int) -> list[bytes]:
        mutator = Mutator(seed)
        return [mutator.mutated(samples) for _ in range(300)]

    assert made(7) == made(7) != made(8)
    assert max(map(len, made(7))) <= SIZE_MAX
    assert sum(data in samples for data in made(7)) < 30


def test_a_bad_decoder_is_found() -> None:
    """One that lets an error through, and one that takes for ever, are told of."""

    def careless(data: bytes) -> str:
        return data.decode()

    target = Target(name="careless", read=careless, samples=[b"hello"])
    report = fuzz([target], inputs=500, seed=1)
    assert report.failures
    assert report.failures[0][2].startswith("UnicodeDecodeError")
    assert tried(target, b"fine").error is None
