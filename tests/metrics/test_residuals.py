"""Labels in doubt, edge cases and fragile pictures: beside a slow definition, and on cases worked out by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from robustcheck.metrics.residuals import Column, doubted, edge_cases, fragile, hardest, suspects


def column(case: str, ids: str, label: list[int], predicted: list[int], loss: list[float]) -> Column:
    confidence = [
        0.6 if one != other else float(np.exp(-value)) for one, other, value in zip(label, predicted, loss, strict=True)
    ]
    return Column(
        case,
        np.array(list(ids)),
        np.array(label, np.int32),
        np.array(predicted, np.int32),
        np.array(confidence, np.float32),
        np.array(loss, np.float32),
    )


@st.composite
def outcomes(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    classes, n = draw(st.integers(2, 5)), draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    probabilities = rng.dirichlet(np.full(classes, draw(st.sampled_from([0.2, 1.0, 5.0]))), n)
    return rng.integers(0, classes, n), probabilities


@settings(max_examples=300, deadline=None)
@given(outcomes())
def test_doubts_are_those_of_the_definition(found: tuple[np.ndarray, np.ndarray]) -> None:
    labels, probabilities = found
    n, classes = probabilities.shape
    own = [probabilities[row, labels[row]] for row in range(n)]
    thresholds = []
    for name in range(classes):
        of_class = [own[row] for row in range(n) if labels[row] == name]
        thresholds.append(sum(of_class) / len(of_class) if of_class else sum(own) / n)
    predicted = probabilities.argmax(axis=1)
    expected = [
        predicted[row] != labels[row] and probabilities[row, predicted[row]] >= thresholds[predicted[row]] - 1e-6
        for row in range(n)
    ]
    surely = [
        predicted[row] != labels[row] and probabilities[row, predicted[row]] >= thresholds[predicted[row]] + 1e-6
        for row in range(n)
    ]
    got = doubted(
        labels.astype(np.int32),
        predicted.astype(np.int32),
        probabilities.max(axis=1).astype(np.float32),
        -np.log(np.maximum(own, 1e-30)).astype(np.float32),
    )
    # What lies within rounding of its threshold may fall on either side.
    assert all(low <= value <= high for low, value, high in zip(surely, got, expected, strict=True))


def test_no_picture_no_doubt() -> None:
    nothing = np.array([], np.int32), np.array([], np.int32), np.array([], np.float32), np.array([], np.float32)
    assert len(doubted(*nothing)) == 0


def test_suspects_come_with_the_highest_loss_first_and_ties_by_name() -> None:
    found = column("clean", "dcba", [0, 0, 0, 1], [1, 1, 0, 1], [2.0, 2.0, 0.1, 1.0])
    assert [str(found.id[row]) for row in suspects(found)] == ["c", "d"]
    assert [str(found.id[row]) for row in hardest(found)] == ["c", "d", "a", "b"]


def test_an_edge_case_is_right_when_clean_and_told_where_its_loss_rises_most() -> None:
    clean = column("clean", "abc", [0, 0, 1], [0, 1, 1], [0.1, 3.0, 0.2])
    first = column("first", "abc", [0, 0, 1], [1, 1, 0], [1.0, 5.0, 0.9])
    # A case that saw other pictures, in another order, and fewer.
    second = column("second", "ca", [1, 0], [0, 0], [4.0, 0.1])
    found = edge_cases(clean, [first, second])
    assert found == [(2, 1, 0), (0, 0, 0)]
    assert edge_cases(clean, []) == []


def test_a_fragile_picture_is_broken_by_more_than_half_of_the_cases_that_saw_it() -> None:
    clean = column("clean", "abc", [0, 0, 1], [0, 0, 1], [0.1, 0.1, 0.2])
    cases = [
        column("one", "abc", [0, 0, 1], [1, 1, 1], [1.0] * 3),
        column("two", "abc", [0, 0, 1], [1, 0, 1], [1.0] * 3),
        column("three", "bc", [0, 1], [0, 0], [1.0] * 2),
    ]
    assert fragile(clean, cases) == [(0, 2, 2)]
