"""From the results of a run to its folder: the result file, the small pictures, the page."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from robustcheck.core import progress
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.files import atomic
from robustcheck.domain.config import Project
from robustcheck.engine.pipeline.thumbnails import keep_thumbnails
from robustcheck.report.document import document, write
from robustcheck.report.html import page
from robustcheck.report.pictures import thumbnails_path
from robustcheck.runs.residuals import pictures_of, with_residuals

PAGE: Final = "index.html"


class NotWritten(RobustcheckError):
    """A report could not be written; what was found is in ``result``, and a file of it may be missing."""

    def __init__(self, folder: Path, reason: str, result: dict[str, Any]) -> None:
        """Say why, and keep what was found."""
        self.result = result
        super().__init__(f"{folder}: the report cannot be written: {reason}")


def write_report(
    suites: Sequence[Mapping[str, Any]],
    folder: Path,
    project: Project | None,
    *,
    started: datetime.datetime,
    seconds: float,
    options: Mapping[str, Any],
    discovery: Mapping[str, Any] | None = None,
    every_suite: bool = True,
) -> tuple[dict[str, Any], Path]:
    """Write all that a run leaves in its folder, the result file first, and return its document and that file's path.

    Args:
        suites: As ``document`` takes them.
        folder: The report's.
        project: From which the pictures of the residuals are read; ``None`` where it is broken.
        started: With a time zone.
        seconds: Wall time of the session.
        options: That decide what was looked at.
        discovery: As ``document`` takes it.
        every_suite: As ``document`` takes it.

    Raises:
        NotWritten: The disk is full, or the folder cannot be written to.
    """
    found = document(
        suites, started=started, seconds=seconds, options=options, discovery=discovery, every_suite=every_suite
    )
    try:
        with progress.task("the result file of the report"):
            found = with_residuals(found, folder)
        path = write(found, folder)
        for suite in found["suites"]:
            if project:
                _keep_pictures(suite, folder, project)
        with progress.task("the page of the report"), atomic(folder / PAGE) as temporary:
            temporary.write_text(page(found, folder), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise NotWritten(folder, error.strerror or str(error), found) from None
    return found, path


def _keep_pictures(suite: Mapping[str, Any], folder: Path, project: Project) -> None:
    model, data = project.models.get(suite["model"]["name"]), project.data.get(suite["data"]["name"])
    path = thumbnails_path(suite)
    if not (suite["residuals"] and model and data and path):
        return
    ids = {picture["id"] for _, picture in pictures_of(suite["residuals"])}
    # Where the data cannot be listed any more, the cases have said so.
    with contextlib.suppress(RobustcheckError):
        keep_thumbnails(
            folder / path,
            ids,
            data,
            model.preprocessing,
            seed=suite["seed"],
            limit=suite["data"].get("limit"),
            first=project.files.pictures,
        )
