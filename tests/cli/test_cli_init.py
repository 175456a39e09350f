"""``robustcheck init``: a start that works, and that overwrites nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from robustcheck.cli import init

Call = Callable[..., Any]
WRITTEN = [*init.FILES, ".gitignore"]


def test_a_start_runs_at_once(robustcheck_command: Call, tmp_path: Path) -> None:
    done = robustcheck_command("init", "new/project")
    root = tmp_path / "new" / "project"
    assert done.code == 0
    assert [line.split() for line in done.lines[:4]] == [["wrote", name] for name in init.FILES]
    assert "cd new/project && pytest --robustcheck" in done.out
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--robustcheck", "--robustcheck-tier", "smoke", "--robustcheck-limit", "56"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    result = json.loads((root / "robustcheck-report" / "robustcheck-report.json").read_text(encoding="utf-8"))
    assert result["verdict"] == "pass"
    assert {case["id"] for case in result["suites"][0]["cases"]} >= {"clean", "tilted-camera[pitch=-10deg]"}


def test_a_start_is_valid(robustcheck_command: Call) -> None:
    robustcheck_command("init")
    assert robustcheck_command("validate").lines == ["1 suite, 8 cases: no problem"]


def test_the_workflow_gates_and_keeps_the_report_of_a_failure(robustcheck_command: Call, tmp_path: Path) -> None:
    robustcheck_command("init")
    workflow = yaml.safe_load((tmp_path / ".github/workflows/robustcheck.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["gate"]["steps"]
    assert workflow["permissions"] == {"contents": "read"}
    assert {"run": "pytest --robustcheck"} in steps
    (cache,) = [step for step in steps if step.get("uses", "").startswith("actions/cache")]
    assert cache["if"] == "github.event_name == 'push'", "a pull request neither reads nor writes it"
    assert cache["with"]["path"] == ".robustcheck/cache"
    assert "${{ github.ref }}" in cache["with"]["key"]
    assert "${{ github.ref }}:" in cache["with"]["restore-keys"], "no name of a branch has a colon"
    assert "github.event_name == 'push' &&" in workflow["jobs"]["gate"]["env"]["ROBUSTCHECK_CACHE_SECRET"]
    assert not [step for step in steps if "attest" in str(step)], "a job that signs restores no cache"
    assert steps[-1]["uses"].startswith("actions/upload-artifact@")
    assert steps[-1]["if"] == "always()"


def test_nothing_is_overwritten(robustcheck_command: Call, tmp_path: Path) -> None:
    for name in init.FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"# mine: {name}\n", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("dist/\n.robustcheck/", encoding="utf-8")
    done = robustcheck_command("init")
    assert [line.split()[:2] for line in done.lines[:5]] == [
        *(["kept", name] for name in init.FILES),
        ["added", ".gitignore"],
    ]
    assert all((tmp_path / name).read_text(encoding="utf-8") == f"# mine: {name}\n" for name in init.FILES)
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "dist/\n.robustcheck/\nrobustcheck-report/\n"


def test_a_second_time_changes_nothing(robustcheck_command: Call, tmp_path: Path) -> None:
    robustcheck_command("init")
    before = {name: (tmp_path / name).read_bytes() for name in WRITTEN}
    done = robustcheck_command("init")
    assert done.code == 0
    assert [line.split()[0] for line in done.lines[:5]] == ["kept"] * 5
    assert {name: (tmp_path / name).read_bytes() for name in WRITTEN} == before


def test_an_own_configuration_that_does_not_fit_the_new_suite_is_told(robustcheck_command: Call, project: Call) -> None:
    project()
    done = robustcheck_command("init")
    assert done.code == 1
    assert "kept   configs/models.yaml" in done.out
    assert "suites/robustness.yaml:6:8: RC304 there is no model signs-robot in configs/models.yaml" in done.out


def test_a_folder_inside_a_project_of_pytest_is_told(robustcheck_command: Call, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = robustcheck_command("init", "inner")
    assert done.code == 1
    assert f"pytest takes {tmp_path} as the root" in done.out


def test_a_file_is_no_folder(robustcheck_command: Call, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    done = robustcheck_command("init", "taken")
    assert (done.code, done.err) == (4, "taken is a file; name a folder\n")


def test_a_path_that_cannot_be_written_is_told(robustcheck_command: Call, tmp_path: Path) -> None:
    (tmp_path / "configs").write_text("", encoding="utf-8")
    done = robustcheck_command("init")
    assert done.code == 4
    assert "configs" in done.err
    assert "it cannot be written" in done.err


@pytest.mark.parametrize("template", [*init.FILES.values(), "gitignore"])
def test_templates_come_with_the_package(template: str) -> None:
    assert (init.STARTER / template).is_file()
