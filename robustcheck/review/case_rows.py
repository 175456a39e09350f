"""What a run saw of each picture, case by case, read from the records in the report's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.runs.exported_records import read_columns

COLUMNS: Final = ("id", "label", "predicted", "confidence", "pixels")
FOUND: Final = "found."
"""Columns with the values that a search chose for each picture begin with this."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The rows of one case; all arrays have the length n.

    Attributes:
        case: Its id.
        ids: Sample ids.
        label: Index of the class that the run scored against, int32.
        predicted: Index of the predicted class, int32.
        confidence: Softmax of the predicted class, float32 in (0, 1].
        pixels: Digest of the model's input.
        found: Values that a search chose, by name with unit.
    """

    case: str
    ids: tuple[str, ...]
    label: NDArray[np.int32]
    predicted: NDArray[np.int32]
    confidence: NDArray[np.float32]
    pixels: tuple[str, ...]
    found: Mapping[str, NDArray[np.float64]]

    @property
    def row(self) -> dict[str, int]:
        """The row of each sample."""
        return {name: row for row, name in enumerate(self.ids)}


def read_seen(suite: Mapping[str, Any], folder: Path) -> dict[str, Seen]:
    """Return the rows of every case that has records, in the order of the suite.

    Args:
        suite: One of the ``suites`` of a result file.
        folder: The report's folder.

    Raises:
        RobustcheckError: Records are damaged.
    """
    found = ((case["id"], _read(case["id"], case["records"], folder)) for case in suite["cases"])
    return {name: seen for name, seen in found if seen is not None}


def _read(case: str, records: str, folder: Path) -> Seen | None:
    if not records or not (folder / records).is_file():
        return None
    arrays, _ = read_columns(folder, records, COLUMNS, also=lambda name: name.startswith(FOUND))
    return Seen(
        case=case,
        ids=tuple(str(name) for name in arrays["id"]),
        label=arrays["label"],
        predicted=arrays["predicted"],
        confidence=arrays["confidence"],
        pixels=tuple(str(digest) for digest in arrays["pixels"]),
        found={name.removeprefix(FOUND): column for name, column in arrays.items() if name.startswith(FOUND)},
    )
