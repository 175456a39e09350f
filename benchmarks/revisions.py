"""The package as it was at a revision, in a folder that Python can import it from."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def archive(root: Path, revision: str, folder: Path, *paths: str) -> Path:
    """Write the files of a revision, or those below some paths, into a folder and return it.

    Raises:
        subprocess.CalledProcessError: There is no such revision or path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = ["git", "-C", str(root), "archive", "--format=tar", revision, *paths]
    packed = subprocess.run(command, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(folder, filter="data")
    return folder


def package_of(root: Path, revision: str | None, folder: Path) -> Path:
    """Write the package of a revision into a folder, or that of the tree as it is, and return the folder.

    Beside it lies the metadata of its own ``pyproject.toml``: its entry points name modules that later revisions may not have,
    and the installed metadata those of the tree alone.
    """
    if revision is None:
        folder.mkdir(parents=True)
        shutil.copytree(root / "robustcheck", folder / "robustcheck", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(root / "pyproject.toml", folder)
    else:
        archive(root, revision, folder, "robustcheck", "pyproject.toml")
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    about = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n", "utf-8"
    )
    (about / "entry_points.txt").write_text(entry_points(project), "utf-8")
    return folder


def entry_points(project: Mapping[str, Any]) -> str:
    """Return the text of ``entry_points.txt`` for the table ``[project]``."""
    groups = {"console_scripts": project.get("scripts", {}), **project.get("entry-points", {})}
    lines = [[f"[{group}]", *(f"{name} = {value}" for name, value in named.items())] for group, named in groups.items()]
    return "\n\n".join("\n".join(group) for group in lines) + "\n"
