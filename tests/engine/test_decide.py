"""``decide``: what passes, what is inconclusive, what is refused, and what stops early."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from small_project import write_pictures

import robustcheck
from robustcheck.core.errors import SuiteError
from robustcheck.metrics.records import COLUMNS, Observation, Records
from robustcheck.report.messages import failure

HEAD = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
"""


@pytest.fixture
def run(project: Callable[..., Path], tmp_path: Path) -> Callable[..., Any]:
    def call(text: str, *, each: int = 8, **options: Any) -> Any:
        suite = HEAD + textwrap.dedent(text)
        path = tmp_path / "suites" / "greys.yaml"
        if path.exists():
            path.write_text(suite, encoding="utf-8")
        else:
            project(suite=suite)
        if each != 8 and not (tmp_path / "many").exists():
            write_pictures(tmp_path / "many", each=each)
            (tmp_path / "configs" / "data.yaml").write_text(
                "greys:\n  kind: imagefolder\n  path: ../many\n", encoding="utf-8"
            )
        return robustcheck.run_suite("suites/greys.yaml", root=tmp_path, **options)

    return call


CHECK = """
checks:
  - id: dusk
    shift: light.exposure
    stops: -0.2ev
    {more}
    expect: {{accuracy: ">= {bound}%"}}
"""


@pytest.mark.parametrize(("bound", "verdict"), [(80, "pass"), (93, "pass")], ids=["far below", "just below"])
def test_confident_takes_the_end_of_the_interval(run: Callable[..., Any], bound: int, verdict: str) -> None:
    found = run(CHECK.format(more="decide: confident", bound=bound), each=16)["dusk"]
    (line,) = found.expectations
    # 48 of 48: .05^(1/48).
    assert found.metrics["accuracy"].value == 1
    assert line.gate_low == pytest.approx(0.05 ** (1 / 48)) == pytest.approx(0.9395, abs=1e-4)
    assert line.rule == "confident at 95%"
    assert found.verdict == verdict


def test_a_gate_that_no_result_could_pass_is_refused_before_anything_runs(run: Callable[..., Any]) -> None:
    text = CHECK.format(more="decide: confident", bound=99)
    with pytest.raises(SuiteError) as refused:
        run(text)
    assert str(refused.value).startswith("suites/greys.yaml:12:24: RC409 ")
    assert str(refused.value).endswith(
        "accuracy >= 99% cannot be proven at 95% with 24 pictures, even if there is not one error: it takes 299; "
        "add pictures, ask for less, or write decide: point"
    )
    found = run(text.replace("confident", "point"))
    assert found["dusk"].verdict == "pass"


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        ("class_accuracy: {dark: '>= 80%'}", "with 8 pictures of dark, even if there is not one error: it takes 14"),
        ("worst_class_accuracy: '>= 80%'", "with 8 pictures of dark, even if there is not one error: it takes 14"),
        (
            "confusion: {dark: {bright: '<= 1%'}}",
            "with 8 pictures of dark, even if there is not one case: it takes 299",
        ),
        ("flip_rate: '<= 1%'", "with 24 pictures, even if there is not one case: it takes 299"),
        (
            "selective_accuracy: {coverage: 50%, accuracy: '>= 99%'}",
            "with 12 pictures, the 50% of them it is surest of, even if there is not one error: it takes 299",
        ),
        ("drop: '<= 1pp'", "with 24 pictures, even if there is not one error: it takes 268"),
    ],
)
def test_each_gate_is_refused_by_its_own_pictures(run: Callable[..., Any], expect: str, told: str) -> None:
    check = f"""
    decide: confident
    clean: {{expect: {{accuracy: ">= 1%"}}}}
    checks:
      - {{shift: light.exposure, stops: -0.2ev, expect: {{{expect}}}}}
    """
    with pytest.raises(SuiteError) as refused:
        run(textwrap.dedent(check))
    assert told in str(refused.value)


