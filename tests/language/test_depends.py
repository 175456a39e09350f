"""``depends`` of an entry: files and patterns, each of which matches something in the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from small_project import DATA, MODELS, make_project

from robustcheck.core.errors import SuiteError
from robustcheck.language import load_project


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    make_project(root, each=1)
    for name in ("tables/a.json", "tables/b.txt", "tables/deep/c.json", "tables/.hidden.json"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("{}")
    (tmp_path / "outside.json").write_text("{}")
    (root / "empty").mkdir()
    (root / "out").mkdir()
    (root / "out" / "link.json").symlink_to(tmp_path / "outside.json")
    os.mkfifo(root / "out" / "pipe")
    return root


def write(root: Path, depends: str, kind: str = "models") -> None:
    text = {"models": MODELS, "data": DATA}[kind]
    (root / "configs" / f"{kind}.yaml").write_text(text.lstrip() + f"  depends: {depends}\n")


@pytest.mark.parametrize("kind", ["models", "data"])
@pytest.mark.parametrize(
    ("depends", "files"),
    [
        ("[../tables/a.json]", ["a.json"]),
        ("['../tables/*.json']", [".hidden.json", "a.json"]),
        ("['../tables/**/*.json']", [".hidden.json", "a.json", "deep/c.json"]),
        ("[../tables]", [".hidden.json", "a.json", "b.txt", "deep/c.json"]),
        ("['../tables/**']", [".hidden.json", "a.json", "b.txt", "deep/c.json"]),
        ("[../tables/a.json, '../tables/[ab].*']", ["a.json", "b.txt"]),
    ],
)
def test_what_is_named(kind: str, depends: str, files: list[str], root: Path) -> None:
    write(root, depends, kind)
    project = load_project(root, root / "configs")
    entry = project.models["brightness"] if kind == "models" else project.data["greys"]
    assert [path.relative_to((root / "tables").resolve()).as_posix() for path in entry.depends] == sorted(files)


@pytest.mark.parametrize(
    ("depends", "told"),
    [
        ("[../tables/none.json]", "depends ../tables/none.json matches no file"),
        ("['../tables/*.yaml']", "depends ../tables/*.yaml matches no file"),
        ("[../empty]", "depends ../empty matches no file"),
        ("[../../outside.json]", "depends ../../outside.json leaves the project"),
        ("['../../*.json']", "depends ../../*.json leaves the project"),
        ("['../tables/../../*.json']", "depends ../tables/../../*.json leaves the project"),
        ("['../*/../../outside.json']", "leaves the project"),
        ("[../out/link.json]", "depends ../out/link.json leaves the project"),
        ("[/etc/hostname]", "depends /etc/hostname is absolute"),
        ("[../out/pipe]", "depends ../out/pipe matches out/pipe, which is no regular file"),
        ("[]", "depends is empty"),
        ("../tables", "depends must be a list"),
        ("[3]", "depends must be text"),
        ("['a\\0b']", "depends"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_place(depends: str, told: str, root: Path) -> None:
    write(root, depends)
    with pytest.raises(SuiteError) as raised:
        load_project(root, root / "configs")
    (problem,) = raised.value.problems
    assert told in problem.what
    assert (problem.where.file, problem.where.line) == ("configs/models.yaml", 6)
