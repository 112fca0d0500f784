"""The record: its layout, its id, and bytes that are none."""

from hashlib import sha256

import numpy as np
import pytest

from ledger_core import (
    RECORD,
    RECORD_SIZE,
    SIGNED_SIZE,
    BatchError,
    MalformedRecordError,
    parse_records,
    record_ids,
    signed_parts,
)
from ledger_core.records import record_rows, row_bytes


def test_buffer_is_read_without_copying() -> None:
    """A buffer that may be written to gives records that may be written to."""
    buffer = bytearray(2 * RECORD_SIZE)
    records = parse_records(buffer)
    records["kind"][1] = 3
    assert buffer[RECORD_SIZE + 1] == 3
    assert records.shape == (2,)


@pytest.mark.parametrize("data", [b"", bytearray(), memoryview(b"")])
def test_nothing_is_no_record(data: bytes | bytearray | memoryview) -> None:
    """An empty buffer holds no record and is no error."""
    assert parse_records(data).shape == (0,)


@pytest.mark.parametrize("size", [1, 255, 257, 511])
def test_record_cut_short_is_refused(size: int) -> None:
    """Bytes that are not whole records are refused by name."""
    with pytest.raises(MalformedRecordError, match=f"^{size} bytes are not a whole number"):
        parse_records(bytes(size))


def test_integers_are_little_endian() -> None:
    """The low byte comes first in every integer field."""
    record = np.zeros((), RECORD)
    record["network"], record["valid_for"], record["amount"] = 0x0102, 0x01020304, 0x05
    data = record.tobytes()
    assert data[2:8] == bytes([2, 1, 4, 3, 2, 1])
    assert data[136:144] == bytes([5, 0, 0, 0, 0, 0, 0, 0])


def test_id_is_the_leaf_hash() -> None:
    """The id is SHA-256 over a zero byte and the whole record, the signature included."""
    data = bytes(range(256)) + bytes(256)
    expected = [sha256(b"\0" + data[i : i + 256]).digest() for i in (0, 256)]
    ids = record_ids(parse_records(data))
    assert ids.dtype == np.uint8
    assert row_bytes(ids) == expected
    assert record_ids(parse_records(data)[1]).tobytes() == expected[1]


def test_no_records_have_no_ids() -> None:
    """The shapes hold for an empty batch, too."""
    assert record_ids(parse_records(b"")).shape == (0, 32)
    assert signed_parts(parse_records(b"")).shape == (0, SIGNED_SIZE)


def test_records_apart_in_memory_are_read() -> None:
    """A slice with steps gives the same as its copy."""
    records = parse_records(bytes(range(256)) * 4)
    assert record_ids(records[::2]).tolist() == record_ids(records[::2].copy()).tolist()
    assert signed_parts(records[::2]).tolist() == [list(range(SIGNED_SIZE))] * 2


def test_other_arrays_are_refused() -> None:
    """Bytes that nobody has parsed are no records."""
    with pytest.raises(BatchError, match="parse them first"):
        record_rows(np.zeros((2, 256), np.uint8))


def test_rows_become_bytes() -> None:
    """Each row is one object, even rows without any byte in them."""
    assert row_bytes(np.array([[65, 66], [67, 68]], np.uint8)) == [b"AB", b"CD"]
    assert row_bytes(np.zeros((2, 0), np.uint8)) == [b"", b""]
    assert row_bytes(np.zeros((0, 4), np.uint8)) == []
