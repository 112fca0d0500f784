"""The memory: what one side knows, written down and read again."""

from collections.abc import Callable

import pytest

from negotiation import Bill, DamagedMemoryError, Memory, State
from negotiation.bill import CHUNKS_MAX
from tests.transcripts.cast import buyer, chunks, reading
from tests.transcripts.scenes import BUYERS, SELLERS, closing_seller
from tests.transcripts.transcript import Transcript

SIZE_MAX = 2_000_000
"""What a full memory takes in the journal; CHUNKS_MAX says why it may. [bytes]"""


@pytest.mark.parametrize("make", [*BUYERS.values(), *SELLERS.values()])
def test_a_memory_survives_being_written(make: Callable[[], Transcript]) -> None:
    """Each memory is read as it was written, field by field."""
    memory = make().memory
    assert Memory.decode(memory.encode()) == memory


def test_a_new_field_does_no_harm() -> None:
    """A journal of a newer program can be read, as far as it is understood."""
    written = buyer().memory.encode()
    assert written[0] == 0xDE, "a map with a length of two bytes"
    count = int.from_bytes(written[1:3], "big") + 1
    newer = b"\xde" + count.to_bytes(2, "big") + written[3:] + b"\xa4mood\xa5sunny"
    assert Memory.decode(newer) == buyer().memory


def test_a_missing_field_is_found() -> None:
    """A memory without an identity is none."""
    with pytest.raises(DamagedMemoryError, match="missing required field `role`"):
        Memory.decode(b"\x80")


def test_what_is_agreed_is_what_is_vouched_for() -> None:
    """The bill may be longer than what both have signed."""
    memory = buyer().memory
    memory.bill = Bill(chunks=chunks(reading(0, 0), reading(500, 150), reading(1_000, 300)))
    memory.vouched = 1
    assert memory.agreed_bill == memory.bill.until(1)
    assert memory.vouched_amount == 200_000


def test_memories_do_not_share_their_lists() -> None:
    """Two dialogues never write into each other's list of transactions."""
    first, second = buyer().memory, buyer().memory
    first.transactions.append(b"T")
    assert second.transactions == []


def test_a_full_memory_still_fits() -> None:
    """The longest bill is some megabytes, once."""
    memory = closing_seller().memory
    assert memory.state is State.CLOSING
    memory.bill = Bill(chunks=memory.bill.chunks[-1:] * CHUNKS_MAX)
    assert len(memory.encode()) < SIZE_MAX
