"""The whole way of a baseline: run, accept, run another model, and be told which pictures it lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from small_project import MODELS, write_pictures

import robustcheck
from robustcheck.report.messages import failure
from robustcheck.stats.intervals import paired_difference

Call = Callable[..., Any]
FILE = "suites/greys.baseline.json"
SUITE = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
seed: 7
checks:
  - id: dusk
    shift: light.exposure
    stops: -0.2ev
    expect: {regression: "<= 1pp", negative_flips: "<= 1%"}
  - id: dawn
    shift: light.exposure
    stops: 0.2ev
    expect: {accuracy: ">= 10%"}
"""
LEANING = MODELS + MODELS.replace("brightness:", "leaning:").replace(
    "tiny:build", "tiny:build\n  arguments: {lean: 0.18}"
)


@pytest.fixture
def run(project: Call, robustcheck_command: Call, tmp_path: Path) -> Call:
    """Return a function that runs the suite, whose report lies in a folder of the model's name."""
    project(suite=SUITE, models=LEANING)

    def call(model: str = "brightness", **options: Any) -> Any:
        return robustcheck.run_suite(
            "suites/greys.yaml", **{"root": tmp_path, "model": model, "report": model, **options}
        )

    return call


@pytest.fixture
def accept(robustcheck_command: Call) -> Call:
    def call(report: str = "brightness") -> Any:
        done = robustcheck_command("baseline", "accept", report, "--reason", "it drove well")
        assert (done.code, done.err) == (0, "")
        return done

    return call


def rights(tmp_path: Path, result: Any, case: str) -> dict[str, bool]:
    """Return which pictures a case had right, from its records."""
    (about,) = (one for one in result.document["suites"][0]["cases"] if one["id"] == case)
    folder = result.document["suites"][0]["model"]["name"]
    table = pyarrow.parquet.read_table(tmp_path / folder / about["records"])
    return dict(zip(table["id"].to_pylist(), (table["rank"].to_numpy() == 0).tolist(), strict=True))


def lines(result: Any, case: str) -> dict[str, Any]:
    return {line.metric: line for line in result[case].expectations}


def test_without_a_baseline_the_gate_does_not_pass_and_the_run_can_become_one(
    run: Call, accept: Call, tmp_path: Path
) -> None:
    first = run()
    assert (first.verdict, first["dusk"].verdict, first["dawn"].verdict) == ("inconclusive", "inconclusive", "pass")
    assert first["dusk"].metrics["accuracy"].value == 1
    told = (
        f"was held against nothing: there is no baseline {FILE}; accept a run: robustcheck baseline accept REPORT "
        "--reason '...'"
    )
    text = failure(first["dusk"].to_json())
    assert f"  regression <= 1pp {told}\n" in text
    assert f"  negative_flips <= 1% {told}\n" in text
    assert first.document["suites"][0]["notes"] == []
    done = accept()
    assert done.lines == [
        f"{FILE}: 3 cases of 24 pictures by brightness, 72 of 72 right, {(tmp_path / FILE).stat().st_size} bytes; commit it"
    ]
    again = run()
    assert again.verdict == "pass"
    assert lines(again, "dusk")["regression"].observed == lines(again, "dusk")["negative_flips"].observed == 0
    for case in ("clean", "dawn"):
        assert again[case].metrics["regression"].detail == "0 lost, 0 gained", "told of every case"


def test_a_model_that_loses_pictures_fails_and_they_are_named(run: Call, accept: Call, tmp_path: Path) -> None:
    before = run()
    accept()
    after = run("leaning")
    assert after.verdict == "fail"
    for case in ("clean", "dusk", "dawn"):
        old, new = rights(tmp_path, before, case), rights(tmp_path, after, case)
        lost = sorted(name for name in old if old[name] and not new[name])
        gained = [name for name in old if new[name] and not old[name]]
        found = after[case].metrics["regression"]
        expected = paired_difference(len(lost), len(gained), 24)
        assert (found.value, found.low, found.high) == (expected.value, expected.low, expected.high)
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        assert after[case].metrics["negative_flips"].detail == ", ".join(lost[:5]) + more
    lost = lines(after, "dusk")["negative_flips"]
    assert lost.observed is not None
    assert lost.observed > 0
    assert f"negative_flips ({lost.detail}) " in failure(after["dusk"].to_json())


