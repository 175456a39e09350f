"""What a suite says of the people who look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from small_project import SUITE

from robustcheck.core.errors import SuiteError
from robustcheck.domain.labels import Review
from robustcheck.domain.suite import Suite
from robustcheck.language import load_project, load_suite

Load = Callable[..., Suite]


@pytest.fixture
def load(project: Callable[..., Path], tmp_path: Path) -> Load:
    path = project(suite=SUITE)

    def call(text: str, replace: Mapping[str, str] | None = None, **options: str) -> Suite:
        suite = SUITE + text
        for old, new in (replace or {}).items():
            assert old in suite
            suite = suite.replace(old, new)
        path.write_text(suite.lstrip(), encoding="utf-8")
        return load_suite(path, load_project(tmp_path, tmp_path / "configs"), **options)

    return call


def test_the_defaults_are_careful(load: Load) -> None:
    suite = load("labels: {overlay: reviews.jsonl}\nreview: {max_risk: 1%}\n")
    assert suite.labels
    assert (suite.labels.overlay, suite.labels.max_changed, suite.labels.reviewers_min) == ("reviews.jsonl", 0.02, 1)
    assert suite.review == Review(0.01, 0.95, 0.1)
    assert load("").labels is load("").review is None


def test_what_is_written_counts(load: Load) -> None:
    suite = load(
        "labels: {overlay: people/r.jsonl, max_changed: 5%, reviewers_min: 3}\n"
        "review: {max_risk: 0.5%, confidence: 99%, audit_fraction: 0%}\n"
    )
    assert suite.labels
    assert (suite.labels.overlay, suite.labels.max_changed, suite.labels.reviewers_min) == ("people/r.jsonl", 0.05, 3)
    assert suite.review == Review(0.005, 0.99, 0.0)
    # Whoever changes the promise changes the suite.
    assert suite.digest != load("").digest


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("labels: {max_changed: 2%}\n", "labels needs overlay"),
        ("labels: {overlay: ../r.jsonl}\n", "overlay leaves the project: ../r.jsonl"),
        ("labels: {overlay: /r.jsonl}\n", "overlay leaves the project"),
        ("labels: {overlay: r.jsonl, max_changed: 2}\n", "max_changed needs a unit"),
        ("labels: {overlay: r.jsonl, reviewers_min: 0}\n", "reviewers_min must be"),
        ("labels: {overlay: r.jsonl, reviewer_min: 2}\n", "did you mean reviewers_min?"),
        ("review: {}\n", "review needs max_risk"),
        ("review: {max_risk: 0%}\n", "max_risk must be between"),
        ("review: {max_risk: 1%, confidence: 100%}\n", "confidence must be between"),
        ("review: {max_risk: 1%, confidence: 20%}\n", "confidence must be between"),
    ],
)
def test_what_cannot_be_meant_says_so(load: Load, text: str, says: str) -> None:
    with pytest.raises(SuiteError) as error:
        load(text)
    assert says in str(error.value)


def test_automatic_answers_need_a_promise(load: Load) -> None:
    expecting = {'accuracy: ">= 60%"': 'automatic_share: ">= 60%"'}
    with pytest.raises(
        SuiteError, match=r":\d+:\d+: RC110 automatic_share needs to know which risk.*write review: {max_risk: 1%}"
    ):
        load("", replace=expecting)
    assert load("review: {max_risk: 1%}\n", replace=expecting).review


def test_an_overlay_is_of_the_suites_own_data(load: Load, tmp_path: Path) -> None:
    data = tmp_path / "configs/data.yaml"
    data.write_text(data.read_text() + data.read_text().replace("greys:", "others:"))
    suite = load("labels: {overlay: reviews.jsonl}\n", data="others")
    assert suite.labels is None
    assert suite.notes == ("the label overlay reviews.jsonl is of greys and not of others; it is not applied",)
