"""Evidence: the log, its checkpoints and receipts, as strangers get them."""

from pathlib import Path

import pytest
import structlog

from ledger_core import (
    Checkpoint,
    Note,
    Policy,
    cosign,
    log_key,
    network_origin,
    record_ids,
    validator_key,
    verify_inclusion,
)
from ledger_node.codec import decode_reply, encode
from ledger_node.events import AlarmHeader, CheckpointHeader, FinalHeader
from ledger_node.limits import RECORDS_MAX
from ledger_node.node import Node
from ledger_node.protocol import Refused
from ledger_node.trust_protocol import (
    AskCheckpoint,
    AskLog,
    AskReceipt,
    CheckpointState,
    Cosign,
    LogPart,
    ReceiptState,
)
from tests.unit.ledger_node.street import (
    ANN,
    GENESIS,
    NODE_PAIR,
    ORIGIN,
    HandClock,
    ask,
    heard,
    id_of,
    joined,
    payments,
    running,
    submit,
)

POLICY = Policy(
    log_key("street", NODE_PAIR.public_key), (validator_key("city", ANN.public_key),), 1
)


def hand_in(node: Node, note: Note, *, at_s: int = 1_800_000_000) -> object:
    """Cosign a checkpoint, hand it in, and return the reply's header."""
    cosigned = Note(note.text, (cosign(ANN, "city", note, at_s=at_s),))
    answer = node.receive([b"peer", encode(Cosign(request=5)), cosigned.encode()])
    assert answer is not None
    return decode_reply(answer[1])


def latest(node: Node) -> Note:
    """Return the latest checkpoint."""
    _, frames = ask(node, AskCheckpoint(request=4))
    return Note.parse(frames[0])


async def test_batches_are_given_as_they_were_judged(tmp_path: Path) -> None:
    """From any position on, with the times, until the log's end."""
    clock = HandClock()
    async with running(tmp_path, clock=clock) as node:
        await submit(node, payments(2))
        clock.now_us += 7
        await submit(node, payments(3, first=2))
        part, frames = ask(node, AskLog(request=1, first=2))
        assert isinstance(part, LogPart)
        assert (part.first, part.counts) == (1, (2, 3))
        assert part.at_us == (clock.now_us - 7, clock.now_us)
        assert frames == [joined(payments(5)).tobytes()]
        end, frames = ask(node, AskLog(request=1, first=6))
        assert isinstance(end, LogPart)
        assert (end.counts, frames) == ((), [b""])


async def test_a_part_fits_into_a_message(tmp_path: Path) -> None:
    """More than a submission's worth of records comes in several parts."""
    async with running(tmp_path) as node:
        await submit(node, payments(RECORDS_MAX))
        part, frames = ask(node, AskLog(request=1, first=0))
        assert isinstance(part, LogPart)
        assert sum(part.counts) <= RECORDS_MAX
        assert frames[0].startswith(GENESIS.tobytes())


async def test_a_receipt_waits_for_finality(tmp_path: Path) -> None:
    """Unknown, not final yet, final: three answers, and the last one proves it."""
    async with running(tmp_path, policy=POLICY) as node:
        await submit(node, payments(3))
        node.evidence.sign_if_due()
        missing, _ = ask(node, AskReceipt(request=1, id=bytes(32)))
        early, _ = ask(node, AskReceipt(request=1, id=id_of(payments(3)[1])))
        assert isinstance(missing, ReceiptState)
        assert isinstance(early, ReceiptState)
        assert (missing.position, early.position, early.path_length) == (-1, 2, -1)
        hand_in(node, latest(node))
        state, frames = ask(node, AskReceipt(request=1, id=id_of(payments(3)[1])))
        assert isinstance(state, ReceiptState)
        record, hold, proof = frames
        assert (record, hold) == (payments(3)[1].tobytes(), b"")
        stop = 32 * state.path_length
        checkpoint = Checkpoint.parse(Note.parse(proof[stop:]).text)
        path = [proof[start : start + 32] for start in range(0, stop, 32)]
        leaf = record_ids(payments(3)[1]).tobytes()
        verify_inclusion(leaf, index=2, size=checkpoint.size, path=path, root=checkpoint.root)


