"""Shares of pictures: from one function a metric come its estimate, its early stop, and of how many pictures it is.

What is known of a share before any picture was looked at is found by imagination: the metric is asked about the pictures as if the model
had all of them right and were sure of it, as if it had none and were not, and as if it answered by chance. Where it is about the same
pictures each time, these are known beforehand; a share of the pictures that a model is sure of, say, is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

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


Result = Estimate | Share | Sequence[Share]
"""What the function of a metric returns; of several shares the worst is the metric."""


def estimate_of(result: Result, better: str) -> Estimate:
    """Return the estimate of whatever a metric returned.

    Raises:
        CaseError: It is a share of no picture.
    """
    if isinstance(result, Share):
        return result.estimate()
    if isinstance(result, Sequence):
        return worst_of([share.estimate() for share in result], better="higher" if better == "higher" else "lower")
    return result


def shares_of(result: Result) -> tuple[Share, ...]:
    """Return the shares of whatever a metric returned; none of an estimate."""
    return (result,) if isinstance(result, Share) else tuple(result) if isinstance(result, Sequence) else ()


@dataclass(frozen=True, slots=True)
class Imagined:
    """What a metric would be about, whatever the model answers.

    Attributes:
        shares: As if the model had all pictures right; none where the metric is no share.
        known: Whether these are about the same pictures whatever the model answers.
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
        first, *others = (shares_of(function(_imagined(pictures, answers), *argument)) for answers in ANSWERS)
    except Exception:
        # It cannot be measured on such pictures, or not yet: it says why when it is.
        return Imagined((), known=False)
    same = all(
        len(first) == len(other)
        and all(np.array_equal(one.scope, two.scope) for one, two in zip(first, other, strict=True))
        for other in others
    )
    return Imagined(first, known=same and bool(first))


def pictures_of(
    ids: NDArray[np.str_], labels: NDArray[np.int32], classes: tuple[str, ...], groups: Mapping[str, NDArray[np.str_]]
) -> Observation:
    """Return pictures of which nothing but labels and groups is known, with an accepted run that has all of them right."""
    records = _records(ids, labels, len(classes), "right")
    return Observation(records, records, classes, dict(groups), baseline=np.ones(len(labels), bool))


Answers = Literal["right", "wrong"] | int
"""Answers of an imagined model: all right, all wrong, or by chance from a seed."""
ANSWERS: Final[tuple[Answers, ...]] = ("right", "wrong", 1, 2)


def _imagined(pictures: Observation, answers: Answers) -> Observation:
    known = pictures.records
    return replace(pictures, records=_records(known.id, known.label, len(pictures.classes), answers))


def _levels(count: int, answers: Answers, column: int) -> NDArray[np.float32]:
    """Return a number in [0, 1] a picture: how far a column is from what it is where the model is right."""
    if isinstance(answers, int):
        return np.random.default_rng((answers, column)).random(count).astype(np.float32)
    return np.full(count, 0.0 if answers == "right" else 1.0, np.float32)


def _records(ids: NDArray[np.str_], labels: NDArray[np.int32], classes: int, answers: Answers) -> Records:
    count = len(labels)
    apart = _levels(count, answers, 0)
    wrong = apart > 0.5
    return Records(
        id=ids,
        label=labels,
        predicted=np.where(wrong, (labels + 1) % max(classes, 2), labels).astype(np.int32),
        rank=np.ceil(apart * (classes - 1)).astype(np.int32) * wrong,
        confidence=1 - _levels(count, answers, 1) * np.float32(0.999),
        loss=_levels(count, answers, 2) * np.float32(50),
        brier=_levels(count, answers, 3) * np.float32(2),
        margin=(1 - _levels(count, answers, 4)) * np.float32(30),
        borderline=_levels(count, answers, 5) > 0.5,
        mean_change=_levels(count, answers, 6) * np.float32(255),
        max_change=(_levels(count, answers, 7) * 255).astype(np.uint8),
        unseen=_levels(count, answers, 8),
        pixels=np.full(count, str(answers)),
        extra=_AttackColumns(wrong),
    )


class _AttackColumns(Mapping[str, NDArray[Any]]):
    """The columns of an attack that breaks the pictures that are wrong, and attacks the others alone."""

    def __init__(self, wrong: NDArray[np.bool_]) -> None:
        self._wrong = wrong

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name.startswith("reached"):
            return self._wrong
        if name == "attempted":
            return ~self._wrong
        if name == "minimal_norm":
            return np.where(self._wrong, 0.0, np.inf)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(("attempted", "reached", "minimal_norm"))

    def __len__(self) -> int:
        return 3
