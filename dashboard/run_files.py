"""What a run leaves in its folder for whoever watches: where it is reached, and what happened.

=====================  ============================================================================
``watch.json``         `RunCard`: where node and broker of the run are reached; for its owner alone,
                       since a broker's address may hold a password
``happenings.jsonl``   what the runner tells, one observation a line, as it happens
=====================  ============================================================================

Both are written by the runner and read by any number of viewers, which need nothing else to find a
run. The runner never waits for them, and a run goes on when they can not be written.
"""

import os
from pathlib import Path

import msgspec

from dashboard.errors import RunFolderError

__all__ = ["CARD_FILE", "HAPPENINGS_FILE", "RunCard", "newest_run", "read_card", "write_card"]

CARD_FILE = "watch.json"
"""Its name in the run's folder."""

HAPPENINGS_FILE = "happenings.jsonl"
"""Its name in the run's folder."""

CARD_MODE = 0o600
"""A broker's password may stand in it."""

CARD_SIZE_MAX = 65_536
"""More is no card. [bytes]"""


class RunCard(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run is reached."""

    schema: str = "tangleway.watch/1"
    """Version of this document."""
    story: str
    """The story's name."""
    network: str
    """The ledger's network."""
    ledger: str
    """Where the node takes requests."""
    publish: str
    """Where it publishes events."""
    node_key: str
    """Its public key, hexadecimal."""
    broker: str
    """The broker's URL."""
    policy_file: str = ""
    """Whose signatures count, relative to the folder; empty where nobody signs."""
    runner: int
    """The runner's process number: while it lives, the run does."""
    began_us: int
    """When it began. [µs since 1970]"""


def write_card(folder: Path, card: RunCard) -> None:
    """Write a run's card, whole or not at all.

    Args:
        folder: The run's folder.
        card: What to write.
    """
    draft = folder / f".{CARD_FILE}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, CARD_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(card)))
    draft.replace(folder / CARD_FILE)


def read_card(folder: Path) -> RunCard:
    """Return a run's card.

    Args:
        folder: The run's folder.

    Raises:
        RunFolderError: There is none, or it is none.
    """
    try:
        with (folder / CARD_FILE).open("rb") as file:
            content = file.read(CARD_SIZE_MAX + 1)
        if len(content) > CARD_SIZE_MAX:
            raise RunFolderError(f"{folder / CARD_FILE} is too large for a run's card.")
        return msgspec.json.decode(content, type=RunCard)
    except OSError as error:
        raise RunFolderError(
            f"{folder} holds no run that can be watched ({CARD_FILE}: {error.strerror}); name a"
            " run's folder, as `tangleway run` prints it."
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RunFolderError(
            f"{folder / CARD_FILE} is no run's card ({error}); name another run."
        ) from error


def newest_run(runs: Path) -> Path:
    """Return the folder of the run that began last.

    Args:
        runs: Where runs lie.

    Raises:
        RunFolderError: There is none.
    """
    cards = [(path.stat().st_mtime_ns, path.parent) for path in runs.glob(f"*/{CARD_FILE}")]
    if not cards:
        raise RunFolderError(
            f"There is no run in {runs}; begin one with `tangleway run STORY`, or name another's"
            " folder with --run."
        )
    return max(cards)[1]
