"""``robustcheck residuals``: what a person should look at, printed and exported."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import robustcheck
from robustcheck.report import document

Call = Callable[..., Any]
SCHEMA = json.loads((Path(document.__file__).parent / "report.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def report(project: Call, tmp_path: Path) -> dict[str, Any]:
    """Run the small project with a dark picture among the bright ones, whose name is a formula, and one that the light breaks."""
    suite = project()
    suite.write_text(
        suite.read_text().replace("-0.2ev, 0.2ev", "-0.2ev, -1.5ev, 0.2ev").replace('">= 95%"', '">= 50%"')
    )
    dark = next((tmp_path / "pictures/dark").iterdir())
    (tmp_path / "pictures/=bright").mkdir()
    shutil.move(dark, tmp_path / "pictures/=bright/00.png")
    data = tmp_path / "configs/data.yaml"
    data.write_text(data.read_text() + '  labels: {"=bright": bright}\n')
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    found: dict[str, Any] = json.loads((tmp_path / "robustcheck-report/robustcheck-report.json").read_text())
    return found


def test_the_result_has_them_by_its_schema(report: dict[str, Any]) -> None:
    jsonschema.validate(report, SCHEMA)
    found = report["suites"][0]["residuals"]
    assert found["label_suspects"]["count"] == 1
    (suspect,) = found["label_suspects"]["pictures"]
    assert (suspect["id"], suspect["label"], suspect["predicted"]) == ("=bright/00.png", "bright", "dark")
    darker = [
        picture for picture in found["edge_cases"]["pictures"] if picture["case"] == "light.exposure[stops=-1.5ev]"
    ]
    assert {picture["label"] for picture in darker} == {"middle", "bright"}
    assert found["edge_cases"]["count"] == 16
    assert found["cases"]["clean"][0]["id"] == "=bright/00.png"
    assert report["suites"][0]["cases"][0]["metrics"]["label_suspects"]["counts"] == [1]


def test_they_are_printed_and_exported(report: dict[str, Any], robustcheck_command: Call, tmp_path: Path) -> None:
    done = robustcheck_command(
        "residuals", "robustcheck-report", "--top", "5", "--csv", "out/r.csv", "--label-studio", "out/tasks.json"
    )
    assert (done.code, done.err) == (0, "")
    assert done.lines[0].startswith("suites/greys.yaml: 1 labels in doubt")
    assert done.lines[1].split()[:4] == ["=bright/00.png", "bright", "->", "dark"]
    assert "suites/greys.yaml: 16 edge cases: right when clean, wrong under a shift" in done.lines
    rows = list(csv.DictReader((tmp_path / "out/r.csv").read_text().splitlines()))
    assert len(rows) == 6
    # A spreadsheet would take the name for a formula.
    assert rows[0]["id"] == "'=bright/00.png"
    tasks = json.loads((tmp_path / "out/tasks.json").read_text())
    assert tasks[0]["data"]["image"] == "=bright/00.png"
    assert tasks[0]["predictions"][0]["result"][0]["value"] == {"choices": ["dark"]}
    assert 0 < tasks[0]["predictions"][0]["score"] <= 1


def test_wrong_calls_say_so(report: dict[str, Any], robustcheck_command: Call, tmp_path: Path) -> None:
    assert (
        "did you mean suites/greys.yaml?"
        in robustcheck_command("residuals", "robustcheck-report", "--suite", "suites/grey.yaml").err
    )
    assert robustcheck_command("residuals", "robustcheck-report", "--top", "0").code == 2
    assert robustcheck_command("residuals", "nowhere").code == 4
    shutil.rmtree(tmp_path / "robustcheck-report/records")
    done = robustcheck_command("residuals", "robustcheck-report")
    assert (done.code, done.lines) == (
        0,
        ["suites/greys.yaml: the report has no records of the clean case, so nothing can be ranked"],
    )


def test_damaged_records_are_named(report: dict[str, Any], robustcheck_command: Call, tmp_path: Path) -> None:
    path = tmp_path / "robustcheck-report" / report["suites"][0]["cases"][0]["records"]
    path.write_bytes(path.read_bytes()[:200])
    done = robustcheck_command("residuals", "robustcheck-report")
    assert done.code == 4
    assert "is damaged" in done.err
