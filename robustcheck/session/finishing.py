"""The end of a run: its inputs are looked at again, its report is written, and the history remembers it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robustcheck.core import progress
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.files import atomic
from robustcheck.core.read_files import inputs_json
from robustcheck.data import OpenSources
from robustcheck.domain.config import Project
from robustcheck.domain.result import CaseResult, inputs_result
from robustcheck.engine.cache.cache_keys import environment
from robustcheck.engine.pipeline.thumbnails import keep_thumbnails
from robustcheck.report.document import document, write
from robustcheck.report.html import page
from robustcheck.report.pictures import thumbnails_path
from robustcheck.runs.history.history import remember
from robustcheck.runs.residuals import pictures_of, with_residuals
from robustcheck.session.clock import Clock
from robustcheck.session.report_folder import PAGE
from robustcheck.session.suite_session import SuiteRecord


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run left.

    Attributes:
        document: The result, as the result file has it.
        written: Path of the result file; ``None`` where it could not be written.
        unwritten: Why the report is not whole; empty where it is.
        notes: What went wrong beside it, such as a history that could not be written.
        changed: What is wrong with the inputs of a suite, a result a suite of which something is.
    """

    document: dict[str, Any]
    written: Path | None
    unwritten: str
    notes: tuple[str, ...]
    changed: tuple[CaseResult, ...]


def finish_run(
    records: Iterable[SuiteRecord],
    *,
    root: Path,
    report: Path,
    project: Project | None,
    clock: Clock,
    options: Mapping[str, Any],
    discovery: Mapping[str, Any] | None = None,
    every_suite: bool = True,
) -> Finished:
    """Write all that a run leaves: the result file first, the small pictures, the page, and a line in the history.

    Args:
        records: What came of each suite.
        root: The project's.
        report: Folder of the report.
        project: Whose pictures are drawn; ``None`` where its configuration is broken.
        clock: Of the run.
        options: Options of the call that decide what was looked at.
        discovery: Which suites were collected and what was left out and why; by default the suites, and nothing.
        every_suite: Whether at least one case was run of every suite that was asked for.
    """
    gathered = sorted(records, key=lambda record: record.path)
    endings = [inputs_result(record.path, sorted(record.read), root, record.conflicts()) for record in gathered]
    suites = [_as_json(record, root, changed) for record, changed in zip(gathered, endings, strict=True)]
    result = document(
        suites,
        started=clock.started,
        seconds=clock.seconds,
        options=options,
        environment=environment(),
        discovery=discovery,
        every_suite=every_suite,
    )
    written, unwritten = None, ""
    try:
        with progress.task("the result file of the report"):
            result = with_residuals(result, report)
        path = write(result, report)
        for suite, record in zip(result["suites"], gathered, strict=True):
            if project:
                _keep_pictures(suite, report, project, record.sources)
        with progress.task("the page of the report"), atomic(report / PAGE) as temporary:
            temporary.write_text(page(result, report), encoding="utf-8", errors="backslashreplace")
        written = path
    except OSError as error:
        unwritten = f"{report}: the report cannot be written: {error.strerror or error}"
    forgotten = remember(result, root)
    notes = (forgotten,) if forgotten else ()
    return Finished(result, written, unwritten, notes, tuple(filter(None, endings)))


def _as_json(record: SuiteRecord, root: Path, changed: CaseResult | None) -> dict[str, Any]:
    """Return a suite as ``document`` takes it, with what is wrong with its inputs as the last result."""
    return {
        "identity": {**record.identity(), "inputs": inputs_json(sorted(record.read), root)},
        "results": [*record.ordered(), *([changed.to_json()] if changed else [])],
        "not_run": record.not_run(),
    }


def _keep_pictures(suite: Mapping[str, Any], report: Path, project: Project, sources: OpenSources | None) -> None:
    model, data = project.models.get(suite["model"]["name"]), project.data.get(suite["data"]["name"])
    path = thumbnails_path(suite)
    if not (suite["residuals"] and model and data and path):
        return
    ids = {picture["id"] for _, picture in pictures_of(suite["residuals"])}
    sources = sources or OpenSources(project.files.pictures)
    # Where the data cannot be listed any more, the cases have said so.
    with contextlib.suppress(RobustcheckError):
        limit, decoding = suite["data"].get("limit"), model.preprocessing.decoding
        source = sources.open(data, seed=suite["seed"], limit=limit, decoding=decoding)
        keep_thumbnails(report / path, ids, source, model.preprocessing)
