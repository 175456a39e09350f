"""What ``robustcheck export`` writes, read by the libraries of those who defined it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub.repocard_data import ModelCardData

import robustcheck

Call = Callable[..., Any]


@pytest.fixture
def report(project: Call, robustcheck_command: Call, tmp_path: Path) -> dict[str, Any]:
    project()
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    found: dict[str, Any] = json.loads((tmp_path / "robustcheck-report/robustcheck-report.json").read_bytes())
    return found


def test_the_model_index_is_read_by_the_hub(report: dict[str, Any], robustcheck_command: Call) -> None:
    done = robustcheck_command("export", "robustcheck-report", "--model-index", "card.yaml")
    assert (done.code, done.out) == (0, "card.yaml written\n")
    written = yaml.safe_load(Path("card.yaml").read_text(encoding="utf-8"))
    (suite,) = report["suites"]
    results = ModelCardData(model_name="brightness", **{"model-index": written["model-index"]}).eval_results
    found = {(one.dataset_config, one.metric_type): one for one in results}
    for case in suite["cases"]:
        one = found[case["id"], "accuracy"]
        estimate = case["metrics"]["accuracy"]
        assert one.metric_value == estimate["value"]
        assert one.metric_args["low"] == estimate["low"]
        assert (one.task_type, one.dataset_name) == ("image-classification", "greys")
        assert one.dataset_revision == suite["data"]["digest"]
    assert ("moved[dx=2%]", "drop") in found
    assert ("overall[mean_accuracy over light.*]", "mean_accuracy") in found


def test_the_bill_is_valid_and_the_same_for_the_same_result(report: dict[str, Any], robustcheck_command: Call) -> None:
    assert robustcheck_command("export", "robustcheck-report", "--ml-bom", "a.json").code == 0
    assert robustcheck_command("export", "robustcheck-report", "--ml-bom", "b.json").code == 0
    text = Path("a.json").read_text(encoding="utf-8")
    assert text == Path("b.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    model, data = bill["components"]
    (suite,) = report["suites"]
    assert (model["type"], data["type"]) == ("machine-learning-model", "data")
    assert data["hashes"] == [{"alg": "SHA-256", "content": suite["data"]["digest"]}]
    assert bill["dependencies"] == [{"ref": model["bom-ref"], "dependsOn": [data["bom-ref"]]}]
    numbers = {
        (one["slice"], one["type"]): one for one in model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    }
    clean = suite["cases"][0]["metrics"]["accuracy"]
    assert float(numbers["clean", "accuracy"]["value"]) == clean["value"]
    assert float(numbers["clean", "accuracy"]["confidenceInterval"]["lowerBound"]) == clean["low"]
    facts = {one["name"]: one["value"] for one in model["properties"]}
    assert facts["robustcheck:verdict"] == suite["verdict"]
    assert facts["robustcheck:model"] == suite["model"]["digest"]


def test_what_gave_no_number_is_left_out(report: dict[str, Any], robustcheck_command: Call) -> None:
    case = report["suites"][0]["cases"][1]
    case["verdict"] = "unreliable"
    Path("robustcheck-report/robustcheck-report.json").write_text(json.dumps(report), encoding="utf-8")
    robustcheck_command("export", "robustcheck-report", "--ml-bom", "a.json", "--model-index", "card.yaml")
    assert case["id"] not in Path("a.json").read_text(encoding="utf-8")
    assert case["id"] not in Path("card.yaml").read_text(encoding="utf-8")


def test_a_wrong_call_is_told(robustcheck_command: Call, tmp_path: Path) -> None:
    done = robustcheck_command("export", "robustcheck-report")
    assert (done.code, "name what to write: --model-index FILE or --ml-bom FILE" in done.err) == (2, True)
    assert robustcheck_command("export", "robustcheck-report", "--ml-bom", "a.json").code == 4


def test_a_file_that_cannot_be_written_is_told(
    report: dict[str, Any], robustcheck_command: Call, tmp_path: Path
) -> None:
    (tmp_path / "nowhere").write_text("a file")
    done = robustcheck_command("export", "robustcheck-report", "--ml-bom", "nowhere/a.json")
    assert (done.code, done.err) == (4, "nowhere/a.json: the file cannot be written: File exists\n")
