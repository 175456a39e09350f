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
WRITTEN = [*init.FILES, init.SCHEMA, ".gitignore"]


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
    downloads, cache = [step for step in steps if step.get("uses", "").startswith("actions/cache")]
    assert downloads["with"]["path"] == "~/.cache/uv"
    assert steps[0]["with"] == {"lfs": True}
    assert cache["if"] == "github.event_name == 'push'", "a pull request neither reads nor writes it"
    assert cache["with"]["path"] == ".robustcheck/cache"
    assert "${{ github.ref }}" in cache["with"]["key"]
    assert "${{ github.ref }}:" in cache["with"]["restore-keys"], "no name of a branch has a colon"
    assert "github.event_name == 'push' &&" in workflow["jobs"]["gate"]["env"]["ROBUSTCHECK_CACHE_SECRET"]
    assert not [step for step in steps if "attest" in str(step)], "a job that signs restores no cache"
    assert steps[-1]["uses"].startswith("actions/upload-artifact@")
    assert steps[-1]["if"] == "always()"


def install_step(root: Path) -> tuple[str, str]:
    """Return what is named to be installed, and the script that does it."""
    job = yaml.safe_load((root / init.WORKFLOW).read_text(encoding="utf-8"))["jobs"]["gate"]
    (script,) = [step["run"] for step in job["steps"] if step.get("name") == "Install"]
    return job["env"]["ROBUSTCHECK"], script


@pytest.mark.parametrize(
    "source", ["./vendor/robustcheck", "git+https://host/owner/robustcheck@v0.1.0", "x-1-py3-none-any.whl"]
)
def test_the_workflow_installs_from_where_it_is_told(robustcheck_command: Call, tmp_path: Path, source: str) -> None:
    done = robustcheck_command("init", "--install", source)
    assert "does not say yet" not in done.out
    named, script = install_step(tmp_path)
    assert named == source
    assert 'uv pip install --system --torch-backend cpu "$ROBUSTCHECK"' in script


def test_without_a_source_the_workflow_fails_and_says_why(robustcheck_command: Call, tmp_path: Path) -> None:
    done = robustcheck_command("init")
    assert "set ROBUSTCHECK in it" in done.out
    named, script = install_step(tmp_path)
    ran = subprocess.run(
        ["bash", "-e", "-c", script], env={"ROBUSTCHECK": named}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "name the path or the git reference that it comes from" in ran.stdout


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("robustcheck", "that is the name of a package"),
        ("pytest-robustcheck==0.1.0", "that is the name of a package"),
        ('x/"; rm -rf /', "without spaces or quotes"),
        ("a/b ${{ secrets.KEY }}", "without spaces or quotes"),
    ],
)
def test_a_name_that_anybody_could_take_is_refused(
    robustcheck_command: Call, tmp_path: Path, source: str, told: str
) -> None:
    done = robustcheck_command("init", "--install", source)
    assert done.code == 2
    assert told in done.err
    assert not (tmp_path / init.WORKFLOW).exists()


def test_nothing_is_overwritten(robustcheck_command: Call, tmp_path: Path) -> None:
    for name in init.FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"# mine: {name}\n", encoding="utf-8")
    (tmp_path / init.SCHEMA).write_text("{}", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("dist/\n.robustcheck/", encoding="utf-8")
    done = robustcheck_command("init")
    assert [line.split()[:2] for line in done.lines[:6]] == [
        *(["kept", name] for name in (*init.FILES, init.SCHEMA)),
        ["added", ".gitignore"],
    ]
    assert all((tmp_path / name).read_text(encoding="utf-8") == f"# mine: {name}\n" for name in init.FILES)
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == (
        "dist/\n.robustcheck/\nrobustcheck-report/\nrobustcheck-preview.*\n*.key\n"
    )


def test_a_second_time_changes_nothing(robustcheck_command: Call, tmp_path: Path) -> None:
    robustcheck_command("init")
    before = {name: (tmp_path / name).read_bytes() for name in WRITTEN}
    done = robustcheck_command("init")
    assert done.code == 0
    assert [line.split()[0] for line in done.lines[:6]] == ["kept"] * 6
    assert {name: (tmp_path / name).read_bytes() for name in WRITTEN} == before


def test_an_own_configuration_that_does_not_fit_the_new_suite_is_told(robustcheck_command: Call, project: Call) -> None:
    project()
    done = robustcheck_command("init")
    assert done.code == 1
    assert "kept   configs/models.yaml" in done.out
    assert "suites/robustness.yaml:7:8: RC304 there is no model signs-robot in configs/models.yaml" in done.out


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
