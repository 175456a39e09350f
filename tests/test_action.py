"""The composite action: its steps run here as GitHub's runner runs them, the uploading excepted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_project import make_project

ROOT = Path(__file__).parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / ".github/actions/robustcheck/action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}


def run(name: str, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step with its inputs, the others at their defaults."""
    step = STEPS[name]
    values = {key: entry["default"] for key, entry in ACTION["inputs"].items()} | inputs
    environment = {
        key: values[text.removeprefix("${{ inputs.").removesuffix(" }}")] if "inputs." in text else "https://e.g/a"
        for key, text in step["env"].items()
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    files = {"GITHUB_OUTPUT": str(folder / "output"), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    (folder / "output").touch()
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={**os.environ, **environment, **files, "PATH": path, "GITHUB_ACTIONS": "true"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_project(tmp_path)
    return tmp_path


def test_a_passing_gate_says_so(folder: Path) -> None:
    done = run("Gate", folder, suites="suites/greys.yaml", tier="thorough", arguments="-q -p no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "output").read_text() == "verdict=pass\n"
    assert (folder / "robustcheck-report/index.html").is_file()
    assert "## robustcheck: pass" in (folder / "summary.md").read_text()


def test_a_failing_gate_fails_the_step_and_draws_its_curve(folder: Path) -> None:
    suite = folder / "suites/greys.yaml"
    suite.write_text(suite.read_text().replace("-0.2ev, 0.2ev", "-1.5ev, 0.2ev"))
    done = run("Gate", folder, arguments="-q -p no:cacheprovider")
    assert done.returncode == 1
    assert (folder / "output").read_text() == "verdict=fail\n"
    summary = (folder / "summary.md").read_text()
    assert '```mermaid\nxychart-beta\n    title "light.exposure: accuracy over stops"' in summary
    assert "Lines in their order: what was observed, what was expected." in summary
    assert "::error file=suites/greys.yaml" in done.stdout


def test_nothing_is_gated_where_nothing_is_found(folder: Path) -> None:
    (folder / "suites/greys.yaml").unlink()
    done = run("Gate", folder)
    assert done.returncode == 5
    assert (folder / "output").read_text() == ""


def test_settings_of_pytest_among_the_suites_run_nothing(folder: Path) -> None:
    (folder / "suites/pytest.ini").write_text("[pytest]\naddopts = -p planted\npythonpath = .\n", encoding="utf-8")
    (folder / "suites/planted.py").write_text("open('taken', 'w').close()\n", encoding="utf-8")
    done = run("Gate", folder, suites="suites")
    assert done.returncode == 1
    assert "suites/pytest.ini:1:1: RC703 these are settings of pytest" in done.stdout
    assert not (folder / "taken").exists()


@pytest.mark.parametrize("name", ["suites", "tier", "arguments"])
def test_no_input_is_run_as_a_command(folder: Path, name: str) -> None:
    done = run("Gate", folder, **{name: "$(touch taken) `touch taken` ; touch taken; *"})
    assert done.returncode != 0
    assert not (folder / "taken").exists()


def test_no_script_is_made_of_inputs() -> None:
    # What stands in a script before the shell reads it could be any command.
    for step in STEPS.values():
        assert "${{" not in step.get("run", "")


def test_the_report_is_kept_and_linked_whatever_came_of_the_gate(tmp_path: Path) -> None:
    for name in ("Keep the report", "Link the report"):
        assert STEPS[name]["if"].startswith("always()")
    run("Link the report", tmp_path)
    assert (tmp_path / "summary.md").read_text() == "[The whole report, with pictures](https://e.g/a)\n"


def test_every_output_comes_from_a_step() -> None:
    known = {step.get("id") for step in STEPS.values()}
    for output in ACTION["outputs"].values():
        assert output["value"].split(".")[1] in known
