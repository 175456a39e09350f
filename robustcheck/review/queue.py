"""Whom to look at, in which order: what a run makes suspicious first, then a random part of what nobody doubts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from robustcheck.core.seeds import mark
from robustcheck.review.case_rows import Seen

CLEAN: Final = "clean"
LISTS: Final = ("label_suspects", "edge_cases", "fragile")
REASONS: Final = ("confusion", "low_confidence", *LISTS, "audit")
"""Why a picture is asked about, in the order of the queue."""
NAMING: Final = ("confusion[", "targeted_success[")
"""Metrics whose arguments are a class and the one that it must not be taken for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture that a person should look at.

    Attributes:
        id: Of the sample.
        task: The first reason, one of ``REASONS``, or ``adjudication``.
        case: Id of the case in which the reason was seen.
        predicted: Name of the class predicted there.
        confidence: Its softmax, in (0, 1].
    """

    id: str
    task: str
    case: str
    predicted: str
    confidence: float


def build_queue(
    suite: Mapping[str, Any],
    seen: Mapping[str, Seen],
    residuals: Mapping[str, Any] | None,
    *,
    audit_fraction: float,
    limit: int | None = None,
) -> tuple[Asked, ...]:
    """Return every picture that should be looked at once, with its first reason.

    Targeted confusions come first (the surest mistake first), then answers below the confidence that the run found to be
    needed (the least sure first), then the residuals in their order, then the audit in random order.

    Args:
        suite: One of the ``suites`` of a result file.
        seen: Its rows by case.
        residuals: As ``robustcheck.runs.residuals`` has them.
        audit_fraction: Share of the pictures that nothing else asks about and that are right when clean; at least so many are
            taken, chosen and ordered by a hash of the suite's seed and the id. Whoever looks at mistakes only finds an
            accuracy that is too high.
        limit: Pictures at most; the audit keeps its share of them.
    """
    names = suite["data"]["names"]
    first: dict[str, Asked] = {}
    for asked in (*_confused(suite, seen, names), *_unsure(suite, seen, names), *_listed(residuals)):
        first.setdefault(asked.id, asked)
    wanted = list(first.values())
    audit = _audit(suite["seed"], seen, names, set(first), audit_fraction)
    if limit is not None:
        kept = min(len(audit), max(limit - len(wanted), math.ceil(limit * audit_fraction)))
        wanted, audit = wanted[: limit - kept], audit[:kept]
    return (*wanted, *audit)


def keyed(seed: int, what: str, name: str) -> bytes:
    """Return a number that is random but for what it is made of, to order by."""
    return mark(seed, what, name)


def named_pairs(suite: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return the classes that attacks aim at or thresholds name, each with the class that it must not be taken for."""
    pairs: set[tuple[str, str]] = set()
    names = set(suite["data"]["names"])
    for case in suite["cases"]:
        targeted = case.get("attack", {}).get("targeted")
        if isinstance(targeted, Mapping):
            pairs |= set(targeted.items())
        for line in case.get("expectations", ()):
            pairs |= set(_named_in(str(line["metric"]), names))
    return pairs


def _named_in(metric: str, names: set[str]) -> Iterator[tuple[str, str]]:
    start = next((start for start in NAMING if metric.startswith(start)), None)
    if start is None:
        return
    parts = metric.removeprefix(start).removesuffix("]").split(", ")
    for place in range(1, len(parts)):
        pair = ", ".join(parts[:place]), ", ".join(parts[place:])
        if names.issuperset(pair):
            yield pair


def _confused(suite: Mapping[str, Any], seen: Mapping[str, Seen], names: Sequence[str]) -> list[Asked]:
    pairs = named_pairs(suite)
    found = [
        _asked(rows, row, "confusion", names)
        for rows in seen.values()
        for row in np.flatnonzero(rows.label != rows.predicted).tolist()
        if (names[rows.label[row]], names[rows.predicted[row]]) in pairs
    ]
    return sorted(found, key=lambda asked: (-asked.confidence, asked.id))


def _unsure(suite: Mapping[str, Any], seen: Mapping[str, Seen], names: Sequence[str]) -> list[Asked]:
    thresholds = (suite.get("review") or {}).get("thresholds") or {}
    found = [
        _asked(seen[case], row, "low_confidence", names)
        for case, least in thresholds.items()
        if case in seen and least is not None
        for row in np.flatnonzero(seen[case].confidence < least).tolist()
    ]
    return sorted(found, key=lambda asked: (asked.confidence, asked.id))


def _listed(residuals: Mapping[str, Any] | None) -> Iterable[Asked]:
    for kind in LISTS if residuals else ():
        for one in residuals[kind]["pictures"] if residuals else ():
            yield Asked(one["id"], kind, one.get("case", CLEAN), one["predicted"], one["confidence"])


def _audit(seed: int, seen: Mapping[str, Seen], names: Sequence[str], taken: set[str], fraction: float) -> list[Asked]:
    clean = seen.get(CLEAN)
    if clean is None:
        return []
    agreed = [row for row in np.flatnonzero(clean.label == clean.predicted).tolist() if clean.ids[row] not in taken]
    agreed.sort(key=lambda row: keyed(seed, "audit", clean.ids[row]))
    return [_asked(clean, row, "audit", names) for row in agreed[: math.ceil(len(agreed) * fraction)]]


def _asked(rows: Seen, row: int, task: str, names: Sequence[str]) -> Asked:
    confidence = float(f"{float(rows.confidence[row]):.6g}")
    return Asked(rows.ids[row], task, rows.case, names[int(rows.predicted[row])], confidence)
