"""The report's page: well formed, on its own, harmless, and it says what there is to see."""

import math
import re
from html.parser import HTMLParser

import msgspec

from scenarios.reporting import Moment, SessionPicture, page_of
from tests.unit.scenarios.reporting.pictures import BEGAN_US, S, picture, session

VOID = {"meta", "br"}
"""Elements that have no end."""

NUMBERS = {"x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "r", "points"}
"""Attributes of SVG that hold numbers."""

HOSTILE = "<script>alert(1)</script>\"' onload=x \N{RIGHT-TO-LEFT OVERRIDE}\x00"


class Reader(HTMLParser):
    """Reads a page as a browser does, and insists on elements that are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)


def read(page: str) -> Reader:
    """Return what is in a page."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


def everything() -> tuple[SessionPicture, ...]:
    """Return a session of each kind, one of which went wrong."""
    failed = session("charge", state="unpaid", reason="no voucher came")
    return (session("charge"), session("park"), session("toll"), failed)


def test_page_stands_on_its_own() -> None:
    """Nothing is loaded and nothing runs, and every number of the drawings is one."""
    struck = Moment(
        kind="fault",
        whom="node",
        words="killed by the story",
        from_us=BEGAN_US + 2 * S,
        until_us=BEGAN_US + 4 * S,
    )
    reader = read(page_of(picture(*everything(), moments=(struck,))))
    assert not reader.found & {"script", "link", "img", "iframe", "object", "image", "use", "form"}
    names = {name for name, _ in reader.attributes}
    assert not names & {"src", "href", "onload", "onclick", "xlink:href"}
    for name, value in reader.attributes:
        if name in NUMBERS:
            assert all(math.isfinite(float(each)) for each in re.split(r"[ ,]", value) if each)


def test_page_says_what_there_is_to_see() -> None:
    """Each plot, the invariants, what struck, and the failed session's messages are there."""
    alarm = Moment(kind="alarm", whom="node", words="alarm about toll-op", from_us=BEGAN_US + S)
    words = " ".join(read(page_of(picture(*everything(), moments=(alarm,)))).words)
    for title in (
        "All 1 checks hold",
        "What struck, and the alarms",
        "Who served when",
        "Sessions under way",
        "Power delivered [kW]",
        "Price of energy agreed [tokens/kWh]",
        "Price of parking agreed [tokens/h]",
        "Toll agreed [tokens]",
        "Delivered and not vouched for [% of one slice]",
        "one slice",
        "Waiting times [ms]",
        "Accepted to final [ms]",
        "Records on the ledger [1/s]",
        "supply_conserved",
        "Sessions that went wrong",
        "no voucher came",
        "sent, not heard",
        "2 rejected",
    ):
        assert title in words, title


def test_broken_page_says_so_first() -> None:
    """A broken invariant stands at the top, with its sentence, a sign and a word."""
    words = " ".join(read(page_of(picture(session(), ok=False))).words)
    assert words.index("1 of 1 check broken") < words.index("What happened")
    assert "✗" in words
    assert "✓ All" not in words


def test_page_of_nothing() -> None:
    """A run in which nothing happened has a page as well."""
    empty = msgspec.structs.replace(picture(), records_us=(), finals=(), findings=())
    words = " ".join(read(page_of(empty)).words)
    assert "Nothing struck" in words
    assert "Sessions under way" not in words


def test_strangers_words_do_no_harm() -> None:
    """What a stranger calls itself, or says, is shown as text."""
    hostile = session("charge", state="failed", reason=HOSTILE, buyer=HOSTILE)
    moment = Moment(kind="alarm", whom=HOSTILE, words=HOSTILE, from_us=BEGAN_US)
    page = page_of(
        msgspec.structs.replace(picture(hostile, moments=(moment,)), title=HOSTILE, about=HOSTILE)
    )
    reader = read(page)
    assert "script" not in reader.found
    assert "onload" not in {name for name, _ in reader.attributes}
    assert not set(page) & {"\x00", "\N{RIGHT-TO-LEFT OVERRIDE}"}
    assert "<script>alert(1)</script>" in "".join(reader.words)


def test_one_journal_alone_accuses_nobody() -> None:
    """Where a journal is not looked at, that words were not found there means nothing."""
    wrong = session("charge", state="unpaid", reason="the meter fell")
    (said,) = wrong.transcript
    answer = msgspec.structs.replace(said, sender="seller", sent=False, heard=True)
    alone = msgspec.structs.replace(wrong, transcript=(said, answer))
    told = page_of(picture(alone))
    assert "not heard" not in told
    assert "not sent" not in told
    both = msgspec.structs.replace(said, heard=True)
    known = msgspec.structs.replace(wrong, transcript=(said, answer, both))
    assert "sent, not heard" in page_of(picture(known))
