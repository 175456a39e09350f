"""A whole run through pytest: what passes, what fails, and what people are told."""

from __future__ import annotations

import json
import shlex
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from small_project import SUITE

SCHEMA = json.loads((resources.files("robustcheck.report") / "report.schema.json").read_text(encoding="utf-8"))
CASES = [
    "clean",
    "light.exposure[stops=-0.2ev]",
    "light.exposure[stops=0.2ev]",
    "noisy",
    "moved[dx=2%]",
    "moved[dx=5%]",
    "overall[mean_accuracy over light.*]",
]
HARD = SUITE.replace("stops: [-0.2ev, 0.2ev]", "stops: [-3ev, 0.2ev]")


def test_good_suite_passes_and_leaves_a_result_that_fits_its_schema(gate: Any) -> None:
    gate.write()
    result = gate.run()
    assert result.ret == 0
    result.assert_outcomes(passed=7)
    report = gate.report()
    jsonschema.validate(report, SCHEMA)
    assert (report["verdict"], report["complete"]) == ("pass", True)
    assert list(gate.verdicts()) == CASES
    suite = report["suites"][0]
    assert suite["data"]["size"] == 24
    for case in suite["cases"]:
        assert (gate.root / "robustcheck-report" / case["records"]).is_file()
        assert case["n"] == 24
        if case["kind"] != "clean":
            assert case["proof"]["share_changed"] > 0
    result.stdout.fnmatch_lines(
        [
            "*robustcheck: Greys (suites/greys.yaml)*",
            "model brightness (*), data greys (24 pictures, 3 classes), seed 0, *",
            "verdict  case *metric *observed [[]95%] *n  bound *seconds",
            "pass     clean *accuracy *100.0% [[]*] *24  >= 95% *",
            "*7 results: 7 pass; 144 forward passes",
            "*result file: robustcheck-report/robustcheck-report.json",
            "robustcheck: page: robustcheck-report/index.html",
        ]
    )


def test_breach_fails_with_numbers_and_a_line_that_reruns_just_that_case(gate: Any) -> None:
    gate.write(suite=HARD)
    result = gate.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "suites/greys.yaml:*: light.exposure[[]stops=-3ev]: fail",
            "  accuracy *% [[]*, *] of 24 pictures, expected >= 60%",
            "  rerun: pytest --robustcheck 'suites/greys.yaml::light.exposure[[]stops=-3ev]'",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    line = next(line for line in result.outlines if line.startswith("  rerun: "))
    again = gate.run(*shlex.split(line.removeprefix("  rerun: pytest --robustcheck ")))
    assert again.ret == 1
    again.assert_outcomes(failed=1)
    report = gate.report()
    assert [case["id"] for case in report["suites"][0]["cases"]] == ["light.exposure[stops=-3ev]"]


def test_a_case_alone_is_still_compared_with_the_clean_pictures(gate: Any) -> None:
    gate.write(suite=HARD)
    gate.run("suites/greys.yaml::light.exposure[stops=-3ev]")
    case = gate.report()["suites"][0]["cases"][0]
    assert case["metrics"]["drop"]["value"] == pytest.approx(1 - case["metrics"]["accuracy"]["value"])


def test_second_run_does_one_batch_a_case_and_says_so(gate: Any) -> None:
    """Of 32 pictures, at any batch size: one of 1 would see next to nothing."""
    gate.write(each=16)
    gate.run()
    first = gate.report()
    result = gate.run("--robustcheck-batch-size", "8")
    result.stdout.fnmatch_lines(
        ["*6 of 6 cases from the cache, each checked with one live batch; 192 forward passes (--robustcheck-no-cache*"]
    )
    second = gate.report()
    for one, two in zip(first["suites"][0]["cases"], second["suites"][0]["cases"], strict=True):
        assert (one["forwards"], two["cached"], two["forwards"]) == (48, True, 32)
        assert one["metrics"] == two["metrics"]
        assert one["proof"] == two["proof"]
    result = gate.run("--robustcheck-no-cache")
    assert "288 forward passes" in result.stdout.str()


