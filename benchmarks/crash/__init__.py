"""Crash safety, tried: a node and validators under load that are killed again and again.

- `plan`: whom to kill, and in the middle of what; `blows` does it.
- `author`, `issuer`: who hands in records meanwhile, and again where no answer came.
- `witness`: remembers all that was told and compares it with all that is told later.
- `rounds`, `campaign`: one round behind the other, and the judgement at the end.
- `report`: what was found.
"""

from benchmarks.crash.campaign import VALIDATORS, run
from benchmarks.crash.report import SCHEMA, CrashReport, crash_text
from benchmarks.crash.witness import Witness

__all__ = ["SCHEMA", "VALIDATORS", "CrashReport", "Witness", "crash_text", "run"]
