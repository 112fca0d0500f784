"""The tables of a report: what must hold, the sessions, and what was said where it went wrong."""

from collections.abc import Iterable, Sequence

from negotiation import Role
from scenarios.reporting.figures import US_PER_S, seconds
from scenarios.reporting.picture import Line, Picture, SessionPicture
from scenarios.reporting.words import count, quantity, safe, tokens

__all__ = ["failed_sessions", "findings_table", "sessions_table", "sign", "transcript_table"]

TRANSCRIPTS_MAX = 50
"""Failed sessions that are told in full; who has more begins with the first ones."""

OPEN_MAX = 3
"""Transcripts that are unfolded at first."""

HUNDRED = 100

SESSION_HEAD = (
    ("", ""),
    ("buyer", ""),
    ("seller", ""),
    ("service", ""),
    ("began", "number"),
    ("took", "number"),
    ("delivered", "number"),
    ("billed", "number"),
    ("paid", "number"),
    ("most unpaid", "number"),
    ("ended", ""),
)
"""Columns of the table of sessions; amounts are in tokens."""


def sign(is_good: bool, good: str, bad: str) -> str:
    """Return a sign with its word, in its colour."""
    look, mark, word = ("good", "✓", good) if is_good else ("bad", "✗", bad)
    return f'<span class="sign {look}"><b aria-hidden="true">{mark}</b> {safe(word)}</span>'


def findings_table(picture: Picture) -> str:
    """Return the invariants, those that do not hold first."""
    ordered = sorted(picture.findings, key=lambda finding: finding.ok)
    rows = (
        (sign(each.ok, "holds", "broken"), f"<code>{safe(each.name)}</code>", safe(each.detail))
        for each in ordered
    )
    return _table((("", ""), ("invariant", ""), ("what was found", "")), rows)


def sessions_table(picture: Picture) -> str:
    """Return the sessions, in the order in which they began."""
    ordered = sorted(picture.sessions, key=lambda each: each.opened_us)
    return _table(SESSION_HEAD, (_session_cells(picture, each) for each in ordered))


def failed_sessions(picture: Picture) -> str:
    """Return each session that went wrong, with what was said."""
    failed = [each for each in picture.sessions if not each.is_good]
    shown = failed[:TRANSCRIPTS_MAX]
    parts = [_failed(picture, each, is_open=at < OPEN_MAX) for at, each in enumerate(shown)]
    if len(failed) > len(shown):
        parts.append(f"<p>{count(len(failed) - len(shown), 'more session')} went wrong.</p>")
    return "".join(parts)


def transcript_table(session: SessionPicture) -> str:
    """Return what was said, a row for each message."""
    row = session.row
    names = {"buyer": row.buyer, "seller": row.seller}
    head = (("", "number"), ("from", ""), ("message", ""), ("what it says", ""), ("journals", ""))
    spoke = {line.sender for line in session.transcript}
    is_known_twice = any(line.sent and line.heard for line in session.transcript)
    is_alone = len(spoke) == len(Role) and not is_known_twice  # A cheat's journal is not looked at.
    rows = (
        (
            str(line.number),
            safe(names.get(line.sender, line.sender)),
            f"<code>{safe(line.name)}</code>",
            safe(line.words),
            _known(line, is_alone=is_alone),
        )
        for line in session.transcript
    )
    return _table(head, rows)


def _known(line: Line, *, is_alone: bool) -> str:
    """Return in which journals a message is; where there is one journal alone, what that says."""
    if line.sent and line.heard:
        return "sent, heard"
    if is_alone:
        return "sent" if line.sent else "heard"
    return sign(False, "", "sent, not heard" if line.sent else "heard, not sent")


def _session_cells(picture: Picture, session: SessionPicture) -> tuple[str, ...]:
    """Return one session's cells."""
    row = session.row
    reason = f": {row.reason}" if row.reason and not session.is_good else ""
    share = (
        f"{HUNDRED * session.open_max / session.slice_amount:.0f} % of a slice"
        if session.slice_amount and session.pieces
        else ""
    )
    return (
        f'<span class="dot-key {safe(row.service)}"></span>',
        safe(row.buyer),
        safe(row.seller),
        safe(row.service),
        f"{seconds(picture, session.opened_us):,.1f} s",
        f"{(session.closed_us - session.opened_us) / US_PER_S:,.1f} s",
        safe(quantity(row.delivered.quantity, row.delivered.unit)),
        tokens(row.billed),
        tokens(row.paid),
        share,
        sign(session.is_good, row.state, f"{row.state}{reason}"),
    )


def _failed(picture: Picture, session: SessionPicture, *, is_open: bool) -> str:
    """Return one session that went wrong."""
    row = session.row
    began_s = seconds(picture, session.opened_us)
    head = (
        f"{sign(False, '', row.state)} {safe(row.buyer)} with {safe(row.seller)}, {row.service},"
        f" began at {began_s:.1f} s"
    )
    sums = (
        f"Delivered {safe(quantity(row.delivered.quantity, row.delivered.unit)) or 'nothing'},"
        f" billed {tokens(row.billed)}, paid {tokens(row.paid)} tokens. Dialogue"
        f" <code>{safe(row.dialogue)}</code>."
    )
    why = f"<p><b>Why:</b> {safe(row.reason)}</p>" if row.reason else ""
    said = (
        transcript_table(session) if session.transcript else "<p>No journal has its messages.</p>"
    )
    return (
        f"<details{' open' * is_open}><summary>{head}</summary>{why}<p>{sums}</p>{said}</details>"
    )


def _table(head: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> str:
    """Return a table that scrolls by itself where the page is narrow; cells are HTML."""
    looks = [f' class="{look}"' if look else "" for _, look in head]
    top = "".join(
        f"<th{look}>{safe(name)}</th>" for (name, _), look in zip(head, looks, strict=True)
    )
    lines = "".join(
        "<tr>"
        + "".join(f"<td{look}>{cell}</td>" for cell, look in zip(cells, looks, strict=True))
        + "</tr>"
        for cells in rows
    )
    table = f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"
    return f'<div class="wide">{table}</div>'
