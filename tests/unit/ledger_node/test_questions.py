"""Questions: who waits, for how long, and who is told to come again."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from ledger_node import questions
from ledger_node.answers import Answers
from ledger_node.codec import decode_reply, encode
from ledger_node.errors import RequestRefusedError
from ledger_node.evidence import Evidence
from ledger_node.metrics import Counts
from ledger_node.protocol import AskAccount, AskInfo, Refused
from ledger_node.questions import QUESTION_SIZE_MAX, ROUND_US, Questions
from ledger_node.reception import Message
from ledger_node.snapshot_answers import SnapshotAnswers
from ledger_node.trust_protocol import Cosign
from tests.unit.ledger_node.street import HandClock, running


class Slow:
    """Answers, each of which takes as long as its request's number says. [µs]"""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock

    def answer(self, question: AskInfo) -> list[bytes]:
        """Answer after a while."""
        self.clock.now_us += question.request
        return [str(question.request).encode()]


def asking() -> tuple[Questions, Callable[[bytes, int], Message | None]]:
    """Return questions, and how to ask one of a peer that takes a time. [µs]"""
    clock = HandClock()
    waiting = Questions(
        cast("Answers", Slow(clock)),
        cast("Evidence", None),
        cast("SnapshotAnswers", None),
        counts=Counts(),
        clock=clock,
    )

    def ask(peer: bytes, took_us: int) -> Message | None:
        question = AskInfo(request=took_us)
        return waiting.ask(peer, question, [encode(question)])

    return waiting, ask


def test_a_question_is_answered_at_once_while_there_is_time() -> None:
    """Until the round's time is used up; then it waits for the next round."""
    waiting, ask = asking()
    assert ask(b"a", ROUND_US - 1) == [b"a", str(ROUND_US - 1).encode()]
    assert ask(b"a", 7) == [b"a", b"7"]
    assert ask(b"a", 8) is None
    assert waiting.waiting == 1
    assert waiting.answer(spent_us=1) == [[b"a", b"8"]]
    assert waiting.waiting == 0


def test_who_comes_behind_others_waits_like_them() -> None:
    """Nobody is answered before those who wait, even when there is time again."""
    waiting, ask = asking()
    ask(b"a", ROUND_US)
    assert ask(b"a", 1) is None
    assert ask(b"b", 2) is None
    assert waiting.answer(spent_us=1) == [[b"a", b"1"], [b"b", b"2"]]


def test_what_an_answer_takes_is_missing_from_the_next_rounds() -> None:
    """Submissions keep their part of the time, however long one answer takes."""
    waiting, ask = asking()
    ask(b"a", 3 * ROUND_US)
    ask(b"a", 1)
    assert waiting.answer(spent_us=1) == []
    assert waiting.answer(spent_us=1) == []
    assert waiting.answer(spent_us=1) == [[b"a", b"1"]]


def test_without_batches_time_does_not_matter() -> None:
    """Where nothing is submitted, questions are answered whatever they took."""
    waiting, ask = asking()
    ask(b"a", 100 * ROUND_US)
    ask(b"a", 1)
    assert waiting.answer(spent_us=0) == [[b"a", b"1"]]


def test_behind_a_long_batch_there_is_more_time() -> None:
    """Questions may take a fourth of what the batch took."""
    waiting, ask = asking()
    ask(b"a", ROUND_US)
    for number in range(30):
        ask(b"%d" % number, 400)
    assert len(waiting.answer(spent_us=40_000)) == 25


def test_connections_share_the_time_and_not_the_number() -> None:
    """Who asks for what takes long is answered less often than who does not."""
    waiting, ask = asking()
    ask(b"x", ROUND_US)
    for _ in range(20):
        ask(b"slow", 1_000)
        ask(b"fast", 100)
    answered = [answer[0] for _ in range(16) for answer in waiting.answer(spent_us=2_000)]
    assert answered.count(b"fast") == 20
    assert answered.count(b"slow") < 8


def test_who_takes_no_answers_gets_none() -> None:
    """His questions wait, others are answered, and nothing is worked out in vain."""
    waiting, ask = asking()
    waiting.deaf = {b"deaf"}
    assert ask(b"deaf", 1) is None
    assert (waiting.waiting, waiting.are_due) == (1, False)
    assert waiting.answer(spent_us=0) == []
    with pytest.raises(RequestRefusedError, match="1 requests wait"):
        ask(b"deaf", 2)
    assert ask(b"b", ROUND_US) == [b"b", str(ROUND_US).encode()]
    assert ask(b"b", 3) is None
    assert waiting.are_due
    assert waiting.answer(spent_us=0) == [[b"b", b"3"]]
    waiting.deaf = frozenset()
    assert waiting.answer(spent_us=0) == [[b"deaf", b"1"]]


def test_a_connection_may_have_so_many_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is refused by name, and others still come in."""
    monkeypatch.setattr(questions, "ASKER_MAX", 2)
    waiting, ask = asking()
    ask(b"a", ROUND_US)
    ask(b"a", 1)
    ask(b"a", 2)
    with pytest.raises(RequestRefusedError, match="2 requests wait") as caught:
        ask(b"a", 3)
    assert caught.value.name == "TOO_MANY_QUESTIONS"
    assert ask(b"b", 4) is None
    assert waiting.waiting == 3


@pytest.mark.parametrize("limit", ["ROOM_MAX", "ROOM_SIZE_MAX"])
def test_the_room_for_questions_has_an_end(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """By number and by size, whoever asks."""
    waiting, ask = asking()
    ask(b"a", ROUND_US)
    ask(b"a", 1)
    monkeypatch.setattr(questions, limit, 1)
    with pytest.raises(RequestRefusedError, match="1 requests wait"):
        ask(b"b", 2)
    waiting.answer(spent_us=1)
    assert waiting.waiting == 0


def test_a_question_has_a_largest_size() -> None:
    """What would fill the memory is not kept."""
    waiting, _ = asking()
    with pytest.raises(RequestRefusedError) as caught:
        waiting.ask(b"a", Cosign(request=1), [b"", bytes(QUESTION_SIZE_MAX + 1)])
    assert (caught.value.name, waiting.waiting) == ("MESSAGE_TOO_LARGE", 0)


async def test_a_refusal_of_one_that_waited_reaches_who_asked(tmp_path: Path) -> None:
    """It is counted, and has the number of its request."""
    async with running(tmp_path) as node:
        node.questions._left_us = 0
        message = [b"peer", encode(Cosign(request=5)), b"nonsense"]
        assert node.receive(message) is None
        assert node.asked
        ((peer, header),) = node.answer()
        reply = decode_reply(header)
        assert isinstance(reply, Refused)
        assert (peer, reply.request, reply.name) == (b"peer", 5, "COSIGNATURE_REFUSED")
        counts = node.counts
        assert (counts.refused_requests, counts.refused_cosignatures, counts.questions) == (1, 1, 1)


async def test_all_that_waited_is_answered_by_number(tmp_path: Path) -> None:
    """Each answer goes to who asked."""
    async with running(tmp_path) as node:
        node.questions._left_us = 0
        for number, peer in enumerate((b"a", b"b"), start=1):
            question = AskAccount(request=number, public_key=bytes(32))
            assert node.receive([peer, encode(question)]) is None
        found = {peer: decode_reply(header) for peer, header in node.answer()}
        assert {peer: reply.request for peer, reply in found.items() if reply} == {b"a": 1, b"b": 2}
