"""Whatever a metric gives lies in the range that a statement is held against; what lies elsewhere is said to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from robustcheck.core import registry
from robustcheck.core.errors import RobustcheckError
from robustcheck.domain.estimate import Estimate
from robustcheck.engine.gates.verdicts import aggregate, measure
from robustcheck.metrics.records import Observation, Records, score
from robustcheck.provenance.signing.metric_ranges import range_of, wrong_with

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "": (),
    "class": ("a",),
    "k": ("1",),
    "group": ("weather",),
    "confusion": ("a", "b"),
    "eps": ("0.5",),
    "coverage": ("80%",),
}


def drawn(rng: np.random.Generator, labels: Any, classes: int) -> Records:
    """Return records of a random model, sharp or not, with ties, perhaps without a mistake."""
    n = len(labels)
    logits = (rng.normal(size=(n, classes)) * 10 ** rng.uniform(-2, 2)).astype(np.float32)
    if rng.random() < 0.3:
        logits = np.round(logits)
    if rng.random() < 0.2:
        logits[np.arange(n), labels] += 50
    ids, zeros = np.arange(n).astype(np.str_), np.zeros(n, np.float32)
    attempted = (rng.random(n) < 0.8) | (np.arange(n) == 0)
    return Records.of(
        {
            **score(logits, labels),
            **{"id": ids, "label": labels, "pixels": ids, "mean_change": zeros, "unseen": zeros},
            "max_change": zeros.astype(np.uint8),
            "attempted": attempted,
            "reached": attempted & (rng.random(n) < 0.5),
            "target": np.ones(n, np.int32),
            "calls": rng.integers(0, 9, n),
            "minimal_norm": np.where(rng.random(n) < 0.8, rng.random(n), np.inf),
            "views_right": rng.integers(0, 4, n),
            "views_spread": np.full(n, 4),
            "eot_success": rng.random(n),
        }
    )


def told(estimate: Estimate) -> dict[str, Any]:
    return {key: estimate.to_json()[key] for key in ("value", "low", "high", "n")}


@pytest.mark.parametrize("metric", [known.name for known in registry.metrics])
def test_what_a_metric_gives_lies_in_its_range(metric: str) -> None:
    rng = np.random.default_rng(7)
    argument, given = ARGUMENTS[registry.metrics[metric].facts.argument], 0
    for n in (1, 2, 3, 5, 8, 40) * 6:
        classes = int(rng.integers(2, 5))
        labels = rng.integers(0, classes, n).astype(np.int32)
        one, two = drawn(rng, labels, classes), drawn(rng, labels, classes)
        groups = {"weather": np.array(["rain", "sun"])[rng.integers(0, 2, n)]}
        seen = Observation(one, two, tuple("abcd"[:classes]), groups, Estimate(3, 3, 4, n), rng.random(n) < 0.5)
        try:
            estimate = measure(seen, metric, argument)
        except RobustcheckError:
            continue  # no picture of the class, or no promise
        given += 1
        assert not wrong_with(metric, told(estimate), size=n, overall=False)
        mean = aggregate("mean", metric, [("one", estimate), ("two", estimate)])
        assert not wrong_with(f"mean_{metric}", told(mean), size=n, overall=True)
    assert given or metric == "automatic_share"


@pytest.mark.parametrize(
    ("name", "overall", "expected"),
    [
        ("accuracy", False, (0, 1)),
        ("class_accuracy[a, b]", False, (0, 1)),
        ("drop", False, (-1, 1)),
        ("worst_class_accuracy", False, (0, 1)),
        ("worst_accuracy", True, (0, 1)),
        ("mean_drop", True, (-1, 1)),
        ("mean_worst_class_accuracy", True, (0, 1)),
        ("worst_mean_confidence", True, (0, 1)),
        ("brier", False, (0, 2)),
        ("augrc", False, (0, 0.5)),
        ("nll", False, (0, math.inf)),
        ("mce", True, (0, math.inf)),
        ("relative_mce", True, (-math.inf, math.inf)),
        ("limit", False, (-math.inf, math.inf)),
        ("median_norm", False, (0, math.inf)),
        ("declared accuracy", False, (0, 1)),
        ("somebody's own", False, (-math.inf, math.inf)),
    ],
)
def test_ranges_are_those_of_the_metrics(name: str, overall: bool, expected: tuple[float, float]) -> None:
    assert range_of(name, overall=overall) == expected
