"""What a report shows, as plain values: they can be made in one process and drawn in another."""

import msgspec

from scenarios.invariants import Finding
from scenarios.result import SessionRow

__all__ = ["GOOD_STATES", "Line", "Moment", "Picture", "Piece", "Point", "SessionPicture"]

GOOD_STATES = frozenset({"settled", "released", "cancelled"})
"""States of sessions that ended as they should, or before anything was at stake."""


class Point(msgspec.Struct, frozen=True):
    """One value at one time."""

    at_us: int
    """When. [µs since the Unix epoch]"""
    value: float
    """How much; what of, and in which unit, says who has it."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of a delivery, between two readings of the meter."""

    from_us: int
    """When it began. [µs since the Unix epoch]"""
    until_us: int
    """When it ended. [µs since the Unix epoch]"""
    energy_wh: int
    """Energy metered. [Wh]"""
    time_s: int
    """Time metered. [story s]"""
    cost: int
    """What it costs. [base units]"""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a transcript."""

    sender: str
    """Who said it: `buyer` or `seller`."""
    number: int
    """Its sender's running number."""
    name: str
    """What kind of message it is."""
    words: str
    """What it says."""
    sent: bool
    """Whether its sender's journal has it."""
    heard: bool
    """Whether the other side's journal has it."""


class SessionPicture(msgspec.Struct, frozen=True, kw_only=True):
    """One session with what happened in it over time."""

    row: SessionRow
    """What it came to."""
    opened_us: int
    """When it began. [µs since the Unix epoch]"""
    closed_us: int
    """When its books changed last. [µs since the Unix epoch]"""
    price: int | None = None
    """Agreed price: of a kWh, of an hour's parking, or of a passage. [base units]"""
    slice_amount: int = 0
    """The most that may be delivered and not vouched for. [base units]"""
    open_max: int = 0
    """The most that was ever delivered and not vouched for. [base units]"""
    pieces: tuple[Piece, ...] = ()
    """The delivery."""
    vouched: tuple[Point, ...] = ()
    """What was vouched for in all, at the times of the vouchers. [base units]"""
    toll_us: int | None = None
    """Car seen to gate open. [µs]"""
    settle_us: int | None = None
    """SETTLE sent to durable verdict. [µs]"""
    transcript: tuple[Line, ...] = ()
    """What was said, where it went wrong."""

    @property
    def is_good(self) -> bool:
        """Whether it ended as it should."""
        return self.row.state in GOOD_STATES


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """Something that struck, or an alarm."""

    kind: str
    """`fault` for what was done on purpose, `death` for what was not, `alarm`, or `lie`."""
    whom: str
    """Whom it struck, or who raises the alarm."""
    words: str
    """What it was, for people."""
    from_us: int
    """When it began. [µs since the Unix epoch]"""
    until_us: int | None = None
    """When it was over, where it lasted. [µs since the Unix epoch]"""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one report shows."""

    kind: str
    """`run` or `simulation`."""
    story: str
    """The story's name."""
    title: str
    """The story's title."""
    about: str = ""
    """What there is to see in it."""
    seed: int
    """The seed that it was played with."""
    speed: float
    """Story seconds in a second."""
    story_us: int
    """When the story's clock shows midnight. [µs since the Unix epoch]"""
    from_us: int
    """Where the time axes begin. [µs since the Unix epoch]"""
    until_us: int
    """Where they end. [µs since the Unix epoch]"""
    took_s: float
    """Real time that it took. [s]"""
    findings: tuple[Finding, ...]
    """What was checked, and what was found."""
    sessions: tuple[SessionPicture, ...] = ()
    """The dialogues that came to an agreement."""
    others: dict[str, int] = {}
    """How many other dialogues ended in each state."""
    records_us: tuple[int, ...] = ()
    """When each record of the ledger was applied. [µs since the Unix epoch]"""
    finals: tuple[Point, ...] = ()
    """How long the latest record of each final checkpoint had waited. [ms]"""
    moments: tuple[Moment, ...] = ()
    """What struck, and who raised an alarm."""
    left: str = ""
    """Where its data is, or which command repeats it."""

    @property
    def ok(self) -> bool:
        """Whether everything holds that must."""
        return all(finding.ok for finding in self.findings)
