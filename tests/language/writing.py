"""Suites and projects for the tests of the language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from robustcheck.language import load_project
from robustcheck.language.entries import Project

MODELS = """
net: {kind: python, factory: "tiny:build", classes: [stop, yield, turn_left, turn_right], input: {size: 32, resize: 32}}
other: {kind: python, factory: "tiny:build", classes: 10, input: {size: 32, resize: 32}}
"""
DATA = "pictures: {kind: imagefolder, path: pictures}\nmore: {kind: signs}\n"
PARTS = {
    "robustcheck": "1",
    "title": "Signs",
    "owner": "tests",
    "model": "net",
    "data": "pictures",
    "expect": '{accuracy: ">= 85%"}',
    "checks": "[{shift: camera.pitch, pitch: 15deg}]",
}


def make_project(root: Path) -> Project:
    """Write a project's configs and read them."""
    (root / "configs").mkdir(parents=True, exist_ok=True)
    (root / "suites").mkdir(exist_ok=True)
    (root / "configs" / "models.yaml").write_text(MODELS, encoding="utf-8")
    (root / "configs" / "data.yaml").write_text(DATA, encoding="utf-8")
    return load_project(root, root / "configs")


def text_of(**parts: Any) -> str:
    """Return a suite: the usual parts, replaced, added, or removed by ``None``."""
    lines = {**PARTS, **parts}
    return "".join(f"{key}: {value}\n" for key, value in lines.items() if value is not None)


def check(rest: str) -> dict[str, str]:
    """Return the parts of a suite with one check."""
    return {"checks": f"[{{{rest}}}]"}
