"""Records as JSON lines, for people and their tools: one object a line, nothing left out.

The fields are those of the record (`ledger_core.RECORD`), all of them, so that the 256 bytes can be
put together again; ids, keys, digests and signatures are hexadecimal, payloads Base 64, amounts
integers in base units.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np

from ledger_core import RECORD, Bytes, Kind, Records, parse_records, record_ids
from ledger_node.errors import ExportDamagedError, ExportError
from ledger_node.log import Entry

__all__ = ["Line", "entries_of_lines", "lines_of"]

UNREADABLE = (msgspec.MsgspecError, RecursionError)
"""What the decoder raises on a line that nobody meant to be one."""

LINE_SIZE_MAX = 1 << 17
"""The longest line: a payload of 32 KiB in Base 64, and the rest. [bytes]"""


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Hold one record as a line says it."""

    position: int
    """Its place in the log."""
    id: str
    """Its id: SHA-256 over a zero byte and its 256 bytes."""
    batch: int
    """Position of the first record of its batch."""
    at_us: int
    """The ledger's time at which it was applied. [µs]"""
    kind: str
    """What it does: a name of `Kind`."""
    version: int
    """Version of the record."""
    network: int
    """Number of the network."""
    issuer: str
    """Who signed it."""
    target: str
    """Account, hold or channel."""
    amount: int
    """What moves. [base units]"""
    sequence: int
    """The issuer's number, or the voucher's."""
    issued_at: int
    """When it was made. [µs since the Unix epoch]"""
    valid_for: int
    """How long after that it could be applied. [s]"""
    parents: tuple[str, str]
    """Ids of the two records that it vouches for."""
    digest: str
    """SHA-256 of a payload or of agreed terms, or zeros."""
    signature: str
    """The issuer's signature."""
    payload: bytes | None = None
    """What was carried beside it, where that is kept; Base 64."""


_NUMBERS = ("version", "network", "valid_for", "amount", "sequence", "issued_at")
_TEXTS = ("issuer", "target", "digest", "signature")

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Line)


def lines_of(entry: Entry) -> bytes:
    """Write the records of a batch, a line each.

    Args:
        entry: The batch, with its payloads.
    """
    records = parse_records(entry.records)
    payloads = dict(entry.payloads)
    numbers = zip(*(records[name].tolist() for name in _NUMBERS), strict=True)
    texts = zip(*(_hexadecimal(records[name]) for name in _TEXTS), strict=True)
    parents = zip(_hexadecimal(records["parent_a"]), _hexadecimal(records["parent_b"]), strict=True)
    columns = (
        range(entry.first, entry.first + entry.count),
        _hexadecimal(record_ids(records)),
        records["kind"].tolist(),
        numbers,
        texts,
        parents,
    )
    return _ENCODER.encode_lines(
        Line(
            position=position,
            id=record_id,
            batch=entry.first,
            at_us=entry.at_us,
            kind=Kind(kind).name,
            **dict(zip(_NUMBERS, row_numbers, strict=True)),
            **dict(zip(_TEXTS, row_texts, strict=True)),
            parents=row_parents,
            payload=payloads.get(position),
        )
        for position, record_id, kind, row_numbers, row_texts, row_parents in zip(
            *columns, strict=True
        )
    )


def entries_of_lines(path: Path) -> Iterator[Entry]:
    """Read batches back from a file of lines, with their payloads.

    Args:
        path: The file.

    Raises:
        ExportError: It can not be read.
        ExportDamagedError: A line is none of an export, or its record has not the id it says.
    """
    try:
        with path.open("rb") as file:
            for batch, group in groupby(_lines(file, path), key=lambda row: row[0].batch):
                yield _entry(path, batch, list(group))
    except OSError as error:
        raise ExportError(f"{path} can not be read: {error.strerror}.") from error


def _hexadecimal(rows: Bytes) -> list[str]:
    """Write rows of bytes, shape (n, width), as hexadecimal digits."""
    width = 2 * rows.shape[1]
    digits = rows.tobytes().hex()
    return [digits[start : start + width] for start in range(0, len(digits), width)]


def _lines(file: BinaryIO, path: Path) -> Iterator[tuple[Line, bytes]]:
    """Read lines, and put the record of each together."""
    number = 0
    while content := file.readline(LINE_SIZE_MAX):
        number += 1
        try:
            line = _DECODER.decode(content)
            record = _record(line)
        except (*UNREADABLE, ValueError, KeyError, OverflowError) as error:
            raise ExportDamagedError(
                f"{path}: line {number} is no record of a ledger ({error}); export anew."
            ) from error
        yield line, record.tobytes()


def _record(line: Line) -> Records:
    """Put a record together, shape ().

    Raises:
        ValueError: It has not the id that the line says, or a field is too long for it.
    """
    record: Records = np.zeros((), RECORD)
    record["kind"] = Kind[line.kind]
    for name in _NUMBERS:
        record[name] = getattr(line, name)
    texts = {name: getattr(line, name) for name in _TEXTS}
    texts["parent_a"], texts["parent_b"] = line.parents
    for name, digits in texts.items():
        record[name] = np.frombuffer(bytes.fromhex(digits), np.uint8)
    if record_ids(record).tobytes().hex() != line.id:
        raise ValueError("its fields do not have the id that it says")
    return record


def _entry(path: Path, batch: int, rows: list[tuple[Line, bytes]]) -> Entry:
    """Put the lines of a batch together."""
    lines = [line for line, _ in rows]
    expected = list(range(batch, batch + len(lines)))
    if [line.position for line in lines] != expected or len({line.at_us for line in lines}) > 1:
        raise ExportDamagedError(
            f"{path}: the lines of the batch at position {batch} are not all there, or not in "
            "order; export anew."
        )
    return Entry(
        first=batch,
        at_us=lines[0].at_us,
        records=b"".join(record for _, record in rows),
        payloads=tuple((line.position, line.payload) for line in lines if line.payload is not None),
    )
