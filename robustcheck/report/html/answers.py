"""What a model answered in each case: how many pictures of a class were taken for which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import RobustcheckError
from robustcheck.runs.exported_records import read_columns


@dataclass(frozen=True, slots=True)
class Answers:
    """One case.

    Attributes:
        case: Its id.
        counts: Pictures by the indices of label and prediction; pairs without a picture are not in it.
    """

    case: str
    counts: Mapping[tuple[int, int], int]

    def of_class(self) -> Counter[int]:
        """Return the pictures of each class."""
        found: Counter[int] = Counter()
        for (label, _), count in self.counts.items():
            found[label] += count
        return found

    def right(self, label: int) -> int:
        """Return how many pictures of a class were right."""
        return self.counts.get((label, label), 0)


def counted(case: str, label: NDArray[Any], predicted: NDArray[Any]) -> Answers:
    """Count answers.

    Args:
        case: Id of the case.
        label: Class indices, shape (n,).
        predicted: Class indices, shape (n,).
    """
    pairs, counts = np.unique(np.stack([label, predicted], axis=1).astype(np.int64), axis=0, return_counts=True)
    return Answers(case, {(one[0], one[1]): count for one, count in zip(pairs.tolist(), counts.tolist(), strict=True)})


def answers(suite: Mapping[str, Any], folder: Path) -> tuple[list[Answers], list[str]]:
    """Return the answers of each case that has records, and what could not be read.

    Args:
        suite: One of the ``suites`` of a result file.
        folder: The report's.
    """
    found, problems = [], []
    for case in suite["cases"] if suite["data"].get("names") else ():
        if not case["records"] or _without_radius(case):
            continue
        try:
            columns, _ = read_columns(folder, case["records"], ("label", "predicted"))
            found.append(counted(case["id"], columns["label"], columns["predicted"]))
        except RobustcheckError as error:
            problems.append(f"{case['id']}: {error}")
    return found, problems


def _without_radius(case: Mapping[str, Any]) -> bool:
    """Whether the answers say nothing: a search changes until they are wrong."""
    attack = case["attack"]
    return case["kind"] == "find_limit" or bool(attack and attack["curve"] and not attack["eps"])
