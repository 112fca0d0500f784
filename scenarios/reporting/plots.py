"""The plots of a report: what is drawn of a picture, and a caption that says what one sees."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import accumulate

from negotiation import Service
from scenarios.reporting.axes import linear_axis, log_axis
from scenarios.reporting.figures import Figure, chart_over_time, seconds
from scenarios.reporting.picture import Picture, SessionPicture
from scenarios.reporting.words import count, tokens

__all__ = ["figures"]

SERVICES = {"charge": "charging", "park": "parking", "toll": "toll"}
"""The services, and how they are called."""

PRICES = {
    "charge": ("Price of energy agreed [tokens/kWh]", "charging session"),
    "park": ("Price of parking agreed [tokens/h]", "parking session"),
    "toll": ("Toll agreed [tokens]", "passage"),
}

S_PER_HOUR = 3600
TOKEN = 1_000_000
US_PER_MS = 1000
BINS = 60
"""Bars over the whole time."""

BIN_STEPS_S = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 3600)
"""Widths that a bar may have. [s]"""


def figures(picture: Picture) -> list[Figure]:
    """Return the plots that the picture has something for, in the order of the page."""
    makers: list[Callable[[Picture], Figure | None]] = [
        under_way,
        power,
        *(_price_maker(service) for service in PRICES),
        exposure,
        latency,
        finality,
        ledger_rate,
    ]
    return [figure for make in makers if (figure := make(picture)) is not None]


def under_way(picture: Picture) -> Figure | None:
    """Return how many sessions were under way."""
    lines = {
        service: _sums(
            (each.opened_us, each.closed_us, 1.0)
            for each in picture.sessions
            if each.row.service == service
        )
        for service in SERVICES
    }
    total = _sums((each.opened_us, each.closed_us, 1.0) for each in picture.sessions)
    if not total:
        return None
    most = max(value for _, value in total)
    chart = chart_over_time("Sessions under way", picture, max(most, 1.0))
    chart.steps(_placed(picture, total), look="all", filled=True)
    for service, places in lines.items():
        chart.steps(_placed(picture, places), look=service)
    numbers = ", ".join(
        f"{sum(each.row.service == service for each in picture.sessions)} {name}"
        for service, name in SERVICES.items()
        if lines[service]
    )
    return Figure(
        "Sessions under way",
        f"{count(len(picture.sessions), 'session')} ({numbers}), at most {most:.0f} at a time. The"
        " shaded area is all of them.",
        chart.svg(),
        tuple((service, name) for service, name in SERVICES.items() if lines[service]),
    )


def power(picture: Picture) -> Figure | None:
    """Return the power that all chargers delivered, by their meters."""
    pieces = [
        (piece.from_us, piece.until_us, piece.energy_wh * S_PER_HOUR / 1000 / piece.time_s)
        for each in picture.sessions
        for piece in each.pieces
        if piece.energy_wh > 0 and piece.time_s > 0
    ]
    if not pieces:
        return None
    places = _sums(pieces)
    most = max(value for _, value in places)
    energy_kwh = sum(p.energy_wh for each in picture.sessions for p in each.pieces) / 1000
    chart = chart_over_time("Power delivered", picture, most)
    chart.steps(_placed(picture, places), look="charge", filled=True)
    return Figure(
        "Power delivered [kW]",
        f"{energy_kwh:,.1f} kWh by the sellers' meters, at most {most:,.0f} kW at a time. Between"
        " two readings the mean counts; energy belongs to story time.",
        chart.svg(),
    )


def _price_maker(service: str) -> Callable[[Picture], Figure | None]:
    """Return what draws the prices of a service."""

    def prices(picture: Picture) -> Figure | None:
        known = [
            (each, each.price / TOKEN)
            for each in picture.sessions
            if each.row.service == service and each.price is not None
        ]
        if not known:
            return None
        title, noun = PRICES[service]
        low, high = min(price for _, price in known), max(price for _, price in known)
        chart = chart_over_time(title, picture, high)
        by_seller: dict[str, list[tuple[float, float]]] = {}
        for each, price in known:
            place = (seconds(picture, each.opened_us), price)
            by_seller.setdefault(each.row.seller, []).append(place)
        is_one_price = service != Service.TOLL  # A gate has one for each class of vehicles.
        for places in by_seller.values() if is_one_price else ():
            chart.line(places, look=f"{service} faint")
        for each, price in known:
            words = f"{each.row.buyer} with {each.row.seller}: {price:.6g}"
            chart.dot((seconds(picture, each.opened_us), price), look=service, title=words)
        span = f"all at {low:.4g}" if low == high else f"from {low:.4g} to {high:.4g}"
        lines = " A line joins the prices of one seller." if is_one_price else ""
        return Figure(title, f"{count(len(known), noun)}, {span}.{lines}", chart.svg())

    return prices


def exposure(picture: Picture) -> Figure | None:
    """Return what was delivered and not vouched for, against one slice."""
    known = [each for each in picture.sessions if each.slice_amount > 0 and each.pieces]
    if not known:
        return None
    shares = [100 * each.open_max / each.slice_amount for each in known]
    chart = chart_over_time("Exposure", picture, linear_axis(max(100.0, *shares) * 1.05))
    chart.rule(100, "one slice")
    for each, share in zip(known, shares, strict=True):
        look = "charge" if each.row.service == "charge" else "park"
        chart.line(_sawtooth(picture, each), look=f"{look} faint")
        words = (
            f"{each.row.buyer} with {each.row.seller}: at most {tokens(each.open_max)} of a slice"
            f" of {tokens(each.slice_amount)}"
        )
        place = (seconds(picture, each.closed_us), share)
        chart.dot(place, look=look if share <= 100 else "bad", title=words)
    above = sum(share > 100 for share in shares)
    words = f"{above} went above it" if above else "none went above it"
    return Figure(
        "Delivered and not vouched for [% of one slice]",
        f"The most that each of {count(len(known), 'session')} had open, at its end; {words}. The"
        f" thin lines are what was open at each time; the highest mark is {max(shares):.0f} %.",
        chart.svg(),
        tuple(
            (service, SERVICES[service])
            for service in ("charge", "park")
            if any(each.row.service == service for each in known)
        ),
    )


def latency(picture: Picture) -> Figure | None:
    """Return how long agents waited for the ledger and for the gate."""
    tolls = [(each, each.toll_us / US_PER_MS) for each in picture.sessions if each.toll_us]
    settles = [(each, each.settle_us / US_PER_MS) for each in picture.sessions if each.settle_us]
    waits = [wait for _, wait in (*tolls, *settles)]
    if not waits:
        return None
    chart = chart_over_time("Latency", picture, log_axis(min(waits), max(waits)))
    for look, known in (("toll", tolls), ("charge", settles)):
        for each, wait in known:
            words = f"{each.row.buyer} with {each.row.seller}: {wait:.1f} ms"
            chart.dot((seconds(picture, each.closed_us), wait), look=look, title=words)
    medians = [
        f"{name} {_median([wait for _, wait in known]):,.0f} ms"
        for name, known in (("car seen to gate open", tolls), ("sent to durable", settles))
        if known
    ]
    return Figure(
        "Waiting times [ms]",
        f"Medians: {', '.join(medians)}. Each step up the scale is ten times longer.",
        chart.svg(),
        (("toll", "toll: car seen to gate open"), ("charge", "settlement: sent to durable")),
    )


def finality(picture: Picture) -> Figure | None:
    """Return how long records waited for their quorum."""
    known = [point for point in picture.finals if point.value > 0]
    if not known:
        return None
    values = [point.value for point in known]
    chart = chart_over_time("Finality", picture, log_axis(min(values), max(values)))
    for point in known:
        place = (seconds(picture, point.at_us), point.value)
        chart.dot(place, look="park", title=f"{point.value:.0f} ms")
    return Figure(
        "Accepted to final [ms]",
        f"The latest record of each of {count(len(known), 'final checkpoint')}: median"
        f" {_median(values):,.0f} ms, at most {max(values):,.0f} ms.",
        chart.svg(),
    )


def ledger_rate(picture: Picture) -> Figure | None:
    """Return how many records the ledger took."""
    times_us = [at_us for at_us in picture.records_us if at_us >= picture.from_us]
    if not times_us:
        return None
    long_s = seconds(picture, picture.until_us)
    wide_s = next((step for step in BIN_STEPS_S if step * BINS >= long_s), long_s / BINS)
    numbers = Counter(int(seconds(picture, at_us) // wide_s) for at_us in times_us)
    rates = {at: number / wide_s for at, number in numbers.items()}
    chart = chart_over_time("Ledger rate", picture, max(rates.values()))
    places = [(at * wide_s, rate) for at, rate in sorted(rates.items())]
    chart.bars(places, wide=wide_s, look="all", unit="records/s")
    before = len(picture.records_us) - len(times_us)
    began = f" {before:,} more came before, to fund the wallets." if before else ""
    return Figure(
        "Records on the ledger [1/s]",
        f"{count(len(times_us), 'record')}, at most {max(rates.values()):,.3g} in a second; each"
        f" bar is {wide_s:g} s.{began}",
        chart.svg(),
    )


def _sums(spans: Iterable[tuple[int, int, float]]) -> list[tuple[int, float]]:
    """Return how much there is at each time of what lasts from one time to another."""
    changes: Counter[int] = Counter()
    for since_us, until_us, value in spans:
        changes[since_us] += value  # type: ignore[assignment]
        changes[until_us] -= value  # type: ignore[assignment]
    times = sorted(changes)
    totals = accumulate(changes[at_us] for at_us in times)
    return [(at_us, max(0.0, total)) for at_us, total in zip(times, totals, strict=True)]


def _placed(picture: Picture, sums: list[tuple[int, float]]) -> list[tuple[float, float]]:
    """Return values over time on the axes of a report, from nought to nought."""
    placed = [(seconds(picture, at_us), value) for at_us, value in sums]
    return [(placed[0][0], 0.0), *placed] if placed else []


def _sawtooth(picture: Picture, session: SessionPicture) -> list[tuple[float, float]]:
    """Return what was open in a session over time: it grows with the meter, falls with vouchers."""
    moves: list[tuple[int, int, float]] = []
    billed = 0
    for piece in session.pieces:
        moves.append((piece.from_us, 1, billed))
        billed += piece.cost
        moves.append((piece.until_us, 1, billed))
    moves += [(point.at_us, 0, point.value) for point in session.vouched]
    known = vouched = 0.0
    places = []
    for at_us, is_meter, value in sorted(moves, key=lambda move: move[0]):
        if is_meter:
            known = value
        else:
            vouched = max(vouched, value)
        share = 100 * max(0.0, known - vouched) / session.slice_amount
        places.append((seconds(picture, at_us), share))
    return places


def _median(values: list[float]) -> float:
    """Return the value in the middle."""
    return sorted(values)[len(values) // 2]
