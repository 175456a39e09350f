"""What a data set is like, as numbers that can be written down and held against those of another."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from robustcheck.core import progress
from robustcheck.core.errors import UnreadablePicture
from robustcheck.data.image_statistics import Look, look_at
from robustcheck.data.reading import in_threads
from robustcheck.data.source import Sample, Source

QUANTITIES: Final = ("width", "height", "aspect", "brightness", "contrast", "sharpness", "saturation")
"""Numbers of ``robustcheck.data.image_statistics.Look`` of which the distribution is kept."""
QUANTILES: Final = {"min": 0.0, "q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95, "max": 1.0}
DIGITS: Final = 6
"""Significant digits that are kept, so that profiles are the same on every processor."""
NAMED: Final = 10
"""Unreadable pictures that are named; all are counted."""
VALUES: Final = 50
"""Distinct values of a metadata column up to which each is counted: a column with more holds names, not conditions."""


def profile(source: Source, samples: Iterable[Sample] | None = None, *, threads: int | None = None) -> dict[str, Any]:
    """Look at every picture of a data set.

    Args:
        source: The data set.
        samples: Part of it; all by default.
        threads: That decode; as many as there are cores by default.

    Returns:
        JSON values, the same in whatever order the samples are listed:

        * ``pictures``, ``readable`` and ``unreadable`` (``count`` and the first ``names``);
        * ``classes``: ``counts``, ``entropy_ratio`` (Shannon's entropy over that of equal classes, 0 to 1; 1 if there is
          one class) and ``min_max_ratio`` (smallest over largest class);
        * for each of ``QUANTITIES`` ``mean``, ``sd`` (n - 1) and ``QUANTILES``, or ``None`` if no picture can be read;
        * ``grey`` and ``duplicates``: shares of the readable pictures without colour, and of those whose pixels another
          one has already, or ``None``;
        * ``metadata``: for each column ``coverage`` (share of samples with a value), ``distinct`` and ``values`` (their
          counts, or ``None`` where there are more than ``VALUES``).
    """

    def look(sample: Sample) -> tuple[Sample, Look | None]:
        try:
            return sample, look_at(source.read(sample))
        except UnreadablePicture:
            return sample, None

    labels: Counter[str] = Counter()
    looks: list[Look] = []
    unreadable: list[str] = []
    values: dict[str, Counter[str]] = {}
    listed = source.samples() if samples is None else samples
    looked = in_threads(look, listed, threads=threads)
    for sample, seen in progress.counted(looked, f"profile of {source.name}", unit="pictures"):
        labels[sample.label] += 1
        for column, value in sample.metadata.items():
            values.setdefault(column, Counter())[value] += 1
        if seen is None:
            unreadable.append(sample.id)
        else:
            looks.append(seen)
    total = labels.total()
    columns = sorted({*source.columns, *values})
    return {
        "pictures": total,
        "readable": len(looks),
        "unreadable": {"count": len(unreadable), "names": sorted(unreadable)[:NAMED]},
        "classes": _balance(labels),
        **{name: _distribution([getattr(look, name) for look in looks]) for name in QUANTITIES},
        "grey": _share(sum(look.grey for look in looks), len(looks)),
        "duplicates": _share(len(looks) - len({look.digest for look in looks}), len(looks)),
        "metadata": {name: _column(values.get(name, Counter()), total) for name in columns},
    }


def _balance(labels: Mapping[str, int]) -> dict[str, Any]:
    counts = dict(sorted(labels.items()))
    shares = [count / sum(counts.values()) for count in counts.values()]
    entropy = -math.fsum(share * math.log(share) for share in shares)
    ratio = _rounded(entropy / math.log(len(shares))) if len(shares) > 1 else 1.0 if shares else None
    smallest = _share(min(counts.values(), default=0), max(counts.values(), default=0))
    return {"counts": counts, "entropy_ratio": ratio, "min_max_ratio": smallest}


def _distribution(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    mean = math.fsum(values) / len(values)
    spread = math.fsum((value - mean) ** 2 for value in values) / max(1, len(values) - 1)
    ends = np.quantile(np.array(values, np.float64), list(QUANTILES.values())).tolist()
    found = {"mean": mean, "sd": math.sqrt(spread), **dict(zip(QUANTILES, ends, strict=True))}
    return {name: _rounded(value) for name, value in found.items()}


def _column(values: Counter[str], total: int) -> dict[str, Any]:
    given = {value: count for value, count in sorted(values.items()) if value}
    return {
        "coverage": _share(sum(given.values()), total),
        "distinct": len(given),
        "values": given if len(given) <= VALUES else None,
    }


def _share(part: int, whole: int) -> float | None:
    return _rounded(part / whole) if whole else None


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