async def test_everybody_hears_of_it(tmp_path: Path) -> None:
    """A checkpoint is announced when signed, when final, and never as final twice."""
    async with running(tmp_path, policy=POLICY) as node:
        await submit(node, payments(1))
        node.evidence.sign_if_due()
        [told] = node.evidence.take_events()
        assert isinstance(heard(told), CheckpointHeader)
        for _ in range(2):
            state = hand_in(node, Note.parse(told[2]))
            assert isinstance(state, CheckpointState)
            assert (state.size, state.final_size, state.signatures) == (2, 2, 1)
        [final] = node.evidence.take_events()
        header = heard(final)
        assert isinstance(header, FinalHeader)
        assert (header.size, header.signatures) == (2, 1)
        assert node.evidence.take_events() == []


async def test_a_lie_is_told_to_everybody(tmp_path: Path) -> None:
    """Who signs another tree is refused by name, and what he signed goes out as an alarm."""
    async with running(tmp_path, policy=POLICY) as node:
        lie = Note(Checkpoint(network_origin("street"), 1, bytes([7]) * 32).text())
        refused = hand_in(node, lie)
        assert isinstance(refused, Refused)
        assert refused.name == "OTHER_TREE"
        [alarm] = node.evidence.take_events()
        header = heard(alarm)
        assert isinstance(header, AlarmHeader)
        assert (header.names, header.size) == ("city", 1)
        assert "city stands by another tree of 1 records" in header.reason
        assert Note.parse(alarm[2]).text == lie.text


async def test_engines_that_differ_are_told_to_everybody(tmp_path: Path) -> None:
    """What goes wrong in the node itself is an alarm, too, about nobody else."""
    async with running(tmp_path, policy=POLICY) as node:
        node.evidence.warn("Lanes and libsodium differ.")
        [alarm] = node.evidence.take_events()
        header = heard(alarm)
        assert isinstance(header, AlarmHeader)
        assert (header.names, header.size, alarm[2]) == ("", 1, b"")
        assert header.reason == "Lanes and libsodium differ."


async def test_a_repeated_lie_is_counted_and_told_once(tmp_path: Path) -> None:
    """Who hands one lie in again and again makes no noise; another lie is news again."""
    with structlog.testing.capture_logs() as lines:
        async with running(tmp_path, policy=POLICY) as node:
            for root in (7, 7, 7, 8):
                text = Checkpoint(network_origin("street"), 1, bytes([root]) * 32).text()
                hand_in(node, Note(text))
            assert node.evidence.refused_cosignatures == {"city": 4}
            assert len(node.evidence.take_events()) == 2
    said = [line for line in lines if line["event"] == "alarm"]
    assert [(line["validators"], line["size"]) for line in said] == [("city", 1)] * 2


@pytest.mark.parametrize("frames", [[], [b"no note"], [b"\xff" * 40]])
async def test_what_is_no_note_is_refused(tmp_path: Path, frames: list[bytes]) -> None:
    """Garbage gets a named answer and changes nothing."""
    async with running(tmp_path, policy=POLICY) as node:
        answer = node.receive([b"peer", encode(Cosign(request=5)), *frames])
        assert answer is not None
        assert b"COSIGNATURE_REFUSED" in answer[1]
        assert node.evidence.take_events() == []
        state, _ = ask(node, AskCheckpoint(request=4))
        assert isinstance(state, CheckpointState)
        assert (state.size, state.final_size, state.quorum) == (1, 0, 1)


async def test_a_genesis_has_a_receipt_too(tmp_path: Path) -> None:
    """Without validators the log's own word is final at once; a tree of one needs no path."""
    async with running(tmp_path) as node:
        state, _ = ask(node, AskReceipt(request=1, id=ORIGIN))
        assert isinstance(state, ReceiptState)
        assert (state.position, state.path_length) == (0, 0)
