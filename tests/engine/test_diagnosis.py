"""Which table of answers holds a cure: properties over any table, and small ones worked out by hand."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest

from robustcheck.domain.config import Preprocessing
from robustcheck.engine.tools.diagnosis import SURE, Answers, Diagnosis, chance_of, judged, told
from robustcheck.engine.tools.mistakes import Variant

OWN = Preprocessing((16, 16), 16)


def answers(
    predicted: Any, labels: NDArray[np.int32], *, changes: int = 1, name: str = "input.antialias: false"
) -> Answers:
    array = np.array(predicted, np.int64)
    return Answers(Variant(name, OWN, changes), array, np.where(array == labels, 0.1, 3.0))


def diagnosed(labels: Any, own: Any, *others: Any, **how: Any) -> Diagnosis:
    truth = np.array(labels, np.int32)
    tried = [answers(other, truth, name=f"input.resize: {100 + number}") for number, other in enumerate(others)]
    return Diagnosis("patient", len(truth), judged(truth, answers(own, truth, changes=0, name=""), tried, **how), ())


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[int], list[list[int]]]:
    """Draw labels and the answers of an entry and of up to eight variants, some of which share an answer with the labels often."""
    n, classes = draw(st.integers(1, 80)), draw(st.integers(1, 4))
    labels = draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n))
    rows = []
    for _ in range(draw(st.integers(1, 9))):
        random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        known = random.random(n) < draw(st.sampled_from([0.0, 0.3, 0.7, 1.0]))
        other = random.integers(0, classes, n) if draw(st.booleans()) else np.full(n, draw(st.integers(0, classes - 1)))
        rows.append(np.where(known, labels, other).tolist())
    return labels, rows


@settings(max_examples=300, deadline=None)
@given(tables(), st.integers(0, 2000))
def test_what_does_not_win_pictures_is_never_a_cure(table: tuple[list[int], list[list[int]]], pairs: int) -> None:
    labels, (own, *others) = table
    found = diagnosed(labels, own, *others, possible_pairs=pairs)
    truth = np.array(labels)
    for finding in found.findings[1:]:
        predicted = np.array(others[int(finding.variant.advice.split()[-1]) - 100])
        gained = int(((predicted == truth) & (np.array(own) != truth)).sum())
        lost = int(((predicted != truth) & (np.array(own) == truth)).sum())
        assert (finding.gained, finding.lost) == (gained, lost)
        assert 0 < finding.chance <= 1
        if gained <= lost:
            assert (finding.chance, finding.cures) == (1, False)
        if finding.cures:
            assert finding.chance <= SURE
            assert len(set(labels)) > 1
            assert len(set(predicted.tolist())) > 1
    if found.best is not None:
        assert found.best.cures
        assert found.best.gained > found.best.lost
    text = "\n".join(found.lines())
    assert not re.search(r"p = 0\b(?!\.)", text)
    assert (" instead of " in text) == (found.best is not None)


@settings(max_examples=100, deadline=None)
@given(tables())
def test_the_order_of_what_was_tried_decides_nothing_but_between_equals(
    table: tuple[list[int], list[list[int]]],
) -> None:
    labels, (own, *others) = table
    one, two = diagnosed(labels, own, *others), diagnosed(labels, own, *others[::-1])
    assert (one.best is None) == (two.best is None)
    if one.best and two.best:
        assert one.best.accuracy == two.best.accuracy


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 20))
def test_the_chance_is_that_of_the_exact_binomial_test(gained: int, lost: int, both: int) -> None:
    before = np.array([False] * gained + [True] * lost + [True] * both, bool)
    after = np.array([True] * gained + [False] * lost + [True] * both, bool)
    expected = binomtest(gained, gained + lost, alternative="greater").pvalue if gained > lost else 1.0
    assert chance_of(before, after) == pytest.approx(expected, rel=1e-9)


LABELS = [0, 1, 2, 3] * 50


def test_the_right_answers_are_a_cure_and_its_chance_is_exact() -> None:
    own = [*LABELS[:100], *([0] * 100)]
    found = diagnosed(LABELS, own, LABELS, own)
    assert found.best is not None
    assert (found.best.gained, found.best.lost) == (75, 0)
    # One series of answers differs from the entry's; nine tenths of the chance go to single mistakes.
    assert found.best.chance == pytest.approx(0.5**75 / 0.9)


MANY = [0] * 180 + [1] * 20
NO_CURES: dict[str, tuple[list[int], list[int], list[int]]] = {
    "always the commonest label": (MANY, [1] * 200, [0] * 200),
    "nearly always the commonest label, by chance": (MANY, [0, 1] * 100, ([0] * 19 + [1]) * 10),
    "one label": ([2] * 200, [1] * 200, [2] * 200),
    "the commonest label more often, and the other less": (
        MANY,
        [0] * 120 + [1] * 60 + [1] * 16 + [0] * 4,
        [0] * 178 + [1] * 2 + [1] * 6 + [0] * 14,
    ),
    "as many won as lost": (LABELS, [*LABELS[:100], *([9] * 100)], [*([9] * 100), *LABELS[100:]]),
    "fewer than chance gives": (LABELS, [*LABELS[:196], 9, 9, 9, 9], LABELS),
}


@pytest.mark.parametrize("name", NO_CURES)
def test_what_only_seems_to_win_is_no_cure(name: str) -> None:
    labels, own, other = NO_CURES[name]
    found = diagnosed(labels, own, other)
    assert found.best is None
    assert "instead of" not in "\n".join(found.lines())


def test_gains_that_are_no_cure_are_told_as_such() -> None:
    labels, own, other = NO_CURES["the commonest label more often, and the other less"]
    assert list(diagnosed(labels, own, other).lines())[1] == (
        "doctor: input.resize: 100 gives 92.0% [87.4, 95.0], but only by other answers to the commonest labels; "
        "that is no cure"
    )


@pytest.mark.parametrize(
    ("chance", "text"),
    [(1.0, "p = 1"), (0.0123, "p = 0.012"), (3e-12, "p = 3e-12"), (1e-17, "p < 1e-16"), (0.0, "p < 1e-16")],
)
def test_a_chance_is_never_told_as_zero(chance: float, text: str) -> None:
    assert told(chance) == text


def test_of_two_that_cannot_be_told_apart_the_simpler_is_best() -> None:
    truth = np.array(LABELS, np.int32)
    own = answers([0] * 200, truth, changes=0, name="")
    two = answers(LABELS, truth, changes=2, name="input.channels: rgb and input.resize: 90")
    one = answers([*LABELS[:198], 9, 9], truth)
    assert judged(truth, own, [two, one], possible_pairs=100)[1].variant.changes == 1
    worse = answers([*LABELS[:190], *([9] * 10)], truth)
    assert judged(truth, own, [two, worse], possible_pairs=100)[1].variant.changes == 2


def test_worthless_variants_are_promised_as_cures_at_most_as_often_as_said() -> None:
    """Two hundred models that answer by chance, forty variants each."""
    random = np.random.default_rng(5)
    alarms = 0
    for _ in range(200):
        labels = random.integers(0, 3, 120)
        alarms += diagnosed(labels, *random.integers(0, 3, (41, 120))).best is not None
    assert alarms <= 2
