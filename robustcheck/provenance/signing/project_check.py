"""Holds a statement against a suite and its files as they lie in a project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from robustcheck.core.checksums import sha256_of
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.paths import inside
from robustcheck.core.text import named, printable
from robustcheck.domain.config import Project
from robustcheck.domain.suite import Suite, planned_items
from robustcheck.language import load_project, load_suite
from robustcheck.models.definition import definition_of
from robustcheck.provenance.signing.inputs import inputs_of
from robustcheck.provenance.signing.statement import DATA, DEFINITION, EXTENSION, SUITE


def differing(
    statement: Mapping[str, Any], path: Path, root: Path, configs: Path, *, with_data: bool = False
) -> Iterator[str]:
    """Yield in what a run differs from a suite as it is now.

    Args:
        statement: A statement that was read by ``parse_statement``.
        path: The suite's file.
        root: The project's folder.
        configs: Folder of ``models.yaml`` and ``data.yaml``.
        with_data: Read the pictures again.

    Raises:
        RobustcheckError: The suite or the configuration cannot be read.
    """
    run = statement["predicate"][EXTENSION]
    project = load_project(root, configs)
    if run["model"] not in project.models:
        yield f"the model {printable(run['model'])} that was run is no entry of {configs / 'models.yaml'}"
        return
    suite = load_suite(path, project)
    if suite.model != run["model"]:
        suite = load_suite(path, project, model=run["model"])
    attested = {
        (item["annotations"]["role"], item["name"]): item["digest"] for item in statement["predicate"]["configuration"]
    }
    yield from _of_suite(suite, run, attested)
    yield from _of_definition(suite, project, attested)
    yield from _of_files(suite, project, configs, attested)
    if with_data:
        yield from _of_data(suite, project, attested)


def _of_suite(suite: Suite, run: Mapping[str, Any], attested: Mapping[tuple[str, str], Any]) -> Iterator[str]:
    digest = next(found[SUITE] for (role, _), found in attested.items() if role == "suite")
    if suite.path != run["suite"]["path"]:
        yield f"{printable(run['suite']['path'])} was run, not {suite.path}"
    for what, ours, theirs in (("data", suite.data, run["data"]["name"]), ("seed", suite.seed, run["suite"]["seed"])):
        if ours != theirs:
            yield f"it was run with the {what} {printable(str(theirs))}, the suite asks for {ours}"
    if suite.digest != digest:
        yield f"{suite.path} is not the suite that was run: its digest is {suite.digest}, the attested one {digest}"
    known = {*run["notRun"], *(test["id"] for test in run["tests"])}
    absent = [item.id for item in planned_items(suite, run["tier"]) if item.id not in known]
    if absent:
        yield f"the run says nothing of {len(absent)} tests that {suite.path} has: {named(absent)}"


def changed_inputs(suite: Suite, project: Project, configs: Path, inputs: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Yield which files that a result rests on are not here, or not as they were, the weights among them.

    Args:
        suite: The suite that was run.
        project: Its project.
        configs: Folder of ``models.yaml`` and ``data.yaml``.
        inputs: Those of the result.
    """
    attested = {(found["role"], found["name"]): {found["algorithm"]: found["digest"]} for found in inputs}
    yield from _of_files(suite, project, configs, attested)
    here = {found.name: found.digest for found in inputs_of(suite, project, configs)}
    for (role, name), digests in attested.items():
        if role == "weights" and here.get(name) != next(iter(digests.values())):
            yield f"the weights {printable(name)} that were run are not here, or were changed"


def _of_definition(suite: Suite, project: Project, attested: Mapping[tuple[str, str], Any]) -> Iterator[str]:
    theirs = next(digests[DEFINITION] for (role, _), digests in attested.items() if role == "model")
    ours = definition_of(project.models[suite.model])
    if theirs != ours:
        yield (
            f"the model {printable(suite.model)} is defined otherwise than it was run: the digest of its entry is {ours}, the "
            f"attested one {theirs}"
        )


def _of_files(suite: Suite, project: Project, configs: Path, attested: Mapping[tuple[str, str], Any]) -> Iterator[str]:
    here = {(found.role, found.name): found.digest for found in inputs_of(suite, project, configs)}
    for (role, name), digests in attested.items():
        if role in ("suite", "model", "data", "weights"):
            continue
        digest = next(iter(digests.values()))
        found = here.pop((role, name), None) or _found(project.root / name, project.root, role)
        if not found:
            yield f"the {printable(role)} {printable(name)} of the run is not here"
        elif found != digest:
            yield f"the {printable(role)} {printable(name)} was changed: its digest is {found}, the attested one {digest}"
    for role, name in here:
        if role != "weights":
            yield f"the {role} {printable(name)} lies here, and did not when the suite was run"


def _found(path: Path, root: Path, role: str) -> str:
    try:
        return sha256_of(inside(path, root, printable(role)))
    except OSError:
        return ""


def _of_data(suite: Suite, project: Project, attested: Mapping[tuple[str, str], Any]) -> Iterator[str]:
    from robustcheck.data import data_digest, open_source

    digest = next(found[DATA] for (role, _), found in attested.items() if role == "data")
    try:
        source = open_source(project.data[suite.data], seed=suite.seed)
        found = data_digest(source, source.samples())
    except RobustcheckError as error:
        yield f"the data {suite.data} cannot be read: {error}"
        return
    if found != digest:
        yield f"the data {suite.data} was changed: its digest is {found}, the attested one {digest}"
