"""The composite action: its steps run here as GitHub's runner runs them, the uploading excepted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from github_stand_in import GitHub
from small_project import make_project
from small_report import case, document, records, write

from robustcheck.report.pull_request import marker

ROOT = Path(__file__).parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / ".github/actions/robustcheck/action.yml").read_text(encoding="utf-8"))
RESTORED = "Restore the base branch's run"
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}


def run(name: str, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step with its inputs, the others at their defaults."""
    step = STEPS[name]
    values = {key: entry["default"] for key, entry in ACTION["inputs"].items()} | inputs
    values = {f"inputs.{key}": text for key, text in values.items()} | {"runner.temp": str(folder / "temp")}
    environment = {
        key: re.sub(r"\$\{\{ (.*?) \}\}", lambda name: values.get(name[1], "https://e.g/a"), text)
        for key, text in step.get("env", {}).items()
    }
    # Commands that the test wrote come first.
    path = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
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


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Replace what installs by a command that writes its call down, and return what was called."""
    (tmp_path / "bin").mkdir()
    for name in ("uv", "python", "git"):
        command = tmp_path / "bin" / name
        command.write_text('#!/bin/sh\nprintf "%s\\n" "$(basename "$0") $*" >> "$CALLS"\n', encoding="utf-8")
        command.chmod(0o755)
    calls = tmp_path / "calls"
    monkeypatch.setenv("CALLS", str(calls))
    return lambda: calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []


@pytest.mark.parametrize(
    ("install", "what"),
    [
        ("", "https://e.g/a/../../.."),  # the checkout of the action, which stands for it here
        ("git+https://host/o/r@v1", "git+https://host/o/r@v1"),
        ("./vendor/robustcheck -r requirements.txt", "./vendor/robustcheck -r requirements.txt"),
    ],
)
def test_the_cpu_s_wheels_are_installed_from_a_checkout(
    tmp_path: Path, called: Callable[[], list[str]], install: str, what: str
) -> None:
    done = run("Install", tmp_path, install=install)
    assert done.returncode == 0, done.stderr
    assert called() == ["python -m pip install --quiet uv", f"uv pip install --system --torch-backend cpu {what}"]


def test_files_in_lfs_are_fetched_where_there_are_any(tmp_path: Path, called: Callable[[], list[str]]) -> None:
    assert run("Fetch LFS files", tmp_path).returncode == 0
    assert called() == ["git grep -q filter=lfs -- .gitattributes **/.gitattributes", "git lfs pull"]


def test_records_of_earlier_runs_are_for_those_who_have_the_secret() -> None:
    step = STEPS["Restore records of earlier runs"]
    assert step["if"] == "github.event_name == 'push' && env.ROBUSTCHECK_CACHE_SECRET != ''"


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


def test_a_pull_request_gets_a_comment_that_compares_with_what_a_push_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_run(wrong: int) -> None:
        label = [place % 3 for place in range(30)]
        predicted = [(one + 1) % 3 if place < wrong else one for place, one in enumerate(label)]
        columns = {"id": [f"a/{place}" for place in range(30)], "label": label, "predicted": predicted}
        kept = records(tmp_path / "robustcheck-report", "dusk", columns)
        write(tmp_path / "robustcheck-report", document([case("dusk", right=30 - wrong, records=kept)]))

    write_run(0)
    assert run("Set aside what pull requests compare with", tmp_path).returncode == 0
    write_run(8)
    github = GitHub()
    (tmp_path / "event.json").write_text('{"pull_request": {"number": 7}}', encoding="utf-8")
    for name, value in {
        "GITHUB_API_URL": github.url,
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    # A module of the pull request's own, where Python would look first.
    (tmp_path / "json.py").write_text("raise SystemExit('taken')\n", encoding="utf-8")
    done = run("Comment on the pull request", tmp_path)
    github.close()
    assert done.returncode == 0, done.stderr
    (comment,) = github.comments
    assert comment["body"].startswith(marker("robustcheck-report"))
    assert "**Lost in** <code>dusk</code>: <code>a/0</code>, <code>a/1</code>" in comment["body"]
    assert '<a href="https://e.g/a">' in comment["body"]


def test_what_a_push_keeps_is_where_a_pull_request_looks() -> None:
    kept, restored = (STEPS[name]["with"] for name in ("Keep what pull requests compare with", RESTORED))
    assert kept["path"] == restored["path"] == STEPS["Comment on the pull request"]["env"]["BASE"]
    on_push = {"github.ref_name": "main", "github.sha": "5ea", "github.run_attempt": "1", "inputs.artifact": "car"}
    on_pull_request = {
        "github.base_ref": "main",
        "github.event.pull_request.base.sha": "5ea",
        "inputs.artifact": "car",
    }

    def filled(text: str, values: dict[str, str]) -> str:
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda name: values[name[1]], text)

    key = filled(kept["key"], on_push)
    assert key.startswith(filled(restored["key"], on_pull_request))
    assert key.startswith(filled(restored["restore-keys"], on_pull_request))
    other_branch = filled(kept["key"], {**on_push, "github.ref_name": "main-2"})
    assert not other_branch.startswith(filled(restored["restore-keys"], on_pull_request))


def test_every_output_comes_from_a_step() -> None:
    known = {step.get("id") for step in STEPS.values()}
    for output in ACTION["outputs"].values():
        assert output["value"].split(".")[1] in known
