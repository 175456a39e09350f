"""Suites and projects for the tests of the language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from robustcheck.domain.config import Project
from robustcheck.language import load_project

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


def make_project(root: Path, *, models: str = MODELS, data: str = DATA) -> Project:
    """Write a project's configs and read them."""
    (root / "configs").mkdir(parents=True, exist_ok=True)
    (root / "suites").mkdir(exist_ok=True)
    (root / "configs" / "models.yaml").write_text(models, encoding="utf-8")
    (root / "configs" / "data.yaml").write_text(data, encoding="utf-8")
    return load_project(root, root / "configs")


def text_of(**parts: Any) -> str:
    """Return a suite: the usual parts, replaced, added, or removed by ``None``."""
    lines = {**PARTS, **parts}
    return "".join(f"{key}: {value}\n" for key, value in lines.items() if value is not None)


def check(rest: str) -> dict[str, str]:
    """Return the parts of a suite with one check."""
    return {"checks": f"[{{{rest}}}]"}


def limit(changed: str = "", beside: str = 'expect: {limit: ">= 12deg"}') -> dict[str, str]:
    """Return a check that looks for a break point, with some of its keys replaced or added."""
    parts = {"shift": "camera.yaw", "param": "yaw", "from": "0deg", "to": "45deg", "until": '{accuracy: "< 90%"}'}
    written = _flow(changed)
    kept = {key: value for key, value in parts.items() if key not in {name.strip("‸") for name in written}}
    inside = ", ".join(f"{key}: {value}" for key, value in {**kept, **written}.items())
    return check(f"find_limit: {{{inside}}}, {beside}")


def combine(changed: str = "", beside: str = "") -> dict[str, str]:
    """Return a check that combines two shifts of two values each."""
    of = "of: [{shift: camera.yaw, yaw: [1deg, 2deg]}, {shift: camera.zoom, ratio: [1.1, 2]}]"
    return check(f"combine: {{{of}{', ' + changed if changed else ''}}}{', ' + beside if beside else ''}")


def _flow(text: str) -> dict[str, str]:
    """Split ``a: 1, b: {c: 2, d: 3}`` at its outer commas."""
    parts: dict[str, str] = {}
    depth, start = 0, 0
    for place, char in enumerate(text + ","):
        depth += (char in "[{") - (char in "]}")
        if char == "," and depth == 0 and text[start:place].strip():
            key, _, value = text[start:place].strip().partition(": ")
            parts[key] = value
            start = place + 1
    return parts
