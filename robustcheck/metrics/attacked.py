"""Metrics of pictures under attack. Each figure of accuracy is an upper bound: a better attack may find more."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError, did_you_mean
from robustcheck.core.registry import metric
from robustcheck.core.units import parse_quantity
from robustcheck.domain.estimate import Estimate
from robustcheck.metrics.records import Observation
from robustcheck.metrics.shares import Share
from robustcheck.stats.intervals import proportion, sample_mean
from robustcheck.stats.mean import mean_between


@metric(
    "robust_accuracy", better="higher", kinds=("attack",), synonyms=("adversarial accuracy", "accuracy under attack")
)
def robust_accuracy(seen: Observation) -> Share:
    """Share of pictures that the attack leaves right: an upper bound.

    A better attack may find more.
    """
    return Share(seen.records.right)


@metric(
    "attack_success",
    better="lower",
    kinds=("attack",),
    relative=True,
    synonyms=("success rate", "fooled", "fooling rate"),
)
def attack_success(seen: Observation) -> Share:
    """Share of the attacked pictures that the attack takes to its goal: a lower bound.

    A better attack may find more. Attacked are the pictures that are right without it; under a targeted attack those that are
    to be taken for something, and one that is taken for it already counts as reached.
    """
    attempted = _column(seen, "attempted")
    if not attempted.any():
        raise CaseError("the attack had no picture to attack: no picture is right, or none is of a class that is named")
    return Share(_column(seen, "reached").astype(bool), attempted.astype(bool))


@metric(
    "targeted_success",
    better="lower",
    argument="confusion",
    kinds=("attack",),
    relative=True,
    synonyms=("targeted attack",),
)
def targeted_success(seen: Observation, source: str, target: str) -> Share:
    """Share of the pictures of one class that a targeted attack turns into one other class: a lower bound."""
    for name in (source, target):
        if name not in seen.classes:
            raise CaseError(f"the model has no class {name}; {did_you_mean(name, seen.classes)}")
    tried, reached = towards(seen, source, target)
    if not tried.any():
        raise CaseError(f"the attack turned no picture of {source} towards {target}; name the pair under targeted")
    return Share(reached, tried, of=f"of {source}", detail=f"{source} -> {target}")


def towards(seen: Observation, source: str, target: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which pictures of one class were attacked towards another, and which pictures reached it, shape (n,) each."""
    start, end = seen.classes.index(source), seen.classes.index(target)
    every: NDArray[Any] | None = seen.records.extra.get(f"reached.{end}")
    if every is not None:
        tried, reached = every >= 0, every > 0
    else:
        tried, reached = _column(seen, "target") == end, _column(seen, "reached").astype(bool)
    return tried & (seen.records.label == start), reached


@metric(
    "eot_success",
    better="lower",
    kinds=("attack",),
    relative=True,
    synonyms=("expectation over transformation", "sticker poses"),
)
def eot_success(seen: Observation) -> Estimate:
    """Mean share of random poses of a sticker that reach the goal.

    The mean is over the pictures whose sticker reaches it as it is. Poses are turned, moved, darker and brighter; those that rate a sticker are none of those that it was made with.
    """
    rates: NDArray[Any] | None = seen.records.extra.get("eot_success")
    if rates is None:
        raise CaseError("the attack tries no poses; use patch with eot of 1 or more")
    rates = rates[_column(seen, "reached").astype(bool) & np.isfinite(rates)]
    if not len(rates):
        return proportion(0, int(_column(seen, "attempted").sum()), detail="no sticker reaches the goal")
    return sample_mean(rates.astype(float).tolist())


@metric(
    "median_norm",
    better="higher",
    unit="parameter",
    low=0.0,
    high=math.inf,
    kinds=("attack",),
    relative=True,
    synonyms=("smallest change", "minimal perturbation"),
)
def median_norm(seen: Observation) -> Estimate:
    """Median of the least changes that fool the model, in the attack's norm: an upper bound.

    A smaller change may exist. The interval is between order statistics, which needs no assumption about how they are spread.
    """
    norms = np.sort(_least(seen)[_column(seen, "attempted")])
    if not len(norms):
        raise CaseError("the attack had no picture to attack")
    n = len(norms)
    if not math.isfinite(norms[(n - 1) // 2]):
        raise CaseError(
            "the attack found nothing for most pictures, at any size of the change: it does not work on this model"
        )
    from scipy.stats import binom

    low, high = int(binom.ppf(0.025, n, 0.5)), int(binom.isf(0.025, n, 0.5))
    finite = norms[np.isfinite(norms)]
    ends = (float(norms[max(0, low - 1)]), float(min(norms[min(n - 1, high)], finite[-1])))
    middle = float(min(np.median(norms), finite[-1]))
    return Estimate(middle, min(ends[0], middle), max(ends[1], middle), n)


@metric("robust_accuracy_at", better="higher", argument="eps", kinds=("attack",), synonyms=("radius", "epsilon"))
def robust_accuracy_at(seen: Observation, eps: str) -> Share:
    """Share of right pictures that no change within a radius was found to fool: an upper bound.

    One run of an attack that looks for the least change answers it for every radius.
    """
    radius = parse_quantity(eps)
    if radius is None:
        raise CaseError(f"{eps} is no radius; write 4/255 or 0.5")
    return Share(withstood(seen, radius.value), detail=f"eps {radius.value:g}")


def accuracy_at(seen: Observation, radius: float) -> Estimate:
    """Return the accuracy under all changes of up to a radius."""
    held = withstood(seen, radius)
    return proportion(int(held.sum()), len(held), detail=f"eps {radius:g}")


def withstood(seen: Observation, radius: float) -> NDArray[np.bool_]:
    """Return which pictures are right under all changes of up to a radius, as far as was found, shape (n,)."""
    held: NDArray[np.bool_] = _column(seen, "attempted") & (_least(seen) > radius * (1 + 1e-9))
    return held


@metric(
    "model_calls",
    better="lower",
    unit="",
    high=math.inf,
    kinds=("attack",),
    relative=True,
    synonyms=("queries", "query budget", "cost"),
)
def model_calls(seen: Observation) -> Estimate:
    """Forward passes a picture that the attack took, over all pictures."""
    return mean_between(_column(seen, "calls"), low=0.0, high=math.inf)


def _least(seen: Observation) -> NDArray[np.float64]:
    least = seen.records.extra.get("minimal_norm")
    if least is None:
        raise CaseError("the attack looks for any change within eps; use one that looks for the least, such as fmn")
    return least.astype(float)


def _column(seen: Observation, name: str) -> NDArray[Any]:
    if name not in seen.records.extra:
        raise CaseError("no attack was run")
    return seen.records.extra[name]
