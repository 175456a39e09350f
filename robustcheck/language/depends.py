"""``depends``: files that decide what a model or a data set gives, and that no import shows, such as a table that code reads."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from robustcheck.core.error_codes import Code
from robustcheck.language.nodes import Scalar, shown
from robustcheck.language.value_types import Field, ListOf, Reading, Text, Values

DEPENDS: Final = Field(
    ListOf(Text(), least=1),
    "Files beside code and weights that decide what it gives, as paths or patterns such as ../tables/**/*.json, from this file.",
)


def files_of(values: Values, root: Path, configs: Path, reading: Reading) -> tuple[Path, ...]:
    """Return the files that an entry's ``depends`` names, resolved and sorted; a folder stands for all files in it.

    A pattern that matches nothing, leaves the project or matches what is no file is reported where it is written.
    """
    home = root.resolve()
    files: set[Path] = set()
    for pattern, node in values.get("depends", ()):
        assert isinstance(node, Scalar)  # noqa: S101 - it was read as text
        try:
            matched = list(_matched(pattern, configs))
            problem = _problem(pattern, matched, home, configs)
        except (OSError, RuntimeError, ValueError) as error:
            matched, problem = [], (f"cannot be looked up: {error}", "")
        if problem:
            what, hint = problem
            reading.add(node.where, Code.DEPENDS, f"depends {shown(node.text)} {what}", hint)
        else:
            files.update(path.resolve() for path in matched)
    return tuple(sorted(files))


def _matched(pattern: str, configs: Path) -> Iterator[Path]:
    """Yield the files of a pattern; nothing below a folder is left out, hidden or not."""
    for name in glob.iglob(pattern, root_dir=configs, recursive=True, include_hidden=True):
        path = configs / name
        if not path.is_dir():
            yield path
            continue
        if pattern.endswith("**"):
            continue  # what lies in it is matched by itself
        for folder, _, names in os.walk(path):
            yield from (Path(folder, each) for each in names)


def _problem(pattern: str, matched: list[Path], home: Path, configs: Path) -> tuple[str, str] | None:
    outside = "leaves the project", "copy what it needs into the project"
    if Path(pattern).is_absolute():
        return "is absolute", "write a path from this file, such as ../tables/*.json"
    fixed = Path(os.path.normpath(configs.resolve() / _fixed(pattern)))
    if not fixed.is_relative_to(home) or any(not path.resolve().is_relative_to(home) for path in matched):
        return outside
    if not matched:
        return (
            "matches no file",
            "a gate must not believe that it covers what is not there: correct the path, or remove it",
        )
    odd = next((path for path in matched if not path.is_file()), None)
    if odd is not None:
        return f"matches {os.path.relpath(odd, home)}, which is no regular file", "name files and folders only"
    return None


def _fixed(pattern: str) -> Path:
    """Return the part of a pattern before its first wildcard."""
    parts = []
    for part in Path(pattern).parts:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)
