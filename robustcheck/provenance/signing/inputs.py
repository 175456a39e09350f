"""Which files a run of a suite would rest on as they lie here now, each by its digest.

What a run did rest on is ``robustcheck.core.read_files``: those digests are of the bytes that were used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from robustcheck.core.checksums import algorithm_of, digest_of
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.read_files import name_in_project
from robustcheck.domain.approvals import approvals_path
from robustcheck.domain.config import Project
from robustcheck.domain.corruption_errors import PUBLISHED
from robustcheck.domain.suite import Suite
from robustcheck.engine.gates.baseline import default_path

CONFIGURATION = ("models.yaml", "data.yaml", "variables.yaml")


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


def inputs_of(suite: Suite, project: Project, configs: Path) -> tuple[Input, ...]:
    """Return the files that decide a run beside its pictures; what cannot be read is left to whoever needs it.

    Args:
        suite: The suite.
        project: Its project.
        configs: Folder of ``models.yaml`` and ``data.yaml``.
    """
    return tuple(_inputs(suite, project, configs))


def _inputs(suite: Suite, project: Project, configs: Path) -> Iterator[Input]:
    named = [("configuration", configs / name) for name in CONFIGURATION]
    weights = project.models[suite.model].weights
    named += [("weights", weights)] if weights else []
    named += [("baseline", default_path(project.root / suite.path))]
    demanded = suite.provenance
    if demanded and demanded.training:
        named += [("training", project.root / demanded.training.record)]
        named += [("trusted_key", project.root / key) for key in demanded.training.trusted_keys]
    if demanded and demanded.dataset:
        named += [("card", project.root / demanded.dataset.card)]
    depends = {*project.models[suite.model].depends, *project.data[suite.data].depends}
    named += [("code", path) for path in sorted(depends)]
    named += [("overlay", project.root / suite.labels.overlay)] if suite.labels else []
    if any(case.approved for case in suite.cases):
        named += [("approvals", approvals_path(project.root / suite.path))]
    references = {line.reference for line in suite.overall if line.reference and line.reference not in PUBLISHED}
    named += [("reference", project.root / reference) for reference in sorted(references)]
    for role, path in named:
        found = _digest(path)
        if found:
            yield Input(role, name_in_project(path, project.root), found, algorithm_of(path))


def _digest(path: Path) -> str:
    try:
        return digest_of(path)
    except (OSError, RobustcheckError):
        return ""
