"""From a report's folder and a project to a review that can begin."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from robustcheck.core.errors import RobustcheckError, did_you_mean
from robustcheck.domain.config import ModelEntry, Project
from robustcheck.domain.suite import Suite
from robustcheck.review.case_rows import Seen, read_seen
from robustcheck.review.queue import CLEAN, Asked, build_queue, keyed
from robustcheck.review.review_dataset import Ground, ground_of_report
from robustcheck.runs.load import reading
from robustcheck.runs.residuals import residuals

EXAMPLES: Final = 5
"""Pictures of each class to compare with."""
AUDIT_FRACTION: Final = 0.1
SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A run that can be reviewed.

    Attributes:
        report: Its part of the result file.
        folder: Of the report.
        suite: As it is now, with the cases that are still those of the run.
        ground: The data set.
        entry: The model.
        seen: What the run saw, by case.
        queue: What should be looked at.
    """

    report: Mapping[str, Any]
    folder: Path
    suite: Suite
    ground: Ground
    entry: ModelEntry
    seen: Mapping[str, Seen]
    queue: tuple[Asked, ...]

    @property
    def reviewers_min(self) -> int:
        """How many must agree on a picture, as the suite says."""
        return self.suite.labels.reviewers_min if self.suite.labels else 1

    def examples(self, asked: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return ids of a few pictures of each class that are right when clean.

        Args:
            asked: Ids of pictures that are none, since a blind reviewer would see their labels.
        """
        clean, names, seed = self.seen[CLEAN], self.ground.classes, self.suite.seed
        found: dict[str, list[str]] = {name: [] for name in names}
        for name, label, predicted in zip(clean.ids, clean.label.tolist(), clean.predicted.tolist(), strict=True):
            if label == predicted and self.ground.by_id[name].label == names[label] and name not in asked:
                found[names[label]].append(name)
        return {
            label: tuple(sorted(ids, key=lambda name: keyed(seed, "example", name))[:EXAMPLES])
            for label, ids in found.items()
        }


def open_review(
    folder: Path,
    project: Project,
    *,
    suite: str | None = None,
    audit_fraction: float | None = None,
    limit: int | None = None,
) -> Opened:
    """Read a run and the data that it looked at, and say what should be looked at.

    Args:
        folder: Of the report.
        project: Whose run it is.
        suite: Path of a suite, where the report has several.
        audit_fraction: Share of the pictures that nothing else asks about; what the suite says by default, or a tenth.
        limit: Pictures at most.

    Raises:
        RobustcheckError: The report or the project cannot be read, or they are not of the same data.
    """
    with reading(folder) as document:
        return _opened(folder, chosen_suite(document, suite), project, audit_fraction, limit)


def _opened(
    folder: Path, report: Mapping[str, Any], project: Project, audit_fraction: float | None, limit: int | None
) -> Opened:
    seen = read_seen(report, folder)
    if CLEAN not in seen:
        raise RobustcheckError(
            f"{folder}: the report has no records of the clean case of {report['path']}; run the suite again, keeping its records"
        )
    plan, ground = ground_of_report(report, project)
    if audit_fraction is None:
        audit_fraction = plan.review.audit_fraction if plan.review else AUDIT_FRACTION
    found = report.get("residuals") or residuals(report, folder)
    queue = build_queue(report, seen, found, audit_fraction=audit_fraction, limit=limit)
    names = (name for names in (*(rows.ids for rows in seen.values()), (one.id for one in queue)) for name in names)
    unknown = next((name for name in names if name not in ground.by_id), None)
    if unknown is not None or not {one.case for one in queue} <= {case["id"] for case in report["cases"]}:
        raise RobustcheckError(
            f"{folder}: the report names a picture or case that it does not have, {unknown!a}; run the suite again"
        )
    odd = next((one.id for one in queue if not SHA256.fullmatch(ground.contents[one.id])), None)
    if odd is not None:
        raise RobustcheckError(
            f"the data set {ground.source.name} says of {odd} that its content is {ground.contents[odd][:70]}, which is no sha256; "
            "a decision needs one, or nobody could tell which picture it is about"
        )
    return Opened(report, folder, plan, ground, project.models[plan.model], seen, queue)


def chosen_suite(document: Mapping[str, Any], path: str | None) -> Mapping[str, Any]:
    """Return the part of a result file that a call names.

    Raises:
        RobustcheckError: There is none of that path, or several and none was named.
    """
    suites: dict[str | None, Mapping[str, Any]] = {suite["path"]: suite for suite in document["suites"]}
    if path is None and len(suites) == 1:
        return next(iter(suites.values()))
    if path not in suites:
        told = (
            f"the report has no suite {path}; {did_you_mean(path, map(str, suites))}"
            if path
            else "the report has several suites"
        )
        raise RobustcheckError(f"{told}: choose one with --suite, of {', '.join(map(str, suites)) or 'none'}")
    return suites[path]
