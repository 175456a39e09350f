"""Metrics of how often a model is right. Each reads an Observation and returns a Share, or an Estimate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError, did_you_mean
from robustcheck.core.registry import metric
from robustcheck.domain.estimate import Estimate
from robustcheck.metrics.groups import column_of, values_of
from robustcheck.metrics.records import Observation
from robustcheck.metrics.shares import Share
from robustcheck.stats.intervals import mean_of, sample_mean


def _index(seen: Observation, name: str) -> int:
    if name not in seen.classes:
        raise CaseError(f"the model has no class {name}; {did_you_mean(name, seen.classes)}")
    return seen.classes.index(name)


def _of_class(seen: Observation, name: str) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = seen.records.label == _index(seen, name)
    if not mask.any():
        raise CaseError(f"the data has no picture of the class {name}, so nothing can be said about it")
    return mask


def _by_class(seen: Observation) -> tuple[Share, ...]:
    right, label = seen.records.right, seen.records.label
    names = ((index, seen.classes[index]) for index in np.unique(label))
    return tuple(Share(right, label == index, of=f"of {name}", detail=name) for index, name in names)


@metric(
    "accuracy",
    better="higher",
    synonyms=("acc", "correct", "recognition rate", "error", "error rate", "top 1", "top 1 accuracy"),
)
def accuracy(seen: Observation) -> Share:
    """Share of pictures whose best class is the label."""
    return Share(seen.records.right)


@metric(
    "top_k_accuracy",
    better="higher",
    argument="k",
    synonyms=("top five", "best guesses", "top 3", "top 3 accuracy", "top 5", "top 5 accuracy"),
)
def top_k_accuracy(seen: Observation, k: str) -> Share:
    """Share of pictures whose label is among the k best classes."""
    return Share(seen.records.rank < int(k))


@metric("balanced_accuracy", better="higher", synonyms=("macro recall", "mean recall", "imbalanced classes"))
def balanced_accuracy(seen: Observation) -> Estimate:
    """Mean of the accuracies of the classes that the data has, each with the same weight."""
    return mean_of([share.estimate() for share in _by_class(seen)])


@metric("worst_class_accuracy", better="higher", synonyms=("weakest class", "lowest recall", "worst recall"))
def worst_class_accuracy(seen: Observation) -> tuple[Share, ...]:
    """Accuracy of the class that fares worst, among those that the data has."""
    return _by_class(seen)


@metric("class_accuracy", better="higher", argument="class", synonyms=("recall", "sensitivity", "per class"))
def class_accuracy(seen: Observation, name: str) -> Share:
    """Accuracy on the pictures of one class."""
    return Share(seen.records.right, _of_class(seen, name), of=f"of {name}")


@metric(
    "group_accuracy",
    better="higher",
    argument="group",
    synonyms=("fairness", "subgroup", "slice", "metadata", "worst group"),
)
def group_accuracy(seen: Observation, column: str, value: str | None = None) -> tuple[Share, ...]:
    """Accuracy on the pictures with one value of a metadata column; without a value, of the worst group.

    Pictures that have no value there are a group of their own.
    """
    groups = values_of(column_of(seen.groups, column))
    if value is not None and value not in groups:
        raise CaseError(f"no picture has {column} = {value}; {did_you_mean(value, groups)}")
    chosen = groups if value is None else {value: groups[value]}
    return tuple(
        Share(seen.records.right, mask, of=f"with {column} = {name}", detail=f"{column}={name}")
        for name, mask in chosen.items()
    )


@metric(
    "drop", better="lower", unit="pp", low=-100.0, paired=True, synonyms=("degradation", "loss of accuracy", "decrease")
)
def drop(seen: Observation) -> Share:
    """Clean accuracy minus accuracy under the perturbation, picture by picture."""
    return Share(seen.records.right, before=seen.clean.right)


@metric("flip_rate", better="lower", paired=True, synonyms=("consistency", "stability", "changed predictions"))
def flip_rate(seen: Observation) -> Share:
    """Share of pictures whose predicted class is another one than on the clean picture."""
    return Share(seen.clean.predicted != seen.records.predicted)


@metric(
    "confusion",
    better="lower",
    argument="confusion",
    synonyms=("mistaken for", "mixed up", "misclassified", "false negative"),
)
def confusion(seen: Observation, source: str, target: str) -> Share:
    """Share of the pictures of one class that are taken for one other class."""
    mask = _of_class(seen, source)
    taken = seen.records.predicted == _index(seen, target)
    return Share(taken, mask, of=f"of {source}", detail=f"{source} -> {target}")


@metric("mean_confidence", better="higher", synonyms=("confidence", "certainty"))
def mean_confidence(seen: Observation) -> Estimate:
    """Mean softmax of the predicted class."""
    return sample_mean(seen.records.confidence.astype(float).tolist())


@metric("broken_rate", better="lower", paired=True, synonyms=("newly wrong",))
def broken_rate(seen: Observation) -> Share:
    """Share of pictures that are right as they are and wrong under the perturbation."""
    return Share(seen.clean.right & ~seen.records.right)


@metric("mean_view_accuracy", better="higher", kinds=("worst_of",), synonyms=("average view",))
def mean_view_accuracy(seen: Observation) -> Estimate:
    """Accuracy over views spread evenly through the box that ``worst_of`` searches.

    It is there for scale beside the worst. Every picture counts with its own share of views that are right, so the interval is about pictures.
    """
    right, looked_at = (seen.records.extra[name].astype(float) for name in ("views_right", "views_spread"))
    return sample_mean((right / looked_at).tolist())


@metric(
    "limit",
    better="higher",
    unit="parameter",
    low=float("-inf"),
    high=float("inf"),
    kinds=("find_limit",),
    synonyms=("break point", "breaking point", "tolerance", "how far"),
)
def limit(seen: Observation) -> Estimate:
    """The furthest value of the parameter that ``find_limit`` searches at which the model still holds.

    Its ends are those of the bracket: the value that holds and the next one tried, which does not.
    """
    if seen.limit is None:
        raise CaseError("no break point was looked for")
    return seen.limit
