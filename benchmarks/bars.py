"""The bars: what was promised of each figure, as the design has it; some against a building block.

A bar may ask for several things at once; it is met when all of them hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.report import Result

__all__ = ["BARS", "Bar", "Limit", "shortfalls"]


@dataclass(frozen=True, slots=True)
class Limit:
    """Say what a figure has to be at least, or at most."""

    value: float
    """The limit."""
    kind: Literal["at least", "at most"] = "at least"
    """On which side of it is good."""
    is_ratio: bool = False
    """Whether it is for the ratio to the building block, not for the figure itself."""

    def text(self, unit: str) -> str:
        """Write the limit for people.

        Args:
            unit: The figure's.
        """
        sign = "≥" if self.kind == "at least" else "≤"
        return f"{sign} {self.value:,.10g}{'x' if self.is_ratio else f' {unit}'}"

    def shortfall(self, result: Result) -> float:
        """Return by which factor a result misses the limit, 1 or less where it is met.

        Args:
            result: What was measured.
        """
        found = result.ratio if self.is_ratio else result.median
        if found is None:
            return float("inf")
        if self.kind == "at most":
            return found / self.value if self.value else float("inf")
        return self.value / found if found > 0 else float("inf")


@dataclass(frozen=True, slots=True)
class Bar:
    """Say what a figure means and what was promised of it."""

    what: str
    """What is measured, for people."""
    limits: tuple[Limit, ...] = ()
    """What was promised; nothing for figures that stand there to compare with."""


BARS: Mapping[str, Bar] = {
    "signatures.cached": Bar(
        "signature verification, one core, key seen before", (Limit(20, is_ratio=True),)
    ),
    "signatures.new": Bar(
        "signature verification, one core, every key new", (Limit(10, is_ratio=True),)
    ),
    "signatures.sodium": Bar("signature verification by libsodium, one core"),
    "validator.signed": Bar(
        "`Ledger.apply`, signatures included, 1,000 accounts, batch 4,096, one core",
        (Limit(200_000),),
    ),
    "validator.rules": Bar(
        "the same rules without signatures", (Limit(1_500_000), Limit(20, is_ratio=True))
    ),
    "validator.contended": Bar(
        "the same, all 4,096 records on one account: within 10x of independent ones",
        (Limit(0.1, is_ratio=True),),
    ),
    "rules.reference": Bar("the readable rules, one record at a time, signatures included"),
    "node.throughput": Bar(
        "node over ZeroMQ, durable, checkpointed, generator on the same cores", (Limit(150_000),)
    ),
    "node.durable_p50_ms": Bar(
        "one transfer at a time, sent to durable verdict, p50", (Limit(1, "at most"),)
    ),
    "node.durable_p99_ms": Bar("the same, p99", (Limit(5, "at most"),)),
    "node.offered10k_p50_ms": Bar(
        "10,000 transfers/s offered singly, sent to durable verdict, p50", (Limit(3, "at most"),)
    ),
    "node.offered10k_p99_ms": Bar("the same, p99", (Limit(10, "at most"),)),
    "node.final_p50_ms": Bar(
        "the same, sent to final under 3 of 4 validators on the same cores, p50",
        (Limit(200, "at most"),),
    ),
    "node.final_p99_ms": Bar("the same, p99", (Limit(500, "at most"),)),
    "toll.p50_ms": Bar("toll: car seen to gate open, live processes, p50", (Limit(30, "at most"),)),
    "toll.p99_ms": Bar("the same, p99", (Limit(100, "at most"),)),
    "growth.rate_ratio": Bar("rate at 5 million records ÷ rate at 100,000", (Limit(0.9),)),
    "growth.resident_mb": Bar("resident memory between the two", (Limit(150, "at most"),)),
    "growth.disk_bytes": Bar("disk per transfer, indexes included", (Limit(400, "at most"),)),
    "verify.rate": Bar("`ledger verify`, whole history", (Limit(100_000),)),
    "restart.seconds": Bar(
        "restart after kill -9 with one million transfers, to the first answer",
        (Limit(5, "at most"),),
    ),
    "peers.postgresql": Bar("PostgreSQL, double-entry function, 32 clients, no signature check"),
    "peers.postgresql_signed": Bar("the same behind a signature check"),
    "peers.sqlite": Bar("SQLite, signature check and durable commit for each"),
    "peers.redis": Bar("Redis, appendfsync always, signature check for each"),
    "peers.anvil": Bar("anvil, signed by its own accounts, in memory"),
}
"""All figures in the page's order."""


def shortfalls(bar: Bar, result: Result) -> list[float]:
    """Return by which factor each limit that is not met is missed.

    Args:
        bar: What was promised.
        result: What was measured.
    """
    factors = (limit.shortfall(result) for limit in bar.limits)
    return [factor for factor in factors if factor > 1]