def test_a_breach_that_is_proven_fails_and_one_that_is_not_is_inconclusive(run: Callable[..., Any]) -> None:
    # A third of the pictures are lost when everything turns dark, each of the brightest class.
    text = """
    decide: confident
    checks:
      - id: dark
        shift: light.exposure
        stops: -3ev
        expect: {accuracy: ">= 80%"}
      - id: some
        shift: light.exposure
        stops: -3ev
        expect: {accuracy: ">= 35%"}
    """
    found = run(textwrap.dedent(text), each=16)
    assert found["dark"].metrics["accuracy"].value == pytest.approx(1 / 3)
    assert found["dark"].verdict == "fail"
    assert found["some"].verdict == "inconclusive"
    assert found.verdict == "fail"
    (line,) = found["some"].expectations
    assert line.verdict == "inconclusive"
    assert line.needs is None  # 33.3% is below the bound, however many pictures there are
    assert line.gate_low < 0.35 < line.gate_high


def test_how_many_pictures_would_decide_is_said(run: Callable[..., Any]) -> None:
    text = CHECK.replace("-0.2ev", "-3ev").format(more="decide: confident", bound=30)
    found = run(text, each=16)["dusk"]
    (line,) = found.expectations
    assert found.verdict == "inconclusive"
    assert 300 < line.needs < 1500
    assert f"which decides nothing; about {line.needs} pictures would decide it" in failure(found.to_json())


def test_anytime_stops_and_says_what_a_whole_run_says(run: Callable[..., Any], tmp_path: Path) -> None:
    text = """
    decide: anytime
    checks:
      - id: easy
        shift: light.exposure
        stops: -0.2ev
        expect: {accuracy: ">= 60%", drop: "<= 30pp", class_accuracy: {dark: ">= 50%"}}
      - id: hopeless
        shift: light.exposure
        stops: -3ev
        expect: {accuracy: ">= 90%"}
      - id: close
        shift: light.exposure
        stops: -3ev
        expect: {accuracy: ">= 33%"}
      - id: mean
        shift: light.exposure
        stops: -0.2ev
        expect: {mean_confidence: ">= 10%"}
    """
    found = run(textwrap.dedent(text), each=40)
    whole = run(textwrap.dedent(text).replace("anytime", "point"), cache=False)
    assert {case.id: case.verdict for case in found.cases} == {case.id: case.verdict for case in whole.cases}
    assert found["easy"].n < 80
    assert found["easy"].of == 120
    assert found["easy"].stopped == "every expectation is decided at 95%"
    assert found["hopeless"].n <= 32
    assert (found["close"].n, found["close"].stopped) == (120, "")
    assert (found["mean"].n, found["mean"].stopped) == (120, "")
    assert found["clean"].n == 120
    rows = pyarrow.parquet.read_table(tmp_path / "robustcheck-report" / found["easy"].records)
    assert len(rows) == found["easy"].n
    assert len(set(rows["label"].to_pylist())) == 3  # a random order, not that of the folders


def test_anytime_is_the_same_at_any_batch_size_and_from_the_cache(run: Callable[..., Any], tmp_path: Path) -> None:
    text = CHECK.format(more="decide: anytime", bound=60)
    seen = []
    for size in (1, 7, 64):
        found = run(text, each=40, batch_size=size, cache=False)["dusk"]
        rows = pyarrow.parquet.read_table(tmp_path / "robustcheck-report" / found.records)
        seen.append((found.n, found.verdict, rows["id"].to_pylist(), rows["predicted"].to_pylist()))
    assert seen[0] == seen[1] == seen[2]
    again = run(text)["dusk"]
    assert again.cached
    assert (again.n, again.verdict, again.stopped != "") == (seen[0][0], "pass", True)
    # A whole run that is there already is as good as any.
    run(text.replace("decide: anytime", "why: all"))
    assert run(text.replace("anytime", "anytime\n    confidence: 99%"))["dusk"].n == 120


def test_attacks_and_searches_stop_too(run: Callable[..., Any]) -> None:
    text = """
    decide: anytime
    checks:
      - id: harm
        attack: pgd
        steps: 5
        eps: 0.4
        expect: {robust_accuracy: ">= 50%"}
      - id: view
        worst_of: light.exposure
        stops: -0.3ev..0.3ev
        budget: 4
        expect: {accuracy: ">= 50%"}
    """
    found = run(textwrap.dedent(text), each=40)
    assert (found["harm"].verdict, found["harm"].n <= 32) == ("fail", True)
    assert found["view"].n < 120
    assert found["view"].metrics["mean_view_accuracy"].n == found["view"].n


