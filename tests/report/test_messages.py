"""What people read: texts of failures, tables and GitHub annotations, made from results alone."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from robustcheck.domain.estimate import Estimate
from robustcheck.domain.result import CaseResult, Expectation
from robustcheck.report import github
from robustcheck.report.document import document
from robustcheck.report.messages import failure, search
from robustcheck.report.terminal import closing, table


def case(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": "light.exposure[stops=-3ev]",
        "nodeid": "suites/signs.yaml::light.exposure[stops=-3ev]",
        "file": "suites/signs.yaml",
        "line": 12,
        "kind": "shift",
        "perturbation": "light.exposure",
        "params": {"stops": "-3ev"},
        "severity": "error",
        "tier": "standard",
        "tags": (),
        "why": "dusk",
        "verdict": "fail",
        "n": 600,
        "forwards": 600,
        "metrics": {"accuracy": Estimate(0.712, 0.675, 0.746, 600), "drop": Estimate(0.27, 0.24, 0.31, 600)},
        "expectations": (
            Expectation("accuracy", ">= 80%", 0.712, 0.675, 0.746, 600, "%", "fail"),
            Expectation("drop", "<= 30pp", 0.27, 0.24, 0.31, 600, "pp", "pass", straddles=True),
        ),
        "notes": ("no parallax",),
    }
    return CaseResult(**{**values, **changes}).to_json()


IDENTITY = {
    "path": "suites/signs.yaml",
    "title": "Signs | <b>",
    "owner": "us",
    "digest": "ab" * 32,
    "seed": 7,
    "inputs": [],
    "profile": None,
    "notes": ["the waiver of us for x expired on 2026-01-01 and is not applied"],
    "model": {"name": "signs", "kind": "python", "digest": "cd" * 32, "device": "cpu", "notes": []},
    "data": {"name": "test", "digest": "ef" * 32, "size": 600, "classes": 14, "limit": None, "notes": []},
}


def result(*cases: dict[str, Any], not_run: tuple[str, ...] = ()) -> dict[str, Any]:
    suites = [{"identity": IDENTITY, "results": cases, "not_run": not_run}]
    return document(suites, environment={}, started=datetime.datetime.now(datetime.UTC), seconds=1.5, options={})


def test_failure_says_place_reason_numbers_and_how_to_run_it_again() -> None:
    assert failure(case(), "--robustcheck-model web").splitlines() == [
        "suites/signs.yaml:12: light.exposure[stops=-3ev]: fail",
        "  accuracy 71.2% [67.5, 74.6] of 600 pictures, expected >= 80%",
        "  note: no parallax",
        "  why: dusk",
        "  rerun: pytest --robustcheck 'suites/signs.yaml::light.exposure[stops=-3ev]' --robustcheck-model web",
    ]


def attacked(**facts: Any) -> dict[str, Any]:
    metrics = {
        "robust_accuracy": Estimate(0.25, 0.2, 0.3, 600),
        "attack_success": Estimate(0.7, 0.6, 0.8, 400),
        "model_calls": Estimate(21.4, 20, 22, 600),
    }
    told = {"name": "pgd", "norm": "linf", "eps": "4/255", "targeted": "", "curve": [], "bound": "an upper bound"}
    sanity = [{"name": "eps 0", "held": True, "detail": ""}, {"name": "gradients", "held": False, "detail": ""}]
    return case(id="harm", kind="attack", metrics=metrics, attack={**told, "sanity": sanity, **facts})


def test_an_attack_is_told_as_an_upper_bound() -> None:
    assert search(attacked()) == (
        "harm: robust accuracy at most 25.0% (an upper bound); breaks 70.0% of 400 pictures attacked; "
        "21 model calls a picture; 1 of 2 sanity checks hold"
    )
    assert "reached its target for 70.0% of 400" in search(attacked(targeted="least_likely"))


def test_an_attack_without_a_radius_is_told_by_its_curve() -> None:
    shares = {"1/255": 1.0, "2/255": 0.9, "3/255": 0.8, "4/255": 0.7, "6/255": 0.1, "8/255": 0.0}
    curve = [{"eps": eps, "robust_accuracy": share, "low": 0.0, "high": 1.0} for eps, share in shares.items()]
    told = search(attacked(eps="", curve=curve))
    assert told.startswith("harm: robust accuracy at most 90.0% at 2/255, 70.0% at 4/255 (upper bounds); breaks")
    assert "at most 100.0% at 1/255 (" in search(attacked(eps="", curve=curve[:1]))


def test_table_shows_every_case_and_what_was_not_looked_at() -> None:
    suite = result(case(), case(id="clean", kind="clean", verdict="pass", expectations=()), not_run=("a", "b"))[
        "suites"
    ][0]
    lines = [line for line, _ in (*table(suite), *closing(suite))]
    assert lines[0] == "model signs (cdcdcdcdcdcd), data test (600 pictures, 14 classes), seed 7, cpu"
    assert lines[1].startswith("NOTE the waiver of us for x expired")
    assert [" ".join(line.split()) for line in lines[2:6]] == [
        "verdict case metric observed [95%] n bound seconds",
        "fail light.exposure[stops=-3ev] accuracy 71.2% [67.5, 74.6] 600 >= 80% 0.0",
        "pass drop 27.0pp [24.0, 31.0] 600 <= 30pp (close)",
        "not gated clean accuracy 71.2% [67.5, 74.6] 600 0.0",
    ]
    assert lines[6] == "2 results: 1 fail, 1 pass; 1200 forward passes"
    assert lines[7] == "1 bound is close: within the 95% interval, so that other such pictures could decide otherwise"
    assert lines[8] == "NOTE 2 cases of this tier were not run: a, b"


def test_a_cached_run_says_that_each_case_was_looked_at() -> None:
    suite = result(case(forwards=32, cached=True))["suites"][0]
    assert (
        "1 of 1 cases from the cache, each checked with one live batch; 32 forward passes"
        in next(iter(closing(suite)))[0]
    )


def test_a_report_of_a_version_that_did_not_look_again_says_so() -> None:
    suite = result(case(forwards=0, cached=True))["suites"][0]
    assert "no forward pass: all 1 cases came from the cache" in next(iter(closing(suite)))[0]


@pytest.mark.parametrize(("verdict", "level"), [("fail", "error"), ("error", "error"), ("warn", "warning")])
def test_annotations_are_escaped_and_point_to_the_line(verdict: str, level: str) -> None:
    commands = list(github.workflow_commands(result(case(verdict=verdict, problems=("50% lost\n::stop",)))))
    assert commands == [
        f"::{level} file=suites/signs.yaml,line=12,title=light.exposure[stops=-3ev]::50%25 lost%0A::stop%0A"
        "accuracy 71.2%25 [67.5, 74.6] of 600 pictures, expected >= 80%25"
    ]


def test_at_most_ten_annotations_and_failures_come_first() -> None:
    cases = [case(verdict="warn")] * 8 + [case()] * 8
    levels = [line.split(" ")[0] for line in github.workflow_commands(result(*cases))]
    assert levels == ["::error"] * 8 + ["::warning"] * 2


def test_step_summary_is_escaped_and_cut_to_what_github_takes(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * (github.SUMMARY_LIMIT - 300))
    github.append_summary(result(case()), path)
    assert path.stat().st_size <= github.SUMMARY_LIMIT
    assert "cut: the whole result" in path.read_text()
    text = github.summary(result(case()))
    assert "Signs \\| &lt;b&gt;" in text
    assert "<b>" not in text
