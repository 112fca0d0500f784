"""The report of a campaign: what was done to whom, and what was found."""

import msgspec

__all__ = ["SCHEMA", "CrashReport", "crash_text"]

SCHEMA = "tangleway.crash/1"
"""Name of the document's format."""


class CrashReport(msgspec.Struct, frozen=True, kw_only=True):
    """Say what became of a ledger whose processes were killed again and again."""

    schema: str = SCHEMA
    """Name of this format."""
    ok: bool
    """Whether nothing was found."""
    seed: int
    """What decided whom to kill, and when."""
    rounds: int
    """Rounds that were played to their end."""
    kills: dict[str, dict[str, int]]
    """How often each process was killed, by what it was in the middle of."""
    starts_killed: int
    """How many starts were cut off, those above included."""
    records: int
    """Records that were accepted, and are still there."""
    unanswered: int
    """Submissions that got no answer in time and were handed in again."""
    repeated: int
    """Submissions that were answered before and handed in again."""
    signatures: int
    """Different checkpoints and cosignatures that were heard or found."""
    audited: list[str]
    """Whose stores were judged anew at the end, from the first record on."""
    pruned: dict[str, int] = {}
    """How many records each store had let go of at the end."""
    took_s: float
    """How long it took. [s]"""
    findings: list[str]
    """What is wrong, at most twenty in full."""
    found: int
    """How much is wrong in all."""
    data: str | None
    """The folder with everything, kept where something was found or it was named."""


def crash_text(report: CrashReport) -> str:
    """Tell people what a campaign came to.

    Args:
        report: What it came to.
    """
    again = f"{report.unanswered} submissions handed in again without an answer"
    lines = [
        f"{report.rounds} rounds in {report.took_s:.0f} s, seed {report.seed}",
        *(f"killed {name}: {_counted(moments)}" for name, moments in report.kills.items()),
        f"{report.starts_killed} starts were cut off",
        f"{report.records} records accepted, {again}, {report.repeated} with one",
        f"{report.signatures} checkpoints and cosignatures compared",
        f"stores judged from the first record on: {', '.join(report.audited) or 'none'}",
        *(f"{name} had pruned {count} records" for name, count in report.pruned.items() if count),
        *(f"WRONG: {finding}" for finding in report.findings),
    ]
    if report.data is not None:
        lines.append(f"everything is kept in {report.data}")
    lines.append("nothing lost, nothing twice" if report.ok else f"{report.found} findings")
    return "\n".join(lines)


def _counted(moments: dict[str, int]) -> str:
    parts = (f"{count} while {moment}" for moment, count in moments.items())
    return f"{sum(moments.values())} times ({', '.join(parts)})"
