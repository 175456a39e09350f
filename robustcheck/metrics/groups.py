"""Groups of pictures by a metadata column: what has a value, and what has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError, did_you_mean

MISSING: Final = "(missing)"
"""What the group of the pictures without a value is called."""


def missing(texts: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Return which pictures have no value, bool, shape (n,): an empty text, or one of spaces alone."""
    empty: NDArray[np.bool_] = np.char.str_len(np.char.strip(texts)) == 0
    return empty


def values_of(texts: NDArray[np.str_]) -> dict[str, NDArray[np.bool_]]:
    """Return which pictures have each value of a column, by value; those without one are a group of their own, the last."""
    none = missing(texts)
    groups = {str(value): texts == value for value in np.unique(texts[~none]).tolist()}
    return groups | ({MISSING: none} if none.any() else {})


def column_of(columns: Mapping[str, NDArray[np.str_]], column: str) -> NDArray[np.str_]:
    """Return a metadata column that says something.

    Raises:
        CaseError: There is none of this name, or no picture has a value in it.
    """
    if column not in columns:
        known = did_you_mean(column, columns) or "it has none"
        raise CaseError(f"the data has no metadata column {column}; {known}")
    texts = columns[column]
    if missing(texts).all():
        raise CaseError(
            f"the metadata column {column} is empty for every picture ({len(texts)}), so there are no groups to hold apart; "
            "fill it in, or remove the expectation"
        )
    return texts
