"""The ledger screen, as text, at two sizes: live, and with the node lost."""

from pathlib import Path

import pytest

from dashboard.app import DashboardApp
from dashboard.drawing.ledger_lines import VALIDATORS_SHOWN, VERDICTS_SHOWN, ledger_lines
from dashboard.drawing.signs import ASCII, Signs
from dashboard.drawing.spans import Line
from dashboard.model import Model, take
from tests.unit.dashboard.heard import (
    SUPPLY,
    began,
    final,
    ledger_state,
    metrics,
    model_of,
    records,
    refused,
    until,
)
from tests.unit.dashboard.still import StillViewer, picture

GOLDEN = Path(__file__).with_name("golden")
"""What the screens look like; `pytest` says where they differ."""

VALIDATORS = ("city", "auditor", "toll")


def city() -> Model:
    """Return a ledger with a quorum, of which one validator lags behind."""
    model = model_of(
        began(),
        ledger_state(0, quorum=2, validators=VALIDATORS),
        metrics(0.5, accepted_per_s=12.5, queue_records=40, queue_lanes=3),
        records(1, *range(6)),
        final(1.25, 6, "city", "auditor"),
        refused(2, 6),
        refused(2, 7),
        refused(2, 8, "EXPIRED"),
    )
    for second in range(3, 6):
        until(model, second)
        told = metrics(
            second, size=6, accepted_per_s=4.0 * second, queue_records=second, queue_lanes=1
        )
        take(model, told)
    return until(model, 6)


def words(lines: list[Line]) -> str:
    """Return lines as plain text."""
    return "\n".join("".join(span.text for span in line).rstrip() for line in lines)


@pytest.mark.parametrize("state", ["live", "lost"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_the_picture(state: str, size: tuple[int, int]) -> None:
    """Each picture is as it was looked at and found right."""
    model = city()
    if state == "lost":
        until(model, 17, silent=("ledger",))
    app = DashboardApp(StillViewer(model), start="ledger")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        seen = picture(app)
    assert seen == (GOLDEN / f"ledger_{state}_{size[0]}x{size[1]}.txt").read_text("utf-8")


def test_money_that_is_not_there() -> None:
    """Lost money is shouted, in a word."""
    model = model_of(metrics(0, balances=SUPPLY - 6, holds=5))
    assert "NOT CONSERVED" in words(ledger_lines(model, Signs()))


def test_where_nobody_signs() -> None:
    """It says so, and calls nothing final."""
    text = words(ledger_lines(model_of(ledger_state(0), metrics(1), final(2, 3)), Signs()))
    assert "no validators" in text
    assert "3 final" not in text
    assert "latency" not in text


def test_nothing_is_known() -> None:
    """Before the node has spoken there is no number that could be taken for one."""
    assert words(ledger_lines(model_of(), Signs())) == " the ledger has not spoken yet"


def test_much_is_cut_and_says_so() -> None:
    """Dozens of validators and verdicts leave room for each other, in ASCII where wanted."""
    names = tuple(f"validator {number}" for number in range(30))
    model = model_of(ledger_state(0, quorum=20, validators=names), metrics(0), records(0, 0))
    take(model, final(1, 1, names[0]))
    for number in range(20):
        take(model, refused(1, number, f"VERDICT_{number}"))
    lines = ledger_lines(model, ASCII)
    assert len(lines) <= 20
    assert f"and {30 - VALIDATORS_SHOWN} more" in words(lines)
    assert f"and {20 - VERDICTS_SHOWN} more" in words(lines)
    assert words(lines).isascii()
