"""Numbers at the end of their scale: close, and told with what is possible all the same. scipy.stats is the oracle."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binomtest

from robustcheck.core.errors import Location
from robustcheck.core.units import Quantity
from robustcheck.domain.estimate import Estimate
from robustcheck.domain.threshold import Rule, Threshold
from robustcheck.engine.gates.verdicts import judge
from robustcheck.stats.intervals import mean_of, paired_difference, proportion, sample_mean, worst_of

HERE = Location("suite.yaml", 3, 5)


def line(text: str, metric: str = "confusion") -> Threshold:
    comparison, number = text.split()
    unit = re.sub(r"[-\d.]", "", number)
    return Threshold(metric, (), comparison, Quantity(float(number.removesuffix(unit)), unit), HERE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "estimate", "told"),
    [
        ("<= 0%", proportion(0, 40), "0 of 40: up to 7.2% possible (one-sided 95%); 299 pictures without one would show 1%"),
        ("<= 1%", proportion(0, 40), "0 of 40: up to 7.2% possible (one-sided 95%); 299 pictures without one would show 1%"),
        ("< 2%", proportion(0, 10), "0 of 10: up to 25.9% possible (one-sided 95%); 149 pictures without one would show 2%"),
        ("<= 0%", proportion(0, 299), "0 of 299: up to 1.00% possible (one-sided 95%); 2995 pictures without one would show 0.1%"),
        (">= 100%", proportion(40, 40), "40 of 40: down to 92.8% possible (one-sided 95%); 299 pictures without a miss would show 99%"),
        (">= 95%", proportion(12, 12), "12 of 12: down to 77.9% possible (one-sided 95%); 59 pictures without a miss would show 95%"),
        ("<= 0pp", paired_difference(0, 0, 40), "0 lost and 0 gained of 40: up to 6.3pp possible (one-sided 95%)"),
        (">= 100%", worst_of([proportion(9, 9), proportion(3, 3)]), "3 of 3: down to 36.8% possible (one-sided 95%); 299 pictures without a miss would show 99%"),
        (">= 100%", sample_mean([1.0, 1.0, 1.0]), "of 3 pictures: down to 37.2% possible (one-sided 95%)"),
    ],
)  # fmt: skip
def test_the_best_that_can_be_is_close_and_says_what_is_possible(text: str, estimate: Estimate, told: str) -> None:
    judgement = judge(line(text), estimate)
    assert judgement.holds
    assert judgement.straddles
    assert judgement.possible == told


@pytest.mark.parametrize(
    ("text", "estimate"),
    [
        ("<= 5%", proportion(0, 100)),
        (">= 60%", proportion(100, 100)),
        (">= 85%", proportion(86, 100)),
        ("<= 5pp", paired_difference(2, 0, 400)),
    ],
)
def test_what_is_shown_or_in_the_middle_says_nothing_more(text: str, estimate: Estimate) -> None:
    assert judge(line(text), estimate).possible == ""


@pytest.mark.parametrize("text", ["<= 0%", ">= 100%"])
@pytest.mark.parametrize("rule", [Rule("confident", 0.95), Rule("anytime", 0.95)], ids=["confident", "anytime"])
def test_another_rule_has_words_of_its_own(text: str, rule: Rule) -> None:
    estimate = proportion(0 if text[0] == "<" else 40, 40)
    assert judge(line(text), estimate, rule).possible == ""


@given(n=st.integers(1, 5000), bound=st.sampled_from([0.0, 0.1, 1.0, 5.0, 50.0]))
def test_both_ends_agree_with_each_other_and_with_scipy(n: int, bound: float) -> None:
    none, every = judge(line(f"<= {bound}%"), proportion(0, n)), judge(line(f">= {100 - bound}%"), proportion(n, n))
    assert none.straddles == every.straddles
    upper = binomtest(0, n, alternative="less").proportion_ci(0.95).high
    assert upper == pytest.approx(beta.ppf(0.95, 1, n)) == pytest.approx(1 - 0.05 ** (1 / n))
    if bound == 0:
        assert none.straddles
    if none.possible:
        told = float(re.search(r"up to ([\d.]+)%", none.possible)[1])  # type: ignore[index]
        assert told == pytest.approx(upper * 100, rel=0.05, abs=0.05)
        least = float(re.search(r"down to ([\d.]+)%", every.possible)[1])  # type: ignore[index]
        assert least == pytest.approx(100 - upper * 100, abs=0.05)
    shown = re.search(r"; (\d+) pictures without one would show ([\d.]+)%", none.possible)
    if shown:
        needed, share = int(shown[1]), float(shown[2]) / 100
        assert needed > n
        assert beta.ppf(0.95, 1, needed) <= share < beta.ppf(0.95, 1, needed - 1)


@pytest.mark.parametrize(
    ("text", "estimate"),
    [
        (">= 60%", Estimate(0.7, 0.6, 0.8, 50)),
        ("<= 80%", Estimate(0.7, 0.6, 0.8, 50)),
        (">= 100%", mean_of([proportion(4, 4), proportion(6, 6)])),
        (">= 12deg", Estimate(Quantity(12, "deg").value, Quantity(12, "deg").value, Quantity(12.5, "deg").value, 8)),
        ("<= 0.5", Estimate(0.5, 0.5, 0.5, 3)),
    ],
)
def test_an_end_of_the_interval_is_within_it(text: str, estimate: Estimate) -> None:
    assert judge(line(text), estimate).straddles


@pytest.mark.parametrize("text", [">= 59.9999%", "<= 80.0001%", ">= 20%"])
def test_beyond_an_end_is_not(text: str) -> None:
    assert not judge(line(text), Estimate(0.7, 0.6, 0.8, 50)).straddles
