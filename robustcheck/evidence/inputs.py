"""Which files a run rests on, each by its digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robustcheck.checksums import algorithm_of, digest_of
from robustcheck.data.digests import FileDigests
from robustcheck.engine.project_code import ABSENT, imported_files
from robustcheck.errors import RobustcheckError
from robustcheck.language.entries import Project
from robustcheck.language.plan import Suite
from robustcheck.measure.baseline import default_path

CONFIGURATION = ("models.yaml", "data.yaml")


@dataclass(frozen=True, slots=True)
class Input:
    """One file.

    Attributes:
        role: ``configuration``, ``weights``, ``baseline``, ``training``, ``card``, ``overlay``, or ``code`` for the files of
            the project that were imported and those that ``depends`` names.
        name: Its path from the project's root, or its name alone where it lies elsewhere.
        digest: In hexadecimal.
        algorithm: ``sha256`` of a file, ``dirHash`` of a folder.
    """

    role: str
    name: str
    digest: str
    algorithm: str = "sha256"

    def to_json(self) -> Mapping[str, str]:
        """Return JSON values."""
        return {"role": self.role, "name": self.name, "digest": self.digest, "algorithm": self.algorithm}


def inputs_of(
    suite: Suite, project: Project, configs: Path, *, of: Callable[[Path], str] | None = None
) -> tuple[Input, ...]:
    """Return the files that decide a run beside its pictures; what cannot be read is left to whoever needs it.

    Digests are remembered by size, times and inode, so that a second run costs a look at each.

    Args:
        suite: The suite.
        project: Its project.
        configs: Folder of ``models.yaml`` and ``data.yaml``.
        of: How a file's sha256 is found; from what is remembered by default.
    """
    if of is not None:
        return tuple(_inputs(suite, project, configs, of))
    digests = FileDigests(project.root / ".robustcheck" / "digests.sqlite")
    try:
        return tuple(_inputs(suite, project, configs, digests.of))
    finally:
        digests.keep()


def _inputs(suite: Suite, project: Project, configs: Path, of: Callable[[Path], str]) -> Iterator[Input]:
    named = [("configuration", configs / name) for name in CONFIGURATION]
    weights = project.models[suite.model].weights
    named += [("weights", weights)] if weights else []
    named += [("baseline", default_path(project.root / suite.path))]
    demanded = suite.provenance
    if demanded and demanded.training:
        named += [("training", project.root / demanded.training.record)]
    if demanded and demanded.dataset:
        named += [("card", project.root / demanded.dataset.card)]
    depends = {*project.models[suite.model].depends, *project.data[suite.data].depends}
    named += [("code", path) for path in sorted(depends)]
    named += [("overlay", project.root / suite.labels.overlay)] if suite.labels else []
    for role, path in named:
        found = _digest(path, of)
        if found:
            yield Input(role, _named(path, project.root), found, algorithm_of(path))


def with_code(inputs: Iterable[Input], root: Path) -> tuple[Input, ...]:
    """Return inputs with the files of the project that were imported by now, each as it was when it was imported.

    Args:
        inputs: What else a run rests on.
        root: The project's root.
    """
    listed = tuple(inputs)
    known = {(found.role, found.name) for found in listed}
    imported = (found for found in imported_files(root, strict=False) if found.inside and found.digest != ABSENT)
    return (
        *listed,
        *(Input("code", found.name, found.digest) for found in imported if ("code", found.name) not in known),
    )


def merged(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a suite's identity after another worker or a later case said what it knows.

    Code is imported as it is needed, so that each may know of other files; what differs stays, and no check of it can hold.
    """
    inputs = [*before.get("inputs", ()), *now.get("inputs", ())]
    distinct = {tuple(sorted(found.items())): found for found in inputs}
    notes = dict.fromkeys((*before.get("notes", ()), *now.get("notes", ())))
    return {**before, **now, "inputs": list(distinct.values()), "notes": list(notes)}


def _digest(path: Path, of: Callable[[Path], str]) -> str:
    try:
        return digest_of(path, of)
    except (OSError, RobustcheckError):
        return ""


def _named(path: Path, root: Path) -> str:
    for home in (root, root.resolve()):
        if path.is_relative_to(home):
            return path.relative_to(home).as_posix()
    return path.name
