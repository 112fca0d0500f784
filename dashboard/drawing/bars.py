"""Bars over time that stand on zero: a steady rate is a steady height, never a flat line below."""

from collections.abc import Sequence

from dashboard.drawing.signs import Signs

__all__ = ["bars"]


def bars(
    values: Sequence[float | None], *, columns: int, rows: int, signs: Signs, top: float = 0.0
) -> list[str]:
    """Return a chart as lines of text, the upper one first.

    Where there are more values than columns, each column shows the largest of its values; a column
    without any is blank, so that a gap is a gap.

    Args:
        values: The values, oldest first; None where there is none.
        columns: Characters from left to right.
        rows: Lines.
        signs: The signs of this terminal.
        top: What reaches the upper edge at least, 0: the largest value.
    """
    heights = _columns(values, columns)
    highest = max([top, *(value for value in heights if value is not None)], default=0.0)
    steps = len(signs.bars) - 1
    lines = []
    for row in range(rows - 1, -1, -1):
        cells = [_cell(value, highest, row, rows=rows, steps=steps) for value in heights]
        lines.append("".join(signs.bars[cell] for cell in cells))
    return lines


def _columns(values: Sequence[float | None], columns: int) -> list[float | None]:
    """Return one value for each column, the newest at the right."""
    if columns <= 0:
        return []
    each = max(1, -(-len(values) // columns))
    groups: list[float | None] = []
    for end in range(len(values), 0, -each):
        known = [value for value in values[max(0, end - each) : end] if value is not None]
        groups.append(max(known) if known else None)
    shown = groups[:columns][::-1]
    return [None] * (columns - len(shown)) + shown


def _cell(value: float | None, highest: float, row: int, *, rows: int, steps: int) -> int:
    """Return how many steps of one cell a bar fills; a value above zero shows at least one."""
    if not value or value < 0 or not highest:
        return 0
    filled = max(1, round(value / highest * rows * steps))
    return max(0, min(steps, filled - row * steps))