TARGETED = """
decide: anytime
checks:
  - id: pairs
    attack: pgd
    steps: 5
    eps: 0.1
    targeted: {TARGETS}
    expect: {targeted_success: {dark: {middle: "<= 50%"}}}
  - id: radius
    attack: ddn
    norm: l2
    steps: 20
    expect: {robust_accuracy_at: {"0.001": ">= 50%"}}
"""


def test_what_is_attacked_towards_a_class_stops_where_it_is_known_beforehand(run: Callable[..., Any]) -> None:
    text = TARGETED.replace("{TARGETS}", "{dark: middle}")
    found = run(text, each=40)
    whole = run(text, each=40, every_picture=True, cache=False)
    for case in ("pairs", "radius"):
        assert whole[case].n == 120
        assert found[case].n < 60
        assert found[case].verdict == whole[case].verdict
        assert found[case].stopped
    # Sixteen of all kinds first, then pictures of that class alone.
    assert found["pairs"].metrics["accuracy"].n == 16
    assert 0 < found["pairs"].n - 16 < found["pairs"].expectations[0].n
    by_chance = run(TARGETED.replace("{TARGETS}", "random"), each=40)["pairs"]
    assert (by_chance.n, by_chance.stopped) == (120, "")


def test_a_share_of_one_class_alone_stops_and_the_rest_is_not_of_nothing(run: Callable[..., Any]) -> None:
    text = """
    decide: anytime
    checks:
      - {id: dusk, shift: light.exposure, stops: -0.2ev, expect: {class_accuracy: {dark: ">= 50%"}}}
      - {id: night, shift: light.exposure, stops: -3ev, expect: {class_accuracy: {bright: ">= 50%"}}}
    """
    found = run(textwrap.dedent(text), each=40)
    assert (found["dusk"].verdict, found["night"].verdict) == ("pass", "fail")
    for case in ("dusk", "night"):
        assert found[case].stopped
        assert found[case].n < 60
        assert found[case].metrics["accuracy"].n == min(16, found[case].n)


def test_a_case_under_an_overall_line_looks_at_everything(run: Callable[..., Any]) -> None:
    text = "decide: anytime\n" + textwrap.dedent(CHECK).format(more="why: dusk", bound=60).lstrip()
    text += 'overall:\n  - {metric: mean_accuracy, over: "*", expect: ">= 50%"}\n'
    found = run(text, each=40)
    assert found["dusk"].n == 120
    assert found.cases[-1].verdict == "pass"


def test_a_warning_and_a_waiver_take_what_is_inconclusive(run: Callable[..., Any]) -> None:
    text = CHECK.replace("-0.2ev", "-3ev").format(more="decide: confident", bound=30)
    assert run(text.replace("decide:", "severity: warn\n    decide:"), each=16)["dusk"].verdict == "warn"
    waiver = "waivers:\n  - {case: dusk, reason: known, owner: me, expires: 2999-01-01}\n"
    assert run(text + waiver)["dusk"].verdict == "waived"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (CHECK.format(more="confidence: 99%", bound=60), "point decides by the number alone; write decide: confident"),
        ("confidence: 99%\n" + CHECK.format(more="why: no", bound=60), "every check decides by the number alone"),
        (CHECK.format(more="decide: sure", bound=60), "decide cannot be sure; known: anytime, confident, point"),
        (CHECK.format(more="decide: confident\n    confidence: 100%", bound=60), "confidence"),
    ],
)
def test_what_decides_nothing_is_refused(run: Callable[..., Any], text: str, told: str) -> None:
    with pytest.raises(SuiteError) as refused:
        run(text)
    assert told in str(refused.value)


def test_an_observation_follows_the_ids() -> None:
    rows = {name: np.arange(4) for name in COLUMNS} | {"id": np.array(list("abcd"))}
    every = Records.of(rows)
    seen = Observation(
        every, every, ("x", "y"), {"side": np.array(list("lrlr"))}, baseline=np.array([1, 0, 1, 0], bool)
    )
    part = seen.of(every.at(np.array([2, 0])))
    assert part.clean.id.tolist() == ["c", "a"]
    assert part.groups["side"].tolist() == ["l", "l"]
    assert part.baseline is not None
    assert part.baseline.tolist() == [True, True]
    assert seen.of(every).clean is every
    with pytest.raises(KeyError):
        seen.of(Records.of(rows | {"id": np.array(list("abcx"))}))
