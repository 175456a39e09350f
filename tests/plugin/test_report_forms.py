"""A run in other forms, made from its result file alone, beside what pytest itself writes of the run."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from small_project import SUITE

from robustcheck.cli import main
from robustcheck.report.junit import junit
from robustcheck.report.result_lines import result_lines
from robustcheck.report.sarif import sarif

BROKEN = SUITE.replace('{drop: "<= 20pp"}', '{drop: "<= -20pp"}') + "waivers:\n"
BROKEN += "  - {case: 'moved[dx=5%]', owner: me, expires: 2999-01-01, reason: x}\n"


@pytest.fixture
def result(gate: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    gate.write(suite=BROKEN)
    assert gate.run("--junitxml", "pytest.xml").ret == 1
    monkeypatch.chdir(gate.root)
    found: dict[str, Any] = gate.report()
    return found


def test_junit_tells_what_pytest_tells(result: dict[str, Any]) -> None:
    assert main(["report", "robustcheck-report", "--junit", "out/ours.xml"]) == 0
    theirs = {case.get("name"): case for case in ElementTree.parse("pytest.xml").iter("testcase")}
    ours = {case.get("name"): case for case in ElementTree.parse("out/ours.xml").iter("testcase")}
    assert list(ours) == list(theirs)
    for name, case in ours.items():
        assert (case.find("failure") is not None) == (theirs[name].find("failure") is not None), name
        told = {found.get("name"): found.get("value") for found in case.iter("property")}
        known = {found.get("name"): found.get("value") for found in theirs[name].iter("property")}
        assert told["verdict"] == known["robustcheck_verdict"]
        assert told.get("accuracy") == known.get("robustcheck_accuracy")
    (suite,) = ElementTree.parse("out/ours.xml").iter("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("7", "1", "0")


def test_sarif_points_to_the_lines_of_the_suite(result: dict[str, Any]) -> None:
    assert main(["report", "robustcheck-report", "--sarif", "out/r.sarif"]) == 0
    (run,) = json.loads(Path("out/r.sarif").read_text())["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [(found["ruleId"], found["level"]) for found in run["results"]] == [("fail", "error"), ("waived", "note")]
    for found in run["results"]:
        assert rules[found["ruleIndex"]] == found["ruleId"]
        place = found["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "suites/greys.yaml"
        line = Path("suites/greys.yaml").read_text().splitlines()[place["region"]["startLine"] - 1]
        assert "moved" in line
    assert len({found["partialFingerprints"]["case/v1"] for found in run["results"]}) == 2


def test_markdown_and_the_table_are_those_of_the_run(
    result: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["report", "robustcheck-report"]) == 0
    shown = capsys.readouterr().out
    for case in (*result["suites"][0]["cases"], *result["suites"][0]["overall"]):
        told = [line.verdict for line in result_lines(case)]
        start = next(
            place
            for place, line in enumerate(shown.splitlines())
            if re.match(rf"[a-z ]+  {re.escape(case['id'])} ", line)
        )
        lines = shown.splitlines()[start : start + len(told)]
        assert [line.split("  ")[0] for line in lines] == told
        assert case["verdict"] in told
    assert main(["report", "robustcheck-report", "--markdown", "out/r.md"]) == 0
    assert Path("out/r.md").read_text().startswith("## robustcheck: fail")


def test_no_name_breaks_a_form(result: dict[str, Any]) -> None:
    case = result["suites"][0]["cases"][2]
    nasty = "<img src=x onerror=alert(1)> & \x00\x1b[31m ]]> \ud800"
    case |= {"id": nasty, "verdict": "fail", "problems": [nasty], "file": "suites/a b#?.yaml"}
    root = ElementTree.fromstring(junit(result).encode("utf-8"))
    names = [found.get("name") for found in root.iter("testcase")]
    assert names[2] == "<img src=x onerror=alert(1)> & \ufffd\ufffd[31m ]]> \ufffd"
    (run,) = json.loads(sarif(result))["runs"]
    uris = Counter(found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for found in run["results"])
    assert uris["suites/a%20b%23%3F.yaml"] == 1


def test_a_result_of_an_earlier_version_is_shown(result: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    (suite,) = result["suites"]
    for key in ("inputs", "provenance", "profile", "leaks", "residuals"):
        del suite[key]
    del suite["data"]["names"]
    Path("robustcheck-report/robustcheck-report.json").write_text(json.dumps(result))
    for call in (["report"], ["residuals"]):
        capsys.readouterr()
        assert main([*call, "robustcheck-report"]) == 0
    assert main(["report", "robustcheck-report", "--markdown", "out/r.md"]) == 0
    assert main(["export", "robustcheck-report", "--ml-bom", "out/bom.json"]) == 0


def test_a_damaged_result_is_told(result: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    del result["suites"][0]["cases"][0]["metrics"]
    Path("robustcheck-report/robustcheck-report.json").write_text(json.dumps(result))
    assert main(["report", "robustcheck-report", "--junit", "out/ours.xml"]) == 4
    assert "the result file is damaged or of another version: KeyError: 'metrics'" in capsys.readouterr().err
    assert main(["report", "nowhere"]) == 4


def test_the_page_of_the_run_is_made_again_from_what_it_left(result: dict[str, Any]) -> None:
    left = Path("robustcheck-report/index.html").read_text(encoding="utf-8")
    cases = result["suites"][0]["cases"]
    assert all(f'data-id="{case["id"]}"' in left for case in cases)
    # Neither the model, the pictures nor the suites are needed.
    for name in ("tiny.py", "configs", "suites", "pictures"):
        Path(name).rename(f"gone-{name}")
    assert main(["report", "robustcheck-report", "--html", "out/page.html"]) == 0
    assert Path("out/page.html").read_text(encoding="utf-8") == left