@pytest.mark.parametrize("change", ["picture", "label", "model", "preprocessing", "seed", "parameter", "threshold"])
def test_cache_is_used_only_for_what_did_not_change(gate: Any, change: str) -> None:
    suite = gate.write()
    gate.run()
    picture = gate.root / "pictures" / "dark" / "00.png"
    if change == "picture":
        picture.write_bytes((gate.root / "pictures" / "dark" / "01.png").read_bytes())
    elif change == "label":
        picture.rename(gate.root / "pictures" / "middle" / "99.png")
    elif change == "model":
        tiny = gate.root / "tiny.py"
        tiny.write_text(tiny.read_text().replace("0.5, 0.8", "0.5, 0.79"))
    elif change == "preprocessing":
        models = gate.root / "configs" / "models.yaml"
        models.write_text(models.read_text().replace("resize: 20", "resize: 19"))
    elif change == "seed":
        suite.write_text(suite.read_text() + "seed: 5\n")
    elif change == "parameter":
        suite.write_text(suite.read_text().replace("0.2ev]", "0.25ev]"))
    else:
        suite.write_text(suite.read_text().replace(">= 60%", ">= 55%"))
    result = gate.run()
    cached = sum(case["cached"] for case in gate.report()["suites"][0]["cases"])
    assert result.ret == 0
    assert cached == {"threshold": 6, "parameter": 5}.get(change, 0)


def test_warning_does_not_fail_the_build(gate: Any) -> None:
    gate.write(suite=HARD.replace("stops: [-3ev", "severity: warn\n    stops: [-3ev").replace(">= 50%", ">= 5%"))
    result = gate.run()
    assert result.ret == 0
    assert gate.report()["verdict"] == "warn"
    result.stdout.fnmatch_lines(["WARN light.exposure[[]stops=-3ev]: accuracy *, expected >= 60%*"])


WAIVER = """
waivers:
  - {{case: "{case}", reason: night driving is out of scope, owner: us, expires: {expires}}}
"""


def test_waiver_excuses_a_breach_until_its_day(gate: Any) -> None:
    text = HARD.replace(">= 50%", ">= 5%") + WAIVER.format(case="light.exposure[stops=-3ev]", expires="2999-01-01")
    gate.write(suite=text)
    result = gate.run()
    assert result.ret == 0
    result.assert_outcomes(passed=6, xfailed=1)
    assert gate.verdicts()["light.exposure[stops=-3ev]"] == "waived"


def test_expired_waiver_is_no_waiver_and_is_said(gate: Any) -> None:
    gate.write(suite=HARD + WAIVER.format(case="light.exposure[stops=-3ev]", expires="2020-01-01"))
    result = gate.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["NOTE *waiver*expired*2020-01-01*"])


def test_waiver_of_a_case_that_holds_is_stale_and_fails(gate: Any) -> None:
    gate.write(suite=SUITE + WAIVER.format(case="noisy", expires="2999-01-01"))
    result = gate.run()
    assert result.ret == 1
    assert gate.verdicts()["noisy"] == "fail"
    assert "stale" in result.stdout.str()


def test_waiver_never_excuses_a_crash(gate: Any) -> None:
    gate.write(suite=SUITE + WAIVER.format(case="noisy", expires="2999-01-01"))
    (gate.root / "tiny.py").write_text("def build():\n    raise OSError('no such file')\n")
    result = gate.run()
    assert result.ret == 1
    result.assert_outcomes(failed=7)


def test_python_door_and_fixture(gate: Any) -> None:
    gate.write(suite=HARD)
    gate.pytester.makepyfile(
        test_mine="""
        import pytest
        from robustcheck.core.errors import ThresholdBreach

        def test_gate(robustcheck):
            result = robustcheck("suites/greys.yaml", limit=12)
            assert result.verdict == "fail"
            assert result["clean"].verdict == "pass"
            assert result["clean"].n == 12
            with pytest.raises(ThresholdBreach, match="stops=-3ev"):
                result.assert_passed()
        """
    )
    result = gate.run("test_mine.py", flag=False)
    result.assert_outcomes(passed=1)


def test_github_gets_annotations_and_a_step_summary(gate: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gate.write(suite=HARD)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    result = gate.run()
    result.stdout.fnmatch_lines(["::error file=suites/greys.yaml,line=*,title=light.exposure[[]stops=-3ev]::accuracy*"])
    assert "## robustcheck: fail" in (tmp_path / "summary.md").read_text()
