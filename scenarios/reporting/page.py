"""One file of a picture: it opens from a disk, loads nothing, and runs no script."""

from scenarios.reporting.charts import shape
from scenarios.reporting.figures import Figure
from scenarios.reporting.lanes import serving_figure, struck_figure
from scenarios.reporting.picture import Picture
from scenarios.reporting.plots import figures
from scenarios.reporting.style import STYLE
from scenarios.reporting.tables import failed_sessions, findings_table, sessions_table, sign
from scenarios.reporting.words import count, safe, tokens

__all__ = ["page_of"]

FOLD_FROM = 60
"""Sessions from which on their table is folded up at first."""

GUARD = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser may load: nothing; so even what slipped through could do no harm."""

WH_PER_KWH = 1000


def page_of(picture: Picture) -> str:
    """Return the report, a whole HTML document.

    Args:
        picture: What it shows.
    """
    title = safe(picture.title)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{GUARD}">'
        f"<title>{title}: {'all checks hold' if picture.ok else 'BROKEN'}</title>"
        f"<style>{STYLE}</style></head><body><main>{_head(picture)}{_body(picture)}"
        f"{_foot(picture)}</main></body></html>\n"
    )


def _head(picture: Picture) -> str:
    """Return the title, the verdict, and the few numbers that matter."""
    about = f"<p>{safe(picture.about)}</p>" if picture.about else ""
    verb = "simulated" if picture.kind == "simulation" else "run live"
    return (
        f'<header><h1>{safe(picture.title)}</h1><p class="quiet">Story'
        f" <code>{safe(picture.story)}</code>, seed {picture.seed}, {verb} in"
        f" {picture.took_s:,.1f} s, {picture.speed:g} story seconds a second</p>{about}"
        f"{_verdict(picture)}{_tiles(picture)}</header>"
    )


def _verdict(picture: Picture) -> str:
    """Return whether everything holds, and what does not."""
    broken = [finding for finding in picture.findings if not finding.ok]
    number = len(picture.findings)
    bad = f"{len(broken)} of {count(number, 'check')} broken"
    words = sign(not broken, f"All {number} checks hold", bad)
    details = "".join(f"<br><code>{safe(each.name)}</code> {safe(each.detail)}" for each in broken)
    return f'<div class="verdict {"bad" if broken else "good"}"><b>{words}</b>{details}</div>'


def _tiles(picture: Picture) -> str:
    """Return the few numbers that matter."""
    rows = [each.row for each in picture.sessions]
    settled = sum(row.state == "settled" for row in rows)
    energy_wh = sum(row.delivered.quantity for row in rows if row.delivered.unit == "Wh")
    struck = sum(moment.kind != "alarm" for moment in picture.moments)
    alarms = len(picture.moments) - struck
    tiles = (
        ("sessions settled", f"{settled:,}", f"of {len(rows):,}"),
        ("paid", tokens(sum(row.paid for row in rows)), "tokens"),
        ("energy", f"{energy_wh / WH_PER_KWH:,.1f}", "kWh"),
        ("on the ledger", f"{len(picture.records_us):,}", "records"),
        ("struck", f"{struck:,}", "times"),
        ("alarms", f"{alarms:,}", "about others"),
    )
    cells = (
        f"<div><dt>{name}</dt><dd>{value} <small>{unit}</small></dd></div>"
        for name, value, unit in tiles
    )
    return f'<dl class="tiles">{"".join(cells)}</dl>'


def _body(picture: Picture) -> str:
    """Return the pictures, and then what is read."""
    wide = [each for each in (struck_figure(picture), serving_figure(picture)) if each]
    parts = ["<h2>What happened</h2>"]
    if not picture.moments:
        parts.append("<p>Nothing struck, and nobody raised an alarm.</p>")
    parts += [_figure(each, look="full") for each in wide]
    parts.append(
        '<p class="quiet">Every time axis counts seconds; below them stands the time of day in the'
        " story. A pointer over a mark shows what it stands for.</p>"
    )
    parts.append(f'<div class="plots">{"".join(map(_figure, figures(picture)))}</div>')
    parts.append(f"<h2>What must hold</h2>{findings_table(picture)}")
    if any(not each.is_good for each in picture.sessions):
        parts.append(f"<h2>Sessions that went wrong</h2>{failed_sessions(picture)}")
    parts.append(f"<h2>Sessions</h2>{_sessions(picture)}")
    return "".join(parts)


def _sessions(picture: Picture) -> str:
    """Return the table of sessions, and how many dialogues came to nothing."""
    ends = ", ".join(f"{number:,} {safe(state)}" for state, number in picture.others.items())
    others = f"Dialogues without an agreement: {ends}." if ends else ""
    table = sessions_table(picture)
    if len(picture.sessions) > FOLD_FROM:
        number = count(len(picture.sessions), "session")
        table = f"<details><summary>Show all {number}</summary>{table}</details>"
    return f"<p>Amounts are in tokens. {others}</p>{table}"


def _figure(figure: Figure, look: str = "") -> str:
    """Return one figure with its title, legend and caption."""
    legend = "".join(
        f'<li><svg viewBox="0 0 12 12" aria-hidden="true">{shape(6, 6, series)}</svg>'
        f"{safe(name)}</li>"
        for series, name in figure.legend
    )
    shown = f'<ul class="legend">{legend}</ul>' if legend else ""
    return (
        f'<figure class="{look}"><h3>{safe(figure.title)}</h3>{shown}'
        f'<div class="room">{figure.svg}</div><figcaption>{safe(figure.caption)}</figcaption>'
        "</figure>"
    )


def _foot(picture: Picture) -> str:
    """Return where there is more."""
    what = "It is repeated by" if picture.kind == "simulation" else "Data and logs are in"
    return (
        f"<footer><p>{what} <code>{safe(picture.left)}</code>. Everything here comes from both"
        " sides' journals and from the ledger's own log, read after the last process had ended."
        "</p></footer>"
    )
