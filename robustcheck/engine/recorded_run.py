"""A suite judged again from the records that a run exported: no model, no picture, the same code as in the run.

What a result file says can be edited; so whoever signs it first lets ``RecordedRun`` come to the same numbers and verdicts.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError
from robustcheck.core.regular_files import read_with_digest
from robustcheck.core.text import printable
from robustcheck.data.source import Sample
from robustcheck.domain.case import Case
from robustcheck.domain.config import Project
from robustcheck.domain.suite import Suite
from robustcheck.engine.cache.record_files import Stored, stored_of
from robustcheck.engine.early_stop import Watch
from robustcheck.engine.evaluate import GROUP
from robustcheck.engine.evaluated import Evaluated
from robustcheck.engine.options import Options
from robustcheck.engine.sample_index import Index
from robustcheck.engine.suite_run import SuiteRun
from robustcheck.metrics.records import Records

Columns = dict[str, NDArray[Any]]
BESIDE: Final = ("original", "ambiguous")
"""Columns that an export adds where people corrected labels."""


@dataclass(frozen=True, slots=True)
class Exported:
    """Where the records of one case lie.

    Attributes:
        path: Within the report's folder.
        digest: The sha256 of the file, as the result file has it.
    """

    path: str
    digest: str


class Recorded:
    """Stands for an ``Evaluator``: answers with the records of a report instead of looking at pictures.

    Attributes:
        suite: The suite.
        project: Its project.
        options: As those of the run.
        index: The samples, from the records of the clean case.
        predictor: Has the model's entry, and nothing to predict with.
        source: None: no picture is read.
        data_digest: As the result file has it, which every file of records must confirm.
        overlaid: Has the digest of the overlay where there is one; else ``None``.
    """

    def __init__(
        self,
        suite: Suite,
        project: Project,
        options: Options,
        written: Mapping[str, Any],
        exported: Mapping[str, Exported],
    ) -> None:
        """Read the records of the clean case.

        Args:
            suite: The suite.
            project: Its project.
            options: As those of the run.
            written: The suite's part of the result file.
            exported: The records of each case, and of each value of a break point as ``case@value``.

        Raises:
            CaseError: There are no records of the clean case, or they are not those of the run.
        """
        self.suite, self.project, self.options = suite, project, options
        self._exported = exported
        self._of = {"model": written["model"].get("digest"), "data": written["data"].get("digest"), "seed": suite.seed}
        self._of["limit"] = options.limit
        self._code = {file["name"]: file["digest"] for file in written["inputs"] if file["role"] == "code"}
        entry = project.models[suite.model]
        self.predictor = SimpleNamespace(entry=entry)
        self.source = None
        self.data_digest: str = written["data"].get("digest", "")
        self.overlaid = SimpleNamespace(digest=written["data"].get("overlay", "")) if suite.labels else None
        self._read: dict[str, tuple[Stored, Columns]] = {}
        stored, beside = self._records_of(suite.clean)
        self.index = _index(stored, beside, entry.classes)

    def evaluate(
        self, case: Case, watch: Watch | None = None, clean: Records | None = None, *, within: str = ""
    ) -> Evaluated:
        """Return the exported records of a case, without pictures whose label is ambiguous.

        Raises:
            CaseError: There are none, or they are not those of the run or of this case.
        """
        stored, _ = self._records_of(case)
        every = stored.records
        unknown = [name for name in every.id.tolist() if name not in self.index.position]
        if unknown:
            raise CaseError(f"the records of {case.id} have pictures that the clean case has not: {unknown[0]}")
        if not np.array_equal(every.label, self.index.labels[self.index.rows(every.id)]):
            raise CaseError(f"the records of {case.id} have other labels than those of the clean case")
        ambiguous = self.index.ambiguous[self.index.rows(every.id)]
        if ambiguous.any():
            stored = replace(stored, records=every.at(np.flatnonzero(~ambiguous)))
        return Evaluated(case.id, stored, False, every, case)

    def has(self, case: Case) -> bool:
        """Whether there are records of a case."""
        return case.id in self._exported

    def export(self, evaluated: Evaluated, case: Case, problems: list[str]) -> tuple[str, str]:
        """Return where the records of a case lie, and their digest."""
        exported = self._exported[evaluated.key]
        return exported.path, exported.digest

    def close(self) -> None:
        """Let go of the records."""
        self._read.clear()

    def _records_of(self, case: Case) -> tuple[Stored, Columns]:
        if case.id not in self._exported:
            raise CaseError(f"the report has no records of {case.id}, so its numbers cannot be computed again")
        if case.id in self._read:
            return self._read[case.id]
        about, stored, beside = _parsed(self.options.report, self._exported[case.id])
        self._check(case, about, stored)
        if case is self.suite.clean:
            # Every other case is held against it; all of them together need not fit into memory.
            self._read[case.id] = stored, beside
        return stored, beside

    def _check(self, case: Case, about: Mapping[str, Any], stored: Stored) -> None:
        told = about["of"]
        if told["case"] != json.loads(json.dumps(case.canonical())):
            raise CaseError(f"the records of {case.id} are of another case")
        for key, value in self._of.items():
            if told[key] != value:
                raise CaseError(f"the records of {case.id} are of another {key} than the result: {told[key]}")
        for name, digest in told["code"].items():
            if self._code.get(name) != digest:
                raise CaseError(
                    f"the records of {case.id} were made by other code than the result names: {printable(name)}"
                )
        ids = stored.records.id.tolist()
        if not ids or len(set(ids)) != len(ids) or about["rows"] != len(ids):
            raise CaseError(f"the records of {case.id} are damaged: no picture, or one of them twice")
        tied = stored.records.margin == 0
        if not np.array_equal(stored.records.right, (stored.records.predicted == stored.records.label) & ~tied):
            raise CaseError(f"the records of {case.id} contradict themselves: rank and predicted class disagree")


class RecordedRun(SuiteRun):
    """Judges the cases of a suite from the records of a report."""

    def __init__(self, recorded: Recorded) -> None:
        """Bind it to the records that answer instead of the model."""
        super().__init__(recorded.suite, recorded.project, recorded.options)
        self._recorded = recorded

    @property
    def extent(self) -> tuple[int, int | None]:
        """How many samples the data has, and of how many classes; ``None`` where one of them could not be read."""
        labels = self._recorded.index.labels
        return len(labels), None if (labels < 0).any() else len(np.unique(labels))

    def _open(self) -> Any:
        return self._recorded

    def _records_of(self, case: Case) -> Records | None:
        # What a smaller eps broke is known only if its case is in the report.
        return super()._records_of(case) if self._recorded.has(case) else None


def _parsed(folder: Path, exported: Exported) -> tuple[dict[str, Any], Stored, Columns]:
    """Return what a file of records says of itself, the records, and the columns that an export added."""
    import pyarrow
    import pyarrow.parquet

    content, name = _content(folder, exported), printable(exported.path)
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(content), page_checksum_verification=True, use_threads=False)
        about = json.loads((table.schema.metadata or {})[b"robustcheck"])
        about["of"] = {key: about["of"][key] for key in ("case", "model", "data", "seed", "limit", "code")}
        columns: Columns = {column: table.column(column).to_numpy() for column in table.column_names}
        beside = {column: columns.pop(column) for column in list(columns) if _is_beside(column)}
        # How long it took is in the result alone.
        stored = stored_of(columns, {**about, "seconds": 0.0})
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RecursionError, pyarrow.ArrowException) as error:
        raise CaseError(f"{name} is damaged: {type(error).__name__}") from None
    return about, stored, beside


def _is_beside(column: str) -> bool:
    return column in BESIDE or column.startswith(GROUP)


def _content(folder: Path, exported: Exported) -> bytes:
    """Return the bytes of a file of records, once they are found to be those that the run wrote."""
    name, path = printable(exported.path), folder / exported.path
    if not exported.digest:
        raise CaseError(f"{name} has no digest in the result file, as an earlier version wrote it; run the suite again")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise CaseError(f"{name} lies outside the report's folder")
    try:
        content, digest = read_with_digest(path)
    except FileNotFoundError:
        raise CaseError(f"there is no {name} in the report's folder") from None
    except OSError as error:
        raise CaseError(f"{name} cannot be read: {error.strerror}") from None
    if digest != exported.digest:
        raise CaseError(f"{name} is not the file that the run wrote: its sha256 is {digest}, not {exported.digest}")
    return content


def _index(stored: Stored, beside: Columns, classes: tuple[str, ...]) -> Index:
    """Return the samples of a run from the records of its clean case; those that could not be read have no label."""
    records, unreadable = stored.records, [name for name, _ in stored.unreadable]
    ids, none = [*records.id.tolist(), *unreadable], np.full(len(unreadable), -1, np.int32)
    if len(set(ids)) != len(ids) or (
        len(records) and not 0 <= records.label.min() <= records.label.max() < len(classes)
    ):
        raise CaseError("the records of the clean case are damaged: a picture twice, or a label that is no class")
    labels = np.concatenate([records.label, none])
    original = np.concatenate([beside["original"].astype(np.int32), none]) if "original" in beside else labels
    ambiguous = beside.get("ambiguous", np.zeros(len(records), bool)).astype(bool)
    return Index(
        samples=tuple(
            Sample(name, classes[label] if label >= 0 else "") for name, label in zip(ids, labels, strict=True)
        ),
        labels=labels,
        columns={
            name.removeprefix(GROUP): np.array([*texts.tolist(), *[""] * len(unreadable)], np.str_)
            for name, texts in beside.items()
            if name.startswith(GROUP)
        },
        position={name: row for row, name in enumerate(ids)},
        original=original,
        ambiguous=np.concatenate([ambiguous, np.zeros(len(unreadable), bool)]),
    )
