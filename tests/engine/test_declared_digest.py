"""Data that is not what was approved is refused before the model sees a picture of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import robustcheck

DATA = "greys:\n  kind: imagefolder\n  path: ../pictures\n  digest: {}\n"


def digest_of(result: Any) -> str:
    return str(result.document["suites"][0]["data"]["digest"])


@pytest.fixture
def declared(project: Callable[..., Path], tmp_path: Path) -> str:
    project()
    found = digest_of(robustcheck.run_suite("suites/greys.yaml", root=tmp_path))
    (tmp_path / "configs/data.yaml").write_text(DATA.format(found.upper()), encoding="utf-8")
    return found


def test_the_declared_pictures_are_taken(declared: str, tmp_path: Path) -> None:
    assert robustcheck.run_suite("suites/greys.yaml", root=tmp_path).verdict == "pass"


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda folder: shutil.copy(folder / "dark/01.png", folder / "dark/00.png"),
    "name": lambda folder: (folder / "dark/00.png").rename(folder / "dark/zz.png"),
    "label": lambda folder: (folder / "dark/00.png").rename(folder / "middle/zz.png"),
    "gone": lambda folder: (folder / "dark/00.png").unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_others_are_refused_with_both_digests(declared: str, tmp_path: Path, change: Callable[[Path], object]) -> None:
    change(tmp_path / "pictures")
    found = robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    assert {case.verdict for case in found.cases} == {"error"}
    assert sum(case.forwards for case in found.cases) == 0
    (tmp_path / "configs/data.yaml").write_text(DATA.replace("  digest: {}\n", ""), encoding="utf-8")
    now = digest_of(robustcheck.run_suite("suites/greys.yaml", root=tmp_path))
    assert found["clean"].problems == (
        f"configs/data.yaml:1:1: the pictures and labels of greys have the digest {now}, not {declared} as declared; they are "
        "not those that were approved: restore them, or correct digest after reviewing these",
    )


def test_of_a_part_nothing_is_declared(declared: str, tmp_path: Path) -> None:
    assert robustcheck.run_suite("suites/greys.yaml", root=tmp_path, limit=6)["clean"].n == 6
