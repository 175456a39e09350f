"""Columns of text that fit a width: cells are folded rather than cut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

GAP: Final = "  "
NARROWEST: Final = 40
"""A width below this is not tried to be kept."""
_ENDS: Final = re.compile(r"(?<=[\s,\[=+/_:])|(?<=[-.])(?!\d)")
"""Where a line may end: after a blank and after the signs that ids are made with, but within no number."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        head: What stands above it.
        least: The width below which it is not folded.
        right: Whether its cells stand at its right end.
    """

    head: str
    least: int
    right: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a cell for each column, or a text in place of several columns.

    Attributes:
        cells: By the place of the column.
        text: What stands in the columns from ``start`` to before ``end``; in the last ones, where lines may have any length, it
            is on one line.
    """

    cells: Mapping[int, str]
    text: str = ""
    start: int = 0
    end: int = 0


def fold(text: str, width: int) -> list[str]:
    """Return a text in lines of at most a width, ended after blanks and signs where that can be; at least one line."""
    lines = [""]
    for part in _ENDS.split(text):
        while len((lines[-1] + part).rstrip()) > width:
            room = width - len(lines[-1])
            if room <= 0 or (lines[-1].strip() and len(part.rstrip()) <= width):
                lines.append("")
                continue
            lines[-1] += part[:room]
            part = part[room:]
            lines.append("")
        lines[-1] += part
    kept = [line.rstrip() for line in lines if line.strip()]
    return kept or [""]


def fitted(columns: Sequence[Column], rows: Sequence[Row], width: int | None) -> list[int]:
    """Return the width of each column: as wide as its cells, and where that is too wide in all, folded.

    Args:
        columns: The columns; where room lacks, the widest goes first until it is as narrow as the others or as its least.
        rows: Their cells.
        width: Of a line; ``None`` for any.
    """
    widths = [
        max([len(column.head), *(len(row.cells.get(place, "")) for row in rows)])
        for place, column in enumerate(columns)
    ]
    room = None if width is None else max(width, NARROWEST) - len(GAP) * (len(columns) - 1)
    while room is not None and sum(widths) > room:
        foldable = [place for place, column in enumerate(columns) if widths[place] > column.least]
        if not foldable:
            break
        widths[max(foldable, key=lambda place: widths[place] - columns[place].least)] -= 1
    return widths


def written(columns: Sequence[Column], rows: Sequence[Row], width: int | None) -> Iterator[tuple[int, str]]:
    """Yield the lines of a table, each with the place of its row; -1 for the head.

    Args:
        columns: The columns.
        rows: The rows.
        width: Of a line; ``None`` for any.
    """
    widths = fitted(columns, rows, width)
    head = Row({place: column.head for place, column in enumerate(columns)})
    for place, row in enumerate((head, *rows), start=-1):
        for line in _lines(columns, row, widths, free=width is None):
            yield place, line


def _lines(columns: Sequence[Column], row: Row, widths: Sequence[int], *, free: bool) -> Iterator[str]:
    spans = [(place, place + 1, row.cells.get(place, "")) for place in range(len(columns))]
    if row.text:
        apart = [span for span in spans if not row.start <= span[0] < row.end]
        spans = sorted([*apart, (row.start, row.end, row.text)])
    blocks = []
    for start, end, text in spans:
        wide = sum(widths[start:end]) + len(GAP) * (end - start - 1)
        if free and end == len(columns):
            wide = max(wide, len(text))
        right = end - start == 1 and columns[start].right
        blocks.append([line.rjust(wide) if right else line.ljust(wide) for line in fold(text, wide)])
    height = max(map(len, blocks))
    for number in range(height):
        yield GAP.join(block[number] if number < len(block) else " " * len(block[0]) for block in blocks).rstrip()