def test_a_paired_gate_is_decided_by_its_interval(run: Call, accept: Call, tmp_path: Path) -> None:
    suite = tmp_path / "suites/greys.yaml"
    suite.write_text(
        SUITE.replace("checks:", "decide: confident\nchecks:").replace("<= 1pp", "<= 20pp").replace("<= 1%", "<= 20%")
    )
    run()
    accept()
    again = run()
    line = lines(again, "dusk")["regression"]
    assert again["dusk"].verdict == "pass"
    assert line.gate_high == pytest.approx(paired_difference(0, 0, 24, confidence=0.9).high)
    assert lines(run("leaning"), "dusk")["regression"].verdict == "fail"


REFUSED: dict[str, tuple[Callable[[Path], dict[str, Any]], str]] = {
    "another seed": (
        lambda root: {"seed": 8},
        "it was accepted with seed 7, and this run draws its pictures with 8",
    ),
    "a picture with other content": (
        lambda root: _repaint(root / "pictures/dark/00.png"),
        "the data has other pictures: the same names and labels, but other contents",
    ),
    "another name": (
        lambda root: _rename(root / "pictures/dark/00.png"),
        "the data has other pictures: 1 new (dark/new.png), 1 gone (dark/00.png)",
    ),
    "another label": (
        lambda root: _relabel(root),
        "the data has other pictures: 1 new (middle/zz.png), 1 gone (dark/00.png)",
    ),
    "another suite": (
        lambda root: _edit(root / FILE, '"suite": "suites/greys.yaml"', '"suite": "suites/other.yaml"'),
        "it was accepted for the suite suites/other.yaml, and this is suites/greys.yaml",
    ),
    "an overlay of labels": (
        lambda root: _forget_predictions(root / FILE, overlay="ab" * 32),
        "the labels are other: it was accepted with overlay abababababab, and this run has no overlay",
    ),
}


def _forget_predictions(path: Path, *, overlay: str) -> dict[str, Any]:
    tree = json.loads(path.read_text())
    for case in tree["cases"]:
        del case["predicted"]
    path.write_text(json.dumps({**tree, "label overlay": overlay}))
    return {}


def _repaint(path: Path) -> dict[str, Any]:
    shutil.copy(path.with_name("01.png"), path)
    return {}


def _rename(path: Path) -> dict[str, Any]:
    path.rename(path.with_name("new.png"))
    return {}


def _relabel(root: Path) -> dict[str, Any]:
    (root / "pictures/dark/00.png").rename(root / "pictures/middle/zz.png")
    return {}


def _edit(path: Path, old: str, new: str) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return {}


@pytest.mark.parametrize(("change", "told"), REFUSED.values(), ids=REFUSED)
def test_a_baseline_of_something_else_is_refused_with_what_differs(
    run: Call, accept: Call, tmp_path: Path, change: Callable[[Path], dict[str, Any]], told: str
) -> None:
    run()
    accept()
    found = run(**change(tmp_path))
    suite = "suites/other.yaml" if "other.yaml" in told else "suites/greys.yaml"
    advice = f"run {suite} and accept its report: robustcheck baseline accept REPORT --reason '...'"
    reason = f"{FILE}: {told}; {advice}"
    assert found["dusk"].verdict == "inconclusive"
    assert lines(found, "dusk")["regression"].detail == reason
    assert found.document["suites"][0]["notes"] == [f"not compared with the baseline: {reason}"]
    assert "regression" not in found["dawn"].metrics
    accept()
    assert run(**({"seed": 8} if "seed" in told else {})).verdict == "pass", "the new run takes its place"


def test_a_torn_baseline_is_told_and_never_taken_for_none(run: Call, accept: Call, tmp_path: Path) -> None:
    run()
    accept()
    (tmp_path / FILE).write_text("{", encoding="utf-8")
    found = run()
    assert found["dusk"].verdict == "inconclusive"
    assert lines(found, "dusk")["regression"].detail.startswith(f"{FILE}: ")
    assert found.document["suites"][0]["notes"][0].startswith(f"not compared with the baseline: {FILE}: ")


def test_new_gone_and_changed_cases_are_listed_and_the_rest_is_compared(
    run: Call, accept: Call, tmp_path: Path
) -> None:
    run()
    accept()
    suite = tmp_path / "suites/greys.yaml"
    text = SUITE.replace("id: dawn", "id: noon").replace("stops: -0.2ev", "stops: -0.1ev")
    suite.write_text(text, encoding="utf-8")
    day = json.loads((tmp_path / FILE).read_text())["accepted"]
    found = run()
    assert found.document["suites"][0]["notes"] == [
        f"new since the baseline of {day}: noon",
        f"gone since the baseline of {day}: dawn",
        f"changed since the baseline of {day}: dusk",
    ]
    assert found["clean"].metrics["regression"].value == 0
    assert lines(found, "dusk")["regression"].detail == (
        f"dusk was accepted into {FILE} with other parameters than it has now; run suites/greys.yaml and accept its report: "
        "robustcheck baseline accept REPORT --reason '...'"
    )


