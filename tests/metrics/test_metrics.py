"""Metrics on cases small enough to count by hand, and scores against torch."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from robustcheck.attacks.goal import Goal
from robustcheck.core.errors import CaseError
from robustcheck.engine.gates.verdicts import measure
from robustcheck.metrics.records import Observation, Records, score
from robustcheck.stats.intervals import clopper_pearson

CLASSES = ("stop", "yield", "turn_left")


def records(label: list[int], predicted: list[int], rank: list[int] | None = None) -> Records:
    n = len(label)
    ranks = rank or [int(a != b) for a, b in zip(label, predicted, strict=True)]
    return Records(
        id=np.array([f"p{i}" for i in range(n)]),
        label=np.array(label, np.int32),
        predicted=np.array(predicted, np.int32),
        rank=np.array(ranks, np.int32),
        confidence=np.linspace(0.4, 0.9, n, dtype=np.float32),
        loss=np.zeros(n, np.float32),
        brier=np.zeros(n, np.float32),
        margin=np.ones(n, np.float32),
        borderline=np.zeros(n, bool),
        mean_change=np.ones(n, np.float32),
        max_change=np.ones(n, np.uint8),
        unseen=np.zeros(n, np.float32),
        pixels=np.array(["00"] * n),
    )


LABEL = [0, 0, 0, 0, 1, 1, 2, 2]
CLEAN = records(LABEL, [0, 0, 0, 0, 1, 1, 2, 0])
SHIFTED = records(LABEL, [0, 0, 2, 1, 1, 0, 2, 2], rank=[0, 0, 1, 2, 0, 1, 0, 0])
SEEN = Observation(SHIFTED, CLEAN, CLASSES, {"weather": np.array(["sun", "rain"] * 4)})


@pytest.mark.parametrize(
    ("metric", "argument", "value", "n", "detail"),
    [
        ("accuracy", (), 5 / 8, 8, ""),
        ("top_k_accuracy", ("2",), 7 / 8, 8, ""),
        ("balanced_accuracy", (), (2 / 4 + 1 / 2 + 2 / 2) / 3, 8, ""),
        ("worst_class_accuracy", (), 2 / 4, 2, "yield"),
        ("class_accuracy", ("yield",), 1 / 2, 2, ""),
        ("group_accuracy", ("weather", "rain"), 2 / 4, 4, "weather=rain"),
        ("group_accuracy", ("weather",), 2 / 4, 4, "weather=rain"),
        ("drop", (), (3 - 1) / 8, 8, ""),
        ("flip_rate", (), 4 / 8, 8, ""),
        ("confusion", ("stop", "turn_left"), 1 / 4, 4, "stop -> turn_left"),
        ("mean_confidence", (), 0.65, 8, ""),
    ],
)
def test_metric_counts(metric: str, argument: tuple[str, ...], value: float, n: int, detail: str) -> None:
    found = measure(SEEN, metric, argument)
    assert found.value == pytest.approx(value)
    assert (found.n, found.detail) == (n, detail)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize(
    ("metric", "argument", "message"),
    [
        ("class_accuracy", ("stopp",), "no class stopp; did you mean stop?"),
        ("group_accuracy", ("wether",), "no metadata column wether; did you mean weather?"),
        ("group_accuracy", ("weather", "snow"), "no picture has weather = snow"),
        ("confusion", ("stop", "left"), "no class left"),
    ],
)
def test_metric_without_material_is_an_error(metric: str, argument: tuple[str, ...], message: str) -> None:
    with pytest.raises(CaseError, match=message.replace("?", r"\?")):
        measure(SEEN, metric, argument)


def test_class_without_pictures_is_an_error_rather_than_a_perfect_score() -> None:
    only = records([0, 0], [0, 0])
    with pytest.raises(CaseError, match="the data has no picture of the class yield"):
        measure(Observation(only, only, CLASSES), "class_accuracy", ("yield",))


def test_nothing_to_look_at_is_an_error() -> None:
    empty = records([], [])
    with pytest.raises(CaseError, match="no picture was evaluated"):
        measure(Observation(empty, empty, CLASSES), "accuracy")


@given(st.integers(1, 20), st.integers(2, 9), st.integers(0, 2**32 - 1), st.booleans())
def test_score_agrees_with_torch(n: int, classes: int, seed: int, coarse: bool) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 8, (n, classes)).astype(np.float32)
    logits = np.round(logits / 8) if coarse else logits
    labels = rng.integers(0, classes, n).astype(np.int32)
    found = score(logits, labels)
    exact = torch.from_numpy(logits.astype(np.float64))
    target = torch.from_numpy(labels.astype(np.int64))
    loss = torch.nn.functional.cross_entropy(exact, target, reduction="none")
    np.testing.assert_allclose(found["loss"], loss.numpy(), atol=1e-5, rtol=1e-5)
    one_hot = torch.nn.functional.one_hot(target, classes)
    np.testing.assert_allclose(found["brier"], (exact.softmax(1) - one_hot).square().sum(1).numpy(), atol=1e-6)
    np.testing.assert_allclose(found["confidence"], exact.softmax(1).amax(1).numpy(), rtol=1e-5)
    best = exact.topk(2, dim=1).values
    np.testing.assert_allclose(found["margin"], (best[:, 0] - best[:, 1]).numpy(), atol=1e-5, rtol=1e-5)
    # Right is what is the only best class; of several the first wrong one is predicted.
    tops = [np.flatnonzero(row == row.max()).tolist() for row in logits]
    wrong = [[top for top in best if top != label] for best, label in zip(tops, labels.tolist(), strict=True)]
    predicted = [best[0] if best else int(label) for best, label in zip(wrong, labels, strict=True)]
    np.testing.assert_array_equal(found["predicted"], predicted)
    np.testing.assert_array_equal(found["rank"] == 0, found["predicted"] == labels)
    goal = Goal(torch.zeros(n, 3, 1, 1), target, None, tuple(map(str, range(n))))
    np.testing.assert_array_equal(goal.fooled(exact).numpy(), found["rank"] > 0)
    aim = Goal(goal.pictures, target, target.roll(1), goal.keys)
    np.testing.assert_array_equal(aim.fooled(exact).numpy(), found["predicted"] == np.roll(labels, 1))
    others = [int((row >= row[label]).sum()) - 1 for row, label in zip(logits, labels, strict=True)]
    np.testing.assert_array_equal(found["rank"], others)
    np.testing.assert_array_equal(found["borderline"], found["margin"] < 1e-4)


def test_score_of_huge_logits_stays_finite() -> None:
    found = score(np.array([[1e4, -1e4, 0.0]], np.float32), np.array([1], np.int32))
    assert found["loss"][0] == pytest.approx(2e4)
    assert found["confidence"][0] == 1.0


def test_the_worst_of_several_is_gated_by_all_of_them() -> None:
    label = [0] * 40 + [1] * 10
    seen = records(label, [0] * 36 + [1] * 4 + [1] * 10)
    seen_by = Observation(seen, seen, CLASSES, {"weather": np.array(["sun"] * 40 + ["rain"] * 10)})
    for found in (measure(seen_by, "worst_class_accuracy"), measure(seen_by, "group_accuracy", ("weather",))):
        assert found.limits is not None
        low, high = found.limits(0.95)
        # The ten that are all right prove less than the forty of which four are wrong.
        assert low == pytest.approx(0.05 ** (1 / 10))
        assert high == pytest.approx(clopper_pearson(36, 40, 0.975)[1])
        assert found.value == 36 / 40


@pytest.mark.parametrize(("n", "proven"), [(298, False), (299, True)])
def test_no_confusion_is_proven_rare_by_so_many_pictures(n: int, proven: bool) -> None:
    seen = records([0] * n, [0] * n)
    found = measure(Observation(seen, seen, CLASSES), "confusion", ("stop", "turn_left"))
    assert found.limits is not None
    assert (found.limits(0.95)[1] <= 0.01) is proven


def test_calls_a_picture_are_no_share() -> None:
    seen = records(LABEL, LABEL)
    seen = dataclasses.replace(seen, extra={"calls": np.array([40, 40, 50, 50, 40, 40, 50, 50], np.float32)})
    found = measure(Observation(seen, seen, CLASSES), "model_calls")
    assert found.value == 45
    assert 40 < found.low < 45 < found.high < 50
