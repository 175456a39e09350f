"""The ten commands of docs/evidence.md, in a project of the files that the page shows; and its deployment gate."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from robustcheck.cli.command import make_parser

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/evidence.md").read_text(encoding="utf-8")
ENDS = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
HOMES = {"robustcheck": ["-m", "robustcheck.cli"], "pytest": ["-m", "pytest"], "python": []}


def block(fence: str) -> str:
    (found,) = re.findall(rf"^```{fence}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.mark.timeout(600)
def test_the_ten_commands_end_as_the_page_says(tmp_path: Path) -> None:
    for name, fence in (("configs/models", "models"), ("configs/data", "data"), ("suites/release", "suite")):
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(block(f"yaml release-{fence}"), encoding="utf-8")
    commands = block("bash release").splitlines()
    assert len(commands) == len(ENDS) == 10
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    for command, code in zip(commands, ENDS, strict=True):
        first, *rest = shlex.split(command)
        done = subprocess.run(
            [sys.executable, *HOMES[first], *rest],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"{command}\n{done.stdout}{done.stderr}"
        if first == "pytest":
            assert "15 passed" in done.stdout, done.stdout
    for line in block("text refusal").splitlines():
        assert line in done.stderr
    assert done.stderr.count("refused: ") == 2
    assert yaml.safe_load((tmp_path / "model-index.yaml").read_text())["model-index"]
    assert (tmp_path / "keys/ci.key").stat().st_mode & 0o77 == 0


def test_the_deployment_gate_calls_what_there_is() -> None:
    workflow = yaml.safe_load((ROOT / "docs/deployment-gate.yml").read_text(encoding="utf-8"))
    jobs = workflow["jobs"]
    assert jobs["deploy"]["needs"] == "verify"
    assert set(workflow["permissions"].values()) == {"read"}
    calls = [step["run"] for step in jobs["verify"]["steps"] if step.get("run", "").startswith("robustcheck ")]
    assert len(calls) == 1
    chosen = make_parser().parse_args(shlex.split(calls[0])[1:])
    assert chosen.suite == Path("suites/release.yaml")
    assert chosen.no_warnings