def test_a_limited_run_is_compared_on_its_pictures(run: Call, accept: Call) -> None:
    run()
    accept()
    found = run(limit=6)
    assert found["dusk"].metrics["regression"].n == 6
    assert found["dusk"].verdict == "pass"
    assert found.document["suites"][0]["notes"] == [
        "the baseline is of 24 pictures, of which this run looks at 6; their names and labels agree, their contents were not "
        "compared",
        "only 6 pictures looked at (--robustcheck-limit 6): this shows that the suite runs, and next to nothing about the model",
    ]


def test_an_overall_line_over_flips_needs_a_baseline_too(run: Call, accept: Call, tmp_path: Path) -> None:
    with (tmp_path / "suites/greys.yaml").open("a", encoding="utf-8") as suite:
        suite.write('overall:\n  - {metric: worst_negative_flips, over: "*", expect: "<= 1%"}\n')
    first = run()
    name = "overall[worst_negative_flips over *]"
    assert first[name].verdict == "error"
    assert first[name].problems[0].startswith(f"there is no baseline {FILE}; accept a run: ")
    accept()
    assert run()[name].verdict == "pass"
    found = run("leaning")
    assert found[name].metrics["worst_negative_flips"].value == max(
        found[case].metrics["negative_flips"].value for case in ("dusk", "dawn")
    )


def test_a_gate_against_a_baseline_stops_early(run: Call, accept: Call, tmp_path: Path) -> None:
    write_pictures(tmp_path / "many", each=100)
    (tmp_path / "configs/data.yaml").write_text("greys:\n  kind: imagefolder\n  path: ../many\n", encoding="utf-8")
    text = SUITE.replace("checks:", "decide: anytime\nchecks:").replace("<= 1pp", "<= 20pp").replace("<= 1%", "<= 20%")
    (tmp_path / "suites/greys.yaml").write_text(text, encoding="utf-8")
    first = run()
    assert (first["dusk"].n, first["dusk"].verdict) == (300, "inconclusive"), (
        "nothing to compare with: all are looked at"
    )
    assert first["dawn"].n < 100
    done = accept()
    assert done.lines[1] == (
        "without all pictures, since they stopped early or some are unreadable: dawn; look at all of them with pytest "
        "--robustcheck --robustcheck-every-picture"
    )
    assert run()["dusk"].n == 300, "what is known of all of them is used"
    second = run(cache=False)
    assert second["dusk"].verdict == "pass"
    assert second["dusk"].n < 150
    lost = run("leaning", report="elsewhere")["dusk"]
    assert lost.verdict == "fail"
    assert lost.n < 150
    accept()
    third = run(cache=False)
    assert third["dusk"].verdict == "inconclusive", "what the accepted run did not see cannot be compared"
    assert third["dusk"].n == 300
    assert lines(third, "dusk")["regression"].detail == (
        f"dusk stopped early in the run that was accepted into {FILE}, which saw {second['dusk'].n} of 300 pictures; run it with "
        "--robustcheck-every-picture and accept the report"
    )
    whole = run(every_picture=True)
    assert {whole[case].n for case in ("clean", "dusk", "dawn")} == {300}
    accept()
    assert run(cache=False)["dusk"].verdict == "pass"


def test_another_baseline_is_another_look(run: Call, accept: Call, tmp_path: Path) -> None:
    """What a stopped case saw is kept for the baseline that it was compared with, and for no other."""
    write_pictures(tmp_path / "many", each=60)
    (tmp_path / "configs/data.yaml").write_text("greys:\n  kind: imagefolder\n  path: ../many\n", encoding="utf-8")
    text = SUITE.replace("checks:", "decide: anytime\nchecks:").replace("<= 1pp", "<= 20pp").replace("<= 1%", "<= 20%")
    (tmp_path / "suites/greys.yaml").write_text(text, encoding="utf-8")
    for model in ("brightness", "leaning"):
        run(model, every_picture=True, report=f"whole-{model}")
    shutil.rmtree(tmp_path / ".robustcheck")
    found = {}
    for model in ("brightness", "leaning"):
        accept(f"whole-{model}")
        found[model] = run()["dusk"]
        assert not found[model].cached
        assert run()["dusk"].cached
    assert found["brightness"].expectations != found["leaning"].expectations
    for model, result in found.items():
        accept(f"whole-{model}")
        again = run(cache=False)["dusk"]
        assert again.n == result.n < 180
        assert again.expectations == result.expectations
