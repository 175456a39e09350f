"""The queue as a table for a spreadsheet, and decisions from one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from robustcheck.core.errors import DataError
from robustcheck.data.labels.overlay import Decision
from robustcheck.review.queue import Asked
from robustcheck.review.review_dataset import Ground

NEEDED: Final = ("sha256", "id", "original", "label", "reviewer", "at", "reason")
TOLD: Final = ("task", "case", "predicted", "confidence")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")
"""A spreadsheet takes a cell that begins like this for a formula; the last one is what keeps it from that."""


def table_of(queue: Sequence[Asked], ground: Ground) -> str:
    """Return CSV with a line a picture, in which label, reviewer, at and reason are for a person to fill in."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow((*NEEDED, *TOLD))
    for asked in queue:
        known = ground.contents[asked.id], asked.id, ground.by_id[asked.id].label, "", "", "", ""
        told = asked.task, asked.case, asked.predicted, f"{asked.confidence:g}"
        writer.writerow([_guarded(cell) for cell in (*known, *told)])
    return stream.getvalue()


def decisions_of(text: str, shown: str) -> Iterator[tuple[str, Decision]]:
    """Yield the decisions of a table with the place of each, not yet held against the data; lines without a label are none.

    Args:
        text: CSV.
        shown: How messages call the file.

    Raises:
        DataError: A column is missing, or a line has other cells than columns.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        head = next(reader, [])
        missing = [name for name in NEEDED if head.count(name) != 1]
        if missing:
            raise DataError(
                f"{shown}:1: the column {missing[0]} is missing or there twice; needed are {', '.join(NEEDED)}"
            )
        line = reader.line_num + 1
        for cells in reader:
            where, line = f"{shown}:{line}", reader.line_num + 1
            if not cells:
                continue
            if len(cells) != len(head):
                raise DataError(f"{where}: {len(cells)} cells under {len(head)} columns")
            row = {name: _plain(cell) for name, cell in zip(head, cells, strict=True)}
            if row["label"]:
                yield (
                    where,
                    Decision(**{name: row[name] for name in NEEDED}, task="import", model_digest="", blind=False),
                )
    except csv.Error as error:
        raise DataError(f"{shown}:{reader.line_num}: this is no CSV: {error}") from None


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
