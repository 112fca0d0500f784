"""Transcripts: each message once, in the order in which both sides have them."""

from agent_runtime import Entry, JournalMessage
from ledger_core import KeyPair
from negotiation import Cancel, Envelope, Memory, Role, Service, seal
from scenarios.reporting import Page
from scenarios.reporting.transcripts import LINES_MAX, transcript

KEY = KeyPair.from_seed(bytes(32))


def message(way: str, number: int, reason: str = "enough") -> JournalMessage:
    """Return a message as a journal has it."""
    envelope = Envelope(
        dialogue=bytes(16),
        number=number,
        sender=KEY.public_key,
        reply_by_us=0,
        body=Cancel(reason=reason),
    )
    frame = seal(KEY, envelope)
    return JournalMessage(way=way, number=number, performative="cancel", frame=frame)


def page(role: Role, *messages: JournalMessage) -> Page:
    """Return one side's page."""
    entry = Entry(
        dialogue="00" * 16,
        role=role,
        service="charge",
        partner="",
        state="failed",
        opened_at_us=0,
        changed_at_us=0,
    )
    memory = Memory(
        role=role, dialogue=bytes(16), partner=bytes(32), service=Service.CHARGE, network=1
    )
    return Page(agent=role, entry=entry, memory=memory, messages=messages)


def test_both_journals_make_one_story() -> None:
    """What only one side has stands where it has it, and is marked."""
    buyer = page(Role.BUYER, message("sent", 0), message("heard", 0), message("sent", 1))
    seller = page(Role.SELLER, message("heard", 0), message("sent", 0), message("sent", 1))
    lines = transcript((buyer, seller))
    assert [(line.sender, line.number, line.sent, line.heard) for line in lines] == [
        ("buyer", 0, True, True),
        ("seller", 0, True, True),
        ("seller", 1, True, False),
        ("buyer", 1, True, False),
    ]
    assert {line.words for line in lines} == {"enough"}


def test_one_journal_is_enough() -> None:
    """A frame that can not be read says why."""
    broken = JournalMessage(way="heard", number=0, performative="start", frame=b"x")
    [line] = transcript((page(Role.SELLER, broken),))
    assert (line.sender, line.sent, line.heard) == ("buyer", False, True)
    assert line.words.startswith("not readable:")


def test_long_transcripts_are_cut_in_the_middle() -> None:
    """The beginning and the end are what who looks for a fault looks at."""
    said = [message("sent", number) for number in range(LINES_MAX + 10)]
    lines = transcript((page(Role.BUYER, *said),))
    assert len(lines) == LINES_MAX
    assert (lines[0].number, lines[-1].number) == (0, LINES_MAX + 9)
