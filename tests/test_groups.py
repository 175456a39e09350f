"""What is needed to work on robustcheck is installed only where it is named, so that whoever gates a model gets none of it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAMED = [
    ROOT / ".ci" / "run",
    ROOT / ".pre-commit-config.yaml",
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "pyproject.toml")),
    *sorted((ROOT / ".github").rglob("*.yml")),
    *sorted((ROOT / "docs").glob("*.md")),
]
ONLY_IN_GROUPS = r"ruff|mypy|pre-commit|pytest -n|pytest -m long|python -m pytest -n"


def test_no_group_is_installed_unasked() -> None:
    assert SETTINGS["tool"]["uv"]["default-groups"] == []
    needed = {re.split(r"[<>=\[]", text)[0] for text in SETTINGS["project"]["dependencies"]}
    trackers_browsers_and_oracles = {"mlflow-skinny", "wandb", "playwright", "torchattacks", "timm", "hypothesis"}
    assert not needed & trackers_browsers_and_oracles


@pytest.mark.parametrize("path", NAMED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_command_that_needs_a_group_names_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.findall(rf"uv run (?:{ONLY_IN_GROUPS})\b.*", text)


def test_every_group_that_a_command_names_is_there() -> None:
    named = {name for path in NAMED for name in re.findall(r"uv (?:run|sync).*?--group (\w+)", path.read_text("utf-8"))}
    assert "dev" in named
    assert named <= set(SETTINGS["dependency-groups"])
