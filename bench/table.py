"""The table of rows as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from .rows import Row

HEADER = ("", "row", "value", "baseline", "ratio", "bar")


def format_table(rows: Iterable[Row], width: int = 100) -> str:
    """A table with a line per row, and its note below it."""
    shown = list(rows)
    cells = [HEADER, *(_cells(row) for row in shown)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADER))]
    lines = [_line(HEADER, widths)]
    for row, line in zip(shown, cells[1:], strict=True):
        lines.append(_line(line, widths))
        lines += textwrap.wrap(row.note, width, initial_indent=" " * 7, subsequent_indent=" " * 7)
    passed = sum(row.passed for row in shown)
    lines.append(f"{passed} of {len(shown)} rows pass.")
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    verdict = "pass" if row.passed else "FAIL"
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}x"
    return (
        verdict,
        row.id,
        _figure(row.value, row.unit),
        _figure(row.baseline, row.unit),
        ratio,
        row.bar,
    )


def _figure(number: float | None, unit: str) -> str:
    return "-" if number is None else f"{number:.2f} {unit}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
