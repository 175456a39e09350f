"""Shares of pictures: from one function a metric come its estimate, its early stop, and of how many pictures it is.

What is known of a share before any picture was looked at is found by imagination: the metric is asked about the pictures as if the model
had all of them right, and as if it had none. Where both times it is about the same pictures, these are known beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.core import registry
from robustcheck.core.errors import CaseError
from robustcheck.domain.estimate import Estimate
from robustcheck.metrics.records import Observation, Records
from robustcheck.stats.intervals import paired_difference, proportion, worst_of


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """What a metric returns that is a share of pictures, or the difference of two.

    Attributes:
        happened: For which pictures of the observation it happened, bool, shape (n,).
        among: Of which pictures it is the share, bool, shape (n,); of all by default.
        before: For which it happened before: then the metric is the share before minus the share now, bool, shape (n,).
        of: Which pictures, in words behind "n pictures", such as ``of stop``.
        detail: What the number is about where the metric chose it, such as the worst class; several shares of one metric differ in it.
    """

    happened: NDArray[np.bool_]
    among: NDArray[np.bool_] | None = None
    before: NDArray[np.bool_] | None = None
    of: str = ""
    detail: str = ""

    @property
    def scope(self) -> NDArray[np.bool_]:
        """Of which pictures it is the share, bool, shape (n,)."""
        return np.ones(len(self.happened), bool) if self.among is None else self.among

    def estimate(self) -> Estimate:
        """Return the share with its interval: Wilson's is shown and that of Clopper and Pearson gates; Tango's for a difference.

        Raises:
            CaseError: It is a share of no picture.
        """
        scope = self.scope
        n = int(scope.sum())
        if not n:
            raise CaseError("there is no picture that the metric is about, so nothing can be said")
        now = self.happened[scope]
        if self.before is None:
            return proportion(int(now.sum()), n, detail=self.detail)
        before = self.before[scope]
        difference = paired_difference(int((before & ~now).sum()), int((~before & now).sum()), n)
        return replace(difference, detail=self.detail)


Result = Estimate | Share | tuple[Share, ...]
"""What the function of a metric returns; of several shares the worst is the metric."""


def estimate_of(result: Result, better: str) -> Estimate:
    """Return the estimate of whatever a metric returned.

    Raises:
        CaseError: It is a share of no picture.
    """
    if isinstance(result, Share):
        return result.estimate()
    if isinstance(result, tuple):
        return worst_of([share.estimate() for share in result], better="higher" if better == "higher" else "lower")
    return result


def shares_of(result: Result) -> tuple[Share, ...]:
    """Return the shares of whatever a metric returned; none of an estimate."""
    return (result,) if isinstance(result, Share) else result if isinstance(result, tuple) else ()


@dataclass(frozen=True, slots=True)
class Imagined:
    """What a metric would be about, whatever the model answers.

    Attributes:
        shares: As if the model had all pictures right; none where the metric is no share.
        known: Whether these are about the same pictures if the model has none right.
    """

    shares: tuple[Share, ...]
    known: bool


def imagine(metric: str, argument: tuple[str, ...], pictures: Observation) -> Imagined:
    """Return what a metric would be about on some pictures.

    Args:
        metric: A registered metric.
        argument: What stands between it and its threshold.
        pictures: Their labels, classes and groups, what is paired with them, and the accepted run if there is one; what the model
            answered is not looked at.
    """
    function = registry.metrics[metric].function
    try:
        first, second = (shares_of(function(_imagined(pictures, right=right), *argument)) for right in (True, False))
    except Exception:
        # It cannot be measured on such pictures, or not yet: it says why when it is.
        return Imagined((), known=False)
    same = len(first) == len(second) and all(
        np.array_equal(one.scope, two.scope) for one, two in zip(first, second, strict=True)
    )
    return Imagined(first, known=same and bool(first))


def pictures_of(
    ids: NDArray[np.str_], labels: NDArray[np.int32], classes: tuple[str, ...], groups: Mapping[str, NDArray[np.str_]]
) -> Observation:
    """Return pictures of which nothing but labels and groups is known, with an accepted run that has all of them right."""
    records = _records(ids, labels, len(classes), right=True)
    return Observation(records, records, classes, dict(groups), baseline=np.ones(len(labels), bool))


def _imagined(pictures: Observation, *, right: bool) -> Observation:
    known = pictures.records
    records = _records(known.id, known.label, len(pictures.classes), right=right)
    return replace(pictures, records=records)


def _records(ids: NDArray[np.str_], labels: NDArray[np.int32], classes: int, *, right: bool) -> Records:
    count = len(labels)
    predicted = labels if right else ((labels + 1) % max(classes, 2)).astype(np.int32)
    flat = np.zeros(count, np.float32)
    return Records(
        id=ids,
        label=labels,
        predicted=predicted,
        rank=np.full(count, 0 if right else 1, np.int32),
        confidence=flat + 1,
        loss=flat,
        brier=flat,
        margin=flat + 1,
        borderline=np.zeros(count, bool),
        mean_change=flat,
        max_change=np.zeros(count, np.uint8),
        unseen=flat,
        pixels=np.full(count, ""),
        extra=_AttackColumns(count, right=right),
    )


class _AttackColumns(Mapping[str, NDArray[Any]]):
    """The columns of an attack that breaks all pictures, or none; it attacks those that are right without it."""

    def __init__(self, count: int, *, right: bool) -> None:
        self._count, self._right = count, right

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name.startswith("reached"):
            return np.full(self._count, not self._right)
        if name == "attempted":
            return np.full(self._count, self._right)
        if name == "minimal_norm":
            return np.full(self._count, np.inf if self._right else 0.0)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(("attempted", "reached", "minimal_norm"))

    def __len__(self) -> int:
        return 3
