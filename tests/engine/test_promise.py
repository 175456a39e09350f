"""What needs no person, from the suite to the result: in each case by itself, and as a gate."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from small_project import SUITE, make_project

import robustcheck
from robustcheck.report.terminal import closing

SCHEMA = json.loads((resources.files("robustcheck.report") / "report.schema.json").read_text(encoding="utf-8"))
PROMISE = "review: {max_risk: 20%, confidence: 80%}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    suite = SUITE.replace("-0.2ev, 0.2ev", "-1.5ev, 0.2ev").replace("clean:\n", f"{PROMISE}clean:\n")
    suite = suite.replace('accuracy: ">= 95%"', 'automatic_share: ">= 90%"')
    # Under the darkest light two thirds are wrong, and only how sure the model is can tell.
    make_project(tmp_path, suite=suite.replace('>= 60%"', '>= 20%"').replace('">= 50%"', '">= 20%"'))
    return tmp_path


def test_each_case_has_its_own_threshold(project: Path) -> None:
    result = robustcheck.run_suite("suites/greys.yaml", root=project)
    document = json.loads(json.dumps(result.document))
    jsonschema.validate(document, SCHEMA)
    (suite,) = document["suites"]
    thresholds = suite["review"]["thresholds"]
    assert set(thresholds) == {case["id"] for case in suite["cases"]}
    clean, dark = result["clean"], result["light.exposure[stops=-1.5ev]"]
    assert clean.metrics["automatic_share"].value == 1.0
    assert clean.automatic["wrong"] == 0
    assert clean.verdict == "pass"
    # What is sure enough when clean is not when it is dark.
    assert dark.automatic["n"] == 24
    assert dark.metrics["automatic_share"].value < 0.5
    assert thresholds["clean"] == clean.automatic["threshold"]
    assert any(text.startswith("review: in ") for text, _ in closing(suite))


def test_too_few_automatic_answers_fail_the_gate(project: Path) -> None:
    suite = project / "suites/greys.yaml"
    suite.write_text(suite.read_text().replace("max_risk: 20%", "max_risk: 1%"))
    result = robustcheck.run_suite("suites/greys.yaml", root=project)
    assert result["clean"].verdict == "fail"
    (line,) = [line for line in result["clean"].expectations if line.metric == "automatic_share"]
    assert (line.observed, line.detail) == (0.0, "24 pictures show nothing, 161 are needed")
    assert result.document["suites"][0]["review"]["thresholds"]["clean"] is None
