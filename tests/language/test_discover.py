"""Which files are suites."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustcheck.language import find_suites, is_suite


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"robustcheck: 1\n", True),
        (b"\xef\xbb\xbfrobustcheck: 1\n", True),
        (b"# a\r\n'robustcheck' : 1\n", True),
        (b"title: [broken\nrobustcheck\n", True),
        (b"a: \xff\nrobustcheck: 2\n", True),
        (b"a:\n  robustcheck: 1\n", False),
        (b"robustchecks: 1\n", False),
        (b"# robustcheck: 1\n", False),
        (b"", False),
    ],
)
def test_is_suite(tmp_path: Path, content: bytes, expected: bool) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    assert is_suite(path) is expected


def test_find_suites(tmp_path: Path) -> None:
    for name in (
        "b/z.yaml",
        "b/a.yml",
        "a.yaml",
        ".hidden/a.yaml",
        "configs/models.yaml",
        "configs/data.yaml",
        "c.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("robustcheck: 1\n")
    (tmp_path / "other.yaml").write_text("a: 1\n")
    found = [
        path.relative_to(tmp_path).as_posix()
        for path in find_suites([tmp_path, tmp_path / "other.yaml", tmp_path / "a.yaml"])
    ]
    assert found == ["a.yaml", "b/a.yml", "b/z.yaml", "other.yaml"]
