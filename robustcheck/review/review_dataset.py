"""The data set that decisions are about: its pictures, their labels as they are written, and what each is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from robustcheck.core.checksums import digest_of_set
from robustcheck.core.errors import DataError, RobustcheckError, did_you_mean
from robustcheck.data import open_source
from robustcheck.data.labels.consensus import Key
from robustcheck.data.labels.overlay import RESERVED
from robustcheck.data.source import Sample, Source
from robustcheck.domain.config import Decoding, ModelEntry, Project
from robustcheck.domain.suite import Suite
from robustcheck.language import load_suite


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A listed data set.

    Attributes:
        source: Where pictures come from.
        samples: All of them, in their order.
        classes: Names that a label may have.
        contents: sha256 of each picture by the id of its sample.
        digest: Of the set, as a report has it.
        by_id: The samples by their ids.
        part: Whether there are more pictures than these.
    """

    source: Source
    samples: tuple[Sample, ...]
    classes: tuple[str, ...]
    contents: Mapping[str, str]
    digest: str
    by_id: Mapping[str, Sample] = field(default_factory=dict)
    part: bool = False

    @property
    def keys(self) -> dict[str, Key]:
        """The name that the overlay has for each sample, by its id."""
        return {name: (content, name) for name, content in self.contents.items()}

    def content(self, sample: Sample) -> str:
        """Return what ``Source.content`` says, without reading anything again."""
        return self.contents[sample.id]


def open_ground(
    project: Project, data: str, *, seed: int = 0, limit: int | None = None, model: ModelEntry | None = None
) -> Ground:
    """List a data set and read what each of its pictures is.

    Args:
        project: Knows the data set.
        data: Its name.
        seed: Decides which pictures a limit takes.
        limit: Pictures that the run was limited to.
        model: Says what the classes are and how pictures are decoded; without one the labels that occur are the classes.

    Raises:
        DataError: It cannot be listed, or the overlay has no way to name its classes.
    """
    if data not in project.data:
        raise DataError(f"configs/data.yaml has no data set {data}; {did_you_mean(data, project.data)}")
    decoding = model.preprocessing.decoding if model else Decoding()
    source = open_source(project.data[data], seed=seed, limit=limit, decoding=decoding)
    samples = tuple(source.samples())
    contents = {sample.id: source.content(sample) for sample in samples}
    keep = getattr(source, "keep", None)
    if keep:
        keep()
    names = model.classes if model else tuple(sorted({sample.label for sample in samples}))
    reserved = [name for name in RESERVED if name in names]
    if reserved:
        raise DataError(f"a class is called {reserved[0]}, which means something else in an overlay; rename the class")
    digest = digest_of_set((sample.id, contents[sample.id], sample.label) for sample in samples)
    by_id, part = {sample.id: sample for sample in samples}, limit is not None or project.data[data].limit is not None
    return Ground(source, samples, names, contents, digest, by_id, part)


def ground_of_report(report: Mapping[str, Any], project: Project) -> tuple[Suite, Ground]:
    """Open the suite and the data that a run looked at, as they are now.

    Args:
        report: One of the ``suites`` of a result file.
        project: Whose suite it is.

    Raises:
        RobustcheckError: The suite cannot be read.
        DataError: The pictures or labels are no longer those of the run.
    """
    model, data = report["model"]["name"], report["data"]
    path = project.root / Path(report["path"])
    if not path.is_file():
        raise RobustcheckError(
            f"{report['path']}: there is no such suite in {project.root.name or 'this folder'}; "
            "call robustcheck review in the project whose run this is"
        )
    suite = load_suite(path, project, model=model, data=data["name"], seed=report["seed"], gating=False)
    if not data.get("digest"):
        raise DataError(f"the run of {report['path']} could not open its data, so there is nothing to review")
    entry = project.models[suite.model]
    if list(entry.classes) != list(data["names"]):
        raise DataError(
            f"{model} has other classes now than in the run of {report['path']}; run the suite again and review that report"
        )
    ground = open_ground(project, data["name"], seed=suite.seed, limit=data.get("limit"), model=entry)
    if ground.digest != data["digest"]:
        raise DataError(
            f"the data set {data['name']} is not the one of the report: its digest is {ground.digest[:16]}..., "
            f"that of the run {data['digest'][:16]}...; run the suite again and review that report"
        )
    return _unchanged(suite, report), ground


def _unchanged(suite: Suite, report: Mapping[str, Any]) -> Suite:
    """Return a suite with the cases only that are still what they were in a run, the clean one always."""
    from robustcheck.domain.case import SHORT

    known = {case["id"]: case.get("digest", "") for case in report["cases"]}
    same = [case for case in suite.cases[1:] if known.get(case.id) in ("", case.digest[:SHORT])]
    return replace(suite, cases=(suite.clean, *same))
