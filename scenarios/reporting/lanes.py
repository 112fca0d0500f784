"""The two charts of lanes: what struck whom, and who served when."""

from scenarios.reporting.axes import Axis
from scenarios.reporting.charts import BOTTOM, TOP, Chart
from scenarios.reporting.figures import Figure, seconds, time_axis
from scenarios.reporting.picture import Moment, Picture, SessionPicture
from scenarios.reporting.words import count

__all__ = ["serving_figure", "struck_figure"]

WIDE = 1060
"""Width of a chart that has the page for itself. [px]"""

NAMES = 130
"""Room for names on the left. [px]"""

NAME_MAX = 18
"""Characters of a name that fit there."""

LANE, GAP = 11, 8
"""Height of one lane, and between two names. [px]"""

LANES_MAX = 60
"""Names that have lanes of their own; more is a wall."""


def struck_figure(picture: Picture) -> Figure | None:
    """Return what struck and who raised an alarm, none where nothing did."""
    moments = picture.moments
    if not moments:
        return None
    names = list(dict.fromkeys(moment.whom or "everybody" for moment in moments))[:LANES_MAX]
    height = TOP + BOTTOM + (LANE + GAP) * len(names)
    axis = time_axis(picture, ticks=10)
    chart = Chart("What struck", axis, None, height=height, left=NAMES, width=WIDE)
    for moment in moments:
        name = moment.whom or "everybody"
        if name in names:
            _strike(chart, picture, moment, top=TOP + (LANE + GAP) * names.index(name))
    for at, name in enumerate(names):
        chart.text(NAMES - 8, TOP + (LANE + GAP) * at + LANE - 1, _cut(name), anchor="end")
    return Figure(
        "What struck, and the alarms",
        f"{_kinds(moments)}. A cross stands where something struck or died, its bar is how long it"
        " lasted; a diamond is a lie or an alarm. The same times are shaded in every plot below, or"
        " marked at its top where they are many.",
        chart.svg(),
    )


def serving_figure(picture: Picture) -> Figure | None:
    """Return who served when, none where nobody did."""
    lanes: dict[str, list[SessionPicture]] = {}
    for session in picture.sessions:
        lanes.setdefault(session.row.seller, []).append(session)
    names = sorted(lanes, key=lambda name: (lanes[name][0].row.service, name))[:LANES_MAX]
    if not names:
        return None
    rows = {name: _stacked(lanes[name]) for name in names}
    high = sum(LANE * (1 + max(rows[name])) + GAP for name in names)
    axis: Axis = time_axis(picture, ticks=10)
    chart = Chart("Who served", axis, None, height=TOP + BOTTOM + high, left=NAMES, width=WIDE)
    top = TOP
    for name in names:
        chart.text(NAMES - 8, top + LANE - 1, _cut(name), anchor="end")
        for session, row in zip(lanes[name], rows[name], strict=True):
            _serve(chart, picture, session, top=top + LANE * row)
        top += LANE * (1 + max(rows[name])) + GAP
    failed = sum(not session.is_good for session in picture.sessions)
    words = "each of them ended well" if not failed else f"{failed} with a cross went wrong"
    return Figure(
        "Who served when",
        f"{count(len(picture.sessions), 'session')} with {count(len(names), 'seller')}, a bar from"
        f" the first word to the last entry in the books; {words}.",
        chart.svg(),
    )


def _strike(chart: Chart, picture: Picture, moment: Moment, *, top: float) -> None:
    """Draw one moment."""
    at_s = seconds(picture, moment.from_us)
    if moment.until_us is not None:
        until_s = seconds(picture, moment.until_us)
        words = f"{moment.whom}: {moment.words}, {until_s - at_s:.1f} s"
        chart.block(at_s, until_s, top, tall=LANE, look="struck-bar", title=words)
    title = f"{moment.whom}: {moment.words}, at {at_s:.1f} s"
    chart.sign(at_s, top + LANE / 2, look=moment.kind, title=title)


def _serve(chart: Chart, picture: Picture, session: SessionPicture, *, top: float) -> None:
    """Draw one session."""
    row = session.row
    since_s, until_s = seconds(picture, session.opened_us), seconds(picture, session.closed_us)
    title = f"{row.buyer} with {row.seller}: {row.service}, {row.state}, {until_s - since_s:.1f} s"
    look = row.service if session.is_good else "bad"
    chart.block(since_s, until_s, top, tall=LANE - 2, look=look, title=title)
    if not session.is_good:
        chart.sign(since_s, top + LANE / 2 - 1, look="bad", title=title)


def _stacked(sessions: list[SessionPicture]) -> list[int]:
    """Return a row for each session, so that none covers another."""
    ends: list[int] = []
    rows = []
    for session in sorted(sessions, key=lambda session: session.opened_us):
        row = next((at for at, end in enumerate(ends) if end <= session.opened_us), len(ends))
        ends[row : row + 1] = [session.closed_us]
        rows.append((session, row))
    found = {id(session): row for session, row in rows}
    return [found[id(session)] for session in sessions]


def _kinds(moments: tuple[Moment, ...]) -> str:
    """Return how many there were of each kind."""
    kinds = {"fault": "fault on purpose", "death": "death", "lie": "lie", "alarm": "alarm"}
    found = [(sum(moment.kind == kind for moment in moments), noun) for kind, noun in kinds.items()]
    words = {"fault on purpose": "faults on purpose"}
    return ", ".join(
        f"{number} {words.get(noun, noun + 's') if number > 1 else noun}"
        for number, noun in found
        if number
    )


def _cut(name: str) -> str:
    """Return a name that fits."""
    return name if len(name) <= NAME_MAX else f"{name[: NAME_MAX - 1]}…"
