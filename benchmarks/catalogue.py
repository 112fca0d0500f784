"""The catalogue: every benchmark by its name."""

from collections.abc import Callable

from benchmarks import fairness, growth, latency, node, parts, signatures, stored, toll, validator
from benchmarks.options import Options
from benchmarks.report import Document, Result, this_machine

__all__ = ["CATALOGUE", "measured"]

SECONDS_QUICK = 0.1
"""How long a figure of the validator is measured where it has to be quick. [s]"""

TRANSFERS_QUICK = 10_240
"""Transfers of a node's rate where it has to be quick."""

OFFERED_QUICK = 2_000
"""Transfers offered singly where it has to be quick."""


def _validator(options: Options) -> list[Result]:
    seconds = SECONDS_QUICK if options.is_quick else validator.SECONDS
    return validator.run(runs=options.runs, seconds=seconds, progress=options.progress)


def _rules(options: Options) -> list[Result]:
    seconds = SECONDS_QUICK if options.is_quick else validator.SECONDS
    return validator.run_rules(runs=options.runs, seconds=seconds, progress=options.progress)


def _node(options: Options) -> list[Result]:
    return node.run(
        transfers=TRANSFERS_QUICK if options.is_quick else node.TRANSFERS,
        offered=OFFERED_QUICK if options.is_quick else node.OFFERED,
        runs=options.runs,
        engine=options.engine,
        folder=options.folder,
        progress=options.progress,
    )


def _peers(options: Options) -> list[Result]:
    from benchmarks import peers  # they bring drivers that nothing else needs

    return peers.run(options)


CATALOGUE: dict[str, Callable[[Options], list[Result]]] = {
    "signatures": signatures.run,
    "validator": _validator,
    "rules": _rules,
    "node": _node,
    "latency": latency.run,
    "growth": growth.run,
    "verify": stored.run_verify,
    "restart": stored.run_restart,
    "toll": toll.run,
    "fairness": fairness.run,
    "parts": parts.run,
    "peers": _peers,
}
"""What runs each benchmark."""


def measured(name: str, options: Options) -> Document:
    """Run a benchmark, and return what it found on which machine.

    Args:
        name: One of the `CATALOGUE`.
        options: How.
    """
    machine = this_machine(is_quick=options.is_quick)
    return Document(machine=machine, results=CATALOGUE[name](options))
