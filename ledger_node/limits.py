"""Limits of what is said between clients and the node, each with its reason."""

from ledger_core import BATCH_MAX, RECORD_SIZE

__all__ = [
    "FRAMES_MAX",
    "HEADER_SIZE_MAX",
    "HISTORY_MAX",
    "LOG_PART_BATCHES",
    "LOG_PART_RECORDS",
    "MESSAGE_SIZE_MAX",
    "PAYLOADS_SIZE_MAX",
    "PAYLOAD_SIZE_MAX",
    "PROTOCOL_VERSION",
    "RECORDS_MAX",
]

PROTOCOL_VERSION = 1
"""The only version of this protocol that there is."""

RECORDS_MAX = BATCH_MAX
"""Records in one submission: one mebibyte, and never more than a batch can hold."""

PAYLOAD_SIZE_MAX = 32 * 1_024
"""The payload of one DATA record: evidence and small documents, no pictures. [bytes]"""

PAYLOADS_SIZE_MAX = 1_024 * 1_024
"""All payloads of one submission together, as much as its records may take. [bytes]"""

HEADER_SIZE_MAX = 64 * 1_024
"""A header with the sizes of 4,096 payloads takes half of it. [bytes]"""

MESSAGE_SIZE_MAX = 2 * PAYLOADS_SIZE_MAX
"""The largest frame that the node's socket takes at all; a sender of more is cut off. [bytes]

Twice what a request may have, so that one a little too large still gets an answer that says so.
"""

FRAMES_MAX = 3
"""Frames of a message: header, records, payloads."""

HISTORY_MAX = 256
"""Transactions in one page of an account's history: 64 KiB, since answers wait in the node's memory
for whoever asks and does not read."""

LOG_PART_BATCHES = 64
"""Batches in one part of the log: as long to read when they are small."""

LOG_PART_RECORDS = 512
"""Records in one part of the log, unless its first batch has more: half a millisecond of reading,
since all others wait meanwhile. A validator that catches up judges them in twice that at best."""

assert RECORDS_MAX * RECORD_SIZE <= MESSAGE_SIZE_MAX
