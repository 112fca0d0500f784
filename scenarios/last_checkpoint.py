"""The end of a run as its operators see it: wait until all that can stand by it do."""

import asyncio
from contextlib import suppress

from ledger_core import Note, NoteFormatError, UnavailableError
from ledger_node import Finality, LedgerClient

PATIENCE_S = 15.0
"""How long the operators may take to sign the end: one who was killed just now starts within a
second or two, and reads what it missed. [s]"""

LOOK_AGAIN_S = 0.1
"""Between two looks: as often as there is a checkpoint. [s]"""


async def last_checkpoint(client: LedgerClient, names: frozenset[str]) -> Finality | None:
    """Return how far the ledger is final once these validators stand by all of it.

    Args:
        client: Of the node; nobody submits anything any more.
        names: The validators that are to sign.

    Returns:
        What the node says, also when patience is at its end; none when it said nothing at all.
    """
    said: Finality | None = None
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while said is None or not _is_signed(said, names):
                await asyncio.sleep(LOOK_AGAIN_S)
                with suppress(UnavailableError):
                    said = await client.checkpoint()
    return said


def _is_signed(said: Finality, names: frozenset[str]) -> bool:
    """Return whether all of the ledger is final, and all of these have signed that."""
    if said.final_size < said.size:
        return False
    try:
        signatures = Note.parse(said.final_note).signatures
    except NoteFormatError:
        return False
    return names <= {signature.name for signature in signatures}
